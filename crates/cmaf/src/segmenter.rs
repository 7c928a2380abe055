//! The segmenter: decides, from the source's access units alone, where parts and segments begin.
//!
//! A segment begins at a keyframe at least [`Limits::min_segment`] after the last one, or without a keyframe where it would
//! pass [`Limits::max_segment`]; the next keyframe then begins another, however soon. A part begins where the next picture
//! would make the last one longer than the target. Where pictures fail to come, audio time or the next picture's time
//! cuts parts all the same, so that no part is longer than the target. Media sequence numbers never go back.

use std::{collections::VecDeque, time::Duration};

use streamly_media::{AccessUnit, AudioConfig, Kind, TrackConfig, VIDEO_TIMESCALE};

use crate::{Cut, PartTarget};

/// How long pictures may be missing behind the audio, in ticks beyond the part's end (0.3 s), before audio cuts the part;
/// twice the lag seen of a publisher that sends its audio ahead, up to [`MAX_PICTURE_GRACE`].
const PICTURE_GRACE: i64 = 27_000;
/// Longest grace for late pictures, in ticks (3 s).
const MAX_PICTURE_GRACE: i64 = 270_000;
/// Slack (ticks, 0.1 s) in which a keyframe may still come before a segment is cut at its longest.
const KEYFRAME_GRACE: i64 = 9_000;
/// Most parts cut at once when time leaps, about as many as fit into the 5 s that a timeline lets pass.
const MAX_CATCH_UP: usize = 64;
/// Wished length of a segment of audio alone, in ticks (2 s).
const AUDIO_SEGMENT: i64 = 180_000;

/// Bounds of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A keyframe sooner than this after the last boundary begins no segment. Default 0.9 s.
    pub min_segment: Duration,
    /// A segment is cut here without a keyframe; `EXT-X-TARGETDURATION` is this in whole seconds. Default 9 s, above the
    /// 8.33 s of a stock OBS.
    pub max_segment: Duration,
    /// Media sequence number of the first segment. Default 0.
    pub first_msn: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { min_segment: Duration::from_millis(900), max_segment: Duration::from_secs(9), first_msn: 0 }
    }
}

/// The open segment.
struct Segment {
    msn: u64,
    /// Number of the open part.
    part: u32,
    /// Decode time of the segment's and the open part's beginning, in ticks.
    start: i64,
    part_start: i64,
    /// Presentation time of the segment's beginning.
    start_pts: i64,
    independent: bool,
}

/// See the module's documentation.
pub struct Segmenter {
    target: PartTarget,
    min_segment: i64,
    max_segment: i64,
    next_msn: u64,
    open: Option<Segment>,
    video: bool,
    audio: Option<AudioConfig>,
    audio_rate: i64,
    audio_frame: i64,
    /// End of the last audio frame, in samples.
    audio_end: Option<i64>,
    last_dts: Option<i64>,
    frame: i64,
    grace: i64,
    broken: bool,
    cuts: VecDeque<Cut>,
}

impl Segmenter {
    /// A segmenter for a new broadcast.
    pub fn new(target: PartTarget, limits: Limits) -> Self {
        Self {
            target,
            min_segment: ticks(limits.min_segment),
            max_segment: ticks(limits.max_segment).max(2 * target.max_ticks()),
            next_msn: limits.first_msn,
            open: None,
            video: false,
            audio: None,
            audio_rate: 0,
            audio_frame: 0,
            audio_end: None,
            last_dts: None,
            frame: target.frame().unwrap_or(3_000),
            grace: PICTURE_GRACE,
            broken: false,
            cuts: VecDeque::new(),
        }
    }

    /// The length of parts this segmenter was made with.
    pub fn part_target(&self) -> PartTarget {
        self.target
    }

    /// A new timeline begins: the next unit begins a segment. All tracks are told again after this.
    pub fn discontinuity(&mut self) {
        self.broken = self.open.is_some();
        self.video = false;
        self.audio_rate = 0;
        self.audio_end = None;
        self.last_dts = None;
    }

    /// A track of the source.
    pub fn track(&mut self, config: &TrackConfig) {
        match config {
            TrackConfig::Video(_) => self.video = true,
            TrackConfig::Audio(audio) => {
                self.audio_rate = i64::from(audio.sample_rate);
                self.audio_frame = i64::from(audio.samples_per_frame);
                self.audio = Some(audio.clone());
            }
        }
    }

    /// The next cut; `None` until more is pushed.
    pub fn poll(&mut self) -> Option<Cut> {
        self.cuts.pop_front()
    }

    /// Takes a unit of the source. Cuts that come of it lie at or before the unit.
    pub fn push(&mut self, unit: &AccessUnit) {
        match unit.kind {
            Kind::Video => self.picture(unit),
            Kind::Audio => self.sound(unit),
        }
    }

    fn picture(&mut self, unit: &AccessUnit) {
        if let (None, Some(last)) = (self.target.frame(), self.last_dts) {
            self.frame = (unit.dts - last).clamp(1, self.target.ticks());
        }
        self.last_dts = Some(unit.dts);
        if self.open.is_none() || self.broken {
            self.segment(unit.dts, unit.pts, unit.keyframe);
            return;
        }
        if let (Some(end), 1..) = (self.audio_end, self.audio_rate) {
            let lag = end * i64::from(VIDEO_TIMESCALE) / self.audio_rate - unit.pts;
            self.grace = self.grace.max(2 * lag).min(MAX_PICTURE_GRACE);
        }
        self.fill(unit.dts);
        let Some(open) = self.open.as_ref().filter(|open| unit.dts > open.part_start) else { return };
        let elapsed = unit.dts - open.start;
        if unit.keyframe && (elapsed >= self.min_segment || !open.independent) {
            self.segment(unit.dts, unit.pts, true);
        } else if unit.dts + self.frame - open.part_start > self.target.max_ticks() {
            self.part(unit.dts, unit.keyframe);
        }
    }

    fn sound(&mut self, unit: &AccessUnit) {
        if self.audio_rate == 0 {
            return;
        }
        let told = self.audio.as_ref().and_then(|audio| audio.samples_of(&unit.data));
        self.audio_frame = told.map_or(self.audio_frame, i64::from);
        let at = unit.dts * i64::from(VIDEO_TIMESCALE) / self.audio_rate;
        let length = self.audio_frame * i64::from(VIDEO_TIMESCALE) / self.audio_rate;
        if self.video {
            // Audio may run ahead of the pictures of the same time; only where they stay away does it cut.
            if let Some(open) = &self.open
                && !self.broken
            {
                let ahead = at - (open.start_pts - open.start);
                self.fill(ahead - self.grace);
            }
        } else if self.open.is_none() || self.broken {
            self.audio_end = Some(unit.dts);
            self.segment(at, at, true);
        } else {
            self.fill(at);
            self.audio_end = Some(unit.dts);
            let Some(open) = &self.open else { return };
            if at - open.start >= AUDIO_SEGMENT.min(self.max_segment - length) {
                self.segment(at, at, true);
            } else if at + length - open.part_start > self.target.max_ticks() {
                self.part(at, true);
            }
        }
        self.audio_end = Some(unit.dts + self.audio_frame);
    }

    /// Cuts parts until none would be longer than the target if it lasted until `until`.
    fn fill(&mut self, until: i64) {
        for _ in 0..MAX_CATCH_UP {
            match &self.open {
                Some(open) if until - open.part_start > self.target.max_ticks() => {
                    let at = open.part_start + self.target.ticks();
                    self.part(at, !self.video);
                }
                _ => return,
            }
        }
    }

    /// Begins a part, or a segment if the open one would become too long.
    fn part(&mut self, at: i64, independent: bool) {
        let Some(open) = &mut self.open else { return };
        let pts = open.start_pts + (at - open.start);
        let length = at - open.start;
        if length + self.target.max_ticks() > self.max_segment + KEYFRAME_GRACE {
            self.segment(at, pts, independent);
            return;
        }
        open.part += 1;
        open.part_start = at;
        let (msn, part) = (open.msn, open.part);
        self.cut(msn, part, at, pts, independent);
    }

    fn segment(&mut self, at: i64, pts: i64, independent: bool) {
        let msn = self.next_msn;
        self.next_msn += 1;
        self.open = Some(Segment { msn, part: 0, start: at, part_start: at, start_pts: pts, independent });
        self.cut(msn, 0, at, pts, independent);
        self.broken = false;
    }

    fn cut(&mut self, msn: u64, part: u32, dts: i64, pts: i64, independent: bool) {
        let place =
            (pts * self.audio_rate + i64::from(VIDEO_TIMESCALE) - 1).div_euclid(i64::from(VIDEO_TIMESCALE));
        let audio_from = self.audio_end.map_or(place - self.audio_frame, |end| end.min(place));
        self.cuts.push_back(Cut {
            msn,
            part,
            segment_start: part == 0,
            independent,
            discontinuity: self.broken && part == 0,
            video_dts: dts,
            video_pts: pts,
            audio_from,
        });
    }
}

fn ticks(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros() * u128::from(VIDEO_TIMESCALE) / 1_000_000).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests;
