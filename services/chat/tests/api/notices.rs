//! What happens to a channel is told in its room, once, whatever the number of nodes, and is part of its history.

use crate::{
    app::{Platform, until},
    client::Client,
    facts::{now_ms, tell_at},
    peers::user_id,
};
use serde_json::{Value, json};

const BROADCAST: &str = "01932f00-0000-7000-8000-0000000000b1";

async fn tell(p: &Platform, kind: &str, payload: Value) {
    tell_at(&p.redis_client().await, kind, payload, now_ms()).await;
}

async fn state(p: &Platform, state: &str) {
    tell(p, "stream.state_changed", json!({"state": state, "broadcast_id": BROADCAST})).await;
}

/// The next notice is of that kind.
async fn notice(client: &mut Client, kind: &str) -> Value {
    let frame = client.wait_for("notice").await;
    assert_eq!(frame["kind"], kind, "{frame}");
    frame
}

#[tokio::test(flavor = "multi_thread")]
async fn states_titles_and_followers_are_told_once_by_two_nodes_and_are_there_for_who_joins_later() {
    let p = Platform::start(2).await;
    let (mut a, mut b) = (p.join(0, None).await, p.join(1, None).await);
    let title = |title: &str| json!({"title": title, "category": "chess", "state": "live"});
    for (told, kind) in [
        ("starting", None),
        ("live", Some("live")),
        ("reconnecting", Some("reconnecting")),
        ("live", Some("back")),
    ] {
        state(&p, told).await;
        for client in [&mut a, &mut b] {
            if let Some(kind) = kind {
                assert_eq!(notice(client, kind).await["broadcast_id"], BROADCAST);
            }
        }
    }
    // Hidden for a while, it has no title meanwhile.
    for text in ["first", "first", "second", "", "second"] {
        tell(&p, "stream.updated", title(text)).await;
    }
    for client in [&mut a, &mut b] {
        assert_eq!(notice(client, "title").await["title"], "second");
    }
    for name in ["bob", "cleo"] {
        let who = json!({"user_id": user_id(name), "username": name, "display_name": name.to_uppercase()});
        tell(&p, "stream.followed", who).await;
    }
    state(&p, "offline").await;
    for client in [&mut a, &mut b] {
        assert_eq!(notice(client, "follow").await["user"]["username"], "bob");
        assert_eq!(notice(client, "follow").await["user"]["username"], "cleo");
        notice(client, "ended").await;
    }
    let mut late = p.hello(1, None).await;
    let joined = late.join("ada").await;
    let kinds: Vec<_> =
        joined["events"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["live", "reconnecting", "back", "title", "follow", "follow", "ended"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_followers_is_summed_up_and_what_is_old_is_not_told() {
    let p = Platform::start(1).await;
    let redis = p.redis_client().await;
    let old = json!({"state": "live", "broadcast_id": BROADCAST});
    tell_at(&redis, "stream.state_changed", old, now_ms() - 400_000).await;
    let mut a = p.join(0, None).await;
    let begun = std::time::Instant::now();
    for n in 0..40 {
        let who = json!({"user_id": user_id("bob"), "username": format!("u{n}"), "display_name": "U"});
        tell(&p, "stream.followed", who).await;
    }
    state(&p, "offline").await;
    let mut told = Vec::new();
    loop {
        let frame = a.wait_for("notice").await;
        match frame["kind"].as_str() {
            Some("follow") => told.push(frame),
            other => {
                assert_eq!(other, Some("ended"), "the old one was not told");
                break;
            }
        }
    }
    // Of each window of ten seconds five are told; on a busy machine the forty lie in more than two.
    let most = 5 * (begun.elapsed().as_secs() as usize / 10 + 2);
    assert!(told.len() >= 5 && told.len() <= most.min(35), "{} of 40 were told, at most {most}", told.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_no_node_was_up_is_told_by_the_next() {
    let mut p = Platform::start(1).await;
    let mut a = p.join(0, None).await;
    state(&p, "live").await;
    notice(&mut a, "live").await;
    p.nodes[0].stop.start();
    until("the node is down", async || p.nodes[0].served.is_finished()).await;
    state(&p, "offline").await;
    p.add_node();
    p.until_ready(1).await;
    let mut b = p.hello(1, None).await;
    until("it is told", async || {
        let joined = b.join("ada").await;
        let _ = b.send(json!({"type":"leave","room":"ada"})).await;
        b.wait_for("left").await;
        joined["events"].as_array().unwrap().last().is_some_and(|e| e["kind"] == "ended")
    })
    .await;
}
