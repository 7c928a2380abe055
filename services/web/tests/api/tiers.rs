//! Edges before edges: an origin is asked once for each thing however many edges there are, and nobody who watches sees which of them are away,
//! wrong or elsewhere.

use crate::{
    BROADCAST, TestApp,
    edge::{eventually, media},
    moving::{everything, is_asked_to_come_again},
    peers::{Peer, Silent},
    until,
    viewers::until_counted,
    watching::{self, Stream, enter, status},
    wrong_origins::Odd,
};
use std::{
    cell::Cell,
    net::SocketAddr,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use streamly_testkit::toxic::{Proxy, Toxic};
use streamly_web::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// A broadcast that there is not.
const UNKNOWN: &str = "0193a5f0-0000-7000-8000-00000000ffff";
/// Held until the origin's gate opens.
const HELD: &str = "index.m3u8?_HLS_msn=7&_HLS_part=1";

/// Takes other edges of this machine.
fn open_to_edges(config: &mut Config) {
    config.inner.listen = Some(([127, 0, 0, 1], 0).into());
    config.inner.allow = vec!["127.0.0.0/8".parse().unwrap()];
}

fn url(at: SocketAddr) -> String {
    format!("http://{at}")
}

/// Where other edges ask that one.
fn inner(app: &TestApp) -> String {
    url(app.inner.unwrap())
}

/// An edge that others may ask.
async fn shield(origin: SocketAddr) -> TestApp {
    TestApp::spawn_with(origin, open_to_edges).await
}

/// An edge of the same platform, with these shields.
async fn behind(platform: &TestApp, shields: Vec<String>, change: impl FnOnce(&mut Config)) -> TestApp {
    let redis = platform.redis.url();
    TestApp::spawn_with(platform.address, |c| {
        c.redis.url = redis;
        c.shields.urls = shields;
        change(c);
    })
    .await
}

/// So many viewers of an edge, each with a socket of its own.
fn watch(viewers: &mut JoinSet<reqwest::Response>, app: &TestApp, paths: impl IntoIterator<Item = String>) {
    for path in paths {
        let (client, url) = (app.client.clone(), app.url(&path));
        viewers.spawn(async move { client.get(url).send().await.unwrap() });
    }
}

async fn all_are_served(mut viewers: JoinSet<reqwest::Response>) {
    while let Some(answer) = viewers.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.url());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_edges_with_sixty_viewers_ask_an_origin_once_for_each_thing_and_the_viewers_are_sixty() {
    let origin = Peer::start().await;
    let shield = shield(origin.address).await;
    shield.live(&origin.url(), 1).await;
    let mut edges = Vec::new();
    for _ in 0..3 {
        edges.push(behind(&shield, vec![inner(&shield)], |_| {}).await);
    }
    let mut viewers = JoinSet::new();
    for edge in &edges {
        for _ in 0..20 {
            let held = media(&format!("{HELD}&sid={}", edge.sid().await));
            watch(&mut viewers, edge, [held, media("1-9.0.m4s"), media("1-1.m4s"), media("1-init0.mp4")]);
        }
    }
    until(|| origin.count("_HLS_msn=7") == 1 && origin.count("1-9.0.m4s") == 1).await;
    // What is not held is answered meanwhile.
    for _ in 0..120 {
        assert_eq!(viewers.join_next().await.unwrap().unwrap().status(), 200);
    }
    let held = tokio::time::timeout(Duration::from_millis(500), viewers.join_next()).await;
    assert!(held.is_err(), "the others are held");
    origin.open.send_replace(true);
    all_are_served(viewers).await;
    for thing in ["_HLS_msn=7", "1-9.0.m4s", "1-1.m4s", "1-init0.mp4"] {
        assert_eq!(origin.count(thing), 1, "{thing}");
    }
    // As for one edge: what edges tell each other is not for an origin.
    assert_eq!(origin.count("sid="), origin.count("sid=edge-sid-placeholder"));
    let heads = origin.asked.lock().clone();
    let words = ["passed=", "within=", "x-forwarded-for"];
    let told = |head: &&String| head.starts_with("GET /live/") && words.iter().any(|w| head.contains(*w));
    assert_eq!(heads.iter().find(told), None);
    // As exact as a HyperLogLog is.
    until_counted(&shield, 58..=62).await;
    // What an edge says of it is what the origin said.
    let answer = edges[0].get(&media("index.m3u8")).await;
    assert_eq!(answer.headers()["etag"], "\"5\"");
    assert_eq!(answer.headers()["content-type"], "application/vnd.apple.mpegurl");
    assert_eq!(edges[0].get(&media("nothing.m4s")).await.status(), 404);
    shield.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_who_hold_requests_at_shields_that_go_are_served_by_the_next_one_and_at_last_by_the_origin() {
    let origin = Peer::start().await;
    let platform = TestApp::spawn(origin.address).await;
    platform.live(&origin.url(), 1).await;
    let mut shields = vec![Peer::start().await, Peer::start().await];
    let edge = behind(&platform, shields.iter().map(Peer::url).collect(), |_| {}).await;
    let mut viewers = JoinSet::new();
    watch(&mut viewers, &edge, (0..10).map(|_| media(HELD)));
    let asked = |shields: &[Peer]| -> Vec<usize> {
        shields.iter().map(|shield| shield.count("_HLS_msn=7")).collect()
    };
    until(|| asked(&shields).iter().sum::<usize>() == 1).await;
    let first = asked(&shields).iter().position(|count| *count == 1).unwrap();
    drop(shields.remove(first));
    until(|| asked(&shields) == [1]).await;
    assert_eq!(shields[0].count("passed=1&within=33000"), 1);
    assert_eq!(origin.count("_HLS_msn=7"), 0, "not while there is a shield");
    shields.clear();
    until(|| origin.count("_HLS_msn=7") == 1).await;
    origin.open.send_replace(true);
    all_are_served(viewers).await;
    assert_eq!(origin.count("_HLS_msn=7"), 1, "for all of them");
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shield_that_hangs_is_passed_by_within_seconds_and_asked_again_once_it_answers() {
    let (origin, far) = (Peer::start().await, Peer::start().await);
    let platform = TestApp::spawn(origin.address).await;
    platform.live(&origin.url(), 1).await;
    let road = Proxy::to_tcp(far.address).await.unwrap();
    let edge = behind(&platform, vec![url(road.address())], |_| {}).await;
    assert_eq!(edge.get(&media("1-1.m4s")).await.status(), 200);
    assert_eq!((far.count("1-1.m4s"), origin.count("1-1.m4s")), (1, 0));
    road.set(Toxic::Stall);
    origin.open.send_replace(true);
    let (mut viewers, begun) = (JoinSet::new(), Instant::now());
    watch(&mut viewers, &edge, (0..10).map(|_| media(HELD)).chain([media("1-2.m4s")]));
    all_are_served(viewers).await;
    // shields.timeout is 35 s.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!((origin.count("_HLS_msn=7"), origin.count("1-2.m4s")), (1, 1));
    road.set(Toxic::None);
    let number = Cell::new(3);
    eventually("the shield is asked again", || {
        let name = format!("1-{}.m4s", number.replace(number.get() + 1));
        let (edge, far) = (&edge, &far);
        async move {
            assert_eq!(edge.get(&media(&name)).await.status(), 200);
            (far.count(&name) == 1).then_some(())
        }
    })
    .await;
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_shield_and_no_fallback_viewers_are_asked_to_come_again_and_the_origin_is_not_asked() {
    let origin = Peer::start().await;
    let platform = TestApp::spawn(origin.address).await;
    platform.live(&origin.url(), 1).await;
    let shield = Peer::start().await;
    let edge = behind(&platform, vec![shield.url()], |c| c.shields.fallback = false).await;
    assert_eq!(edge.get(&media("1-1.m4s")).await.status(), 200);
    drop(shield);
    for path in everything() {
        is_asked_to_come_again(&edge, &path).await;
    }
    assert_eq!(edge.get(&media("1-1.m4s")).await.status(), 200, "what is here is here");
    assert_eq!(origin.count("/live/"), 0);
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edges_that_ask_each_other_in_a_circle_say_so_at_once_and_nobody_waits_for_himself() {
    let origin = Peer::start().await;
    let nowhere: SocketAddr = ([127, 0, 0, 1], 9).into();
    let mut roads = Vec::new();
    for _ in 0..3 {
        roads.push(Proxy::to_tcp(nowhere).await.unwrap());
    }
    let shields = |road: usize| vec![url(roads[road].address())];
    let a = TestApp::spawn_with(origin.address, |c| {
        open_to_edges(c);
        c.shields.urls = shields(1);
    })
    .await;
    a.live(&origin.url(), 1).await;
    let b = behind(&a, shields(0), open_to_edges).await;
    let alone = behind(&a, shields(2), open_to_edges).await;
    let edges = [&a, &b, &alone];
    for (road, edge) in roads.iter().zip(edges) {
        road.lead_to(edge.inner.unwrap());
    }
    let (mut viewers, begun) = (JoinSet::new(), Instant::now());
    for edge in edges {
        for name in ["1-1.m4s", HELD, "index.m3u8"] {
            watch(&mut viewers, edge, (0..5).map(|_| media(name)));
        }
    }
    while let Some(answer) = viewers.join_next().await {
        let answer = answer.unwrap();
        let (status, asked) = (answer.status(), answer.url().clone());
        let text = answer.text().await.unwrap();
        assert!(status == 502 && text.contains("in a circle"), "{status} for {asked}: {text}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(origin.count("/live/"), 0);
    for edge in [a, b, alone] {
        edge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_three_edges_asks_once_too() {
    let origin = Peer::start().await;
    let shield = shield(origin.address).await;
    shield.live(&origin.url(), 1).await;
    let region = behind(&shield, vec![inner(&shield)], open_to_edges).await;
    let edges = [
        behind(&shield, vec![inner(&region)], |_| {}).await,
        behind(&shield, vec![inner(&region)], |_| {}).await,
    ];
    origin.open.send_replace(true);
    for edge in &edges {
        for path in [media("1-1.m4s"), media("1-9.0.m4s"), "/live/alice/index.m3u8".to_owned()] {
            assert_eq!(edge.get(&path).await.status(), 200, "{path}");
        }
    }
    assert_eq!((origin.count("1-1.m4s"), origin.count("1-9.0.m4s")), (1, 1));
    region.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shield_that_had_less_than_its_time_is_not_passed_by() {
    let (origin, far) = (Peer::start().await, Peer::start().await);
    let platform = TestApp::spawn(origin.address).await;
    platform.live(&origin.url(), 1).await;
    let region = behind(&platform, vec![far.url()], open_to_edges).await;
    // The edge before waits for less than the request is held.
    let held = format!("{}{}", inner(&region), media(&format!("{HELD}&passed=1&within=2000")));
    assert_eq!(region.client.get(held).send().await.unwrap().status(), 503);
    for name in ["1-1.m4s", "1-2.m4s"] {
        assert_eq!(region.get(&media(name)).await.status(), 200, "{name}");
    }
    assert_eq!((far.count("GET /live/"), origin.count("GET /live/")), (3, 0));
    region.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_s_connection_is_closed_and_an_edge_that_is_one_is_served_by_the_origin() {
    let origin = Peer::start().await;
    let shield = TestApp::spawn_with(origin.address, |c| {
        open_to_edges(c);
        c.inner.allow = vec!["192.0.2.0/24".parse().unwrap()];
    })
    .await;
    shield.live(&origin.url(), 1).await;
    let mut stranger = TcpStream::connect(shield.inner.unwrap()).await.unwrap();
    // It may be closed before the request is out.
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", media("1-1.m4s"));
    let _ = stranger.write_all(request.as_bytes()).await;
    assert_eq!(stranger.read(&mut [0; 512]).await.unwrap_or(0), 0);
    assert_eq!(origin.count("/live/"), 0);
    let edge = behind(&shield, vec![inner(&shield)], |_| {}).await;
    for path in [media("1-1.m4s"), "/live/alice/index.m3u8".to_owned()] {
        assert_eq!(edge.get(&path).await.status(), 200, "{path}");
    }
    assert_eq!(origin.count("1-1.m4s"), 1);
    shield.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_edges_get_what_an_origin_gives_and_nothing_else() {
    let origin = Peer::start().await;
    let shield = shield(origin.address).await;
    shield.live(&origin.url(), 1).await;
    let at = inner(&shield);
    let ask = async |path: String| shield.client.get(format!("{at}{path}")).send().await.unwrap();
    let health = ask("/health".into()).await;
    assert_eq!(health.status(), 200);
    assert_eq!(health.text().await.unwrap(), "{\"status\":\"ok\"}");
    let list = ask(format!("/live/alice/index.m3u8?sid=edge-sid-placeholder&b={BROADCAST}&passed=1")).await;
    // The edge before puts its viewers' own there.
    assert!(list.text().await.unwrap().contains("sid=edge-sid-placeholder"));
    let part = ask(format!("{}?passed=1&within=33000", media("1-1.m4s"))).await;
    assert!(part.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(part.bytes().await.unwrap().len(), 1000);
    for (path, status, code) in [
        (media("1-1.m4s?passed=x"), 400, "malformed_request"),
        (media("index.m3u8?_HLS_msn=x"), 400, "malformed_request"),
        (media("nothing.m4s"), 404, "not_found"),
        (media("1-1.m4s").replace(BROADCAST, UNKNOWN), 404, "broadcast_not_found"),
        ("/live/alice/index.m3u8".into(), 404, "channel_offline"),
        ("/api/client".into(), 404, "not_found"),
        ("/".into(), 404, "not_found"),
        (format!("/live/b/{BROADCAST}/beacon"), 404, "not_found"),
    ] {
        let answer = ask(path.clone()).await;
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.text().await.unwrap().contains(code), "{path}");
    }
    // Nobody is held for longer than the edge before waits.
    let held = ask(media(&format!("{HELD}&passed=1&within=50"))).await;
    assert_eq!((held.status().as_u16(), &held.headers()["retry-after"] == "1"), (503, true));
    assert_eq!(ask(media(&format!("{HELD}&passed=4"))).await.status(), 508);
    shield.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shield_that_answers_slowly_wrongly_or_never_costs_its_viewers_time_and_nothing_of_it_is_kept() {
    let origin = Peer::start().await;
    let odd = Odd::start(origin.address).await;
    let platform = TestApp::spawn(origin.address).await;
    platform.live(&origin.url(), 1).await;
    let short = |c: &mut Config| {
        c.origin_timeout = Setting::from_secs(1);
        c.shields.timeout = Setting::from_secs(3);
        c.max_object = streamly_config::ByteSize::new(1 << 20);
    };
    let edge = behind(&platform, vec![odd.url()], short).await;
    let number = Cell::new(0);
    for name in [
        "garbage",
        "short",
        "announced",
        "redirect",
        "fields",
        "endless",
        "trickle-head",
        "trickle-body",
        "silent",
    ] {
        // Shields that were given up are looked for first.
        eventually("the shield is asked", || async {
            let path = media(&format!("1-{name}{}.m4s", number.replace(number.get() + 1)));
            let before = odd.asked.load(Relaxed);
            let answer = edge.get(&path).await;
            assert_eq!(answer.status(), 200, "{name}");
            assert_eq!(answer.bytes().await.unwrap().len(), 1000, "{name}");
            (odd.asked.load(Relaxed) > before).then_some(())
        })
        .await;
    }
    assert_eq!(origin.count("/live/secret"), 0, "nobody is sent elsewhere");
    // With nobody else to ask, viewers are told so.
    let alone = behind(&platform, vec![odd.url()], |c| {
        short(c);
        c.shields.fallback = false;
    })
    .await;
    for name in ["announced", "short", "redirect"] {
        for _ in 0..2 {
            let status = alone.get(&media(&format!("1-{name}.m4s"))).await.status().as_u16();
            assert!((500..600).contains(&status), "{name}: {status}");
        }
    }
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_that_moves_is_followed_by_both() {
    let (dead, new) = (Silent::start().await, Peer::start().await);
    let shield = shield(new.address).await;
    new.open.send_replace(true);
    shield.live(&dead.url(), 1).await;
    let edge = behind(&shield, vec![inner(&shield)], |c| c.shields.fallback = false).await;
    let mut viewers = JoinSet::new();
    watch(&mut viewers, &edge, everything());
    until(|| dead.count() == 4).await;
    let moved = Instant::now();
    shield.live(&new.url(), 2).await;
    all_are_served(viewers).await;
    // The time-out of an origin is 30 s.
    assert!(moved.elapsed() < Duration::from_secs(15), "{:?}", moved.elapsed());
    for path in everything() {
        assert_eq!(edge.get(&path.replace("1-9.0", "1-9.1")).await.status(), 200, "{path}");
    }
    assert_eq!(dead.count(), 4, "who comes later is not sent there");
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_origin_refuses_a_shield_refuses_and_what_is_known_plays_on_without_redis() {
    let origin = Peer::start().await;
    let mut shield = shield(origin.address).await;
    shield.live(&origin.url(), 1).await;
    let edge = behind(&shield, vec![inner(&shield)], |_| {}).await;
    assert_eq!(edge.get(&media("1-1.m4s")).await.status(), 200);
    origin.gone.send_replace(true);
    // As long as the index says that it is on air, "not found" is not believed.
    for path in [media("1-2.m4s"), media("index.m3u8")] {
        is_asked_to_come_again(&edge, &path).await;
    }
    shield.redis::<streamly_redis::Value>("DEL", &["live:c1"]).await;
    eventually("it is over", || async {
        let answer = edge.get(&media("1-2.m4s")).await;
        let is_over = answer.status() == 404 && answer.text().await.unwrap().contains("broadcast_not_found");
        is_over.then_some(())
    })
    .await;
    origin.gone.send_replace(false);
    shield.redis.kill();
    for path in [media("1-3.m4s"), media("index.m3u8")] {
        assert_eq!(edge.get(&path).await.status(), 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_watch_is_seen_to_at_the_edge_and_a_token_goes_all_the_way() {
    let (origin, stream) = (Peer::start().await, Stream::start());
    let shield = watching::edge(&stream, open_to_edges).await;
    let (redis, at) = (shield.redis.url(), inner(&shield));
    let mut edges = Vec::new();
    for _ in 0..2 {
        let edge = watching::edge(&stream, |c| {
            c.redis.url.clone_from(&redis);
            c.shields.urls = vec![at.clone()];
            c.shields.fallback = false;
        });
        edges.push(edge.await);
    }
    watching::index(&shield, &stream, &origin, 1).await;
    let part = media("1-1.m4s");
    let mut paths = Vec::new();
    for edge in &edges {
        let good = stream.token(|_| {});
        paths.push((enter(edge, &good).await, good));
        assert_eq!(status(edge, &part).await, (401, "playback_token_required".into()));
        assert_eq!(status(edge, &format!("{part}?token=x")).await.0, 403);
    }
    assert_eq!(origin.count("1-1.m4s"), 0, "nobody who is refused costs the origin anything");
    for (edge, (path, _)) in edges.iter().zip(&paths) {
        let sid = path.split("sid=").nth(1).unwrap().split('&').next().unwrap();
        let answer = edge.get(&format!("{part}?sid={sid}")).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["cache-control"].to_str().unwrap().starts_with("private"));
    }
    let shown = |head: &str| {
        head.contains("1-1.m4s") && paths.iter().any(|(_, good)| head.contains(&format!("Bearer {good}")))
    };
    let heads = origin.asked.lock().clone();
    assert_eq!(heads.iter().filter(|head| shown(head)).count(), 1, "once for both, with a token: {heads:?}");
    assert_eq!(origin.count("token="), 0, "no token is in a URL");
    // What was fetched for few is not there for all.
    watching::index(&shield, &stream, &origin, 0).await;
    for edge in &edges {
        eventually("open", || async { (status(edge, &part).await.0 == 200).then_some(()) }).await;
    }
    assert_eq!(origin.count("1-1.m4s"), 2);
    shield.stop().await;
}
