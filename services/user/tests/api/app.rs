//! One running service on free ports, and a client with one method per endpoint.

use crate::letters::mail_to;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};
use streamly_auth::SigningKey;
use streamly_config::Secret;
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_rpc::{Identity, Peer, PeerConfig};
use streamly_testkit::{postgres, postgres::Postgres, redis::RedisServer, smtp::SmtpServer};
use streamly_user::{Addresses, Config, Service};

/// A password that is right everywhere in these tests.
pub const PASSWORD: &str = "correct horse battery";

/// The service under test.
pub struct TestApp {
    pub addresses: Addresses,
    pub readiness: Readiness,
    pub config: Config,
    pub key: SigningKey,
    pub postgres: Postgres,
    pub redis: RedisServer,
    callers: BTreeMap<&'static str, SigningKey>,
    client: Client,
    shutdown: Shutdown,
    running: tokio::task::JoinHandle<anyhow::Result<()>>,
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub cookie: Option<String>,
    pub headers: header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status.as_u16());
        assert_eq!(self.body["request_id"].as_str(), self.headers["x-request-id"].to_str().ok());
        self.body["code"].as_str().unwrap()
    }
    /// The value of the refresh cookie.
    pub fn token(&self) -> String {
        let cookie = self.cookie.as_ref().expect("a cookie");
        cookie.split(['=', ';']).nth(1).unwrap().to_owned()
    }
    /// The value of the cookie that makes a browser known.
    pub fn browser(&self) -> String {
        let all = self.headers.get_all(header::SET_COOKIE).iter().map(|v| v.to_str().unwrap());
        let value = all.filter_map(|c| c.strip_prefix("browser=")).next().expect("the cookie of the browser");
        value.split(';').next().unwrap().to_owned()
    }
    pub fn access(&self) -> &str {
        self.body["access_token"].as_str().unwrap()
    }
}

impl TestApp {
    pub async fn spawn() -> Self {
        Self::spawn_with(|_| {}).await
    }
    /// With rate limits off unless `change` turns them on; waits until it is ready.
    pub async fn spawn_with(change: impl FnOnce(&mut Config)) -> Self {
        let app = Self::spawn_on(Postgres::shared().unwrap(), change);
        app.until_ready().await;
        app
    }
    /// With a mail server that takes everything, unless `change` says otherwise.
    pub async fn spawn_with_mail(change: impl FnOnce(&mut Config)) -> (Self, SmtpServer) {
        let smtp = SmtpServer::start().unwrap();
        let port = smtp.port;
        let app = Self::spawn_with(|c| {
            mail_to(c, port);
            change(c);
        });
        (app.await, smtp)
    }
    /// On a given PostgreSQL; does not wait.
    pub fn spawn_on(postgres: Postgres, change: impl FnOnce(&mut Config)) -> Self {
        logs();
        let redis = RedisServer::start().unwrap();
        let key = SigningKey::generate().unwrap();
        let callers: BTreeMap<_, _> =
            ["stream", "chat", "web"].map(|name| (name, SigningKey::generate().unwrap())).into();
        let any = ([127, 0, 0, 1], 0).into();
        let mut config = Config { http: any, grpc: any, admin: any, ..Config::default() };
        config.postgres.host = postgres.host();
        config.postgres.port = postgres::PORT;
        config.postgres.user = postgres::USER.into();
        config.postgres.database = postgres.database().unwrap();
        config.redis.url = redis.url();
        config.signing_key = Some(Secret::new(key.to_text()));
        config.second_factor.sealing = Some(Secret::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        config.trust.peers = callers.iter().map(|(n, k)| ((*n).to_owned(), k.jwk().x)).collect();
        config.rate_limits = false;
        change(&mut config);
        let service = Service::bind(config.clone()).unwrap();
        let (addresses, readiness, shutdown) = (service.addresses(), service.readiness(), Shutdown::new());
        let running = tokio::spawn(service.serve(shutdown.clone()));
        let client = Client::new();
        Self { addresses, readiness, config, key, postgres, redis, callers, client, shutdown, running }
    }
    /// Waits until it has started, and nothing that it needs is away.
    pub async fn until_ready(&self) {
        self.until("ready", || self.readiness.is_ready() && !self.readiness.is_degraded()).await;
    }
    /// Polls a condition for up to 30 s.
    pub async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let give_up = Instant::now() + Duration::from_secs(30);
        while !holds() {
            assert!(Instant::now() < give_up, "not {what}: {:?}", self.readiness.snapshot());
            assert!(!self.running.is_finished(), "the service ended");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    /// Stops it and gives what `serve` gave.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.shutdown.start();
        tokio::time::timeout(Duration::from_secs(5), &mut self.running).await??
    }
    /// SQL behind the service's back.
    pub fn sql(&self, sql: &str) {
        self.postgres.execute(&self.config.postgres.database, sql).unwrap();
    }
    /// A connection to its database, beside it.
    pub async fn connection(&self) -> tokio_postgres::Client {
        let c = &self.config.postgres;
        let settings = format!("host={} port={} user={} dbname={}", c.host, c.port, c.user, c.database);
        let (client, connection) = tokio_postgres::connect(&settings, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
    /// A gRPC client in the name of a service.
    pub fn peer(&self, name: &'static str) -> Peer {
        let config = PeerConfig {
            deadline: streamly_config::Duration::from_secs(10),
            attempts: 1,
            ..PeerConfig::at(format!("http://{}", self.addresses.grpc))
        };
        Peer::new(config, "user", Identity::new(name, self.callers[name].clone())).unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.addresses.http))
    }
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let cookie = headers.get(header::SET_COOKIE).map(|v| v.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Answer { status, cookie, headers, body }
    }
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }
    pub async fn register(&self, name: &str) -> Answer {
        let email = format!("{name}@example.org");
        self.post(
            "/api/auth/register",
            json!({"username": name, "email": email, "password": PASSWORD, "new": 1}),
        )
        .await
    }
    pub async fn login(&self, login: &str, password: &str) -> Answer {
        self.post("/api/auth/login", json!({"login": login, "password": password})).await
    }
    fn with_cookie(&self, path: &str, token: &str) -> RequestBuilder {
        self.request(Method::POST, path).header(header::COOKIE, format!("a=b; refresh_token={token}"))
    }
    pub async fn refresh(&self, token: &str) -> Answer {
        self.send(self.with_cookie("/api/auth/refresh", token)).await
    }
    pub async fn refresh_from(&self, token: &str, origin: &str) -> Answer {
        self.send(self.with_cookie("/api/auth/refresh", token).header(header::ORIGIN, origin)).await
    }
    pub async fn logout(&self, token: &str) -> Answer {
        self.send(self.with_cookie("/api/auth/logout", token)).await
    }
    /// A call of somebody signed in.
    pub async fn call(&self, method: Method, path: &str, access: &str, body: Value) -> Answer {
        self.send(self.request(method, path).bearer_auth(access).json(&body)).await
    }
    /// A sign-in by a browser that says it is `user_agent`, known to the account or not.
    pub async fn login_by(&self, login: &str, user_agent: &str, browser: Option<&str>) -> Answer {
        let mut request =
            self.request(Method::POST, "/api/auth/login").header(header::USER_AGENT, user_agent);
        if let Some(browser) = browser {
            request = request.header(header::COOKIE, format!("browser={browser}"));
        }
        self.send(request.json(&json!({"login": login, "password": PASSWORD}))).await
    }
    pub async fn me(&self, access: &str) -> Answer {
        self.send(self.request(Method::GET, "/api/auth/me").bearer_auth(access)).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.start();
    }
}

/// Everything that this process logs, at debug level.
pub fn logs() -> &'static Mutex<Vec<u8>> {
    static LOGS: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
    LOGS.get_or_init(|| {
        use tracing_subscriber::{EnvFilter, fmt, prelude::*};
        let layer = fmt::layer().with_ansi(false).with_writer(|| Log);
        let filter = streamly_telemetry::without_parameters(EnvFilter::new("debug"));
        let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
        Mutex::default()
    })
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        logs().lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
