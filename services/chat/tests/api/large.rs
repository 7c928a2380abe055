//! Rooms full of the longest messages: they can be joined and resumed, and who leaves them unread is cut.

use crate::{
    app::Platform,
    client::{Client, id_list},
};
use serde_json::{Value, json};
use streamly_config::{ByteSize, Duration};

/// Joins ada's room with these members besides; the frame's length and the frame.
async fn joined(client: &mut Client, with: Value) -> (usize, Value) {
    let mut frame = json!({"type":"join","room":"ada"});
    frame.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    client.send(frame).await;
    let text = client.wait_for_text(&["joined"]).await;
    (text.len(), serde_json::from_str(&text).unwrap())
}

/// 490 graphemes of 25 bytes.
fn family() -> String {
    "👩‍👩‍👧‍👦".repeat(490)
}

/// Says it so often, each time with a number before it; the messages' ids.
async fn say_often(client: &mut Client, count: usize, text: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        client.send(json!({"type":"say","room":"ada","text":format!("{n} {text}")})).await;
        let answer = client.wait_for_text(&["message", "error"]).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["type"], "message", "{answer}");
        ids.extend(id_list([&answer]));
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_full_of_the_longest_messages_can_be_joined_and_resumed() {
    const LARGEST: usize = 512 << 10;
    let p = Platform::with(1, |c| {
        c.limits.frames_burst = 10_000;
        c.limits.max_text = c.limits.max_message;
    })
    .await;
    let mut ada = p.join(0, Some("ada")).await;
    let ids = say_often(&mut ada, 520, &family()).await;
    let newest = |count: usize| ids[ids.len() - count..].to_vec();
    // Memory answers the first, Redis the second, and either is cut to the newest that fit.
    for with in [json!({"history": 200}), json!({"since": ids[10]})] {
        for name in [None, Some("ada"), Some("bob")] {
            let (length, frame) = joined(&mut p.hello(0, name).await, with.clone()).await;
            let events = id_list(frame["events"].as_array().unwrap());
            assert!(length <= LARGEST && length > LARGEST - (32 << 10), "{length} bytes for {with}");
            assert_eq!(frame["complete"], false, "{with}");
            assert_eq!(events, newest(events.len()), "{with}");
        }
    }
    // What fits is whole.
    for with in [json!({"since": ids[ids.len() - 11]}), json!({"history": 10})] {
        let (_, frame) = joined(&mut p.hello(0, None).await, with.clone()).await;
        assert_eq!(frame["complete"], true, "{with}");
        assert_eq!(id_list(frame["events"].as_array().unwrap()), newest(10), "{with}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_the_longest_messages_that_are_taken_by_default_is_cut_to_what_fits() {
    let p = Platform::with(1, |c| c.limits.frames_burst = 10_000).await;
    let mut ada = p.join(0, Some("ada")).await;
    // Nearly 4 KiB and 500 graphemes, and a quotation mark is two bytes in JSON: little is longer on the wire.
    let fits = format!("{}{}", "\"".repeat(330), "👩‍👩‍👧‍👦".repeat(150));
    let over = "👩‍👩‍👧‍👦".repeat(164);
    let ids = say_often(&mut ada, 505, &fits).await;
    say_often(&mut ada, 1, &"😀".repeat(490)).await;
    ada.send(json!({"type":"say","room":"ada","text":over,"nonce":"over"})).await;
    let error = ada.wait_for("error").await;
    assert_eq!(
        (&error["code"], &error["nonce"]),
        (&json!("too_long"), &json!("over")),
        "{} bytes",
        over.len()
    );
    let (length, frame) = joined(&mut p.hello(0, None).await, json!({"since": ids[0]})).await;
    assert!(length <= 512 << 10, "{length}");
    assert_eq!(frame["complete"], false);
    assert!(frame["events"].as_array().unwrap().len() > 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_too_many_bytes_unread_is_cut_with_4008_however_few_the_frames() {
    let p = Platform::with(1, |c| {
        (c.limits.queue_frames, c.limits.frames_burst) = (10_000, 10_000);
        (c.limits.max_joined, c.limits.queue_bytes) = (ByteSize::new(128 << 10), ByteSize::new(256 << 10));
        (c.limits.send_buffer, c.limits.max_text) = (ByteSize::new(4 << 10), c.limits.max_message);
        c.limits.close_timeout = Duration::from_secs(15);
    })
    .await;
    let mut slow = Client::with_small_buffers(&p, 0).await;
    slow.hello(None).await;
    slow.join("ada").await;
    let (mut ada, mut reader) = (p.join(0, Some("ada")).await, p.join(0, None).await);
    for n in 0..120 {
        let text = format!("{n} {}", family());
        ada.send(json!({"type":"say","room":"ada","text":text})).await;
        // One at a time: nobody but the slow one has anything waiting.
        ada.wait_for("message").await;
        assert_eq!(reader.wait_for("message").await["text"], text);
    }
    assert_eq!(slow.close_code().await, Some(4008));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_joined_is_joined_again_once_in_the_interval() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.send(json!({"type":"join","room":"ada"})).await;
    let error = bob.wait_for("error").await;
    assert_eq!((&error["code"], &error["room"]), (&json!("rate_limited"), &json!("ada")));
    let wait = error["retry_after_ms"].as_u64().unwrap();
    assert!((1..=1_000).contains(&wait), "{wait}");
    bob.join("cleo").await;
    bob.said("a refused join leaves the socket where it was").await;
    tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
    assert_eq!(bob.join("ada").await["events"].as_array().unwrap().len(), 1);
}
