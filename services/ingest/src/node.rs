//! The node: what its sessions, requests and commands share, and the life of its broadcasts.
//!
//! Every change of a broadcast's life goes through here, so that `stream` is told of each and every timer is a tracked task.
//! Nothing here waits for `stream`: while it is away the facts wait in the outbox.

use crate::{
    Config,
    admission::Permit,
    broadcast::{Broadcast, Encoder, Lost, Seat, Settings},
    drain::{self, Drain},
    hand_over::{Arrival, Arrivals, Call, Fetched},
    lease::Outbox,
    machine::Machine,
    meters::Meters,
    registry::Registry,
    rewind::Disk,
    stills::Line,
    turns::Turns,
};
use parking_lot::Mutex;
use std::{
    future::Future,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_auth::playback::Verifier;
use streamly_lifecycle::{CancellationToken, Readiness, Tasks};
use streamly_proto::stream::v1::{self as proto, PublishEnded};
use streamly_rpc::{Identity, Peer};
use streamly_transcode::{Events, Transcoder};

/// How long the rungs' encoder has for its last pictures after a loss or the end.
const RUNG_DRAIN: Duration = Duration::from_millis(700);
/// How long media of a broadcast that lives elsewhere stays fetchable once its new place is known: for requests that were on their way,
/// and so that a page that opens in the second that an edge remembers a place for is not told "offline".
const LEFT_LINGER: Duration = Duration::from_secs(3);

/// See the module's head.
pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) settings: Arc<Settings>,
    /// By `stream`'s public key.
    pub(crate) playback: Verifier,
    pub(crate) stream: Peer,
    pub(crate) identity: Identity,
    pub(crate) registry: Registry,
    pub(crate) outbox: Outbox,
    pub(crate) readiness: Readiness,
    pub(crate) tasks: Tasks,
    pub(crate) meters: Arc<Meters>,
    /// Ends timers and transcoders at the very end.
    pub(crate) closing: CancellationToken,
    pub(crate) drain: Drain,
    pub(crate) rewind: Disk,
    /// Windows that are being fetched.
    pub(crate) arrivals: Arrivals,
    /// Keyframes that stills are to be made of.
    pub(crate) stills: Line,
    machine: Machine,
    turns: Mutex<Turns>,
    /// Two first sessions of one broadcast must not make two of it.
    seating: Mutex<()>,
}

/// How a broadcast ended, as `PublishEnded` says it.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    Clean,
    Refused { code: &'static str, detail: String },
    GraceOver,
    Command { reason: String },
}

impl Ending {
    fn words(self) -> (&'static str, String, String) {
        match self {
            Self::Clean => ("clean", String::new(), String::new()),
            Self::Refused { code, detail } => ("refused", code.into(), detail),
            Self::GraceOver => ("grace_over", String::new(), String::new()),
            Self::Command { reason } => ("ended", reason, String::new()),
        }
    }
}

impl Node {
    pub(crate) fn new(
        config: Config,
        settings: Arc<Settings>,
        stream: Peer,
        identity: Identity,
        readiness: Readiness,
    ) -> Self {
        let meters = settings.meters.clone();
        let key = config.trust.peer_key("stream").map(Verifier::of_key);
        let stills = Line::new(config.stills.waiting);
        Self {
            playback: key.unwrap_or_default(),
            config,
            settings,
            stream,
            identity,
            registry: Registry::default(),
            outbox: Outbox::default(),
            readiness,
            tasks: Tasks::new(),
            meters,
            closing: CancellationToken::new(),
            drain: Drain::default(),
            rewind: Disk::default(),
            arrivals: Arrivals::default(),
            stills,
            machine: Machine::default(),
            turns: Mutex::default(),
            seating: Mutex::new(()),
        }
    }

    /// How long a publish from that address has to wait for its turn; `None`: longer than it may stay unanswered.
    pub(crate) fn turn(&self, remote: SocketAddr) -> Option<Duration> {
        let rtmp = &self.config.rtmp;
        if !self.config.rate_limits {
            return Some(Duration::ZERO);
        }
        let rate = (rtmp.publish_burst, rtmp.publish_interval.get());
        self.turns.lock().take(Instant::now(), remote.ip().into(), rate, rtmp.authorize_timeout.get())
    }

    /// What the machine has and does, with so many publishers.
    pub(crate) fn machine(&self, publishers: usize) -> proto::Machine {
        let (load, roster) = (self.machine.load(), self.settings.encoders.roster());
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        proto::Machine {
            cores: load.cores,
            busy_permille: load.busy_permille,
            memory_bytes: load.memory_bytes,
            memory_available_bytes: load.memory_available_bytes,
            encoders: roster.usable(),
            encoders_at_rest: roster.demoted(),
            publishers: count(publishers),
            max_publishers: count(self.config.rtmp.max_connections),
        }
    }

    /// Takes no new publisher from now on.
    pub(crate) fn drain(&self) {
        self.drain.begin();
        self.readiness.drain();
        self.outbox.wake();
    }

    /// Broadcasts that have not ended.
    pub(crate) fn running(&self) -> Vec<Arc<Broadcast>> {
        let mut all = self.registry.all();
        all.retain(|broadcast| !broadcast.ended().is_cancelled());
        all
    }

    /// The permit's broadcast, new, with what another node had of it, or joined. `None` if the permit was overtaken.
    pub(crate) fn seat(
        &self,
        permit: &Permit,
        encoder: Encoder,
        arrival: Option<&Arrival>,
    ) -> Option<(Seat, Option<Call>)> {
        let now = Instant::now();
        let _alone = self.seating.lock();
        let known = self.registry.by_id(&permit.broadcast_id).filter(|known| !known.ended().is_cancelled());
        let (name, mut call) = (encoder.name.clone(), None);
        let seat = match known {
            Some(known) => {
                let took_over = known.has_publisher();
                let seat = known.join(permit, encoder, now)?;
                let count = if took_over { &self.meters.takeovers } else { &self.meters.reconnects };
                count.increment(1);
                seat
            }
            None => {
                // Taken only by who starts the broadcast with it.
                // What was a test's is nobody's once that went live.
                let may = |fetched: &Fetched| !fetched.test || permit.is_test();
                let import = arrival.and_then(Arrival::take).filter(may).map(|fetched| {
                    call = Some(fetched.call);
                    fetched.import
                });
                let seat = Broadcast::start(&self.settings, permit, encoder, import);
                self.registry.insert(seat.broadcast.clone());
                self.meters.broadcasts.increment(1.0);
                if permit.resumed {
                    self.meters.reconnects.increment(1);
                }
                seat
            }
        };
        tracing::info!(
            broadcast = permit.broadcast_id,
            session = permit.session_id,
            epoch = permit.epoch,
            username = permit.username,
            resumed = permit.resumed,
            imported = call.is_some(),
            encoder = name,
            "publish accepted"
        );
        self.outbox.wake();
        Some((seat, call))
    }

    /// A timer or follower that ends with the node.
    pub(crate) fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.tasks.spawn(name, async move {
            tokio::select! {
                () = work => {}
                () = closing.cancelled() => {}
            }
        });
    }

    /// Follows a transcoder until it has drained, then ends the rungs.
    pub(crate) fn follow(
        self: &Arc<Self>,
        broadcast: &Arc<Broadcast>,
        transcoder: Transcoder,
        mut events: Events,
    ) {
        let (broadcast, closing) = (broadcast.clone(), self.closing.clone());
        self.tasks.spawn("rungs", async move {
            let over = async {
                tokio::select! {
                    () = closing.cancelled() => {}
                    () = async { broadcast.ended().cancelled().await; tokio::time::sleep(RUNG_DRAIN).await } => {}
                }
            };
            tokio::pin!(over);
            let given_up = loop {
                tokio::select! {
                    event = events.recv() => match event {
                        Some(event) => broadcast.transcoded(event, Instant::now()),
                        None => break true,
                    },
                    () = &mut over => break false,
                }
            };
            // After a failure the rungs go on as gaps until the broadcast ends.
            if given_up && !broadcast.ended().is_cancelled() {
                over.await;
            }
            broadcast.end_rungs(Instant::now());
            transcoder.close().await;
        });
    }

    /// The session's publisher is gone without a word: the grace window begins.
    pub(crate) fn lost(self: &Arc<Self>, seat: &Seat) {
        self.lost_by(&seat.broadcast, &seat.session_id, seat.epoch, true);
    }

    /// `left`: by itself, and not cut off by the stop, which tells `stream` while it can.
    fn lost_by(self: &Arc<Self>, broadcast: &Arc<Broadcast>, session_id: &str, epoch: u64, left: bool) {
        let Some(Lost { grace, moves }) = broadcast.lost(epoch, Instant::now()) else { return };
        // Who was asked to move closes first and is at the other node in a moment.
        let grace = if self.drain.is_begun() { grace.max(drain::MOVE) } else { grace };
        self.meters.lost.increment(1);
        tracing::info!(broadcast = broadcast.id, epoch, ?grace, "publisher lost");
        let words = || ("lost", String::new(), String::new());
        if moves && left {
            // Viewers see it move on, and would be told in vain that it is away.
            let (node, broadcast, session_id) = (self.clone(), broadcast.clone(), session_id.to_owned());
            self.spawn("move", async move {
                tokio::time::sleep(drain::ON_ITS_WAY).await;
                if broadcast.moves_no_more(epoch) {
                    node.tell(&broadcast, &session_id, epoch, words());
                }
            });
        } else {
            broadcast.moves_no_more(epoch);
            self.tell(broadcast, session_id, epoch, words());
        }
        let (node, broadcast) = (self.clone(), broadcast.clone());
        self.spawn("grace", async move {
            let rungs = RUNG_DRAIN.min(grace);
            tokio::time::sleep(rungs).await;
            if broadcast.is_lost(epoch) {
                broadcast.settle(Instant::now());
            }
            tokio::time::sleep(grace - rungs).await;
            if broadcast.is_lost(epoch) {
                node.end(&broadcast, epoch, Ending::GraceOver);
            }
        });
    }

    /// Ends a broadcast whose epoch is at most `up_to`. Its playlists stay for the configured time, with ENDLIST.
    pub(crate) fn end(self: &Arc<Self>, broadcast: &Arc<Broadcast>, up_to: u64, ending: Ending) -> bool {
        let now = Instant::now();
        let Some((session_id, epoch)) = broadcast.end(up_to, now) else { return false };
        tracing::info!(broadcast = broadcast.id, epoch, ?ending, "broadcast ended");
        self.meters.broadcasts.decrement(1.0);
        if broadcast.renditions().is_none_or(|all| all.len() < 2) {
            broadcast.end_rungs(now);
        }
        self.tell(broadcast, &session_id, epoch, ending.words());
        let (node, broadcast) = (self.clone(), broadcast.clone());
        let linger = self.config.ended_linger.get();
        self.spawn("linger", async move {
            tokio::time::sleep(linger).await;
            node.registry.remove(&broadcast);
        });
        true
    }

    /// The broadcast lives elsewhere with a higher epoch: nothing more is written for it here, and once its new place is known nothing is
    /// served, so that edges ask again where it is.
    pub(crate) fn give_up(self: &Arc<Self>, broadcast: &Arc<Broadcast>, up_to: u64) {
        let hand_over = self.drain.is_begun() && !self.config.grpc_url.is_empty();
        if !broadcast.fence(up_to, hand_over, Instant::now()) {
            return;
        }
        tracing::info!(broadcast = broadcast.id, up_to, hand_over, "broadcast goes on elsewhere");
        self.meters.broadcasts.decrement(1.0);
        self.outbox.wake();
        let (node, broadcast) = (self.clone(), broadcast.clone());
        self.spawn("leaving", async move {
            broadcast.leaving().taken(hand_over).await;
            broadcast.leave();
            tokio::time::sleep(LEFT_LINGER).await;
            node.registry.leave(&broadcast);
            broadcast.leaving().rewind_taken().await;
            node.registry.gone(&broadcast);
        });
    }

    /// The node stops: every publisher is cut off, which lets it come back elsewhere within its grace.
    pub(crate) fn cut_all(self: &Arc<Self>) {
        for broadcast in self.running() {
            let (session_id, epoch) = broadcast.session();
            self.lost_by(&broadcast, &session_id, epoch, false);
        }
    }

    fn tell(&self, broadcast: &Broadcast, session_id: &str, epoch: u64, words: (&str, String, String)) {
        let (how, code, detail) = words;
        self.outbox.push(PublishEnded {
            broadcast_id: broadcast.id.clone(),
            session_id: session_id.to_owned(),
            epoch,
            how: how.into(),
            code,
            detail,
            next_msn: broadcast.next_msn(),
        });
    }
}
