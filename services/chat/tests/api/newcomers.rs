//! Who is new in a room: their first message, what is held for it, and that it ends with the first thing that a moderator lets through.

use crate::{
    app::Platform,
    terms::{block, set},
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn who_was_let_through_once_is_new_no_more() {
    let p = Platform::start(2).await;
    set(&p, json!({"rules": {"terms": "hold", "new_user_links": "hold"}})).await;
    block(&p, "rude").await;
    let (mut bob, mut there) = (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    bob.say("rude as a first message").await;
    let held = bob.wait_for("held").await;
    let path = format!("rooms/ada/holds/{}/approve", held["hold_id"].as_str().unwrap());
    assert_eq!(p.call(0, "POST", &path, Some("mia"), Value::Null).await.0, 200);
    assert_eq!(bob.wait_for("message").await["first"], true);
    // Were bob new, it would wait.
    assert!(bob.said("see example.com/x").await.get("first").is_none());
    assert!(there.said("and example.com/y").await.get("first").is_none(), "the other node knows it too");
}
