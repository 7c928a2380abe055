//! Web Push: to a real receiver that opens what it gets with the browser's keys, as a browser does (RFC 8291), and sees who sent it.

use crate::harness::{TestApp, until};
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
    signature::{self, ECDSA_P256_SHA256_FIXED},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use streamly_config::{Duration, Secret};
use streamly_stream::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Receivers of these tests are on loopback, and speak plain HTTP.
pub fn reachable(config: &mut Config) {
    config.rate_limits = false;
    config.outbound.allow = vec!["127.0.0.0/8".parse().unwrap()];
    config.outbound.https_only = false;
    config.outbound.ports = Vec::new();
    config.notices.settle = Duration::from_secs(0);
    config.notices.vapid_key = Some(Secret::new("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="));
    config.notices.contact = Some("mailto:post@stream.example".into());
}

/// A browser with keys of its own.
pub struct Browser {
    pub endpoint: String,
    key: PrivateKey,
    auth: [u8; 16],
}

impl Browser {
    pub fn new(endpoint: &str) -> Self {
        let auth = uuid::Uuid::now_v7().into_bytes();
        Self { endpoint: endpoint.into(), key: PrivateKey::generate(&ECDH_P256).unwrap(), auth }
    }
    fn public(&self) -> Vec<u8> {
        self.key.compute_public_key().unwrap().as_ref().to_vec()
    }
    /// As it subscribes.
    pub fn body(&self, name: &str) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"endpoint": self.endpoint, "expirationTime": null, "name": name,
               "keys": {"p256dh": encode(&self.public()), "auth": encode(&self.auth)}})
        .to_string()
    }
    /// What a push says (RFC 8291, 3.4; RFC 8188, 2).
    fn open(&self, body: &[u8]) -> Value {
        let (salt, rest) = body.split_at(16);
        assert_eq!((&rest[..4], rest[4]), (&4096u32.to_be_bytes()[..], 65));
        let (sender, sealed) = rest[5..].split_at(65);
        let hmac = |key: &[u8], text: &[u8]| -> Vec<u8> {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        };
        let input = agree(&self.key, UnparsedPublicKey::new(&ECDH_P256, sender), (), |shared| {
            let info = [b"WebPush: info\0", &self.public()[..], sender, &[1]].concat();
            Ok(hmac(&hmac(&self.auth, shared), &info))
        })
        .unwrap();
        let pseudorandom = hmac(salt, &input);
        let key = hmac(&pseudorandom, b"Content-Encoding: aes128gcm\0\x01");
        let nonce = hmac(&pseudorandom, b"Content-Encoding: nonce\0\x01");
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).unwrap();
        let mut text = sealed.to_vec();
        let text = key.open_in_place(nonce, Aad::empty(), &mut text).unwrap();
        serde_json::from_slice(text.strip_suffix(&[2]).unwrap()).unwrap()
    }
}

/// A push as it came.
#[derive(Debug, Clone)]
pub struct Push {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// A push service: answers with the status that a path ends with (`/x/410`), not at all where it is `silent`, else 201.
#[derive(Clone)]
pub struct PushService {
    origin: String,
    taken: Arc<Mutex<Vec<Push>>>,
    /// Those that wait for an answer.
    pub open: Arc<AtomicUsize>,
}

impl PushService {
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1").await
    }
    /// Another host is another push service.
    pub async fn start_at(host: &str) -> Self {
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let service = Self { origin, taken: Arc::default(), open: Arc::default() };
        let (taken, open) = (service.taken.clone(), service.open.clone());
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let (taken, open) = (taken.clone(), open.clone());
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    let (push, length) = loop {
                        let mut part = [0; 4096];
                        let n = socket.read(&mut part).await.unwrap_or(0);
                        if n == 0 {
                            return;
                        }
                        bytes.extend_from_slice(&part[..n]);
                        let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
                        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                        let mut lines = head.lines();
                        let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
                        let headers: BTreeMap<_, _> = lines
                            .filter_map(|l| l.split_once(": "))
                            .map(|(n, v)| (n.to_lowercase(), v.to_owned()))
                            .collect();
                        let length: usize = headers.get("content-length").map_or(0, |l| l.parse().unwrap());
                        break (Push { path, headers, body: bytes[end + 4..].to_vec() }, length);
                    };
                    let mut push = push;
                    while push.body.len() < length {
                        let mut part = [0; 4096];
                        let n = socket.read(&mut part).await.unwrap_or(0);
                        if n == 0 {
                            return;
                        }
                        push.body.extend_from_slice(&part[..n]);
                    }
                    if push.path.ends_with("/silent") {
                        taken.lock().push(push);
                        open.fetch_add(1, Ordering::SeqCst);
                        while socket.read(&mut [0; 64]).await.is_ok_and(|n| n > 0) {}
                        open.fetch_sub(1, Ordering::SeqCst);
                        return;
                    }
                    let status = push.path.rsplit('/').next().unwrap().parse().unwrap_or(201u16);
                    taken.lock().push(push);
                    let answer =
                        format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    let _ = socket.write_all(answer.as_bytes()).await;
                });
            }
        });
        service
    }
    pub fn browser(&self, path: &str) -> Browser {
        Browser::new(&format!("{}{path}", self.origin))
    }
    pub fn to(&self, path: &str) -> Vec<Push> {
        self.taken.lock().iter().filter(|p| p.path == path).cloned().collect()
    }
}

pub async fn subscribe(app: &TestApp, token: &str, browser: &Browser) -> String {
    let made = app.post("me/notices/browsers", token, &browser.body("Firefox on Linux")).await;
    assert_eq!(made.0, 201, "{}", made.1);
    made.1["id"].as_str().unwrap().to_owned()
}
pub async fn follow(app: &TestApp, token: &str, name: &str) {
    assert_eq!(app.send("PUT", &format!("{name}/follow"), token, None).await.0, 204);
}
/// Both walks are done.
pub async fn pushed_to_the_end(app: &TestApp, broadcast: &str) {
    let sql = format!(
        "SELECT 1 / count(*) FROM live_notices WHERE broadcast_id = '{broadcast}' AND unproved_done_at IS NOT NULL"
    );
    until("all are pushed to", || async { app.pg.execute(&app.database, &sql).is_ok() }).await;
}

#[tokio::test]
async fn a_followers_browser_opens_a_push_that_says_what_is_live_and_who_sends_it() {
    let (app, service) = (TestApp::spawn_with(reachable).await, PushService::start().await);
    let ada = app.streamer("ada").await;
    let (_, token) = app.person("bob");
    follow(&app, &token, "ada").await;
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"title":"Engines"}"#)).await.0, 200);
    let browser = service.browser("/secret/place");
    subscribe(&app, &token, &browser).await;
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    pushed_to_the_end(&app, &permit.broadcast_id).await;
    let got = service.to("/secret/place");
    assert_eq!(got.len(), 1);
    let said = browser.open(&got[0].body);
    assert_eq!(
        (&said["type"], &said["username"], &said["display_name"], &said["title"], &said["broadcast_id"]),
        (&json!("live"), &json!("ada"), &json!("ADA"), &json!("Engines"), &json!(permit.broadcast_id))
    );
    let header = |name: &str| got[0].headers[name].as_str();
    assert_eq!(
        (header("ttl"), header("urgency"), header("content-encoding")),
        ("3600", "normal", "aes128gcm")
    );
    let about = URL_SAFE_NO_PAD.decode(header("topic")).unwrap();
    assert_eq!(uuid::Uuid::from_slice(&about).unwrap().to_string(), ada.channel);
    // Signed under the key that browsers were given, for this service alone.
    let listed = app.get("me/notices/browsers", &token).await.1;
    let (jwt, key) = header("authorization").strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    assert_eq!(listed["public_key"], key);
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (signed, mac) = jwt.rsplit_once('.').unwrap();
    signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(key))
        .verify(signed.as_bytes(), &decode(mac))
        .unwrap();
    let claims: Value = serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
    assert_eq!(
        (&claims["aud"], &claims["sub"]),
        (&json!(service.origin), &json!("mailto:post@stream.example"))
    );
    // Where it is reached is nobody's to read, not even in the table.
    assert_eq!(listed["items"][0]["name"], "Firefox on Linux");
    assert!(listed["items"][0]["told_at"].is_string() && !listed.to_string().contains("secret"), "{listed}");
    app.sql("DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM push_subscriptions p WHERE p::text LIKE '%secret%' OR encode(p.sealed, 'escape') LIKE '%secret%'); END $$");
    app.stop().await;
}

#[tokio::test]
async fn each_follower_is_told_in_their_language_and_so_is_a_test() {
    let (app, service) = (TestApp::spawn_with(reachable).await, PushService::start().await);
    let ada = app.streamer("ada").await;
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"category":"music"}"#)).await.0, 200);
    let mut browsers = Vec::new();
    for (name, language) in [("german", "de"), ("english", "en"), ("unsaid", ""), ("newer", "pl")] {
        let (id, token) = app.person(name);
        app.people.change(id, |u| u.language = language.into());
        follow(&app, &token, "ada").await;
        let browser = service.browser(&format!("/{name}"));
        subscribe(&app, &token, &browser).await;
        browsers.push((name, token, browser));
    }
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    pushed_to_the_end(&app, &permit.broadcast_id).await;
    for (name, token, browser) in browsers {
        let (language, category) = if name == "german" { ("de", "Musik") } else { ("en", "Music") };
        let said = browser.open(&service.to(&format!("/{name}"))[0].body);
        assert_eq!((&said["language"], &said["category"]), (&json!(language), &json!(category)), "{name}");
        assert_eq!(app.post("me/notices/browsers/test", &token, "").await.1["told"], 1);
        let said = browser.open(&service.to(&format!("/{name}"))[1].body);
        assert_eq!((&said["type"], &said["language"]), (&json!("test"), &json!(language)), "{name}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_browser_that_is_no_more_is_forgotten_and_a_test_asks_each_once() {
    let (app, service) = (TestApp::spawn_with(reachable).await, PushService::start().await);
    let (_, token) = app.person("bob");
    let paths = ["/a", "/b/410", "/c/404", "/d/503", "/e/429", "/f/400", "/g/302"];
    for path in paths {
        subscribe(&app, &token, &service.browser(path)).await;
    }
    let done = app.post("me/notices/browsers/test", &token, "").await;
    assert_eq!((done.0, done.1), (200, json!({"told": 1, "gone": 2, "failed": 4})));
    let asked: Vec<_> = paths.iter().map(|path| service.to(path).len()).collect();
    assert_eq!(asked, [1; 7]);
    let left = app.get("me/notices/browsers", &token).await.1;
    assert_eq!(left["items"].as_array().unwrap().len(), 5);
    assert_eq!(left["items"].as_array().unwrap().iter().filter(|b| b["told_at"].is_string()).count(), 1);
    app.stop().await;
}

#[tokio::test]
async fn only_followers_who_want_it_and_may_be_told_are_pushed_to() {
    let (app, service) = (TestApp::spawn_with(reachable).await, PushService::start().await);
    let ada = app.streamer("ada").await;
    for name in ["wants", "off", "bell_off", "left", "suspended", "stranger"] {
        let (id, token) = app.person(name);
        if name != "stranger" {
            follow(&app, &token, "ada").await;
        }
        subscribe(&app, &token, &service.browser(&format!("/{name}"))).await;
        match name {
            "off" => app.send("PATCH", "me/notices/settings", &token, Some(r#"{"push":false}"#)).await.0,
            "bell_off" => app.send("PATCH", "me/following/ada", &token, Some(r#"{"notify":false}"#)).await.0,
            "left" => app.send("DELETE", "ada/follow", &token, None).await.0,
            "suspended" => {
                app.people.change(id, |u| u.suspended = true);
                200
            }
            _ => 200,
        };
    }
    let mut node = app.node("n1").await;
    let mut live = async || {
        let permit = app.permit(&ada.key, "n1").await;
        node.beat(&permit, streamly_proto::stream::v1::State::Live).await;
        node.settled().await;
        pushed_to_the_end(&app, &permit.broadcast_id).await;
        node.ended(&permit, "clean", "", "").await;
        node.settled().await;
        let paths: Vec<_> = service.taken.lock().drain(..).map(|push| push.path).collect();
        paths
    };
    assert_eq!(live().await, ["/wants"]);
    assert_eq!(live().await, Vec::<String>::new(), "who restarts at once is told once");
    let long_ago = "UPDATE live_notices SET push_done_at = now() - interval '31 minutes', unproved_done_at = now() - interval '31 minutes'";
    app.sql(long_ago);
    assert_eq!(live().await, ["/wants"], "who took the last one is told in the first walk, once");
    // Cut off by its end, it was a round all the same.
    app.sql("UPDATE live_notices SET push_done_at = NULL, unproved_done_at = NULL");
    assert_eq!(live().await, Vec::<String>::new());
    app.sql(long_ago);
    app.sql("UPDATE broadcasts SET ended_at = now() - interval '31 minutes'");
    assert_eq!(live().await, ["/wants"]);
    app.stop().await;
}

#[tokio::test]
async fn of_one_person_the_newest_browsers_stay_and_nobody_touches_anothers() {
    let (app, service) = (TestApp::spawn_with(reachable).await, PushService::start().await);
    let ((_, bob), (_, eve)) = (app.person("bob"), app.person("eve"));
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(subscribe(&app, &bob, &service.browser(&format!("/{n}"))).await);
    }
    let listed = async |token: &str| -> Vec<String> {
        let list = app.get("me/notices/browsers", token).await.1;
        list["items"].as_array().unwrap().iter().map(|b| b["id"].as_str().unwrap().to_owned()).collect()
    };
    let newest: Vec<_> = ids[2..].iter().rev().cloned().collect();
    assert_eq!(listed(&bob).await, newest);
    assert!(listed(&eve).await.is_empty());
    let remove = async |token: &str, id: &str| {
        app.send("DELETE", &format!("me/notices/browsers/{id}"), token, None).await
    };
    for id in [ids[11].as_str(), "x", "test"] {
        let answer = remove(&eve, id).await;
        let (status, code) = (answer.0, answer.1["code"].clone());
        assert!(
            matches!((status, code.as_str()), (404, Some("browser_not_found")) | (405, _)),
            "{id}: {status}"
        );
    }
    assert_eq!(app.post("me/notices/browsers/test", &eve, "").await.1["told"], 0);
    assert_eq!(remove(&bob, &ids[11]).await.0, 204);
    assert_eq!(remove(&bob, &ids[11]).await.0, 404);
    // The next person at the same browser takes it over.
    let shared = service.browser("/shared");
    subscribe(&app, &bob, &shared).await;
    let hers = subscribe(&app, &eve, &shared).await;
    assert_eq!(listed(&eve).await, [hers]);
    assert_eq!(listed(&bob).await.len(), 9);
    app.stop().await;
}

#[tokio::test]
async fn what_no_browser_gives_is_refused_and_so_are_places_inside() {
    let app = TestApp::spawn_with(|c| {
        reachable(c);
        c.outbound = streamly_stream::config::Outbound::default();
    })
    .await;
    let (_, token) = app.person("bob");
    for inside in [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.0.0.8/x",
        "http://push.example.net/x",
        "https://0x7f000001/x",
    ] {
        let answer = app.post("me/notices/browsers", &token, &Browser::new(inside).body("")).await;
        assert_eq!((answer.0, &answer.1["errors"][0]["field"]), (422, &json!("endpoint")), "{inside}");
        assert!(!answer.1.to_string().contains(inside), "{}", answer.1);
    }
    let good: Value = serde_json::from_str(&Browser::new("https://push.example.net/x").body("")).unwrap();
    for (field, pointer, value) in [
        ("keys.p256dh", "/keys/p256dh", "AAAA".to_owned()),
        ("keys.auth", "/keys/auth", "AAAA".to_owned()),
        ("name", "/name", "x".repeat(61)),
        ("endpoint", "/endpoint", "nowhere".to_owned()),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value.into();
        let answer = app.post("me/notices/browsers", &token, &bad.to_string()).await;
        assert_eq!((answer.0, &answer.1["errors"][0]["field"]), (422, &json!(field)));
    }
    assert_eq!(app.post("me/notices/browsers", &token, &good.to_string()).await.0, 201);
    app.stop().await;
}

#[tokio::test]
async fn without_a_key_there_is_no_web_push() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (_, token) = app.person("bob");
    assert_eq!(app.get("me/notices/browsers", &token).await.1, json!({"public_key": null, "items": []}));
    for (path, body) in [
        ("me/notices/browsers", &*Browser::new("https://push.example.net/x").body("")),
        ("me/notices/browsers/test", ""),
    ] {
        let answer = app.post(path, &token, body).await;
        assert_eq!((answer.0, answer.1["code"].as_str()), (404, Some("push_off")), "{path}");
    }
    app.stop().await;
}
