//! What a broadcast tells of itself once a second: facts measured on the media path, as the lease's heartbeat carries them.
//!
//! Counts of a session are the timeline's less what they were when the session began. Nothing here decides anything; sentences are
//! made of it by the dashboard.

use crate::meters::{self, Dropped};
use std::{sync::Arc, time::Duration};
use streamly_media::{Counters, Facts};
use streamly_proto::stream::v1::{Drop, Health, Rendition as RenditionReport};

use super::rendition::Rendition;

/// What the media path measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vitals {
    pub(crate) facts: Facts,
    pub(crate) jitter: Option<Duration>,
    /// Since the session began, by reason.
    pub(crate) drops: Drops,
    pub(crate) discontinuities: u64,
    pub(crate) worker_restarts: u32,
    /// Of one core; 0: not measured.
    pub(crate) transcode_cpu_permille: u32,
    /// Of each rendition, the source first.
    pub(crate) lags: Vec<Duration>,
    pub(crate) sample_rate: u32,
    pub(crate) channels: u32,
    pub(crate) encoder: String,
    pub(crate) next_msn: u64,
}

/// Frames that did not reach viewers as they were sent, by why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Drops {
    pub(crate) malformed: u64,
    pub(crate) late_start: u64,
    pub(crate) time_repaired: u64,
    pub(crate) audio_overlap: u64,
    pub(crate) empty: u64,
    pub(crate) transcoder_behind: u64,
}

impl Drops {
    fn of(counters: &Counters, transcoder_behind: u64) -> Self {
        Self {
            malformed: counters.malformed,
            late_start: counters.dropped_waiting,
            time_repaired: counters.repaired_dts + counters.repaired_cts,
            audio_overlap: counters.dropped_audio,
            empty: counters.empty,
            transcoder_behind,
        }
    }

    /// As the contract names them.
    fn named(self) -> [(&'static str, u64); 6] {
        [
            ("malformed", self.malformed),
            ("late_start", self.late_start),
            ("time_repaired", self.time_repaired),
            ("audio_overlap", self.audio_overlap),
            ("empty", self.empty),
            ("transcoder_behind", self.transcoder_behind),
        ]
    }

    fn minus(self, before: Self) -> Self {
        Self {
            malformed: self.malformed.saturating_sub(before.malformed),
            late_start: self.late_start.saturating_sub(before.late_start),
            time_repaired: self.time_repaired.saturating_sub(before.time_repaired),
            audio_overlap: self.audio_overlap.saturating_sub(before.audio_overlap),
            empty: self.empty.saturating_sub(before.empty),
            transcoder_behind: self.transcoder_behind.saturating_sub(before.transcoder_behind),
        }
    }
}

/// Where the counts stood: when the session began, and when the metrics were last told.
#[derive(Default)]
pub(super) struct Losses {
    begun: Drops,
    told: Counters,
}

impl Losses {
    /// Another session begins.
    pub(super) fn begin(&mut self, counters: &Counters, transcoder_behind: u64) {
        self.begun = Drops::of(counters, transcoder_behind);
    }

    pub(super) fn since_begin(&self, counters: &Counters, transcoder_behind: u64) -> Drops {
        Drops::of(counters, transcoder_behind).minus(self.begun)
    }

    /// Tells the metrics what is new; called for every batch of media.
    pub(super) fn count(&mut self, counters: &Counters, meters: &Dropped) {
        if *counters == self.told {
            return;
        }
        let new = Drops::of(counters, 0).minus(Drops::of(&self.told, 0));
        let silent = counters.silent_audio.saturating_sub(self.told.silent_audio);
        self.told = *counters;
        meters.malformed.increment(new.malformed);
        meters.late_start.increment(new.late_start);
        meters.time_repaired.increment(new.time_repaired);
        meters.audio_overlap.increment(new.audio_overlap);
        meters.empty.increment(new.empty);
        meters.silence.increment(silent);
    }
}

/// For the heartbeat.
pub(super) fn of(vitals: Vitals, bytes_received: u64) -> Health {
    let (facts, drops) = (vitals.facts, vitals.drops);
    Health {
        video_bitrate_bps: facts.video_bitrate_bps.unwrap_or(0),
        audio_bitrate_bps: facts.audio_bitrate_bps.unwrap_or(0),
        fps: facts.fps.unwrap_or(0.0),
        keyframe_interval_ms: facts.keyframe_interval.map_or(0, millis),
        // What belongs to the start of any session, and pictures of nothing, are no losses.
        frames_dropped: drops.malformed + drops.time_repaired + drops.audio_overlap,
        audio_sample_rate: vitals.sample_rate,
        audio_channels: vitals.channels,
        encoder: vitals.encoder,
        av_skew_ms: i32::try_from(facts.skew_ms.unwrap_or(0)).unwrap_or(0),
        bytes_received,
        arrival_jitter_ms: vitals.jitter.map_or(0, millis),
        discontinuities: u32::try_from(vitals.discontinuities).unwrap_or(u32::MAX),
        worker_restarts: vitals.worker_restarts,
        transcode_cpu_permille: vitals.transcode_cpu_permille,
        drops: drops
            .named()
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(reason, count)| Drop { reason: reason.to_owned(), count })
            .collect(),
        ..Health::default()
    }
}

/// The renditions, the source first; it has the measured bit rate. Also tells the metrics how far the rungs lag.
pub(super) fn renditions(renditions: &[Arc<Rendition>], vitals: &Vitals) -> Vec<RenditionReport> {
    let report = |(index, rendition): (usize, &Arc<Rendition>)| {
        let told = rendition.facts();
        let measured = vitals.facts.video_bitrate_bps.filter(|_| index == 0);
        let (width, height) = told.resolution.unwrap_or_default();
        let lag = vitals.lags.get(index).copied().unwrap_or_default();
        let shed = told.shed.is_some();
        if index > 0 && !shed {
            meters::rung_lag(&rendition.name, lag);
        }
        RenditionReport {
            name: rendition.name.clone(),
            width,
            height,
            fps: told.fps.unwrap_or(0.0),
            bitrate_bps: measured.unwrap_or(told.video_bps) + told.audio_bps,
            codecs: told.codecs,
            encoder: told.encoder,
            lag_ms: millis(lag),
            shed,
        }
    };
    let made = renditions.iter().enumerate().filter(|(_, rendition)| !rendition.facts().inherited);
    made.map(report).collect()
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_the_sessions_own() {
        let mut losses = Losses::default();
        let before = Counters { malformed: 3, dropped_waiting: 9, ..Counters::default() };
        losses.begin(&before, 4);
        let now = Counters { malformed: 5, repaired_cts: 1, repaired_dts: 2, ..before };
        let drops = losses.since_begin(&now, 4);
        assert_eq!(drops, Drops { malformed: 2, time_repaired: 3, ..Drops::default() });
        let health = of(Vitals { drops, ..Vitals::default() }, 7);
        assert_eq!((health.frames_dropped, health.bytes_received), (5, 7));
        let named: Vec<_> = health.drops.iter().map(|drop| (drop.reason.as_str(), drop.count)).collect();
        assert_eq!(named, [("malformed", 2), ("time_repaired", 3)]);
    }

    #[test]
    fn what_any_session_begins_with_is_told_and_is_no_loss() {
        let drops = Drops { late_start: 4, empty: 2, transcoder_behind: 1, ..Drops::default() };
        let health = of(Vitals { drops, ..Vitals::default() }, 0);
        assert_eq!((health.frames_dropped, health.drops.len()), (0, 3));
    }
}
