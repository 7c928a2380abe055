//! History and deletion by REST; deletion, bans and room state by gRPC.

use crate::{
    app::Platform,
    client::{Client, id_list},
    peers::{room_id, user_id},
};
use serde_json::json;
use std::time::{Duration, Instant};
use streamly_proto::chat::v1::{
    BanUserRequest, DeleteMessageRequest, GetRoomStateRequest, RoomState,
    chat_service_client::ChatServiceClient,
};
use tonic::{Code, Status};

async fn ban(p: &Platform, node: usize, name: &str) -> Result<(), Status> {
    let request = BanUserRequest {
        room_id: room_id("ada"),
        user_id: user_id(name),
        actor_id: user_id("ada"),
        reason: "rude".into(),
        note: String::new(),
    };
    let peer = p.peer(node, "stream");
    peer.call(|t| {
        let request = request.clone();
        async move { ChatServiceClient::new(t).ban_user(request).await }
    })
    .await
    .map(|_| ())
}

async fn delete(p: &Platform, node: usize, message: &str) -> Result<String, Status> {
    let request = DeleteMessageRequest {
        room_id: room_id("ada"),
        message_id: message.into(),
        actor_id: user_id("ada"),
    };
    let peer = p.peer(node, "stream");
    let done = peer.call(|t| {
        let request = request.clone();
        async move { ChatServiceClient::new(t).delete_message(request).await }
    });
    done.await.map(|r| r.event_id)
}

async fn state(p: &Platform, caller: &str) -> Result<RoomState, Status> {
    let request = GetRoomStateRequest { room_id: room_id("ada") };
    let peer = p.peer(0, caller);
    peer.call(|t| {
        let request = request.clone();
        async move { ChatServiceClient::new(t).get_room_state(request).await }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_given_in_pages_from_the_newest_without_nonces() {
    let p = Platform::start(1).await;
    assert_eq!(p.rest(0, "GET", "", None).await, (200, json!({"items": [], "next_cursor": null})));
    let mut ada = p.join(0, Some("ada")).await;
    for n in 0..5 {
        ada.say(&n.to_string()).await;
    }
    let said = id_list(&ada.messages(5).await);
    let (status, newest) = p.rest(0, "GET", "?limit=3", None).await;
    assert_eq!((status, id_list(newest["items"].as_array().unwrap())), (200, said[2..].to_vec()));
    assert!(newest["items"][0].get("nonce").is_none());
    let cursor = newest["next_cursor"].as_str().unwrap();
    let (_, older) = p.rest(0, "GET", &format!("?limit=3&before={cursor}"), None).await;
    assert_eq!(id_list(older["items"].as_array().unwrap()), said[..2]);
    assert!(older["next_cursor"].is_null());
    assert_eq!(p.rest(0, "GET", "?before=x", None).await.0, 400);
    assert_eq!(p.get(p.nodes[0].at.rest, "/api/chat/rooms/nobody_here/messages").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_deleted_by_its_author_or_the_owner_and_by_nobody_else() {
    let p = Platform::start(2).await;
    let (mut bob, mut ada) = (p.join(0, Some("bob")).await, p.join(1, Some("ada")).await);
    let one = bob.said("one").await["id"].as_str().unwrap().to_owned();
    let two = bob.said("two").await["id"].as_str().unwrap().to_owned();
    let path = |id: &str| format!("/{id}");
    assert_eq!(p.rest(0, "DELETE", &path(&one), None).await.0, 401);
    let (status, problem) = p.rest(0, "DELETE", &path(&one), Some("cleo")).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some("forbidden")));
    assert_eq!(p.rest(0, "DELETE", "/000000000001000000", Some("ada")).await.0, 404);
    assert_eq!(p.rest(0, "DELETE", "/x", Some("ada")).await.0, 404);

    assert_eq!(p.rest(0, "DELETE", &path(&one), Some("bob")).await.0, 204);
    assert_eq!(p.rest(0, "DELETE", &path(&two), Some("ada")).await.0, 204);
    for client in [&mut ada, &mut bob] {
        assert_eq!(client.wait_for("deleted").await["message_id"], one);
        assert_eq!(client.wait_for("deleted").await["message_id"], two);
    }
    assert_eq!(p.rest(1, "DELETE", &path(&two), Some("ada")).await.0, 204, "a repeat is answered alike");
    assert_eq!(p.rest(1, "DELETE", &path(&one), Some("cleo")).await.0, 404, "but not to a stranger");
    assert!(p.holds("(SELECT count(*) FROM audit WHERE action = 'delete') = 2"), "each is noted once");

    for node in 0..2 {
        assert_eq!(p.rest(node, "GET", "", None).await.1["items"], json!([]));
        let joined = p.hello(node, None).await.join("ada").await;
        let events = joined["events"].as_array().unwrap();
        assert!(events.iter().all(|e| e["type"] == "deleted"), "{joined}");
        assert_eq!(events.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_nonce_of_a_deleted_message_says_so() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    let id = ada.said("gone").await["id"].as_str().unwrap().to_owned();
    delete(&p, 0, &id).await.unwrap();
    ada.wait_for("deleted").await;
    ada.say("gone").await;
    assert_eq!(ada.wait_for("error").await["code"], "message_deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_deletes_a_message_once_and_sees_the_room() {
    let p = Platform::start(2).await;
    assert_eq!(state(&p, "stream").await.unwrap().last_id, "");
    let mut ada = p.join(0, Some("ada")).await;
    let id = ada.said("x").await["id"].as_str().unwrap().to_owned();
    let event = delete(&p, 1, &id).await.unwrap();
    assert_eq!(ada.wait_for("deleted").await["id"], event);
    assert_eq!(delete(&p, 0, &id).await.unwrap(), event, "idempotent");
    assert_eq!(delete(&p, 0, "000000000001000000").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(delete(&p, 0, "x").await.unwrap_err().code(), Code::InvalidArgument);
    let state_now = state(&p, "stream").await.unwrap();
    assert_eq!((state_now.sockets, state_now.last_id), (1, event));
    assert!(p.holds("(SELECT count(*) FROM audit) = 1"));
    assert_eq!(state(&p, "ingest").await.unwrap_err().code(), Code::Unauthenticated);
}

async fn until_banned(client: &mut Client) {
    assert_eq!(client.wait_for("error").await["code"], "banned");
    assert_eq!(client.close_code().await, Some(4003));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_closes_4003_on_both_nodes_within_a_second_and_again_at_a_join() {
    let p = Platform::start(2).await;
    let (mut here, mut there) = (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    let mut ada = p.join(1, Some("ada")).await;
    here.said("rude").await;
    ada.said("hello").await;
    let banned = Instant::now();
    ban(&p, 0, "bob").await.unwrap();
    until_banned(&mut here).await;
    until_banned(&mut there).await;
    assert!(banned.elapsed() < Duration::from_secs(1), "{:?}", banned.elapsed());
    assert_eq!(ada.wait_for("cleared").await["user"], user_id("bob"));
    for node in 0..2 {
        let mut again = p.hello(node, Some("bob")).await;
        again.send(json!({"type":"join","room":"ada"})).await;
        until_banned(&mut again).await;
        let joined = p.hello(node, None).await.join("ada").await;
        let texts: Vec<_> =
            joined["events"].as_array().unwrap().iter().filter_map(|e| e["text"].as_str()).collect();
        assert_eq!(texts, ["hello"], "what the banned person wrote is gone");
    }
    ban(&p, 1, "bob").await.unwrap();
    assert!(p.holds("(SELECT count(*) FROM audit WHERE action = 'ban') = 1"), "a second ban is no new one");
    ada.said("others go on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_from_one_room_leaves_the_others_of_the_socket_open() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.join("cleo").await;
    ban(&p, 0, "bob").await.unwrap();
    let error = bob.wait_for("error").await;
    assert_eq!((error["code"].as_str(), error["room"].as_str()), (Some("banned"), Some(&*room_id("ada"))));
    assert_eq!(bob.wait_for("left").await["room"], room_id("ada"));
    bob.send(json!({"type":"say","room":"cleo","text":"still here"})).await;
    assert_eq!(bob.wait_for("message").await["room"], room_id("cleo"));
    bob.say("nor here").await;
    assert_eq!(bob.wait_for("error").await["code"], "not_joined");
    bob.send(json!({"type":"join","room":"ada"})).await;
    assert_eq!(bob.wait_for("error").await["code"], "banned");
    p.join(0, Some("ada")).await.said("not for bob").await;
    bob.send(json!({"type":"say","room":"cleo","text":"and after that"})).await;
    assert_eq!(bob.wait_for("message").await["text"], "and after that");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_signs_in_and_is_banned_is_put_out() {
    let p = Platform::start(1).await;
    ban(&p, 0, "bob").await.unwrap();
    let mut reader = p.join(0, None).await;
    reader.send(json!({"type":"auth","token":p.token("bob", 900)})).await;
    until_banned(&mut reader).await;
}
