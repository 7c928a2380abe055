//! Permits, leases, take-overs, ends: what ingest sees over gRPC and what the owner and viewers see of it.

use crate::harness::{Events, Streamer, TestApp, until};
use std::time::{Duration, Instant};
use streamly_proto::stream::v1::{
    BroadcastReport, Health, Heartbeat, NodeReport, Rendition, State, authorize_response::Outcome,
    node_command::Command, node_report::Report,
};

async fn state_of(app: &TestApp, name: &str) -> String {
    app.get(name, "").await.1["state"].as_str().unwrap().to_owned()
}
async fn is_state(app: &TestApp, name: &str, state: &str) {
    until(state, || async { state_of(app, name).await == state }).await;
}
async fn refusals(app: &TestApp, who: &Streamer) -> Vec<serde_json::Value> {
    app.get("me", &who.token).await.1["refusals"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_new_key_makes_a_channel_live_and_a_deleted_key_ends_it() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    assert_eq!(app.refusal("sk_wrong", "n1").await.code, "unknown_key");
    let permit = app.permit(&ada.key, "n1").await;
    assert_eq!((permit.epoch, permit.first_msn, permit.resumed), (1, 0, false));
    assert_eq!(state_of(&app, "ada").await, "starting");
    let mut node = app.live("n1", &permit).await;
    let stream = app.get("ada", "").await.1;
    assert_eq!(stream["state"], "live");
    assert_eq!(stream["live"]["renditions"][0]["name"], "source");
    assert_eq!(stream["live"]["playback_url"], "http://localhost:3000/live/ada/index.m3u8");
    app.index_says(&format!("live:{}", ada.channel), &permit.broadcast_id).await;
    app.index_says("live:name:ada", &ada.channel).await;

    let asked = Instant::now();
    assert_eq!(app.send("DELETE", &format!("keys/{}", ada.key_id), &ada.token, None).await.0, 204);
    assert_eq!(node.end().await, (permit.broadcast_id.clone(), 1, "key_revoked".into()));
    assert!(asked.elapsed() < Duration::from_secs(1));
    assert_eq!(state_of(&app, "ada").await, "offline");
    assert_eq!(app.refusal(&ada.key, "n1").await.code, "key_revoked");
    assert!(refusals(&app, &ada).await[0]["detail"].as_str().unwrap().contains("deleted"));
    app.stop().await;
}

#[tokio::test]
async fn the_same_attempt_gets_the_same_permit_and_another_key_does_not_get_it() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let attempt = app.attempt(&ada.key, "n1", "1.1.1.1:1");
    let Outcome::Permit(first) = app.authorize(attempt.clone()).await.unwrap() else { panic!("refused") };
    let Outcome::Permit(again) = app.authorize(attempt.clone()).await.unwrap() else { panic!("refused") };
    assert_eq!(first, again);
    let mut stolen = attempt;
    stolen.stream_key = bob.key;
    assert_eq!(app.authorize(stolen).await.unwrap_err().code(), tonic::Code::InvalidArgument);
    // A refused attempt stays refused, and is one refusal.
    app.send("DELETE", &format!("keys/{}", ada.key_id), &ada.token, None).await;
    let attempt = app.attempt(&ada.key, "n1", "1.1.1.1:1");
    let refused = async || {
        let Outcome::Refusal(no) = app.authorize(attempt.clone()).await.unwrap() else { panic!("let in") };
        assert_eq!(no.code, "key_revoked");
        let told = refusals(&app, &ada).await;
        assert_eq!(told.len(), 1);
        told[0]["at"].clone()
    };
    let first = refused().await;
    assert_eq!(refused().await, first);
    // An encoder that tries again and again is one refusal too, the newest; the attempts before it are still known.
    assert_eq!(app.refusal(&ada.key, "n1").await.code, "key_revoked");
    let newest = refusals(&app, &ada).await[0]["at"].clone();
    assert_ne!(newest, first);
    assert_eq!(refused().await, newest);
    app.stop().await;
}

#[tokio::test]
async fn an_encoder_that_tries_for_ever_takes_no_other_refusals_place() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    // A like every five minutes, and between them something else, twice: far enough apart to be two.
    app.sql(
        "INSERT INTO refusals (id, channel_id, key_name, code, detail, remote_addr, at) \
         SELECT gen_random_uuid(), id, 'OBS', 'key_revoked', '', '', now() - n * interval '5 minutes' FROM channels, generate_series(1, 40) n; \
         INSERT INTO refusals (id, channel_id, key_name, code, detail, remote_addr, at) \
         SELECT gen_random_uuid(), id, 'OBS', 'codec_unsupported', '', '', now() - n * interval '1 hour' FROM channels, generate_series(1, 2) n",
    );
    app.send("DELETE", &format!("keys/{}", ada.key_id), &ada.token, None).await;
    for _ in 0..20 {
        app.refusal(&ada.key, "n1").await;
    }
    let told: Vec<_> = refusals(&app, &ada).await.iter().map(|r| r["code"].clone()).collect();
    assert_eq!(told, ["key_revoked", "codec_unsupported", "codec_unsupported"]);
    app.sql("SELECT 1 / (count(*) = 10)::int FROM refusals WHERE code = 'key_revoked'");
    app.stop().await;
}

#[tokio::test]
async fn a_second_publisher_takes_over_and_the_third_take_over_in_a_minute_is_refused_with_both_addresses() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let first = app.permit(&ada.key, "n1").await;
    let mut one = app.live("n1", &first).await;
    let second = app.permit(&ada.key, "n2").await;
    assert_eq!((&second.broadcast_id, second.epoch, second.resumed), (&first.broadcast_id, 2, true));
    assert!(second.first_msn >= first.msn_reserved_until);
    assert_eq!(one.end().await, (first.broadcast_id.clone(), 1, "superseded".into()));
    // The fenced session changes nothing any more.
    one.beat(&first, State::Live).await;
    assert_eq!(one.end().await.2, "superseded");
    one.ended(&first, "clean", "", "").await;
    let mut two = app.live("n2", &second).await;
    assert_eq!(state_of(&app, "ada").await, "live");
    app.index_says(&format!("live:b:{}", first.broadcast_id), "http://n2").await;

    let third = app.permit(&ada.key, "n1").await;
    assert_eq!(third.epoch, 3);
    assert_eq!(two.end().await.2, "superseded");
    let _three = app.live("n1", &third).await;
    assert_eq!(app.refusal(&ada.key, "n2").await.code, "takeover_refused");
    let told = &refusals(&app, &ada).await[0];
    assert_eq!(told["code"], "takeover_refused");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("n1:1") && detail.contains("n2:1"), "{detail}");
    assert_eq!(state_of(&app, "ada").await, "live");
    app.stop().await;
}

#[tokio::test]
async fn a_heartbeat_between_a_permit_and_its_arrival_at_the_same_node_ends_nothing() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let first = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &first).await;
    node.beat(&first, State::Reconnecting).await;
    assert!(matches!(node.command().await, Command::Renewed(renewed) if renewed.epoch == 1));
    let second = app.permit(&ada.key, "n1").await;
    assert_eq!((second.epoch, &second.broadcast_id), (2, &first.broadcast_id));
    // The node does not know of its permit yet.
    node.beat(&first, State::Reconnecting).await;
    node.beat(&second, State::Live).await;
    let answer = node.command().await;
    assert!(matches!(&answer, Command::Renewed(renewed) if renewed.epoch == 2), "{answer:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_clean_end_is_an_offline_event_within_milliseconds() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let mut events = Events::open(&app, &format!("channel:{}", ada.channel), "", None).await;
    events.find("state", |d| d["state"] == "live").await;
    let sent = Instant::now();
    node.ended(&permit, "clean", "", "").await;
    let frame = events.find("state", |d| d["state"] == "offline").await;
    assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
    assert_eq!(frame.data["broadcast_id"], permit.broadcast_id.as_str());
    events.find("stream", |d| d["state"] == "offline" && d["live"].is_null()).await;
    let index: Option<String> = app.bus.call("GET", [format!("live:{}", ada.channel)]).await.unwrap();
    assert_eq!(index, None);
    let next = app.permit(&ada.key, "n1").await;
    assert_ne!(next.broadcast_id, permit.broadcast_id);
    app.stop().await;
}

#[tokio::test]
async fn a_lost_publisher_is_waited_for_and_the_stream_stays_watchable_until_grace_is_over() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    node.ended(&permit, "lost", "", "").await;
    is_state(&app, "ada", "reconnecting").await;
    let stream = app.get("ada", "").await.1;
    assert_eq!(stream["live"]["broadcast_id"], permit.broadcast_id.as_str());
    assert!(stream["live"]["renditions"].is_array());
    assert_eq!(app.get("?live=true", "").await.1["items"][0]["state"], "reconnecting");
    // The node keeps reporting it while it waits.
    node.beat(&permit, State::Reconnecting).await;
    assert!(matches!(node.command().await, Command::Renewed(_)));
    // Back: the same broadcast, above everything reserved.
    let back = app.permit(&ada.key, "n1").await;
    assert_eq!((&back.broadcast_id, back.epoch), (&permit.broadcast_id, 2));
    assert_eq!(state_of(&app, "ada").await, "reconnecting");
    node.beat(&back, State::Live).await;
    is_state(&app, "ada", "live").await;
    node.ended(&back, "lost", "", "").await;
    is_state(&app, "ada", "reconnecting").await;
    node.ended(&back, "grace_over", "", "").await;
    is_state(&app, "ada", "offline").await;
    app.stop().await;
}

#[tokio::test]
async fn refused_media_stands_on_the_dashboard_with_what_to_do() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.node("n1").await;
    let topics = format!("health:{}", ada.channel);
    let mut events = Events::open(&app, &topics, &ada.token, None).await;
    let (detail, code) =
        ("The stream uses HEVC\u{0}. Choose H.264 for video and AAC for audio.", "codec_unsupported");
    node.ended(&permit, "refused", code, detail).await;
    let frame = events.find("refused", |_| true).await;
    assert_eq!((&frame.data["code"], &frame.data["channel_id"]), (&code.into(), &ada.channel.clone().into()));
    is_state(&app, "ada", "offline").await;
    let told = refusals(&app, &ada).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["key_name"], "OBS");
    assert_eq!(told[0]["remote_addr"], "n1:1");
    assert_eq!(told[0]["detail"], "The stream uses HEVC. Choose H.264 for video and AAC for audio.");
    // A node that says nothing more is spoken for; the same again takes the place of what was there.
    node.ended(&app.permit(&ada.key, "n1").await, "refused", code, "").await;
    until("spoken for", || async { refusals(&app, &ada).await[0]["detail"] != told[0]["detail"] }).await;
    let silent = refusals(&app, &ada).await;
    assert_eq!(silent.len(), 1, "{silent:?}");
    assert!(silent[0]["detail"].as_str().unwrap().contains("H.264"));
    is_state(&app, "ada", "offline").await;
    // A good broadcast settles what was refused before it; what comes later is told again.
    let permit = app.permit(&ada.key, "n1").await;
    let good = app.live("n1", &permit).await;
    assert_eq!(refusals(&app, &ada).await.len(), 0);
    good.ended(&permit, "clean", "", "").await;
    is_state(&app, "ada", "offline").await;
    assert_eq!(refusals(&app, &ada).await.len(), 0);
    assert_eq!(app.send("DELETE", &format!("keys/{}", ada.key_id), &ada.token, None).await.0, 204);
    app.refusal(&ada.key, "n1").await;
    assert_eq!(refusals(&app, &ada).await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_vanished_node_is_reaped_after_the_lease_and_the_broadcast_ends_after_grace() {
    let app = TestApp::spawn_with(|c| {
        c.lease_ttl = streamly_config::Duration::from_secs(1);
        c.grace = streamly_config::Duration::from_secs(2);
    })
    .await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let alive = Instant::now();
    drop(app.live("n1", &permit).await);
    is_state(&app, "ada", "reconnecting").await;
    assert!(alive.elapsed() >= Duration::from_secs(1), "not before the lease ends: {:?}", alive.elapsed());
    is_state(&app, "ada", "offline").await;
    assert!(alive.elapsed() >= Duration::from_secs(3), "not before grace ends: {:?}", alive.elapsed());
    assert!(alive.elapsed() < Duration::from_secs(12), "{:?}", alive.elapsed());
    let mut node = app.node("n1").await;
    node.beat(&permit, State::Live).await;
    assert_eq!(node.end().await.2, "unknown");
    app.stop().await;
}

#[tokio::test]
async fn a_node_that_starts_anew_has_lost_what_it_does_not_name_and_nothing_else() {
    let app = TestApp::spawn().await;
    let [ada, noor, other] =
        [app.streamer("ada").await, app.streamer("noor").await, app.streamer("omar").await];
    let [lost, kept] = [app.permit(&ada.key, "n1").await, app.permit(&noor.key, "n1").await];
    let elsewhere = app.permit(&other.key, "n2").await;
    let before = (app.live("n1", &lost).await, app.live("n2", &elsewhere).await);
    let kept_before = app.live("n1", &kept).await;
    drop((before.0, kept_before));
    let node = app.node("n1").await;
    node.beat(&kept, State::Live).await;
    // Long before the lease of ten seconds is over.
    let since = Instant::now();
    is_state(&app, "ada", "reconnecting").await;
    assert!(since.elapsed() < Duration::from_secs(5), "by the reaper only: {:?}", since.elapsed());
    is_state(&app, "noor", "live").await;
    is_state(&app, "omar", "live").await;
    app.stop().await;
}

#[tokio::test]
async fn a_suspended_owner_is_thrown_out_and_refused() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    app.people.change(ada.id, |u| u.suspended = true);
    app.user_fact("user.suspended", ada.id, r#"{"username":"ada"}"#).await;
    assert_eq!(node.end().await.2, "account_suspended");
    is_state(&app, "ada", "offline").await;
    assert_eq!(app.refusal(&ada.key, "n1").await.code, "account_suspended");
    app.people.change(ada.id, |u| u.suspended = false);
    app.permit(&ada.key, "n1").await;
    app.stop().await;
}

#[tokio::test]
async fn a_suspension_that_ended_is_known_to_be_over() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let says = async |suspended: bool| {
        app.people.change(ada.id, |u| u.suspended = suspended);
        app.user_fact("user.updated", ada.id, &format!(r#"{{"suspended":{suspended}}}"#)).await;
        let sql = format!("SELECT 1 / (suspended = {suspended})::int FROM channels");
        until("noted", || async { app.pg.execute(&app.database, &sql).is_ok() }).await;
    };
    says(true).await;
    says(false).await;
    // Facts of other changes, and what does not read, are passed over.
    for payload in [r#"{"username":"x"}"#, r#"{"suspended":7}"#, "{", ""] {
        app.user_fact("user.updated", ada.id, payload).await;
    }
    says(true).await;
    app.stop().await;
}

#[tokio::test]
async fn a_key_replaced_while_authorize_waits_opens_nothing() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (pg, database) = (app.pg.clone(), app.database.clone());
    let rotation = "BEGIN; SELECT id FROM channels FOR UPDATE; SELECT pg_sleep(0.3); \
                    UPDATE key_secrets SET valid_until = clock_timestamp(); SELECT pg_sleep(0.4); COMMIT";
    let rotation = tokio::task::spawn_blocking(move || pg.execute(&database, rotation));
    until("locked", || async {
        app.pg.execute(&app.database, "SELECT id FROM channels FOR UPDATE NOWAIT").is_err()
    })
    .await;
    assert_eq!(app.refusal(&ada.key, "n1").await.code, "key_revoked");
    rotation.await.unwrap().unwrap();
    app.stop().await;
}

#[tokio::test]
async fn a_lease_stream_starts_with_hello_and_strangers_have_none() {
    let app = TestApp::spawn().await;
    let mut nameless = app.node("").await;
    let status = nameless.commands.message().await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    let mut node = app.node("n1").await;
    let nothing = streamly_proto::stream::v1::Permit {
        broadcast_id: "not an id".into(),
        epoch: 7,
        ..Default::default()
    };
    node.beat(&nothing, State::Live).await;
    assert_eq!(node.end().await, ("not an id".into(), 7, "unknown".into()));
    node.ended(&nothing, "clean", "", "").await;
    let mut bad = app.attempt("sk_x", "n1", "a:1");
    bad.attempt_id = "x".into();
    assert_eq!(app.authorize(bad).await.unwrap_err().code(), tonic::Code::InvalidArgument);
    for key in [String::new(), "\u{0}".into(), "x".repeat(100_000), "🦀".repeat(50)] {
        assert_eq!(app.refusal(&key, "n1").await.code, "unknown_key");
    }
    app.stop().await;
}

/// A report with the longest words that an ingest node may have of a broadcast.
fn wordy(permit: &streamly_proto::stream::v1::Permit, name: &str) -> BroadcastReport {
    let rendition = Rendition {
        name: name.into(),
        width: u32::MAX,
        height: u32::MAX,
        fps: 60.0,
        bitrate_bps: u64::MAX,
        codecs: "avc1.64001e,mp4a.40.2".into(),
        encoder: "vah264lpenc".into(),
        ..Default::default()
    };
    BroadcastReport {
        broadcast_id: permit.broadcast_id.clone(),
        session_id: permit.session_id.clone(),
        epoch: permit.epoch,
        state: State::Live.into(),
        next_msn: 1,
        health: Some(Health { encoder: "🦀".repeat(200), bytes_received: u64::MAX, ..Default::default() }),
        renditions: vec![rendition; 6],
        target_duration_ms: u32::MAX,
        part_target_us: u32::MAX,
        still: u64::MAX,
    }
}

#[tokio::test]
async fn the_fullest_heartbeat_that_is_taken_is_below_the_decoding_limit() {
    let app = TestApp::spawn().await;
    let mut node = app.node("n1").await;
    let permit = streamly_proto::stream::v1::Permit {
        broadcast_id: uuid::Uuid::now_v7().to_string(),
        session_id: uuid::Uuid::now_v7().to_string(),
        epoch: 1 << 40,
        ..Default::default()
    };
    let beat = Heartbeat { broadcasts: vec![wordy(&permit, "1080p60"); 2_000], machine: None };
    assert!(prost::Message::encoded_len(&beat) < 4 << 20);
    node.reports.send(NodeReport { report: Some(Report::Heartbeat(beat)) }).await.unwrap();
    for _ in 0..2_000 {
        assert_eq!(node.end().await.2, "unknown");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_nodes_names_are_cut_and_cleaned() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.node("n1").await;
    let mut report = wordy(&permit, "source\u{0}");
    report.health.as_mut().unwrap().encoder = format!("OBS\u{0}\u{1b}{}", "x".repeat(60_000));
    let beat = Heartbeat { broadcasts: vec![report], machine: None };
    node.reports.send(NodeReport { report: Some(Report::Heartbeat(beat)) }).await.unwrap();
    assert!(matches!(node.command().await, Command::Renewed(_)));
    assert_eq!(app.get("ada", "").await.1["live"]["renditions"][0]["name"], "source");
    let said = format!("\"OBS{}\"", "x".repeat(197));
    app.index_says(&format!("health:{}", ada.channel), &said).await;
    app.stop().await;
}
