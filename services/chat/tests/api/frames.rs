//! What is answered to frames that are wrong, late, too many or too large, and to tokens that end.

use crate::{
    app::Platform,
    peers::{room_id, user_id},
};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};
use streamly_config::Duration;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test(flavor = "multi_thread")]
async fn bad_frames_are_answered_or_closed_as_documented() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    for (frame, code) in [
        ("{", "malformed"),
        (r#"{"type":"dance"}"#, "unknown_type"),
        (r#"{"type":"say","room":"ada"}"#, "invalid_frame"),
        (r#"{"type":"hello","v":1}"#, "hello_again"),
        (r#"{"type":"auth","token":"bad"}"#, "invalid_token"),
        (r#"{"type":"join","room":"nobody_here"}"#, "channel_not_found"),
        (r#"{"type":"join","room":"ada","since":"x"}"#, "invalid_since"),
        (r#"{"type":"say","room":"ada","text":" "}"#, "empty"),
        (r#"{"type":"say","room":"bob","text":"x"}"#, "not_joined"),
        (r#"{"type":"leave","room":"bob"}"#, "not_joined"),
    ] {
        ada.send_text(frame).await;
        assert_eq!(ada.wait_for("error").await["code"], code, "{frame}");
    }
    ada.send(json!({"type":"auth","token":p.token("bob", 900)})).await;
    assert_eq!(ada.wait_for("error").await["code"], "wrong_user");
    let mut nobody = p.join(0, None).await;
    nobody.say("x").await;
    assert_eq!(nobody.wait_for("error").await["code"], "unauthorized");
    let text = |t: &str| Message::text(t);
    assert_eq!(p.hello(0, None).await.close_after(text(&"x".repeat(1 << 20)), 1).await, Some(1009));
    assert_eq!(p.hello(0, None).await.close_after(Message::binary(vec![1u8]), 1).await, Some(4009));
    let ping = text(r#"{"type":"ping"}"#);
    assert_eq!(p.open(0, None).await.unwrap().close_after(ping.clone(), 1).await, Some(4009));
    assert_eq!(p.hello(0, None).await.close_after(ping, 100).await, Some(4029));
    let bad = text(r#"{"type":"hello","v":1,"token":"bad"}"#);
    assert_eq!(p.open(0, None).await.unwrap().close_after(bad, 1).await, Some(4001));
    let two = text(r#"{"type":"hello","v":2}"#);
    assert_eq!(p.open(0, None).await.unwrap().close_after(two, 1).await, Some(4009));
    assert_eq!(p.refusal(0, Some(("origin", "https://evil.example"))).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_says_no_hello_is_closed_and_one_that_did_stays() {
    let p = Platform::with(1, |c| c.limits.hello_timeout = Duration::from_millis(300)).await;
    let mut silent = p.open(0, None).await.unwrap();
    let mut polite = p.hello(0, None).await;
    assert_eq!(silent.close_code().await, Some(4009));
    polite.send(json!({"type":"ping"})).await;
    polite.wait_for("pong").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_sends_no_request_is_closed() {
    use tokio::io::AsyncReadExt;
    let p = Platform::with(1, |c| c.limits.hello_timeout = Duration::from_millis(300)).await;
    let mut tcp = tokio::net::TcpStream::connect(p.nodes[0].at.http).await.unwrap();
    let read = tokio::time::timeout(crate::app::PATIENCE, tcp.read(&mut [0u8; 16])).await.unwrap();
    assert_eq!(read.unwrap_or(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_makes_the_socket_read_only_and_leaves_it_open() {
    let p = Platform::start(1).await;
    let mut ada = p.open(0, None).await.unwrap();
    ada.hello(Some(p.token("ada", 2))).await;
    ada.send(json!({"type":"join","room":"ada"})).await;
    assert!(ada.wait_for("auth_expiring").await["in_ms"].as_u64().unwrap() <= 2_000);
    assert_eq!(ada.wait_for("auth").await["state"], "read_only");
    ada.send(json!({"type":"say","room":"ada","text":"x"})).await;
    assert_eq!(ada.wait_for("error").await["code"], "read_only");
    ada.send(json!({"type":"auth","token":p.token("ada", 900)})).await;
    assert_eq!(ada.wait_for("auth").await["state"], "ok");
    ada.send(json!({"type":"say","room":"ada","text":"back"})).await;
    assert_eq!(ada.wait_for("message").await["text"], "back");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_people_and_revoked_tokens_are_closed_with_4001() {
    let p = Platform::start(1).await;
    let hello = |token: String| Message::text(json!({"type":"hello","v":1,"token":token}).to_string());
    let token = hello(p.token("dan", 900));
    assert_eq!(p.open(0, None).await.unwrap().close_after(token, 1).await, Some(4001), "suspended");
    let token = p.token("bob", 900);
    let mut bob = p.open(0, None).await.unwrap();
    assert_eq!(bob.hello(Some(token.clone())).await["user"]["display_name"], "BOB");
    let soon = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 1;
    let revoked = [format!("rev:{}", user_id("bob")), soon.to_string()];
    let _: streamly_redis::Value = p.redis_client().await.call("SET", revoked).await.unwrap();
    assert_eq!(p.open(0, None).await.unwrap().close_after(hello(token.clone()), 1).await, Some(4001));
    bob.send(json!({"type":"auth","token":token})).await;
    assert_eq!(bob.wait_for("error").await["code"], "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_names_the_message_that_it_answers() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    let first = ada.said("question").await["id"].clone();
    ada.send(json!({"type":"say","room":room_id("ada"),"text":"answer","reply_to":first})).await;
    let answer = ada.wait_for("message").await;
    assert_eq!((&answer["reply_to"], answer.get("nonce")), (&first, None));
    ada.send(json!({"type":"say","room":"ada","text":"x","nonce":"two words"})).await;
    assert_eq!(ada.wait_for("error").await["code"], "invalid_frame");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_websocket_are_told_what_they_are() {
    let p = Platform::start(1).await;
    let at = p.nodes[0].at.http;
    for (path, status, code) in
        [("/ws", 426, "upgrade_required"), ("/elsewhere", 404, "not_found"), ("/ws/x?y", 404, "not_found")]
    {
        let (got, problem) = p.get(at, path).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{path}");
    }
    let posted = reqwest::Client::new().post(format!("http://{at}/ws")).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    let long = reqwest::Client::new().get(format!("http://{at}/ws")).header("x-long", "x".repeat(20_000));
    assert!(long.send().await.is_ok_and(|a| a.status() == 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_of_ten_thousand_rooms_are_cut_off_and_cost_others_nothing() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    let mut many = p.hello(0, Some("cleo")).await;
    let joins: Vec<_> = (0..10_000u32)
        .map(|n| format!(r#"{{"type":"join","room":"01932f00-0000-7000-8000-0000000{n:05}"}}"#))
        .collect();
    for join in &joins {
        if futures_util::SinkExt::send(&mut many.0, Message::text(join.as_str())).await.is_err() {
            break;
        }
    }
    let (mut refused, mut code) = (0, None);
    while let Some(frame) = futures_util::StreamExt::next(&mut many.0).await {
        match frame {
            Ok(Message::Text(text)) if text.contains("channel_not_found") => refused += 1,
            Ok(Message::Text(text)) => panic!("{text}"),
            Ok(Message::Close(frame)) => code = frame.map(|f| u16::from(f.code)),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    assert_eq!(code, Some(4029));
    let burst = p.config.limits.frames_burst + 2 * p.config.limits.frames_per_second;
    assert!(refused > 0 && refused <= burst, "{refused} rooms were asked for");
    bob.said("still here").await;
}
