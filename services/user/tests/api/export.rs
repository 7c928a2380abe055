//! A person's own data, taken out.

use crate::app::{PASSWORD, TestApp};
use reqwest::Method;
use serde_json::{Value, json};
use streamly_user::config::Rate;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_what_is_known_of_them_and_nothing_of_others_or_secret() {
    let app = TestApp::spawn().await;
    let (ada, boss) = (app.register("ada").await, app.register("boss").await);
    app.sql("UPDATE users SET role = 'moderator' WHERE username = 'boss'");
    let id = ada.body["user"]["id"].as_str().unwrap();
    let path = format!("/api/admin/users/{id}/suspension");
    let (access, reason) = (boss.access(), json!({"reason": "spam"}));
    assert_eq!(app.call(Method::PUT, &path, access, reason).await.status, 200);
    assert_eq!(app.call(Method::DELETE, &path, access, Value::Null).await.status, 200);
    let ada = app.login("ada", PASSWORD).await;
    let answer = app.call(Method::GET, "/api/auth/me/export", ada.access(), Value::Null).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"streamly-ada.json\"");
    let (body, text) = (&answer.body, answer.body.to_string());
    assert_eq!(body["user"]["account"][0]["email"], "ada@example.org");
    assert_eq!(body["user"]["sign_ins"].as_array().unwrap().len(), 1);
    assert_eq!(body["user"]["acts_about_you"].as_array().unwrap().len(), 2);
    assert_eq!(body["user"]["acts_about_you"][1]["detail"]["reason"], "spam");
    // No hash, no token, and not who suspended her.
    for not in ["argon2", "password_hash", "token_hash", "boss"] {
        assert!(!text.contains(not), "{not}: {text}");
    }
    // Neither of the others is there, and it says so.
    assert_eq!((&body["stream"], &body["chat"]), (&json!({}), &json!({})));
    assert_eq!(body["missing"], json!(["stream", "chat"]));
    assert_eq!(app.get("/api/auth/me/export").await.code(), "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_for_recent_sign_ins_and_not_over_and_over() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = true;
        c.limits.export = Rate { burst: 1, interval: streamly_config::Duration::from_secs(60) };
    })
    .await;
    let ada = app.register("ada").await;
    let take = async |access: &str| app.call(Method::GET, "/api/auth/me/export", access, Value::Null).await;
    assert_eq!(take(ada.access()).await.status, 200);
    assert_eq!(take(ada.access()).await.code(), "rate_limited");
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '1 hour'");
    let old = app.refresh(&ada.token()).await;
    assert_eq!(take(old.access()).await.code(), "reauth_required");
}
