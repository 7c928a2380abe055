//! The REST calls: keys, the own channel, the directory; and what they answer to bad input and to strangers.

use crate::harness::{TestApp, now, until};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use streamly_auth::{SigningKey, access};
use streamly_domain::Username;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_key_is_shown_at_creation_and_after_a_recent_sign_in_only() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let made = app.post("keys", &ada.token, r#"{"name":" Laptop ","more":1}"#).await.1;
    let key = made["key"].as_str().unwrap();
    assert_eq!(made["name"], "Laptop");
    assert_eq!(made["rtmp_url"], "rtmp://localhost:1935/live");
    assert_eq!(made["stream_url"], format!("rtmp://localhost:1935/live/{key}"));
    assert!(made.get("rtmps_url").is_none(), "none is configured");
    assert_eq!(made["playback_url"], "http://localhost:3000/live/ada/index.m3u8");
    let list = app.get("keys", &ada.token).await.1;
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(list["items"][0]["last_used_at"], Value::Null);
    assert!(!list.to_string().contains(key) && !list.to_string().contains(&ada.key));
    app.permit(&ada.key, "n1").await;
    let used = app.get("keys", &ada.token).await.1["items"][0].clone();
    assert!(used["last_used_at"].is_string() && used["encoder"] == "obs" && used["remote_addr"] == "n1:1");

    let reveal = format!("keys/{}/reveal", ada.key_id);
    let shown = app.post(&reveal, &ada.token, "").await;
    assert_eq!((shown.0, shown.1["key"].as_str()), (200, Some(ada.key.as_str())));
    // Not by whoever finds a browser that was left open, in whatever way: no key is made, replaced or shown.
    let old = app.token(ada.id, "ada", now() - 3600);
    let rotate = format!("keys/{}/rotate", ada.key_id);
    for (path, body) in
        [(reveal.as_str(), ""), ("keys", r#"{"name":"mine"}"#), (&rotate, r#"{"overlap_s":0}"#)]
    {
        assert_eq!(code(&app.post(path, &old, body).await), (403, "reauth_required"), "{path}");
    }
    assert_eq!(app.get("keys", &ada.token).await.1["items"].as_array().unwrap().len(), 2);
    assert_eq!(app.post(&reveal, &ada.token, "").await.1["key"], ada.key);
    app.stop().await;
}

#[tokio::test]
async fn the_openapi_document_names_every_call_and_no_other() {
    let app = TestApp::spawn().await;
    let document = app.get("openapi.json", "").await.1;
    let paths = document["paths"].as_object().unwrap();
    let named = |path: &str| paths[path].as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let named: Vec<_> = paths.keys().map(|path| (path.as_str(), named(path))).collect();
    let calls = [
        ("/api/admin/broadcasts", "get"),
        ("/api/admin/categories", "get post"),
        ("/api/admin/categories/{slug}", "delete patch"),
        ("/api/admin/categories/{slug}/merge", "post"),
        ("/api/admin/categories/{slug}/picture", "delete put"),
        ("/api/admin/limits/ingest", "get"),
        ("/api/admin/limits/stream", "get"),
        ("/api/admin/nodes", "get"),
        ("/api/categories", "get"),
        ("/api/categories/{slug}", "get"),
        ("/api/events", "get"),
        ("/api/pictures/{file}", "get"),
        ("/api/streams", "get"),
        ("/api/streams/keys", "get post"),
        ("/api/streams/keys/{id}", "delete patch"),
        ("/api/streams/keys/{id}/reveal", "post"),
        ("/api/streams/keys/{id}/rotate", "post"),
        ("/api/streams/me", "get patch"),
        ("/api/streams/me/avatar", "delete put"),
        ("/api/streams/me/banner", "delete put"),
        ("/api/streams/me/broadcasts", "get"),
        ("/api/streams/me/broadcasts/{id}", "get"),
        ("/api/streams/me/broadcasts/{id}/minutes.csv", "get"),
        ("/api/streams/me/end", "post"),
        ("/api/streams/me/following", "get"),
        ("/api/streams/me/following/{username}", "patch"),
        ("/api/streams/me/go-live", "post"),
        ("/api/streams/me/members", "get"),
        ("/api/streams/me/members/{username}", "delete put"),
        ("/api/streams/me/notices", "get"),
        ("/api/streams/me/notices/browsers", "get post"),
        ("/api/streams/me/notices/browsers/test", "post"),
        ("/api/streams/me/notices/browsers/{id}", "delete"),
        ("/api/streams/me/notices/seen", "post"),
        ("/api/streams/me/notices/settings", "get patch"),
        ("/api/streams/me/notices/stop/{token}", "get post"),
        ("/api/streams/me/pictures", "post"),
        ("/api/streams/me/qoe", "get"),
        ("/api/streams/me/schedule", "get put"),
        ("/api/streams/me/watch-link", "delete get post"),
        ("/api/streams/me/webhooks", "get post"),
        ("/api/streams/me/webhooks/{id}", "delete patch"),
        ("/api/streams/me/webhooks/{id}/deliveries", "get"),
        ("/api/streams/me/webhooks/{id}/deliveries/{delivery}/redeliver", "post"),
        ("/api/streams/me/webhooks/{id}/rotate", "post"),
        ("/api/streams/me/webhooks/{id}/test", "post"),
        ("/api/streams/{username}", "get"),
        ("/api/streams/{username}/about", "get"),
        ("/api/streams/{username}/broadcasts", "get"),
        ("/api/streams/{username}/card", "get"),
        ("/api/streams/{username}/follow", "delete get put"),
        ("/api/streams/{username}/markers", "get post"),
        ("/api/streams/{username}/markers/{id}", "delete patch"),
        ("/api/streams/{username}/playback-token", "post"),
        ("/api/streams/{username}/schedule", "get"),
        ("/api/streams/{username}/schedule.ics", "get"),
    ];
    assert_eq!(named, calls.map(|(path, methods)| (path, methods.to_owned())));
    // Each of them is a route: what is none is told so.
    for (path, methods) in calls {
        for method in methods.to_uppercase().split(' ') {
            let path = path
                .replace("{id}", "x")
                .replace("{slug}", "x")
                .replace("{file}", "x")
                .replace("{username}", "nobody");
            let answer = app.send(method, &path, "", None).await;
            let code = answer.1["code"].as_str().unwrap_or_default();
            assert!(!["not_found", "method_not_allowed"].contains(&code), "{method} {path}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn a_rotated_key_goes_on_for_the_overlap_and_a_running_broadcast_goes_on_anyway() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let rotate = format!("keys/{}/rotate", ada.key_id);
    // What does not read must not pass for "no overlap".
    for (body, status, name) in [
        (r#"{"overlap_s":"long"}"#, 422, "validation_failed"),
        (r#"{"overlap_s":-1}"#, 422, "validation_failed"),
        (r#"{"overlap_s":700000}"#, 422, "validation_failed"),
        (r#"{"overlap_s":"#, 400, "malformed_request"),
    ] {
        assert_eq!(code(&app.post(&rotate, &ada.token, body).await), (status, name), "{body}");
    }
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let second = app.post(&rotate, &ada.token, r#"{"overlap_s":600}"#).await.1;
    let second = second["key"].as_str().unwrap();
    assert_ne!(second, ada.key);
    for key in [ada.key.as_str(), second] {
        assert_eq!(app.permit(key, "n1").await.broadcast_id, permit.broadcast_id);
    }
    let third = app.post(&rotate, &ada.token, "").await.1;
    let third = third["key"].as_str().unwrap();
    assert_eq!(app.refusal(second, "n1").await.code, "key_revoked");
    let me = app.get("me", &ada.token).await.1;
    assert!(me["refusals"][0]["detail"].as_str().unwrap().contains("replaced"));
    assert_eq!(me["state"], "live", "a running broadcast goes on");
    let shown = app.post(&format!("keys/{}/reveal", ada.key_id), &ada.token, "").await.1;
    assert_eq!(shown["key"], third);
    drop(node);
    app.stop().await;
}

#[tokio::test]
async fn keys_are_few_and_that_they_are_is_in_the_document() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    for _ in 1..app.config.max_keys {
        assert_eq!(app.post("keys", &ada.token, r#"{"name":"one more"}"#).await.0, 201);
    }
    let answer = app.post("keys", &ada.token, r#"{"name":"one too many"}"#).await;
    assert_eq!(code(&answer), (409, "too_many_keys"));
    let document = app.get("openapi.json", "").await.1;
    assert!(document["paths"]["/api/streams/keys"]["post"]["responses"]["409"].is_object());
    app.stop().await;
}

#[tokio::test]
async fn somebody_elses_keys_do_not_exist() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let (id, nothing) = (&ada.key_id, uuid::Uuid::now_v7().to_string());
    for id in [id.as_str(), &nothing, "x", "..%2F.."] {
        for (method, path) in [
            ("POST", format!("keys/{id}/reveal")),
            ("POST", format!("keys/{id}/rotate")),
            ("PATCH", format!("keys/{id}")),
            ("DELETE", format!("keys/{id}")),
        ] {
            let body =
                (method == "PATCH").then_some(r#"{"name":"mine","expires_at":"2020-01-01T00:00:00Z"}"#);
            let answer = app.send(method, &path, &bob.token, body).await;
            assert_eq!(code(&answer), (404, "key_not_found"), "{method} {path}");
        }
    }
    assert_eq!(app.get("keys", &bob.token).await.1["items"].as_array().unwrap().len(), 1);
    app.permit(&ada.key, "n1").await;
    app.stop().await;
}

#[tokio::test]
async fn a_token_that_was_voided_is_good_for_nothing_and_a_later_one_is() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    assert_eq!(app.get("me", &ada.token).await.0, 200);
    let void_before = |at: u64| {
        let args = [format!("rev:{}", ada.id), at.to_string(), "EX".to_owned(), "900".to_owned()];
        app.bus.call::<streamly_redis::Value>("SET", args)
    };
    void_before(now() + 1).await.unwrap();
    for (method, path) in [("GET", "me"), ("POST", "keys"), ("GET", "keys"), ("POST", "me/end")] {
        let answer = app.send(method, path, &ada.token, Some("{}")).await;
        assert_eq!(code(&answer), (401, "unauthenticated"), "{method} {path}");
    }
    void_before(now() - 1).await.unwrap();
    assert_eq!(app.get("me", &ada.token).await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn bad_tokens_bodies_and_cursors_are_told_by_a_code() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let claims = |at| access::Claims::new(ada.id, Username::parse("ada").unwrap(), at, at);
    let expired = access::sign(&app.signing, &claims(now() - 3600)).unwrap();
    let foreign = access::sign(&SigningKey::generate().unwrap(), &claims(now())).unwrap();
    let part = |v: Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let body = serde_json::to_value(claims(now())).unwrap();
    let none = format!("{}.{}.", part(json!({"alg": "none", "kid": app.signing.kid()})), part(body));
    for token in ["", "x", &expired, &foreign, &none] {
        for (method, path) in [
            ("GET", "keys"),
            ("POST", "keys"),
            ("GET", "me"),
            ("PATCH", "me"),
            ("POST", "me/end"),
            ("DELETE", "keys/x"),
            ("POST", "keys/x/reveal"),
            ("POST", "keys/x/rotate"),
        ] {
            // Whatever the body is: a stranger is told nothing about it.
            let answer = app.send(method, path, token, Some(r#"{"name":7"#)).await;
            assert_eq!(code(&answer), (401, "unauthenticated"), "{method} {path} {token}");
        }
    }
    let big = format!(r#"{{"name":"{}"}}"#, "x".repeat(70_000));
    for (body, status, name) in [
        ("{", 400, "malformed_request"),
        ("[]", 422, "validation_failed"),
        (r#"{"name":7}"#, 422, "validation_failed"),
        (r#"{"name":"  "}"#, 422, "validation_failed"),
        (r#"{"name":"a\u0000b"}"#, 422, "validation_failed"),
        (big.as_str(), 413, "payload_too_large"),
    ] {
        let answer = app.post("keys", &ada.token, body).await;
        assert_eq!(code(&answer), (status, name), "{}", &body[..body.len().min(40)]);
        assert!(answer.1["request_id"].is_string());
    }
    let cursor = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for c in [
        "zz",
        "%00",
        &cursor("1:1"),
        &cursor("2:1:x"),
        &cursor("2:l:x:1"),
        &cursor("2:l:00000000000000000000000000000000:0"),
        &cursor("1:x:y"),
        &cursor("1:1:not-an-id"),
    ] {
        assert_eq!(code(&app.get(&format!("?cursor={c}"), "").await), (400, "invalid_cursor"), "{c}");
    }
    assert_eq!(code(&app.get("?limit=-1", "").await), (400, "malformed_request"));
    assert_eq!(code(&app.get(&format!("?q={}", "x".repeat(200)), "").await), (422, "validation_failed"));
    assert_eq!(code(&app.send("PUT", "keys", &ada.token, None).await), (405, "method_not_allowed"));
    for name in ["nobody", "a%00b", "me%2F", "%F0%9F%A6%80"] {
        assert_eq!(app.get(name, "").await.0, 404, "{name}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_owner_changes_the_channel_within_limits_and_ends_the_broadcast() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let edit = r#"{"title":" Hello ","category":"Music","tags":["a","b","a"],"unknown":true}"#;
    let stream = app.send("PATCH", "me", &ada.token, Some(edit)).await;
    assert_eq!(stream.0, 200);
    assert_eq!((&stream.1["title"], &stream.1["tags"]), (&json!("Hello"), &json!(["a", "b"])));
    let part = app.send("PATCH", "me", &ada.token, Some(r#"{"title":null}"#)).await.1;
    assert_eq!((&part["title"], &part["category"]), (&json!("Hello"), &json!("Music")));
    let long = json!({"title": "x".repeat(141), "category": "x".repeat(61), "tags": ["", "x\ny"]});
    let wrong = app.send("PATCH", "me", &ada.token, Some(&long.to_string())).await;
    assert_eq!(code(&wrong), (422, "validation_failed"));
    let fields: Vec<_> = wrong.1["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["title", "category", "tags", "tags"]);
    let many = json!({"tags": (0..11).map(|n| n.to_string()).collect::<Vec<_>>()});
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(&many.to_string())).await.0, 422);

    assert_eq!(app.post("me/end", &ada.token, "").await.0, 204, "nothing to end is fine");
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    until("health", || async {
        let me = app.get("me", &ada.token).await.1;
        me["state"] == "live" && me["health"]["health"]["fps"] == 30.0
    })
    .await;
    assert_eq!(app.post("me/end", &ada.token, "").await.0, 204);
    assert_eq!(node.end().await.2, "owner_ended");
    assert_eq!(app.get("ada", "").await.1["state"], "offline");
    app.stop().await;
}

#[tokio::test]
async fn a_name_that_was_unknown_is_known_soon_after_its_user_signs_up() {
    let app = TestApp::spawn().await;
    assert_eq!(app.get("ada", "").await.0, 404);
    app.people.add("ada");
    let signed_up = std::time::Instant::now();
    until("known", || async { app.get("ada", "").await.0 == 200 }).await;
    assert!(signed_up.elapsed() < std::time::Duration::from_secs(3), "{:?}", signed_up.elapsed());
    app.stop().await;
}

#[tokio::test]
async fn a_name_given_to_somebody_else_moves_with_them() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    app.people.change(ada.id, |u| u.username = "countess".into());
    let heir = app.people.add("ada");
    let token = app.token(heir, "ada", now());
    assert_eq!(app.get("me", &token).await.0, 200);
    assert_eq!(app.get("ada", "").await.1["owner_id"], heir.to_string());
    let token = app.token(ada.id, "countess", now());
    let me = app.get("me", &token).await.1;
    assert_eq!((&me["username"], &me["id"]), (&json!("countess"), &json!(ada.channel)));
    assert_eq!(app.get("countess", "").await.1["id"], ada.channel.as_str());
    app.stop().await;
}

#[tokio::test]
async fn calls_are_limited_per_person_also_while_redis_is_away() {
    let mut app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let reveal = format!("keys/{}/reveal", ada.key_id);
    let mut last = (0, Value::Null);
    for _ in 0..12 {
        last = app.post(&reveal, &ada.token, "").await;
    }
    assert_eq!(code(&last), (429, "rate_limited"));
    let request = app.http.post(app.url(&reveal)).bearer_auth(&ada.token).send().await.unwrap();
    let wait: u64 = request.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert_eq!(app.post(&format!("keys/{}/reveal", bob.key_id), &bob.token, "").await.0, 200);
    let mut edit = (0, Value::Null);
    for _ in 0..30 {
        edit = app.send("PATCH", "me", &ada.token, Some("{}")).await;
    }
    assert_eq!(code(&edit), (429, "rate_limited"));
    app.redis.kill();
    let mut answers = Vec::new();
    for _ in 0..12 {
        answers.push(app.post(&format!("keys/{}/reveal", bob.key_id), &bob.token, "").await.0);
    }
    assert_eq!((answers[0], *answers.last().unwrap()), (200, 429), "{answers:?}");
    app.stop().await;
}
