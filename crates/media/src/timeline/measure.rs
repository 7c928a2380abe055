//! What a publisher really sends: rates and intervals over the last seconds of media time, for the dashboard's health.
//!
//! Measured on the publisher's own clock, so that a lying or drifting clock shows.

use std::{collections::VecDeque, time::Duration};

/// Media time (ms) over which rates are measured.
const WINDOW_MS: i64 = 5_000;
/// Units kept at most per track, whatever times they claim.
const MAX_UNITS: usize = 2_048;

/// Measured facts; `None` until enough was seen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Facts {
    /// Pictures per second over the last 5 s of media time.
    pub fps: Option<f64>,
    /// Time between the last two keyframes.
    pub keyframe_interval: Option<Duration>,
    /// Bits per second of video over the last 5 s, filler not counted.
    pub video_bitrate_bps: Option<u64>,
    /// Bits per second of audio over the last 5 s.
    pub audio_bitrate_bps: Option<u64>,
    /// Time of the last audio frame minus time of the last picture, in ms: how far apart the tracks arrive.
    pub skew_ms: Option<i64>,
    /// Publisher's clock minus counted audio samples, in ms: how far its audio drifts.
    pub audio_drift_ms: i64,
}

#[derive(Default)]
struct Window {
    units: VecDeque<(i64, usize)>,
    bytes: usize,
}

impl Window {
    fn push(&mut self, ms: i64, bytes: usize) {
        self.units.push_back((ms, bytes));
        self.bytes += bytes;
        while self.units.len() > MAX_UNITS
            || self.units.front().is_some_and(|(oldest, _)| *oldest < ms - WINDOW_MS)
        {
            self.bytes -= self.units.pop_front().map_or(0, |(_, bytes)| bytes);
        }
    }

    fn last(&self) -> Option<i64> {
        self.units.back().map(|(ms, _)| *ms)
    }

    /// Units and bits per second; from one unit to the last one, which itself is not counted.
    fn rates(&self) -> Option<(f64, u64)> {
        let (first, last) = (self.units.front()?, self.units.back()?);
        let seconds = (last.0 - first.0) as f64 / 1_000.0;
        if seconds < 0.5 {
            return None;
        }
        let bits = (self.bytes - last.1) as f64 * 8.0;
        Some(((self.units.len() - 1) as f64 / seconds, (bits / seconds) as u64))
    }
}

#[derive(Default)]
pub(super) struct Measure {
    video: Window,
    audio: Window,
    keyframe: Option<i64>,
    interval: Option<Duration>,
    drift_ms: i64,
}

impl Measure {
    /// Forgets what the next timeline's clock cannot be compared with; the last interval still tells something.
    pub(super) fn restart(&mut self) {
        *self = Self { interval: self.interval, ..Self::default() };
    }

    pub(super) fn video(&mut self, ms: i64, bytes: usize, keyframe: bool) {
        self.video.push(ms, bytes);
        if keyframe {
            let before = self.keyframe.replace(ms);
            let interval = before.and_then(|before| u64::try_from(ms - before).ok());
            self.interval = interval.map(Duration::from_millis).or(self.interval);
        }
    }

    pub(super) fn audio(&mut self, ms: i64, bytes: usize, drift_ms: i64) {
        self.audio.push(ms, bytes);
        self.drift_ms = drift_ms;
    }

    pub(super) fn facts(&self) -> Facts {
        let (video, audio) = (self.video.rates(), self.audio.rates());
        Facts {
            fps: video.map(|(fps, _)| fps),
            keyframe_interval: self.interval,
            video_bitrate_bps: video.map(|(_, bps)| bps),
            audio_bitrate_bps: audio.map(|(_, bps)| bps),
            skew_ms: self.audio.last().zip(self.video.last()).map(|(audio, video)| audio - video),
            audio_drift_ms: self.drift_ms,
        }
    }
}
