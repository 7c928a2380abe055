//! Edges on a Redis Cluster of three masters: what is live is found and who watches is told, whichever master has the keys, and after one of
//! them gave way to its replica. Sessions of restricted channels are in `watching`.

use crate::{
    BROADCAST, TestApp,
    edge::{eventually, media},
    peers::Peer,
    qoe::{tell, until_told},
    viewers::until_counted,
};
use std::collections::BTreeSet;
use streamly_config::Secret;
use streamly_domain::BroadcastId;
use streamly_testkit::redis::RedisCluster;

/// Enough for keys on more than one master.
const CHANNELS: usize = 8;

/// Edges of one platform.
async fn edge(origin: &Peer, cluster: &RedisCluster) -> TestApp {
    TestApp::spawn_with(origin.address, |c| {
        c.sid_key = Some(Secret::new("edges have one key"));
        c.redis.url = cluster.url();
    })
    .await
}

/// Puts a broadcast of `person{number}` into the live index; its id.
async fn live(app: &TestApp, origin: &Peer, number: usize) -> String {
    let (id, channel) = (BroadcastId::new().to_string(), format!("channel{number}"));
    let entry = serde_json::json!({"channel_id": channel, "broadcast_id": id, "epoch": 1, "origin_url": origin.url(), "state": "live"});
    let (entry, name) = (entry.to_string(), format!("live:name:person{number}"));
    let (live, by_id) = (format!("live:{channel}"), format!("live:b:{id}"));
    for (key, value) in [(&name, &channel), (&live, &entry), (&by_id, &entry)] {
        app.redis::<streamly_redis::Value>("SET", &[key, value]).await;
    }
    id
}

/// The list of renditions by name, and a segment by the broadcast's id: both are looked up.
async fn is_found(app: &TestApp, number: usize, id: &str) -> bool {
    let list = app.get(&format!("/live/person{number}/index.m3u8")).await.status();
    let segment = app.get(&format!("/live/b/{id}/source/1-1.m4s")).await.status();
    (list.as_u16(), segment.as_u16()) == (200, 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_three_masters_edges_find_what_is_live_and_tell_of_viewers_and_how_they_fare() {
    let cluster = RedisCluster::start(3, false).unwrap();
    let origin = Peer::start().await;
    let (one, two) = (edge(&origin, &cluster).await, edge(&origin, &cluster).await);
    let mut masters = BTreeSet::new();
    for number in 0..CHANNELS {
        let id = live(&one, &origin, number).await;
        masters.insert(cluster.master_of(&format!("live:b:{id}")).unwrap());
        assert!(is_found(&one, number, &id).await && is_found(&two, number, &id).await, "{number}");
    }
    assert!(masters.len() > 1, "of several masters: {masters:?}");
    assert_eq!(one.get("/live/nobody/index.m3u8").await.status(), 404);

    one.live(&origin.url(), 1).await;
    for n in 1..=3 {
        let list = media(&format!("index.m3u8?sid={}", one.sid().await));
        for edge in [&one, &two] {
            assert_eq!(edge.get(&list).await.status(), 200);
        }
        until_counted(&one, n..=n).await;
    }
    let all: u64 = one.redis("PFCOUNT", &[&format!("viewers:{{{BROADCAST}}}:all")]).await;
    assert_eq!(all, 3);
    let told = tell(&two, &two.sid().await, r#"{"watched_ms":1000,"height":720}"#).await;
    assert_eq!(told.status(), 204);
    assert_eq!(until_told(&one, "watched_ms").await["watched_ms"], 1_000);
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_master_gave_way_to_its_replica_what_is_new_is_found_and_who_watches_is_counted() {
    let mut cluster = RedisCluster::start(3, true).unwrap();
    let origin = Peer::start().await;
    let app = edge(&origin, &cluster).await;
    app.live(&origin.url(), 1).await;
    let list = media(&format!("index.m3u8?sid={}", app.sid().await));
    assert_eq!(app.get(&list).await.status(), 200);
    until_counted(&app, 1..=1).await;
    // Who watches already goes on meanwhile: where the broadcast is, is known.
    let master = cluster.master_of(&format!("viewers:{{{BROADCAST}}}:all")).unwrap();
    cluster.masters[master].kill();
    assert_eq!(app.get(&media("1-2.m4s")).await.status(), 200);
    // The test's own connection waits until all slots are served.
    for number in 0..CHANNELS {
        let id = live(&app, &origin, number).await;
        eventually("found", || async { is_found(&app, number, &id).await.then_some(()) }).await;
    }
    let second = media(&format!("index.m3u8?sid={}", app.sid().await));
    for list in [&list, &second] {
        assert_eq!(app.get(list).await.status(), 200);
    }
    until_counted(&app, 2..=2).await;
    app.stop().await;
}
