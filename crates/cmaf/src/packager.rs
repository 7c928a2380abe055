//! The packager of one rendition: access units and cuts in, init segments and parts out.
//!
//! The source's parts are complete the moment the next cut comes. A rung's wait for its encoder: a part is complete when a
//! picture of a later part has come, and a sound too where the rung has an encoder of its own for it; when it lags more than
//! [`MAX_PENDING`] parts it is given without pictures, as a gap.
//! Numbers and durations come from the cuts alone, so they are the same in every rendition. Nothing here fails: what fits
//! nowhere is dropped and counted.

mod lane;

use std::collections::VecDeque;

use streamly_media::{AccessUnit, AudioConfig, Kind, TrackConfig, VIDEO_TIMESCALE, VideoConfig};

use crate::{
    Cut, Init, Packaged, Part, init,
    moof::{self, Sample},
};
use lane::Lane;

/// Parts a rung may lag behind the source before they become gaps: above 3 s of parts of a sixth of a second.
const MAX_PENDING: usize = 20;
/// How far behind a boundary (ticks, 0.25 s) a rung's keyframe is looked for.
const KEYFRAME_SEARCH: i64 = 22_500;

/// How far ahead of a part's end (ticks, 0.15 s) a rung's pictures may be while its sound is waited for. An encoder of sound is some
/// 0.05 s behind; where the publisher sends none, every part would wait for ever.
const SOUND_GRACE: i64 = 13_500;

/// A rung's picture this far (ticks, 0.25 s) before the part it would be in comes from an encoder that has fallen behind.
const MAX_LATE: i64 = 22_500;

/// Where a packager's pictures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// From the publisher: pictures belong to parts by DTS.
    Source,
    /// From an encoder without B-frames that lags behind the cuts: pictures belong to parts by PTS.
    Rung,
}

/// What went otherwise than planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Segments of a rung cut a little later than the source's, at the rung's next keyframe.
    pub late_keyframes: u64,
    /// Segments of a rung that begin without the keyframe the source has.
    pub missing_keyframes: u64,
    /// Parts given as gaps.
    pub gaps: u64,
    /// Access units that fitted no part.
    pub dropped: u64,
}

struct Pending {
    cut: Cut,
    /// Tracks of the source at this place.
    video: Option<VideoConfig>,
    audio: Option<AudioConfig>,
    /// At a break: audio pushed before this belongs to earlier parts, whatever its time.
    audio_until: Option<u64>,
}

/// The open segment.
#[derive(Default)]
struct Open {
    ticks: u64,
    /// A part with media was given, so the init segment is fixed.
    begun: bool,
}

struct CurrentInit {
    version: u32,
    video: Option<VideoConfig>,
    audio: Option<AudioConfig>,
}

/// See the module's documentation.
pub struct Packager {
    mode: Mode,
    /// A rung's sound comes from an encoder, late, and not from the source.
    encoded_sound: bool,
    video_config: Option<VideoConfig>,
    audio_config: Option<AudioConfig>,
    video: Lane,
    audio: Lane,
    /// The open part and those after it.
    pending: VecDeque<Pending>,
    open: Open,
    init: Option<CurrentInit>,
    /// A rung's pictures come one after the other; otherwise the next has to be a keyframe.
    flowing: bool,
    /// No pictures are made for it at present.
    absent: bool,
    sequence: u32,
    counters: Counters,
    out: VecDeque<Packaged>,
}

impl Packager {
    /// A packager that waits for its first cut. Units before that are dropped.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            encoded_sound: false,
            video_config: None,
            audio_config: None,
            video: Lane::default(),
            audio: Lane::default(),
            pending: VecDeque::new(),
            open: Open::default(),
            init: None,
            flowing: false,
            absent: false,
            sequence: 0,
            counters: Counters::default(),
            out: VecDeque::new(),
        }
    }

    /// What went otherwise than planned.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// A new timeline begins: the source's tracks will be told again. A rung keeps its video configuration, which its encoder
    /// tells.
    pub fn discontinuity(&mut self) {
        self.audio_config = None;
        if self.mode == Mode::Source {
            self.video_config = None;
        }
    }

    /// Nothing is made for this rung until it is told otherwise: its parts are gaps at once and nobody waits for them.
    pub fn absent(&mut self, is_absent: bool) {
        self.absent = is_absent;
        self.advance(false);
    }

    /// The configuration of a track, valid for the units pushed after it. An init segment follows only if it differs.
    pub fn config(&mut self, config: TrackConfig) {
        match config {
            TrackConfig::Video(video) => {
                self.video.configure(&video);
                self.video_config = Some(video);
            }
            TrackConfig::Audio(audio) => self.audio_config = Some(audio),
        }
    }

    /// Tells whether a rung's sound comes from an encoder from now on: then parts wait for it too, and it belongs to them by its
    /// time alone.
    pub fn expect_encoded_sound(&mut self, expected: bool) {
        self.encoded_sound = expected && self.mode == Mode::Rung;
    }

    /// Takes a unit. For the source's units, [`cut`](Self::cut) comes first with what the segmenter made of them.
    pub fn push(&mut self, unit: AccessUnit) {
        let lane = match unit.kind {
            Kind::Video => &mut self.video,
            Kind::Audio => &mut self.audio,
        };
        if self.pending.is_empty() || !lane.push(unit) {
            self.counters.dropped += 1;
        }
        if self.mode == Mode::Rung {
            self.advance(false);
        }
    }

    /// Takes a cut.
    pub fn cut(&mut self, cut: Cut) {
        let video = self.video_config.clone().filter(|_| self.mode == Mode::Source);
        let audio_until = (cut.discontinuity && !self.encoded_sound).then(|| self.audio.pushed());
        self.pending.push_back(Pending { cut, video, audio: self.audio_config.clone(), audio_until });
        self.advance(false);
    }

    /// The broadcast has ended: gives what is left and ends the segment. Cuts may follow all the same.
    pub fn finish(&mut self) {
        self.advance(true);
        if let Some(last) = self.pending.pop_front() {
            self.give(&last, None);
            self.out.push_back(Packaged::SegmentEnd { msn: last.cut.msn, ticks: self.open.ticks });
            self.open = Open::default();
        }
    }

    /// The next product; `None` until more is pushed.
    pub fn poll(&mut self) -> Option<Packaged> {
        self.out.pop_front()
    }

    /// Gives every part that is complete.
    fn advance(&mut self, force: bool) {
        while let Some(next) = self.pending.get(1) {
            let overdue = force || self.absent || self.pending.len() > MAX_PENDING;
            if !overdue && self.waits_for_sound(next.cut) {
                return;
            }
            let Some(boundary) = self.boundary(next.cut, overdue) else { return };
            let Some(current) = self.pending.pop_front() else { return };
            self.give(&current, Some(boundary));
            let Some(next) = self.pending.front() else { return };
            if next.cut.segment_start {
                self.out.push_back(Packaged::SegmentEnd { msn: current.cut.msn, ticks: self.open.ticks });
                self.open = Open::default();
            }
        }
    }

    /// Whether sound of the open part may still come out of its encoder.
    fn waits_for_sound(&self, next: Cut) -> bool {
        let has_come = || self.audio.back().is_some_and(|last| last.dts >= next.audio_from);
        self.encoded_sound
            && self.audio_config.is_some()
            && !has_come()
            && self.video.first_from(next.video_pts + SOUND_GRACE).is_none()
    }

    /// Where the pictures of the open part end, on the clock of the mode; `None` while that has to be waited for.
    fn boundary(&mut self, next: Cut, overdue: bool) -> Option<i64> {
        if self.mode == Mode::Source {
            return Some(next.video_dts);
        }
        let place = next.video_pts;
        let Some(first) = self.video.first_from(place) else {
            return overdue.then_some(place);
        };
        if !(next.segment_start && next.independent) || first.keyframe || !self.flowing {
            return Some(place);
        }
        if let Some(keyframe) = self.video.keyframe_within(place, place + KEYFRAME_SEARCH) {
            self.counters.late_keyframes += 1;
            return Some(keyframe);
        }
        if overdue || self.video.first_from(place + KEYFRAME_SEARCH).is_some() {
            self.counters.missing_keyframes += 1;
            return Some(place);
        }
        None
    }

    /// Gives the part that begins at `current`; `boundary` is where its pictures end, `None` for the last part.
    fn give(&mut self, current: &Pending, boundary: Option<i64>) {
        let cut = current.cut;
        let next = self.pending.front();
        let end = boundary.unwrap_or(i64::MAX);
        let mode = self.mode;
        let (audio_from, audio_until) =
            next.map_or((i64::MAX, None), |next| (next.cut.audio_from, next.audio_until));
        let video_end = next.map(|next| next.cut.video_dts);
        let mut pictures =
            self.video.take(|_, unit| if mode == Mode::Rung { unit.pts < end } else { unit.dts < end });
        let sounds = self.audio.take(|number, unit| match audio_until {
            Some(until) => number < until,
            None => unit.dts < audio_from,
        });
        if mode == Mode::Rung {
            self.settle(&mut pictures, cut, boundary.is_some());
        }
        let starving = mode == Mode::Rung && !self.flowing;
        let gap = pictures.is_empty() && sounds.is_empty() || starving;
        if gap {
            self.counters.gaps += 1;
            self.counters.dropped += sounds.len() as u64;
        } else {
            self.update_init(current);
        }
        let ticks = match video_end {
            Some(end) => (end - cut.video_dts).max(0),
            None => last_part(cut, &pictures, &sounds, current.audio.as_ref()),
        } as u64;
        self.open.ticks += ticks;
        let independent = match pictures.first() {
            Some(first) => first.keyframe,
            None => !gap && cut.independent && self.init.as_ref().is_some_and(|init| init.video.is_none()),
        };
        let mut part = Part {
            msn: cut.msn,
            part: cut.part,
            init: self.init.as_ref().map_or(0, |init| init.version),
            bytes: bytes::Bytes::new(),
            ticks,
            independent,
            gap,
            starts_segment: cut.segment_start,
            discontinuity: cut.discontinuity,
            keyframe: None,
            pictures: if gap { 0 } else { u32::try_from(pictures.len()).unwrap_or(u32::MAX) },
            first_pts: pictures.iter().map(|unit| unit.pts).min(),
        };
        if !gap {
            let following = match mode {
                Mode::Source => video_end,
                Mode::Rung => self.video.front().map(|unit| unit.dts),
            };
            let video = self.video.samples(pictures, following);
            let audio = sound_samples(sounds, current.audio.as_ref());
            (part.bytes, part.keyframe) = moof::part(self.sequence, &video, &audio);
            self.sequence = self.sequence.wrapping_add(1);
        }
        self.out.push_back(Packaged::Part(part));
    }

    /// A rung that starved goes on only with a keyframe in its right place, and only if the init segment may still change
    /// when it needs another one.
    fn settle(&mut self, pictures: &mut Vec<AccessUnit>, cut: Cut, forced_empty: bool) {
        let before = pictures.len();
        if pictures.first().is_some_and(|first| first.pts < cut.video_pts - MAX_LATE) {
            self.flowing = false;
        }
        if !self.flowing {
            let start =
                pictures.iter().position(|unit| unit.keyframe && unit.pts >= cut.video_pts).unwrap_or(before);
            pictures.drain(..start);
        }
        let config = self.video.config_of_taken();
        let same = self.init.as_ref().is_some_and(|init| init.video.as_ref() == config);
        if !same && (self.open.begun || !pictures.first().is_some_and(|unit| unit.keyframe)) {
            pictures.clear();
        }
        self.counters.dropped += (before - pictures.len()) as u64;
        if !pictures.is_empty() {
            self.flowing = true;
        } else if before > 0 || self.video.front().is_none() && forced_empty {
            self.flowing = false;
        }
    }

    fn update_init(&mut self, current: &Pending) {
        let video = match self.mode {
            Mode::Source => current.video.clone(),
            Mode::Rung => self.video.config_of_taken().cloned(),
        };
        let audio = current.audio.clone();
        let same = self.init.as_ref().is_some_and(|init| init.video == video && init.audio == audio);
        if !same && !self.open.begun {
            let version = self.init.as_ref().map_or(0, |init| init.version + 1);
            let bytes = init::init(video.as_ref(), audio.as_ref());
            let facts = init::facts(video.as_ref(), audio.as_ref());
            self.out.push_back(Packaged::Init(Init { version, bytes, facts }));
            self.init = Some(CurrentInit { version, video, audio });
        }
        self.open.begun = true;
    }
}

/// The length of the last part of a broadcast in 90 kHz ticks: to the end of its last picture or audio frame.
fn last_part(cut: Cut, pictures: &[AccessUnit], sounds: &[AccessUnit], audio: Option<&AudioConfig>) -> i64 {
    if let [.., before, last] = pictures {
        return (last.dts + (last.dts - before.dts) - cut.video_dts).max(0);
    }
    match (sounds, audio) {
        ([first, .., last], Some(audio)) => {
            let samples = last.dts - first.dts + i64::from(length(last, audio));
            samples * i64::from(VIDEO_TIMESCALE) / i64::from(audio.sample_rate)
        }
        _ => 0,
    }
}

/// Samples in an audio frame.
fn length(unit: &AccessUnit, audio: &AudioConfig) -> u32 {
    audio.samples_of(&unit.data).unwrap_or(audio.samples_per_frame)
}

fn sound_samples(sounds: Vec<AccessUnit>, audio: Option<&AudioConfig>) -> Vec<Sample> {
    let following: Vec<Option<i64>> =
        sounds.iter().skip(1).map(|unit| Some(unit.dts)).chain([None]).collect();
    sounds
        .into_iter()
        .zip(following)
        .map(|(unit, next)| {
            let own = || audio.map_or(1_024, |audio| length(&unit, audio));
            let duration = next.and_then(|next| u32::try_from(next - unit.dts).ok()).unwrap_or_else(own);
            Sample { unit, duration }
        })
        .collect()
}

#[cfg(test)]
mod tests;
