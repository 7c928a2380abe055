//! E-mail addresses: confirmed, changed, taken back.

use crate::{
    app::{Answer, PASSWORD, TestApp},
    letters::{link, mail},
};
use reqwest::Method;
use serde_json::{Value, json};

async fn confirm(app: &TestApp, token: &str) -> Answer {
    app.post("/api/auth/email/verify", json!({"token": token})).await
}

async fn change(app: &TestApp, access: &str, address: &str) -> Answer {
    app.call(Method::POST, "/api/auth/me/email", access, json!({"email": address})).await
}

async fn user(app: &TestApp, access: &str) -> Value {
    app.me(access).await.body["user"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_confirmed_by_its_link_once() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let session = app.register("ada").await;
    assert_eq!(session.body["user"]["email_verified"], false);
    let first = link(&mail(&smtp, "ada@example.org", "Confirm your e-mail address"), "verify-email");
    let again = app.call(Method::POST, "/api/auth/email/verification", session.access(), json!({})).await;
    assert_eq!(again.status, 202);
    let done = confirm(&app, &first).await;
    assert_eq!((done.status.as_u16(), done.body), (204, Value::Null));
    assert_eq!(user(&app, session.access()).await["email_verified"], true);
    assert_eq!(confirm(&app, &first).await.code(), "invalid_link");
    let again = app.call(Method::POST, "/api/auth/email/verification", session.access(), json!({})).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "already_verified"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_changes_when_the_new_one_answers_and_both_are_told() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let session = app.register("ada").await;
    confirm(&app, &link(&mail(&smtp, "ada@example.org", "Confirm"), "verify-email")).await;
    assert_eq!(change(&app, session.access(), "New@Example.org").await.status, 202);
    let asked = mail(&smtp, "new@example.org", "Confirm your new e-mail address");
    mail(&smtp, "ada@example.org", "Your e-mail address is to change");
    assert_eq!(user(&app, session.access()).await["email"], "ada@example.org", "nothing yet");
    assert_eq!(confirm(&app, &link(&asked, "verify-email")).await.status, 204);
    let now = user(&app, session.access()).await;
    assert_eq!((&now["email"], &now["email_verified"]), (&json!("new@example.org"), &json!(true)));
    assert_eq!(app.login("new@example.org", PASSWORD).await.status, 200);
    assert_eq!(app.login("ada@example.org", PASSWORD).await.code(), "invalid_credentials");

    // Whoever had the address takes the account back, and whoever is signed in is not any more.
    let told = mail(&smtp, "ada@example.org", "Your e-mail address was changed");
    assert_eq!(confirm(&app, &link(&told, "verify-email")).await.status, 204);
    assert_eq!(app.me(session.access()).await.code(), "unauthenticated");
    assert_eq!(app.refresh(&session.token()).await.code(), "invalid_refresh_token");
    assert_eq!(app.login("ada@example.org", PASSWORD).await.status, 200);
    assert_eq!(confirm(&app, &link(&told, "verify-email")).await.code(), "invalid_link");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_broke_in_ends_not_the_owners_way_back_by_another_address_or_by_closing_the_account() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let session = app.register("ada").await;
    confirm(&app, &link(&mail(&smtp, "ada@example.org", "Confirm"), "verify-email")).await;
    for thiefs in ["one@example.org", "two@example.org"] {
        assert_eq!(change(&app, session.access(), thiefs).await.status, 202);
        let asked = mail(&smtp, thiefs, "Confirm your new e-mail address");
        assert_eq!(confirm(&app, &link(&asked, "verify-email")).await.status, 204);
    }
    let owners = link(&mail(&smtp, "ada@example.org", "Your e-mail address was changed"), "verify-email");
    let thiefs = link(&mail(&smtp, "one@example.org", "Your e-mail address was changed"), "verify-email");
    let closed = app.call(Method::DELETE, "/api/auth/me", session.access(), Value::Null).await;
    assert_eq!(closed.status, 200);
    assert_eq!(confirm(&app, &owners).await.status, 204);
    let back = app.login("ada@example.org", PASSWORD).await;
    assert_eq!(back.status, 200, "{back:?}");
    // What was sent to the thief's addresses takes nothing back again.
    assert_eq!(confirm(&app, &thiefs).await.code(), "invalid_link");
    let text = mail(&smtp, "two@example.org", "Your account is closed").text;
    let restore =
        text.split_once("/restore-account#").unwrap().1.split_whitespace().next().unwrap().to_owned();
    assert_eq!(app.post("/api/auth/restore", json!({"token": restore})).await.code(), "invalid_link");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_never_confirmed_takes_nothing_back() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let session = app.register("ada").await;
    let typo = mail(&smtp, "ada@example.org", "Confirm");
    change(&app, session.access(), "right@example.org").await;
    confirm(&app, &link(&mail(&smtp, "right@example.org", "new"), "verify-email")).await;
    let told = mail(&smtp, "ada@example.org", "was changed");
    assert!(!told.text.contains('#'), "{}", told.text);
    assert_eq!(
        confirm(&app, &link(&typo, "verify-email")).await.code(),
        "invalid_link",
        "it was for the old one"
    );
    assert_eq!(user(&app, session.access()).await["email"], "right@example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_an_address_with_an_account_tells_its_owner_and_nobody_else() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let session = app.register("ada").await;
    app.register("grace").await;
    let taken = change(&app, session.access(), "GRACE@example.org").await;
    let free = change(&app, session.access(), "free@example.org").await;
    assert_eq!((taken.status, &taken.body), (free.status, &free.body));
    mail(&smtp, "grace@example.org", "You have an account already");
    let to_free = mail(&smtp, "free@example.org", "Confirm your new");
    let to_grace =
        smtp.taken().into_iter().filter(|m| m.to == ["grace@example.org"] && m.text.contains("new e-mail"));
    assert_eq!(to_grace.count(), 0);
    // Somebody else registers with it meanwhile.
    let body = json!({"username": "quick", "email": "free@example.org", "password": PASSWORD});
    assert_eq!(app.post("/api/auth/register", body).await.status, 201);
    let late = confirm(&app, &link(&to_free, "verify-email")).await;
    assert_eq!((late.status.as_u16(), late.code()), (409, "email_taken"));
    assert_eq!(user(&app, session.access()).await["email"], "ada@example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_accounts_together_send_one_person_no_more_mails_than_one_does() {
    let (app, _smtp) = TestApp::spawn_with_mail(|c| {
        c.rate_limits = true;
        c.limits.mail.burst = 2;
    })
    .await;
    app.register("owner").await;
    // Whether the address has an account makes no difference.
    for (wanted, names) in
        [("owner@example.org", ["ada", "bob", "eve"]), ("nobody@example.org", ["fay", "gil", "hal"])]
    {
        let mut codes = Vec::new();
        for name in names {
            let session = app.register(name).await;
            codes.push(change(&app, session.access(), wanted).await.status.as_u16());
            let other = change(&app, session.access(), &format!("{name}@example.net")).await;
            assert_eq!(other.status, 202, "{name}");
        }
        assert_eq!(codes, [202, 202, 429], "{wanted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_changed_only_soon_after_a_sign_in_and_mails_are_limited() {
    let (app, _smtp) = TestApp::spawn_with_mail(|c| {
        c.rate_limits = true;
        c.limits.mail.burst = 2;
    })
    .await;
    let session = app.register("ada").await;
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '11 minutes'");
    let old = app.refresh(&session.token()).await;
    assert_eq!(change(&app, old.access(), "new@example.org").await.code(), "reauth_required");
    for _ in 0..2 {
        assert_eq!(change(&app, session.access(), "new@example.org").await.status, 202);
    }
    let limited = change(&app, session.access(), "new@example.org").await;
    assert_eq!((limited.status.as_u16(), limited.code()), (429, "rate_limited"));
}
