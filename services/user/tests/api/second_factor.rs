//! An authenticator app and recovery codes: added, asked for, used up, removed.

use crate::{
    app::{Answer, PASSWORD, TestApp},
    letters::{link, mail},
    totp::code,
};
use reqwest::{Method, header};
use serde_json::{Value, json};
use streamly_config::Duration;
use streamly_user::config::Delay;

/// Somebody with an app: the session, the app's secret, the recovery codes.
pub async fn enrolled(app: &TestApp, name: &str) -> (Answer, String, Vec<String>) {
    let session = app.register(name).await;
    let begun = app.call(Method::POST, "/api/auth/totp", session.access(), Value::Null).await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let secret = begun.body["secret"].as_str().unwrap().to_owned();
    let done = confirm(app, &session, &code(&secret, -1)).await;
    assert_eq!(done.status, 200, "{done:?}");
    let codes = done.body["recovery_codes"].as_array().unwrap();
    (session, secret, codes.iter().map(|c| c.as_str().unwrap().to_owned()).collect())
}

pub async fn confirm(app: &TestApp, session: &Answer, code: &str) -> Answer {
    app.call(Method::POST, "/api/auth/totp/confirm", session.access(), json!({"code": code})).await
}

/// The token of a sign-in whose password was right.
pub async fn token(app: &TestApp, login: &str) -> String {
    let answer = app.login(login, PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (401, "mfa_required"));
    assert_eq!(answer.cookie, None);
    answer.body["mfa_token"].as_str().unwrap().to_owned()
}

pub async fn second(app: &TestApp, token: &str, method: &str, response: impl Into<Value>) -> Answer {
    let response: Value = response.into();
    app.post("/api/auth/mfa", json!({"mfa_token": token, "method": method, "response": response})).await
}

async fn state(app: &TestApp, session: &Answer) -> Value {
    app.call(Method::GET, "/api/auth/second-factor", session.access(), Value::Null).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_added_by_its_code_and_asked_for_at_the_next_sign_in() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let session = app.register("ada").await;
    assert_eq!(state(&app, &session).await["on"], false);
    let begun = app.call(Method::POST, "/api/auth/totp", session.access(), Value::Null).await;
    assert_eq!(begun.headers[header::CACHE_CONTROL], "no-store");
    let secret = begun.body["secret"].as_str().unwrap();
    let url = begun.body["otpauth_url"].as_str().unwrap();
    assert!(url.starts_with("otpauth://totp/Streamly:ada?") && url.contains(secret), "{url}");
    assert!(begun.body["qr_svg"].as_str().unwrap().starts_with("<svg "));
    // Not confirmed, it counts for nothing.
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
    assert_eq!(confirm(&app, &session, "000000").await.code(), "invalid_second_factor");
    let done = confirm(&app, &session, &code(secret, -1)).await;
    assert_eq!(done.body["recovery_codes"].as_array().unwrap().len(), 10);
    let told = mail(&smtp, "ada@example.org", "Your second factor has changed");
    assert!(told.text.contains("app was added"), "{}", told.text);
    assert_eq!(state(&app, &session).await["recovery_codes_left"], 10);
    // There is one app.
    let second_app = app.call(Method::POST, "/api/auth/totp", session.access(), Value::Null).await;
    assert_eq!((second_app.status.as_u16(), second_app.code()), (409, "totp_exists"));

    let asked = app.login("ada", PASSWORD).await;
    assert_eq!((asked.code(), &asked.body["methods"]), ("mfa_required", &json!(["totp", "recovery"])));
    assert_eq!(app.login("ada", "wrong password").await.code(), "invalid_credentials");
    let token = asked.body["mfa_token"].as_str().unwrap();
    assert_eq!(app.me(token).await.code(), "unauthenticated", "it is no access token");
    let signed_in = second(&app, token, "totp", code(secret, 0)).await;
    assert_eq!((signed_in.status.as_u16(), &signed_in.body["user"]["username"]), (200, &json!("ada")));
    assert_eq!(app.me(signed_in.access()).await.status, 200);
    assert_eq!(app.refresh(&signed_in.token()).await.status, 200);
    // The token is good once.
    assert_eq!(second(&app, token, "totp", code(secret, 1)).await.code(), "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_and_not_after_a_later_one() {
    let app = TestApp::spawn().await;
    let (_, secret, _) = enrolled(&app, "ada").await;
    let codes = [-1, 0, 1].map(|step| code(&secret, step));
    let (a, b) = (token(&app, "ada").await, token(&app, "ada").await);
    // The code that confirmed the app.
    assert_eq!(second(&app, &a, "totp", codes[0].clone()).await.code(), "invalid_second_factor");
    // Of two at once one is taken.
    let (x, y) =
        tokio::join!(second(&app, &a, "totp", codes[1].clone()), second(&app, &b, "totp", codes[1].clone()));
    let mut statuses = [x.status.as_u16(), y.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    let last = token(&app, "ada").await;
    assert_eq!(second(&app, &last, "totp", codes[2].clone()).await.status, 200);
    let late = token(&app, "ada").await;
    for old in codes {
        assert_eq!(second(&app, &late, "totp", old).await.code(), "invalid_second_factor");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_is_good_once_for_its_own_account_and_its_use_is_told() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let (session, _, codes) = enrolled(&app, "ada").await;
    let (_, _, others) = enrolled(&app, "bob").await;
    let first = token(&app, "ada").await;
    assert_eq!(second(&app, &first, "recovery", others[0].clone()).await.code(), "invalid_second_factor");
    assert_eq!(second(&app, &first, "recovery", "not a code").await.code(), "invalid_second_factor");
    // However it is typed.
    let typed = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(second(&app, &first, "recovery", typed).await.status, 200);
    let told = || smtp.taken().iter().any(|m| m.to == ["ada@example.org"] && m.text.contains("9 are left"));
    app.until("told", told).await;
    let again = token(&app, "ada").await;
    assert_eq!(second(&app, &again, "recovery", codes[0].clone()).await.code(), "invalid_second_factor");
    assert_eq!(state(&app, &session).await["recovery_codes_left"], 9);
    // New ones make old ones void; nothing of them is in the database.
    let renewed = app.call(Method::POST, "/api/auth/recovery-codes", session.access(), Value::Null).await;
    assert_eq!(renewed.status, 201);
    assert_eq!(second(&app, &again, "recovery", codes[1].clone()).await.code(), "invalid_second_factor");
    let fresh = renewed.body["recovery_codes"][3].as_str().unwrap();
    assert_eq!(second(&app, &again, "recovery", fresh).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_removed_soon_after_a_sign_in_only_and_takes_the_codes_along() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let (session, secret, codes) = enrolled(&app, "ada").await;
    app.sql("UPDATE refresh_tokens SET auth_time = now() - interval '11 minutes'");
    let old = app.refresh(&session.token()).await;
    for (method, path) in [
        (Method::POST, "/api/auth/totp"),
        (Method::DELETE, "/api/auth/totp"),
        (Method::POST, "/api/auth/recovery-codes"),
        (Method::POST, "/api/auth/passkeys/options"),
    ] {
        let refused = app.call(method.clone(), path, old.access(), Value::Null).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "reauth_required"), "{method} {path}");
        let anonymous = app.send(app.request(method, path)).await;
        assert_eq!(anonymous.code(), "unauthenticated", "{path}");
    }
    assert_eq!(confirm(&app, &old, "123456").await.code(), "reauth_required");
    // Proving it again takes both steps, in the same sign-in.
    let again = |body: Value| app.call(Method::POST, "/api/auth/reauth", old.access(), body);
    let asked = again(json!({"password": PASSWORD})).await;
    assert_eq!((asked.status.as_u16(), asked.code()), (401, "mfa_required"));
    let step = asked.body["mfa_token"].as_str().unwrap();
    assert_eq!(
        second(&app, step, "totp", code(&secret, 0)).await.code(),
        "invalid_credentials",
        "it signs nobody in"
    );
    let of_sign_in = token(&app, "ada").await;
    let crossed = json!({"mfa_token": of_sign_in, "method": "totp", "response": code(&secret, 0)});
    assert_eq!(again(crossed).await.code(), "invalid_credentials");
    let wrong = json!({"mfa_token": step, "method": "totp", "response": "000000"});
    assert_eq!(again(wrong).await.code(), "invalid_second_factor");
    let right = json!({"mfa_token": step, "method": "totp", "response": code(&secret, 0)});
    let recent = again(right).await;
    assert_eq!(recent.status, 200, "{recent:?}");
    let removed = app.call(Method::DELETE, "/api/auth/totp", recent.access(), Value::Null).await;
    assert_eq!(removed.status, 204);
    app.until("told", || smtp.taken().iter().any(|m| m.text.contains("app was removed"))).await;
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
    assert_eq!(
        state(&app, &recent).await,
        json!({"on": false, "totp_since": null, "passkeys": 0, "recovery_codes_left": 0})
    );
    // A sign-in that waited is worth nothing, and codes without a factor are not made.
    assert_eq!(second(&app, &of_sign_in, "recovery", codes[0].clone()).await.code(), "invalid_second_factor");
    let none = app.call(Method::POST, "/api/auth/recovery-codes", recent.access(), Value::Null).await;
    assert_eq!((none.status.as_u16(), none.code()), (409, "no_second_factor"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_ends_after_five_tries_or_ten_minutes_or_with_its_password() {
    let app = TestApp::spawn().await;
    let (session, secret, _) = enrolled(&app, "ada").await;
    let tried = token(&app, "ada").await;
    for _ in 0..5 {
        assert_eq!(second(&app, &tried, "totp", "000000").await.code(), "invalid_second_factor");
    }
    let over = second(&app, &tried, "totp", code(&secret, 0)).await;
    assert_eq!((over.status.as_u16(), over.code()), (401, "invalid_credentials"));
    let late = token(&app, "ada").await;
    app.sql("UPDATE second_steps SET expires_at = expires_at - interval '601 seconds'");
    assert_eq!(second(&app, &late, "totp", code(&secret, 0)).await.code(), "invalid_credentials");
    // A new password meanwhile; it does not switch the factor off.
    let before = token(&app, "ada").await;
    let body = json!({"password": "another horse battery"});
    assert_eq!(app.call(Method::PUT, "/api/auth/me/password", session.access(), body).await.status, 200);
    assert_eq!(second(&app, &before, "totp", code(&secret, 0)).await.code(), "invalid_credentials");
    assert_eq!(app.login("ada", "another horse battery").await.code(), "mfa_required");
    for bad in ["", "x", &"A".repeat(43), "' OR 1=1 --"] {
        assert_eq!(second(&app, bad, "totp", "000000").await.code(), "invalid_credentials", "{bad}");
    }
    for (method, response) in
        [("totp", json!(7)), ("sms", json!("1")), ("passkey", json!("1")), ("recovery", json!(null))]
    {
        assert_eq!(second(&app, &before, method, response).await.code(), "validation_failed", "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_by_mail_does_not_switch_the_factor_off() {
    let (app, smtp) = TestApp::spawn_with_mail(|_| {}).await;
    let (_, secret, _) = enrolled(&app, "ada").await;
    app.post("/api/auth/password/forgot", json!({"email": "ada@example.org"})).await;
    let token_of_link = link(&mail(&smtp, "ada@example.org", "Choose a new password"), "reset-password");
    let body = json!({"token": token_of_link, "password": "another horse battery"});
    assert_eq!(app.post("/api/auth/password/reset", body).await.status, 204);
    let asked = app.login("ada", "another horse battery").await;
    assert_eq!(asked.code(), "mfa_required");
    let step = asked.body["mfa_token"].as_str().unwrap();
    assert_eq!(second(&app, step, "totp", code(&secret, 0)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_codes_are_slowed_down_and_lock_nobody_out() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = true;
        for rate in [&mut c.limits.login, &mut c.limits.login_address, &mut c.limits.second_step] {
            rate.burst = 1_000;
        }
        c.second_factor.step_attempts = 100;
        let pause = |free| Delay { free, first: Duration::from_secs(60), most: Duration::from_secs(300) };
        c.limits.second_step_delay = pause(3);
        c.limits.second_step_account_delay = pause(5);
    })
    .await;
    let (session, secret, codes) = enrolled(&app, "ada").await;
    let from =
        |address: String, browser: Option<String>, token: String, method: &'static str, response: String| {
            let mut request = app.request(Method::POST, "/api/auth/mfa").header("x-forwarded-for", address);
            if let Some(browser) = browser {
                request = request.header(header::COOKIE, format!("browser={browser}"));
            }
            app.send(request.json(&json!({"mfa_token": token, "method": method, "response": response})))
        };
    // One address, whatever sign-in it begins.
    for _ in 0..3 {
        let step = token(&app, "ada").await;
        assert_eq!(
            from("192.0.2.1".into(), None, step, "totp", "000000".into()).await.code(),
            "invalid_second_factor"
        );
    }
    let step = token(&app, "ada").await;
    let paused = from("192.0.2.1".into(), None, step.clone(), "totp", code(&secret, 0)).await;
    assert_eq!((paused.status.as_u16(), paused.code()), (429, "rate_limited"));
    assert!(paused.headers.contains_key(header::RETRY_AFTER));
    // Many addresses.
    for n in 2..4 {
        let guess = from(format!("192.0.2.{n}"), None, step.clone(), "totp", "000000".into()).await;
        assert_eq!(guess.code(), "invalid_second_factor");
    }
    let stranger = from("192.0.2.9".into(), None, step.clone(), "totp", code(&secret, 0)).await;
    assert_eq!(stranger.code(), "rate_limited");
    // The owner's browser, and what cannot be guessed.
    let own = from("192.0.2.10".into(), Some(session.browser()), step, "totp", code(&secret, 0)).await;
    assert_eq!(own.status, 200, "{own:?}");
    let step = token(&app, "ada").await;
    assert_eq!(from("192.0.2.11".into(), None, step, "recovery", codes[4].clone()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_sealed_in_the_database_and_in_no_log() {
    let app = TestApp::spawn().await;
    let (_, secret, codes) = enrolled(&app, "ada").await;
    let step = token(&app, "ada").await;
    assert_eq!(second(&app, &step, "recovery", codes[2].clone()).await.status, 200);
    let logs = String::from_utf8_lossy(&crate::app::logs().lock().unwrap()).into_owned();
    for hidden in [&secret, &codes[2], &codes[2].replace('-', "").to_uppercase(), &step] {
        assert!(!logs.contains(hidden.as_str()), "{hidden}");
    }
    // Another account's sealed secret in this one's place does not open.
    let (_, other, _) = enrolled(&app, "bob").await;
    app.sql(
        "UPDATE totp SET sealed = (SELECT sealed FROM totp JOIN users ON id = user_id WHERE username = 'bob'), last_step = 0 \
         WHERE user_id = (SELECT id FROM users WHERE username = 'ada')",
    );
    let step = token(&app, "ada").await;
    assert_eq!(second(&app, &step, "totp", code(&other, 0)).await.status, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_person_is_told_after_both_steps_and_two_replicas_are_one() {
    let app = TestApp::spawn().await;
    let (_, secret, _) = enrolled(&app, "ada").await;
    let config = app.config.clone();
    let twin = TestApp::spawn_with(move |c| {
        c.postgres = config.postgres;
        c.signing_key = config.signing_key;
    })
    .await;
    let step = token(&app, "ada").await;
    assert_eq!(second(&twin, &step, "totp", code(&secret, 0)).await.status, 200);
    let step = token(&app, "ada").await;
    app.sql("UPDATE users SET suspended_at = now()");
    let refused = second(&app, &step, "totp", code(&secret, 1)).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "account_suspended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_the_password_and_not_the_second_factor_is_told_of_once() {
    let (app, smtp) = TestApp::spawn_with_mail(|c| c.second_factor.notice_after = 4).await;
    let (_, secret, _) = enrolled(&app, "ada").await;
    let told = |app: &TestApp, n: u32| {
        app.sql(&format!(
            "SELECT 1 / ((SELECT count(*) FROM mails WHERE kind = 'password_known') = {n})::int"
        ));
    };
    let wrong = async |times: u32| {
        for _ in 0..times {
            // Of whatever sign-in: the password was right each time.
            let step = token(&app, "ada").await;
            assert_eq!(second(&app, &step, "totp", "000000").await.code(), "invalid_second_factor");
        }
    };
    wrong(3).await;
    told(&app, 0);
    // Her own mistakes end with her own sign-in.
    let step = token(&app, "ada").await;
    assert_eq!(second(&app, &step, "totp", code(&secret, 0)).await.status, 200);
    wrong(3).await;
    told(&app, 0);
    wrong(1).await;
    told(&app, 1);
    let letter = mail(&smtp, "ada@example.org", "Somebody knows your password");
    assert!(letter.text.contains("/forgot-password"), "{}", letter.text);
    wrong(6).await;
    told(&app, 1);
    // Another day.
    app.sql("UPDATE wrong_second_factors SET since = now() - interval '25 hours'");
    wrong(4).await;
    told(&app, 2);
}
