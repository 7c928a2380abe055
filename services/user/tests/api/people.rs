//! Registration, sign-in, profiles.

use crate::app::{PASSWORD, TestApp};
use reqwest::header;
use serde_json::json;
use std::time::{Duration, Instant};
use streamly_auth::access::Verifier;
use streamly_config::Secret;
use streamly_user::config::{Policy, Rate};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_registers_is_signed_in_and_has_a_profile() {
    let app = TestApp::spawn_with(|c| c.secure_cookies = true).await;
    let answer = app.register("Ada_1").await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let user = &answer.body["user"];
    assert_eq!((&user["username"], &user["display_name"]), (&json!("ada_1"), &json!("Ada_1")));
    assert_eq!(user["email"], "ada_1@example.org");
    assert!(user["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!((&answer.body["token_type"], &answer.body["expires_in"]), (&json!("Bearer"), &json!(900)));
    let cookie = answer.cookie.clone().unwrap();
    assert!(cookie.starts_with("refresh_token="), "{cookie}");
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/api/auth", "; Secure", "; Max-Age=2592000"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    // What the page's scripts may see: that there is a session, and no more of it.
    let sign = answer.headers.get_all(reqwest::header::SET_COOKIE).iter().nth(1).unwrap();
    assert_eq!(sign, "signed_in=1; Path=/; Max-Age=2592000; SameSite=Strict; Secure");

    let jwks = app.get("/.well-known/jwks.json").await;
    let claims = Verifier::new(&serde_json::from_value(jwks.body).unwrap()).verify(answer.access()).unwrap();
    assert_eq!(claims.sub.to_string(), user["id"]);
    assert_eq!(claims.username.as_str(), "ada_1");
    assert!(claims.auth_time.abs_diff(claims.iat) <= 2);

    let me = app.me(answer.access()).await;
    assert_eq!((me.status.as_u16(), &me.body["user"]), (200, user));
    let profile = app.get("/api/users/ADA_1").await;
    assert_eq!(profile.status, 200);
    assert_eq!(profile.body["id"], user["id"]);
    assert_eq!(profile.body.get("email"), None, "an address is private");
    assert_eq!(app.get("/api/users/nobody").await.code(), "user_not_found");
    assert_eq!(app.get("/api/users/%20").await.code(), "user_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_wrong_fields_are_named_at_once() {
    let app = TestApp::spawn().await;
    let answer = app.post("/api/auth/register", json!({"username": "a!", "password": "short"})).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (422, "validation_failed"));
    let named: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["field"].as_str().unwrap(), e["code"].as_str().unwrap()))
        .collect();
    assert_eq!(named, [("username", "invalid"), ("email", "required"), ("password", "too_short")]);
    let answer = app.post("/api/auth/login", json!({})).await;
    assert_eq!((answer.code(), answer.body["errors"].as_array().unwrap().len()), ("validation_failed", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_and_reserved_names_and_taken_addresses_are_conflicts() {
    let app = TestApp::spawn().await;
    assert_eq!(app.register("ada").await.status, 201);
    let again = app.register("ADA").await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "username_taken"));
    for name in ["demo", "Admin", "settings"] {
        assert_eq!(app.register(name).await.code(), "username_taken");
    }
    let body = json!({"username": "grace", "email": "ADA@example.org", "password": PASSWORD});
    let answer = app.post("/api/auth/register", body).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (409, "email_taken"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freed_name_rests_for_90_days_whoever_freed_it() {
    let app = TestApp::spawn().await;
    for name in ["ada", "grace"] {
        assert_eq!(app.register(name).await.status, 201);
    }
    app.sql("DELETE FROM users WHERE username = 'ada'");
    app.sql("UPDATE users SET username = 'grace2', email = 'other@example.org' WHERE username = 'grace'");
    app.sql("UPDATE freed_names SET freed_at = now() - interval '89 days'");
    for name in ["ada", "grace"] {
        let early = app.register(name).await;
        assert_eq!((early.status.as_u16(), early.code()), (409, "username_taken"));
    }
    app.sql("UPDATE freed_names SET freed_at = now() - interval '91 days'");
    for name in ["ada", "grace"] {
        assert_eq!(app.register(name).await.status, 201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_rested_or_expired_is_removed_and_nothing_else() {
    let app = TestApp::spawn().await;
    assert_eq!(app.register("ada").await.status, 201);
    // More than one statement removes.
    app.sql(
        "INSERT INTO freed_names SELECT 'old' || n, now() - interval '91 days' FROM generate_series(1, 450) n; \
         INSERT INTO freed_names VALUES ('young', now() - interval '89 days'); \
         INSERT INTO refresh_tokens (token_hash, family, user_id, auth_time, expires_at) SELECT \
         decode(lpad(to_hex(n), 64, '0'), 'hex'), gen_random_uuid(), id, now(), now() - interval '1 second' FROM users, generate_series(1, 450) n",
    );
    // Whoever relays cleans up at once: the right to is taken away, and somebody gets it within some seconds.
    app.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    let left =
        "SELECT 1 / ((SELECT count(*) FROM freed_names) + (SELECT count(*) FROM refresh_tokens) = 2)::int";
    let database = app.config.postgres.database.clone();
    app.until("cleaned up", || app.postgres.execute(&database, left).is_ok()).await;
    app.sql("SELECT 1 / count(*) FROM freed_names WHERE username = 'young'");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_spellings_of_one_name_or_address_are_one_and_look_alikes_are_none() {
    let app = TestApp::spawn().await;
    let register = async |name: &str, email: &str| {
        let body = json!({"username": name, "email": email, "password": PASSWORD});
        let answer = app.post("/api/auth/register", body).await;
        let field = answer.body["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
        let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
        (answer.status.as_u16(), code, field)
    };
    let made = (201, String::new(), String::new());
    assert_eq!(register("ada", "ada.l@example.org").await, made);
    for taken in ["ada", "ADA", "aDa"] {
        assert_eq!(register(taken, "x@example.org").await.1, "username_taken", "{taken}");
    }
    for taken in ["ada.l@example.org", "Ada.L@Example.ORG", "ADA.L@EXAMPLE.org"] {
        assert_eq!(register("other", taken).await.1, "email_taken", "{taken}");
    }
    // Another script's letters, full width, marks, joiners, overrides, blanks, and what is drawn as nothing.
    for odd in [
        "\u{430}da",
        "\u{ff41}da",
        "a\u{301}da",
        "ad\u{200d}a",
        "\u{202e}ada",
        "ad a",
        "ada\u{0}",
        "ada\u{200b}",
        "\u{2170}ada",
        "аԁа",
    ] {
        let answer = register(odd, "y@example.org").await;
        assert_eq!(answer, (422, "validation_failed".into(), "username".into()), "{odd:?}");
    }
    for odd in [
        "ada@ex\u{e4}mple.org",
        "\u{430}da@example.org",
        "ada@example.org\u{200b}",
        "ada@@example.org",
        "ada@example.org\r\nBcc: x@y.z",
    ] {
        let answer = register("other", odd).await;
        assert_eq!(answer, (422, "validation_failed".into(), "email".into()), "{odd:?}");
    }
    // Only some providers read over these: to the others they are somebody else's.
    for (name, email) in
        [("adb", "adal@example.org"), ("adc", "ada.l+tag@example.org"), ("add", "ada@xn--exmple-cua.org")]
    {
        assert_eq!(register(name, email).await, made, "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_registrations_at_once_one_wins() {
    let app = TestApp::spawn_with(|c| c.password.parallel = 2).await;
    for round in 0..5 {
        let name = format!("racer{round}");
        let (a, b) = tokio::join!(app.register(&name), app.register(&name));
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_registration_is_told_and_the_demo_account_is_there() {
    let app = TestApp::spawn_with(|c| {
        c.registration = Policy::Closed.into();
        c.demo_password = Some(Secret::new("demo demo demo"));
    })
    .await;
    let answer = app.register("ada").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "registration_closed"));
    let demo = app.login("demo", "demo demo demo").await;
    assert_eq!((demo.status.as_u16(), &demo.body["user"]["display_name"]), (200, &json!("Demo")));
    assert_eq!(demo.body["user"]["email"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_demo_password_replaces_the_old_one_and_the_same_one_keeps_sessions() {
    let mut first = TestApp::spawn_with(|c| c.demo_password = Some(Secret::new("first password"))).await;
    let session = first.login("demo", "first password").await;
    first.stop().await.unwrap();
    let config = first.config.clone();
    let restart = |password: &'static str| {
        let config = config.clone();
        TestApp::spawn_with(move |c| {
            c.postgres = config.postgres;
            c.signing_key = config.signing_key;
            c.demo_password = Some(Secret::new(password));
        })
    };
    let mut same = restart("first password").await;
    let refreshed = same.refresh(&session.token()).await;
    assert_eq!(refreshed.status, 200);
    same.stop().await.unwrap();
    let other = restart("second password").await;
    assert_eq!(other.login("demo", "first password").await.code(), "invalid_credentials");
    assert_eq!(other.login("demo", "second password").await.status, 200);
    assert_eq!(other.refresh(&refreshed.token()).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_works_by_name_and_by_address_in_any_case() {
    let app = TestApp::spawn().await;
    app.register("ada").await;
    for login in ["ada", "ADA", " ada ", "Ada@Example.org"] {
        let answer = app.login(login, PASSWORD).await;
        assert_eq!((answer.status.as_u16(), &answer.body["user"]["username"]), (200, &json!("ada")));
        assert_eq!(app.me(answer.access()).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_account_and_a_wrong_password_look_and_last_alike() {
    let app = TestApp::spawn().await;
    app.register("ada").await;
    let logins = ["ada", "nobody_here", "nobody@example.org", "?"];
    // A difference of the service is there each time; one of a busy machine is not.
    let mut seen = Vec::new();
    for _ in 0..4 {
        let quick = quick_times(&app, &logins).await;
        let ratios: Vec<_> = quick[1..].iter().map(|t| t.as_secs_f64() / quick[0].as_secs_f64()).collect();
        if ratios.iter().all(|ratio| (0.75..1.33).contains(ratio)) {
            return;
        }
        seen.push(ratios);
    }
    panic!("times tell who has an account: {seen:?}");
}

/// How long a refusal takes for each: the quick quarter, since a busy machine only ever adds. What each check costs to the tenth is a test
/// of `password`, by processor time.
async fn quick_times(app: &TestApp, logins: &[&str]) -> Vec<Duration> {
    let mut times = vec![Vec::new(); logins.len()];
    // In turns, so that whatever else this machine does meets all of them alike.
    for round in 0..25 {
        for turn in 0..logins.len() {
            let who = (turn + round) % logins.len();
            let started = Instant::now();
            let answer = app.login(logins[who], "not the password").await;
            times[who].push(started.elapsed());
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "invalid_credentials"));
            assert_eq!(answer.body["detail"], "User name or password is wrong.");
            assert_eq!(answer.cookie, None);
        }
    }
    times
        .into_iter()
        .map(|mut all| {
            all.sort_unstable();
            all[all.len() / 4]
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_is_told_so_only_with_its_password() {
    let app = TestApp::spawn().await;
    let session = app.register("ada").await;
    app.sql("UPDATE users SET suspended_at = now() WHERE username = 'ada'");
    let answer = app.login("ada", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "account_suspended"));
    assert_eq!(app.login("ada", "not the password").await.code(), "invalid_credentials");
    assert_eq!(app.me(session.access()).await.code(), "account_suspended");
    assert_eq!(app.refresh(&session.token()).await.code(), "account_suspended");
    assert_eq!(app.refresh(&session.token()).await.code(), "invalid_refresh_token", "its family has ended");
    assert_eq!(app.get("/api/users/ada").await.code(), "user_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_sign_ins_of_one_account_and_too_many_registrations_are_limited() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = true;
        c.limits.register = Rate { burst: 2, interval: streamly_config::Duration::from_secs(60) };
    })
    .await;
    assert_eq!(app.register("ada").await.status, 201);
    assert_eq!(app.register("grace").await.status, 201);
    let third = app.register("edith").await;
    assert_eq!((third.status.as_u16(), third.code()), (429, "rate_limited"));
    let wait: u64 = third.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    for _ in 0..10 {
        assert_eq!(app.login("ada", "not the password").await.status, 401);
    }
    let limited = app.login(" ADA", PASSWORD).await;
    assert_eq!((limited.status.as_u16(), limited.code()), (429, "rate_limited"));
    assert!(limited.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(app.login("grace", PASSWORD).await.status, 200, "another account is not concerned");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_try_a_password_on_every_account() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = true;
        c.limits.login_address = Rate { burst: 3, interval: streamly_config::Duration::from_secs(60) };
    })
    .await;
    for account in ["ada", "bob", "eve"] {
        assert_eq!(app.login(account, "correct horse").await.code(), "invalid_credentials");
    }
    let refused = app.login("mallory", "correct horse").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "rate_limited"));
}
