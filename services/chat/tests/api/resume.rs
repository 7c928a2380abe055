//! Coming back with `since`: after a node stopped under load, at another node, with deletions meanwhile, with more than the log has.

use crate::{
    app::Platform,
    client::{Client, id_list},
    crowd::lively,
};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use streamly_testkit::postgres::Postgres;

async fn since(p: &Platform, node: usize, id: &str) -> Value {
    let mut client = p.hello(node, None).await;
    client.send(json!({"type":"join","room":"ada","since":id})).await;
    client.wait_for("joined").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_meanwhile_is_told_and_its_text_is_not() {
    let p = Platform::start(2).await;
    let mut ada = p.join(0, Some("ada")).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(ada.said(&format!("text {n}")).await["id"].as_str().unwrap().to_owned());
    }
    // One that who comes back has seen, the next that they have not, and the last.
    for n in [1, 2, 4] {
        assert_eq!(p.rest(1, "DELETE", &format!("/{}", ids[n]), Some("ada")).await.0, 204);
        ada.wait_for("deleted").await;
    }
    for node in 0..2 {
        let joined = since(&p, node, &ids[1]).await;
        let events = joined["events"].as_array().unwrap();
        let told: Vec<_> =
            events.iter().map(|e| e["message_id"].as_str().or(e["text"].as_str()).unwrap()).collect();
        assert_eq!((told, &joined["complete"]), (vec!["text 3", &*ids[1], &*ids[2], &*ids[4]], &json!(true)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_what_a_client_saw_does_not_claim_to_be_complete() {
    let mut p = Platform::start(2).await;
    let mut ada = p.join(0, Some("ada")).await;
    let kept = ada.said("kept").await["id"].as_str().unwrap().to_owned();
    let seen = ada.said("seen").await["id"].as_str().unwrap().to_owned();
    // Redis without its data and no node with the room open: nobody has it any more.
    drop(ada);
    let room = crate::peers::room_id("ada");
    crate::app::until("the room is closed", async || {
        p.redis.command(&["HLEN", &format!("chat:{{{room}}}:presence")]).unwrap() == "0"
    })
    .await;
    p.redis.start_empty().unwrap();
    let joined = since(&p, 1, &seen).await;
    assert_eq!((&joined["complete"], joined["events"].as_array().unwrap().len()), (&json!(false), 0));
    let mut bob = p.join(1, Some("bob")).await;
    let next = bob.said("after").await["id"].as_str().unwrap().to_owned();
    assert!(next > seen, "ids go on upwards by the clock");
    let joined = since(&p, 1, &kept).await;
    assert_eq!(id_list(joined["events"].as_array().unwrap()), [next]);
}

/// Reads until the word, coming back at the other node whenever it is closed; answers what it saw after `first`.
async fn read_on(p: Arc<Platform>, mut client: Client, first: String, end: &'static str) -> Vec<String> {
    let (mut seen, mut node) = (vec![first], 0);
    loop {
        let Some(text) = client.read_text().await else {
            node = 1 - node;
            client = p.hello(node, None).await;
            client.send(json!({"type":"join","room":"ada","since":seen.last()})).await;
            let joined = client.wait_for("joined").await;
            assert_eq!(joined["complete"], true);
            seen.extend(id_list(joined["events"].as_array().unwrap()));
            if joined["events"].as_array().unwrap().iter().any(|e| e["text"] == end) {
                return seen.split_off(1);
            }
            continue;
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] == "message" {
            seen.push(frame["id"].as_str().unwrap().to_owned());
            if frame["text"] == end {
                return seen.split_off(1);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_drained_under_load_costs_nobody_a_message() {
    const END: &str = "that is all";
    let mut p = Platform::bare(Postgres::shared().unwrap());
    lively(&mut p);
    for n in 0..2 {
        p.add_node();
        p.until_ready(n).await;
    }
    let p = Arc::new(p);
    let mut ada = p.join(1, Some("ada")).await;
    let first = ada.said("first").await["id"].as_str().unwrap().to_owned();
    let mut readers = Vec::new();
    for _ in 0..12 {
        let mut client = p.hello(0, None).await;
        client.send(json!({"type":"join","room":"ada","since":first})).await;
        client.wait_for("joined").await;
        readers.push(tokio::spawn(read_on(p.clone(), client, first.clone(), END)));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let talker = tokio::spawn({
        let stop = stop.clone();
        async move {
            let mut ids = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                ids.push(ada.said(&format!("m {}", ids.len())).await["id"].as_str().unwrap().to_owned());
            }
            ids.push(ada.said(END).await["id"].as_str().unwrap().to_owned());
            ids
        }
    });
    p.nodes[0].stop.start();
    crate::app::until("refused", async || p.open(0, None).await.is_err()).await;
    crate::app::until("drained", async || p.nodes[0].served.is_finished()).await;
    stop.store(true, Ordering::Relaxed);
    let said = talker.await.unwrap();
    assert!(said.len() > 50, "under load: {}", said.len());
    for reader in readers {
        assert_eq!(tokio::time::timeout(crate::app::PATIENCE, reader).await.unwrap().unwrap(), said);
    }
}
