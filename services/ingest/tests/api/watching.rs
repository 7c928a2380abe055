//! Channels that are not open to everybody, at the origin: what a token opens, what no other text opens, and that a change is obeyed at once.

use crate::{
    app::{TestApp, tags},
    hls::{self, Playlist},
    process::until,
    stream::channel_of,
};
use std::time::{SystemTime, UNIX_EPOCH};
use streamly_auth::{
    SigningKey,
    playback::{self, AUDIENCE, Claims, ISSUER, Way},
};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn token(key: &SigningKey, change: impl FnOnce(&mut Claims)) -> String {
    let mut claims = Claims {
        sub: channel_of("ada").parse().unwrap(),
        name: "ada".into(),
        jti: uuid::Uuid::now_v7(),
        ver: 3,
        way: Way::Person,
        who: None,
        first: now(),
        iat: now(),
        exp: now() + 120,
        iss: ISSUER.into(),
        aud: AUDIENCE.into(),
    };
    change(&mut claims);
    playback::sign(key, &claims).unwrap()
}

pub async fn ask(app: &TestApp, path: &str, bearer: Option<&str>) -> (u16, String) {
    let request = app.http.get(app.url(path));
    let request = match bearer {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
    (answer.status().as_u16(), String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restricted_broadcast_is_for_who_has_a_good_token_and_a_change_is_obeyed_with_the_next_renewal() {
    let app = TestApp::spawn().await;
    *app.stream.watching.lock() = Some(3);
    app.stream.key("sk_ada", "ada");
    let publisher = app.publish("sk_ada").await.unwrap();
    let sending = crate::app::send(publisher, tags("obs-gop2-bframes"));
    let good = token(&app.stream_key, |_| {});
    let start = "/live/ada/index.m3u8";
    let listed = ask(&app, &format!("{start}?sid=s1&token={good}"), None).await;
    assert_eq!(listed.0, 200, "{}", listed.1);
    let path = hls::variants(&listed.1)[0].1.clone();
    assert!(path.contains(&format!("?token={good}&sid=s1")), "media playlists carry both: {path}");
    let list = Playlist::parse(&ask(&app, &format!("{path}&_HLS_msn=1"), None).await.1);
    let (bare, folder) = (path.split('?').next().unwrap().to_owned(), hls::folder(&path).to_owned());
    let file = |name: &str| format!("{folder}/{name}");
    // A player that knows nothing of tokens fetches what it reads there.
    for name in [&list.parts[0].0, &list.maps[0], &list.segments[0].uri] {
        assert!(name.ends_with(&format!("?token={good}")), "{name}");
        assert_eq!(ask(&app, &file(name), None).await.0, 200, "{name}");
    }
    let plain = |name: &str| file(name.split('?').next().unwrap());
    let things = [
        start.to_owned(),
        bare.clone(),
        format!("{folder}/iframes.m3u8"),
        plain(&list.parts[0].0),
        plain(&list.maps[0]),
        plain(&list.segments[0].uri),
    ];
    let parts: Vec<&str> = good.split('.').collect();
    let other = SigningKey::generate().unwrap();
    let hostile = [
        ("", 403),
        (&token(&app.stream_key, |c| (c.iat, c.exp) = (now() - 400, now() - 200)), 401),
        (&token(&app.stream_key, |c| c.sub = channel_of("eve").parse().unwrap()), 403),
        (&token(&app.stream_key, |c| c.ver = 2), 403),
        (&token(&app.stream_key, |c| c.aud = "ingest".into()), 403),
        (&token(&other, |_| {}), 403),
        (&format!("eyJhbGciOiJub25lIn0.{}.", parts[1]), 403),
        (&good[..good.len() - 1], 403),
        (&streamly_auth::service::sign(&app.stream_key, "stream", "ingest", now()).unwrap(), 403),
    ];
    for thing in &things {
        let refused = ask(&app, thing, None).await;
        assert!(refused.0 == 401 && refused.1.contains("playback_token_required"), "{thing} {}", refused.1);
        for (bad, status) in &hostile {
            let mark = if thing.contains('?') { '&' } else { '?' };
            assert_eq!(
                ask(&app, &format!("{thing}{mark}token={bad}"), None).await.0,
                *status,
                "{thing} {bad}"
            );
            if !bad.is_empty() {
                assert_eq!(ask(&app, thing, Some(bad)).await.0, *status, "{thing} {bad}");
            }
        }
        // As an edge asks: what it gets is for all whom it lets in.
        let (status, body) = ask(&app, thing, Some(&good)).await;
        assert_eq!(status, 200, "{thing}");
        assert!(!body.contains("token="), "{thing}");
    }
    // The owner changes who may watch: with the next heartbeat's answer.
    *app.stream.watching.lock() = Some(4);
    until("the token is void", async || ask(&app, &bare, Some(&good)).await.0 == 403).await;
    let next = token(&app.stream_key, |c| c.ver = 4);
    assert_eq!(ask(&app, &bare, Some(&next)).await.0, 200);
    *app.stream.watching.lock() = None;
    until("it is open", async || ask(&app, &bare, None).await.0 == 200).await;
    *app.stream.watching.lock() = Some(5);
    until("it is closed", async || ask(&app, &bare, None).await.0 == 401).await;
    sending.abort();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_broadcast_is_told_to_nobody_whom_it_is_not_for() {
    use std::sync::atomic::Ordering;
    let app = TestApp::spawn().await;
    *app.stream.watching.lock() = Some(3);
    app.stream.hidden.store(true, Ordering::Relaxed);
    app.stream.key("sk_ada", "ada");
    let publisher = app.publish("sk_ada").await.unwrap();
    let sending = crate::app::send(publisher, tags("obs-gop2-bframes"));
    let good = token(&app.stream_key, |_| {});
    let start = "/live/ada/index.m3u8";
    assert_eq!(ask(&app, &format!("{start}?token={good}"), None).await.0, 200);
    assert_eq!(ask(&app, start, Some(&good)).await.0, 200, "an edge's viewer");
    let told = |(status, body): (u16, String)| {
        let mut problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        problem["request_id"] = "".into();
        (status, problem)
    };
    let offline = told(ask(&app, "/live/nobody/index.m3u8", None).await);
    assert_eq!((offline.0, offline.1["code"].as_str()), (404, Some("channel_offline")));
    let old = token(&app.stream_key, |c| c.ver = 2);
    let expired = token(&app.stream_key, |c| (c.iat, c.exp) = (now() - 400, now() - 200));
    assert_eq!(told(ask(&app, start, None).await), offline);
    for bad in [&old, &expired, "x"] {
        assert_eq!(told(ask(&app, &format!("{start}?token={bad}"), None).await), offline, "{bad}");
        assert_eq!(told(ask(&app, start, Some(bad)).await), offline, "{bad}");
    }
    // For others than its followers, say: that it is on air everybody may know.
    app.stream.hidden.store(false, Ordering::Relaxed);
    until("it is told", async || ask(&app, start, None).await.0 == 401).await;
    sending.abort();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_test_that_goes_live_nothing_is_left_and_the_picture_goes_on() {
    use std::sync::atomic::Ordering;
    use streamly_testkit::publisher::{Options, Pace, Publisher};
    let app = TestApp::spawn().await;
    *app.stream.watching.lock() = Some(playback::TEST | 3);
    app.stream.hidden.store(true, Ordering::Relaxed);
    app.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(2.0)).loops(100);
    let publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
    let sending = crate::app::send(publisher, tags("obs-gop2-bframes"));
    let team = token(&app.stream_key, |c| c.ver = playback::TEST | 3);
    let start = "/live/ada/index.m3u8";
    let listed = ask(&app, start, Some(&team)).await;
    assert_eq!(listed.0, 200, "{}", listed.1);
    let path = hls::variants(&listed.1)[0].1.split('?').next().unwrap().to_owned();
    // What a channel that is private gives out, whatever its version was, is no good for a test.
    for ver in [3, 4, 4000] {
        let before = token(&app.stream_key, |c| c.ver = ver);
        assert_eq!(ask(&app, &path, Some(&before)).await.0, 403, "{ver}");
        assert_eq!(ask(&app, start, Some(&before)).await.0, 404, "{ver}");
    }
    assert_eq!(ask(&app, start, None).await.0, 404);
    let list = async || Playlist::parse(&ask(&app, &path, Some(&team)).await.1);
    until("it has segments", async || list().await.segments.len() >= 3).await;
    let of_test = list().await;
    let folder = hls::folder(&path).to_owned();
    let seen: Vec<String> = of_test.segments.iter().map(|s| format!("{folder}/{}", s.uri)).collect();
    assert!(seen.len() >= 2);
    for segment in seen.iter().skip(1) {
        assert_eq!(ask(&app, segment, Some(&team)).await.0, 200, "{segment}");
    }
    // It goes live: who has watched it before, and who has not, get what comes from then on.
    *app.stream.watching.lock() = None;
    app.stream.hidden.store(false, Ordering::Relaxed);
    until("it is open", async || ask(&app, start, None).await.0 == 200).await;
    for segment in &seen {
        let (status, _) = ask(&app, segment, None).await;
        assert!(matches!(status, 404 | 410), "{segment}: {status}");
    }
    let (status, text) = ask(&app, &path, None).await;
    assert_eq!(status, 200, "{text}");
    let real = Playlist::parse(&text);
    assert!(real.sequence > of_test.sequence + of_test.segments.len() as u64 - 1, "{text}");
    assert!(!seen.iter().any(|known| text.contains(known.rsplit('/').next().unwrap())), "{text}");
    until("its segments come", async || {
        let list = Playlist::parse(&ask(&app, &path, None).await.1);
        let Some(last) = list.segments.last() else { return false };
        list.segments.len() >= 3 && ask(&app, &format!("{folder}/{}", last.uri), None).await.0 == 200
    })
    .await;
    // The still of the test is forgotten as well; and a channel's own change of who may watch forgets nothing.
    let now = Playlist::parse(&ask(&app, &path, None).await.1);
    *app.stream.watching.lock() = Some(9);
    until("it is closed", async || ask(&app, &path, None).await.0 == 401).await;
    *app.stream.watching.lock() = None;
    until("it is open again", async || ask(&app, &path, None).await.0 == 200).await;
    let later = ask(&app, &path, None).await.1;
    assert!(later.contains(now.segments.last().unwrap().uri.as_str()), "{later}");
    sending.abort();
    app.stop().await;
}
