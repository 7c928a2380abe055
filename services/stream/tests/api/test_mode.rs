//! Test mode: a broadcast for the channel's owner and team alone, which nobody else hears of in any way, and what it is once it goes live.

use crate::harness::{Events, Node, Streamer, TestApp, now, until};
use serde_json::{Value, json};
use std::time::Duration;
use streamly_auth::playback::{Claims, TEST, Verifier, Way};
use streamly_domain::UserId;
use streamly_proto::stream::v1::{
    LeaseRenewed, Permit, ResolveChannelRequest, State, channel_service_client::ChannelServiceClient,
    node_command::Command, resolve_channel_request::By,
};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

async fn patch(app: &TestApp, who: &Streamer, body: Value) -> (u16, Value) {
    app.send("PATCH", "me", &who.token, Some(&body.to_string())).await
}

async fn renewed(node: &mut Node) -> LeaseRenewed {
    loop {
        if let Command::Renewed(renewed) = node.command().await {
            return renewed;
        }
    }
}

/// A channel with a test on air, and its moderator.
async fn on_air(app: &TestApp) -> (Streamer, Permit, Node, (UserId, String)) {
    let ada = app.streamer("ada").await;
    let (mia, token) = app.person("mia");
    app.set_member(&ada.channel, mia, "moderator", ada.id).await.unwrap();
    let set = patch(app, &ada, json!({"test_mode": true, "title": "Engines"})).await;
    assert_eq!((set.0, &set.1["test_mode"]), (200, &json!(true)), "{}", set.1);
    let permit = app.permit(&ada.key, "n1").await;
    assert!(permit.restricted && permit.hidden && permit.watch_version & TEST != 0);
    let node = app.live("n1", &permit).await;
    (ada, permit, node, (mia, token))
}

async fn index(app: &TestApp, channel: &str) -> Value {
    let entry: Option<String> = app.bus.call("GET", [format!("live:{channel}")]).await.unwrap();
    serde_json::from_str(&entry.unwrap_or_default()).unwrap_or_default()
}

async fn in_room(app: &TestApp, channel: &str) -> (i32, String, u64) {
    let mut client = ChannelServiceClient::new(app.chat.streaming());
    let request = ResolveChannelRequest { by: Some(By::ChannelId(channel.into())) };
    let told = client.resolve_channel(request).await.unwrap().into_inner();
    (told.state, told.broadcast_id, told.viewers)
}

fn token_of(stream: &Value) -> Option<String> {
    let url = stream["live"]["playback_url"].as_str()?;
    url.split_once("?token=").map(|(_, token)| token.to_owned())
}

async fn claims(app: &TestApp, token: &str) -> Claims {
    let keys = app.get("playback-keys.json", "").await.1;
    Verifier::new(&serde_json::from_value(keys).unwrap()).verify(token, now()).unwrap()
}

#[tokio::test]
async fn a_test_is_seen_by_owner_and_moderators_and_by_nobody_else() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    // What a stranger sees while the channel is offline is what they see during a test, to the letter.
    let ada = app.streamer("ada").await;
    // Hears of both changes before the pages are opened that are to hear of no test.
    let mut witness = Events::open(&app, &format!("channel:{}", ada.channel), "", None).await;
    assert_eq!(patch(&app, &ada, json!({"title": "Engines"})).await.0, 200);
    witness.find("stream", |stream| stream["title"] == "Engines").await;
    let ((mia, mod_token), (vip, vip_token), (bob, bob_token)) =
        (app.person("mia"), app.person("vik"), app.person("bob"));
    app.set_member(&ada.channel, mia, "moderator", ada.id).await.unwrap();
    app.set_member(&ada.channel, vip, "vip", ada.id).await.unwrap();
    assert_eq!(app.send("PUT", "ada/follow", &bob_token, None).await.0, 204);
    let paths = [
        "ada",
        "ada/card",
        "ada/about",
        "ada/broadcasts",
        "ada/schedule",
        "?live=true",
        "?q=ada",
        "?q=engines&live=true",
        "",
        "/api/categories",
        "ada/schedule.ics",
    ];
    let strangers = ["", bob_token.as_str(), vip_token.as_str()];
    let mut before = Vec::new();
    for path in paths {
        for token in strangers {
            before.push((path, token, app.get(path, token).await));
        }
    }
    let offline = in_room(&app, &ada.channel).await;
    assert_eq!(patch(&app, &ada, json!({"test_mode": true})).await.0, 200);
    witness.find("stream", |stream| stream["title"] == "Engines").await;
    drop(witness);
    let mut pages = Vec::new();
    for token in strangers {
        let topics = format!("channel:{},directory", ada.channel);
        let mut page = Events::open(&app, &topics, token, None).await;
        page.find("viewers", |_| true).await;
        pages.push(page);
    }
    let topic = format!("channel:{}", ada.channel);
    let mut own = Events::open(&app, &topic, &mod_token, None).await;
    own.find("viewers", |_| true).await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    node.beat_with(&permit, State::Live, |report| report.still = 1 << 20).await;
    node.settled().await;
    own.find("state", |state| {
        state["state"] == "live" && state["broadcast_id"] == permit.broadcast_id.as_str()
    })
    .await;
    let seen = own.find("stream", |stream| stream["live"].is_object()).await.data;
    assert_eq!((&seen["live"]["test"], &seen["live"]["playback_url"]), (&json!(true), &Value::Null));
    for (path, token, answer) in &before {
        assert_eq!(&app.get(path, token).await, answer, "{path} {token:.8}");
    }
    assert_eq!(in_room(&app, &ada.channel).await, offline);
    for token in [&ada.token, &mod_token] {
        let stream = app.get("ada", token).await.1;
        assert_eq!((&stream["state"], &stream["live"]["test"]), (&json!("live"), &json!(true)), "{stream}");
        let claims = claims(&app, &token_of(&stream).unwrap()).await;
        assert_eq!((claims.way, claims.ver), (Way::Person, TEST | permit.watch_version));
        assert!(stream["live"]["still_url"].as_str().unwrap().contains("/stills/1048576.jpg?token="));
    }
    let entry = index(&app, &ada.channel).await;
    assert_eq!(
        (&entry["restricted"], &entry["hidden"], &entry["watch_version"]),
        (&json!(true), &json!(true), &json!(permit.watch_version))
    );
    // Bit rates change all the time; who sees the test hears of it.
    for bits in [1_000, 2_000] {
        node.beat_with(&permit, State::Live, |report| report.renditions[0].bitrate_bps = bits).await;
        own.find("stream", |stream| stream["live"]["renditions"][0]["bitrate_bps"] == bits).await;
    }
    // Nothing was pushed but what the owner changes for everybody; of that no word of a test.
    assert_eq!(patch(&app, &ada, json!({"title": "Motors"})).await.0, 200);
    for page in &mut pages {
        let mut listed = 0;
        loop {
            let frame = page.next().await.unwrap();
            if frame.comment {
                continue;
            }
            let text = frame.data.to_string();
            assert!(!text.contains(&permit.broadcast_id) && !text.contains("test"), "{frame:?}");
            assert!(matches!(frame.event.as_str(), "stream" | "directory"), "{frame:?}");
            if frame.event == "stream" {
                assert_eq!(
                    (&frame.data["title"], &frame.data["state"]),
                    (&json!("Motors"), &json!("offline"))
                );
                break;
            }
            listed += 1;
            assert_eq!(listed, 1, "something moved in the list of channels that nobody changed");
        }
    }
    let motors = own.find("stream", |stream| stream["title"] == "Motors").await.data;
    assert_eq!(motors["live"]["test"], true, "the team is told what it sees: {motors}");
    assert!(app.facts("stream.went_live", &ada.channel).await.is_empty());
    assert!(app.facts("stream.state_changed", &ada.channel).await.is_empty());
    let noticed = app.get("me/notices", &bob_token).await.1;
    assert_eq!(noticed["items"], json!([]));
    assert_eq!(app.get("me/following?live=true", &bob_token).await.1["items"], json!([]));
    assert_ne!(bob, vip);
    // It ends as it was, and is in no public list.
    node.ended(&permit, "clean", "", "").await;
    until("ended", || async { app.get("me", &ada.token).await.1["state"] == "offline" }).await;
    app.relayed().await;
    assert!(app.facts("stream.ended", &ada.channel).await.is_empty());
    assert_eq!(app.get("ada/broadcasts", &mod_token).await.1["items"], json!([]));
    let past = app.get("me/broadcasts", &ada.token).await.1;
    assert_eq!((&past["items"][0]["test"], &past["items"][1]), (&json!(true), &Value::Null), "{past}");
    assert_eq!(app.get("me", &ada.token).await.1["test_mode"], true, "it stays on");
    app.stop().await;
}

#[tokio::test]
async fn no_token_from_before_and_no_link_lets_a_stranger_into_a_test() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    assert_eq!(patch(&app, &ada, json!({"visibility": "private"})).await.0, 200);
    let link = app.post("me/watch-link", &ada.token, "").await.1["url"].as_str().unwrap().to_owned();
    let secret = json!({"link": link.split_once('#').unwrap().1}).to_string();
    let (_, bob) = app.person("bob");
    let before = app.post("ada/playback-token", &bob, &secret).await;
    assert_eq!(before.0, 200);
    let token = before.1["token"].as_str().unwrap().to_owned();
    assert_eq!(patch(&app, &ada, json!({"test_mode": true})).await.0, 200);
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    for (who, proof) in [
        ("", secret.clone()),
        (&bob, secret.clone()),
        (&bob, json!({"token": token}).to_string()),
        ("", json!({"token": token}).to_string()),
    ] {
        let asked = app.post("ada/playback-token", who, &proof).await;
        // They are let in to the channel as ever, where nothing is on air; what they get is no good for the test.
        assert_eq!(
            (asked.0, &asked.1["stream"]["state"], &asked.1["stream"]["live"]),
            (200, &json!("offline"), &Value::Null),
            "{}",
            asked.1
        );
        let claims = claims(&app, asked.1["token"].as_str().unwrap()).await;
        assert!(claims.ver < permit.watch_version && claims.ver & TEST == 0);
    }
    // A moderator's token is followed by another one for as long as they are one.
    let (mia, mod_token) = app.person("mia");
    app.set_member(&ada.channel, mia, "moderator", ada.id).await.unwrap();
    let first = token_of(&app.get("ada", &mod_token).await.1).unwrap();
    let renew = json!({"token": first}).to_string();
    let next = app.post("ada/playback-token", "", &renew).await;
    assert_eq!(claims(&app, next.1["token"].as_str().unwrap()).await.ver, permit.watch_version);
    app.set_member(&ada.channel, mia, "", ada.id).await.unwrap();
    assert_eq!(code(&app.post("ada/playback-token", "", &renew).await), (403, "playback_denied"));
    assert_eq!(app.get("ada", &mod_token).await.1["live"], Value::Null);
    app.stop().await;
}

#[tokio::test]
async fn a_test_goes_live_as_a_broadcast_that_begins_then() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (ada, permit, mut node, (_, mod_token)) = on_air(&app).await;
    let (_, bob) = app.person("bob");
    assert_eq!(app.send("PUT", "ada/follow", &bob, None).await.0, 204);
    let topic = format!("channel:{}", ada.channel);
    let mut page = Events::open(&app, &topic, "", None).await;
    assert_eq!(page.find("stream", |_| true).await.data["state"], "offline");
    let mut directory = Events::open(&app, "directory", "", None).await;
    node.beat_with(&permit, State::Live, |report| report.still = (1 << 20) + 1).await;
    node.settled().await;
    app.sql("UPDATE broadcasts SET live_at = now() - interval '1 hour', peak_viewers = 7, unique_viewers = 9, watch_s = 99, counted_s = 9");
    let seen = [format!("viewers:{{{}}}:all", permit.broadcast_id), "mia".into(), "ada".into()];
    app.bus.call::<streamly_redis::Value>("PFADD", seen.clone()).await.unwrap();
    let marked = app.post("ada/markers", &mod_token, r#"{"label":"of the test"}"#).await;
    assert_eq!(marked.0, 201, "{}", marked.1);
    // Nobody but the owner can do it.
    assert_eq!(code(&app.post("me/go-live", &bob, "").await), (409, "no_test"));
    assert_eq!(code(&app.post("me/go-live", &mod_token, "").await), (409, "no_test"));
    assert_eq!(app.post("me/go-live", "", "").await.0, 401);
    let live = app.post("me/go-live", &ada.token, "").await;
    assert_eq!(
        (live.0, &live.1["live"]["test"], &live.1["test_mode"]),
        (200, &json!(false), &json!(false)),
        "{}",
        live.1
    );
    assert_eq!(live.1["live"]["still_url"], Value::Null, "no picture of the test");
    page.find("state", |state| state["state"] == "live").await;
    let stream = page.find("stream", |stream| stream["live"].is_object()).await.data;
    assert_eq!(stream["live"]["broadcast_id"], permit.broadcast_id.as_str());
    assert!(stream["live"]["playback_url"].as_str().unwrap().ends_with("/live/ada/index.m3u8"));
    assert_eq!(stream["live"]["still_url"], Value::Null);
    directory.find("directory", |data| data["id"] == ada.channel.as_str() && data["live"].is_object()).await;
    app.relayed().await;
    let facts = app.facts("stream.went_live", &ada.channel).await;
    assert_eq!((facts.len(), &facts[0]["title"]), (1, &json!("Engines")));
    assert_eq!(facts[0]["started_at"], stream["live"]["started_at"]);
    let begun = time::OffsetDateTime::parse(
        stream["live"]["started_at"].as_str().unwrap(),
        &time::format_description::well_known::Rfc3339,
    );
    assert!(
        time::OffsetDateTime::now_utc() - begun.unwrap() < Duration::from_secs(600),
        "not the test's start"
    );
    let noticed = app.get("me/notices", &bob).await.1;
    assert_eq!(noticed["items"][0]["broadcast_id"], permit.broadcast_id.as_str());
    assert_eq!(app.get("?live=true", "").await.1["items"][0]["id"], ada.channel.as_str());
    let entry = index(&app, &ada.channel).await;
    assert_eq!((&entry["restricted"], &entry["hidden"]), (&json!(false), &json!(false)));
    // The node is told with the next renewal, and what it goes on to say is of a broadcast like others.
    node.beat_with(&permit, State::Live, |report| report.still = (1 << 20) + 1).await;
    let told = loop {
        let told = renewed(&mut node).await;
        if !told.restricted {
            break told;
        }
    };
    assert_eq!((told.hidden, told.watch_version & TEST), (false, 0));
    assert_eq!(app.get("ada", "").await.1["live"]["still_url"], Value::Null, "the test's still stays hidden");
    node.beat_with(&permit, State::Live, |report| report.still = (1 << 20) + 2).await;
    page.find("still", |data| data["still_url"].as_str().unwrap().ends_with("/1048578.jpg")).await;
    let past = app.get("me/broadcasts", &ada.token).await.1["items"][0].clone();
    assert_eq!(
        (&past["test"], &past["peak_viewers"], &past["unique_viewers"]),
        (&json!(false), &Value::Null, &json!(0)),
        "{past}"
    );
    assert_eq!(app.get("ada/markers", &mod_token).await.1["items"], json!([]));
    let counted: u64 = app.bus.call("PFCOUNT", [seen[0].clone()]).await.unwrap();
    assert_eq!(counted, 0, "who watched the test");
    // Once is enough; and what is live cannot become a test, nor does the switch do anything to it.
    assert_eq!(code(&app.post("me/go-live", &ada.token, "").await), (409, "no_test"));
    let refused = patch(&app, &ada, json!({"test_mode": true})).await;
    assert_eq!(code(&refused), (409, "already_live"), "{}", refused.1);
    node.ended(&permit, "clean", "", "").await;
    until("ended", || async { app.facts("stream.ended", &ada.channel).await.len() == 1 }).await;
    let ended = app.facts("stream.ended", &ada.channel).await;
    assert_eq!(ended[0]["started_at"], facts[0]["started_at"]);
    app.stop().await;
}

#[tokio::test]
async fn a_test_stays_one_through_reconnects_and_a_switch_that_is_turned_meanwhile() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (ada, permit, node, _) = on_air(&app).await;
    assert_eq!(patch(&app, &ada, json!({"test_mode": false})).await.0, 200);
    assert_eq!(app.get("ada", "").await.1["live"], Value::Null, "fixed at its start");
    assert_eq!(patch(&app, &ada, json!({"test_mode": true})).await.0, 200, "a test is not live");
    assert_eq!(patch(&app, &ada, json!({"test_mode": false})).await.0, 200);
    let again = app.permit(&ada.key, "n2").await;
    assert_eq!((&again.broadcast_id, again.hidden), (&permit.broadcast_id, true));
    assert!(again.watch_version & TEST != 0);
    let second = app.live("n2", &again).await;
    assert_eq!(app.get("ada", "").await.1["state"], "offline");
    assert_eq!(app.get("me", &ada.token).await.1["live"]["test"], true);
    drop(node);
    second.ended(&again, "clean", "", "").await;
    until("ended", || async { app.get("me", &ada.token).await.1["state"] == "offline" }).await;
    // The next one is real.
    let real = app.permit(&ada.key, "n3").await;
    assert!(!real.restricted && real.watch_version & TEST == 0);
    let _node = app.live("n3", &real).await;
    assert_eq!(app.get("ada", "").await.1["state"], "live");
    app.stop().await;
}

#[tokio::test]
async fn who_joins_the_team_during_a_test_sees_it_at_once_and_who_leaves_hears_no_more() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (ada, permit, _node, _) = on_air(&app).await;
    let (bob, token) = app.person("bob");
    let topic = format!("channel:{}", ada.channel);
    let mut page = Events::open(&app, &topic, &token, None).await;
    let place = page.find("stream", |_| true).await;
    assert_eq!(place.data["state"], "offline");
    app.set_member(&ada.channel, bob, "moderator", ada.id).await.unwrap();
    page.find("stream", |stream| stream["live"]["test"] == true).await;
    app.set_member(&ada.channel, bob, "", ada.id).await.unwrap();
    page.find("stream", |stream| stream["state"] == "offline").await;
    assert_eq!(patch(&app, &ada, json!({"title": "Motors"})).await.0, 200);
    let last = page.find("stream", |stream| stream["title"] == "Motors").await;
    assert_eq!((&last.data["state"], &last.data["live"]), (&json!("offline"), &Value::Null));
    // Whoever comes back from before the test was not there is told nothing of it either.
    let mut again = Events::open(&app, &topic, &token, Some(&place.id)).await;
    loop {
        let frame = again.next().await.unwrap();
        assert!(!frame.data.to_string().contains(&permit.broadcast_id), "{frame:?}");
        if frame.data["title"] == "Motors" {
            break;
        }
    }
    app.stop().await;
}
