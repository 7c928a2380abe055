//! A `stream` service of the tests: permits from a table, a lease that remembers every report and sends commands.

use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use streamly_auth::{SigningKey, service::Peers};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_proto::stream::v1::{
    AuthorizeRequest, AuthorizeResponse, BroadcastReport, Elsewhere, End, LeaseRenewed, NodeCommand,
    NodeReport, Permit, PublishEnded, Refusal, State,
    authorize_response::Outcome,
    node_command::Command,
    node_report::Report,
    publish_service_server::{PublishService, PublishServiceServer},
};
use streamly_rpc::{Allow, Server};
use tokio::sync::{mpsc, watch};
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

const ALLOW: Allow = &[("ingest", "/streamly.stream.v1.PublishService/")];
const PATIENCE: Duration = Duration::from_secs(60);

/// A node's lease stream.
struct Node {
    commands: mpsc::Sender<Result<NodeCommand, Status>>,
    grpc_url: String,
    rtmps: bool,
    draining: bool,
}

#[derive(Default)]
struct Table {
    keys: HashMap<String, String>,
    broadcasts: HashMap<String, (String, u64)>,
    /// Where each channel is.
    places: HashMap<String, String>,
    /// Of each broadcast EXT-X-TARGETDURATION in ms and PART-TARGET in us, as they were reported first.
    targets: HashMap<String, (u32, u32)>,
    reports: Vec<BroadcastReport>,
    ended: Vec<PublishEnded>,
    nodes: HashMap<String, Node>,
    authorized: Vec<AuthorizeRequest>,
}

/// The table behind the server.
#[derive(Clone)]
pub struct StreamStub {
    table: Arc<Mutex<Table>>,
    changed: Arc<watch::Sender<u64>>,
    pub away: Arc<AtomicBool>,
    pub grace_ms: Arc<AtomicU64>,
    pub last_gop_ms: Arc<AtomicU64>,
    /// Windows are said to be there, whoever has them.
    pub misleading: Arc<Mutex<Option<String>>>,
    /// The watch version of all channels; none: they are open.
    pub watching: Arc<Mutex<Option<u64>>>,
    /// Who may not watch is not told that it is on air.
    pub hidden: Arc<AtomicBool>,
    /// No lease is renewed.
    pub mute: Arc<AtomicBool>,
    pub url: String,
}

/// The id of the channel of that name.
pub fn channel_of(username: &str) -> String {
    let number = username.bytes().fold(7u128, |n, byte| n << 8 | u128::from(byte));
    uuid::Uuid::from_u128(number).to_string()
}

impl StreamStub {
    pub fn start(ingest: &SigningKey, shutdown: &Shutdown) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let stub = Self {
            table: Arc::default(),
            changed: Arc::new(watch::Sender::new(0)),
            away: Arc::default(),
            grace_ms: Arc::new(AtomicU64::new(60_000)),
            last_gop_ms: Arc::new(AtomicU64::new(2_000)),
            misleading: Arc::default(),
            watching: Arc::default(),
            hidden: Arc::default(),
            mute: Arc::default(),
            url: format!("http://{address}"),
        };
        let jwk = ingest.jwk();
        let peers = Peers::new("stream", [("ingest", &jwk)]);
        let server = Server::new(peers, ALLOW, Readiness::new()).add(PublishServiceServer::new(stub.clone()));
        tokio::spawn(server.serve(listener, shutdown.clone()));
        stub
    }

    /// A key of a channel.
    pub fn key(&self, key: &str, username: &str) {
        self.table.lock().keys.insert(key.into(), username.into());
    }

    /// Whether the key was asked about.
    pub fn asked(&self, key: &str) -> usize {
        self.table.lock().authorized.iter().filter(|request| request.stream_key == key).count()
    }

    /// Waits until it was asked about so often.
    pub async fn asked_so_often(&self, key: &str, times: usize) {
        let asked =
            |table: &Table| table.authorized.iter().filter(|request| request.stream_key == key).count();
        self.wait("an authorize", |table| (asked(table) >= times).then_some(())).await;
    }

    /// Whether it was, and as by RTMPS.
    pub fn was_secure(&self, key: &str) -> bool {
        let table = self.table.lock();
        let request = table.authorized.iter().rev().find(|request| request.stream_key == key);
        request.expect("it was asked about").secure
    }

    /// From where it was published, as the node says.
    pub fn remote(&self, key: &str) -> SocketAddr {
        let table = self.table.lock();
        let request = table.authorized.iter().rev().find(|request| request.stream_key == key);
        request.expect("it was asked about").remote_addr.parse().unwrap()
    }

    /// The broadcast of a channel now.
    pub fn broadcast(&self, username: &str) -> Option<(String, u64)> {
        self.table.lock().broadcasts.get(username).cloned()
    }

    /// Ends the lease streams.
    pub fn hang_up(&self) {
        self.table.lock().nodes.clear();
    }

    pub async fn command_end(&self, broadcast_id: &str, epoch: u64, reason: &str) {
        let end = End { broadcast_id: broadcast_id.into(), epoch, reason: reason.into() };
        self.command(&Command::End(end));
    }

    /// So many other nodes take publishers, as a `stream` says it that does not know of RTMPS.
    pub fn elsewhere(&self, nodes: u32) {
        self.elsewhere_by(nodes, 0);
    }

    /// So many other nodes take publishers, and so many of them by RTMPS too.
    pub fn elsewhere_by(&self, nodes: u32, rtmps_nodes: u32) {
        self.command(&Command::Elsewhere(Elsewhere { nodes, rtmps_nodes }));
    }

    /// Waits until that node has said who it is, and whether it takes publishers by RTMPS.
    pub async fn takes_rtmps(&self, node: &str) -> bool {
        self.wait("hello", |table| table.nodes.get(node).map(|node| node.rtmps)).await
    }

    /// To every node; who does not have the broadcast does nothing.
    fn command(&self, command: &Command) {
        let table = self.table.lock();
        assert!(!table.nodes.is_empty(), "a lease is open");
        for node in table.nodes.values() {
            node.commands.try_send(Ok(NodeCommand { command: Some(command.clone()) })).unwrap();
        }
    }

    /// Waits until that node says that it drains.
    pub async fn draining(&self, node: &str) {
        self.wait("draining", |table| table.nodes.get(node).filter(|node| node.draining).map(|_| ())).await;
    }

    /// Waits for a report of a broadcast that suits.
    pub async fn report(&self, what: &str, suits: impl Fn(&BroadcastReport) -> bool) -> BroadcastReport {
        self.wait(what, |table| table.reports.iter().rev().find(|report| suits(report)).cloned()).await
    }

    /// Whether a report of a broadcast suited so far.
    pub fn reported(&self, suits: impl Fn(&BroadcastReport) -> bool) -> bool {
        self.table.lock().reports.iter().any(suits)
    }

    /// Waits for the first fact of that kind.
    pub async fn ended(&self, how: &str) -> PublishEnded {
        self.wait(how, |table| table.ended.iter().find(|ended| ended.how == how).cloned()).await
    }

    /// Waits for the fact about that broadcast.
    pub async fn ended_of(&self, broadcast_id: &str, how: &str) -> PublishEnded {
        let suits = |ended: &&PublishEnded| ended.how == how && ended.broadcast_id == broadcast_id;
        self.wait(how, |table| table.ended.iter().find(suits).cloned()).await
    }

    /// Whether any node has said that a publisher is away.
    pub fn was_away(&self) -> bool {
        let table = self.table.lock();
        table.ended.iter().any(|ended| ended.how == "lost")
            || table.reports.iter().any(|report| report.state == State::Reconnecting as i32)
    }

    /// All facts about that broadcast so far.
    pub fn count_ended_of(&self, broadcast_id: &str) -> usize {
        self.table.lock().ended.iter().filter(|ended| ended.broadcast_id == broadcast_id).count()
    }

    /// All facts of that kind so far.
    pub fn count_ended(&self, how: &str) -> usize {
        self.table.lock().ended.iter().filter(|ended| ended.how == how).count()
    }

    async fn wait<T>(&self, what: &str, find: impl Fn(&Table) -> Option<T>) -> T {
        let mut changes = self.changed.subscribe();
        let waiting = async {
            loop {
                if let Some(found) = find(&self.table.lock()) {
                    return found;
                }
                changes.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("stream was never told: {what}"),
        }
    }
}

#[tonic::async_trait]
impl PublishService for StreamStub {
    async fn authorize(
        &self,
        request: Request<AuthorizeRequest>,
    ) -> Result<Response<AuthorizeResponse>, Status> {
        let request = request.into_inner();
        let mut table = self.table.lock();
        table.authorized.push(request.clone());
        self.changed.send_modify(|count| *count += 1);
        if self.away.load(Ordering::Relaxed) {
            return Err(Status::unavailable("the store is away"));
        }
        let Some(username) = table.keys.get(&request.stream_key).cloned() else {
            let detail = "This stream key is not known.".to_owned();
            let refusal = Refusal { code: "unknown_key".into(), detail };
            return Ok(Response::new(AuthorizeResponse { outcome: Some(Outcome::Refusal(refusal)) }));
        };
        let known = table.broadcasts.contains_key(&username);
        let entry =
            table.broadcasts.entry(username.clone()).or_insert_with(|| (uuid::Uuid::now_v7().to_string(), 0));
        entry.1 += 1;
        let (broadcast_id, epoch) = entry.clone();
        let before = table.places.insert(username.clone(), request.node_id.clone());
        let before = before.filter(|before| *before != request.node_id);
        let mut hand_over_url = String::new();
        if let Some(node) = before.and_then(|before| table.nodes.get(&before)) {
            if node.draining {
                hand_over_url.clone_from(&node.grpc_url);
            }
            let end =
                End { broadcast_id: broadcast_id.clone(), epoch: epoch - 1, reason: "superseded".into() };
            let _ = node.commands.try_send(Ok(NodeCommand { command: Some(Command::End(end)) }));
        }
        if let Some(url) = &*self.misleading.lock() {
            hand_over_url.clone_from(url);
        }
        let (target_duration_ms, part_target_us) =
            table.targets.get(&broadcast_id).copied().unwrap_or_default();
        let watching = *self.watching.lock();
        let permit = Permit {
            channel_id: channel_of(&username),
            username,
            broadcast_id,
            session_id: request.attempt_id,
            epoch,
            first_msn: if known { 1000 } else { 0 },
            msn_reserved_until: 1000,
            lease_ttl_ms: 15_000,
            grace_ms: self.grace_ms.load(Ordering::Relaxed) as u32,
            last_gop_ms: self.last_gop_ms.load(Ordering::Relaxed) as u32,
            ladder: Vec::new(),
            resumed: known,
            hand_over_url,
            hand_over_epoch: epoch - 1,
            target_duration_ms,
            part_target_us,
            restricted: watching.is_some(),
            watch_version: watching.unwrap_or_default(),
            hidden: self.hidden.load(Ordering::Relaxed),
        };
        Ok(Response::new(AuthorizeResponse { outcome: Some(Outcome::Permit(permit)) }))
    }

    type LeaseStream = Pin<Box<dyn Stream<Item = Result<NodeCommand, Status>> + Send>>;

    async fn lease(
        &self,
        request: Request<Streaming<NodeReport>>,
    ) -> Result<Response<Self::LeaseStream>, Status> {
        let mut reports = request.into_inner();
        let (sender, commands) = mpsc::channel(64);
        let stub = self.clone();
        tokio::spawn(async move {
            let (mut id, mut sender) = (String::new(), Some(sender));
            while let Some(Ok(NodeReport { report: Some(report) })) = reports.next().await {
                let mut table = stub.table.lock();
                match report {
                    Report::Hello(hello) => {
                        let commands = sender.take().expect("hello comes once");
                        id = hello.node_id;
                        let (grpc_url, rtmps) = (hello.grpc_url, hello.rtmps);
                        let node = Node { commands, grpc_url, rtmps, draining: false };
                        table.nodes.insert(id.clone(), node);
                    }
                    Report::Draining(_) => {
                        if let Some(node) = table.nodes.get_mut(&id) {
                            node.draining = true;
                        }
                    }
                    Report::Heartbeat(beat) => {
                        for b in &beat.broadcasts {
                            if b.target_duration_ms > 0 {
                                let told = (b.target_duration_ms, b.part_target_us);
                                table.targets.entry(b.broadcast_id.clone()).or_insert(told);
                            }
                            let (broadcast_id, epoch) = (b.broadcast_id.clone(), b.epoch);
                            let watching = *stub.watching.lock();
                            let renewed = LeaseRenewed {
                                broadcast_id,
                                epoch,
                                msn_reserved_until: 1000,
                                restricted: watching.is_some(),
                                watch_version: watching.unwrap_or_default(),
                                hidden: stub.hidden.load(Ordering::Relaxed),
                            };
                            let command = NodeCommand { command: Some(Command::Renewed(renewed)) };
                            if stub.mute.load(Ordering::Relaxed) {
                                continue;
                            }
                            if let Some(node) = table.nodes.get(&id) {
                                let _ = node.commands.try_send(Ok(command));
                            }
                        }
                        table.reports.extend(beat.broadcasts);
                    }
                    Report::PublishEnded(ended) => table.ended.push(ended),
                }
                drop(table);
                stub.changed.send_modify(|count| *count += 1);
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(commands))))
    }
}
