//! The audio clock: frames are counted in samples and follow the publisher's clock only when they drift from it.
//!
//! RTMP times are whole milliseconds; placing frames by them would leave gaps and overlaps of a fraction of a millisecond
//! that players hear or drift on. Times given out never overlap. Frames need not be of one length: Opus' packets may differ.

use crate::{AudioConfig, VIDEO_TIMESCALE};

/// Drift beyond this (ms) sets the clock anew.
const MAX_DRIFT_MS: i64 = 100;

#[derive(Debug)]
pub(super) struct AudioClock {
    rate: i64,
    /// Audio that ends at or before this (samples) is not wanted: it comes before the first picture.
    from: i64,
    /// Audio must not begin before this (samples): it was given out by an earlier timeline.
    floor: i64,
    next: Option<i64>,
    catching_up: bool,
}

/// What became of a frame.
pub(super) struct Placed {
    /// Its time in samples; `None` if it is to be dropped.
    pub(super) dts: Option<i64>,
    /// The clock was set anew, or began to catch up.
    pub(super) resynced: bool,
    /// Publisher's clock minus counted samples, in ms.
    pub(super) drift_ms: i64,
}

impl AudioClock {
    /// A clock that wants audio from `from` and nothing before `floor`, both in 90 kHz ticks.
    pub(super) fn new(config: &AudioConfig, from: i64, floor: i64) -> Self {
        let rate = i64::from(config.sample_rate);
        let floor = (floor * rate + i64::from(VIDEO_TIMESCALE) - 1).div_euclid(i64::from(VIDEO_TIMESCALE));
        Self { rate, from: to_samples(from, rate), floor, next: None, catching_up: false }
    }

    /// Whether a frame was placed: those before it have no picture to sound with, and nobody misses them.
    pub(super) fn begun(&self) -> bool {
        self.next.is_some()
    }

    /// Places a frame of so many samples whose time is `ticks` (90 kHz) by the publisher's clock.
    pub(super) fn place(&mut self, ticks: i64, samples: u32) -> Placed {
        let told = to_samples(ticks, self.rate);
        let frame = i64::from(samples);
        let dropped = |resynced, drift_ms| Placed { dts: None, resynced, drift_ms };
        let Some(next) = self.next else {
            if told + frame <= self.from || told < self.floor - frame / 2 {
                return dropped(false, 0);
            }
            let dts = told.max(self.floor);
            self.next = Some(dts + frame);
            return Placed { dts: Some(dts), resynced: false, drift_ms: 0 };
        };
        let drift = told - next;
        let drift_ms = drift * 1_000 / self.rate;
        if self.catching_up && drift < 0 {
            return dropped(false, drift_ms);
        }
        self.catching_up = false;
        if drift_ms < -MAX_DRIFT_MS {
            self.catching_up = true;
            return dropped(true, drift_ms);
        }
        let resynced = drift_ms > MAX_DRIFT_MS;
        let dts = if resynced { told } else { next };
        self.next = Some(dts + frame);
        Placed { dts: Some(dts), resynced, drift_ms }
    }

    /// The end of the last frame placed, in 90 kHz ticks rounded up.
    pub(super) fn end_ticks(&self) -> i64 {
        let end = self.next.unwrap_or(self.floor);
        (end * i64::from(VIDEO_TIMESCALE) + self.rate - 1).div_euclid(self.rate)
    }
}

/// 90 kHz ticks to samples, rounded to the nearest.
fn to_samples(ticks: i64, rate: i64) -> i64 {
    let scale = i64::from(VIDEO_TIMESCALE);
    (ticks * rate + scale / 2).div_euclid(scale)
}
