//! Time-outs, bans and lifting them: by REST and gRPC, on two nodes, after a reconnect, with PostgreSQL away; and who may not.

use crate::{
    app::{Platform, until},
    client::Client,
    peers::{room_id, user_id},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use streamly_proto::chat::v1::{
    ClearMessagesRequest, TimeoutUserRequest, UnbanUserRequest, chat_service_client::ChatServiceClient,
};
use streamly_testkit::postgres::Postgres;

/// Bans, or with a duration times out, in ada's room.
async fn put(p: &Platform, node: usize, by: &str, user: &str, body: Value) -> (u16, Value) {
    p.call(node, "PUT", &format!("rooms/ada/bans/{user}"), Some(by), body).await
}

async fn lift(p: &Platform, node: usize, by: &str, user: &str) -> u16 {
    p.call(node, "DELETE", &format!("rooms/ada/bans/{user}"), Some(by), json!({"reason": "enough"})).await.0
}

async fn refused(client: &mut Client, text: &str) -> Value {
    client.say(text).await;
    let answer = client.wait_for_text(&["error", "message"]).await;
    serde_json::from_str(&answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_out_counts_on_both_nodes_and_after_a_reconnect_and_ends_by_itself_or_is_lifted() {
    let p = Platform::start(2).await;
    let (mut here, mut there) = (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    here.said("before").await;
    let (status, told) =
        put(&p, 0, "mia", "@bob", json!({"duration_s": 600, "reason": "rude", "note": "again"})).await;
    assert_eq!(
        (status, told["kind"].as_str(), told["changed"].as_bool()),
        (200, Some("timeout"), Some(true))
    );
    assert!(told.get("note").is_none());
    for client in [&mut here, &mut there] {
        let frame = client.wait_for("sanction").await;
        assert_eq!((&frame["kind"], &frame["reason"]), (&json!("timeout"), &json!("rude")));
        assert_eq!((&frame["room"], &frame["until"]), (&json!(room_id("ada")), &told["until"]));
        let error = refused(client, "no").await;
        assert_eq!(error["code"], "timed_out", "{error}");
        let wait = error["retry_after_ms"].as_u64().unwrap();
        assert!((590_000..=600_000).contains(&wait), "{wait}");
    }
    let mut again = p.hello(1, Some("bob")).await;
    let joined = again.join("ada").await;
    assert_eq!(joined["you"]["sanction"]["kind"], "timeout", "reading goes on");
    assert_eq!(joined["events"][0]["text"], "before", "a time-out deletes nothing");
    assert_eq!(refused(&mut again, "nor here").await["code"], "timed_out");
    p.join(0, Some("cleo")).await.said("others go on").await;

    assert_eq!(lift(&p, 1, "mia", "bob").await, 204);
    assert_eq!(here.wait_for("sanction").await["kind"], "none");
    here.said("back").await;
    there.said("here too").await;
    assert_eq!(lift(&p, 1, "mia", "bob").await, 204, "nothing to lift is fine");

    put(&p, 0, "mia", "bob", json!({"duration_s": 1})).await;
    let wait = refused(&mut there, "short").await["retry_after_ms"].as_u64().unwrap();
    assert!(wait <= 1_000, "{wait}");
    tokio::time::sleep(Duration::from_millis(wait)).await;
    there.said("it ended by itself").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_by_rest_puts_every_socket_out_within_a_second_and_an_unban_lets_back_in() {
    let p = Platform::start(2).await;
    let (mut here, mut there) = (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    let mut mia = p.join(1, Some("mia")).await;
    here.said("spam").await;
    let asked = Instant::now();
    assert_eq!(put(&p, 0, "mia", &user_id("bob"), json!({"reason": "spam"})).await.0, 200);
    for client in [&mut here, &mut there] {
        assert_eq!(client.wait_for("sanction").await["kind"], "ban");
        assert_eq!(client.wait_for("error").await["code"], "banned");
        assert_eq!(client.close_code().await, Some(4003));
    }
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(mia.wait_for("cleared").await["user"], user_id("bob"));
    let act = mia.wait_for("moderation").await["act"].clone();
    assert_eq!((&act["action"], &act["actor"]["username"]), (&json!("ban"), &json!("mia")));
    assert_eq!((&act["target"]["username"], &act["reason"]), (&json!("bob"), &json!("spam")));
    let (status, problem) = put(&p, 1, "mia", "bob", json!({"duration_s": 5})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("already_banned")));
    let (_, told) = put(&p, 1, "ada", "bob", json!({"reason": "other"})).await;
    assert_eq!((&told["changed"], &told["reason"]), (&json!(false), &json!("spam")), "the first one counts");

    let (status, list) = p.call(0, "GET", "rooms/ada/bans", Some("mia"), Value::Null).await;
    let item = &list["items"][0];
    assert_eq!((status, &item["user"]["username"], &item["kind"]), (200, &json!("bob"), &json!("ban")));
    assert_eq!((&item["actor"]["username"], &list["next_cursor"]), (&json!("mia"), &Value::Null));
    assert_eq!(lift(&p, 1, "ada", "bob").await, 204);
    p.join(0, Some("bob")).await.said("back").await;
    p.join(1, Some("bob")).await.said("back there").await;
    let list = p.call(0, "GET", "rooms/ada/bans", Some("mia"), Value::Null).await.1;
    assert_eq!(list["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_on_the_owner_staff_equals_or_themselves_and_nobody_else_acts_at_all() {
    let p = Platform::start(1).await;
    p.people.set_role("cleo", "moderator");
    let forbidden = (403, json!("forbidden"));
    let code = |(status, answer): (u16, Value)| (status, answer["code"].clone());
    for (by, whom) in [
        ("mia", "ada"),
        ("mia", "stan"),
        ("mia", "cleo"),
        ("mia", "mia"),
        ("ada", "stan"),
        ("ada", "ada"),
        ("stan", "ada"),
        ("stan", "stan"),
        ("bob", "vic"),
        ("vic", "bob"),
    ] {
        assert_eq!(code(put(&p, 0, by, whom, json!({})).await), forbidden, "{by} bans {whom}");
        let short = json!({"duration_s": 5});
        assert_eq!(code(put(&p, 0, by, whom, short).await), forbidden, "{by} times {whom} out");
    }
    assert!(p.holds("NOT EXISTS (SELECT FROM bans) AND NOT EXISTS (SELECT FROM audit)"));
    for (by, whom) in [("mia", "vic"), ("mia", "bob"), ("ada", "mia"), ("stan", "cleo")] {
        assert_eq!(put(&p, 0, by, whom, json!({"duration_s": 5})).await.0, 200, "{by} times {whom} out");
    }
    // What moderates in one room does not in another.
    let elsewhere = p.call(0, "PUT", "rooms/bob/bans/cleo", Some("mia"), json!({})).await;
    assert_eq!(code(elsewhere), forbidden);
    for (method, path) in [
        ("GET", "bans"),
        ("PUT", "bans/cleo"),
        ("DELETE", "bans/cleo"),
        ("GET", "audit"),
        ("POST", "audit/1/undo"),
        ("GET", "users/cleo"),
        ("PATCH", "settings"),
        ("DELETE", "messages?all=true"),
    ] {
        let path = format!("rooms/ada/{path}");
        assert_eq!(p.call(0, method, &path, None, json!({})).await.0, 401, "{method} {path}");
        assert_eq!(
            code(p.call(0, method, &path, Some("bob"), json!({})).await),
            forbidden,
            "{method} {path}"
        );
        assert_eq!(
            code(p.call(0, method, &path, Some("vic"), json!({})).await),
            forbidden,
            "{method} {path}"
        );
        let dan = p.call(0, method, &path, Some("dan"), json!({})).await;
        assert_eq!(code(dan), (403, json!("account_suspended")), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_checked_before_anything_is_done() {
    let p = Platform::start(1).await;
    for (body, field) in [
        (json!({"duration_s": 0.5}), "duration_s"),
        (json!({"duration_s": 1_209_601}), "duration_s"),
        (json!({"duration_s": -1}), "duration_s"),
        (json!({"duration_s": 1e300}), "duration_s"),
        (json!({"reason": "x".repeat(501)}), "reason"),
        (json!({"note": "é".repeat(501)}), "note"),
    ] {
        let (status, problem) = put(&p, 0, "mia", "bob", body.clone()).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{body}");
    }
    assert_eq!(put(&p, 0, "mia", "bob", json!({"duration_s": "long"})).await.0, 422);
    for nobody in ["nobody_here", "x", "%00", "01932f00-0000-7000-8000-0000000000ff", "'%3B--"] {
        let (status, problem) = put(&p, 0, "mia", nobody, json!({})).await;
        assert_eq!((status, &problem["code"]), (404, &json!("user_not_found")), "{nobody}");
    }
    assert_eq!(p.call(0, "GET", "rooms/ada/bans?cursor=x", Some("mia"), Value::Null).await.0, 400);
    let (_, told) =
        put(&p, 0, "mia", "bob", json!({"reason": "<b>\u{202e}a\u{0}b</b>'; DROP TABLE bans"})).await;
    assert_eq!(told["reason"], "<b>ab</b>'; DROP TABLE bans");
    assert!(p.holds("(SELECT count(*) FROM bans) = 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_times_out_unbans_and_clears_in_a_moderators_name() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.said("one").await;
    let peer = p.peer(0, "stream");
    let timeout = |actor: &'static str, duration_ms| TimeoutUserRequest {
        room_id: room_id("ada"),
        user_id: user_id("bob"),
        actor_id: user_id(actor),
        duration_ms,
        ..TimeoutUserRequest::default()
    };
    let ask = async |request: TimeoutUserRequest| {
        let asked = peer.call(|t| {
            let request = request.clone();
            async move { ChatServiceClient::new(t).timeout_user(request).await }
        });
        asked.await.map(|_| ()).map_err(|s| s.code())
    };
    assert_eq!(ask(timeout("cleo", 60_000)).await, Err(tonic::Code::PermissionDenied));
    assert_eq!(ask(timeout("mia", 999)).await, Err(tonic::Code::InvalidArgument));
    assert_eq!(ask(timeout("mia", 60_000)).await, Ok(()));
    assert_eq!(refused(&mut bob, "no").await["code"], "timed_out");
    let unban = UnbanUserRequest {
        room_id: room_id("ada"),
        user_id: user_id("bob"),
        actor_id: user_id("mia"),
        reason: String::new(),
    };
    let asked = peer.call(|t| {
        let request = unban.clone();
        async move { ChatServiceClient::new(t).unban_user(request).await }
    });
    asked.await.unwrap();
    bob.said("two").await;
    let clear =
        ClearMessagesRequest { room_id: room_id("ada"), actor_id: user_id("ada"), ..Default::default() };
    let asked = peer.call(|t| {
        let request = clear.clone();
        async move { ChatServiceClient::new(t).clear_messages(request).await }
    });
    let event = asked.await.unwrap().event_id;
    let cleared = bob.wait_for("cleared").await;
    assert_eq!((cleared["id"].as_str(), cleared.get("user")), (Some(event.as_str()), None));
    let joined = p.hello(0, None).await.join("ada").await;
    let kinds: Vec<_> = joined["events"].as_array().unwrap().iter().map(|e| e["type"].clone()).collect();
    assert_eq!(kinds, ["cleared"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_sanctions_count_as_last_known_and_no_act_is_done() {
    let postgres = Postgres::start().unwrap();
    let mut p = Platform::bare(postgres);
    p.config.postgres.acquire_timeout = streamly_config::Duration::from_millis(300);
    for n in 0..2 {
        p.add_node();
        p.until_ready(n).await;
    }
    let (mut bob, mut cleo) = (p.join(0, Some("bob")).await, p.join(1, Some("cleo")).await);
    cleo.said("kept").await;
    put(&p, 1, "mia", "bob", json!({"duration_s": 600})).await;
    assert_eq!(bob.wait_for("sanction").await["kind"], "timeout");
    p.postgres.signal("QUIT").unwrap();
    until("the database is gone", async || put(&p, 0, "mia", "vic", json!({"duration_s": 5})).await.0 == 503)
        .await;
    assert_eq!(refused(&mut bob, "no").await["code"], "timed_out");
    cleo.said("goes on").await;
    for (method, path, body) in [
        ("PATCH", "settings", json!({"slow_s": 5})),
        ("DELETE", "messages?all=true", Value::Null),
        ("DELETE", "bans/bob", Value::Null),
        ("GET", "audit", Value::Null),
    ] {
        let (status, problem) = p.call(0, method, &format!("rooms/ada/{path}"), Some("ada"), body).await;
        assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{method} {path}");
    }
    let joined = p.hello(1, None).await.join("ada").await;
    assert_eq!(joined["events"][0]["text"], "kept", "nothing was cleared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_that_cannot_be_read_lifts_nothing_and_none_at_all_lifts() {
    let p = Platform::start(1).await;
    assert_eq!(put(&p, 0, "mia", "bob", json!({"duration_s": 600})).await.0, 200);
    let path = "rooms/ada/bans/bob";
    for bad in [json!({"reason": 7}), json!("enough"), json!(7)] {
        let (status, told) = p.call(0, "DELETE", path, Some("mia"), bad).await;
        assert_eq!((status, told["code"].as_str()), (422, Some("validation_failed")), "{told}");
    }
    let bans = p.call(0, "GET", "rooms/ada/bans", Some("mia"), Value::Null).await.1;
    assert_eq!(bans["items"].as_array().map(Vec::len), Some(1), "{bans}");
    assert_eq!(p.call(0, "DELETE", path, Some("mia"), Value::Null).await.0, 204);
    let bans = p.call(0, "GET", "rooms/ada/bans", Some("mia"), Value::Null).await.1;
    assert_eq!(bans["items"], json!([]));
}
