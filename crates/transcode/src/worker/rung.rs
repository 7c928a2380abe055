//! What the worker knows of each running rung: its gate and whether its encoder gives what it takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::boundaries::Boundaries;
use super::gate::Gate;
use super::raw;

/// An encoder that owes pictures and gave none for so long has stalled. Shorter than the parent's patience.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// Pictures an encoder may hold for want of further ones; no more than H.264 reorders (A.3.1: max_dec_frame_buffering ≤ 16).
const HELD_MAX: u64 = 16;

/// One rung, shared by the threads that touch it.
#[derive(Debug, Clone, Default)]
pub(super) struct Running {
    gate: Arc<Mutex<Gate>>,
    /// In front of the encoder.
    queue: gst::glib::WeakRef<gst::Element>,
    taken: Arc<AtomicU64>,
    given: Arc<AtomicU64>,
}

impl Running {
    /// Puts the gate in front of `queue`, asks `encoder` for the `keyframes` and counts what it takes and gives.
    pub(super) fn attach(
        &mut self,
        queue: &gst::Element,
        encoder: &gst::Element,
        keyframes: &Arc<Mutex<Boundaries>>,
    ) {
        self.queue = queue.downgrade();
        raw::guard(queue, &self.gate, keyframes);
        for (pad, count) in [("sink", &self.taken), ("src", &self.given)] {
            let (Some(pad), count) = (encoder.static_pad(pad), count.clone()) else { continue };
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                count.fetch_add(1, Ordering::Relaxed);
                gst::PadProbeReturn::Ok
            });
        }
    }

    pub(super) fn shed(&self, is_shed: bool) {
        super::pipeline::lock(&self.gate).shed(is_shed);
    }

    fn counts(&self) -> Counts {
        // Given first: a picture that comes out in between must not look owed.
        let given = self.given.load(Ordering::Relaxed);
        let waiting = self.queue.upgrade().map_or(0, |queue| queue.property::<u32>("current-level-buffers"));
        Counts { waiting, taken: self.taken.load(Ordering::Relaxed), given }
    }
}

/// Of an encoder: pictures that wait for it now, that it took and gave so far.
#[derive(Debug, Clone, Copy)]
struct Counts {
    waiting: u32,
    taken: u64,
    given: u64,
}

impl Counts {
    /// Whether it owes a picture whatever comes next: while the input pauses an encoder may rightly hold some back.
    fn are_owed(&self) -> bool {
        let held = self.taken.saturating_sub(self.given);
        held > 0 && (self.waiting > 0 || held > HELD_MAX)
    }
}

/// Finds stalled encoders; asked now and then.
pub(super) struct Stalls {
    rungs: Vec<(Running, Stall)>,
}

#[derive(Debug, Clone, Copy)]
struct Stall {
    given: u64,
    since: Instant,
    told: bool,
}

impl Stalls {
    pub(super) fn new(rungs: &[Running], now: Instant) -> Self {
        let new = Stall { given: 0, since: now, told: false };
        Self { rungs: rungs.iter().map(|rung| (rung.clone(), new)).collect() }
    }

    /// Rungs that have stalled since the last time.
    pub(super) fn new_ones(&mut self, now: Instant) -> Vec<u8> {
        let stalled = (0..)
            .zip(&mut self.rungs)
            .filter_map(|(index, (rung, stall))| stall.stalled(rung.counts(), now).then_some(index));
        stalled.collect()
    }
}

impl Stall {
    fn stalled(&mut self, counts: Counts, now: Instant) -> bool {
        if counts.given != self.given || !counts.are_owed() {
            *self = Stall { given: counts.given, since: now, told: false };
            return false;
        }
        let is_new = !self.told && now.duration_since(self.since) >= STALLED_AFTER;
        self.told |= is_new;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(waiting: u32, taken: u64, given: u64) -> Counts {
        Counts { waiting, taken, given }
    }

    #[test]
    fn an_encoder_that_owes_a_picture_for_a_second_has_stalled_and_is_told_of_once() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut stall = Stall { given: 0, since: begun, told: false };
        assert!(!stall.stalled(counts(0, 0, 0), at(5000)), "nothing asked");
        assert!(!stall.stalled(counts(3, 1, 0), at(5100)));
        assert!(!stall.stalled(counts(3, 2, 1), at(6200)), "one behind the other is how some of them work");
        assert!(!stall.stalled(counts(3, 2, 1), at(7100)));
        assert!(stall.stalled(counts(3, 2, 1), at(7300)));
        assert!(!stall.stalled(counts(3, 2, 1), at(9000)));
    }

    #[test]
    fn what_an_encoder_holds_while_the_input_pauses_is_no_stall_unless_it_is_too_much() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut stall = Stall { given: 16, since: begun, told: false };
        for ms in (0..60_000).step_by(100) {
            assert!(!stall.stalled(counts(0, 20, 16), at(ms)), "nothing waits for it");
        }
        assert!(!stall.stalled(counts(5, 25, 16), at(60_000)), "the burst is young");
        assert!(stall.stalled(counts(5, 25, 16), at(61_000)));
        let mut stall = Stall { given: 0, since: begun, told: false };
        assert!(stall.stalled(counts(0, 17, 0), at(1_000)), "it swallows all and gives none");
    }
}
