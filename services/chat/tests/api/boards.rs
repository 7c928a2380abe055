//! What hangs on a room's wall: the pinned message, announcements, polls.

use crate::{
    app::{Platform, until},
    client::Client,
    peers::{room_id, user_id},
    promised, replay,
};
use serde_json::{Value, json};

async fn rest(
    p: &Platform,
    node: usize,
    method: &str,
    path: &str,
    name: Option<&str>,
    body: Value,
) -> (u16, Value) {
    let url = format!("http://{}/api/chat/rooms/ada/{path}", p.nodes[node].at.rest);
    let mut request = reqwest::Client::new().request(method.parse().unwrap(), &url).json(&body);
    if let Some(name) = name {
        request = request.bearer_auth(p.token(name, 900));
    }
    let answer = request.send().await.unwrap();
    let (status, answer) = (answer.status().as_u16(), answer.json().await.unwrap_or_default());
    promised::hold(method, &url, status, &answer).await;
    (status, answer)
}

/// Has the members that the document's example of its type has.
fn as_documented(frame: &Value) {
    let all = replay::examples("Pinned messages").into_iter();
    let example =
        all.map(|text| serde_json::from_str::<Value>(&text).unwrap()).find(|e| e["type"] == frame["type"]);
    assert_eq!(replay::members(frame), replay::members(&example.unwrap()), "{frame}");
}

async fn command(client: &mut Client, text: &str) -> Value {
    client.send(json!({"type":"say","room":"ada","text":text,"nonce":"c"})).await;
    let answer = client.wait_for_text(&["done", "error"]).await;
    serde_json::from_str(&answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_message_is_told_to_who_is_there_and_who_joins_and_goes_with_its_message() {
    let p = Platform::start(2).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    let message = bob.said("read this").await;
    let id = message["id"].as_str().unwrap();
    for (name, status) in [(None, 401), (Some("bob"), 403), (Some("ada"), 204)] {
        assert_eq!(rest(&p, 0, "PUT", "pin", name, json!({"message_id": id})).await.0, status, "{name:?}");
    }
    for client in [&mut ada, &mut bob] {
        let pinned = client.wait_for("pinned").await;
        assert_eq!(
            (&pinned["message"]["text"], &pinned["by"]),
            (&json!("read this"), &json!(user_id("ada")))
        );
        assert!(pinned["message"].get("nonce").is_none(), "{pinned}");
    }
    // A node that was asked a moment before the pin knows of it a second later, and has its event until then.
    let pinned = async |wanted: Option<&str>| {
        until("who joins is told", async || {
            let mut late = p.hello(1, None).await;
            late.join("ada").await["pinned"]["message"]["id"].as_str() == wanted
        })
        .await;
    };
    pinned(Some(id)).await;
    let unknown = rest(&p, 0, "PUT", "pin", Some("ada"), json!({"message_id": "000000000000000000"})).await;
    assert_eq!((unknown.0, &unknown.1["code"]), (404, &json!("message_not_found")));
    assert_eq!(p.rest(0, "DELETE", &format!("/{id}"), Some("ada")).await.0, 204);
    for client in [&mut ada, &mut bob] {
        client.wait_for("deleted").await;
        let unpinned = client.wait_for("pinned").await;
        assert!(unpinned["message"].is_null());
        as_documented(&unpinned);
    }
    pinned(None).await;
    assert_eq!(rest(&p, 0, "DELETE", "pin", Some("ada"), json!({})).await.0, 204, "again");
    let other = ada.said("and this").await;
    assert_eq!(
        command(&mut bob, &format!("/pin {}", other["id"].as_str().unwrap())).await["code"],
        "forbidden"
    );
    assert_eq!(command(&mut ada, &format!("/pin {}", other["id"].as_str().unwrap())).await["type"], "done");
    assert_eq!(bob.wait_for("pinned").await["message"]["text"], "and this");
    assert_eq!(command(&mut ada, "/unpin").await["type"], "done");
    assert!(bob.wait_for("pinned").await["message"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_moderators_announce() {
    let p = Platform::start(1).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    assert_eq!(command(&mut bob, "/announce hear me").await["code"], "forbidden");
    assert_eq!(command(&mut ada, "/announce").await["code"], "invalid_command");
    ada.send(json!({"type":"say","room":"ada","text":"/announce warn back in five"})).await;
    let heard = bob.wait_for("message").await;
    assert_eq!((&heard["announcement"], &heard["text"]), (&json!("warn"), &json!("back in five")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_counts_one_vote_a_person_on_any_node_and_ends_by_itself() {
    let p = Platform::start(2).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(1, Some("bob")).await);
    let new = json!({"question": "Tea?", "options": ["yes", "no"], "duration_s": 60});
    for (name, status) in [(None, 401), (Some("bob"), 403)] {
        assert_eq!(rest(&p, 0, "POST", "polls", name, new.clone()).await.0, status);
    }
    let bad =
        rest(&p, 0, "POST", "polls", Some("ada"), json!({"question": "", "options": ["a"], "duration_s": 1}))
            .await;
    assert_eq!((bad.0, bad.1["errors"].as_array().unwrap().len()), (422, 3), "{}", bad.1);
    let (status, poll) = rest(&p, 0, "POST", "polls", Some("ada"), new.clone()).await;
    assert_eq!(status, 201);
    assert_eq!(rest(&p, 1, "POST", "polls", Some("ada"), new).await.1["code"], "poll_open");
    let id = poll["id"].as_str().unwrap();
    for client in [&mut ada, &mut bob] {
        let frame = client.wait_for("poll").await;
        assert_eq!(frame["poll"], poll);
        as_documented(&frame);
    }
    let vote = |option: i64| json!({"type":"vote","room":"ada","poll":id,"option":option});
    as_documented(&vote(1));
    ada.send(vote(1)).await;
    bob.send(vote(1)).await;
    for option in [0, 3, 9_999] {
        bob.send(vote(option)).await;
        assert_eq!(bob.wait_for("error").await["code"], "invalid_frame", "no such answer");
    }
    bob.send(json!({"type":"vote","room":"ada","poll":room_id("ada"),"option":1})).await;
    assert_eq!(bob.wait_for("error").await["code"], "poll_not_found");
    assert_eq!(
        rest(&p, 0, "PUT", &format!("polls/{id}/vote"), Some("bob"), json!({"option": 2})).await.0,
        204
    );
    for client in [&mut ada, &mut bob] {
        while {
            let counts = client.wait_for("poll_votes").await;
            as_documented(&counts);
            counts["votes"] != json!([1, 1])
        } {}
    }
    let mut late = p.hello(0, None).await;
    until("who joins sees it as it is", async || {
        let joined = late.join("ada").await;
        late.send(json!({"type":"leave","room":"ada"})).await;
        late.wait_for("left").await;
        joined["poll"]["voters"] == 2 && joined["poll"]["votes"] == json!([1, 1])
    })
    .await;
    late.join("ada").await;
    late.send(vote(1)).await;
    assert_eq!(late.wait_for("error").await["code"], "unauthorized");
    // Its time is over, and the node that opened it is gone.
    p.nodes[0].stop.start();
    let sql = "UPDATE polls SET ends_at = now()";
    p.postgres.execute(&p.config.postgres.database, sql).unwrap();
    let end = bob.wait_for("poll").await;
    assert_eq!((&end["poll"]["state"], &end["poll"]["votes"]), (&json!("closed"), &json!([1, 1])));
    bob.send(vote(1)).await;
    assert_eq!(bob.wait_for("error").await["code"], "poll_closed");
    let (_, page) = rest(&p, 1, "GET", "polls", None, json!({})).await;
    assert_eq!(page["items"][0]["state"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn polls_are_opened_and_ended_by_commands_too_and_can_be_called_off() {
    let p = Platform::start(1).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    assert_eq!(command(&mut bob, "/poll Tea? | yes | no").await["code"], "forbidden");
    assert_eq!(command(&mut ada, "/poll Tea?").await["code"], "invalid_command");
    assert_eq!(command(&mut ada, "/poll Tea? | yes | no | 5m").await["type"], "done");
    assert_eq!(bob.wait_for("poll").await["poll"]["state"], "open");
    assert_eq!(command(&mut ada, "/endpoll").await["type"], "done");
    assert_eq!(bob.wait_for("poll").await["poll"]["state"], "closed");
    assert_eq!(command(&mut ada, "/endpoll").await["code"], "poll_not_found");
    assert_eq!(command(&mut ada, "/poll Coffee? | yes | no").await["type"], "done");
    let id = bob.wait_for("poll").await["poll"]["id"].as_str().unwrap().to_owned();
    assert_eq!(rest(&p, 0, "POST", &format!("polls/{id}/close"), Some("bob"), json!({})).await.0, 403);
    assert_eq!(
        rest(&p, 0, "POST", &format!("polls/{id}/close"), Some("ada"), json!({"cancel": true})).await.0,
        200
    );
    assert_eq!(bob.wait_for("poll").await["poll"]["state"], "cancelled");
    assert_eq!(rest(&p, 0, "POST", &format!("polls/{id}/close"), Some("ada"), json!({})).await.0, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_poll_does_not_have_is_a_wrong_field_and_one_that_is_over_is_over() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    let body = json!({"question": "Tea?", "options": ["yes", "no"]});
    let poll = rest(&p, 0, "POST", "polls", Some("ada"), body).await.1["id"].as_str().unwrap().to_owned();
    let vote = async |option: i32| {
        let (status, problem) =
            rest(&p, 0, "PUT", &format!("polls/{poll}/vote"), Some("bob"), json!({"option": option})).await;
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    };
    for option in [0, 3, 9, -1] {
        assert_eq!(vote(option).await, (422, "validation_failed".to_owned()), "{option}");
    }
    bob.send(json!({"type":"vote","room":"ada","poll":poll,"option":9})).await;
    assert_eq!(bob.wait_for("error").await["code"], "invalid_frame");
    assert_eq!(vote(2).await.0, 204);
    rest(&p, 0, "POST", &format!("polls/{poll}/close"), Some("ada"), json!({})).await;
    assert_eq!(vote(1).await, (409, "poll_closed".to_owned()));
}
