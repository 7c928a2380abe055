//! The lease: one gRPC stream of this node to `stream` with the heartbeats of all its broadcasts, and the commands it answers.
//!
//! It reconnects with back-off for as long as the service runs; broadcasts go on meanwhile (fail static). Facts that could not be
//! sent wait in a bounded [`Outbox`]; beyond the bound the oldest go, which the heartbeats heal.

use crate::{
    Config,
    admission::Watched,
    drain::Places,
    node::{Ending, Node},
};
use backon::{BackoffBuilder, ExponentialBuilder};
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use streamly_config::InForce;
use streamly_proto::stream::v1::{
    Draining, Elsewhere, End, Heartbeat, Hello, NodeCommand, NodeReport, PublishEnded, Setting,
    node_command::Command, node_report::Report, publish_service_client::PublishServiceClient,
};
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;

/// Time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Reports that wait for the connection; a peer that takes none for so many seconds is reconnected.
const QUEUED: usize = 8;
/// Facts kept while `stream` is away.
const MAX_FACTS: usize = 1024;
/// How long a new stream may take to open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long `stream` may take to read what was sent before the node closed.
const FAREWELL: Duration = Duration::from_millis(1_800);
/// Name in the readiness report.
const DEPENDENCY: &str = "stream";

/// What has to be told.
#[derive(Default)]
pub(crate) struct Outbox {
    facts: Mutex<VecDeque<PublishEnded>>,
    wake: Notify,
}

impl Outbox {
    pub(crate) fn push(&self, fact: PublishEnded) {
        let mut facts = self.facts.lock();
        if facts.len() >= MAX_FACTS {
            facts.pop_front();
        }
        facts.push_back(fact);
        drop(facts);
        self.wake.notify_one();
    }

    /// A state has changed: the next heartbeat goes at once.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    fn front(&self) -> Option<PublishEnded> {
        self.facts.lock().front().cloned()
    }

    fn sent(&self) {
        self.facts.lock().pop_front();
    }
}

/// Why a stream ended.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the lease stream could not be opened")]
    Open(#[source] Box<tonic::Status>),
    #[error("the lease stream did not open in time")]
    OpenTimeout,
    #[error("stream ended the lease stream")]
    Closed,
    #[error("the lease stream broke")]
    Read(#[source] Box<tonic::Status>),
    #[error("stream takes no reports")]
    Stuck,
    #[error("the node closes")]
    Closing,
}

/// Keeps the lease until the node closes.
pub(crate) async fn keep(node: Arc<Node>) {
    node.readiness.expect(DEPENDENCY);
    let backoff = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(Duration::from_secs(5))
        .with_jitter()
        .without_max_times();
    let mut pauses = backoff.build();
    loop {
        let broken = run(&node).await;
        node.stream.leave();
        // What was said of other nodes holds no longer.
        node.drain.elsewhere(Places::default());
        if node.closing.is_cancelled() {
            return;
        }
        if node.readiness.is_ok(DEPENDENCY) {
            pauses = backoff.build();
        }
        let error = match &broken {
            Broken::Open(status) | Broken::Read(status) => format!("{broken}: {}", status.message()),
            _ => broken.to_string(),
        };
        node.readiness.set(DEPENDENCY, Err(error));
        let pause = pauses.next().unwrap_or(Duration::from_secs(5));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = node.closing.cancelled() => return,
        }
    }
}

async fn run(node: &Arc<Node>) -> Broken {
    let (reports, queue) = mpsc::channel(QUEUED);
    let hello = Hello {
        node_id: node.config.node_id.clone(),
        origin_url: node.config.origin_url.clone(),
        grpc_url: node.config.grpc_url.clone(),
        rtmps: node.config.rtmps.bind.is_some(),
        settings: in_force(&node.config),
    };
    // The queue is empty: these always fit.
    let _ = reports.try_send(NodeReport { report: Some(Report::Hello(hello)) });
    // Before the first heartbeat, with which a node counts as a place to go.
    let mut told_draining = node.drain.is_begun();
    if told_draining {
        let _ = reports.try_send(NodeReport { report: Some(Report::Draining(Draining {})) });
    }
    let _ = reports.try_send(heartbeat(node));
    let mut client = PublishServiceClient::new(node.stream.streaming());
    let opened = tokio::select! {
        opened = tokio::time::timeout(OPEN_TIMEOUT, client.lease(ReceiverStream::new(queue))) => opened,
        () = node.closing.cancelled() => return Broken::Closing,
    };
    let mut commands = match opened {
        Ok(Ok(answer)) => answer.into_inner(),
        Ok(Err(status)) => return Broken::Open(Box::new(status)),
        Err(_) => return Broken::OpenTimeout,
    };
    node.readiness.set(DEPENDENCY, Ok(()));
    let mut ticks = tokio::time::interval(HEARTBEAT);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        if node.drain.is_begun() && !told_draining {
            // A full queue: the next time.
            let draining = NodeReport { report: Some(Report::Draining(Draining {})) };
            told_draining = reports.try_send(draining).is_ok();
        }
        tokio::select! {
            command = commands.message() => match command {
                Ok(Some(NodeCommand { command: Some(command) })) => obey(node, command),
                Ok(Some(NodeCommand { command: None })) => {}
                Ok(None) => return Broken::Closed,
                Err(status) => return Broken::Read(Box::new(status)),
            },
            _ = ticks.tick() => if report(node, &reports).is_err() { return Broken::Stuck },
            () = node.outbox.wake.notified() => if report(node, &reports).is_err() { return Broken::Stuck },
            () = node.closing.cancelled() => break,
        }
    }
    leave(node, reports, commands).await;
    Broken::Closing
}

/// The limits that this node goes by, for the operator.
fn in_force(config: &Config) -> Vec<Setting> {
    let told = streamly_config::in_force(config, &Config::default()).unwrap_or_else(|e| {
        tracing::error!(error = %e, "the limits in force cannot be told");
        Vec::new()
    });
    let said = |InForce { key, value, default }| Setting { key, value, usual: default.unwrap_or_default() };
    told.into_iter().map(said).collect()
}

/// Ends the reports in order and waits until `stream` ends its side, which it does when it has read them all: a call that is dropped takes
/// with it what is still on its way, and broadcasts would be called live until their leases end.
async fn leave(node: &Node, reports: mpsc::Sender<NodeReport>, mut commands: tonic::Streaming<NodeCommand>) {
    let read = async {
        while let Some(fact) = node.outbox.front() {
            if reports.send(NodeReport { report: Some(Report::PublishEnded(fact)) }).await.is_err() {
                return;
            }
            node.outbox.sent();
        }
        drop(reports);
        while let Ok(Some(_)) = commands.message().await {}
    };
    if tokio::time::timeout(FAREWELL, read).await.is_err() {
        tracing::debug!("stream did not end the lease stream in time");
    }
}

/// The facts, then the heartbeat. A full queue keeps what is left for the next time; a closed one is an error.
fn report(node: &Node, reports: &mpsc::Sender<NodeReport>) -> Result<(), ()> {
    while let Some(fact) = node.outbox.front() {
        match reports.try_send(NodeReport { report: Some(Report::PublishEnded(fact)) }) {
            Ok(()) => node.outbox.sent(),
            Err(mpsc::error::TrySendError::Full(_)) => return Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(()),
        }
    }
    match reports.try_send(heartbeat(node)) {
        Err(mpsc::error::TrySendError::Closed(_)) => Err(()),
        _ => Ok(()),
    }
}

fn heartbeat(node: &Node) -> NodeReport {
    let all = node.registry.all();
    let broadcasts = all.iter().filter_map(|broadcast| broadcast.report()).collect();
    let machine = Some(node.machine(all.len()));
    NodeReport { report: Some(Report::Heartbeat(Heartbeat { broadcasts, machine })) }
}

fn obey(node: &Arc<Node>, command: Command) {
    match command {
        Command::Renewed(renewed) => {
            if let Some(broadcast) = node.registry.by_id(&renewed.broadcast_id) {
                if !broadcast.renewed(renewed.epoch, renewed.msn_reserved_until) {
                    return;
                }
                let (restricted, version) = (renewed.restricted, renewed.watch_version);
                broadcast.watched_by(Watched::told(restricted, version, renewed.hidden));
            }
        }
        Command::Elsewhere(Elsewhere { nodes, rtmps_nodes }) => {
            node.drain.elsewhere(Places { nodes, rtmps: rtmps_nodes });
        }
        Command::End(End { broadcast_id, epoch, reason }) => {
            let Some(broadcast) = node.registry.by_id(&broadcast_id) else { return };
            if reason == "superseded" {
                node.give_up(&broadcast, epoch);
            } else {
                node.end(&broadcast, epoch, Ending::Command { reason });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_config::Secret;

    #[test]
    fn the_limits_that_count_are_told_and_neither_addresses_nor_secrets_are() {
        let mut config = Config { rate_limits: false, ..Config::default() };
        config.trust.key = Some(Secret::new("10s"));
        config.rtmp.max_connections = 7;
        let told = in_force(&config);
        let said = |key: &str| {
            let said = told.iter().find(|said| said.key == key);
            said.map(|said| (said.value.as_str(), said.usual.as_str()))
        };
        assert_eq!(said("rtmp.max_connections"), Some(("7", "1000")));
        assert_eq!(said("rate_limits"), Some(("false", "true")));
        assert_eq!(said("window"), Some(("30s", "30s")));
        assert_eq!(said("window_bytes"), Some(("192 MiB", "192 MiB")));
        assert!(said("stills.quality").is_some() && said("rtmp.limits.ack_window").is_some());
        for hidden in ["trust.key", "stream.url", "node_id", "http", "rtmp.bind", "preset", "ladder"] {
            assert_eq!(said(hidden), None, "{hidden}");
        }
        // As many as `stream` takes.
        assert!((40..400).contains(&told.len()), "{}", told.len());
    }
}
