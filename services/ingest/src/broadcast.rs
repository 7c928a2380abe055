//! One broadcast on this node: its state, its media path, its renditions. It outlives publisher connections.
//!
//! `offline → starting → live ⇄ reconnecting → ended`. Which session may act is decided by its epoch: whatever a superseded one
//! still does is refused. Tasks, timers and what `stream` is told are the node's (`node`), requests the origin's (`http`).

mod dates;
mod epochs;
mod flats;
mod health;
mod import;
mod leaving;
mod pipeline;
mod rate;
mod rendition;
mod settings;
mod shedding;
mod stage;
mod stills;
mod targets;
mod zipped;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use streamly_lifecycle::CancellationToken;
use streamly_proto::stream::v1::{BroadcastReport, Health, State};
use streamly_transcode::Event;
use tokio::sync::watch;

pub(crate) use flats::Flat;
pub(crate) use import::{Import, Imported, SOURCE};
pub(crate) use leaving::{Export, Leaving, Taking};
pub(crate) use pipeline::{Fault, Pipeline, Progress};
pub(crate) use rendition::{Facts, Rendition};
pub(crate) use settings::Settings;
pub(crate) use stills::Stills;
pub(crate) use targets::Targets;

use crate::{
    admission::{Permit, Watched},
    rewind::Wishes,
};

/// See the module's head.
pub(crate) struct Broadcast {
    pub(crate) id: String,
    pub(crate) channel_id: String,
    pub(crate) username: String,
    live: Mutex<Live>,
    pipeline: Mutex<Pipeline>,
    renditions: OnceLock<Vec<Arc<Rendition>>>,
    changed: watch::Sender<u64>,
    ended: CancellationToken,
    gone: CancellationToken,
    leaving: Leaving,
    wishes: Wishes,
    stills: Stills,
    /// See [`Broadcast::watched`]; of its own, for each request looks at it.
    watching: AtomicU64,
}

struct Live {
    session_id: String,
    epoch: u64,
    state: State,
    grace: Duration,
    reserved_until: u64,
    session: CancellationToken,
    /// Of a publisher that understands it.
    go_away: Option<CancellationToken>,
    /// It was asked to go and is on its way: nobody need know that it is not here.
    moves: bool,
    /// The epoch that `stream` renewed last.
    renewed: u64,
    bytes: u64,
    /// The session came by RTMPS.
    secure: bool,
}

/// Who publishes, as it says itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Encoder {
    pub(crate) name: String,
    /// It connects again at once when it is asked to.
    pub(crate) moves: bool,
}

/// A publisher that is gone.
pub(crate) struct Lost {
    pub(crate) grace: Duration,
    /// It was asked to connect elsewhere.
    pub(crate) moves: bool,
}

/// A session's place in its broadcast.
pub(crate) struct Seat {
    pub(crate) broadcast: Arc<Broadcast>,
    pub(crate) session_id: String,
    pub(crate) epoch: u64,
    /// Cancelled when the session has to close: superseded, ended, drained.
    pub(crate) close: CancellationToken,
    /// Cancelled when the publisher has to be asked to connect elsewhere.
    pub(crate) go_away: CancellationToken,
}

/// As it is kept: 0 is open.
fn watching(watched: Option<Watched>) -> u64 {
    watched.map_or(0, |w| (w.version.saturating_add(1) << 1) | u64::from(w.hidden))
}

impl Broadcast {
    /// A broadcast that starts with this permit's session, with what another node had of it.
    pub(crate) fn start(
        settings: &Arc<Settings>,
        permit: &Permit,
        encoder: Encoder,
        import: Option<Import>,
    ) -> Seat {
        let (close, go_away) = (CancellationToken::new(), CancellationToken::new());
        let stills = settings.stills();
        if let Some((number, jpeg)) = import.as_ref().and_then(|import| import.still.clone()) {
            stills.take(number, jpeg);
        }
        let broadcast = Arc::new(Self {
            id: permit.broadcast_id.clone(),
            channel_id: permit.channel_id.clone(),
            username: permit.username.clone(),
            live: Mutex::new(Live {
                session_id: permit.session_id.clone(),
                epoch: permit.epoch,
                state: State::Starting,
                grace: permit.grace,
                reserved_until: permit.msn_reserved_until,
                session: close.clone(),
                go_away: encoder.moves.then(|| go_away.clone()),
                moves: false,
                renewed: 0,
                bytes: 0,
                secure: permit.secure,
            }),
            pipeline: Mutex::new(Pipeline::new(settings.clone(), permit, encoder.name, import)),
            renditions: OnceLock::new(),
            changed: watch::Sender::new(0),
            ended: CancellationToken::new(),
            gone: CancellationToken::new(),
            leaving: Leaving::default(),
            wishes: Wishes::default(),
            stills,
            watching: AtomicU64::new(watching(permit.watched)),
        });
        Seat { broadcast, session_id: permit.session_id.clone(), epoch: permit.epoch, close, go_away }
    }

    /// A later session takes its seat; the one before is told to close. `None`: ended, or the epoch is not newer.
    pub(crate) fn join(self: &Arc<Self>, permit: &Permit, encoder: Encoder, now: Instant) -> Option<Seat> {
        let (close, go_away) = (CancellationToken::new(), CancellationToken::new());
        let mut live = self.live.lock();
        if self.ended.is_cancelled() || permit.epoch <= live.epoch {
            return None;
        }
        // Numbers beyond our reservation were given to somebody else meanwhile.
        let elsewhere = permit.first_msn > live.reserved_until;
        live.session.cancel();
        live.session = close.clone();
        live.go_away = encoder.moves.then(|| go_away.clone());
        live.moves = false;
        live.session_id.clone_from(&permit.session_id);
        live.epoch = permit.epoch;
        live.grace = permit.grace;
        live.secure = permit.secure;
        self.watched_by(permit.watched);
        live.reserved_until = live.reserved_until.max(permit.msn_reserved_until);
        self.pipeline.lock().join(permit.epoch, elsewhere.then_some(permit.first_msn), encoder.name, now);
        drop(live);
        let session_id = permit.session_id.clone();
        Some(Seat { broadcast: self.clone(), session_id, epoch: permit.epoch, close, go_away })
    }

    /// The media path, for a moment.
    pub(crate) fn with_pipeline<T>(&self, f: impl FnOnce(&mut Pipeline) -> T) -> T {
        f(&mut self.pipeline.lock())
    }

    /// Takes over what a batch of media brought about. Says whether the state changed.
    pub(crate) fn progressed(&self, progress: &mut Progress, bytes: u64) -> bool {
        if let Some(renditions) = progress.renditions.take() {
            // Built once: a second set would be a second stage, which the pipeline never makes.
            let _ = self.renditions.set(renditions);
            self.notify();
        }
        let mut live = self.live.lock();
        live.bytes += bytes;
        if !progress.part || live.state == State::Live || self.ended.is_cancelled() {
            return false;
        }
        live.state = State::Live;
        drop(live);
        self.notify();
        true
    }

    /// What the transcoder told.
    pub(crate) fn transcoded(&self, event: Event, now: Instant) {
        self.pipeline.lock().transcoded(event, now);
    }

    /// The session lost its publisher. `None` if the session is not the present one or was closed before.
    pub(crate) fn lost(&self, epoch: u64, now: Instant) -> Option<Lost> {
        let mut live = self.live.lock();
        if live.epoch != epoch || live.session.is_cancelled() || self.ended.is_cancelled() {
            return None;
        }
        live.state = State::Reconnecting;
        live.session.cancel();
        live.moves = live.go_away.as_ref().is_some_and(CancellationToken::is_cancelled);
        let lost = Lost { grace: live.grace, moves: live.moves };
        drop(live);
        self.pipeline.lock().flush_source(now);
        self.notify();
        Some(lost)
    }

    /// A publisher that was asked to go has not come to another node: now its absence may be known. `false`: it has, or is here again.
    pub(crate) fn moves_no_more(&self, epoch: u64) -> bool {
        let is_lost = self.is_lost(epoch);
        let mut live = self.live.lock();
        live.moves &= !is_lost;
        is_lost
    }

    /// Whether the publisher of that epoch is still the last one, and away.
    pub(crate) fn is_lost(&self, epoch: u64) -> bool {
        let live = self.live.lock();
        let waits = live.state == State::Reconnecting && live.session.is_cancelled();
        live.epoch == epoch && waits && !self.ended.is_cancelled()
    }

    /// Some time after the publisher was lost: gives out what the rungs still have, and the last segments become whole, so that players
    /// of whole segments are not kept waiting for the grace window.
    pub(crate) fn settle(&self, now: Instant) {
        self.pipeline.lock().flush_rungs(now);
        for rendition in self.renditions.get().into_iter().flatten() {
            // A publisher may be back this very moment: its open segment goes on.
            rendition.with(|window| window.finish_closed(now));
        }
    }

    /// Ends it, if its epoch is at most `up_to`: the session closes, the source's playlist gets ENDLIST, the transcoder drains.
    /// The session's id and epoch, once.
    pub(crate) fn end(&self, up_to: u64, now: Instant) -> Option<(String, u64)> {
        let session = self.stop(up_to, now)?;
        if let Some(source) = self.renditions.get().and_then(|all| all.first()) {
            source.with(|window| window.end(now));
        }
        self.notify();
        Some(session)
    }

    /// The rungs of a fenced broadcast give what is complete of them, and from now on nothing is written at all.
    pub(crate) fn seal(&self, now: Instant) {
        let mut pipeline = self.pipeline.lock();
        pipeline.flush_rungs(now);
        pipeline.fence();
        drop(pipeline);
        self.leaving.rungs_done();
    }

    /// The same where it goes on elsewhere: nothing is written from now on, and no playlist says that it is over. `hand_over`: what is
    /// complete of the source is given out as the last thing, and the rungs' encoder may end what it has, for the node that fetches
    /// the window.
    pub(crate) fn fence(&self, up_to: u64, hand_over: bool, now: Instant) -> bool {
        let live = self.live.lock();
        if live.epoch > up_to || self.ended.is_cancelled() {
            return false;
        }
        self.leaving.fence();
        self.ended.cancel();
        live.session.cancel();
        drop(live);
        let mut pipeline = self.pipeline.lock();
        if hand_over {
            pipeline.end(now)
        } else {
            pipeline.fence()
        }
        drop(pipeline);
        if self.renditions().is_none_or(|all| all.len() < 2) {
            self.leaving.rungs_done();
        }
        self.notify();
        true
    }

    /// How far a fenced one is on its way elsewhere.
    pub(crate) fn leaving(&self) -> &Leaving {
        &self.leaving
    }

    /// Segments of its rewind that viewers want and that are still to come.
    pub(crate) fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Small pictures of what is on air.
    pub(crate) fn stills(&self) -> &Stills {
        &self.stills
    }

    /// Its new place is known: playlists and held requests are answered with 404 from now on.
    pub(crate) fn leave(&self) {
        self.gone.cancel();
        self.notify();
    }

    fn stop(&self, up_to: u64, now: Instant) -> Option<(String, u64)> {
        let live = self.live.lock();
        if live.epoch > up_to || self.ended.is_cancelled() {
            return None;
        }
        self.ended.cancel();
        live.session.cancel();
        let session = (live.session_id.clone(), live.epoch);
        drop(live);
        self.pipeline.lock().end(now);
        Some(session)
    }

    /// The transcoder has drained (or there is none): ENDLIST for the rungs.
    pub(crate) fn end_rungs(&self, now: Instant) {
        if self.gone.is_cancelled() {
            return;
        }
        self.pipeline.lock().flush_rungs(now);
        if !self.leaving.is_fenced() {
            for rung in self.renditions.get().into_iter().flatten().skip(1) {
                rung.with(|window| window.end(now));
            }
        }
        self.leaving.rungs_done();
        self.notify();
    }

    /// Cancelled when it ends.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Cancelled when it lives elsewhere.
    pub(crate) fn gone(&self) -> &CancellationToken {
        &self.gone
    }

    /// Changes with the state and when the renditions become known.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn notify(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    /// The planned renditions, source first; `None` before the first media.
    pub(crate) fn renditions(&self) -> Option<&[Arc<Rendition>]> {
        self.renditions.get().map(Vec::as_slice)
    }

    /// Whether a viewer can fetch something.
    pub(crate) fn has_parts(&self) -> bool {
        self.renditions()
            .and_then(|all| all.first())
            .is_some_and(|source| source.read(|window| window.position().msn.is_some()))
    }

    /// Id and epoch of the last session.
    pub(crate) fn session(&self) -> (String, u64) {
        let live = self.live.lock();
        (live.session_id.clone(), live.epoch)
    }

    /// Whether a publisher is connected, as far as is known.
    pub(crate) fn has_publisher(&self) -> bool {
        !self.live.lock().session.is_cancelled()
    }

    pub(crate) fn state(&self) -> State {
        if self.ended.is_cancelled() { State::Offline } else { self.live.lock().state }
    }

    /// Numbers up to here may be used. `false`: that is another session's renewal, of which nothing counts.
    pub(crate) fn renewed(&self, epoch: u64, reserved_until: u64) -> bool {
        let mut live = self.live.lock();
        if live.epoch != epoch {
            return false;
        }
        live.reserved_until = live.reserved_until.max(reserved_until);
        if std::mem::replace(&mut live.renewed, epoch) != epoch {
            drop(live);
            self.notify();
        }
        true
    }

    /// Who may watch it, as `stream` says; `None`: everybody.
    /// What was before a test went live is forgotten first; a real one never becomes a test.
    pub(crate) fn watched_by(&self, watched: Option<Watched>) {
        let is_test = |watched: Option<Watched>| watched.is_some_and(Watched::is_test);
        if is_test(watched) && !is_test(self.watched()) {
            tracing::warn!(broadcast = self.id, "a broadcast that is live was told to be a test");
            return;
        }
        if is_test(self.watched()) && !is_test(watched) {
            tracing::info!(broadcast = self.id, "a test goes live: its playlists begin anew");
            self.stills.forget();
            self.pipeline.lock().begin_anew(Instant::now());
            self.notify();
        }
        self.watching.store(watching(watched), Ordering::Relaxed);
    }

    /// By whom it is watched; `None`: it is open to everybody.
    pub(crate) fn watched(&self) -> Option<Watched> {
        let packed = self.watching.load(Ordering::Relaxed);
        Some(Watched { version: (packed >> 1).checked_sub(1)?, hidden: packed & 1 == 1 })
    }

    /// Whether `stream` has renewed the lease of that epoch.
    pub(crate) fn is_renewed(&self, epoch: u64) -> bool {
        self.live.lock().renewed >= epoch
    }

    pub(crate) fn next_msn(&self) -> u64 {
        self.pipeline.lock().next_msn()
    }

    /// TARGETDURATION, once it is known.
    pub(crate) fn target(&self) -> Option<Duration> {
        self.pipeline.lock().targets().map(|targets| targets.segment)
    }

    /// For the heartbeat; `None` once it has ended.
    pub(crate) fn report(&self) -> Option<BroadcastReport> {
        let live = self.live.lock();
        if self.ended.is_cancelled() {
            return None;
        }
        let pipeline = self.pipeline.lock();
        let (vitals, targets) = (pipeline.vitals(), pipeline.targets());
        drop(pipeline);
        let (target_duration_ms, part_target_us) = targets.map(|targets| targets.tell()).unwrap_or_default();
        let renditions = self.renditions().unwrap_or_default();
        Some(BroadcastReport {
            broadcast_id: self.id.clone(),
            session_id: live.session_id.clone(),
            epoch: live.epoch,
            state: if live.moves { State::Live } else { live.state } as i32,
            next_msn: vitals.next_msn,
            target_duration_ms,
            part_target_us,
            still: self.stills.newest(),
            renditions: health::renditions(renditions, &vitals),
            health: Some(Health { secure: live.secure, ..health::of(vitals, live.bytes) }),
        })
    }
}
