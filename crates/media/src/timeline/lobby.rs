//! The lobby: where units wait until a timeline can begin.
//!
//! A timeline begins at a keyframe, with the headers of both tracks; with one header alone after [`ONE_TRACK_AFTER_MS`].
//! What came since the keyframe is kept meanwhile, bounded in time and bytes, so that nothing is lost by the waiting.

use std::collections::VecDeque;

use bytes::Bytes;

use super::Reason;

/// A stream whose second track has not shown up by then (ms of media time) has one track.
const ONE_TRACK_AFTER_MS: i64 = 1_500;
/// Audio kept while waiting, in ms of media time.
const MAX_AUDIO_MS: i64 = 2_000;
/// Pictures kept while waiting, in bytes: 1.5 s at 40 Mbit/s. Beyond it the timeline begins at once.
const MAX_BYTES: usize = 8 << 20;
/// Audio frames kept while waiting, whatever times they claim.
const MAX_SOUNDS: usize = 512;
/// Pictures kept while waiting, whatever times they claim.
const MAX_PICTURES: usize = 1_024;

pub(super) struct RawVideo {
    pub(super) ms: i64,
    pub(super) cts_ms: i32,
    pub(super) keyframe: bool,
    /// A keyframe that those shown before it cannot be decoded behind (HEVC's BLA).
    pub(super) broken_link: bool,
    /// Made from pictures before the keyframe it follows: of no use to who starts there (HEVC's RASL).
    pub(super) skipped_leading: bool,
    pub(super) data: Bytes,
}

pub(super) struct RawAudio {
    pub(super) ms: i64,
    pub(super) samples: u32,
    pub(super) data: Bytes,
}

pub(super) struct Lobby {
    /// What to tell when the timeline begins; `None` for the first of a broadcast.
    pub(super) reason: Option<Reason>,
    /// From the keyframe on.
    pub(super) pictures: VecDeque<RawVideo>,
    pub(super) sounds: VecDeque<RawAudio>,
    hold_video: bool,
    hold_audio: bool,
    pictures_seen: bool,
    bytes: usize,
    span: Option<(i64, i64)>,
}

impl Lobby {
    pub(super) fn new(reason: Option<Reason>, hold_video: bool, hold_audio: bool) -> Self {
        Self {
            reason,
            pictures: VecDeque::new(),
            sounds: VecDeque::new(),
            hold_video,
            hold_audio,
            pictures_seen: false,
            bytes: 0,
            span: None,
        }
    }

    pub(super) fn held(&self) -> u64 {
        (self.pictures.len() + self.sounds.len()) as u64
    }

    /// Holds further tracks; what was kept of a track whose configuration changed is of no use.
    pub(super) fn hold(&mut self, video: bool, audio: bool) {
        if video {
            self.pictures.clear();
            self.bytes = 0;
        }
        if audio {
            self.sounds.clear();
        }
        self.hold_video |= video;
        self.hold_audio |= audio;
    }

    pub(super) fn holds_video(&self) -> bool {
        self.hold_video || !self.pictures.is_empty()
    }

    pub(super) fn holds_audio(&self) -> bool {
        self.hold_audio
    }

    pub(super) fn saw(&mut self, ms: i64) {
        let (first, last) = self.span.unwrap_or((ms, ms));
        self.span = Some((first.min(ms), last.max(ms)));
    }

    /// Takes a picture; returns how many units were dropped.
    pub(super) fn video(&mut self, picture: RawVideo) -> u64 {
        self.saw(picture.ms);
        self.pictures_seen = true;
        let mut dropped = 0;
        if picture.keyframe {
            dropped = self.pictures.len() as u64;
            self.pictures.clear();
            self.bytes = 0;
        } else if self.pictures.is_empty() {
            return 1;
        }
        self.bytes += picture.data.len();
        self.pictures.push_back(picture);
        dropped
    }

    /// Takes an audio frame; returns how many units were dropped.
    pub(super) fn audio(&mut self, sound: RawAudio) -> u64 {
        self.saw(sound.ms);
        let horizon = sound.ms - MAX_AUDIO_MS;
        self.sounds.push_back(sound);
        let before = self.sounds.len();
        while self.sounds.front().is_some_and(|oldest| oldest.ms < horizon) || self.sounds.len() > MAX_SOUNDS
        {
            self.sounds.pop_front();
        }
        (before - self.sounds.len()) as u64
    }

    /// Whether there is sound and not only its header: a track without frames would keep players waiting for ever.
    pub(super) fn has_audio(&self) -> bool {
        !self.sounds.is_empty() || !self.hold_audio
    }

    /// Whether the timeline can begin; `video` and `audio` tell whether the tracks' headers are there.
    pub(super) fn ready(&self, video: bool, audio: bool) -> bool {
        let waited = self.span.is_some_and(|(first, last)| last - first >= ONE_TRACK_AFTER_MS);
        let full = self.bytes >= MAX_BYTES || self.pictures.len() >= MAX_PICTURES;
        match (self.pictures.is_empty(), self.sounds.is_empty()) {
            (false, _) => video && (audio && self.has_audio() || waited || full),
            (true, false) => audio && self.hold_audio && !self.pictures_seen && waited,
            (true, true) => false,
        }
    }
}
