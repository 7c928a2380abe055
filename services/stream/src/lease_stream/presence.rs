//! That a node is there, noted in Redis beside its lease stream, which must not wait for it; and the answer to a draining node: how many
//! others take publishers, and how many of them by RTMPS.
//!
//! A node is noted from its first heartbeat on, not from its hello: one that drains says so in between and never counts as a place to go.

use super::Commands;
use crate::{
    app::App,
    nodes,
    nodes::{Machine, Node, Others, limits},
};
use std::{sync::Arc, time::Duration};
use streamly_proto::stream::v1::{Elsewhere, NodeCommand, node_command::Command};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// Longest wait for Redis; after it the other nodes are not known.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the node said last, and how often it said that it drains.
#[derive(Debug, Clone)]
struct Said {
    id: String,
    node: Node,
    limits: Arc<[limits::Limit]>,
    drains: u32,
}

/// Notes a node in a tracked task, which ends with this or at the stop.
pub(super) struct Presence {
    said: watch::Sender<Option<Said>>,
}

impl Presence {
    pub(super) fn new(app: &Arc<App>, commands: Commands) -> Self {
        let (said, heard) = watch::channel(None);
        app.tasks.spawn("presence", follow(app.clone(), heard, commands));
        Self { said }
    }

    /// The node has said who it is, and what it goes by.
    pub(super) fn hello(&self, id: &str, node: Node, limits: Vec<limits::Limit>) {
        let said = Said { id: id.to_owned(), node, limits: limits.into(), drains: 0 };
        self.said.send_if_modified(|now| {
            *now = Some(said);
            false
        });
    }

    /// A heartbeat came, with what it says of the machine.
    pub(super) fn beat(&self, machine: Option<Machine>) {
        self.said.send_modify(|now| {
            if let Some(said) = now {
                said.node.machine = machine;
            }
        });
    }

    /// The node takes no new publisher from now on.
    pub(super) fn drain(&self) {
        self.said.send_modify(|now| {
            if let Some(said) = now {
                said.node.draining = true;
                said.drains = said.drains.wrapping_add(1);
            }
        });
    }

    /// Whether the node drains.
    pub(super) fn drains(&self) -> bool {
        self.said.borrow().as_ref().is_some_and(|said| said.node.draining)
    }
}

async fn follow(app: Arc<App>, mut heard: watch::Receiver<Option<Said>>, commands: Commands) {
    let stop = app.shutdown.clone();
    let (mut last, mut gauge) = (None, Gauge(None));
    let work = async {
        // The last answer to a draining node, and to which of its words.
        let mut told = None;
        let mut limits = Noted::default();
        while heard.changed().await.is_ok() {
            let Some(said) = heard.borrow_and_update().clone() else { continue };
            gauge.set(if said.node.draining { "draining" } else { "taking" });
            let noting = nodes::note(&app.redis, &said.id, &said.node, app.config.lease_ttl.get());
            // Fail static: who cannot see another node sends nobody away.
            let noted = timeout(PATIENCE, noting).await;
            let is_noted = matches!(noted, Ok(Ok(_)));
            let others = match noted {
                Ok(Ok(others)) => others,
                Ok(Err(e)) => {
                    tracing::warn!(error = ?e, node = said.id, "a node was not noted");
                    Others::default()
                }
                Err(_) => Others::default(),
            };
            if said.node.draining && told != Some((said.drains, others)) {
                let elsewhere =
                    Command::Elsewhere(Elsewhere { nodes: others.nodes, rtmps_nodes: others.rtmps });
                // A full queue takes it at the next heartbeat.
                if commands.try_send(Ok(NodeCommand { command: Some(elsewhere) })).is_ok() {
                    told = Some((said.drains, others));
                }
            }
            if is_noted {
                limits.keep(&app, &said).await;
            }
            last = Some(said);
        }
    };
    tokio::select! {
        biased;
        // The nodes are there, and tell the other replicas next.
        () = stop.started() => return,
        () = work => {}
    }
    // The node waits for the end of its answers, not for Redis.
    drop(commands);
    if let Some(said) = last
        && let Err(e) = nodes::forget(&app.redis, &said.id, &said.node).await
    {
        tracing::debug!(error = ?e, node = said.id, "a node is forgotten by its TTL");
    }
}

/// What was noted last of a node's limits, and when.
#[derive(Default)]
struct Noted(Option<(Arc<[limits::Limit]>, Instant)>);

impl Noted {
    /// Notes them if they are others or it is time again; none, too: that takes back what the node said before. What fails is tried at the next
    /// heartbeat.
    async fn keep(&mut self, app: &App, said: &Said) {
        let is_fresh = match &self.0 {
            Some((noted, at)) => Arc::ptr_eq(noted, &said.limits) && at.elapsed() < limits::AGAIN,
            None => false,
        };
        if is_fresh {
            return;
        }
        match timeout(PATIENCE, limits::note(&app.redis, &said.id, &said.limits)).await {
            Ok(Ok(())) => self.0 = Some((said.limits.clone(), Instant::now())),
            Ok(Err(e)) => tracing::debug!(error = ?e, node = said.id, "what a node goes by was not noted"),
            Err(_) => {}
        }
    }
}

/// This node's part of the count of nodes.
struct Gauge(Option<&'static str>);

impl Gauge {
    fn set(&mut self, state: &'static str) {
        if self.0 == Some(state) {
            return;
        }
        self.clear();
        metrics::gauge!("streamly_stream_nodes", "state" => state).increment(1.0);
        self.0 = Some(state);
    }
    fn clear(&mut self) {
        if let Some(state) = self.0.take() {
            metrics::gauge!("streamly_stream_nodes", "state" => state).decrement(1.0);
        }
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        self.clear();
    }
}
