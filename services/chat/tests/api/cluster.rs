//! A Redis Cluster of three masters on one machine: every room's keys are in one slot, scripts and sharded pub/sub go where it is, also
//! after a master was killed and its replica took over.

use crate::{
    app::{Platform, until},
    client::id_list,
    crowd::lively,
    peers::room_id,
};
use serde_json::json;
use std::collections::BTreeSet;
use streamly_testkit::{postgres::Postgres, redis::RedisCluster};

const ROOMS: [&str; 4] = ["ada", "bob", "cleo", "dan"];

async fn platform(cluster: &RedisCluster) -> Platform {
    let mut p = Platform::bare(Postgres::shared().unwrap());
    lively(&mut p);
    p.config.redis.url = cluster.url();
    for n in 0..2 {
        p.add_node();
        p.until_ready(n).await;
    }
    p
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_on_three_masters_have_one_order_each_and_a_killed_master_costs_no_message() {
    let mut cluster = RedisCluster::start(3, true).unwrap();
    let p = platform(&cluster).await;
    let log = |room: &str| format!("chat:{{{}}}:log", room_id(room));
    let masters: Vec<usize> = ROOMS.iter().map(|r| cluster.master_of(&log(r)).unwrap()).collect();
    assert!(masters.iter().collect::<BTreeSet<_>>().len() > 1, "of several masters: {masters:?}");
    let (mut ada, mut bob) = (p.hello(0, Some("ada")).await, p.hello(1, Some("bob")).await);
    for room in ROOMS {
        ada.join(room).await;
        bob.join(room).await;
    }
    let mut said = Vec::new();
    for n in 0..40 {
        let room = ROOMS[n % ROOMS.len()];
        let frame = json!({"type":"say","room":room,"text":format!("{n}"),"nonce":format!("n{n}")});
        let writer = if n % 2 == 0 { &mut ada } else { &mut bob };
        writer.send(frame).await;
        let (a, b) = (ada.wait_for("message").await, bob.wait_for("message").await);
        assert_eq!((&a["id"], &a["room"]), (&b["id"], &json!(room_id(room))));
        said.push((room, a));
    }
    // The master of ada's room, and so its replica takes over.
    cluster.masters[masters[0]].kill();
    let say = json!({"type":"say","room":"ada","text":"after","nonce":"after"});
    until("it is said", async || {
        bob.send(say.clone()).await;
        bob.wait_for_text(&["message", "error"]).await.contains(r#""type":"message""#)
    })
    .await;
    assert_eq!(ada.wait_for("message").await["text"], "after", "the subscription moved as well");
    for node in 0..2 {
        let joined = p.hello(node, None).await.join("ada").await;
        let all = joined["events"].as_array().unwrap();
        let mut expected: Vec<_> = said.iter().filter(|(r, _)| *r == "ada").map(|(_, m)| m.clone()).collect();
        expected.push(all.last().unwrap().clone());
        assert_eq!(id_list(all), id_list(&expected));
        assert_eq!(all.last().unwrap()["text"], "after");
    }
}
