//! The service under test with a PostgreSQL database, a Redis, a user service and an ingest node of the test's own.
//!
//! Nothing here asserts about behaviour; waiting is for a condition, with a bound that only a failure reaches.

mod page;
mod people;

pub use page::{Events, Frame};
pub use people::People;

use prost::Message;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    future::Future,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use streamly_auth::{Jwks, SigningKey, access};
use streamly_config::Secret;
use streamly_domain::{UserId, Username};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_proto::event::v1::Event;
use streamly_proto::stream::v1::{
    AuthorizeRequest, BroadcastReport, Capabilities, Draining, GetCapabilitiesRequest, Health, Heartbeat,
    Hello, ListMembersRequest, NodeCommand, NodeReport, Permit, PublishEnded, Refusal, Rendition,
    SetMemberRequest, State, authorize_response::Outcome, channel_service_client::ChannelServiceClient,
    node_command::Command, node_report::Report, publish_service_client::PublishServiceClient,
};
use streamly_proto::user::v1::user_service_server::UserServiceServer;
use streamly_redis::Redis;
use streamly_rpc::{Identity, Peer, PeerConfig, TrustConfig};
use streamly_stream::{Addresses, Config, Service};
use streamly_testkit::{postgres, postgres::Postgres, redis::RedisServer};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tonic::{Response, Status, Streaming};

/// Longest wait for anything.
pub const LONG: Duration = Duration::from_secs(60);

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Asks until the answer is yes.
pub async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LONG, asking).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// The running service.
pub struct TestApp {
    pub at: Addresses,
    pub people: People,
    pub signing: SigningKey,
    pub pg: Postgres,
    pub database: String,
    pub redis: RedisServer,
    pub bus: Redis,
    pub shutdown: Shutdown,
    pub readiness: Readiness,
    pub serving: Option<JoinHandle<anyhow::Result<()>>>,
    pub http: reqwest::Client,
    pub ingest: Peer,
    pub chat: Peer,
    pub user: Peer,
    pub operator: Peer,
    _jwks: tempfile::NamedTempFile,
    pub pictures: tempfile::TempDir,
    /// What it was started with, for another replica.
    pub config: Config,
}

impl TestApp {
    pub async fn spawn() -> Self {
        Self::spawn_with(|_| {}).await
    }
    pub async fn spawn_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::spawn_on(Postgres::shared().unwrap(), change).await
    }
    pub async fn spawn_on(pg: Postgres, change: impl FnOnce(&mut Config)) -> Self {
        let redis = RedisServer::start().unwrap();
        let key = || SigningKey::generate().unwrap();
        let (signing, own, ingest, chat, user, operator) = (key(), key(), key(), key(), key(), key());
        let (shutdown, people) = (Shutdown::new(), People::default());
        let listener = streamly_http::bind("users", ([127, 0, 0, 1], 0).into()).unwrap();
        let users_at = listener.local_addr().unwrap();
        let trust = |key: &SigningKey, peer: &str, public: &SigningKey| TrustConfig {
            key: Some(Secret::new(key.to_text())),
            key_file: None,
            peers: BTreeMap::from([(peer.to_owned(), public.jwk().x)]),
        };
        let peers = trust(&signing, "stream", &own).peers("user");
        let allow = &[("stream", "/streamly.user.v1.UserService/")];
        let server = streamly_rpc::Server::new(peers, allow, Readiness::new())
            .add(UserServiceServer::new(people.clone()));
        tokio::spawn(server.serve(listener, shutdown.clone()));

        let jwks = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(jwks.path(), serde_json::to_vec(&Jwks { keys: vec![signing.jwk()] }).unwrap())
            .unwrap();
        let (any, database) = (([127, 0, 0, 1], 0).into(), pg.database().unwrap());
        let mut config = Config { http: any, grpc: any, admin: any, ..Config::default() };
        config.postgres.host = pg.host();
        config.postgres.port = postgres::PORT;
        config.postgres.database.clone_from(&database);
        config.redis.url = redis.url();
        config.trust = trust(&own, "ingest", &ingest);
        config.trust.peers.insert("chat".into(), chat.jwk().x);
        config.trust.peers.insert("user".into(), user.jwk().x);
        config.trust.peers.insert("operator".into(), operator.jwk().x);
        config.user = PeerConfig::at(format!("http://{users_at}"));
        config.jwks_url = "http://127.0.0.1:1/none".into();
        config.jwks_cache = Some(jwks.path().to_owned());
        config.key_pepper = Some(Secret::new("a pepper of the test's own"));
        config.key_sealing = Some(Secret::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        // What changes is seen at once.
        config.directory.fresh = streamly_config::Duration::from_secs(0);
        let pictures = tempfile::tempdir().unwrap();
        config.storage.dir = Some(pictures.path().to_owned());
        change(&mut config);
        // A cluster of the test's own has everything; any other address only leads to the same server.
        let is_cluster = config.redis.url.starts_with("redis-cluster:");
        let url = if is_cluster { config.redis.url.clone() } else { redis.url() };
        let bus_config = streamly_redis::Config { url, ..Default::default() };
        let bus = Redis::new(&bus_config, &Readiness::new()).unwrap();
        bus.start(&shutdown, &streamly_lifecycle::Tasks::new()).await.unwrap();
        let service = Service::bind(config.clone()).unwrap();
        let (at, readiness) = (service.addresses(), service.readiness());
        let serving = Some(tokio::spawn(service.serve(shutdown.clone())));
        until("ready", || async { readiness.is_ready() }).await;
        let to = PeerConfig::at(format!("http://{}", at.grpc));
        let chat = Peer::new(to.clone(), "stream", Identity::new("chat", chat)).unwrap();
        let user = Peer::new(to.clone(), "stream", Identity::new("user", user)).unwrap();
        let operator = Peer::new(to.clone(), "stream", Identity::new("operator", operator)).unwrap();
        let ingest = Peer::new(to, "stream", Identity::new("ingest", ingest)).unwrap();
        let http = reqwest::Client::new();
        Self {
            at,
            people,
            signing,
            pg,
            database,
            redis,
            bus,
            shutdown,
            readiness,
            serving,
            http,
            ingest,
            chat,
            user,
            operator,
            _jwks: jwks,
            pictures,
            config,
        }
    }

    /// Stops it and sees that it ends well.
    pub async fn stop(mut self) {
        self.shutdown.start();
        if let Some(serving) = self.serving.take() {
            timeout(Duration::from_secs(6), serving).await.expect("stops in time").unwrap().unwrap();
        }
    }

    pub fn sql(&self, sql: &str) {
        self.pg.execute(&self.database, sql).unwrap();
    }

    pub fn token(&self, user: UserId, name: &str, auth_time: u64) -> String {
        let claims = access::Claims::new(user, Username::parse(name).unwrap(), auth_time, now());
        access::sign(&self.signing, &claims).unwrap()
    }

    /// A new user with a token, who has no channel yet.
    pub fn person(&self, name: &str) -> (UserId, String) {
        let id = self.people.add(name);
        (id, self.token(id, name, now()))
    }
    /// What a service (`user` or `chat`) is told of all that is known of a person.
    pub async fn export(
        &self,
        by: &str,
        user: UserId,
        cursor: &str,
    ) -> Result<streamly_proto::stream::v1::ExportUserResponse, Status> {
        use streamly_proto::stream::v1::{ExportUserRequest, export_service_client::ExportServiceClient};
        let peer = if by == "user" { &self.user } else { &self.chat };
        let request = ExportUserRequest { user_id: user.to_string(), cursor: cursor.into() };
        let mut client = ExportServiceClient::new(peer.streaming());
        timeout(LONG, client.export_user(request)).await.unwrap().map(Response::into_inner)
    }
    /// What a service (`user` or `chat`) is told of a mail that waits.
    pub async fn is_mail_wanted(&self, by: &str, broadcast: &str, user: &str) -> Result<bool, tonic::Code> {
        use streamly_proto::stream::v1::{IsMailWantedRequest, notice_service_client::NoticeServiceClient};
        let peer = if by == "user" { &self.user } else { &self.chat };
        let request = IsMailWantedRequest { broadcast_id: broadcast.into(), user_id: user.into() };
        let mut client = NoticeServiceClient::new(peer.streaming());
        let answer = timeout(LONG, client.is_mail_wanted(request)).await.unwrap();
        answer.map(|answer| answer.into_inner().wanted).map_err(|status| status.code())
    }
    /// What chat is told of a user in a channel.
    pub async fn capabilities(&self, user: UserId, channel: &str) -> Result<Capabilities, tonic::Code> {
        let request = GetCapabilitiesRequest { user_id: user.to_string(), channel_id: channel.into() };
        let mut client = ChannelServiceClient::new(self.chat.streaming());
        let answer = timeout(LONG, client.get_capabilities(request)).await;
        answer.unwrap().map(Response::into_inner).map_err(|s| s.code())
    }
    /// What chat asks for when `actor` gives a role, or "" for none; answers the role before.
    pub async fn set_member(
        &self,
        channel: &str,
        user: UserId,
        role: &str,
        actor: UserId,
    ) -> Result<String, tonic::Code> {
        let request = SetMemberRequest {
            channel_id: channel.into(),
            user_id: user.to_string(),
            role: role.into(),
            actor_id: actor.to_string(),
        };
        let mut client = ChannelServiceClient::new(self.chat.streaming());
        let answer = timeout(LONG, client.set_member(request)).await;
        answer.unwrap().map(|a| a.into_inner().previous).map_err(|s| s.code())
    }
    /// What chat is told of a channel's members: ids and roles.
    pub async fn list_members(&self, channel: &str) -> Result<Vec<(String, String)>, tonic::Code> {
        let request = ListMembersRequest { channel_id: channel.into() };
        let mut client = ChannelServiceClient::new(self.chat.streaming());
        let answer = timeout(LONG, client.list_members(request)).await.unwrap();
        let list = answer.map_err(|s| s.code())?.into_inner();
        Ok(list.members.into_iter().map(|m| (m.user_id, m.role)).collect())
    }
    /// Facts of one kind about a channel that are out, oldest first.
    pub async fn facts(&self, kind: &str, channel: &str) -> Vec<Value> {
        let all: streamly_redis::Value = self.bus.call("XRANGE", ["events:stream", "-", "+"]).await.unwrap();
        let all = streamly_redis::Entry::list(all);
        all.iter()
            .map(|entry| Event::decode(&entry.field("e").unwrap()[..]).unwrap())
            .filter(|event| event.r#type == kind && event.subject == channel)
            .map(|event| serde_json::from_slice(&event.payload).unwrap())
            .collect()
    }
    /// A fact of the user service.
    pub async fn user_fact(&self, kind: &str, user: UserId, payload: &str) {
        let event = Event {
            id: uuid::Uuid::now_v7().to_string(),
            r#type: kind.into(),
            version: 1,
            occurred_at_ms: 0,
            subject: user.to_string(),
            payload: payload.into(),
        };
        let head = ["events:user", "*", "e"].map(streamly_redis::Value::from);
        let args = head.into_iter().chain([streamly_redis::Value::Bytes(event.encode_to_vec().into())]);
        self.bus.call::<streamly_redis::Value>("XADD", args).await.unwrap();
    }
    /// All facts written so far are out.
    pub async fn relayed(&self) {
        until("relayed", || async {
            self.pg.execute(&self.database, "SELECT 1 / (count(*) = 0)::int FROM outbox").is_ok()
        })
        .await;
    }
    /// A new user with a token and a key.
    pub async fn streamer(&self, name: &str) -> Streamer {
        let id = self.people.add(name);
        let token = self.token(id, name, now());
        let made = self.post("keys", &token, r#"{"name":"OBS"}"#).await;
        assert_eq!(made.0, 201, "{}", made.1);
        let text = |field: &str| made.1[field].as_str().unwrap().to_owned();
        let channel = self.get(name, "").await.1["id"].as_str().unwrap().to_owned();
        Streamer { id, token, channel, key: text("key"), key_id: text("id") }
    }

    /// `path` is below `/api/streams/`, or absolute.
    pub fn url(&self, path: &str) -> String {
        match path.strip_prefix('/') {
            Some(path) => format!("http://{}/{path}", self.at.http),
            None if path.is_empty() || path.starts_with('?') => {
                format!("http://{}/api/streams{path}", self.at.http)
            }
            None => format!("http://{}/api/streams/{path}", self.at.http),
        }
    }
    pub async fn send(&self, method: &str, path: &str, token: &str, body: Option<&str>) -> (u16, Value) {
        let mut request = self.http.request(method.parse().unwrap(), self.url(path));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let answer = timeout(LONG, request.send()).await.expect("an answer").unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }
    pub async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        self.send("GET", path, token, None).await
    }
    pub async fn post(&self, path: &str, token: &str, body: &str) -> (u16, Value) {
        self.send("POST", path, token, Some(body).filter(|b| !b.is_empty())).await
    }

    /// A pool of the test's own on the service's database, of so many connections.
    pub fn pool(&self, max_connections: usize) -> streamly_postgres::Database {
        let config = streamly_postgres::Config {
            host: self.pg.host(),
            port: postgres::PORT,
            database: self.database.clone(),
            max_connections,
            ..Default::default()
        };
        streamly_postgres::Database::new(&config, &Readiness::new()).unwrap()
    }

    /// What a channel plans, as the service reads it of its tables.
    pub async fn upcoming(
        &self,
        channel: &str,
        horizon: time::Duration,
    ) -> Vec<streamly_stream::schedule::Occurrence> {
        let db = self.pool(1).get().await.unwrap();
        streamly_stream::store::schedule::upcoming(&db, channel.parse().unwrap(), horizon).await.unwrap()
    }
    /// Sends bytes as a picture.
    pub async fn upload(&self, method: &str, path: &str, token: &str, bytes: Vec<u8>) -> (u16, Value) {
        let request = self.http.request(method.parse().unwrap(), self.url(path)).bearer_auth(token);
        let answer = timeout(LONG, request.header("content-type", "image/png").body(bytes).send()).await;
        let answer = answer.expect("an answer").unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }
    /// A user whom the user service calls an admin.
    pub fn admin(&self, name: &str) -> (UserId, String) {
        let (id, token) = self.person(name);
        self.people.change(id, |u| u.platform_role = "admin".into());
        (id, token)
    }
    /// So many live channels, `u1` and on, of which the last is watched most, for ten minutes.
    pub async fn crowd(&self, live: u32, offline: u32) {
        // As edges would say it of the time until then: the same sessions in each five seconds.
        const SAW: &str = r"
            for n = 3, tonumber(ARGV[1]) do
              local key = string.format('viewers:{00000000-0000-7000-8000-%012d}:', n)
              local first = key .. ARGV[2]
              for session = 1, math.floor(n / 3) do redis.call('PFADD', first, session) end
              for bucket = ARGV[2] + 1, ARGV[3] do redis.call('COPY', first, key .. bucket) end
            end
        ";
        let (first, last) = (now() / 5, now() / 5 + 120);
        let args = [SAW.into(), "0".into(), live.to_string(), first.to_string(), last.to_string()];
        self.bus.call::<streamly_redis::Value>("EVAL", args).await.unwrap();
        self.sql(&format!(
            "INSERT INTO channels (id, owner_id, username, display_name, category, search) SELECT gen_random_uuid(), gen_random_uuid(), \
             'u' || n, 'U' || n, CASE WHEN n % 2 = 0 THEN 'Music' ELSE 'Games' END, 'u' || n FROM generate_series(1, {live} + {offline}) n; \
             INSERT INTO stream_keys (id, channel_id, name) SELECT gen_random_uuid(), id, 'k' FROM channels WHERE username ~ '^u[0-9]+$'; \
             INSERT INTO broadcasts (id, channel_id, state, epoch, session_id, node_id, origin_url, msn_reserved, viewers) \
             SELECT ('00000000-0000-7000-8000-' || lpad(substr(username, 2), 12, '0'))::uuid, id, 'live', 1, gen_random_uuid(), 'n', 'http://n', \
             1024, substr(username, 2)::int / 3 FROM channels WHERE username ~ '^u[0-9]+$' AND substr(username, 2)::int <= {live}; \
             INSERT INTO sessions (id, broadcast_id, key_id, attempt_id, epoch, node_id, remote_addr, encoder, first_msn, \
             msn_reserved, takeover, resumed) SELECT b.session_id, b.id, k.id, gen_random_uuid(), 1, 'n', '', '', 0, 1024, false, false \
             FROM broadcasts b JOIN stream_keys k USING (channel_id) WHERE b.node_id = 'n'"
        ));
    }

    /// The broadcast of one of the crowd ends.
    pub fn crowd_ends(&self, name: &str) {
        self.sql(&format!(
            "UPDATE broadcasts SET ended_at = now(), ended_how = 'owner_ended' \
             WHERE channel_id = (SELECT id FROM channels WHERE username = '{name}')"
        ));
    }

    pub fn attempt(&self, key: &str, node: &str, remote: &str) -> AuthorizeRequest {
        AuthorizeRequest {
            attempt_id: uuid::Uuid::now_v7().to_string(),
            stream_key: key.into(),
            node_id: node.into(),
            origin_url: format!("http://{node}"),
            remote_addr: remote.into(),
            encoder: "obs".into(),
            ..Default::default()
        }
    }
    pub async fn authorize(&self, attempt: AuthorizeRequest) -> Result<Outcome, Status> {
        let mut client = PublishServiceClient::new(self.ingest.streaming());
        timeout(LONG, client.authorize(attempt)).await.unwrap().map(|a| a.into_inner().outcome.unwrap())
    }
    /// As ingest does: asks again, under the same attempt, while it is told to.
    async fn answer(&self, key: &str, node: &str) -> Outcome {
        let attempt = self.attempt(key, node, &format!("{node}:1"));
        for _ in 0..10 {
            match self.authorize(attempt.clone()).await {
                Err(status) if status.code() == tonic::Code::Unavailable => {}
                answer => return answer.unwrap(),
            }
        }
        panic!("never answered")
    }
    pub async fn permit(&self, key: &str, node: &str) -> Permit {
        match self.answer(key, node).await {
            Outcome::Permit(permit) => permit,
            Outcome::Refusal(r) => panic!("refused: {}", r.code),
        }
    }
    pub async fn refusal(&self, key: &str, node: &str) -> Refusal {
        match self.answer(key, node).await {
            Outcome::Permit(_) => panic!("let in"),
            Outcome::Refusal(refusal) => refusal,
        }
    }
    /// The entry of Redis under `key` will contain the text.
    pub async fn index_says(&self, key: &str, text: &str) {
        until("the index says so", || async {
            let entry: Option<String> = self.bus.call("GET", [key]).await.unwrap_or_default();
            entry.is_some_and(|entry| entry.contains(text))
        })
        .await;
    }
    pub async fn node(&self, id: &str) -> Node {
        self.node_at(id, "").await
    }
    /// A node that others reach at that gRPC address.
    pub async fn node_at(&self, id: &str, grpc_url: &str) -> Node {
        self.node_with(id, |hello| hello.grpc_url = grpc_url.into()).await
    }
    /// A node that takes publishers by RTMPS too.
    pub async fn node_by_rtmps(&self, id: &str) -> Node {
        self.node_with(id, |hello| hello.rtmps = true).await
    }
    pub async fn node_with(&self, id: &str, says: impl FnOnce(&mut Hello)) -> Node {
        let (reports, sent) = mpsc::channel(64);
        let mut hello = Hello { node_id: id.into(), origin_url: format!("http://{id}"), ..Hello::default() };
        says(&mut hello);
        reports.send(NodeReport { report: Some(Report::Hello(hello)) }).await.unwrap();
        let mut client = PublishServiceClient::new(self.ingest.streaming());
        let stream = tokio_stream::wrappers::ReceiverStream::new(sent);
        let commands = timeout(LONG, client.lease(stream)).await.unwrap().unwrap().into_inner();
        Node { reports, commands }
    }
    /// Redis will know that node so.
    pub async fn known(&self, id: &str, is: impl Fn(&Value) -> bool) {
        until("the node is known so", || async {
            let entry: Option<String> = self.bus.call("HGET", ["nodes", id]).await.unwrap_or_default();
            entry.is_some_and(|entry| is(&serde_json::from_str(&entry).unwrap()))
        })
        .await;
    }
    /// A node with that permit's broadcast live.
    pub async fn live(&self, id: &str, permit: &Permit) -> Node {
        self.live_at(id, "", permit).await
    }
    pub async fn live_at(&self, id: &str, grpc_url: &str, permit: &Permit) -> Node {
        let mut node = self.node_at(id, grpc_url).await;
        node.beat(permit, State::Live).await;
        assert!(matches!(node.command().await, Command::Renewed(_)));
        self.known(id, |_| true).await;
        node
    }
}

/// A user who streams.
pub struct Streamer {
    pub id: UserId,
    pub token: String,
    pub channel: String,
    pub key: String,
    pub key_id: String,
}

/// An ingest node's lease stream.
pub struct Node {
    pub reports: mpsc::Sender<NodeReport>,
    pub commands: Streaming<NodeCommand>,
}

impl Node {
    pub async fn beat(&self, permit: &Permit, state: State) {
        self.beat_with(permit, state, |_| {}).await;
    }
    /// A heartbeat that says something else as well.
    pub async fn beat_with(&self, permit: &Permit, state: State, change: impl FnOnce(&mut BroadcastReport)) {
        let source =
            Rendition { name: "source".into(), width: 1280, height: 720, fps: 30.0, ..Default::default() };
        let health = Health { fps: 30.0, video_bitrate_bps: 2_500_000, ..Default::default() };
        let mut report = BroadcastReport {
            broadcast_id: permit.broadcast_id.clone(),
            session_id: permit.session_id.clone(),
            epoch: permit.epoch,
            state: state.into(),
            renditions: if state == State::Live { vec![source] } else { Vec::new() },
            health: Some(health),
            ..Default::default()
        };
        change(&mut report);
        let beat = Heartbeat { broadcasts: vec![report], machine: None };
        self.reports.send(NodeReport { report: Some(Report::Heartbeat(beat)) }).await.unwrap();
    }
    pub async fn ended(&self, permit: &Permit, how: &str, code: &str, detail: &str) {
        let fact = PublishEnded {
            broadcast_id: permit.broadcast_id.clone(),
            session_id: permit.session_id.clone(),
            epoch: permit.epoch,
            how: how.into(),
            code: code.into(),
            detail: detail.into(),
            next_msn: 0,
        };
        self.reports.send(NodeReport { report: Some(Report::PublishEnded(fact)) }).await.unwrap();
    }
    /// A heartbeat of no broadcast.
    pub async fn idle(&self) {
        let beat = Heartbeat::default();
        self.reports.send(NodeReport { report: Some(Report::Heartbeat(beat)) }).await.unwrap();
    }
    /// Waits until everything said before is dealt with: words of one stream are taken in turn.
    pub async fn settled(&mut self) {
        let marker = Permit { broadcast_id: uuid::Uuid::now_v7().to_string(), ..Permit::default() };
        self.beat(&marker, State::Live).await;
        while self.end().await.0 != marker.broadcast_id {}
    }
    pub async fn drain(&self) {
        self.reports.send(NodeReport { report: Some(Report::Draining(Draining {})) }).await.unwrap();
    }
    /// The next word on how many nodes take publishers; renewals before it are passed over.
    pub async fn elsewhere(&mut self) -> u32 {
        self.elsewhere_by().await.0
    }
    /// The same, and how many of them by RTMPS too.
    pub async fn elsewhere_by(&mut self) -> (u32, u32) {
        loop {
            if let Command::Elsewhere(e) = self.command().await {
                return (e.nodes, e.rtmps_nodes);
            }
        }
    }
    pub async fn command(&mut self) -> Command {
        timeout(LONG, self.commands.message()).await.expect("a command").unwrap().unwrap().command.unwrap()
    }
    /// The next end: (broadcast, epoch, reason); renewals before it are passed over.
    pub async fn end(&mut self) -> (String, u64, String) {
        loop {
            if let Command::End(e) = self.command().await {
                return (e.broadcast_id, e.epoch, e.reason);
            }
        }
    }
}
