//! Refresh tokens: rotation, the grace of two tabs, reuse, sign-out.

use crate::app::{PASSWORD, TestApp, logs};
use streamly_auth::{Jwks, access::Verifier};
use streamly_config::Duration;
use streamly_user::config::Rate;

/// Makes every replacement look older than the grace.
fn let_the_grace_pass(app: &TestApp) {
    app.sql("UPDATE refresh_tokens SET replaced_at = replaced_at - interval '31 s'");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_gives_a_new_cookie_and_keeps_the_time_of_the_password() {
    let app = TestApp::spawn().await;
    let session = app.register("ada").await;
    app.sql("UPDATE refresh_tokens SET auth_time = to_timestamp(1700000000)");
    let next = app.refresh(&session.token()).await;
    assert_eq!(next.status, 200, "{next:?}");
    assert_ne!(next.token(), session.token());
    assert_eq!(next.body["user"], session.body["user"]);
    let claims = Verifier::new(&Jwks { keys: vec![app.key.jwk()] }).verify(next.access()).unwrap();
    assert_eq!(claims.auth_time, 1_700_000_000);
    let third = app.refresh(&next.token()).await;
    let claims = Verifier::new(&Jwks { keys: vec![app.key.jwk()] }).verify(third.access()).unwrap();
    assert_eq!((third.status.as_u16(), claims.auth_time), (200, 1_700_000_000));
    // No token stands in the database as it is in the cookie.
    let raw = session.token();
    app.sql(&format!(
        "DO $$ BEGIN ASSERT (SELECT count(*) FROM refresh_tokens) = 3; \
         ASSERT NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t::text LIKE '%{raw}%'); END $$"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_and_a_lost_answer_get_the_same_successor() {
    let app = TestApp::spawn().await;
    let token = app.register("ada").await.token();
    let (a, b, c) = tokio::join!(app.refresh(&token), app.refresh(&token), app.refresh(&token));
    assert_eq!([a.status.as_u16(), b.status.as_u16(), c.status.as_u16()], [200; 3]);
    assert_eq!(a.token(), b.token());
    assert_eq!(a.token(), c.token());
    assert_eq!(app.refresh(&token).await.token(), a.token(), "and once more, the answer was lost");
    let next = app.refresh(&a.token()).await;
    assert_eq!(next.status, 200);
    // A late tab is given the token that is good now, not one that will end the family.
    assert_eq!(app.refresh(&token).await.token(), next.token());
    let_the_grace_pass(&app);
    assert_eq!(app.refresh(&next.token()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn reuse_after_the_grace_ends_the_family_and_all_access_tokens_and_is_logged_and_no_other_family() {
    let app = TestApp::spawn().await;
    let stolen = app.register("ada").await.token();
    let other = app.login("ada", PASSWORD).await;
    let current = app.refresh(&stolen).await.token();
    let_the_grace_pass(&app);
    let reuse = app.refresh(&stolen).await;
    assert_eq!((reuse.status.as_u16(), reuse.code()), (401, "invalid_refresh_token"));
    assert_eq!(app.refresh(&current).await.code(), "invalid_refresh_token");
    // Access tokens that the thief may have are void everywhere; the other sign-in gets another one without a word.
    app.sql(
        "DO $$ BEGIN ASSERT (SELECT count(*) FROM users WHERE username = 'ada' AND tokens_void_before IS NOT NULL) = 1; END $$",
    );
    assert_eq!(app.me(other.access()).await.code(), "unauthenticated");
    let renewed = app.refresh(&other.token()).await;
    assert_eq!(renewed.status, 200);
    assert_eq!(app.me(renewed.access()).await.status, 200);
    let text = String::from_utf8_lossy(&logs().lock().unwrap()).into_owned();
    assert!(text.contains("a replaced refresh token was used again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reuse_that_could_not_be_dealt_with_whole_is_noticed_again_at_the_next_try() {
    let app = TestApp::spawn().await;
    let stolen = app.register("ada").await.token();
    let other = app.login("ada", PASSWORD).await;
    let current = app.refresh(&stolen).await.token();
    let_the_grace_pass(&app);
    let held = app.connection().await;
    held.batch_execute("BEGIN; SELECT FROM users WHERE username = 'ada' FOR NO KEY UPDATE").await.unwrap();
    assert_eq!(app.refresh(&stolen).await.status, 503);
    held.batch_execute("COMMIT").await.unwrap();
    assert_eq!(app.me(other.access()).await.status, 200);
    assert_eq!(app.refresh(&stolen).await.code(), "invalid_refresh_token");
    assert_eq!(app.refresh(&current).await.code(), "invalid_refresh_token");
    assert_eq!(app.me(other.access()).await.code(), "unauthenticated");
    // What it voided then it voids once.
    let renewed = app.refresh(&other.token()).await;
    assert_eq!(app.refresh(&stolen).await.code(), "invalid_refresh_token");
    assert_eq!(app.me(renewed.access()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_renewed_only_so_often_keeps_its_cookie_then_and_reuse_is_noticed_all_the_same() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = true;
        c.limits.refresh = Rate { burst: 2, interval: Duration::from_secs(60) };
    })
    .await;
    let first = app.register("ada").await.token();
    let other = app.login("ada", PASSWORD).await.token();
    let second = app.refresh(&first).await.token();
    let third = app.refresh(&second).await.token();
    for _ in 0..3 {
        let refused = app.refresh(&third).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
        assert!(refused.headers.contains_key("retry-after") && refused.cookie.is_none());
    }
    // Two tabs and a lost answer write nothing; another sign-in has its own.
    assert_eq!(app.refresh(&second).await.token(), third);
    assert_eq!(app.refresh(&other).await.status, 200);
    let_the_grace_pass(&app);
    assert_eq!(app.refresh(&first).await.code(), "invalid_refresh_token");
    assert_eq!(app.refresh(&third).await.code(), "invalid_refresh_token", "the family has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_unknown_missing_and_malformed_tokens_are_refused_alike() {
    let app = TestApp::spawn().await;
    let token = app.register("ada").await.token();
    app.sql("UPDATE refresh_tokens SET expires_at = now() - interval '1 s'");
    let unknown = "A".repeat(43);
    for bad in [token.as_str(), &unknown, "", "junk", &"x".repeat(4000)] {
        let answer = app.refresh(bad).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "invalid_refresh_token"), "{bad}");
    }
    let bare = app.send(app.request(reqwest::Method::POST, "/api/auth/refresh")).await;
    assert_eq!(bare.code(), "invalid_refresh_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_ends_the_family_and_clears_the_cookie() {
    let app = TestApp::spawn().await;
    let token = app.register("ada").await.token();
    let current = app.refresh(&token).await.token();
    let answer = app.logout(&current).await;
    assert_eq!(answer.status, 204);
    let sign = answer.headers.get_all(reqwest::header::SET_COOKIE).iter().nth(1).unwrap();
    assert_eq!(sign, "signed_in=; Path=/; Max-Age=0; SameSite=Strict");
    let cookie = answer.cookie.unwrap();
    assert!(cookie.starts_with("refresh_token=;") && cookie.contains("Max-Age=0"), "{cookie}");
    for old in [&token, &current] {
        assert_eq!(app.refresh(old).await.status, 401);
    }
    assert_eq!(app.logout("junk").await.status, 204, "signing out twice is no error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_cannot_refresh_or_sign_out() {
    let app = TestApp::spawn_with(|c| c.public_url = Some("https://stream.example".into())).await;
    let token = app.register("ada").await.token();
    for foreign in ["https://evil.example", "null"] {
        let answer = app.refresh_from(&token, foreign).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "forbidden"));
    }
    let own = format!("http://{}", app.addresses.http);
    let next = app.refresh_from(&token, &own).await;
    assert_eq!(next.status, 200);
    assert_eq!(app.refresh_from(&next.token(), "https://stream.example").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_does_nothing_by_the_cookie_whatever_it_calls_itself() {
    use reqwest::{Method, header};
    let app = TestApp::spawn().await;
    let token = app.register("ada").await.token();
    let cookie = format!("refresh_token={token}");
    let form = "application/x-www-form-urlencoded";
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        for (site, kind) in [
            ("cross-site", form),
            ("same-site", "text/plain"),
            ("cross-site", "multipart/form-data; boundary=x"),
        ] {
            let request = app.request(Method::POST, path).header(header::COOKIE, &cookie);
            let request =
                request.header("sec-fetch-site", site).header(header::CONTENT_TYPE, kind).body("a=b");
            let answer = app.send(request).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (403, "forbidden"), "{path} {site} {kind}");
        }
    }
    // What no cookie is asked for takes no forms: a page of another site cannot sign anybody in or up without being asked for leave first.
    for path in ["/api/auth/login", "/api/auth/register", "/api/auth/mfa", "/api/auth/password/reset"] {
        for kind in [form, "text/plain", "multipart/form-data; boundary=x"] {
            let request = app.request(Method::POST, path).header(header::CONTENT_TYPE, kind);
            let answer = app.send(request.body(r#"{"login":"ada","password":"x"}"#)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (415, "unsupported_media_type"),
                "{path} {kind}"
            );
        }
    }
    let own = app.request(Method::POST, "/api/auth/refresh").header(header::COOKIE, &cookie);
    assert_eq!(app.send(own.header("sec-fetch-site", "same-origin")).await.status, 200, "nothing has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_password_or_a_token() {
    let app = TestApp::spawn().await;
    let secret = "kR7-only-in-this-test";
    let body = serde_json::json!({"username": "quiet", "email": "q@example.org", "password": secret});
    let session = app.post("/api/auth/register", body).await;
    let login = app.login("quiet", secret).await;
    app.login(secret, "x").await;
    app.post("/api/auth/register", serde_json::json!({"username": secret, "password": [secret]})).await;
    let next = app.refresh(&session.token()).await;
    let_the_grace_pass(&app);
    app.refresh(&session.token()).await;
    app.me(login.access()).await;
    app.me(&format!("{}x", login.access())).await;
    let text = String::from_utf8_lossy(&logs().lock().unwrap()).into_owned();
    assert!(text.contains("registered"), "logs are captured");
    for hidden in
        [secret, &session.token(), &next.token(), &login.token(), login.access(), &app.key.to_text()]
    {
        assert!(!text.contains(hidden), "{hidden} is in the log");
    }
}
