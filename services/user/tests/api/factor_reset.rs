//! Second factors that an admin takes away from who has lost them: what goes with them, who is told, and who may not.

use crate::{
    app::{Answer, PASSWORD, TestApp},
    letters::mail,
    passkeys,
    second_factor::{enrolled, second, token},
    staff::{audit, with_role},
    totp::code,
};
use reqwest::Method;
use serde_json::{Value, json};

async fn reset(app: &TestApp, who: &str, whom: &str, reason: Value) -> Answer {
    let path = format!("/api/admin/users/{whom}/second-factor");
    app.call(Method::DELETE, &path, who, json!({"reason": reason})).await
}

fn id_of(session: &Answer) -> String {
    session.body["user"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_app_and_codes_ends_the_sign_ins_tells_the_owner_and_is_written_down() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let chief = with_role(&app, "chief", "admin").await;
    let (session, secret, codes) = enrolled(&app, "ada").await;
    let (_, others, _) = enrolled(&app, "bob").await;
    let (id, waiting) = (id_of(&session), token(&app, "ada").await);
    for bad in [Value::Null, json!(""), json!(" "), json!("x".repeat(501)), json!(7)] {
        let refused = reset(&app, &chief.access, &id, bad).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "validation_failed"));
    }
    assert_eq!(app.login("ada", PASSWORD).await.code(), "mfa_required", "nothing was taken");

    let done = reset(&app, &chief.access, &id, json!("lost the phone\nasked by telephone")).await;
    assert_eq!(done.status, 204, "{done:?}");
    assert_eq!(app.me(session.access()).await.code(), "unauthenticated");
    assert_eq!(app.refresh(&session.token()).await.code(), "invalid_refresh_token");
    // What waited for a factor is over, whatever is shown.
    for (method, shown) in [("totp", code(&secret, 0)), ("recovery", codes[0].clone())] {
        assert_eq!(second(&app, &waiting, method, shown).await.code(), "invalid_credentials", "{method}");
    }
    let told = mail(&smtp, "ada@example.org", "Your second factor was reset");
    assert!(told.text.contains("an admin of this platform"), "{}", told.text);
    assert!(!told.text.contains("telephone"), "the reason is the log's: {}", told.text);

    let signed_in = app.login("ada", PASSWORD).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    let state = app.call(Method::GET, "/api/auth/second-factor", signed_in.access(), Value::Null).await.body;
    assert_eq!(state, json!({"on": false, "totp_since": null, "passkeys": 0, "recovery_codes_left": 0}));
    // Nobody else's.
    let asked = token(&app, "bob").await;
    assert_eq!(second(&app, &asked, "totp", code(&others, 0)).await.status, 200);

    let act = &audit(&app, &chief).await[0];
    assert_eq!(
        (&act["act"], &act["actor_name"], &act["subject_name"]),
        (&json!("user.second_factor_reset"), &json!("chief"), &json!("ada"))
    );
    let detail = json!({"reason": "lost the phone asked by telephone", "totp": true, "passkeys": 0});
    assert_eq!(act["detail"], detail);
    // There is nothing left to take.
    let again = reset(&app, &chief.access, &id, json!("once more")).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "no_second_factor"));
    assert_eq!(audit(&app, &chief).await.len(), 1);
    app.sql("SELECT 1 / (count(*) = 1)::int FROM mails WHERE kind = 'second_factor_reset'");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_passkeys_which_sign_in_no_more() {
    let app = TestApp::spawn_with(|c| c.public_url = Some("https://stream.example".into())).await;
    let chief = with_role(&app, "chief", "admin").await;
    let (session, mut key) = passkeys::enrolled(&app, "ada").await;
    assert_eq!(reset(&app, &chief.access, &id_of(&session), json!("lost it")).await.status, 204);
    let alone = passkeys::sign_in(&app, &key.get(&passkeys::challenge(&app).await)).await;
    assert_eq!((alone.status.as_u16(), alone.code()), (401, "passkey_refused"));
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
    assert_eq!(audit(&app, &chief).await[0]["detail"]["passkeys"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_another_admin_resets_soon_after_a_sign_in() {
    let app = TestApp::spawn().await;
    let (session, ..) = enrolled(&app, "ada").await;
    let id = id_of(&session);
    let (boss, chief) = (with_role(&app, "boss", "moderator").await, with_role(&app, "chief", "admin").await);
    for who in [session.access(), boss.access.as_str()] {
        let refused = reset(&app, who, &id, json!("please")).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"));
    }
    for nobody in ["none", "00000000-0000-7000-8000-000000000000"] {
        let refused = reset(&app, &chief.access, nobody, json!("please")).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (404, "user_not_found"), "{nobody}");
    }
    let none = reset(&app, &chief.access, &boss.id, json!("please")).await;
    assert_eq!((none.status.as_u16(), none.code()), (409, "no_second_factor"));
    // An admin's own is another admin's to reset.
    app.sql("UPDATE users SET role = 'admin' WHERE username = 'ada'");
    let own = reset(&app, session.access(), &id, json!("please")).await;
    assert_eq!((own.status.as_u16(), own.code()), (403, "forbidden"));
    assert!(own.body["detail"].as_str().unwrap().contains("another admin"), "{own:?}");
    let old = app.login("chief", PASSWORD).await;
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '1 hour'");
    let old = app.refresh(&old.token()).await;
    let refused = reset(&app, old.access(), &id, json!("please")).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "reauth_required"));
    assert_eq!(app.login("ada", PASSWORD).await.code(), "mfa_required", "nothing was taken");
    let again = app.login("chief", PASSWORD).await;
    assert_eq!(reset(&app, again.access(), &id, json!("please")).await.status, 204);
}
