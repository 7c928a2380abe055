//! Pins that meet deletions and one another: nobody has one whose message is gone, and everybody has the same.

use crate::{
    app::{Platform, until},
    client::Client,
    gone::{id, pin, pinned},
    outages::Lock,
};
use futures_util::future::join_all;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_pinned_and_deleted_at_once_is_pinned_for_nobody() {
    let p = Platform::start(2).await;
    let (mut ada, mut mia) = (p.join(0, Some("ada")).await, p.join(1, Some("mia")).await);
    for n in 0..20 {
        let message = id(&ada.said(&format!("secret {n}")).await);
        let path = format!("/{message}");
        let delete = async || p.rest(1, "DELETE", &path, Some("ada")).await.0;
        let (pinned_it, deleted) = tokio::join!(pin(&p, 0, &message), delete());
        assert!(matches!(pinned_it, 204 | 404) && deleted == 204, "{pinned_it} {deleted}");
        for client in [&mut ada, &mut mia] {
            client.wait_for("deleted").await;
        }
        for node in 0..2 {
            let pinned = pinned(&p, node).await;
            assert!(pinned["message"].is_null(), "round {n}, node {node}: {pinned}");
        }
        assert!(p.holds("NOT EXISTS (SELECT 1 FROM pins WHERE frame LIKE '%secret%')"), "round {n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_whose_message_went_before_its_row_was_there_is_taken_away() {
    let p = Platform::start(2).await;
    let mut ada = p.join(0, Some("ada")).await;
    let message = id(&ada.said("secret").await);
    let lock = Lock::with(&p, "LOCK TABLE pins IN EXCLUSIVE MODE").await;
    let waits = "EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE NOT l.granted \
                 AND d.datname = current_database() AND l.relation = 'pins'::regclass)";
    let (status, ()) = tokio::join!(pin(&p, 0, &message), async {
        until("the pin waits for its row", async || p.holds(waits)).await;
        assert_eq!(p.rest(1, "DELETE", &format!("/{message}"), Some("ada")).await.0, 204);
        lock.release().await;
    });
    assert_eq!(status, 404);
    assert!(p.holds("NOT EXISTS (SELECT FROM pins WHERE frame LIKE '%secret%')"));
    while !ada.wait_for("pinned").await["message"].is_null() {}
    for node in 0..2 {
        assert!(pinned(&p, node).await["message"].is_null(), "node {node}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_pins_at_once_everybody_has_the_same() {
    let p = Platform::start(2).await;
    let mut ada = p.join(0, Some("ada")).await;
    let messages: Vec<String> = all_said(&mut ada, 6).await;
    for round in 0..10 {
        join_all(messages.iter().enumerate().map(|(n, m)| pin(&p, n % 2, m))).await;
        let mut last = Value::Null;
        for _ in 0..messages.len() {
            last = ada.wait_for("pinned").await;
        }
        for node in 0..2 {
            until("the node has it", async || pinned(&p, node).await["id"].as_str() >= last["id"].as_str())
                .await;
            assert_eq!(pinned(&p, node).await["message"]["id"], last["message"]["id"], "round {round}");
        }
        let newest = format!("(SELECT message_id FROM pins) = '{}'", last["message"]["id"].as_str().unwrap());
        assert!(p.holds(&newest), "round {round}");
    }
}

async fn all_said(client: &mut Client, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for n in 0..count {
        all.push(id(&client.said(&format!("m{n}")).await));
    }
    all
}
