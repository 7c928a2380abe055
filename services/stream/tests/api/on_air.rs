//! What staff sees of what is on air: the nodes with their machines, and every broadcast with what it costs.

use crate::harness::{LONG, TestApp, until};
use serde_json::{Value, json};
use streamly_proto::stream::v1::{Heartbeat, Machine, NodeReport, Setting, State, node_report::Report};

async fn nodes(app: &TestApp, token: &str) -> Vec<Value> {
    let (status, body) = app.get("/api/admin/nodes", token).await;
    assert_eq!(status, 200, "{body}");
    body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_node_says_what_its_machine_has_and_lies_are_cut_to_size() {
    let app = TestApp::spawn().await;
    let (ada, admin) = (app.streamer("ada").await, app.admin("boss").1);
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let old = app.node("old").await;
    old.idle().await;
    app.known("old", |_| true).await;
    let items = nodes(&app, &admin).await;
    let ids: Vec<_> = items.iter().map(|n| n["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["n1", "old"]);
    assert_eq!((&items[0]["broadcasts"], &items[1]["broadcasts"]), (&json!(1), &json!(0)));
    assert_eq!(items[1]["machine"], Value::Null, "it does not say");
    let machine = Machine {
        cores: 4,
        busy_permille: 7_000,
        memory_bytes: 8,
        memory_available_bytes: 9,
        encoders: vec!["x264enc".repeat(30); 40],
        encoders_at_rest: Vec::new(),
        publishers: 1,
        max_publishers: 500,
    };
    let beat = Heartbeat { broadcasts: Vec::new(), machine: Some(machine) };
    old.reports.send(NodeReport { report: Some(Report::Heartbeat(beat)) }).await.unwrap();
    app.known("old", |n| n["machine"]["cores"] == 4).await;
    let said = nodes(&app, &admin).await[1]["machine"].clone();
    assert_eq!((&said["busy_permille"], &said["memory_available_bytes"]), (&json!(1000), &json!(8)));
    let encoders = said["encoders"].as_array().unwrap();
    assert_eq!((encoders.len(), encoders[0].as_str().unwrap().len()), (16, 40));
    assert_eq!(said["encoders_at_rest"], json!([]));
    drop(node);
    app.stop().await;
}

#[tokio::test]
async fn every_broadcast_is_listed_with_its_cost_whatever_its_visibility_for_staff_alone() {
    let app = TestApp::spawn().await;
    let (ada, bob, admin) = (app.streamer("ada").await, app.streamer("bob").await, app.admin("boss").1);
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"visibility":"private"}"#)).await.0, 200);
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let cost = |r: &mut streamly_proto::stream::v1::BroadcastReport| {
        r.health.as_mut().unwrap().transcode_cpu_permille = 1_250;
    };
    node.beat_with(&permit, State::Live, cost).await;
    let list = async |token: &str| app.get("/api/admin/broadcasts", token).await;
    let known = async || list(&admin).await.1["items"][0]["health"]["transcode_cpu_permille"] == 1_250;
    tokio::time::timeout(LONG, until("its cost is known", known)).await.unwrap();
    let (_, page) = list(&admin).await;
    let item = &page["items"][0];
    assert_eq!((&item["username"], &item["visibility"]), (&json!("ada"), &json!("private")));
    assert_eq!((&item["node_id"], &item["state"]), (&json!("n1"), &json!("live")));
    assert_eq!(item["renditions"][0]["name"], "source");
    assert_eq!(page["next_cursor"], Value::Null);
    assert_eq!(list(&bob.token).await.1["code"], "forbidden");
    assert_eq!(app.get("/api/admin/nodes", &bob.token).await.1["code"], "forbidden");
    assert_eq!(app.get("/api/admin/broadcasts?cursor=x", &admin).await.1["code"], "invalid_cursor");
    app.stop().await;
}

#[tokio::test]
async fn many_broadcasts_come_in_pages_each_once() {
    let app = TestApp::spawn().await;
    let admin = app.admin("boss").1;
    app.crowd(120, 0).await;
    let (mut seen, mut cursor) = (std::collections::BTreeSet::new(), String::new());
    for expected in [50, 50, 20] {
        let (status, page) = app.get(&format!("/api/admin/broadcasts?cursor={cursor}"), &admin).await;
        let items = page["items"].as_array().unwrap();
        assert_eq!((status, items.len()), (200, expected));
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        cursor = page["next_cursor"].as_str().unwrap_or_default().to_owned();
    }
    assert!(cursor.is_empty() && seen.len() == 120, "{}", seen.len());
    app.stop().await;
}

#[tokio::test]
async fn what_the_nodes_go_by_is_told_together_and_by_node_where_they_differ() {
    let app = TestApp::spawn().await;
    let (bob, admin) = (app.streamer("bob").await, app.admin("boss").1);
    let list = async || app.get("/api/admin/limits/ingest", &admin).await;
    assert_eq!(list().await, (200, json!({"items": [], "nodes": []})), "nobody is there");
    let mut nodes = Vec::new();
    for (id, drain) in [("n1", "20s"), ("n2", "4h")] {
        let says = |key: &str, value: &str, usual: &str| Setting {
            key: key.into(),
            value: value.into(),
            usual: usual.into(),
        };
        let settings =
            vec![says("rate_limits", "true", "true"), says("drain", drain, "20s"), says("most", "7", "")];
        let node = app.node_with(id, |hello| hello.settings = settings).await;
        node.idle().await;
        nodes.push(node);
    }
    // One of a version that does not say.
    let old = app.node("old").await;
    old.idle().await;
    app.known("old", |_| true).await;
    // Heard all the time, as nodes are: what was not noted at one heartbeat is at the next.
    let known = async || {
        for node in &nodes {
            node.idle().await;
        }
        list().await.1["nodes"] == json!(["n1", "n2"])
    };
    tokio::time::timeout(LONG, until("both have said theirs", known)).await.unwrap();
    let items = json!([
        {"key": "drain", "value": "20s", "default": "20s", "nodes": ["n1"]},
        {"key": "drain", "value": "4h", "default": "20s", "nodes": ["n2"]},
        {"key": "most", "value": "7", "default": null, "nodes": ["n1", "n2"]},
        {"key": "rate_limits", "value": "true", "default": "true", "nodes": ["n1", "n2"]},
    ]);
    assert_eq!(list().await.1["items"], items);
    assert_eq!(app.get("/api/admin/limits/ingest", &bob.token).await.1["code"], "forbidden");
    // Of a node that is gone nobody is told.
    drop(nodes.pop());
    let left = async || {
        nodes[0].idle().await;
        list().await.1["nodes"] == json!(["n1"])
    };
    tokio::time::timeout(LONG, until("one is left", left)).await.unwrap();
    drop((nodes, old));
    app.stop().await;
}
