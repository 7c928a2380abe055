//! Bad input, methods, tokens, documents, start-up.

use crate::app::{PASSWORD, TestApp};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, header};
use serde_json::{Value, json};
use streamly_auth::{
    SigningKey,
    access::{Claims, sign},
};
use streamly_domain::{UserId, Username};
use streamly_user::{
    Config, ROUTES, Service,
    config::{Policy, Registration, SecondFactorConfig, Tls},
    openapi,
};

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_told_apart() {
    let app = TestApp::spawn().await;
    let post = |kind: &'static str, body: String| {
        app.send(app.request(Method::POST, "/api/auth/login").header(header::CONTENT_TYPE, kind).body(body))
    };
    let json = "application/json";
    for (kind, body, status, code) in [
        (json, "{\"login\":".to_owned(), 400, "malformed_request"),
        (json, "\u{0}\u{1}".to_owned(), 400, "malformed_request"),
        (json, "7".to_owned(), 422, "validation_failed"),
        (json, "[]".to_owned(), 422, "validation_failed"),
        (json, "{\"login\":7,\"password\":{}}".to_owned(), 422, "validation_failed"),
        (json, format!("{{\"login\":\"{}\"}}", "x".repeat(70_000)), 413, "payload_too_large"),
        ("text/plain", "{}".to_owned(), 415, "unsupported_media_type"),
        (json, format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)), 400, "malformed_request"),
    ] {
        let answer = post(kind, body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
    }
    let long = app.login("nobody", &"p".repeat(60_000)).await;
    assert_eq!(long.code(), "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_are_problems_and_so_is_an_unknown_second_step() {
    let app = TestApp::spawn().await;
    for path in ["/api/auth/nothing", "/"] {
        assert_eq!(app.post(path, json!({})).await.code(), "not_found");
    }
    assert_eq!(app.post("/api/auth/mfa", json!({"method": 7})).await.code(), "validation_failed");
    let unknown =
        app.post("/api/auth/mfa", json!({"mfa_token": "x", "method": "totp", "response": "1"})).await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (401, "invalid_credentials"));
    let answer = app.get("/api/auth/login").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (405, "method_not_allowed"));
    assert_eq!(app.get("/health").await.body, json!({"status": "ok"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_access_tokens_are_refused() {
    let app = TestApp::spawn().await;
    let session = app.register("ada").await;
    let id: UserId = session.body["user"]["id"].as_str().unwrap().parse().unwrap();
    let name = Username::parse("ada").unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let good = Claims::new(id, name.clone(), now, now);
    let other = SigningKey::generate().unwrap();
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&good).unwrap());
    let none = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#));
    let kid = app.key.kid();
    let none_with_kid = format!(
        "{}.{payload}.",
        URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","typ":"JWT","kid":"{kid}"}}"#))
    );
    let expired = sign(&app.key, &Claims::new(id, name.clone(), now - 2000, now - 2000)).unwrap();
    let stranger = sign(&app.key, &Claims::new(UserId::new(), name, now, now)).unwrap();
    let foreign = sign(&other, &good).unwrap();
    for bad in ["", "x", "a.b.c", &none, &none_with_kid, &expired, &foreign, &stranger] {
        let answer = app.me(bad).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "unauthenticated"), "{bad}");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    assert_eq!(app.get("/api/auth/me").await.status, 401);
    assert_eq!(app.me(&sign(&app.key, &good).unwrap()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_lists_every_route() {
    let app = TestApp::spawn().await;
    let document = app.get("/api/auth/openapi.json").await.body;
    assert_eq!(document, serde_json::to_value(openapi()).unwrap());
    let mut listed = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            listed.push((method.clone(), path.clone()));
        }
    }
    let mut expected: Vec<_> = ROUTES.iter().map(|(m, p)| ((*m).to_owned(), (*p).to_owned())).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    for (method, path) in ROUTES {
        let method: Method = method.to_uppercase().parse().unwrap();
        let path = path.replace("{username}", "nobody").replace("{id}", "none");
        let answer = app.send(app.request(method, &path)).await;
        let code = answer.body.get("code").and_then(Value::as_str);
        assert!(!matches!(code, Some("not_found" | "method_not_allowed")), "{path} is not served");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_apps_with_one_key_are_one_service() {
    let a = TestApp::spawn().await;
    let config = a.config.clone();
    let b = TestApp::spawn_with(move |c| {
        c.postgres = config.postgres;
        c.signing_key = config.signing_key;
    })
    .await;
    let token = a.register("ada").await.token();
    let (x, y) = tokio::join!(a.refresh(&token), b.refresh(&token));
    assert_eq!((x.status.as_u16(), y.status.as_u16()), (200, 200));
    assert_eq!(x.token(), y.token());
    assert_eq!(b.login("ada", PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stop_is_clean_and_quick() {
    let mut app = TestApp::spawn().await;
    app.register("ada").await;
    let started = std::time::Instant::now();
    app.stop().await.unwrap();
    assert!(started.elapsed() < std::time::Duration::from_secs(4), "{:?}", started.elapsed());
}

#[test]
fn all_problems_of_a_configuration_are_listed_and_a_taken_port_is_named() {
    let mut config = Config { workers: 0, sessions: 201, ..Config::default() };
    config.limits.login.burst = 0;
    config.password.passes = 0;
    config.demo_password_file = Some("/nonexistent/file".into());
    config.mail.from = "nobody at all".into();
    config.mail.smtp.host = "mail.example".into();
    config.mail.smtp.username = "me".into();
    config.limits.login_delay.free = 0;
    config.second_factor.passkeys = 0;
    config.redis.password_file = Some("/nonexistent/redis".into());
    config.postgres.password_file = Some("/nonexistent/postgres".into());
    config.stream = Some(streamly_rpc::PeerConfig::at("http://127.0.0.1:1"));
    let error = Service::bind(config).err().unwrap();
    assert_eq!(error.exit_code(), 64);
    let text = error.to_string();
    let keys = ["signing_key:", "workers:", "sessions:", "limits.login:", "password:", "demo_password_file:"];
    for key in keys.into_iter().chain([
        "second_factor.sealing:",
        "second_factor.passkeys:",
        "mail.from:",
        "public_url:",
        "mail.smtp.username:",
        "limits.login_delay:",
        "redis: password_file /nonexistent/redis ",
        "postgres: password_file /nonexistent/postgres ",
        "trust: trust.key",
    ]) {
        assert!(text.contains(key), "{key} in {text}");
    }

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let key = SigningKey::generate().unwrap().to_text();
    let sealing = Some(streamly_config::Secret::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    let config = Config {
        second_factor: SecondFactorConfig { sealing, ..SecondFactorConfig::default() },
        http: taken.local_addr().unwrap(),
        signing_key: Some(streamly_config::Secret::new(key)),
        ..Config::default()
    };
    let error = Service::bind(config).err().unwrap();
    assert_eq!(error.exit_code(), 69);
    assert!(error.to_string().contains(&taken.local_addr().unwrap().to_string()), "{error}");
}

#[test]
fn the_environment_sets_what_the_launcher_sets() {
    let env = [
        ("STREAMLY_USER__HTTP", "127.0.0.1:8080"),
        ("STREAMLY_USER__POSTGRES__HOST", "/run/streamly"),
        ("STREAMLY_USER__SIGNING_KEY_FILE", "/run/key"),
        ("STREAMLY_USER__REGISTRATION__POLICY", "invite"),
        ("STREAMLY_USER__REGISTRATION__CONFIRM_EMAIL_FIRST", "true"),
        ("STREAMLY_USER__MAIL__SMTP__HOST", "mail.example"),
        ("STREAMLY_USER__MAIL__SMTP__TLS", "implicit"),
        ("STREAMLY_USER__TRUST__PEERS__STREAM", "abc"),
        ("STREAMLY_USER__LIMITS__LOGIN__BURST", "5"),
        ("STREAMLY_USER__LIMITS__LOGIN__INTERVAL", "2s"),
        ("STREAMLY_USER__TRUSTED_PROXIES", "[\"10.0.0.1\"]"),
    ];
    let env = env.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let config: Config = streamly_config::load("user", None, &env).unwrap();
    assert_eq!(config.limits.login.burst, 5);
    assert_eq!(config.postgres.host, "/run/streamly");
    assert_eq!(config.trust.peers["stream"], "abc");
    assert_eq!(config.registration, Registration { policy: Policy::Invite, confirm_email_first: true });
    assert_eq!((config.mail.smtp.host.as_str(), config.mail.smtp.tls), ("mail.example", Tls::Implicit));
    let word = [("STREAMLY_USER__REGISTRATION".to_owned(), "closed".to_owned())].into();
    let config: Config = streamly_config::load("user", None, &word).unwrap();
    assert_eq!(config.registration, Policy::Closed.into());
    let config: Config =
        streamly_config::load("user", Some("registration = \"open\""), &Default::default()).unwrap();
    assert_eq!(config.registration, Policy::Open.into());
}
