//! What becomes of messages that wait when their author is banned or timed out.

use crate::{
    app::{Platform, until},
    client::Client,
    holds::{platform, verdict},
    outages::Lock,
    peers::{room_id, user_id},
    terms::{block, set},
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_of_somebody_who_is_put_out_is_denied_and_both_sides_hear_of_it() {
    let p = platform(2).await;
    let (mut bob, mut cleo, mut mia) =
        (p.join(0, Some("bob")).await, p.join(0, Some("cleo")).await, p.join(1, Some("mia")).await);
    let held = async |client: &mut Client, text: &str| {
        client.say(text).await;
        client.wait_for("held").await["hold_id"].clone()
    };
    let waiting = async || {
        let (_, page) = p.call(0, "GET", "rooms/ada/holds", Some("mia"), Value::Null).await;
        page["items"].as_array().unwrap().iter().map(|h| h["hold_id"].clone()).collect::<Vec<_>>()
    };
    let put_out = async |node: usize, name: &str, body: Value| {
        p.call(node, "PUT", &format!("rooms/ada/bans/{name}"), Some("mia"), body).await.0
    };
    let others = held(&mut cleo, "rude too").await;
    let first = held(&mut bob, "rude one").await;
    // A time-out alone leaves what waits; one that clears does not.
    assert_eq!(put_out(1, "bob", json!({"duration_s": 60})).await, 200);
    assert_eq!(waiting().await, [others.clone(), first.clone()]);
    assert_eq!(put_out(1, "bob", json!({"duration_s": 60, "clear": true})).await, 200);
    for client in [&mut bob, &mut mia] {
        let resolved = client.wait_for("hold_resolved").await;
        assert_eq!((&resolved["hold_id"], &resolved["outcome"]), (&first, &json!("denied")));
        assert!(resolved.get("message_id").is_none(), "{resolved}");
    }
    assert_eq!(waiting().await, std::slice::from_ref(&others));
    assert_eq!(p.call(0, "DELETE", "rooms/ada/bans/bob", Some("mia"), Value::Null).await.0, 204);
    let (second, third) = (held(&mut bob, "rude two").await, held(&mut bob, "rude three").await);
    assert_eq!(put_out(0, "bob", json!({})).await, 200);
    for client in [&mut bob, &mut mia] {
        let mut denied = [
            client.wait_for("hold_resolved").await["hold_id"].clone(),
            client.wait_for("hold_resolved").await["hold_id"].clone(),
        ];
        denied.sort_by_key(|id| *id != second);
        assert_eq!(denied, [second.clone(), third.clone()]);
    }
    assert_eq!(waiting().await, [others]);
    let (status, answer) = verdict(&p, 0, "ada", &json!({ "hold_id": third }), "deny").await;
    assert_eq!((status, answer["outcome"].as_str()), (200, Some("denied")), "it is so already");
    let by = user_id("mia");
    assert!(
        p.holds(&format!("(SELECT count(*) FROM holds WHERE state = 'denied' AND resolved_by = '{by}') = 3"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_to_wait_of_somebody_who_is_put_out_at_that_moment() {
    let p = Platform::with(1, |c| c.limits.say_patience = streamly_config::Duration::from_secs(20)).await;
    set(&p, json!({"rules": {"terms": "hold", "new_user_links": "allow"}})).await;
    block(&p, "rude").await;
    let mut bob = p.join(0, Some("bob")).await;
    // In another room too: the socket stays, and what it asked for goes on.
    bob.join("cleo").await;
    let queue = format!("SELECT pg_advisory_xact_lock(hashtextextended('chat:holds:{}', 0))", room_id("ada"));
    let lock = Lock::with(&p, &queue).await;
    let waiting = async |count: usize| {
        let sql = format!(
            "(SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
             WHERE NOT l.granted AND l.locktype = 'advisory' AND d.datname = current_database()) = {count}"
        );
        until("the lock is waited for", async || p.holds(&sql)).await;
    };
    let ban = async {
        let banned = p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), json!({})).await.0;
        assert_eq!(banned, 200);
    };
    let both = async {
        waiting(1).await;
        // No ban counts yet: it is held, behind the ban.
        bob.say("rude at the last moment").await;
        waiting(2).await;
        lock.release().await;
    };
    tokio::join!(ban, both);
    let refused = loop {
        let error = bob.wait_for("error").await;
        if error["nonce"] == "rude_at_the_last_moment" {
            break error;
        }
    };
    assert_eq!(refused["code"], "not_allowed", "{refused}");
    assert!(p.holds("NOT EXISTS (SELECT FROM holds WHERE state = 'waiting')"));
}
