//! Where a timeline begins on the broadcast's clock, and the access units that go out on it.

use super::audio::AudioClock;
use super::lobby::{Lobby, RawAudio, RawVideo};
use super::{Live, Output, Timeline};
use crate::{AccessUnit, Kind, TrackConfig};

/// 90 kHz ticks in a millisecond of RTMP time.
const TICKS_PER_MS: i64 = 90;
/// A decode time that does not grow is put this many ticks (1 ms) behind the one before.
const REPAIR_STEP: i64 = 90;
/// Length of a picture in ticks until two have been seen and where the VUI tells nothing: 30 fps.
const ASSUMED_FRAME: i64 = 3_000;
/// Longest length (ticks, 1 s) assumed for the last picture before a break.
const MAX_FRAME: i64 = 90_000;

impl Timeline {
    pub(super) fn start(&mut self, lobby: Lobby) {
        self.close_sound();
        let has_audio = lobby.has_audio();
        let Lobby { reason, pictures, sounds, .. } = lobby;
        let leads = reason.is_some() && !pictures.is_empty();
        let end = self.end;
        let audio = self.audio.as_ref().filter(|_| has_audio).map(|audio| audio.track.clone());
        let lead = audio.as_ref().filter(|_| leads).map_or(0, AudioClock::lead_ticks);
        let (offset, from, first_dts) = match (pictures.front(), sounds.front()) {
            (Some(first), _) => {
                let dts = first.ms * TICKS_PER_MS;
                let pts = dts + i64::from(first.cts_ms) * TICKS_PER_MS;
                let after_sound = if leads { end.audio + lead - dts } else { end.audio - pts };
                let offset = (end.video_dts - dts).max(end.video_pts - pts).max(after_sound);
                (offset, pts + offset, dts + offset)
            }
            (None, Some(first)) => {
                let start = end.video_dts.max(end.video_pts).max(end.audio);
                (start - first.ms * TICKS_PER_MS, start, start)
            }
            (None, None) => return,
        };
        if let Some(reason) = reason {
            self.out.push_back(Output::Discontinuity { reason });
            self.counters.discontinuities += 1;
        }
        let mut frame = ASSUMED_FRAME;
        let has_video = !pictures.is_empty();
        if has_video && let Some(video) = &self.video {
            frame =
                video.track.fps.map_or(ASSUMED_FRAME, |fps| ((90_000.0 / fps) as i64).clamp(1, MAX_FRAME));
            self.out.push_back(Output::Track(TrackConfig::Video(video.track.clone())));
        }
        let audio = audio.map(|config| {
            let clock = AudioClock::new(&config, from, end.audio, leads.then_some(first_dts));
            self.out.push_back(Output::Track(TrackConfig::Audio(config)));
            clock
        });
        self.measure.restart();
        self.live =
            Some(Live { offset, video: has_video, last_dts: None, frame, skips_leading: true, audio });
        // The keyframe goes first: packaging begins with it. The rest is merged by time.
        let mut pictures = pictures.into_iter();
        if let Some(first) = pictures.next() {
            self.emit_video(first);
        }
        let mut sounds = sounds.into_iter().peekable();
        for picture in pictures {
            while let Some(sound) = sounds.next_if(|sound| sound.ms <= picture.ms) {
                self.emit_audio(sound);
            }
            self.emit_video(picture);
        }
        sounds.for_each(|sound| self.emit_audio(sound));
    }

    pub(super) fn emit_video(&mut self, raw: RawVideo) {
        let Some(live) = self.live.as_mut().filter(|live| live.video) else {
            self.counters.dropped_waiting += 1;
            return;
        };
        if raw.keyframe {
            live.skips_leading = live.last_dts.is_none() || raw.broken_link;
        } else if raw.skipped_leading && live.skips_leading {
            self.counters.dropped_waiting += 1;
            return;
        }
        let mut dts = raw.ms * TICKS_PER_MS + live.offset;
        let pts = dts + i64::from(raw.cts_ms) * TICKS_PER_MS;
        if let Some(last) = live.last_dts {
            if dts <= last {
                self.counters.repaired_dts += 1;
                dts = last + REPAIR_STEP;
            } else {
                live.frame = (dts - last).min(MAX_FRAME);
            }
        }
        live.last_dts = Some(dts);
        // No presentation time is negative, whatever composition times a publisher sends.
        let pts = pts.max(0);
        let frame = live.frame;
        self.end.video_dts = dts + frame;
        self.end.video_pts = self.end.video_pts.max(pts + frame);
        self.measure.video(raw.ms, raw.data.len(), raw.keyframe);
        self.out.push_back(Output::AccessUnit(AccessUnit {
            kind: Kind::Video,
            dts,
            pts,
            keyframe: raw.keyframe,
            data: raw.data,
        }));
        if let Some(clock) = self.live.as_mut().and_then(|live| live.audio.as_mut()) {
            clock.follow(dts);
        }
        self.emit_silence();
    }

    /// A timeline ends: its last pictures are shown only if there is sound beside them.
    pub(super) fn close_sound(&mut self) {
        let end = self.end.video_pts;
        if let Some(clock) = self.live.as_mut().filter(|live| live.video).and_then(|live| live.audio.as_mut())
        {
            clock.close(end);
            self.emit_silence();
        }
    }

    fn emit_silence(&mut self) {
        let Some(clock) = self.live.as_mut().and_then(|live| live.audio.as_mut()) else { return };
        while let Some((dts, data)) = clock.silent() {
            if self.silence_left < 1.0 {
                clock.no_silence();
                break;
            }
            self.silence_left -= 1.0;
            self.counters.silent_audio += 1;
            self.out.push_back(Output::AccessUnit(AccessUnit::sound(dts, data)));
        }
        if clock.begun() {
            self.end.audio = clock.end_ticks();
        }
    }

    pub(super) fn emit_audio(&mut self, raw: RawAudio) {
        let Some((live, clock)) =
            self.live.as_mut().and_then(|live| Some((live.offset, live.audio.as_mut()?)))
        else {
            self.counters.dropped_waiting += 1;
            return;
        };
        let begun = clock.begun();
        let placed = clock.place(raw.ms * TICKS_PER_MS + live, raw.samples);
        self.counters.audio_resyncs += u64::from(placed.resynced);
        let Some(dts) = placed.dts else {
            match begun {
                true => self.counters.dropped_audio += 1,
                false => self.counters.dropped_waiting += 1,
            }
            return;
        };
        self.measure.audio(raw.ms, raw.data.len(), placed.drift_ms);
        self.emit_silence();
        self.out.push_back(Output::AccessUnit(AccessUnit::sound(dts, raw.data)));
    }
}
