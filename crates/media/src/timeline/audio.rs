//! The audio clock: frames are counted in samples and follow the publisher's clock only when they drift from it.
//!
//! RTMP times are whole milliseconds; placing frames by them would leave gaps and overlaps of a fraction of a millisecond
//! that players hear or drift on. Times given out never overlap. Frames need not be of one length: Opus' packets may differ.
//!
//! Where sound is missing there is silence, in frames of its own, so that the track has no holes. Two things need that in browsers, where
//! sound and pictures share a buffer (Media Source Extensions, 3.5.8): a hole of more than two frames makes them throw pictures away
//! until the next keyframe, and no picture is shown for which there is no sound. So a new timeline's sound begins before its first
//! picture, which no hole may follow, a clock that is set anew goes on after silence, and a track that is silent for long gets it too.

use bytes::Bytes;

use crate::{AudioConfig, VIDEO_TIMESCALE, silence};

/// Drift beyond this (ms) sets the clock anew.
const MAX_DRIFT_MS: i64 = 100;
/// Sound may be so far behind pictures (ms) before there is silence in its place: publishers that send one track later than the other
/// send it all the same.
const BEHIND_MS: i64 = 1_000;
/// It may become so much (ms) where a publisher turns out to send its sound later than that; later still it is not heard.
const MAX_BEHIND_MS: i64 = 5_000;
/// Added to what was seen of such lateness (ms).
const BEHIND_ROOM_MS: i64 = 500;
/// Samples in a frame of AAC.
const AAC_FRAME: u32 = 1_024;

#[derive(Debug)]
pub(super) struct AudioClock {
    rate: i64,
    /// Audio that ends at or before this (samples) is not wanted: it comes before the first picture.
    from: i64,
    /// Audio must not begin before this (samples): it was given out by an earlier timeline.
    floor: i64,
    next: Option<i64>,
    catching_up: bool,
    /// Decode time (samples) of the first picture, where others were shown before it: sound begins before that.
    lead: Option<i64>,
    /// A silent frame and its samples.
    silence: Option<(Bytes, i64)>,
    /// Where silence begins and how many frames of it were not taken yet.
    silent: (i64, u32),
    /// Decode time (samples) of the last picture.
    picture: i64,
    /// How far sound may be behind it (samples).
    behind: i64,
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
    /// A clock that wants audio from `from` and nothing before `floor`; sound begins before `lead`, if that is told. All in 90 kHz ticks.
    pub(super) fn new(config: &AudioConfig, from: i64, floor: i64, lead: Option<i64>) -> Self {
        let rate = i64::from(config.sample_rate);
        let floor = (floor * rate + i64::from(VIDEO_TIMESCALE) - 1).div_euclid(i64::from(VIDEO_TIMESCALE));
        let silence = silence::unit(config).and_then(|unit| {
            let samples = config.samples_of(&unit)?;
            Some((unit, i64::from(samples.max(1))))
        });
        let (from, lead) = (to_samples(from, rate), lead.map(|lead| to_samples(lead, rate)));
        Self {
            rate,
            from,
            floor,
            next: None,
            catching_up: false,
            lead,
            silence,
            silent: (0, 0),
            picture: from,
            behind: BEHIND_MS * rate / 1_000,
        }
    }

    /// The room (90 kHz ticks) that sound needs to begin before the first picture: a silent frame, and what rounding takes.
    pub(super) fn lead_ticks(config: &AudioConfig) -> i64 {
        let unit = silence::unit(config).and_then(|unit| config.samples_of(&unit));
        // Sound that is made into AAC begins that encoder's frame earlier.
        let samples = unit.map_or(0, |samples| samples.max(AAC_FRAME));
        (i64::from(samples + 2) * i64::from(VIDEO_TIMESCALE)).div_euclid(i64::from(config.sample_rate)) + 1
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
            if let Some((lead, (_, samples))) =
                self.lead.zip(self.silence.as_ref()).filter(|(lead, _)| dts >= *lead)
            {
                let count = (dts - lead) / samples + 1;
                // Only with too little room: a frame less is better than one that sounds over what was before.
                let count = count.min((dts - self.floor) / samples).max(0);
                self.silent = (dts - count * samples, u32::try_from(count).unwrap_or(0));
            }
            self.next = Some(dts + frame);
            return Placed { dts: Some(dts), resynced: false, drift_ms: 0 };
        };
        let drift = told - next;
        let drift_ms = drift * 1_000 / self.rate;
        if drift_ms < -MAX_DRIFT_MS {
            // Late, and perhaps always so: from now on there is no silence in the place of what comes as late as this.
            let late = self.picture - told + BEHIND_ROOM_MS * self.rate / 1_000;
            self.behind = self.behind.max(late).min(MAX_BEHIND_MS * self.rate / 1_000);
        }
        if self.catching_up && drift < 0 {
            return dropped(false, drift_ms);
        }
        self.catching_up = false;
        if drift_ms < -MAX_DRIFT_MS {
            self.catching_up = true;
            return dropped(true, drift_ms);
        }
        let resynced = drift_ms > MAX_DRIFT_MS;
        let dts = match &self.silence {
            _ if !resynced => next,
            // What is left over is less than a frame, which is no drift.
            Some((_, samples)) => {
                let count = drift / samples;
                self.silent = (next, u32::try_from(count).unwrap_or(0));
                next + count * samples
            }
            None => told,
        };
        self.next = Some(dts + frame);
        Placed { dts: Some(dts), resynced, drift_ms }
    }

    /// A picture was given out whose decode time is `ticks` (90 kHz): sound that is missing for long becomes silence.
    pub(super) fn follow(&mut self, ticks: i64) {
        self.picture = to_samples(ticks, self.rate);
        self.fill(self.picture - self.behind);
    }

    /// Pictures end at `ticks` (90 kHz), and nothing follows: silence for what sound does not have.
    pub(super) fn close(&mut self, ticks: i64) {
        self.fill(to_samples(ticks, self.rate));
    }

    /// Silence up to a time in samples, less than a frame before it.
    fn fill(&mut self, until: i64) {
        let Some((_, samples)) = &self.silence else { return };
        let begin = self.lead.map_or(self.from, |lead| (lead - samples).max(self.floor));
        let next = self.next.unwrap_or(begin);
        let count = (until - next) / samples;
        if count > 0 {
            self.silent = (next, u32::try_from(count).unwrap_or(0));
            self.next = Some(next + count * samples);
        }
    }

    /// The next silent frame that belongs before what was placed last: its time in samples, and the frame.
    pub(super) fn silent(&mut self) -> Option<(i64, Bytes)> {
        let (dts, left) = &mut self.silent;
        let (unit, samples) = self.silence.as_ref().filter(|_| *left > 0)?;
        let placed = (*dts, unit.clone());
        (*dts, *left) = (*dts + samples, *left - 1);
        Some(placed)
    }

    /// There shall be a hole instead of the rest of it.
    pub(super) fn no_silence(&mut self) {
        self.silent.1 = 0;
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
