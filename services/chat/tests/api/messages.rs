//! What a message tells besides its text: mentions, the message replied to, a person's first one, their colour, `/me`.

use crate::{
    app::{Platform, until},
    peers::user_id,
};
use serde_json::{Value, json};

async fn set_colour(p: &Platform, name: Option<&str>, colour: Value) -> u16 {
    let url = format!("http://{}/api/chat/me", p.nodes[0].at.rest);
    let mut request = reqwest::Client::new().put(url).json(&json!({"color": colour}));
    if let Some(name) = name {
        request = request.bearer_auth(p.token(name, 900));
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_names_whom_it_mentions_and_shows_what_it_replies_to() {
    let p = Platform::start(2).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    let parent = ada.said("what do you think?").await;
    assert_eq!(bob.wait_for("message").await["id"], parent["id"]);
    let frame = json!({"type":"say","room":"ada","text":"@Ada and @nobody_here: @cleo, yes","nonce":"r","reply_to":parent["id"]});
    bob.send(frame).await;
    for client in [&mut ada, &mut bob] {
        let reply = client.wait_for("message").await;
        assert_eq!(reply["mentions"], json!([user_id("ada"), user_id("cleo")]), "{reply}");
        assert_eq!(reply["reply_to"], parent["id"]);
        let user = json!({"id": user_id("ada"), "username": "ada", "display_name": "ADA"});
        assert_eq!(reply["reply"], json!({"user": user, "text": "what do you think?"}));
    }
    // What is gone is not shown again by a reply.
    let id = parent["id"].as_str().unwrap();
    assert_eq!(p.rest(0, "DELETE", &format!("/{id}"), Some("ada")).await.0, 204);
    bob.wait_for("deleted").await;
    bob.send(json!({"type":"say","room":"ada","text":"late","nonce":"l","reply_to":id})).await;
    let late = bob.wait_for("message").await;
    assert_eq!((late["reply_to"].as_str(), late.get("reply")), (Some(id), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_first_message_of_a_person_in_a_room_is_marked_on_whichever_node() {
    let p = Platform::start(2).await;
    let mut bob = p.join(0, Some("bob")).await;
    assert_eq!(bob.said("one").await["first"], true);
    assert!(bob.said("two").await.get("first").is_none());
    let mut other = p.join(1, Some("bob")).await;
    assert!(other.said("three").await.get("first").is_none(), "another node, another tab");
    other.join("cleo").await;
    other.send(json!({"type":"say","room":"cleo","text":"here too"})).await;
    assert_eq!(other.wait_for("message").await["first"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_has_the_colour_its_owner_chose_and_me_tells_of_oneself() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    assert!(bob.said("one").await["user"].get("color").is_none());
    assert_eq!(set_colour(&p, None, json!("#8FB4FF")).await, 401);
    for bad in [json!("red"), json!("#8fb4ff;background:url(x)"), json!(7)] {
        let status = set_colour(&p, Some("bob"), bad.clone()).await;
        assert!(matches!(status, 400 | 422), "{bad}: {status}");
    }
    assert_eq!(set_colour(&p, Some("bob"), json!("#8FB4FF")).await, 204);
    bob.send(json!({"type":"say","room":"ada","text":"/me  waves "})).await;
    let wave = bob.wait_for("message").await;
    assert_eq!(
        (&wave["user"]["color"], &wave["me"], &wave["text"]),
        (&json!("#8fb4ff"), &json!(true), &json!("waves"))
    );
    assert_eq!(set_colour(&p, Some("bob"), Value::Null).await, 204);
    until("the colour is gone", async || p.holds("NOT EXISTS (SELECT 1 FROM colours)")).await;
    assert!(bob.said("four").await["user"].get("color").is_none());
}
