//! How far who keeps order reaches: whose messages they may take away, that `stream` asks for nobody who does not keep order, and which acts
//! have an undo by now.

use crate::{
    app::Platform,
    peers::{room_id, user_id},
};
use serde_json::{Value, json};
use streamly_proto::chat::v1::{
    ClearMessagesRequest, TimeoutUserRequest, UnbanUserRequest, chat_service_client::ChatServiceClient,
};

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_equals_and_superiors_are_not_a_moderators_to_take_away() {
    let p = Platform::start(1).await;
    p.people.set_role("cleo", "moderator");
    let mut ids = std::collections::HashMap::new();
    for author in ["ada", "mia", "cleo", "stan", "vic", "bob"] {
        let id = p.join(0, Some(author)).await.said(author).await["id"].clone();
        ids.insert(author, id.as_str().unwrap().to_owned());
    }
    for (actor, author) in [("mia", "ada"), ("mia", "cleo"), ("mia", "stan"), ("ada", "stan"), ("vic", "bob")]
    {
        let one = p.rest(0, "DELETE", &format!("/{}", ids[author]), Some(actor)).await;
        assert_eq!((one.0, &one.1["code"]), (403, &json!("forbidden")), "{actor}: a message of {author}");
        let all = p.rest(0, "DELETE", &format!("?user={author}"), Some(actor)).await;
        assert_eq!((all.0, &all.1["code"]), (403, &json!("forbidden")), "{actor}: all of {author}");
    }
    assert_eq!(p.rest(0, "GET", "", None).await.1["items"].as_array().map(Vec::len), Some(6));
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM audit)"));
    for (actor, author) in [("mia", "vic"), ("mia", "bob"), ("mia", "mia"), ("ada", "cleo"), ("stan", "ada")]
    {
        assert_eq!(
            p.rest(0, "DELETE", &format!("/{}", ids[author]), Some(actor)).await.0,
            204,
            "{actor} {author}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_asks_in_vain_for_who_does_not_keep_order() {
    let p = Platform::start(1).await;
    let (room, bob) = (room_id("ada"), user_id("bob"));
    p.join(0, Some("bob")).await.said("one").await;
    assert_eq!(p.call(0, "PUT", "rooms/ada/bans/cleo", Some("mia"), json!({})).await.0, 200);
    let peer = p.peer(0, "stream");
    for name in ["vic", "bob"] {
        let actor_id = user_id(name);
        let timeout = TimeoutUserRequest {
            room_id: room.clone(),
            user_id: bob.clone(),
            actor_id: actor_id.clone(),
            duration_ms: 60_000,
            ..TimeoutUserRequest::default()
        };
        let unban = UnbanUserRequest {
            room_id: room.clone(),
            user_id: user_id("cleo"),
            actor_id: actor_id.clone(),
            reason: String::new(),
        };
        let clear =
            ClearMessagesRequest { room_id: room.clone(), actor_id, ..ClearMessagesRequest::default() };
        let timed_out = peer.call(|t| {
            let request = timeout.clone();
            async move { ChatServiceClient::new(t).timeout_user(request).await }
        });
        let unbanned = peer.call(|t| {
            let request = unban.clone();
            async move { ChatServiceClient::new(t).unban_user(request).await }
        });
        let cleared = peer.call(|t| {
            let request = clear.clone();
            async move { ChatServiceClient::new(t).clear_messages(request).await }
        });
        let codes = [
            timed_out.await.map(|_| ()).map_err(|s| s.code()),
            unbanned.await.map(|_| ()).map_err(|s| s.code()),
            cleared.await.map(|_| ()).map_err(|s| s.code()),
        ];
        assert_eq!(codes, [Err(tonic::Code::PermissionDenied); 3], "{name}");
    }
    assert_eq!(p.rest(0, "GET", "", None).await.1["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_out_that_another_took_the_place_of_is_not_offered_to_be_undone() {
    let p = Platform::start(1).await;
    for seconds in [60, 600] {
        let body = json!({ "duration_s": seconds });
        assert_eq!(p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), body).await.0, 200);
    }
    let (_, noted) = p.call(0, "GET", "rooms/ada/audit", Some("ada"), Value::Null).await;
    let offered: Vec<_> = noted["items"].as_array().unwrap().iter().map(|a| a["undoable"].clone()).collect();
    assert_eq!(offered, [true, false], "the newest alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_again_since_stays_when_an_older_change_is_undone() {
    let p = Platform::start(1).await;
    for change in [json!({"slow_s": 9, "unique": true}), json!({"slow_s": 5})] {
        assert_eq!(p.call(0, "PATCH", "rooms/ada/settings", Some("mia"), change).await.0, 200);
    }
    let (_, noted) = p.call(0, "GET", "rooms/ada/audit", Some("ada"), Value::Null).await;
    let path = format!("rooms/ada/audit/{}/undo", noted["items"][1]["id"].as_str().unwrap());
    assert_eq!(p.call(0, "POST", &path, Some("mia"), Value::Null).await.0, 200);
    let (_, now) = p.call(0, "GET", "rooms/ada/settings", None, Value::Null).await;
    assert_eq!((&now["unique"], &now["slow_s"]), (&json!(false), &json!(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commands_reason_is_cut_and_who_takes_back_their_own_words_is_noted() {
    let p = Platform::start(1).await;
    let (mut mia, mut bob) = (p.join(0, Some("mia")).await, p.join(0, Some("bob")).await);
    let id = bob.said("mine").await["id"].as_str().unwrap().to_owned();
    assert_eq!(p.rest(0, "DELETE", &format!("/{id}"), Some("bob")).await.0, 204);
    let text = format!("/timeout bob 10m {}", "x".repeat(600));
    mia.send(json!({"type":"say","room":"ada","text":text})).await;
    mia.wait_for("done").await;
    let (_, noted) = p.call(0, "GET", "rooms/ada/audit", Some("ada"), Value::Null).await;
    let (timeout, deleted) = (&noted["items"][0], &noted["items"][1]);
    assert_eq!(timeout["reason"].as_str().map(str::len), Some(500));
    assert_eq!(
        (&deleted["action"], &deleted["actor"]["username"], &deleted["target"]),
        (&json!("delete"), &json!("bob"), &json!(id))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_let_through_and_no_command_done_for_who_is_out() {
    let p = Platform::start(1).await;
    crate::terms::set(&p, json!({"rules": {"terms": "hold"}})).await;
    crate::terms::block(&p, "rude").await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.say("rude one").await;
    let held = bob.wait_for("held").await;
    let approve = format!("rooms/ada/holds/{}/approve", held["hold_id"].as_str().unwrap());
    let timeout = json!({"duration_s": 600, "clear": false});
    assert_eq!(p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), timeout).await.0, 200);
    let (status, problem) = p.call(0, "POST", &approve, Some("mia"), Value::Null).await;
    assert_eq!((status, &problem["code"]), (409, &json!("already_banned")), "not while bob may not write");
    assert_eq!(p.rest(0, "GET", "", None).await.1["items"], json!([]));
    assert_eq!(p.call(0, "PUT", "rooms/ada/bans/cleo", Some("mia"), json!({})).await.0, 200);
    for text in ["/help", "/report bob rude", "/block bob"] {
        let (status, problem) =
            p.call(0, "POST", "rooms/ada/messages", Some("cleo"), json!({ "text": text })).await;
        assert_eq!((status, &problem["code"]), (403, &json!("banned")), "{text}");
    }
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM reports) AND NOT EXISTS (SELECT 1 FROM blocks)"));
}
