//! Undoing a change of a role: what was before it counts again, and nothing that came after it is lost.

use crate::{app::Platform, client::Client};
use serde_json::{Value, json};

/// Does a command of ada's and answers the act that came of it.
async fn command(p: &Platform, ada: &mut Client, text: &str) -> Value {
    ada.send(json!({"type":"say","room":"ada","text":text})).await;
    ada.wait_for("done").await;
    let (_, noted) = p.call(0, "GET", "rooms/ada/audit", Some("ada"), Value::Null).await;
    noted["items"][0].clone()
}

async fn undo(p: &Platform, act: &Value) -> (u16, Value) {
    let path = format!("rooms/ada/audit/{}/undo", act["id"].as_str().unwrap());
    p.call(0, "POST", &path, Some("ada"), Value::Null).await
}

async fn roles(p: &Platform) -> Value {
    p.call(0, "GET", "rooms/ada/users/bob", Some("ada"), Value::Null).await.1["roles"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undone_role_gives_back_the_one_before() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    let made_vip = command(&p, &mut ada, "/vip bob").await;
    let made_mod = command(&p, &mut ada, "/mod bob").await;
    assert_eq!(made_mod["changes"]["role"], json!(["vip", "moderator"]));
    let refused = undo(&p, &made_vip).await;
    assert_eq!((refused.0, &refused.1["code"]), (409, &json!("not_undoable")), "not what bob is by now");
    let (status, undid) = undo(&p, &made_mod).await;
    assert_eq!((status, &undid["changes"]["role"]), (200, &json!(["moderator", "vip"])), "{undid}");
    let (_, noted) = p.call(0, "GET", "rooms/ada/audit", Some("ada"), Value::Null).await;
    let undone = noted["items"].as_array().unwrap().iter().find(|a| a["id"] == made_mod["id"]).unwrap();
    assert_eq!((&undone["undone_by"]["username"], &undone["undoable"]), (&json!("ada"), &json!(false)));
    assert_eq!(roles(&p).await, json!(["vip"]));
    assert_eq!(undo(&p, &made_vip).await.0, 200);
    assert_eq!(roles(&p).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_was_taken_is_not_given_back_over_what_was_given_since() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    command(&p, &mut ada, "/mod bob").await;
    let taken = command(&p, &mut ada, "/unmod bob").await;
    command(&p, &mut ada, "/vip bob").await;
    assert_eq!(undo(&p, &taken).await.0, 409);
    assert_eq!(roles(&p).await, json!(["vip"]));
    command(&p, &mut ada, "/unvip bob").await;
    assert_eq!(undo(&p, &taken).await.0, 200);
    assert_eq!(roles(&p).await, json!(["moderator"]));
}
