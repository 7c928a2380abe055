//! Webhooks: what is told, signed and tried again, with receivers over real sockets; what is refused; whose they are.

mod delivery;
pub mod receiver;
mod rights;

use crate::harness::{TestApp, until};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use receiver::{Got, Receiver};
use serde_json::{Value, json};
use sha2::Sha256;
use streamly_config::Duration;
use streamly_stream::{Config, Service};

/// Receivers on loopback, by plain HTTP, on any port.
fn settings(c: &mut Config) {
    c.outbound.allow = vec!["127.0.0.0/8".parse().unwrap()];
    c.outbound.https_only = false;
    c.outbound.ports = Vec::new();
    c.outbound.timeout = Duration::from_secs(2);
    c.rate_limits = false;
}

async fn app() -> TestApp {
    TestApp::spawn_with(settings).await
}

const ALL: &[&str] = &["live", "ended", "followed", "updated"];

/// Makes a webhook; its id and secret.
async fn hook(app: &TestApp, token: &str, url: &str, events: &[&str]) -> (String, String) {
    let body = json!({"name": "Bot", "url": url, "events": events}).to_string();
    let made = app.post("me/webhooks", token, &body).await;
    assert_eq!(made.0, 201, "{}", made.1);
    (made.1["id"].as_str().unwrap().to_owned(), made.1["secret"].as_str().unwrap().to_owned())
}

async fn shown(app: &TestApp, token: &str, id: &str) -> Value {
    let list = app.get("me/webhooks", token).await.1;
    list["items"].as_array().unwrap().iter().find(|w| w["id"] == id).cloned().unwrap_or_default()
}

async fn log(app: &TestApp, token: &str, id: &str) -> Vec<Value> {
    let page = app.get(&format!("me/webhooks/{id}/deliveries"), token).await;
    assert_eq!(page.0, 200, "{}", page.1);
    page.1["items"].as_array().unwrap().clone()
}

/// The newest delivery, once it is so; what was due later is due now meanwhile.
async fn newest(app: &TestApp, token: &str, id: &str, state: &str) -> Value {
    until(state, || async {
        hasten(app).await;
        log(app, token, id).await.first().is_some_and(|d| d["state"] == state)
    })
    .await;
    log(app, token, id).await[0].clone()
}

/// What waits for its time does so no longer.
async fn hasten(app: &TestApp) {
    // In the order in which the service takes its locks.
    let sql = "SELECT 1 FROM webhooks ORDER BY id FOR UPDATE; UPDATE deliveries SET due_at = now() WHERE state = 'waiting'; \
               UPDATE webhooks SET due_at = now(), paused_until = NULL WHERE due_at IS NOT NULL";
    change(app, sql).await;
}

/// Statements that may wait for a lock of the service's, which goes on meanwhile.
async fn change(app: &TestApp, sql: &str) {
    assert!(holds(app, sql).await, "{sql}");
}

/// Whether a statement succeeds.
async fn holds(app: &TestApp, sql: &str) -> bool {
    let (pg, database, sql) = (app.pg.clone(), app.database.clone(), sql.to_owned());
    tokio::task::spawn_blocking(move || pg.execute(&database, &sql).is_ok()).await.unwrap()
}

async fn retitle(app: &TestApp, token: &str, title: &str) {
    let body = json!({"title": title}).to_string();
    assert_eq!(app.send("PATCH", "me", token, Some(&body)).await.0, 200);
}

/// Which of a message's signatures are this secret's, by the standard's words and not by the service's code.
fn signed_by(got: &Got, secret: &str) -> Vec<bool> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.{}", got.id(), got.headers["webhook-timestamp"], got.body).as_bytes());
    let mine = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    got.headers["webhook-signature"].split(' ').map(|one| one == mine).collect()
}

/// Another replica, in a runtime of its own, so that it can be killed.
struct Replica(Option<tokio::runtime::Runtime>);

impl Replica {
    fn start(app: &TestApp) -> Self {
        let any = ([127, 0, 0, 1], 0).into();
        let mut config = Config { http: any, grpc: any, admin: any, ..app.config.clone() };
        config.webhooks.senders = 32;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let service = {
            let _inside = runtime.enter();
            Service::bind(config).unwrap()
        };
        runtime.spawn(service.serve(streamly_lifecycle::Shutdown::new()));
        Self(Some(runtime))
    }
    fn kill(mut self) {
        self.end();
    }
    fn end(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.end();
    }
}
