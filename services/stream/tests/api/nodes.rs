//! Several ingest nodes: who is there, who drains, how a broadcast moves from one to another, and what is left of a node that is killed.

use crate::harness::{LONG, Node, Streamer, TestApp, until};
use std::time::{Duration, Instant};
use streamly_config::Duration as Setting;
use streamly_proto::stream::v1::{
    BroadcastReport, Permit, State, authorize_response::Outcome, node_command::Command,
};

const GRPC: &str = "http://127.0.0.1:9000";

async fn state_of(app: &TestApp, who: &str) -> String {
    app.get(who, "").await.1["state"].as_str().unwrap().to_owned()
}
async fn is_state(app: &TestApp, who: &str, state: &str) {
    until(state, || async { state_of(app, who).await == state }).await;
}
async fn index_of(app: &TestApp, who: &Streamer) -> Option<serde_json::Value> {
    let entry: Option<String> = app.bus.call("GET", [format!("live:{}", who.channel)]).await.unwrap();
    entry.map(|entry| serde_json::from_str(&entry).unwrap())
}
/// The metrics of this process have a line that begins so.
async fn measured(app: &TestApp, line: &str) {
    let url = format!("http://{}/metrics", app.at.admin);
    let text = app.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(text.lines().any(|l| l.starts_with(line)), "no {line} in {text}");
}
/// A node that has said that it drains, and that is known of it.
async fn drained(app: &TestApp, node: &mut Node, id: &str) -> u32 {
    node.drain().await;
    app.known(id, |n| n["draining"] == true).await;
    node.elsewhere().await
}

#[tokio::test]
async fn a_draining_node_hears_how_many_others_take_publishers_at_once_and_at_each_change() {
    let app = TestApp::spawn().await;
    let mut old = app.node("old").await;
    old.idle().await;
    assert_eq!(drained(&app, &mut old, "old").await, 0, "itself is no other place");
    // Said again, answered again.
    old.drain().await;
    assert_eq!(old.elsewhere().await, 0);
    let new = app.node_at("new", GRPC).await;
    // A hello is not enough: it may be about to drain.
    new.idle().await;
    app.known("new", |n| n["grpc_url"] == GRPC && n["origin_url"] == "http://new").await;
    old.idle().await;
    assert_eq!(old.elsewhere().await, 1);
    new.idle().await;
    // Another that drains is no place to go, also right after its hello.
    let mut third = app.node("third").await;
    assert_eq!(drained(&app, &mut third, "third").await, 1);
    // A node that is killed is gone at once, one that falls silent after three heartbeats.
    drop(new);
    until("forgotten", || async {
        old.idle().await;
        app.bus.call::<u64>("HEXISTS", ["nodes", "new"]).await.unwrap() == 0
    })
    .await;
    old.idle().await;
    assert_eq!(old.elsewhere().await, 0);
    let silent = app.node("silent").await;
    silent.idle().await;
    app.known("silent", |_| true).await;
    let (since, mut told) = (Instant::now(), Vec::new());
    while told != [1, 0] {
        assert!(since.elapsed() < LONG, "{told:?}");
        old.idle().await;
        if let Ok(nodes) = tokio::time::timeout(Duration::from_millis(200), old.elsewhere()).await {
            told.push(nodes);
        }
    }
    assert!(since.elapsed() >= Duration::from_secs(2), "{:?}", since.elapsed());
    drop(silent);
    app.stop().await;
}

#[tokio::test]
async fn a_draining_node_hears_how_many_of_the_others_take_rtmps_too_and_again_when_that_changes() {
    let app = TestApp::spawn().await;
    let mut old = app.node_by_rtmps("old").await;
    old.idle().await;
    app.known("old", |n| n["rtmps"] == true).await;
    old.drain().await;
    assert_eq!(old.elsewhere_by().await, (0, 0), "itself is no other place");
    // One that does not say so, as all did before it could be said.
    let plain = app.node("plain").await;
    plain.idle().await;
    app.known("plain", |n| n["rtmps"] == false).await;
    old.idle().await;
    assert_eq!(old.elsewhere_by().await, (1, 0));
    let secure = app.node_by_rtmps("secure").await;
    secure.idle().await;
    app.known("secure", |n| n["rtmps"] == true).await;
    old.idle().await;
    assert_eq!(old.elsewhere_by().await, (2, 1));
    // As many nodes, by another one: their doors are what changes.
    drop(plain);
    let forgotten = || async { app.bus.call::<u64>("HEXISTS", ["nodes", "plain"]).await.unwrap() == 0 };
    until("forgotten", forgotten).await;
    secure.idle().await;
    let other = app.node_by_rtmps("other").await;
    other.idle().await;
    app.known("other", |_| true).await;
    old.idle().await;
    assert_eq!(old.elsewhere_by().await, (2, 2));
    // Whoever drains has a door no more.
    secure.drain().await;
    app.known("secure", |n| n["draining"] == true).await;
    old.idle().await;
    assert_eq!(old.elsewhere_by().await, (1, 1));
    drop(other);
    app.stop().await;
}

#[tokio::test]
async fn an_entry_that_another_replica_wrote_without_a_word_of_rtmps_counts_as_without() {
    let app = TestApp::spawn().await;
    let seen = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let entry = serde_json::json!({
        "origin_url": "http://before", "grpc_url": GRPC, "draining": false, "lease": uuid::Uuid::now_v7(),
        "seen_ms": u64::try_from(seen).unwrap() + 60_000,
    });
    app.bus.call::<u64>("HSET", ["nodes", "before", entry.to_string().as_str()]).await.unwrap();
    let mut old = app.node_by_rtmps("old").await;
    old.idle().await;
    old.drain().await;
    assert_eq!(old.elsewhere_by().await, (1, 0));
    app.stop().await;
}

#[tokio::test]
async fn while_redis_is_away_there_is_no_other_place_to_go() {
    let mut app = TestApp::spawn_with(|c| c.redis.command_timeout = Setting::from_millis(500)).await;
    let new = app.node("new").await;
    new.idle().await;
    app.known("new", |_| true).await;
    let mut old = app.node("old").await;
    assert_eq!(drained(&app, &mut old, "old").await, 1);
    app.redis.kill();
    old.idle().await;
    assert_eq!(old.elsewhere().await, 0);
    app.redis.start_again().unwrap();
    let (since, mut told) = (Instant::now(), None);
    while told != Some(1) {
        assert!(since.elapsed() < LONG, "{told:?}");
        new.idle().await;
        old.idle().await;
        told = tokio::time::timeout(Duration::from_millis(100), old.elsewhere()).await.ok();
    }
    app.stop().await;
}

/// Ada is live on the node `old`.
async fn live_on_old(app: &TestApp, grpc_url: &str) -> (Streamer, Permit, Node) {
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "old").await;
    let node = app.live_at("old", grpc_url, &permit).await;
    (ada, permit, node)
}

#[tokio::test]
async fn whoever_moves_from_a_draining_node_is_told_where_the_window_is_and_fights_with_nobody() {
    let app = TestApp::spawn_with(|c| {
        c.publish_burst = 1;
        c.publish_interval = Setting::from_secs(3_600);
    })
    .await;
    let (ada, mut permit, mut node) = live_on_old(&app, GRPC).await;
    assert_eq!((permit.hand_over_url.as_str(), permit.hand_over_epoch), ("", 0));
    // More moves in a minute than an encoder may take over or start, each from a node that drains.
    for round in 0..4 {
        let from = if round == 0 { "old".to_owned() } else { format!("n{round}") };
        drained(&app, &mut node, &from).await;
        // As OBS does when it is sent away: gone without a word, and elsewhere at once.
        if round % 2 == 1 {
            node.ended(&permit, "lost", "", "").await;
            is_state(&app, "ada", "reconnecting").await;
        }
        node.beat(&permit, if round % 2 == 1 { State::Reconnecting } else { State::Live }).await;
        let to = format!("n{}", round + 1);
        let attempt = app.attempt(&ada.key, &to, "1.1.1.1:1");
        let Outcome::Permit(moved) = app.authorize(attempt.clone()).await.unwrap() else { panic!("refused") };
        assert_eq!((moved.hand_over_url.as_str(), moved.hand_over_epoch), (GRPC, permit.epoch), "{round}");
        assert_eq!((&moved.broadcast_id, moved.epoch), (&permit.broadcast_id, permit.epoch + 1));
        // A lost answer is given again.
        let Outcome::Permit(again) = app.authorize(attempt).await.unwrap() else { panic!("refused") };
        assert_eq!(again, moved);
        assert_eq!(node.end().await, (permit.broadcast_id.clone(), permit.epoch, "superseded".into()));
        node = app.live_at(&to, GRPC, &moved).await;
        permit = moved;
    }
    is_state(&app, "ada", "live").await;
    app.sql("SELECT 1 / (count(*) = 0)::int FROM sessions WHERE takeover");
    measured(&app, r#"streamly_stream_takeovers_total{kind="drain"} "#).await;
    measured(&app, r#"streamly_stream_nodes{state="taking"} "#).await;
    // Without a drain it counts again.
    assert_eq!(app.refusal(&ada.key, "n9").await.code, "publish_too_often");
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_handed_over_by_a_node_without_an_address_or_one_that_does_not_drain_or_is_gone() {
    let app = TestApp::spawn().await;
    let (ada, first, mut old) = live_on_old(&app, "").await;
    drained(&app, &mut old, "old").await;
    let second = app.permit(&ada.key, "n2").await;
    assert_eq!((second.epoch, second.hand_over_url.as_str()), (2, ""), "no address");
    assert_eq!(old.end().await.0, first.broadcast_id);
    let two = app.live_at("n2", GRPC, &second).await;
    let third = app.permit(&ada.key, "n3").await;
    assert_eq!((third.epoch, third.hand_over_url.as_str()), (3, ""), "it does not drain");
    let mut three = app.live_at("n3", GRPC, &third).await;
    drained(&app, &mut three, "n3").await;
    drop(three);
    until("forgotten", || async { app.bus.call::<u64>("HEXISTS", ["nodes", "n3"]).await.unwrap() == 0 })
        .await;
    let fourth = app.permit(&ada.key, "n4").await;
    assert_eq!((fourth.epoch, fourth.hand_over_url.as_str()), (4, ""), "it is gone");
    drop(two);
    app.stop().await;
}

#[tokio::test]
async fn the_next_node_is_told_the_target_durations_that_viewers_know_and_another_broadcast_has_its_own() {
    let app = TestApp::spawn().await;
    let (ada, first, mut node) = live_on_old(&app, "").await;
    let targets = |permit: &Permit| (permit.target_duration_ms, permit.part_target_us);
    assert_eq!(targets(&first), (0, 0));
    // What is told first stays, and what nothing can be made with is nothing.
    for (segment, part) in [(2_000, 0), (2_000, 168_667), (9_000, 252_000), (0, 0)] {
        let told = |r: &mut BroadcastReport| (r.target_duration_ms, r.part_target_us) = (segment, part);
        node.beat_with(&first, State::Live, told).await;
    }
    node.settled().await;
    drop(node);
    let attempt = app.attempt(&ada.key, "new", "1.1.1.1:1");
    let Outcome::Permit(second) = app.authorize(attempt.clone()).await.unwrap() else { panic!("refused") };
    assert_eq!((second.epoch, targets(&second)), (2, (2_000, 168_667)));
    // A lost answer is given again.
    let Outcome::Permit(again) = app.authorize(attempt).await.unwrap() else { panic!("refused") };
    assert_eq!(again, second);
    let new = app.live("new", &second).await;
    new.ended(&second, "clean", "", "").await;
    is_state(&app, "ada", "offline").await;
    let other = app.permit(&ada.key, "new").await;
    assert_ne!(other.broadcast_id, second.broadcast_id);
    assert_eq!(targets(&other), (0, 0));
    app.stop().await;
}

#[tokio::test]
async fn a_broadcast_whose_node_is_gone_is_never_fought_over() {
    let app = TestApp::spawn().await;
    let (ada, mut permit, mut node) = live_on_old(&app, "").await;
    for round in 1..=4 {
        drop(node);
        let gone = if round == 1 { "old".to_owned() } else { format!("n{}", round - 1) };
        until("forgotten", || async {
            app.bus.call::<u64>("HEXISTS", ["nodes", gone.as_str()]).await.unwrap() == 0
        })
        .await;
        assert_eq!(state_of(&app, "ada").await, "live", "the lease still runs");
        let to = format!("n{round}");
        let next = app.permit(&ada.key, &to).await;
        assert_eq!((next.epoch, &next.broadcast_id), (permit.epoch + 1, &permit.broadcast_id));
        node = app.live(&to, &next).await;
        app.known(&to, |_| true).await;
        permit = next;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_take_over_is_permitted_and_the_old_node_fenced_within_a_second_and_late_words_change_nothing() {
    let app = TestApp::spawn().await;
    let (ada, first, mut old) = live_on_old(&app, "").await;
    let asked = Instant::now();
    let second = app.permit(&ada.key, "n2").await;
    assert_eq!(old.end().await, (first.broadcast_id.clone(), 1, "superseded".into()));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(second.epoch > first.epoch && second.first_msn >= first.msn_reserved_until);
    let mut new = app.live("n2", &second).await;
    let before = app.get("ada", "").await.1;
    old.settled().await;
    for how in ["lost", "clean", "grace_over", "refused", "ended"] {
        old.beat(&first, State::Reconnecting).await;
        assert_eq!(old.end().await, (first.broadcast_id.clone(), 1, "superseded".into()), "{how}");
        old.ended(&first, how, "codec_unsupported", "late").await;
    }
    old.settled().await;
    assert_eq!(app.get("ada", "").await.1, before);
    assert_eq!(app.get("me", &ada.token).await.1["refusals"].as_array().unwrap().len(), 0);
    app.sql("SELECT 1 / (count(*) = 1)::int FROM broadcasts WHERE epoch = 2 AND node_id = 'n2' AND state = 'live' AND grace_until IS NULL");
    app.index_says(&format!("live:{}", ada.channel), "http://n2").await;
    new.beat(&second, State::Live).await;
    assert!(matches!(new.command().await, Command::Renewed(_)));
    app.stop().await;
}

#[tokio::test]
async fn after_a_node_is_killed_live_clears_within_fifteen_seconds_and_nobody_says_offline_before_the_grace_is_over()
 {
    let app = TestApp::spawn_with(|c| c.grace = Setting::from_secs(20)).await;
    let (ada, permit, node) = live_on_old(&app, GRPC).await;
    let killed = Instant::now();
    drop(node);
    let mut cleared = None;
    // As chat and web see it, all along.
    loop {
        let state = state_of(&app, "ada").await;
        if state == "offline" {
            break;
        }
        let entry = index_of(&app, &ada).await;
        // It may have ended between the two questions.
        if let Some(entry) = &entry {
            assert_eq!(entry["broadcast_id"], permit.broadcast_id.as_str());
            assert!(entry["state"] == "live" || entry["state"] == "reconnecting", "{entry}");
        } else {
            assert_eq!(state_of(&app, "ada").await, "offline", "after {:?}", killed.elapsed());
        }
        if state == "reconnecting" && cleared.is_none() {
            cleared = Some(killed.elapsed());
            app.index_says(&format!("live:{}", ada.channel), "reconnecting").await;
        }
        assert!(killed.elapsed() < Duration::from_secs(60), "{state}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (cleared, ended) = (cleared.unwrap(), killed.elapsed());
    measured(&app, "streamly_stream_leases_lost_total ").await;
    assert!(cleared >= Duration::from_secs(9) && cleared <= Duration::from_secs(15), "{cleared:?}");
    assert!(ended >= cleared + Duration::from_secs(19), "{ended:?} is before the grace is over");
    until("cleared", || async { index_of(&app, &ada).await.is_none() }).await;
    app.stop().await;
}

#[tokio::test]
async fn a_broadcast_that_waits_is_in_the_index_again_after_redis_lost_it() {
    let mut app = TestApp::spawn_with(|c| {
        c.lease_ttl = Setting::from_secs(2);
        c.redis.command_timeout = Setting::from_millis(500);
    })
    .await;
    let (ada, _permit, node) = live_on_old(&app, "").await;
    drop(node);
    is_state(&app, "ada", "reconnecting").await;
    app.redis.kill();
    app.redis.start_again().unwrap();
    drop(app.bus.call::<streamly_redis::Value>("DEL", [format!("live:{}", ada.channel)]).await);
    app.index_says(&format!("live:{}", ada.channel), "reconnecting").await;
    assert_eq!(app.post("me/end", &ada.token, "").await.0, 204);
    until("cleared", || async { index_of(&app, &ada).await.is_none() }).await;
    app.stop().await;
}
