//! Traces of what is said: one from a frame over Redis to every node that gives it out; nothing of it is told where nothing is recorded.

use crate::{
    app::{PATIENCE, Platform},
    client::id_list,
    peers::{room_id, user_id},
};
use serde_json::{Value, json};
use std::collections::HashSet;
use streamly_chat::Config;
use streamly_redis::{Delivery, Subscriber};
use streamly_testkit::traces::{Seen, TraceReceiver};

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// How many sockets were given an event.
const SOCKETS: &str = "streamly.chat.sockets";

fn traced(config: &mut Config, receiver: &TraceReceiver, sample_ratio: f64) {
    config.tracing.otlp_endpoint = receiver.url();
    config.tracing.sample_ratio = sample_ratio;
}

/// What is directly below a span.
fn below<'a>(all: &'a [Seen], of: &Seen) -> Vec<&'a Seen> {
    all.iter().filter(|span| span.parent == of.id && span.trace == of.trace).collect()
}

fn named<'a>(all: &'a [Seen], name: &str) -> Option<&'a Seen> {
    all.iter().find(|span| span.name == name)
}

/// The frame that was refused with that code.
fn of_code<'a>(all: &'a [Seen], code: &str) -> Option<&'a Seen> {
    all.iter().find(|span| span.attribute("streamly.code") == code)
}

/// Where that event was given out.
fn given_out<'a>(all: &'a [Seen], id: &str) -> Vec<&'a Seen> {
    let is_of_it = |span: &&Seen| span.is_consumer && span.attribute("messaging.message.id") == id;
    all.iter().filter(is_of_it).filter(|span| !span.attribute(SOCKETS).is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_one_trace_from_its_frame_to_the_sockets_of_every_node() {
    let receiver = TraceReceiver::start().await.unwrap();
    let p = Platform::with(2, |c| traced(c, &receiver, 1.0)).await;
    // What opens a socket is a part of the trace that a proxy of ours, which loopback is, says; each frame is a trace of its own.
    let mut ada = p.open(0, Some(("traceparent", HEADER))).await.unwrap();
    ada.hello(Some(p.token("ada", 900))).await;
    ada.join("ada").await;
    let mut bob = p.join(1, Some("bob")).await;
    let said = ada.said("a xylophone").await;
    let id = said["id"].as_str().unwrap();
    assert_eq!(bob.wait_for("message").await["id"], id);
    for n in 0..20 {
        ada.say(&n.to_string()).await;
    }
    let more = bob.messages(20).await;
    let keys: HashSet<&str> = more.iter().flat_map(|m| m.as_object().unwrap().keys()).map(|k| &**k).collect();
    assert!(!keys.iter().any(|key| key.contains("trace")), "clients see nothing of it: {keys:?}");

    let wanted = |all: &[Seen]| {
        let mut ids = more.iter().chain([&said]).map(|m| m["id"].as_str().unwrap());
        ids.all(|id| given_out(all, id).len() == 2)
            && all.iter().filter(|span| span.name == "ws say").count() == 21
    };
    let all = receiver.until("both nodes have given out all", wanted).await.unwrap();
    let given = given_out(&all, id);
    let published = all.iter().find(|span| span.is_producer && span.id == given[0].parent).unwrap();
    assert_eq!(below(&all, published).len(), 2, "{given:?}");
    assert!(given.iter().all(|span| span.attribute(SOCKETS) == "1"), "{given:?}");
    assert_eq!(published.attribute("messaging.message.id"), id);
    assert_eq!(published.attribute("messaging.system"), "redis");
    let frame = all.iter().find(|span| span.id == published.parent).unwrap();
    assert!(frame.name == "ws say" && frame.is_server && frame.parent.is_empty(), "{frame:?}");
    assert_eq!((frame.attribute("user.id"), frame.failed), (user_id("ada").as_str(), false));
    let opening = all.iter().find(|span| span.name == "GET /ws" && span.trace == HEADER[3..35]).unwrap();
    assert_eq!(&opening.parent, &HEADER[36..52]);
    assert_eq!(frame.links, [(opening.trace.clone(), opening.id.clone())]);
    assert!(frame.trace != opening.trace);
    let bobs = all.iter().filter(|span| span.name == "ws join" && span.links != frame.links).count();
    assert_eq!(bobs, 1, "each socket's frames have the link of its own");
    // Each message is a trace, and nothing that was said is in any.
    let published: HashSet<_> = all.iter().filter(|span| span.is_producer).map(|span| &span.trace).collect();
    assert_eq!(published.len(), 21);
    assert!(all.iter().all(|span| !span.raw.contains("xylophone")));
}

#[tokio::test(flavor = "multi_thread")]
async fn moderation_by_rest_is_a_part_of_its_callers_trace_on_every_node_and_refusals_say_their_code() {
    let receiver = TraceReceiver::start().await.unwrap();
    let p = Platform::with(2, |c| traced(c, &receiver, 1.0)).await;
    let (mut ada, mut guest) = (p.join(0, Some("ada")).await, p.join(1, None).await);
    let id = ada.said("hi").await["id"].as_str().unwrap().to_owned();
    guest.wait_for("message").await;
    guest.say("no").await;
    assert_eq!(guest.wait_for("error").await["code"], "unauthorized");
    guest.send(json!({"type":"dance"})).await;
    guest.wait_for("error").await;
    guest.send(json!({"type":"ping"})).await;
    guest.wait_for("pong").await;
    let ban = p.call(1, "PUT", "rooms/ada/bans/bob", Some("ada"), json!({"reason": "spam"})).await;
    assert_eq!(ban.0, 200, "{ban:?}");
    let mut bob = p.hello(1, Some("bob")).await;
    bob.send(json!({"type":"join","room":"ada"})).await;
    assert_eq!(bob.wait_for("error").await["code"], "banned");
    let (status, _) = p.rest(1, "DELETE", &format!("/{id}"), Some("ada")).await;
    assert!((200..300).contains(&status), "{status}");
    let deleted = guest.wait_for("deleted").await["id"].as_str().unwrap().to_owned();

    let is_call = |span: &&Seen| span.name.starts_with("DELETE /api/chat/rooms/");
    let wanted = |all: &[Seen]| {
        let is_called = all.iter().any(|span| is_call(&span)) && of_code(all, "banned").is_some();
        is_called && given_out(all, &deleted).len() == 2 && named(all, "ws other").is_some()
    };
    let all = receiver.until("the deletion is given out by both", wanted).await.unwrap();
    let call = all.iter().find(is_call).unwrap();
    assert!(given_out(&all, &deleted).iter().all(|span| span.trace == call.trace), "{call:?}");
    let refused = of_code(&all, "unauthorized").unwrap();
    assert!(refused.name == "ws say" && !refused.failed, "it is the guest's fault, not ours: {refused:?}");
    assert_eq!(of_code(&all, "banned").unwrap().name, "ws join");
    assert_eq!(named(&all, "ws other").unwrap().attribute("streamly.code"), "unknown_type");
    assert!(named(&all, "ws ping").is_none(), "signs of life are not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_readers_are_not_given_says_no_number_of_sockets() {
    const SAID: usize = 20;
    let receiver = TraceReceiver::start().await.unwrap();
    let p = Platform::with(1, |c| {
        traced(c, &receiver, 1.0);
        c.limits.deliver_per_second = 1;
    })
    .await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    for n in 0..SAID {
        ada.say(&n.to_string()).await;
    }
    let own = id_list(&ada.messages(SAID).await);
    let (mut given, mut left_out) = (HashSet::new(), 0);
    while given.len() + left_out < SAID {
        let text = bob.wait_for_text(&["message", "skipped"]).await;
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] == "skipped" {
            left_out += frame["count"].as_u64().unwrap() as usize;
        } else {
            given.insert(frame["id"].as_str().unwrap().to_owned());
        }
    }
    assert!(left_out > 0, "{given:?}");
    let told = |all: &[Seen]| all.iter().filter(|span| span.is_consumer).count();
    let all = receiver.until("all were processed", |all| told(all) >= SAID).await.unwrap();
    for id in &own {
        assert_eq!(!given_out(&all, id).is_empty(), given.contains(id), "{id}");
    }
}

/// What the next message's payload says of where it comes from.
async fn origin(subscriber: &mut Subscriber) -> String {
    loop {
        let next = tokio::time::timeout(PATIENCE, subscriber.next()).await.expect("a message comes");
        let Delivery::Message { payload, .. } = next.expect("the subscription goes on") else { continue };
        let payload = String::from_utf8(payload.to_vec()).unwrap();
        let lines: Vec<&str> = payload.split('\n').collect();
        if lines.get(3) == Some(&"message") {
            return lines[2].to_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_recorded_is_not_told_in_redis_and_a_node_without_traces_gives_out_what_others_record() {
    let receiver = TraceReceiver::start().await.unwrap();
    let mut p = Platform::with(1, |c| traced(c, &receiver, 0.0)).await;
    // The first node records nothing that begins there, the second all, the third knows no receiver.
    p.config.tracing.sample_ratio = 1.0;
    p.add_node();
    p.until_ready(1).await;
    p.config.tracing.otlp_endpoint = String::new();
    p.add_node();
    p.until_ready(2).await;
    let redis = p.redis_client().await;
    let mut subscriber = redis.subscriber().await.unwrap();
    let channel = format!("chat:{{{}}}", room_id("ada"));
    subscriber.subscriptions().ssubscribe(&channel).await.unwrap();
    let (mut quiet, mut loud) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    let mut off = p.join(2, Some("cleo")).await;
    quiet.said("unrecorded").await;
    let unrecorded = origin(&mut subscriber).await;
    loud.said("recorded").await;
    let recorded = origin(&mut subscriber).await;
    assert_eq!(off.messages(2).await[1]["text"], "recorded");
    off.said("off").await;
    assert_eq!(origin(&mut subscriber).await, unrecorded);
    assert_eq!(unrecorded.len(), 12, "not a byte more: {unrecorded}");
    let (server, header) = recorded.split_once(' ').unwrap();
    assert_eq!((server, header.len()), (unrecorded.as_str(), HEADER.len()));
    // The first node's part of what another one records is recorded.
    let given = |all: &[Seen]| all.iter().filter(|span| !span.attribute(SOCKETS).is_empty()).count();
    let all = receiver.until("two nodes have given it out", |all| given(all) >= 2).await.unwrap();
    let published: Vec<_> = all.iter().filter(|span| span.is_producer).collect();
    assert_eq!((published.len(), given(&all)), (1, 2), "{published:?}");
    assert!(header.contains(&published[0].trace), "{header} {published:?}");
    assert_eq!(below(&all, published[0]).len(), 2);
}
