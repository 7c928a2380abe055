//! Every operation by whom it is not for: without a token, with one that is good for nothing, with somebody else's. Whoever adds an operation has
//! to add its row.

use crate::{
    harness::{Streamer, TestApp, now, until},
    pushes::{Browser, reachable, subscribe},
    webhooks::receiver::Receiver,
};
use serde_json::{Value, json};
use streamly_auth::access::Claims;
use streamly_domain::Username;
use streamly_testkit::strangers::{
    Row,
    Whose::{Anyone, Everybody, Own, Staff, Theirs},
    bad_tokens, check, unknown_key,
};

const CALLS: &[Row] = &[
    ("GET", "/api/categories", Everybody, ""),
    ("GET", "/api/categories/{slug}", Everybody, ""),
    ("GET", "/api/admin/nodes", Staff, ""),
    ("GET", "/api/admin/broadcasts", Staff, ""),
    ("GET", "/api/admin/limits/stream", Staff, ""),
    ("GET", "/api/admin/limits/ingest", Staff, ""),
    ("GET", "/api/admin/categories", Staff, ""),
    ("POST", "/api/admin/categories", Staff, r#"{"name":"Strange things"}"#),
    ("PATCH", "/api/admin/categories/{slug}", Staff, r#"{"name":"Noise"}"#),
    ("POST", "/api/admin/categories/{slug}/merge", Staff, r#"{"into":"art"}"#),
    ("PUT", "/api/admin/categories/{slug}/picture", Staff, "x"),
    ("DELETE", "/api/admin/categories/{slug}/picture", Staff, ""),
    ("DELETE", "/api/admin/categories/{slug}", Staff, ""),
    ("GET", "/api/streams", Everybody, ""),
    ("GET", "/api/events", Anyone, ""),
    ("GET", "/api/pictures/{file}", Everybody, ""),
    ("GET", "/api/streams/{username}", Anyone, ""),
    ("GET", "/api/streams/{username}/about", Anyone, ""),
    ("GET", "/api/streams/{username}/card", Everybody, ""),
    ("GET", "/api/streams/{username}/schedule", Anyone, ""),
    ("GET", "/api/streams/{username}/schedule.ics", Everybody, ""),
    ("POST", "/api/streams/{username}/playback-token", Anyone, "{}"),
    ("GET", "/api/streams/{username}/follow", Own, ""),
    ("PUT", "/api/streams/{username}/follow", Own, ""),
    ("DELETE", "/api/streams/{username}/follow", Own, ""),
    ("GET", "/api/streams/me/following", Own, ""),
    ("POST", "/api/streams/keys", Own, r#"{"name":"mine"}"#),
    ("GET", "/api/streams/keys", Own, ""),
    ("PATCH", "/api/streams/keys/{id}", Theirs, r#"{"name":"mine","expires_at":"2020-01-01T00:00:00Z"}"#),
    ("POST", "/api/streams/keys/{id}/reveal", Theirs, ""),
    ("POST", "/api/streams/keys/{id}/rotate", Theirs, r#"{"overlap_s":0}"#),
    ("DELETE", "/api/streams/keys/{id}", Theirs, ""),
    ("GET", "/api/streams/me", Own, ""),
    ("PATCH", "/api/streams/me", Own, r#"{"title":"mine"}"#),
    ("POST", "/api/streams/me/end", Own, ""),
    ("POST", "/api/streams/me/go-live", Own, ""),
    ("GET", "/api/streams/me/watch-link", Own, ""),
    ("POST", "/api/streams/me/watch-link", Own, ""),
    ("DELETE", "/api/streams/me/watch-link", Own, ""),
    ("GET", "/api/streams/me/members", Own, ""),
    ("PUT", "/api/streams/me/members/{username}", Own, r#"{"role":"vip"}"#),
    ("DELETE", "/api/streams/me/members/{username}", Own, ""),
    ("PUT", "/api/streams/me/avatar", Own, "x"),
    ("DELETE", "/api/streams/me/avatar", Own, ""),
    ("PUT", "/api/streams/me/banner", Own, "x"),
    ("DELETE", "/api/streams/me/banner", Own, ""),
    ("POST", "/api/streams/me/pictures", Own, "x"),
    ("GET", "/api/streams/me/schedule", Own, ""),
    ("PUT", "/api/streams/me/schedule", Own, r#"{"time_zone":"Europe/Berlin","entries":[]}"#),
    ("GET", "/api/streams/me/broadcasts", Own, ""),
    ("GET", "/api/streams/me/qoe", Own, ""),
    ("GET", "/api/streams/me/broadcasts/{id}", Theirs, ""),
    ("GET", "/api/streams/me/broadcasts/{id}/minutes.csv", Theirs, ""),
    ("GET", "/api/streams/{username}/broadcasts", Anyone, ""),
    ("GET", "/api/streams/{username}/markers", Theirs, ""),
    // To a stranger as what is the staff's; to its owner, who is not on air here, it says that.
    ("POST", "/api/streams/{username}/markers", Staff, "{}"),
    ("PATCH", "/api/streams/{username}/markers/{id}", Theirs, r#"{"label":"mine"}"#),
    ("DELETE", "/api/streams/{username}/markers/{id}", Theirs, ""),
    ("PATCH", "/api/streams/me/following/{username}", Own, r#"{"notify":false}"#),
    ("GET", "/api/streams/me/notices", Own, ""),
    ("POST", "/api/streams/me/notices/seen", Own, "{}"),
    ("GET", "/api/streams/me/notices/settings", Own, ""),
    ("PATCH", "/api/streams/me/notices/settings", Own, r#"{"mail":true}"#),
    ("GET", "/api/streams/me/notices/browsers", Own, ""),
    ("POST", "/api/streams/me/notices/browsers", Own, "{}"),
    ("POST", "/api/streams/me/notices/browsers/test", Own, ""),
    ("DELETE", "/api/streams/me/notices/browsers/{id}", Theirs, ""),
    ("GET", "/api/streams/me/notices/stop/{token}", Everybody, ""),
    ("POST", "/api/streams/me/notices/stop/{token}", Everybody, ""),
    ("GET", "/api/streams/me/webhooks", Own, ""),
    (
        "POST",
        "/api/streams/me/webhooks",
        Own,
        r#"{"name":"mine","url":"https://example.org/","events":["live"]}"#,
    ),
    ("PATCH", "/api/streams/me/webhooks/{id}", Theirs, r#"{"enabled":false}"#),
    ("POST", "/api/streams/me/webhooks/{id}/rotate", Theirs, r#"{"overlap_s":0}"#),
    ("POST", "/api/streams/me/webhooks/{id}/test", Theirs, ""),
    ("GET", "/api/streams/me/webhooks/{id}/deliveries", Theirs, ""),
    ("POST", "/api/streams/me/webhooks/{id}/deliveries/{delivery}/redeliver", Theirs, ""),
    ("DELETE", "/api/streams/me/webhooks/{id}", Theirs, ""),
];

/// What ada sees of her own.
async fn of_ada(app: &TestApp, token: &str, webhook: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        "me",
        "keys",
        "me/members",
        "me/schedule",
        "me/watch-link",
        "me/following",
        "me/notices/settings",
        "me/notices/browsers",
        "me/broadcasts",
        "me/webhooks",
        &format!("me/webhooks/{webhook}/deliveries"),
    ] {
        let (status, body) = app.get(path, token).await;
        assert_eq!(status, 200, "{path} {body}");
        all.push(body);
    }
    all
}

/// The ids of what ada has: one of each thing that a row is about.
struct Hers {
    key: String,
    broadcast: String,
    marker: String,
    browser: String,
    webhook: String,
    delivery: String,
}

impl Hers {
    async fn make(app: &TestApp, ada: &Streamer, receiver: &Receiver) -> Self {
        let permit = app.permit(&ada.key, "n1").await;
        let mut node = app.live("n1", &permit).await;
        let marker = app.post("me/markers", &ada.token, "{}").await.1["id"].as_str().unwrap().to_owned();
        node.ended(&permit, "clean", "", "").await;
        node.settled().await;
        // As it is after a while, in which this would change by itself.
        app.sql("UPDATE broadcasts SET counted = true");
        let browser = subscribe(app, &ada.token, &Browser::new("http://127.0.0.1:9/x")).await;
        let hook = json!({"name": "Bot", "url": receiver.url(), "events": ["updated"]}).to_string();
        let hook = app.post("me/webhooks", &ada.token, &hook).await.1;
        let webhook = hook["id"].as_str().unwrap().to_owned();
        let sent = app.post(&format!("me/webhooks/{webhook}/test"), &ada.token, "").await.1;
        let log = format!("me/webhooks/{webhook}/deliveries");
        until("it has arrived", || async {
            app.get(&log, &ada.token).await.1["items"][0]["state"] == "delivered"
        })
        .await;
        let delivery = sent["id"].as_str().unwrap().to_owned();
        Self { key: ada.key_id.clone(), broadcast: permit.broadcast_id, marker, browser, webhook, delivery }
    }
    /// The id in a path, by what it is an id of.
    fn id(&self, path: &str) -> &str {
        match path.split("/{id}").next().unwrap().rsplit('/').next().unwrap() {
            "keys" => &self.key,
            "broadcasts" => &self.broadcast,
            "markers" => &self.marker,
            "browsers" => &self.browser,
            "webhooks" => &self.webhook,
            other => panic!("whose is an id of {other}? ({path})"),
        }
    }
    fn filled(&self, path: &str) -> String {
        if path == "/api/events" {
            return "/api/events?topics=directory,channel:1".into();
        }
        let id = if path.contains("{id}") { self.id(path) } else { "" };
        let path = path.replace("{id}", id).replace("{delivery}", &self.delivery).replace("{slug}", "music");
        let path = path.replace("{file}", "x.png").replace("{token}", "x").replace("{username}", "ada");
        assert!(!path.contains(['{', '}']) && !path.contains("//"), "{path}: something is not filled in");
        path
    }
}

#[tokio::test]
async fn a_token_by_a_key_that_nobody_published_is_refused_everywhere_before_the_body_is_read() {
    let app = TestApp::spawn().await;
    let claims = Claims::new(app.people.add("ada"), Username::parse("ada").unwrap(), now(), now());
    let token = unknown_key(&claims);
    // At once: each waits for the key.
    let (app_at, token) = (&app, token.as_str());
    let nothing = || "none".to_owned();
    let hers = &Hers {
        key: nothing(),
        broadcast: nothing(),
        marker: nothing(),
        browser: nothing(),
        webhook: nothing(),
        delivery: nothing(),
    };
    let guarded = CALLS.iter().filter(|(_, _, whose, _)| *whose != Everybody);
    let calls = guarded.map(|(method, path, ..)| async move {
        let (_, answer) = app_at.send(method, &hers.filled(path), token, Some("{")).await;
        assert_eq!(answer["code"], "unauthenticated", "{method} {path}");
    });
    futures_util::future::join_all(calls).await;
    app.stop().await;
}

#[tokio::test]
async fn each_operation_is_for_whom_its_row_says() {
    let (app, receiver) = (TestApp::spawn_with(reachable).await, Receiver::start().await);
    let document = app.get("openapi.json", "").await.1;
    check(&document, CALLS);
    let (ada, eve) = (app.streamer("ada").await, app.streamer("eve").await);
    assert_eq!(app.post("me/watch-link", &ada.token, "").await.0, 201);
    let hers = Hers::make(&app, &ada, &receiver).await;
    let bad = bad_tokens(&app.signing, &Claims::new(ada.id, Username::parse("ada").unwrap(), now(), now()));
    let before = of_ada(&app, &ada.token, &hers.webhook).await;
    for (method, path, whose, body) in CALLS {
        let path = hers.filled(path);
        let call = async |token: Option<&str>, body: &str| {
            let mut request = app.http.request(method.parse().unwrap(), app.url(&path));
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let kind = if body == "x" { "image/png" } else { "application/json" };
            if !body.is_empty() {
                request = request.header("content-type", kind).body(body.to_owned());
            }
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap_or_default();
            (status, body["code"].as_str().unwrap_or_default().to_owned())
        };
        let refused = (401, "unauthenticated".to_owned());
        if *whose != Everybody {
            for (what, token) in &bad {
                assert_eq!(call(Some(token), body).await, refused, "{method} {path}: {what}");
                // Nor is a stranger told what is wrong with a body.
                assert_eq!(call(Some(token), "{").await, refused, "{method} {path}: {what}");
            }
        }
        if !matches!(whose, Everybody | Anyone) {
            assert_eq!(call(None, body).await, refused, "{method} {path}");
        }
        let (status, code) = call(Some(&eve.token), body).await;
        match whose {
            Theirs => assert!(matches!(status, 403 | 404), "{method} {path} {status} {code}"),
            Staff => assert_eq!((status, code.as_str()), (403, "forbidden"), "{method} {path}"),
            _ => assert!(status < 500 && status != 401, "{method} {path} {status} {code}"),
        }
    }
    assert_eq!(of_ada(&app, &ada.token, &hers.webhook).await, before, "nothing of hers has changed");
    assert_eq!(app.get("/api/categories/music", "").await.1["name"], json!("Music"));
    // There is such a thing: to her each of these is something else than 404, in the order in which they are written.
    for (method, path, _, body) in CALLS.iter().filter(|(_, _, whose, _)| *whose == Theirs) {
        let answer =
            app.send(method, &hers.filled(path), &ada.token, Some(*body).filter(|b| !b.is_empty())).await;
        assert!(answer.0 != 404 && answer.0 < 500, "{method} {path}: {answer:?}");
    }
    app.stop().await;
}
