//! The keys of access tokens follow one another while the service runs.

use crate::app::{Answer, TestApp};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use streamly_auth::{Ring, SigningKey};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

async fn with_file() -> (TestApp, tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("access-tokens.key");
    std::fs::write(&file, SigningKey::generate().unwrap().to_text()).unwrap();
    let config = file.clone();
    let app = TestApp::spawn_with(|c| {
        c.signing_key = None;
        c.signing_key_file = Some(config);
    });
    (app.await, dir, file)
}

fn read(file: &std::path::Path) -> Ring {
    Ring::parse(&std::fs::read_to_string(file).unwrap()).unwrap()
}

async fn published(app: &TestApp) -> Vec<String> {
    let set = app.get("/.well-known/jwks.json").await.body;
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Asks until the answer is as wanted, for up to ten seconds.
async fn until(app: &TestApp, what: &str, kids: &[&str]) {
    let give_up = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while published(app).await != kids {
        assert!(std::time::Instant::now() < give_up, "not {what}: {:?}", published(app).await);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn kid_of(answer: &Answer) -> String {
    let head = answer.access().split('.').next().unwrap();
    let head = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, head).unwrap();
    serde_json::from_slice::<Value>(&head).unwrap()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_follows_another_and_nobody_is_signed_out_until_the_former_one_is_taken_away() {
    let (app, _dir, file) = with_file().await;
    let ada = app.register("ada").await;
    let first = kid_of(&ada);
    // Published before it signs.
    let (ring, second) = read(&file).rotated(now(), 3600).unwrap();
    std::fs::write(&file, ring.to_text()).unwrap();
    until(&app, "both", &[&first, second.kid()]).await;
    let still = app.refresh(&ada.token()).await;
    assert_eq!(kid_of(&still), first);
    // Its time comes.
    let text =
        ring.to_text().replace(&(second.to_text() + " "), &(second.to_text() + " 1 #")).replace('#', "");
    let text = text.lines().map(|l| l.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    std::fs::write(&file, text.join("\n")).unwrap();
    // By its own clock the former key's tokens have ended then: it is gone, and what it signed is refused.
    until(&app, "the new one alone", &[second.kid()]).await;
    let refused = app.me(still.access()).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (401, "unauthenticated"));
    // The sign-in goes on, also for the late twin of a rotation under the former key.
    let twin = app.refresh(&ada.token()).await;
    assert_eq!((kid_of(&twin), twin.token()), (second.kid().to_owned(), still.token()));
    assert_eq!(app.me(twin.access()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_former_key_hold_while_the_new_one_signs() {
    let (app, _dir, file) = with_file().await;
    let ada = app.register("ada").await;
    let (ring, second) = read(&file).rotated(now(), 0).unwrap();
    std::fs::write(&file, ring.to_text()).unwrap();
    until(&app, "both", &[&kid_of(&ada), second.kid()]).await;
    let renewed = app.refresh(&ada.token()).await;
    assert_eq!(kid_of(&renewed), second.kid());
    for token in [ada.access(), renewed.access()] {
        assert_eq!(app.me(token).await.status, 200);
    }
    // A damaged file changes nothing.
    std::fs::write(&file, "damaged").unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(app.me(renewed.access()).await.status, 200);
    assert_eq!(kid_of(&app.refresh(&renewed.token()).await), second.kid());
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_see_the_keys_and_nothing_secret_of_them() {
    let (app, _dir, file) = with_file().await;
    let (chief, ada) = (app.register("chief").await, app.register("ada").await);
    app.sql("UPDATE users SET role = 'admin' WHERE username = 'chief'");
    let (ring, second) = read(&file).rotated(now(), 600).unwrap();
    std::fs::write(&file, ring.to_text()).unwrap();
    until(&app, "both", &[&kid_of(&chief), second.kid()]).await;
    let path = "/api/admin/signing-keys";
    let seen = app.call(Method::GET, path, chief.access(), Value::Null).await.body;
    let states: Vec<_> = seen["items"].as_array().unwrap().iter().map(|k| k["state"].clone()).collect();
    assert_eq!(states, [json!("signing"), json!("next")]);
    assert!(seen["items"][0]["signs_from"].is_null() && seen["items"][1]["signs_from"].is_string());
    for key in ring.keys() {
        assert!(!seen.to_string().contains(&key.to_text()));
    }
    assert_eq!(app.call(Method::GET, path, ada.access(), Value::Null).await.code(), "forbidden");
    assert_eq!(app.get(path).await.code(), "unauthenticated");
}
