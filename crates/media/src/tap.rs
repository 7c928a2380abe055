//! The tap: gives any consumer (packager, transcoder, recorder) the broadcast from the last keyframe on.
//!
//! It never blocks the publisher: each consumer has a bounded channel, and one that lets it fill up is cut off and counted.
//! A cut consumer sees its channel closed and may subscribe again. The group of pictures kept for late comers is bounded in
//! bytes and time; beyond the bounds they begin at the next keyframe instead.

use std::collections::VecDeque;

use async_channel::{Receiver, Sender, bounded};

use crate::{AccessUnit, Kind, Output, TrackConfig, VIDEO_TIMESCALE};

/// Bounds of what a tap keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of payload kept since the last keyframe; beyond them a late comer waits for the next one. Default 16 MiB.
    pub max_bytes: usize,
    /// Media time kept since the last keyframe, in ms. Default 12 s, above the 8.33 s of a stock OBS.
    pub max_ms: u32,
    /// Consumers at a time; more are refused. Default 16.
    pub max_subscribers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 16 << 20, max_ms: 12_000, max_subscribers: 16 }
    }
}

struct Subscriber {
    sender: Sender<Output>,
    /// Has to begin at a random access point.
    waiting: bool,
}

/// See the module's documentation.
#[derive(Default)]
pub struct Tap {
    limits: Limits,
    tracks: Vec<TrackConfig>,
    /// Units since the last keyframe; `None` when the bounds were passed.
    group: Option<VecDeque<AccessUnit>>,
    bytes: usize,
    subscribers: Vec<Subscriber>,
    cut: u64,
}

impl Tap {
    /// A tap with nothing in it.
    pub fn new(limits: Limits) -> Self {
        Self { limits, group: Some(VecDeque::new()), ..Self::default() }
    }

    /// Consumers that are being served.
    pub fn subscribers(&self) -> usize {
        self.subscribers.len()
    }

    /// Consumers cut off because they lagged.
    pub fn cut_off(&self) -> u64 {
        self.cut
    }

    /// A new consumer: the tracks, what was kept since the last keyframe, then everything new. `capacity` is how many
    /// outputs it may lag behind before it is cut off; the backlog does not count. `None` when there are too many consumers.
    pub fn subscribe(&mut self, capacity: usize) -> Option<Receiver<Output>> {
        self.subscribers.retain(|subscriber| !subscriber.sender.is_closed());
        if self.subscribers.len() >= self.limits.max_subscribers {
            return None;
        }
        let group = self.group.iter().flatten();
        let (sender, receiver) = bounded(self.tracks.len() + group.clone().count() + capacity.max(1));
        let backlog = self.tracks.iter().cloned().map(Output::Track);
        let mut waiting = true;
        for output in backlog.chain(group.cloned().map(Output::AccessUnit)) {
            waiting &= !matches!(output, Output::AccessUnit(_));
            sender.try_send(output).ok()?;
        }
        self.subscribers.push(Subscriber { sender, waiting });
        Some(receiver)
    }

    /// Gives an output to every consumer. Never blocks.
    pub fn push(&mut self, output: &Output) {
        self.keep(output);
        let starts = self.starts(output);
        let cut = &mut self.cut;
        self.subscribers.retain_mut(|subscriber| {
            subscriber.waiting &= !starts;
            if subscriber.waiting && matches!(output, Output::AccessUnit(_)) {
                return !subscriber.sender.is_closed();
            }
            match subscriber.sender.try_send(output.clone()) {
                Ok(()) => true,
                Err(error) => {
                    *cut += u64::from(error.is_full());
                    subscriber.sender.close();
                    false
                }
            }
        });
    }

    fn has_video(&self) -> bool {
        self.tracks.iter().any(|track| track.kind() == Kind::Video)
    }

    fn starts(&self, output: &Output) -> bool {
        match output {
            Output::AccessUnit(unit) => unit.keyframe && (unit.kind == Kind::Video || !self.has_video()),
            _ => false,
        }
    }

    fn keep(&mut self, output: &Output) {
        match output {
            Output::Discontinuity { .. } => {
                self.tracks.clear();
                self.clear();
            }
            Output::Track(config) => {
                self.tracks.retain(|track| track.kind() != config.kind());
                self.tracks.push(config.clone());
            }
            Output::AccessUnit(unit) => {
                if self.starts(output) {
                    self.clear();
                }
                let Some(group) = &mut self.group else { return };
                if group.is_empty()
                    && unit.kind == Kind::Audio
                    && self.tracks.iter().any(|track| track.kind() == Kind::Video)
                {
                    return;
                }
                group.push_back(unit.clone());
                self.bytes += unit.data.len();
                let kept = group
                    .front()
                    .filter(|first| first.kind == unit.kind)
                    .map_or(0, |first| unit.dts - first.dts);
                let too_long = unit.kind == Kind::Video
                    && kept > i64::from(self.limits.max_ms) * i64::from(VIDEO_TIMESCALE) / 1_000;
                if too_long || self.bytes > self.limits.max_bytes {
                    self.group = None;
                }
            }
        }
    }

    fn clear(&mut self) {
        self.group = Some(VecDeque::new());
        self.bytes = 0;
    }
}

#[cfg(test)]
#[path = "tap/tests.rs"]
mod tests;
