//! Registration by invitation, and registration that confirms the address first.

use crate::{
    app::{Answer, PASSWORD, TestApp},
    letters::{link, mail},
};
use reqwest::Method;
use serde_json::{Value, json};
use streamly_user::config::{Policy, Registration};

const FIRST: Registration = Registration { policy: Policy::Open, confirm_email_first: true };

/// An admin of the service; returns the access token.
async fn admin(app: &TestApp) -> String {
    app.sql(
        "INSERT INTO users (id, username, display_name, email, password_hash) \
         VALUES (gen_random_uuid(), 'root1', 'root1', 'root1@example.org', \
         '$2b$12$8GodpwnfGAb8rorkQZ5Zdu1KjdwhDiUhk9t52AaoKqyf5QjY6VcW2')",
    );
    app.sql("UPDATE users SET role = 'admin'");
    app.login("root1", "correct horse").await.access().to_owned()
}

async fn register_with(app: &TestApp, name: &str, invite: Value) -> Answer {
    let email = format!("{name}@example.org");
    let body = json!({"username": name, "email": email, "password": PASSWORD, "invite": invite});
    app.post("/api/auth/register", body).await
}

async fn confirm(app: &TestApp, token: &str) -> Answer {
    app.post("/api/auth/email/verify", json!({"token": token})).await
}

async fn invite(app: &TestApp, admin: &str, body: Value) -> Answer {
    app.call(Method::POST, "/api/admin/invitations", admin, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_one_account() {
    let app = TestApp::spawn_with(|c| c.registration = Policy::Invite.into()).await;
    let admin = admin(&app).await;
    assert_eq!(register_with(&app, "ada", Value::Null).await.code(), "registration_closed");
    for junk in ["junk".to_owned(), "A".repeat(43)] {
        let refused = register_with(&app, "ada", json!(junk)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "invalid_invitation"));
    }
    let made = invite(&app, &admin, json!({"note": "for ada", "expires_in_s": 3600})).await;
    assert_eq!((made.status.as_u16(), &made.body["note"]), (201, &json!("for ada")));
    let code = made.body["code"].clone();
    let (a, b) =
        tokio::join!(register_with(&app, "ada", code.clone()), register_with(&app, "eve", code.clone()));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 403], "of two at once one wins");
    assert_eq!(register_with(&app, "late", code).await.code(), "invalid_invitation");

    let over = invite(&app, &admin, json!({})).await.body["code"].clone();
    app.sql("UPDATE invitations SET expires_at = now() WHERE used_at IS NULL");
    assert_eq!(register_with(&app, "late", over).await.code(), "invalid_invitation");
    let back = invite(&app, &admin, json!({})).await;
    let path = format!("/api/admin/invitations/{}", back.body["id"].as_str().unwrap());
    assert_eq!(app.call(Method::DELETE, &path, &admin, Value::Null).await.status, 204);
    assert_eq!(register_with(&app, "late", back.body["code"].clone()).await.code(), "invalid_invitation");

    let listed = app.call(Method::GET, "/api/admin/invitations", &admin, Value::Null).await;
    let items = listed.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|i| i.get("code").is_none()), "a code is told once");
    assert!(["ada", "eve"].map(|n| json!(n)).contains(&items[1]["used_by"]));
    for (body, field) in [(json!({"note": ""}), "note"), (json!({"expires_in_s": 0}), "expires_in_s")] {
        assert_eq!(invite(&app, &admin, body).await.body["errors"][0]["field"], field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_addresses_come_first_the_link_makes_the_account() {
    let (app, smtp) = TestApp::spawn_with_mail(|c| c.registration = FIRST).await;
    let asked = app.register("Ada").await;
    assert_eq!((asked.status.as_u16(), &asked.body, &asked.cookie), (202, &Value::Null, &None));
    assert_eq!(app.login("ada", PASSWORD).await.code(), "invalid_credentials", "no account yet");
    assert_eq!(app.get("/api/users/ada").await.code(), "user_not_found");
    let token = link(&mail(&smtp, "ada@example.org", "Finish your registration"), "verify-email");
    assert_eq!(confirm(&app, &token).await.status, 204);
    let session = app.login("ada", PASSWORD).await;
    let user = &session.body["user"];
    assert_eq!((&user["display_name"], &user["email_verified"]), (&json!("Ada"), &json!(true)));
    assert_eq!(confirm(&app, &token).await.code(), "invalid_link");

    // Somebody else with her address: the same answer, and a mail to her.
    let body = json!({"username": "eve", "email": "ADA@example.org", "password": PASSWORD});
    let again = app.post("/api/auth/register", body).await;
    assert_eq!((again.status, &again.body, &again.cookie), (asked.status, &asked.body, &asked.cookie));
    assert!(mail(&smtp, "ada@example.org", "You have an account already").text.starts_with("Hello ada,"));
    // A name is no secret.
    assert_eq!(app.register("ada").await.code(), "username_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_waits_holds_neither_name_nor_address_and_is_forgotten() {
    let (app, smtp) = TestApp::spawn_with_mail(|c| c.registration = FIRST).await;
    let first = json!({"username": "ada", "email": "one@example.org", "password": PASSWORD});
    let second = json!({"username": "ada", "email": "two@example.org", "password": PASSWORD});
    for body in [first, second] {
        assert_eq!(app.post("/api/auth/register", body).await.status, 202);
    }
    let one = link(&mail(&smtp, "one@example.org", "Finish"), "verify-email");
    let two = link(&mail(&smtp, "two@example.org", "Finish"), "verify-email");
    assert_eq!(confirm(&app, &two).await.status, 204);
    let late = confirm(&app, &one).await;
    assert_eq!((late.status.as_u16(), late.code()), (409, "username_taken"));
    app.sql("UPDATE pending_accounts SET expires_at = now() - interval '1 s'");
    assert_eq!(confirm(&app, &one).await.code(), "invalid_link");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_used_up_when_the_link_is_followed() {
    let (app, smtp) =
        TestApp::spawn_with_mail(|c| c.registration = Registration { policy: Policy::Invite, ..FIRST }).await;
    let admin = admin(&app).await;
    let code = invite(&app, &admin, json!({})).await.body["code"].clone();
    for name in ["ada", "eve"] {
        assert_eq!(register_with(&app, name, code.clone()).await.status, 202);
    }
    let of = |name: &str| link(&mail(&smtp, &format!("{name}@example.org"), "Finish"), "verify-email");
    assert_eq!(confirm(&app, &of("ada")).await.status, 204);
    let second = confirm(&app, &of("eve")).await;
    assert_eq!((second.status.as_u16(), second.code()), (403, "invalid_invitation"));
}
