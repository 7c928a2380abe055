//! One ingest node's lease stream: heartbeats in, renewals and ends out.
//!
//! A heartbeat costs one read of PostgreSQL and one round trip to Redis; PostgreSQL is written only when something changed. While
//! PostgreSQL is away the last known rows answer (fail static): no epoch can change then, since permits need it too.

mod ended;
mod health;
mod presence;
mod report;
mod stills;

pub use ended::{ended, lost_if};

use crate::{
    app::App,
    bus, channel,
    error::Error,
    facts,
    lease::{self, Report, Verdict},
    nodes::{Machine, Node, limits},
    store::{
        broadcasts,
        broadcasts::{Broadcast, Targets},
        channels, keys,
    },
    visibility,
};
use futures_util::{Stream, StreamExt};
use health::Outlet;
use presence::Presence;
use report::{are_others, health_of, renditions_of, state_of};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use streamly_domain::{BroadcastId, StreamState};
use streamly_proto::stream::v1::{
    BroadcastReport, End, LeaseRenewed, NodeCommand, NodeReport, PublishEnded, node_command::Command,
    node_report,
};
use streamly_redis::Delivery;
use tokio::sync::{broadcast::error::RecvError, mpsc};
use tonic::Status;
use uuid::Uuid;

/// Commands that wait for a slow node; a node that does not read for [`SEND_WAIT`] loses its stream and comes back.
pub const QUEUE: usize = 256;
const SEND_WAIT: Duration = Duration::from_secs(5);
/// Longest wait for the live index to be written; the commands are on their way by then.
const INDEX_WAIT: Duration = Duration::from_millis(500);
/// Broadcasts in one heartbeat; more are a broken node.
const MAX_BROADCASTS: usize = 2_000;

type Commands = mpsc::Sender<Result<NodeCommand, Status>>;

/// A node's stream with what it last knew.
pub struct NodeStream {
    app: Arc<App>,
    node: String,
    /// Its hello came, and no heartbeat since.
    greeted: bool,
    commands: Commands,
    known: HashMap<BroadcastId, Broadcast>,
    gops: HashMap<BroadcastId, u32>,
    health: Outlet,
    presence: Presence,
    /// Ends of sessions that the store could not take yet; at most [`MAX_BROADCASTS`], the oldest are left to the reaper.
    waiting: VecDeque<PublishEnded>,
}

/// Serves one stream until either side ends it.
pub async fn run(
    app: Arc<App>,
    mut reports: impl Stream<Item = Result<NodeReport, Status>> + Unpin,
    commands: Commands,
) {
    let mut endings = app.endings.subscribe();
    let stop = app.shutdown.clone();
    let mut this = NodeStream {
        health: Outlet::new(&app),
        presence: Presence::new(&app, commands.clone()),
        app,
        node: String::new(),
        greeted: false,
        commands,
        known: HashMap::new(),
        gops: HashMap::new(),
        waiting: VecDeque::new(),
    };
    loop {
        let going_on = tokio::select! {
            () = stop.started() => false,
            report = reports.next() => match report {
                Some(Ok(NodeReport { report: Some(report) })) => this.handle(report).await,
                Some(Ok(NodeReport { report: None })) => true,
                Some(Err(status)) => {
                    // The node comes back by itself; a report that cannot be read comes back with it.
                    tracing::warn!(node = this.node, code = ?status.code(), said = status.message(), "a report was not read");
                    false
                }
                None => false,
            },
            ending = endings.recv() => match ending {
                Ok(e) if e.node_id == this.node => this.end(&e.broadcast_id.to_string(), e.epoch, &e.reason).await,
                Ok(_) | Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => false,
            },
        };
        if !going_on {
            break;
        }
    }
    tracing::info!(node = this.node, "a lease stream ended");
}

impl NodeStream {
    async fn handle(&mut self, report: node_report::Report) -> bool {
        match report {
            node_report::Report::Hello(hello) if hello.node_id.is_empty() || hello.node_id.len() > 128 => {
                let _ = self.commands.try_send(Err(Status::invalid_argument("a node id has 1 to 128 bytes")));
                return false;
            }
            node_report::Report::Hello(hello) => {
                tracing::info!(node = hello.node_id, origin = hello.origin_url, "an ingest node is here");
                let node = Node { rtmps: hello.rtmps, ..Node::new(&hello.origin_url, &hello.grpc_url) };
                self.presence.hello(&hello.node_id, node, limits::told(hello.settings));
                self.node = hello.node_id;
                self.greeted = true;
            }
            _ if self.node.is_empty() => {
                let _ = self.commands.try_send(Err(Status::failed_precondition("hello comes first")));
                return false;
            }
            node_report::Report::Heartbeat(beat) if beat.broadcasts.len() > MAX_BROADCASTS => {
                let _ = self.commands.try_send(Err(Status::invalid_argument("too many broadcasts")));
                return false;
            }
            node_report::Report::Heartbeat(beat) => {
                self.presence.beat(beat.machine.as_ref().map(Machine::told));
                return self.heartbeat(&beat.broadcasts).await;
            }
            node_report::Report::PublishEnded(ended) => self.publish_ended(ended).await,
            node_report::Report::Draining(_) => {
                tracing::info!(node = self.node, "an ingest node drains");
                self.presence.drain();
            }
        }
        true
    }

    async fn heartbeat(&mut self, reports: &[BroadcastReport]) -> bool {
        self.store_ends().await;
        let ids: Vec<Uuid> = reports.iter().filter_map(|r| r.broadcast_id.parse().ok()).collect();
        let fresh = match self.load(&ids).await {
            Ok(rows) => {
                self.known = rows.into_iter().map(|b| (b.id, b)).collect();
                self.gops.retain(|id, _| self.known.contains_key(id));
                if std::mem::take(&mut self.greeted) {
                    ended::forgotten(&self.app, &self.node, &ids).await;
                }
                true
            }
            Err(e) => {
                tracing::warn!(error = ?e, "heartbeats are answered from memory");
                false
            }
        };
        let mut live = Vec::with_capacity(reports.len());
        let mut health = Vec::with_capacity(reports.len());
        let mut renewals = Vec::with_capacity(reports.len());
        let mut stills = Vec::new();
        for report in reports {
            let stored =
                report.broadcast_id.parse().ok().and_then(|id: BroadcastId| self.known.get(&id).cloned());
            let going_on = match stored {
                None if fresh => self.end(&report.broadcast_id, report.epoch, "unknown").await,
                None => true,
                Some(b) if b.ended_how.is_some() => {
                    let why =
                        b.ended_how.as_deref().filter(|how| END_REASONS.contains(how)).unwrap_or("unknown");
                    self.end(&report.broadcast_id, report.epoch, why).await
                }
                Some(b) => match self.renew(&b, report, fresh).await {
                    Ok(Some(mut b)) => {
                        if fresh && stills::is_newer(&b, report) {
                            b.still = report.still;
                            stills.push(b.clone());
                        }
                        health.push((b.channel.id, health_of(&b, report)));
                        let guard = visibility::guard(&b.channel, b.test);
                        let renewed = Command::Renewed(LeaseRenewed {
                            broadcast_id: b.id.to_string(),
                            epoch: b.epoch,
                            msn_reserved_until: b.msn_reserved,
                            restricted: guard.restricted,
                            watch_version: guard.version,
                            hidden: guard.hidden,
                        });
                        live.push(b);
                        renewals.push(renewed);
                        true
                    }
                    // The newer session is this node's own: its permit is on the way, and the broadcast goes on there.
                    Ok(None) if b.node_id == self.node => true,
                    Ok(None) => self.end(&report.broadcast_id, report.epoch, "superseded").await,
                    Err(e) => {
                        tracing::warn!(error = ?e, broadcast = %b.id, "a change was not stored");
                        true
                    }
                },
            };
            if !going_on {
                return false;
            }
        }
        self.health.put(health);
        if let Err(e) = stills::told(&self.app, &stills).await {
            tracing::warn!(error = ?e, "numbers of stills are stored with the next heartbeat");
        }
        // In its turn, so that an end which comes next clears it; but no end waits longer than this for a slow Redis.
        let index = bus::write_live(&self.app.redis, self.app.config.lease_ttl.get(), &live);
        match tokio::time::timeout(INDEX_WAIT, index).await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => tracing::warn!(error = ?e, "the live index was not written"),
            Err(_) => tracing::warn!("the live index takes long to write"),
        }
        // After the index: who is renewed can be found, which is what a node that handed over waits for.
        for renewed in renewals {
            if !self.send(renewed).await {
                return false;
            }
        }
        for b in live {
            self.known.insert(b.id, b);
        }
        true
    }

    async fn load(&self, ids: &[Uuid]) -> Result<Vec<Broadcast>, Error> {
        let db = self.app.connection().await?;
        broadcasts::by_ids(&db, ids).await
    }

    /// The broadcast after the report; `None`: a higher epoch lives.
    async fn renew(
        &mut self,
        b: &Broadcast,
        report: &BroadcastReport,
        fresh: bool,
    ) -> Result<Option<Broadcast>, Error> {
        let said = Report { epoch: report.epoch, state: state_of(report.state), next_msn: report.next_msn };
        let Verdict::Renew { state, reserve } = lease::judge(b.epoch, b.state, b.msn_reserved, &said) else {
            return Ok(None);
        };
        let least = if self.presence.drains() { ended::MOVE } else { Duration::ZERO };
        let grace = b.channel.grace(self.app.config.grace.get()).max(least);
        // Who waits for nobody ends by the fact of the loss, which comes before or after this.
        let state = state.filter(|s| *s != StreamState::Reconnecting || !grace.is_zero());
        let renditions = renditions_of(report);
        let mut next = b.clone();
        let new_renditions =
            renditions.as_array().is_some_and(|r| !r.is_empty()) && are_others(&b.renditions, &renditions);
        let targets = Targets::told(report.target_duration_ms, report.part_target_us);
        let new_targets = targets.filter(|_| b.targets.is_none());
        let gop = report.health.as_ref().map_or(0, |h| h.keyframe_interval_ms);
        let known_gop = self.gops.get(&b.id).copied().unwrap_or(0);
        let new_gop = gop > 0 && gop.abs_diff(known_gop) > known_gop / 10;
        let changed =
            state.is_some() || reserve.is_some() || new_renditions || new_targets.is_some() || new_gop;
        if !fresh || !changed {
            return Ok(Some(next));
        }
        let mut db = self.app.connection().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, b.channel.id).await?;
        let now = match broadcasts::open_of(&tx, b.channel.id).await? {
            Some(now) if now.id == b.id && now.epoch == b.epoch => now,
            // Changed since it was read: the next heartbeat sees it.
            _ => return Ok(Some(next)),
        };
        if let Some(until) = reserve {
            broadcasts::reserve(&tx, b.id, until).await?;
            next.msn_reserved = until;
        }
        if let Some(targets) = new_targets {
            broadcasts::set_targets(&tx, b.id, targets).await?;
            next.targets = Some(targets);
        }
        if new_renditions {
            broadcasts::set_renditions(&tx, b.id, &renditions).await?;
            next.renditions = renditions;
        }
        if new_gop {
            keys::set_gop(&tx, b.session_id.0, gop).await?;
            self.gops.insert(b.id, gop);
        }
        if let Some(state) = state {
            let grace = (state == StreamState::Reconnecting).then_some(grace.as_secs_f64());
            next.live_at = broadcasts::set_state(&tx, b.id, state, grace).await?;
            channel::announce(&self.app, &tx, &now, state).await?;
            if let (None, Some(at), true) = (now.live_at, next.live_at, now.is_real()) {
                facts::went_live(&self.app, &tx, &now, at).await?;
            }
            next.state = state;
        } else if new_renditions && b.state != StreamState::Starting {
            channel::announce_on_air(&self.app, &tx, b.channel.id).await?;
        }
        tx.commit().await?;
        self.app.committed.notify_one();
        Ok(Some(next))
    }

    /// Stores an end, or keeps it until the store is back: a lost one would leave a broadcast live until its TTL.
    async fn publish_ended(&mut self, fact: PublishEnded) {
        self.waiting.push_back(fact);
        if self.waiting.len() > MAX_BROADCASTS {
            self.waiting.pop_front();
        }
        self.store_ends().await;
    }

    /// Stores the ends that wait, in their order, as far as the store takes them.
    async fn store_ends(&mut self) {
        while let Some(fact) = self.waiting.front() {
            match ended(&self.app, fact, self.presence.drains()).await {
                Ok(()) => {}
                Err(e) if e.is_unavailable() => {
                    tracing::warn!(error = ?e, broadcast = fact.broadcast_id, "the end of a session waits for the store");
                    return;
                }
                Err(e) => {
                    tracing::error!(error = ?e, broadcast = fact.broadcast_id, "the end of a session was not stored")
                }
            }
            self.waiting.pop_front();
        }
    }

    async fn end(&self, broadcast_id: &str, epoch: u64, reason: &str) -> bool {
        self.send(Command::End(End { broadcast_id: broadcast_id.into(), epoch, reason: reason.into() })).await
    }

    async fn send(&self, command: Command) -> bool {
        let command = Ok(NodeCommand { command: Some(command) });
        tokio::time::timeout(SEND_WAIT, self.commands.send(command)).await.is_ok_and(|sent| sent.is_ok())
    }
}

/// Reasons that a node is told again; everything else ended by itself.
const END_REASONS: &[&str] = &["key_revoked", "account_suspended", "owner_ended", "operator_ended"];

/// Room for endings that are not read yet; a gap is healed by the heartbeats' answers.
const ENDINGS_UNREAD: usize = 64;

/// Hears of broadcasts that other replicas ended, until the stop.
pub async fn follow_endings(app: Arc<App>) {
    let stop = app.shutdown.clone();
    let follow = async {
        loop {
            if let Ok(mut subscriber) = app.redis.quiet_subscriber(ENDINGS_UNREAD).await
                && subscriber.subscriptions().subscribe(bus::ENDINGS).await.is_ok()
            {
                while let Some(delivery) = subscriber.next().await {
                    // A gap is healed by the heartbeats' answers.
                    let Delivery::Message { payload, .. } = delivery else { continue };
                    if let Ok(ending) = serde_json::from_slice(&payload) {
                        let _ = app.endings.send(ending);
                    }
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = follow => {}
        () = stop.started() => {}
    }
}
