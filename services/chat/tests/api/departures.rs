//! Accounts that were erased, and channels that are gone: what they wrote and what they had is removed, on every node.

use crate::{
    accounts::tell,
    app::{Platform, until},
    gone::{id, pin, pinned},
    peers::{room_id, user_id},
};
use serde_json::{Value, json};

async fn nothing_of(p: &Platform, conditions: &[&str]) {
    for condition in conditions {
        let sql = format!("NOT EXISTS (SELECT 1 FROM {condition})");
        until(&sql, async || p.holds(&sql)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_erased_account_wrote_and_had_is_removed_and_other_words_stay() {
    let p = Platform::start(2).await;
    let redis = p.redis_client().await;
    let (mut ada, mut cleo) = (p.join(0, Some("ada")).await, p.join(1, Some("cleo")).await);
    ada.said("hello all").await;
    let secret = cleo.said("my secret recipe").await;
    ada.wait_for("message").await;
    assert_eq!(pin(&p, 0, &id(&secret)).await, 204);
    let report = json!({"room": "ada", "category": "spam", "user": "ada", "text": "my report"});
    let made = p.call(1, "POST", "reports", Some("cleo"), report).await;
    assert!(made.0 < 300, "{made:?}");
    let about = json!({"room": "ada", "category": "spam", "message_id": id(&secret), "text": "look"});
    let made = p.call(0, "POST", "reports", Some("bob"), about).await;
    assert!(made.0 < 300, "{made:?}");
    let blocked = p.call(1, "PUT", "blocks/bob", Some("cleo"), Value::Null).await;
    assert!(blocked.0 < 300, "{blocked:?}");
    let chatters = format!("chatters WHERE user_id = '{}'", user_id("cleo"));
    let wrote = format!("EXISTS (SELECT 1 FROM {chatters})");
    until("noted", async || p.holds(&wrote)).await;

    p.people.suspend("cleo");
    tell(&redis, "events:user", "user.deleted", user_id("cleo"), json!({"username": "cleo"})).await;
    let cleared = ada.wait_for("cleared").await;
    assert_eq!(cleared["user"], json!(user_id("cleo")));
    let cleo = user_id("cleo");
    let tables = [
        format!("chatters WHERE user_id = '{cleo}'"),
        format!("reports WHERE reporter_id = '{cleo}'"),
        format!("reports WHERE user_id = '{cleo}' AND (state = 'open' OR evidence::text LIKE '%recipe%')"),
        format!("blocks WHERE user_id = '{cleo}'"),
        format!("pins WHERE author_id = '{cleo}'"),
        format!("holds WHERE user_id = '{cleo}'"),
    ];
    nothing_of(&p, &tables.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for node in 0..2 {
        let seen = p.rest(node, "GET", "?limit=200", None).await.1.to_string();
        assert!(seen.contains("hello all") && !seen.contains("recipe"), "{seen}");
        assert!(!pinned(&p, node).await.to_string().contains("recipe"));
    }
    // Told once more, nothing is left to clear: no event more in the log.
    let last = async || {
        let key = format!("chat:{{{}}}:last", room_id("ada"));
        redis.call::<Option<String>>("GET", [key]).await.unwrap().expect("a log")
    };
    let before = last().await;
    tell(&redis, "events:user", "user.deleted", cleo, json!({"username": "cleo"})).await;
    until("read", async || {
        let read: Option<String> = redis.call("GET", ["chat:facts:read:people"]).await.unwrap();
        let newest = redis.call("XREVRANGE", ["events:user", "+", "-", "COUNT", "1"]).await.unwrap();
        let newest = streamly_redis::Entry::list(newest);
        read.as_deref() == newest.first().map(|e| e.id.as_str())
    })
    .await;
    assert_eq!(last().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_of_a_channel_that_is_gone_is_emptied() {
    let p = Platform::start(1).await;
    let redis = p.redis_client().await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.said("in ada's room").await;
    assert_eq!(p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), json!({"slow_s": 5})).await.0, 200);
    assert!(p.call(0, "PUT", "rooms/ada/bans/cleo", Some("ada"), json!({})).await.0 < 300);
    let fact = json!({"owner_id": user_id("ada")});
    tell(&redis, "events:stream", "stream.deleted", room_id("ada"), fact).await;
    let room = room_id("ada");
    let tables: Vec<_> = ["room_settings", "bans", "chatters", "audit", "terms", "polls", "bots"]
        .into_iter()
        .map(|table| format!("{table} WHERE room_id = '{room}'"))
        .collect();
    nothing_of(&p, &tables.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let log: i64 = redis.call("EXISTS", [format!("chat:{{{room}}}:log")]).await.unwrap();
    if log == 1 {
        let kept = redis.call::<streamly_redis::Value>(
            "XRANGE",
            [format!("chat:{{{room}}}:log"), "-".into(), "+".into()],
        );
        assert!(!format!("{:?}", kept.await.unwrap()).contains("in ada"));
    }
}
