//! The service on a Redis Cluster of three masters: the live index, leases, counts, facts and the words between replicas, whichever master
//! has their keys, and while one of them gives way to its replica.

use crate::harness::{Events, LONG, Node, Streamer, TestApp, now, until};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use streamly_proto::stream::v1::{Permit, State, node_command::Command};
use streamly_stream::Config;
use streamly_testkit::redis::{RedisCluster, RedisServer};

/// Enough for keys on more than one master.
const CHANNELS: [&str; 5] = ["ada", "bob", "cleo", "dan", "eve"];

/// On that cluster, with leases that outlive a slow machine: nodes here report when the test says so.
fn on(cluster: &RedisCluster) -> impl FnOnce(&mut Config) {
    let url = cluster.url();
    move |c| {
        c.redis.url = url;
        c.lease_ttl = streamly_config::Duration::from_secs(30);
    }
}

/// Somebody whose broadcast a node of that name reports.
struct Live {
    who: Streamer,
    permit: Permit,
    node: Node,
}

async fn live(app: &TestApp, name: &str) -> Live {
    let who = app.streamer(name).await;
    let permit = app.permit(&who.key, name).await;
    let node = app.live(name, &permit).await;
    Live { who, permit, node }
}

/// Makes an edge say that so many watch a broadcast.
async fn watched(app: &TestApp, broadcast: &str, count: u32) {
    let key = format!("viewers:{{{broadcast}}}:{}", now() / 5);
    let sessions = (0..count).map(|n| n.to_string());
    app.bus.call::<streamly_redis::Value>("PFADD", std::iter::once(key).chain(sessions)).await.unwrap();
}

/// So many are counted, as everybody is told.
async fn counted(app: &TestApp, name: &str, count: u32) {
    until("counted", || async { app.get(name, "").await.1["live"]["viewers"] == count }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broadcasts_on_three_masters_are_found_counted_told_of_and_ended() {
    let cluster = RedisCluster::start(3, false).unwrap();
    let app = TestApp::spawn_with(on(&cluster)).await;
    let mut all = Vec::new();
    for name in CHANNELS {
        all.push(live(&app, name).await);
    }
    let by_id = |live: &Live| format!("live:b:{}", live.permit.broadcast_id);
    let masters: BTreeSet<usize> = all.iter().map(|live| cluster.master_of(&by_id(live)).unwrap()).collect();
    assert!(masters.len() > 1, "of several masters: {masters:?}");
    for (live, name) in all.iter().zip(CHANNELS) {
        app.index_says(&format!("live:name:{name}"), &live.who.channel).await;
        app.index_says(&format!("live:{}", live.who.channel), &live.permit.broadcast_id).await;
        app.index_says(&by_id(live), &live.who.channel).await;
        app.index_says(&format!("lease:{}", live.permit.broadcast_id), "").await;
        app.index_says(&format!("health:{}", live.who.channel), "2500000").await;
    }
    // Counted together, each its own.
    for (count, live) in (1u32..).zip(&all) {
        watched(&app, &live.permit.broadcast_id, count).await;
    }
    for (count, name) in (1u32..).zip(CHANNELS) {
        counted(&app, name, count).await;
    }
    let (minute, id) = (now() / 60, &all[0].permit.broadcast_id);
    let key = format!("qoe:{{{id}}}:{minute}");
    let fared = [key.as_str(), "viewers", "1", "watched_ms", "9000"];
    app.bus.call::<streamly_redis::Value>("HSET", fared).await.unwrap();
    assert_eq!(app.get("me/qoe", &all[0].who.token).await.1["whole"]["viewers"], 1);
    // Facts, in one stream, and what passes, in another.
    app.relayed().await;
    for live in &all {
        let told = app.facts("stream.went_live", &live.who.channel).await;
        assert_eq!(told.len(), 1, "{told:?}");
    }
    let topics = format!("channel:{0},health:{0}", all[0].who.channel);
    let mut events = Events::open(&app, &topics, &all[0].who.token, None).await;
    watched(&app, id, 7).await;
    events.find("viewers", |d| d["viewers"] == 7).await;
    all[0].node.beat(&all[0].permit, State::Live).await;
    events.find("health", |_| true).await;
    // Ended by its owner: out of the index at once, and found by its id for a while.
    let ada = &mut all[0];
    assert_eq!(app.post("me/end", &ada.who.token, "").await.0, 204);
    assert_eq!(ada.node.end().await.2, "owner_ended");
    ada.node.ended(&ada.permit, "clean", "", "").await;
    events.find("state", |d| d["state"] == "offline").await;
    let (key, by_id) = (format!("live:{}", ada.who.channel), by_id(&*ada));
    until("out of the index", || async {
        app.bus.call::<Option<String>>("GET", [key.as_str()]).await.unwrap().is_none()
    })
    .await;
    assert!(app.bus.call::<Option<String>>("GET", [by_id]).await.unwrap().is_some());
    // A fact of the user service reaches it.
    app.people.change(all[1].who.id, |u| u.suspended = true);
    app.user_fact("user.suspended", all[1].who.id, r#"{"username":"bob"}"#).await;
    assert_eq!(all[1].node.end().await.2, "account_suspended");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_hears_of_an_end_at_another_replica_whichever_masters_the_two_are_subscribed_at() {
    let cluster = RedisCluster::start(3, false).unwrap();
    let one = TestApp::spawn_with(on(&cluster)).await;
    let two = TestApp::spawn_on(one.pg.clone(), |c| {
        c.postgres.database.clone_from(&one.database);
        on(&cluster)(c);
    })
    .await;
    let subscribed = |master: &RedisServer| {
        let said = master.command(&["PUBSUB", "NUMSUB", "stream:endings"]).unwrap();
        said.lines().nth(1).and_then(|count| count.parse::<u32>().ok()).unwrap_or_default()
    };
    until("both listen", || async { cluster.masters.iter().map(subscribed).sum::<u32>() == 2 }).await;
    let ada = one.streamer("ada").await;
    let permit = one.permit(&ada.key, "n1").await;
    // It reports to the other one, and says nothing more: no heartbeat's answer tells it of the end.
    let mut node = two.live("n1", &permit).await;
    assert_eq!(one.post("me/end", &ada.token, "").await.0, 204);
    assert_eq!(node.end().await, (permit.broadcast_id.clone(), permit.epoch, "owner_ended".to_owned()));
    // Both know of the nodes what either was told.
    let mut old = one.node("old").await;
    old.idle().await;
    two.known("old", |n| n["draining"] == false).await;
    old.drain().await;
    let since = Instant::now();
    while tokio::time::timeout(Duration::from_millis(200), old.elsewhere()).await != Ok(1) {
        assert!(since.elapsed() < LONG, "never another place");
        node.idle().await;
        old.idle().await;
    }
    for app in [two, one] {
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_master_gives_way_to_its_replica_leases_go_on_and_then_all_is_as_before() {
    let mut cluster = RedisCluster::start(3, true).unwrap();
    let app = TestApp::spawn_with(on(&cluster)).await;
    let mut ada = live(&app, "ada").await;
    watched(&app, &ada.permit.broadcast_id, 3).await;
    counted(&app, "ada", 3).await;
    let index = format!("live:{}", ada.who.channel);
    let master = cluster.master_of(&index).unwrap();
    cluster.masters[master].kill();
    ada.node.beat(&ada.permit, State::Live).await;
    assert!(matches!(ada.node.command().await, Command::Renewed(_) | Command::Elsewhere(_)));
    assert_eq!(app.send("PATCH", "me", &ada.who.token, Some(r#"{"title":"meanwhile"}"#)).await.0, 200);
    // Written anew with a heartbeat, on the server that took over.
    until("the index says so", || async {
        ada.node.beat(&ada.permit, State::Live).await;
        let entry: Option<String> = app.bus.call("GET", [index.as_str()]).await.unwrap_or_default();
        let entry: Option<Value> = entry.and_then(|entry| serde_json::from_str(&entry).ok());
        entry.is_some_and(|entry| entry["broadcast_id"] == ada.permit.broadcast_id.as_str())
    })
    .await;
    until("Redis is there again", || async { app.readiness.is_ok("redis") }).await;
    until("told", || async {
        let told = app.facts("stream.updated", &ada.who.channel).await;
        told.iter().any(|stream| stream["title"] == "meanwhile")
    })
    .await;
    watched(&app, &ada.permit.broadcast_id, 5).await;
    counted(&app, "ada", 5).await;
    app.stop().await;
}
