//! What the worker knows of each running rung: its gate and whether its encoder gives what it takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::gate::{Gate, Passing};

/// An encoder that took a picture and gave none for so long has stalled. Shorter than the parent's patience.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// One rung, shared by the threads that touch it.
#[derive(Debug, Clone, Default)]
pub(super) struct Running {
    gate: Arc<Mutex<Gate>>,
    taken: Arc<AtomicU64>,
    given: Arc<AtomicU64>,
}

impl Running {
    /// Puts the gate in front of `queue` and counts what `encoder` takes and gives.
    pub(super) fn attach(&self, queue: &gst::Element, encoder: &gst::Element) {
        if let Some(pad) = queue.static_pad("sink") {
            let gate = self.gate.clone();
            pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
                let passing = match &info.data {
                    Some(gst::PadProbeData::Buffer(_)) => Passing::Picture,
                    Some(gst::PadProbeData::Event(event)) if gst_video::ForceKeyUnitEvent::is(event) => {
                        Passing::Request
                    }
                    _ => return gst::PadProbeReturn::Ok,
                };
                let lets = super::pipeline::lock(&gate).lets(passing);
                if lets { gst::PadProbeReturn::Ok } else { gst::PadProbeReturn::Drop }
            });
        }
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

    fn counts(&self) -> (u64, u64) {
        // Given first: a picture that comes out in between must not look owed.
        let given = self.given.load(Ordering::Relaxed);
        (self.taken.load(Ordering::Relaxed), given)
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
        let stalled = (0..).zip(&mut self.rungs).filter_map(|(index, (rung, stall))| {
            let (taken, given) = rung.counts();
            stall.stalled(taken, given, now).then_some(index)
        });
        stalled.collect()
    }
}

impl Stall {
    fn stalled(&mut self, taken: u64, given: u64, now: Instant) -> bool {
        if given != self.given || taken <= given {
            *self = Stall { given, since: now, told: false };
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

    #[test]
    fn an_encoder_that_owes_a_picture_for_a_second_has_stalled_and_is_told_of_once() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut stall = Stall { given: 0, since: begun, told: false };
        assert!(!stall.stalled(0, 0, at(5000)), "nothing asked");
        assert!(!stall.stalled(1, 0, at(5100)));
        assert!(!stall.stalled(2, 1, at(6200)), "one behind the other is how some of them work");
        assert!(!stall.stalled(2, 1, at(7100)));
        assert!(stall.stalled(2, 1, at(7300)));
        assert!(!stall.stalled(2, 1, at(9000)));
    }
}
