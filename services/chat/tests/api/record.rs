//! The chat of a broadcast is kept in PostgreSQL, in step with it, by whichever node is there.

use crate::{
    app::{Platform, until},
    facts::{now_ms, tell_at},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use streamly_config::Duration;

const BROADCAST: &str = "01932f00-0000-7000-8000-0000000000b1";

async fn platform(nodes: usize) -> Platform {
    Platform::with(nodes, |c| c.recording.interval = Duration::from_millis(50)).await
}

async fn state(p: &Platform, state: &str, at_ms: i64) {
    let payload = json!({"state": state, "broadcast_id": BROADCAST});
    tell_at(&p.redis_client().await, "stream.state_changed", payload, at_ms).await;
}

async fn record(p: &Platform, node: usize, query: &str) -> (u16, Value) {
    let path = format!("/api/chat/rooms/ada/record?broadcast={BROADCAST}{query}");
    p.get(p.nodes[node].at.rest, &path).await
}

fn texts(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().filter_map(|i| i["text"].as_str()).collect()
}

async fn until_texts(p: &Platform, node: usize, wanted: &[&str]) -> Value {
    until("the record has it", async || texts(&record(p, node, "").await.1) == wanted).await;
    record(p, node, "").await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_during_a_broadcast_is_kept_in_step_with_it_and_not_what_was_said_before_or_after() {
    let p = platform(2).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    ada.said("before").await;
    let began = now_ms() + 1;
    until("a later moment", async || now_ms() > began).await;
    state(&p, "starting", began).await;
    state(&p, "live", began + 5).await;
    until("it is known", async || record(&p, 0, "").await.0 == 200).await;
    ada.said("one").await;
    let two = bob.said("two").await;
    let page = until_texts(&p, 1, &["one", "two"]).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items[0]["kind"], "live", "what happened to the channel is part of it");
    let last = items.last().unwrap();
    assert_eq!(last["id"], two["id"]);
    assert_eq!(last["user"]["username"], "bob");
    let ms = i64::from_str_radix(&two["id"].as_str().unwrap()[..12], 16).unwrap();
    assert_eq!(last["offset_ms"].as_i64(), Some(ms - began));
    assert!(page["ended_at"].is_null() && page["next_cursor"].is_null(), "{page}");
    // Any node goes on with it.
    p.nodes[0].stop.start();
    let mut bob = p.join(1, Some("bob")).await;
    bob.said("three").await;
    until_texts(&p, 1, &["one", "two", "three"]).await;
    let ended = now_ms();
    state(&p, "offline", ended).await;
    until("its end is known", async || record(&p, 1, "").await.1["ended_at"].is_string()).await;
    until("a later moment", async || now_ms() > ended).await;
    let after = bob.said("after").await;
    let read = format!("(SELECT last_id FROM recordings) >= '{}'", after["id"].as_str().unwrap());
    until("the log was read past the end", async || p.holds(&read)).await;
    let page = until_texts(&p, 1, &["one", "two", "three"]).await;
    let offset = page["items"].as_array().unwrap().iter().find(|i| i["text"] == "two").unwrap()["offset_ms"]
        .as_i64()
        .unwrap();
    let (_, part) = record(&p, 1, &format!("&from_ms={offset}&limit=1")).await;
    assert_eq!((texts(&part), part["next_cursor"].as_str()), (vec!["two"], two["id"].as_str()));
    let (_, rest) = record(&p, 1, &format!("&after={}", two["id"].as_str().unwrap())).await;
    assert_eq!(texts(&rest), ["three"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_text_leaves_the_record_too() {
    let p = platform(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    state(&p, "live", now_ms() - 10).await;
    until("it is known", async || record(&p, 0, "").await.0 == 200).await;
    let one = ada.said("one").await;
    ada.said("two").await;
    until_texts(&p, 0, &["one", "two"]).await;
    let (status, _) = p.rest(0, "DELETE", &format!("/{}", one["id"].as_str().unwrap()), Some("ada")).await;
    assert_eq!(status, 204);
    until_texts(&p, 0, &["two"]).await;
    // Also when nobody reads that log any more.
    assert!(p.holds("(SELECT count(*) FROM recorded WHERE kind = 'message') = 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_that_began_while_no_node_was_up_is_kept_and_unknown_ones_are_told() {
    let mut p = platform(0).await;
    let redis = p.redis_client().await;
    let payload = json!({"state": "live", "broadcast_id": BROADCAST});
    tell_at(&redis, "stream.state_changed", payload, now_ms()).await;
    p.add_node();
    p.until_ready(0).await;
    until("it is known", async || record(&p, 0, "").await.0 == 200).await;
    for (query, status) in [("&after=x", 400), ("&from_ms=x", 400)] {
        assert_eq!(record(&p, 0, query).await.0, status, "{query}");
    }
    let at = p.nodes[0].at.rest;
    for path in [
        "ada/record?broadcast=x",
        "ada/record?broadcast=01932f00-0000-7000-8000-0000000000ff",
        "bob/record?broadcast=01932f00-0000-7000-8000-0000000000b1",
    ] {
        let (status, problem) = p.get(at, &format!("/api/chat/rooms/{path}")).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("broadcast_not_found")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cleared_leaves_the_record_and_settings_and_pins_are_none_of_it() {
    let p = platform(1).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    state(&p, "live", now_ms() - 10).await;
    until("it is known", async || record(&p, 0, "").await.0 == 200).await;
    bob.said("of bob").await;
    let pinned = ada.said("of ada").await["id"].as_str().unwrap().to_owned();
    for text in ["/links hold".to_owned(), format!("/pin {pinned}")] {
        ada.send(json!({"type":"say","room":"ada","text":text})).await;
        ada.wait_for("done").await;
    }
    ada.said("last").await;
    let page = until_texts(&p, 0, &["of bob", "of ada", "last"]).await;
    let kinds: BTreeSet<_> =
        page["items"].as_array().unwrap().iter().map(|i| i["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message", "notice"].into(), "{page}");
    assert_eq!(p.rest(0, "DELETE", "?user=bob", Some("ada")).await.0, 204);
    until_texts(&p, 0, &["of ada", "last"]).await;
    assert_eq!(p.rest(0, "DELETE", "?all=true", Some("ada")).await.0, 204);
    until_texts(&p, 0, &[]).await;
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM recorded WHERE kind = 'message')"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_closed_after_its_broadcast_and_goes_after_its_time() {
    let p = Platform::with(1, |c| {
        (c.recording.interval, c.recording.keep) = (Duration::from_millis(20), Duration::from_secs(3600));
    })
    .await;
    let mut ada = p.join(0, Some("ada")).await;
    state(&p, "live", now_ms() - 10).await;
    until("it is known", async || record(&p, 0, "").await.0 == 200).await;
    ada.said("one").await;
    until_texts(&p, 0, &["one"]).await;
    let young = "01932f00-0000-7000-8000-0000000000b2";
    p.sql(&format!(
        "INSERT INTO recordings (broadcast_id, room_id, started_at, ended_at, last_id) \
         SELECT '{young}', room_id, now() - interval '30 minutes', now() - interval '20 minutes', last_id FROM recordings"
    ));
    // It goes on: however old it is, it stays.
    p.sql(&format!(
        "UPDATE recordings SET started_at = now() - interval '3 hours' WHERE broadcast_id = '{BROADCAST}'"
    ));
    until("the ended one is closed", async || {
        p.holds(&format!("(SELECT done FROM recordings WHERE broadcast_id = '{young}')"))
    })
    .await;
    assert!(p.holds(&format!("(SELECT NOT done FROM recordings WHERE broadcast_id = '{BROADCAST}')")));
    assert_eq!(texts(&record(&p, 0, "").await.1), ["one"]);
    p.sql(&format!(
        "UPDATE recordings SET ended_at = now() - interval '2 hours' WHERE broadcast_id = '{BROADCAST}'"
    ));
    until("it is gone", async || record(&p, 0, "").await.0 == 404).await;
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM recorded)"));
    assert!(
        p.holds(&format!("(SELECT done FROM recordings WHERE broadcast_id = '{young}')")),
        "that one is young"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_very_many_broadcasts_is_kept_too() {
    let p = platform(1).await;
    p.sql(
        "INSERT INTO recordings (broadcast_id, room_id, started_at, last_id) \
         SELECT ('01932e00-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, gen_random_uuid(), now(), '000000000000000000' \
         FROM generate_series(1, 2500) n",
    );
    let mut ada = p.join(0, Some("ada")).await;
    state(&p, "live", now_ms() - 10).await;
    until("it is known", async || record(&p, 0, "").await.0 == 200).await;
    ada.said("one").await;
    until_texts(&p, 0, &["one"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_recording_is_off_nothing_is_kept() {
    let p = Platform::with(1, |c| {
        (c.recording.enabled, c.recording.interval) = (false, Duration::from_millis(20));
    })
    .await;
    state(&p, "live", now_ms() - 10).await;
    p.join(0, Some("ada")).await.said("not kept").await;
    let redis = p.redis_client().await;
    until("the fact was read", async || {
        redis.call::<Option<String>>("GET", ["chat:facts:read:record"]).await.unwrap().is_some()
    })
    .await;
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM recordings)"));
}
