//! Forgotten passwords, changed passwords, and the password asked for once more.

use crate::{
    app::{Answer, PASSWORD, TestApp},
    letters::{link, mail},
};
use reqwest::Method;
use serde_json::{Value, json};
use streamly_testkit::smtp::SmtpServer;

const NEW: &str = "quite another password";

async fn forgot(app: &TestApp, address: &str) -> Answer {
    app.post("/api/auth/password/forgot", json!({"email": address})).await
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Answer {
    app.post("/api/auth/password/reset", json!({"token": token, "password": password})).await
}

async fn reset_link(app: &TestApp, smtp: &SmtpServer, address: &str) -> String {
    assert_eq!(forgot(app, address).await.status, 202);
    link(&mail(smtp, address, "Choose a new password"), "reset-password")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_by_a_link_and_every_sign_in_ends() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let here = app.register("ada").await;
    let there = app.login("ada", PASSWORD).await;
    let token = reset_link(&app, &smtp, "ada@example.org").await;
    for (password, code) in [("short", "too_short"), ("password1", "too_common")] {
        let refused = reset(&app, &token, password).await;
        assert_eq!((refused.status.as_u16(), &refused.body["errors"][0]["code"]), (422, &json!(code)));
    }
    let done = reset(&app, &token, NEW).await;
    assert_eq!((done.status.as_u16(), done.body), (204, Value::Null));
    for session in [&here, &there] {
        assert_eq!(app.refresh(&session.token()).await.code(), "invalid_refresh_token");
        assert_eq!(app.me(session.access()).await.code(), "unauthenticated");
    }
    assert_eq!(app.login("ada", PASSWORD).await.code(), "invalid_credentials");
    let now = app.login("ada", NEW).await;
    let me = app.me(now.access()).await;
    assert_eq!((me.status.as_u16(), &me.body["user"]["email_verified"]), (200, &json!(true)));
    assert_eq!(reset(&app, &token, "a third password").await.code(), "invalid_link", "good once");
    assert!(mail(&smtp, "ada@example.org", "Your password was changed").text.contains("/forgot-password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_whether_an_address_has_an_account() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    app.register("ada").await;
    app.register("mallory").await;
    app.sql("UPDATE users SET suspended_at = now() WHERE username = 'mallory'");
    let answers = [
        forgot(&app, "nobody@example.org").await,
        forgot(&app, "mallory@example.org").await,
        forgot(&app, "ADA@example.org").await,
    ];
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (202, &Value::Null));
    }
    // Sent in order: what was asked for before ada's was decided before.
    mail(&smtp, "ada@example.org", "Choose a new password");
    let told: Vec<_> =
        smtp.taken().into_iter().filter(|m| m.subject.contains("Choose")).flat_map(|m| m.to).collect();
    assert_eq!(told, ["ada@example.org"]);
    // Of the others nothing is kept.
    app.sql("SELECT 1 / (count(*) = 1)::int FROM mails WHERE kind = 'password_reset'");
    assert_eq!(forgot(&app, "no address").await.code(), "validation_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_over_forged_or_of_another_kind_are_refused_alike() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    app.register("ada").await;
    let confirm = link(&mail(&smtp, "ada@example.org", "Confirm"), "verify-email");
    let token = reset_link(&app, &smtp, "ada@example.org").await;
    app.sql("UPDATE email_tokens SET expires_at = now() WHERE purpose = 'reset'");
    for bad in [token.as_str(), &confirm, &"A".repeat(43), "", "' OR 1=1 --", &"x".repeat(5_000)] {
        let refused = reset(&app, bad, NEW).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid_link"), "{bad}");
    }
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_requests_sends_five_mails_an_hour_to_an_account_and_the_last_link_is_good() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    app.register("ada").await;
    app.register("grace").await;
    for _ in 0..8 {
        assert_eq!(forgot(&app, "ada@example.org").await.status, 202);
    }
    reset_link(&app, &smtp, "grace@example.org").await;
    let sent = |m: &streamly_testkit::smtp::Mail| m.to == ["ada@example.org"] && m.subject.contains("Choose");
    let taken: Vec<_> = smtp.taken().into_iter().filter(sent).collect();
    assert_eq!(taken.len(), 5);
    assert_eq!(reset(&app, &link(&taken[4], "reset-password"), NEW).await.status, 204);
    let others = reset(&app, &link(&taken[0], "reset-password"), "again another").await;
    assert_eq!(others.code(), "invalid_link", "a new password ends all links");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_only_soon_after_it_was_proved() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let session = app.register("ada").await;
    let other = app.login("ada", PASSWORD).await;
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '11 minutes'");
    let here = app.refresh(&session.token()).await;
    let change = |access: String, password: &'static str| {
        let app = &app;
        async move { app.call(Method::PUT, "/api/auth/me/password", &access, json!({"password": password})).await }
    };
    let refused = change(here.access().into(), NEW).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "reauth_required"));
    let reauth = |password: &'static str| {
        app.call(Method::POST, "/api/auth/reauth", here.access(), json!({"password": password}))
    };
    assert_eq!(reauth("not it").await.code(), "invalid_credentials");
    let recent = reauth(PASSWORD).await;
    assert_eq!((recent.status.as_u16(), &recent.cookie), (200, &None));
    assert_eq!(change(recent.access().into(), "12345678").await.code(), "validation_failed");
    let changed = change(recent.access().into(), NEW).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    // The token of the answer goes on at once; those from before do not, here nor there.
    assert_eq!(app.me(changed.access()).await.status, 200);
    for old in [here.access(), recent.access(), other.access()] {
        assert_eq!(app.me(old).await.code(), "unauthenticated");
    }
    let next = app.refresh(&here.token()).await;
    assert_eq!((next.status.as_u16(), app.me(next.access()).await.status.as_u16()), (200, 200));
    assert_eq!(app.refresh(&other.token()).await.code(), "invalid_refresh_token");
    assert_eq!(app.login("ada", NEW).await.status, 200);
    mail(&smtp, "ada@example.org", "Your password was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_keeps_the_time_of_the_last_proof() {
    let app = TestApp::spawn_with(|c| c.recent_sign_in = streamly_config::Duration::from_secs(60)).await;
    let session = app.register("ada").await;
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '2 minutes'");
    let old = app.refresh(&session.token()).await;
    let body = json!({"password": PASSWORD});
    assert_eq!(app.call(Method::POST, "/api/auth/reauth", old.access(), body).await.status, 200);
    let next = app.refresh(&old.token()).await;
    let body = json!({"email": "other@example.org"});
    assert_eq!(app.call(Method::POST, "/api/auth/me/email", next.access(), body).await.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_bcrypt_is_right_and_becomes_argon2id() {
    let app = TestApp::spawn().await;
    app.register("ada").await;
    // "correct horse", by libxcrypt's crypt(3).
    app.sql(
        "UPDATE users SET password_hash = '$2b$12$8GodpwnfGAb8rorkQZ5Zdu1KjdwhDiUhk9t52AaoKqyf5QjY6VcW2'",
    );
    assert_eq!(app.login("ada", "wrong horse").await.code(), "invalid_credentials");
    app.sql("SELECT 1 / count(*) FROM users WHERE password_hash LIKE '$2b$%'");
    assert_eq!(app.login("ada", "correct horse").await.status, 200);
    app.sql("SELECT 1 / count(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'");
    assert_eq!(app.login("ada", "correct horse").await.status, 200);
}
