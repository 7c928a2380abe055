//! Who is in a room: counted and listed over all nodes, by name, whatever happens to a node.

use crate::{
    app::{Platform, until},
    client::Client,
    peers::user_id,
};
use serde_json::{Value, json};
use streamly_config::Duration;

async fn page(client: &mut Client, cursor: Option<&str>) -> Value {
    client.send(json!({"type":"roster","room":"ada","cursor":cursor})).await;
    client.wait_for("roster").await
}

fn names(people: &Value) -> Vec<&str> {
    people.as_array().unwrap().iter().map(|p| p["username"].as_str().unwrap()).collect()
}

async fn until_here(p: &Platform, node: usize, wanted: &[&str]) {
    until("listed", async || {
        let (_, page) = p.call(node, "GET", "rooms/ada/people", None, Value::Null).await;
        names(&page["items"]) == wanted && page["total"] == wanted.len()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_listed_once_by_name_over_all_nodes_and_counted_in_presence() {
    let p = Platform::with(2, |c| c.limits.presence_interval = Duration::from_millis(100)).await;
    let mut guest = p.join(0, None).await;
    let mut mia = p.join(1, Some("mia")).await;
    let (ada, bob, again) =
        (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    until_here(&p, 1, &["ada", "bob", "mia"]).await;
    for client in [&mut guest, &mut mia] {
        loop {
            let presence = client.wait_for("presence").await;
            if presence["people"] == 3 && presence["count"] == 5 {
                break;
            }
        }
    }
    let list = page(&mut guest, None).await;
    assert_eq!(
        list["people"][0],
        json!({"id": user_id("ada"), "username": "ada", "display_name": "ADA", "badges": ["broadcaster"]})
    );
    assert_eq!((&list["next"], &list["total"], names(&list["people"]).len()), (&Value::Null, &json!(3), 3));
    assert_eq!(names(&page(&mut mia, Some("ada")).await["people"]), ["bob", "mia"]);
    // One of two sockets on two nodes goes: still there. Both: gone.
    drop(again);
    drop(ada);
    until_here(&p, 0, &["bob", "mia"]).await;
    drop(bob);
    until_here(&p, 1, &["mia"]).await;
    // A token that has ended, and a sign-in.
    let mut late = p.open(0, None).await.unwrap();
    late.hello(Some(p.token("cleo", 4))).await;
    late.join("ada").await;
    until_here(&p, 1, &["cleo", "mia"]).await;
    while late.wait_for("auth").await["state"] != "read_only" {}
    until_here(&p, 1, &["mia"]).await;
    late.send(json!({"type":"auth","token":p.token("cleo", 900)})).await;
    until_here(&p, 1, &["cleo", "mia"]).await;
    // Hostile: no room, no cursor.
    late.send(json!({"type":"roster","room":"bob"})).await;
    assert_eq!(late.wait_for("error").await["code"], "not_joined");
    for cursor in ["[a", "A", "a%20b"] {
        let path = format!("rooms/ada/people?cursor={cursor}");
        let (status, problem) = p.call(0, "GET", &path, None, Value::Null).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_cursor")), "{cursor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_outlives_a_lost_redis_key_and_forgets_a_lost_node() {
    let p = Platform::with(2, |c| c.limits.presence_interval = Duration::from_millis(100)).await;
    let (_ada, _bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    until_here(&p, 0, &["ada", "bob"]).await;
    let (redis, room) = (p.redis_client().await, crate::peers::room_id("ada"));
    let key = |what: &str| format!("chat:{{{room}}}:people{what}");
    // A node that is silent: as one that was killed leaves it.
    let script = "redis.call('HSET', KEYS[1], 'dead', '1') redis.call('HSET', KEYS[2], 'zoe', ' dead ') \
                  redis.call('HSET', KEYS[2], 'bob', redis.call('HGET', KEYS[2], 'bob') .. 'dead ') \
                  redis.call('ZADD', KEYS[3], 0, 'zoe') return 1";
    let args = [script.to_owned(), "3".into(), key(":nodes"), key(":on"), key("")];
    redis.call::<i64>("EVAL", args).await.unwrap();
    until_here(&p, 0, &["ada", "bob"]).await;
    let zoe: Option<String> = redis.call("HGET", [key(":on"), "zoe".into()]).await.unwrap();
    assert_eq!(zoe, None);
    // Everything lost: each node tells all of its own again.
    redis.call::<i64>("DEL", [key(""), key(":who"), key(":on"), key(":nodes")]).await.unwrap();
    until_here(&p, 1, &["ada", "bob"]).await;
    // A node that stops takes its people along.
    p.nodes[1].stop.start();
    until_here(&p, 0, &["ada"]).await;
}
