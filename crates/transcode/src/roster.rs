//! Which encoders may be used at this moment, shared by all broadcasts of a node.
//!
//! A fault at run time puts an encoder aside for a while, and it comes back only by a probe that it passes: [`Roster::due`] says which
//! one is to be tried, whoever runs the node tries it and tells [`Roster::probed`]. One fault that is surely its own is enough for a
//! device's encoder, since a device fails for everybody and the processor's encoders stand behind it. One of those, or one that is only
//! suspected, is put aside for all only after faults in two channels, else for the one alone: a single strange source must not take
//! the rungs from everybody, however often it comes back. Not `probe`, which tries.

mod state;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use state::State;

/// How long an encoder that failed at run time is put aside, unless told otherwise.
pub const REST_DEFAULT: Duration = Duration::from_secs(300);

/// What speaks against an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Its own word, or that it took pictures and gave none.
    Own,
    /// The worker crashed or did not start: what reads the source in the same process may have done it.
    Suspicion,
}

/// The shared list. Clones share it.
#[derive(Debug, Clone)]
pub struct Roster {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl Roster {
    /// Encoders as [`probe::Report::usable`](crate::probe::Report::usable) gives them, best first; `rest`: how long a faulty one is put
    /// aside.
    pub fn new(encoders: Vec<String>, rest: Duration) -> Self {
        let state = Mutex::new(State::new(encoders, rest));
        Self { shared: Arc::new(Shared { state, changed: watch::Sender::new(0) }) }
    }

    /// Another list, after a probe of all. What was put aside stays so.
    pub fn replace(&self, encoders: Vec<String>) {
        self.with(|state| state.replace(encoders));
        self.notify();
    }

    /// All that may be used by anybody, best first.
    pub fn usable(&self) -> Vec<String> {
        self.with(|state| state.usable(None))
    }

    /// Whether it has any, put aside or not.
    pub fn has_any(&self) -> bool {
        self.with(|state| state.has_any())
    }

    /// What is put aside for everybody.
    pub fn demoted(&self) -> Vec<String> {
        self.with(|state| state.demoted())
    }

    /// An encoder whose time is over: to be probed now.
    pub fn due(&self, now: Instant) -> Option<String> {
        self.with(|state| state.due(now))
    }

    /// When the next one will be due; `None` while none is put aside.
    pub fn next_due(&self) -> Option<Instant> {
        self.with(|state| state.next_due())
    }

    /// What the probe of a due encoder said.
    pub fn probed(&self, encoder: &str, works: bool, now: Instant) {
        self.with(|state| state.probed(encoder, works, now));
        self.notify();
    }

    /// Changes whenever the list does.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// What that channel's transcoder may use, best first.
    pub(crate) fn order(&self, channel: &str) -> Vec<String> {
        self.with(|state| state.usable(Some(channel)))
    }

    /// The encoder failed in a broadcast of that channel.
    pub(crate) fn fault(&self, encoder: &str, channel: &str, proof: Proof, now: Instant) {
        let demoted = self.with(|state| state.fault(encoder, channel, proof, now));
        if demoted {
            tracing::warn!(encoder, "encoder failed and is put aside for all broadcasts");
            metrics::counter!("streamly_transcode_demotions_total").increment(1);
        }
        self.notify();
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.shared.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn notify(&self) {
        self.shared.changed.send_modify(|count| *count += 1);
    }
}
