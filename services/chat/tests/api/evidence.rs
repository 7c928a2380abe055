//! The image of a reported message: gone for everybody with its message, and there for who has to judge it until they have.

use crate::{
    app::{Platform, until},
    client::Client,
    pictures::picture,
};
use image::ImageFormat;
use serde_json::{Value, json};

/// Says something with an image in ada's room; the message.
async fn shown(p: &Platform, client: &mut Client, name: &str) -> Value {
    let bytes = picture(ImageFormat::Jpeg, (320, 200), 9);
    let (status, image) = p.sent("POST", "/api/chat/rooms/ada/images", Some(name), bytes).await;
    assert_eq!(status, 201, "{image}");
    let nonce = image["id"].clone();
    client.send(json!({"type":"say","room":"ada","text":"look","nonce":nonce,"image":image["id"]})).await;
    loop {
        let message = client.wait_for("message").await;
        if message["image"]["id"] == image["id"] {
            return message;
        }
    }
}

async fn reported(p: &Platform, name: &str, message: &Value) -> Value {
    let body = json!({"room": "ada", "category": "sexual", "message_id": message["id"]});
    let (status, report) = p.call(0, "POST", "reports", Some(name), body).await;
    assert_eq!(status, 201, "{report}");
    report
}

fn is_stored(p: &Platform, message: &Value) -> bool {
    let name = message["image"]["id"].as_str().unwrap().replace('-', "");
    p.stored("images").iter().any(|f| f.to_string_lossy().contains(&name))
}

async fn deleted(p: &Platform, message: &Value, name: &str) {
    let path = format!("/{}", message["id"].as_str().unwrap());
    assert_eq!(p.rest(0, "DELETE", &path, Some(name)).await.0, 204);
    let url = message["image"]["url"].as_str().unwrap();
    until("nobody sees it", async || p.send(0, "GET", url, None, "").await.status() == 404).await;
}

async fn status(p: &Platform, report: &Value, name: Option<&str>) -> u16 {
    let path = format!("/api/chat/reports/{}/image", report["id"].as_str().unwrap());
    p.send(0, "GET", &path, name, "").await.status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_image_of_a_reported_message_is_kept_for_its_judges_until_they_have_judged() {
    let p = Platform::start(1).await;
    p.set("ada", &json!({"images": true}));
    let mut bob = p.join(0, Some("bob")).await;
    bob.said("bob is here").await;
    let (message, other) = (shown(&p, &mut bob, "bob").await, shown(&p, &mut bob, "bob").await);
    let report = reported(&p, "cleo", &message).await;
    deleted(&p, &message, "bob").await;
    deleted(&p, &other, "bob").await;
    until("what nobody reported is gone", async || !is_stored(&p, &other)).await;
    assert!(is_stored(&p, &message));
    let (_, queue) = p.call(0, "GET", "rooms/ada/reports", Some("mia"), Value::Null).await;
    let path = queue["items"][0]["image"].as_str().unwrap();
    assert_eq!(path, format!("/api/chat/reports/{}/image", report["id"].as_str().unwrap()));
    for name in ["mia", "ada", "stan"] {
        let answer = p.send(0, "GET", path, Some(name), "").await;
        assert_eq!(answer.status(), 200, "{name}");
        assert!(answer.headers()["cache-control"].to_str().unwrap().contains("no-store"));
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("image/"));
        assert!(image::load_from_memory(&answer.bytes().await.unwrap()).is_ok());
    }
    assert_eq!(status(&p, &report, None).await, 401);
    for name in ["bob", "cleo", "vic"] {
        assert_eq!(status(&p, &report, Some(name)).await, 404, "{name}");
    }
    let (_, own) = p.call(0, "GET", "reports?mine=1", Some("cleo"), Value::Null).await;
    assert!(own["items"][0].get("image").is_none(), "reporters judge nothing: {own}");
    let path = format!("reports/{}/resolve", report["id"].as_str().unwrap());
    let done = p.call(0, "POST", &path, Some("mia"), json!({"outcome": "acted"})).await;
    assert_eq!((done.0, done.1.get("image")), (200, None), "{}", done.1);
    until("it is gone now", async || !is_stored(&p, &message)).await;
    assert_eq!(status(&p, &report, Some("mia")).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reported_to_the_platform_only_its_staff_looks_at() {
    let p = Platform::start(1).await;
    p.set("ada", &json!({"images": true}));
    let mut ada = p.join(0, Some("ada")).await;
    let message = shown(&p, &mut ada, "ada").await;
    let report = reported(&p, "cleo", &message).await;
    assert_eq!(report["queue"], "platform");
    deleted(&p, &message, "ada").await;
    for (name, expected) in [("mia", 404), ("ada", 404), ("cleo", 404), ("stan", 200)] {
        assert_eq!(status(&p, &report, Some(name)).await, expected, "{name}");
    }
}
