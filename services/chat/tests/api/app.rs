//! The platform of one test: Redis, a database, the peers, and chat nodes on free ports; its REST and gRPC.

use crate::{
    client::Client,
    peers::{self, user_id},
    promised,
};
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use streamly_auth::{Jwks, SigningKey, access};
use streamly_chat::{Addresses, Config, Service};
use streamly_config::Secret;
use streamly_domain::Username;
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::Redis;
use streamly_rpc::{Identity, Peer, PeerConfig, TrustConfig};
use streamly_testkit::{postgres::Postgres, redis::RedisServer};
use tokio::task::{JoinHandle, JoinSet};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest, http::Request},
};

pub const PATIENCE: Duration = Duration::from_secs(60);

/// Tries until it is so.
pub async fn until(what: &str, mut check: impl AsyncFnMut() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !check().await {
        assert!(Instant::now() < give_up, "never {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub struct Node {
    pub at: Addresses,
    pub ready: Readiness,
    pub stop: Shutdown,
    pub served: JoinHandle<anyhow::Result<()>>,
}

pub struct Platform {
    pub redis: RedisServer,
    pub postgres: Postgres,
    pub config: Config,
    pub nodes: Vec<Node>,
    /// What `stream` and `user` answer.
    pub people: peers::Table,
    peers: Shutdown,
    peers_served: JoinSet<()>,
    key: SigningKey,
    stream: SigningKey,
    _dir: tempfile::TempDir,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.peers.start();
        self.nodes.iter().for_each(|n| n.stop.start());
    }
}

impl Platform {
    /// Nodes that serve.
    pub async fn start(nodes: usize) -> Self {
        Self::with(nodes, |_| {}).await
    }

    /// The same, with settings.
    pub async fn with(nodes: usize, change: impl FnOnce(&mut Config)) -> Self {
        let mut this = Self::bare(Postgres::shared().unwrap());
        change(&mut this.config);
        for n in 0..nodes {
            this.add_node();
            this.until_ready(n).await;
        }
        this
    }

    /// Everything but nodes.
    pub fn bare(postgres: Postgres) -> Self {
        let redis = RedisServer::start().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let [key, chat, stream] = std::array::from_fn(|_| SigningKey::generate().unwrap());
        let jwks = dir.path().join("jwks.json");
        std::fs::write(&jwks, serde_json::to_vec(&Jwks { keys: vec![key.jwk()] }).unwrap()).unwrap();
        let peers = Shutdown::new();
        let mut peers_served = JoinSet::new();
        let people = peers::Table::default();
        let (stream_url, user_url) = peers::serve(&people, &chat, &peers, &mut peers_served);
        let any = ([127, 0, 0, 1], 0).into();
        let config = Config {
            http: any,
            rest: any,
            grpc: any,
            admin: any,
            rate_limits: false,
            email_verification: true,
            postgres: streamly_postgres::Config {
                host: postgres.host(),
                port: streamly_testkit::postgres::PORT,
                user: streamly_testkit::postgres::USER.into(),
                database: postgres.database().unwrap(),
                ..streamly_postgres::Config::default()
            },
            redis: streamly_redis::Config { url: redis.url(), ..streamly_redis::Config::default() },
            trust: TrustConfig {
                key: Some(Secret::new(chat.to_text())),
                peers: [("stream".to_owned(), stream.jwk().x)].into(),
                ..TrustConfig::default()
            },
            stream: PeerConfig::at(&stream_url),
            user: PeerConfig::at(&user_url),
            jwks_url: "http://127.0.0.1:9/".into(),
            jwks_cache: Some(jwks),
            storage: streamly_storage::Config {
                dir: Some(dir.path().join("pictures")),
                ..streamly_storage::Config::default()
            },
            limits: streamly_chat::config::Limits { frames_burst: 90, ..Default::default() },
            ..Config::default()
        };
        Self {
            redis,
            postgres,
            config,
            nodes: Vec::new(),
            people,
            peers,
            peers_served,
            key,
            stream,
            _dir: dir,
        }
    }

    /// `stream` and `user` go away.
    pub async fn stop_peers(&mut self) {
        self.peers.start();
        while self.peers_served.join_next().await.is_some() {}
    }

    /// One more node, which may have to wait for what it needs.
    pub fn add_node(&mut self) {
        let service = Service::bind(self.config.clone()).unwrap();
        let (at, ready, stop) = (service.addresses(), service.readiness(), Shutdown::new());
        let served = tokio::spawn(service.serve(stop.clone()));
        self.nodes.push(Node { at, ready, stop, served });
    }

    pub async fn until_ready(&self, node: usize) {
        let ready = &self.nodes[node].ready;
        until("ready", async || ready.is_ready() && ready.is_ok("redis-pubsub")).await;
    }

    /// What signs access tokens.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    pub fn token(&self, name: &str, seconds: u64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        self.token_of(name, now, now + seconds)
    }

    /// Signed then, good until then, Unix seconds.
    pub fn token_of(&self, name: &str, signed: u64, end: u64) -> String {
        let user = user_id(name).parse().unwrap();
        let mut claims = access::Claims::new(user, Username::parse(name).unwrap(), signed, signed);
        claims.exp = end;
        access::sign(&self.key, &claims).unwrap()
    }

    pub fn request(&self, node: usize, header: Option<(&'static str, &str)>) -> Request<()> {
        let mut request = format!("ws://{}/ws", self.nodes[node].at.http).into_client_request().unwrap();
        if let Some((name, value)) = header {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    }

    pub async fn open(
        &self,
        node: usize,
        header: Option<(&'static str, &str)>,
    ) -> Result<Client, Box<Error>> {
        Ok(Client(connect_async(self.request(node, header)).await.map_err(Box::new)?.0))
    }

    /// The HTTP status that a WebSocket is refused with.
    pub async fn refusal(&self, node: usize, header: Option<(&'static str, &str)>) -> u16 {
        match self.open(node, header).await.err().map(|e| *e) {
            Some(Error::Http(answer)) => answer.status().as_u16(),
            other => panic!("not refused: {other:?}"),
        }
    }

    pub async fn hello(&self, node: usize, name: Option<&str>) -> Client {
        let mut client = self.open(node, None).await.unwrap();
        client.hello(name.map(|n| self.token(n, 900))).await;
        client
    }

    /// Somebody in ada's room.
    pub async fn join(&self, node: usize, name: Option<&str>) -> Client {
        let mut client = self.hello(node, name).await;
        client.join("ada").await;
        client
    }

    /// A request to REST: status and body.
    pub async fn rest(&self, node: usize, method: &str, path: &str, name: Option<&str>) -> (u16, Value) {
        let url = format!("http://{}/api/chat/rooms/ada/messages{path}", self.nodes[node].at.rest);
        let mut request = reqwest::Client::new().request(method.parse().unwrap(), &url);
        if let Some(name) = name {
            request = request.bearer_auth(self.token(name, 900));
        }
        let answer = request.send().await.unwrap();
        let (status, answer) = (answer.status().as_u16(), answer.json().await.unwrap_or_default());
        promised::hold(method, &url, status, &answer).await;
        (status, answer)
    }

    /// A request to any path of REST, with a body if it is not null: status and answer.
    pub async fn call(
        &self,
        node: usize,
        method: &str,
        path: &str,
        name: Option<&str>,
        body: Value,
    ) -> (u16, Value) {
        let url = format!("http://{}/api/chat/{path}", self.nodes[node].at.rest);
        let mut request = reqwest::Client::new().request(method.parse().unwrap(), &url);
        if let Some(name) = name {
            request = request.bearer_auth(self.token(name, 900));
        }
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let (status, answer) = (answer.status().as_u16(), answer.json().await.unwrap_or_default());
        promised::hold(method, &url, status, &answer).await;
        (status, answer)
    }

    /// `GET` of any address: status and body.
    pub async fn get(&self, at: std::net::SocketAddr, path: &str) -> (u16, Value) {
        let answer = reqwest::get(format!("http://{at}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// A node's gRPC as the service `name` calls it with `stream`'s key.
    pub fn peer(&self, node: usize, name: &str) -> Peer {
        let key = SigningKey::from_text(&self.stream.to_text()).unwrap();
        let at = PeerConfig::at(format!("http://{}", self.nodes[node].at.grpc));
        Peer::new(at, "chat", Identity::new(name, key)).unwrap()
    }

    /// Redis behind the service's back.
    pub async fn redis_client(&self) -> Redis {
        let redis = Redis::new(&self.config.redis, &Readiness::new()).unwrap();
        redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
        redis
    }

    /// Whether a condition of SQL holds in the database.
    pub fn holds(&self, condition: &str) -> bool {
        let sql = format!("DO $$ BEGIN ASSERT ({condition}); END $$");
        self.postgres.execute(&self.config.postgres.database, &sql).is_ok()
    }
}
