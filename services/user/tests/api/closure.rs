//! Accounts that go: closed, taken back, erased.

use crate::{
    app::{Answer, PASSWORD, TestApp},
    letters::mail,
};
use reqwest::Method;
use serde_json::{Value, json};
use streamly_proto::user::v1::{GetUsersRequest, user_service_client::UserServiceClient};
use streamly_testkit::smtp::SmtpServer;

async fn close(app: &TestApp, access: &str) -> Answer {
    app.call(Method::DELETE, "/api/auth/me", access, Value::Null).await
}

fn link(smtp: &SmtpServer) -> String {
    let text = mail(smtp, "ada@example.org", "Your account is closed").text;
    let (_, rest) = text.split_once("/restore-account#").expect("a link");
    rest.split_whitespace().next().unwrap().to_owned()
}

async fn known(app: &TestApp, id: &str) -> streamly_proto::user::v1::User {
    let request = GetUsersRequest { ids: vec![id.to_owned()] };
    let answer = app
        .peer("stream")
        .call(|t| {
            let request = request.clone();
            async move { UserServiceClient::new(t).get_users(request).await }
        })
        .await
        .unwrap();
    answer.users.into_iter().next().expect("the row stays")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_does_nothing_until_the_mails_link_takes_it_back_once() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let ada = app.register("ada").await;
    let id = ada.body["user"]["id"].as_str().unwrap().to_owned();
    let done = close(&app, ada.access()).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.body["erase_at"].is_string());
    assert_eq!(app.me(ada.access()).await.code(), "unauthenticated");
    assert_eq!(app.refresh(&ada.token()).await.code(), "invalid_refresh_token");
    assert_eq!(app.get("/api/users/ada").await.code(), "user_not_found");
    assert!(known(&app, &id).await.suspended);
    let refused = app.login("ada", PASSWORD).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "account_closed"));
    // Only who knows the password learns that.
    assert_eq!(app.login("ada", "not the password").await.code(), "invalid_credentials");
    assert_eq!(app.register("ada").await.code(), "username_taken");
    // Another password in between ends other links, not this one.
    let forgot = app.post("/api/auth/password/forgot", json!({"email": "ada@example.org"})).await;
    assert_eq!(forgot.status, 202);
    let reset =
        crate::letters::link(&mail(&smtp, "ada@example.org", "Choose a new password"), "reset-password");
    let reset = app.post("/api/auth/password/reset", json!({"token": reset, "password": PASSWORD})).await;
    assert_eq!(reset.status, 204);
    let token = link(&smtp);
    assert_eq!(app.post("/api/auth/email/verify", json!({"token": token})).await.code(), "invalid_link");
    assert_eq!(app.post("/api/auth/restore", json!({"token": token})).await.status, 204);
    assert_eq!(app.post("/api/auth/restore", json!({"token": token})).await.code(), "invalid_link");
    assert!(!known(&app, &id).await.suspended);
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
    mail(&smtp, "ada@example.org", "Your account is back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_account_leaves_nothing_personal_and_its_name_rests() {
    let (app, smtp) =
        TestApp::spawn_with_mail(|c| c.deletion_grace = streamly_config::Duration::from_millis(300)).await;
    let (ada, boss) = (app.register("ada").await, app.register("boss").await);
    let id = ada.body["user"]["id"].as_str().unwrap().to_owned();
    app.sql("UPDATE users SET role = 'admin' WHERE username = 'boss'");
    assert_eq!(close(&app, ada.access()).await.status, 200);
    let token = link(&smtp);
    let last = mail(&smtp, "ada@example.org", "Your account was erased");
    assert!(!last.text.contains('#'));
    let row = known(&app, &id).await;
    assert!(row.suspended && row.username.starts_with("gone_"), "{row:?}");
    assert_eq!(row.display_name, "Deleted account");
    assert_eq!(app.post("/api/auth/restore", json!({"token": token})).await.code(), "invalid_link");
    for login in ["ada", "ada@example.org", &row.username] {
        assert_eq!(app.login(login, PASSWORD).await.code(), "invalid_credentials", "{login}");
    }
    assert_eq!(app.register("ada").await.code(), "username_taken");
    assert_eq!(app.get(&format!("/api/users/{}", row.username)).await.code(), "user_not_found");
    // Nothing of the old self is left in any table but the name that rests.
    app.sql(
        "DO $$ DECLARE t text; n bigint; BEGIN \
         FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP \
           EXECUTE format('SELECT count(*) FROM %I AS r WHERE r::text LIKE %L', t, '%ada@example%') INTO n; \
           IF t = 'mails' THEN n := n - 1; END IF; \
           IF n <> 0 THEN RAISE EXCEPTION '% rows of % tell of the person', n, t; END IF; \
         END LOOP; \
         IF NOT EXISTS (SELECT 1 FROM freed_names WHERE username = 'ada') THEN RAISE EXCEPTION 'the name is free'; END IF; \
         IF EXISTS (SELECT 1 FROM browsers b JOIN users u ON u.id = b.user_id WHERE u.deleted_at IS NOT NULL) THEN \
           RAISE EXCEPTION 'browsers are left'; END IF; \
         END $$",
    );
    let found = app.call(Method::GET, "/api/admin/users?q=gone_", boss.access(), Value::Null).await;
    assert_eq!(found.body["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_close_an_account() {
    let app = TestApp::spawn_with(|c| {
        c.demo_password = Some(streamly_config::Secret::new("the demo's password"));
    })
    .await;
    assert_eq!(close(&app, "none").await.code(), "unauthenticated");
    // An account without an address could not be taken back.
    let demo = app.login("demo", "the demo's password").await;
    assert_eq!(close(&app, demo.access()).await.code(), "forbidden");
    let chief = app.register("chief").await;
    app.sql("UPDATE users SET role = 'admin' WHERE username = 'chief'");
    let last = close(&app, chief.access()).await;
    assert_eq!((last.status.as_u16(), last.code()), (409, "last_admin"));
    let ada = app.register("ada").await;
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '1 hour'");
    let old = app.refresh(&ada.token()).await;
    assert_eq!(close(&app, old.access()).await.code(), "reauth_required");
    assert_eq!(app.me(old.access()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_step_that_was_begun_before_the_closing_signs_nobody_in() {
    let app = TestApp::spawn().await;
    let (session, secret, _) = crate::second_factor::enrolled(&app, "ada").await;
    let step = crate::second_factor::token(&app, "ada").await;
    assert_eq!(close(&app, session.access()).await.status, 200);
    let late = crate::second_factor::second(&app, &step, "totp", crate::totp::code(&secret, 0)).await;
    assert_eq!((late.status.as_u16(), late.code(), late.cookie.as_ref()), (403, "account_closed", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_mail_gets_its_link_again_by_the_password_and_nothing_else_by_it() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let ada = app.register("ada").await;
    assert_eq!(close(&app, ada.access()).await.status, 200);
    let first = link(&smtp);
    let mails = "SELECT count(*) FROM mails WHERE kind = 'account_closed'";
    let counts = |n: u32| format!("SELECT 1 / (({mails}) = {n})::int");
    // Not over and over.
    assert_eq!(app.login("ada", PASSWORD).await.code(), "account_closed");
    app.sql(&counts(1));
    app.sql("UPDATE email_tokens SET created_at = now() - interval '2 hours'");
    assert_eq!(app.login("ada", "not the password").await.code(), "invalid_credentials");
    app.sql(&counts(1));
    for _ in 0..2 {
        let refused = app.login("ada", PASSWORD).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "account_closed"));
        assert!(refused.body.get("access_token").is_none());
    }
    app.sql(&counts(2));
    app.until("the second mail is there", || link(&smtp) != first).await;
    assert_eq!(app.post("/api/auth/restore", json!({"token": link(&smtp)})).await.status, 204);
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
}
