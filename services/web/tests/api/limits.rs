//! The limits that web goes by, for whom user takes for staff.

use crate::{TestApp, peers::Peer};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn whom_user_shows_its_limits_web_shows_its_own_and_nobody_else() {
    let peer = Peer::start().await;
    let app = TestApp::spawn_with(peer.address, |config| config.max_held = 7).await;
    let asked = async |token: &str| {
        let request = app.client.get(app.url("/api/admin/limits/web"));
        request.header("authorization", format!("Bearer {token}")).send().await.unwrap()
    };
    let told = asked("staff").await;
    assert_eq!(told.status(), 200);
    assert_eq!(told.headers()["cache-control"], "no-store");
    let told: Value = told.json().await.unwrap();
    let said = |key: &str| {
        let item = told["items"].as_array().unwrap().iter().find(|item| item["key"] == key)?;
        Some((item["value"].clone(), item["default"].clone()))
    };
    assert_eq!(said("max_held"), Some((json!("7"), json!("16"))));
    assert_eq!(said("cache"), Some((json!("256 MiB"), json!("256 MiB"))));
    assert_eq!(said("https.max_streams"), Some((json!("128"), json!("128"))));
    for hidden in ["http", "public_url", "redis.url", "sid_key", "trusted_proxies", "user_url"] {
        assert_eq!(said(hidden), None, "{hidden}");
    }
    let refused = asked("somebody").await;
    assert_eq!(
        (refused.status().as_u16(), refused.headers()["content-type"].to_str().unwrap()),
        (403, "application/problem+json")
    );
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "forbidden");
    assert_eq!(peer.count("GET /api/admin/limits/user "), 2, "user is asked each time");
    app.stop().await;
    let app = TestApp::spawn(([127, 0, 0, 1], 9).into()).await;
    assert_eq!(app.get("/api/admin/limits/web").await.status(), 502, "nobody is told while user is away");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nodes_limits_are_asked_of_stream() {
    let (user, stream) = (Peer::start().await, Peer::start().await);
    let app = TestApp::spawn_with(user.address, |config| config.stream_url = stream.url()).await;
    assert_eq!(app.get("/api/admin/limits/ingest").await.status(), 200);
    assert_eq!(stream.count("GET /api/admin/limits/ingest "), 1);
    assert_eq!(user.count("limits"), 0);
}
