//! Every operation by whom it is not for: without a token, with one that is good for nothing, with somebody else's. Whoever adds an operation has
//! to add its row.

use crate::{app::TestApp, passkeys::enrolled};
use reqwest::{Method, header};
use serde_json::{Value, json};
use streamly_auth::access::Claims;
use streamly_domain::Username;
use streamly_testkit::strangers::{
    Row,
    Whose::{Everybody, Own, Staff, Theirs},
    bad_tokens, check, unknown_key,
};
use streamly_user::openapi;

const CALLS: &[Row] = &[
    ("GET", "/.well-known/jwks.json", Everybody, ""),
    ("GET", "/api/auth/openapi.json", Everybody, ""),
    ("GET", "/api/users/{username}", Everybody, ""),
    ("GET", "/api/auth/mail", Everybody, ""),
    ("POST", "/api/auth/register", Everybody, "{}"),
    ("POST", "/api/auth/login", Everybody, "{}"),
    ("POST", "/api/auth/mfa", Everybody, "{}"),
    ("POST", "/api/auth/refresh", Everybody, ""),
    ("POST", "/api/auth/logout", Everybody, ""),
    ("POST", "/api/auth/restore", Everybody, "{}"),
    ("POST", "/api/auth/password/forgot", Everybody, "{}"),
    ("POST", "/api/auth/password/reset", Everybody, "{}"),
    ("POST", "/api/auth/email/verify", Everybody, "{}"),
    ("POST", "/api/auth/passkeys/challenge", Everybody, ""),
    ("POST", "/api/auth/passkeys/sign-in", Everybody, "{}"),
    ("GET", "/api/admin/first", Everybody, ""),
    ("POST", "/api/browser-errors", Everybody, "{}"),
    ("GET", "/api/auth/me", Own, ""),
    ("PATCH", "/api/auth/me", Own, r#"{"display_name":"EVE"}"#),
    ("DELETE", "/api/auth/me", Own, ""),
    ("GET", "/api/auth/me/export", Own, ""),
    ("PUT", "/api/auth/me/password", Own, r#"{"password":"another long password"}"#),
    ("POST", "/api/auth/me/email", Own, r#"{"email":"other@example.org"}"#),
    ("POST", "/api/auth/email/verification", Own, ""),
    ("POST", "/api/auth/reauth", Own, r#"{"password":"wrong"}"#),
    ("GET", "/api/auth/sessions", Own, ""),
    ("DELETE", "/api/auth/sessions", Own, ""),
    ("DELETE", "/api/auth/sessions/{id}", Theirs, ""),
    ("GET", "/api/auth/second-factor", Own, ""),
    ("POST", "/api/auth/totp", Own, ""),
    ("POST", "/api/auth/totp/confirm", Own, r#"{"code":"000000"}"#),
    ("DELETE", "/api/auth/totp", Own, ""),
    ("POST", "/api/auth/recovery-codes", Own, ""),
    ("GET", "/api/auth/passkeys", Own, ""),
    ("POST", "/api/auth/passkeys/options", Own, ""),
    ("POST", "/api/auth/passkeys", Own, r#"{"name":"x","credential":{}}"#),
    ("PATCH", "/api/auth/passkeys/{id}", Theirs, r#"{"name":"mine"}"#),
    ("DELETE", "/api/auth/passkeys/{id}", Theirs, ""),
    ("POST", "/api/admin/first", Own, r#"{"token":"none"}"#),
    ("GET", "/api/admin/users", Staff, ""),
    ("PUT", "/api/admin/users/{id}/suspension", Staff, r#"{"reason":"spam"}"#),
    ("DELETE", "/api/admin/users/{id}/suspension", Staff, ""),
    ("PUT", "/api/admin/users/{id}/role", Staff, r#"{"role":"admin"}"#),
    ("DELETE", "/api/admin/users/{id}/second-factor", Staff, r#"{"reason":"lost"}"#),
    ("GET", "/api/admin/audit", Staff, ""),
    ("GET", "/api/admin/signing-keys", Staff, ""),
    ("GET", "/api/admin/mails", Staff, ""),
    ("GET", "/api/admin/mails/{id}", Staff, ""),
    ("GET", "/api/admin/invitations", Staff, ""),
    ("POST", "/api/admin/invitations", Staff, "{}"),
    ("DELETE", "/api/admin/invitations/{id}", Staff, ""),
    ("GET", "/api/admin/browser-errors", Staff, ""),
    ("GET", "/api/admin/limits/user", Staff, ""),
    ("DELETE", "/api/admin/browser-errors/{id}", Staff, ""),
];

/// What ada sees of her own.
async fn of_ada(app: &TestApp, access: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["me", "sessions", "passkeys", "second-factor"] {
        let answer = app.call(Method::GET, &format!("/api/auth/{path}"), access, Value::Null).await;
        assert_eq!(answer.status, 200, "{path}");
        all.push(answer.body);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_is_for_whom_its_row_says() {
    let app = TestApp::spawn_with(|c| c.public_url = Some("https://stream.example".into())).await;
    check(&serde_json::to_value(openapi()).unwrap(), CALLS);
    let (ada, _) = enrolled(&app, "ada").await;
    let before = of_ada(&app, ada.access()).await;
    let id = before[0]["user"]["id"].as_str().unwrap().to_owned();
    let session = before[1]["items"][0]["id"].as_str().unwrap().to_owned();
    let passkey = before[2]["items"][0]["id"].as_str().unwrap().to_owned();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = Claims::new(id.parse().unwrap(), Username::parse("ada").unwrap(), now, now);
    let mut bad = bad_tokens(&app.key, &claims);
    bad.push(("another key", unknown_key(&claims)));
    for (n, (method, path, whose, body)) in CALLS.iter().enumerate() {
        let theirs = match *path {
            p if p.contains("/sessions/") => &session,
            p if p.contains("/passkeys/") => &passkey,
            _ => &id,
        };
        let path = path.replace("{id}", theirs).replace("{username}", "ada");
        let call = async |token: Option<&str>, body: &str| {
            let mut request = app.request(method.parse().unwrap(), &path);
            if let Some(token) = token {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            if !body.is_empty() {
                request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_owned());
            }
            let answer = app.send(request).await;
            let code = answer.body.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
            (answer.status.as_u16(), code)
        };
        if *whose == Everybody {
            let (status, code) = call(None, body).await;
            assert!(status < 500 && code != "unauthenticated", "{method} {path} {status} {code}");
            continue;
        }
        let refused = (401, "unauthenticated".to_owned());
        assert_eq!(call(None, body).await, refused, "{method} {path}");
        for (what, token) in &bad {
            assert_eq!(call(Some(token), body).await, refused, "{method} {path}: {what}");
            // Nor is a stranger told what is wrong with a body.
            assert_eq!(call(Some(token), "{").await, refused, "{method} {path}: {what}");
        }
        // Somebody new each time: some of these calls end what she has.
        let eve = app.register(&format!("eve{n}")).await;
        let (status, code) = call(Some(eve.access()), body).await;
        match whose {
            Theirs => assert!(matches!(status, 403 | 404), "{method} {path} {status} {code}"),
            Staff => assert_eq!((status, code.as_str()), (403, "forbidden"), "{method} {path}"),
            _ => assert!(status < 500 && code != "unauthenticated", "{method} {path} {status} {code}"),
        }
    }
    assert_eq!(of_ada(&app, ada.access()).await, before, "nothing of hers has changed");
    app.sql("SELECT 1 / (count(*) = 0)::int FROM users WHERE role <> 'user' OR suspended_at IS NOT NULL");
    assert_eq!(app.get("/api/users/ada").await.body["username"], json!("ada"));
}
