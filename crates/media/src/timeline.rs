//! The timeline: RTMP bodies with a publisher's times in, access units on the broadcast's own continuous clock out.
//!
//! A plain machine without clock or I/O: push bodies in their order of arrival, then poll until `None`. Only an unusable
//! codec or codec configuration is an error, and it ends the publish; a tag or a frame that cannot be used is dropped and
//! counted. After each [`Output::Discontinuity`] the configuration of every track comes again, then a keyframe (video) or
//! any frame (audio alone); output time goes on from the end of what was before.

mod audio;
mod clock;
mod decoder;
mod lobby;
mod measure;
mod output;

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{AccessUnit, AudioConfig, AudioFormat, Kind, TrackConfig, VideoConfig, VideoFormat, flv};
use audio::AudioClock;
use clock::PublisherClock;
use decoder::Decoder;
use lobby::{Lobby, RawAudio, RawVideo};
pub use measure::Facts;
use measure::Measure;
pub use output::{Counters, Error, Output, Position, Reason};

/// 90 kHz ticks in a millisecond of RTMP time.
const TICKS_PER_MS: i64 = 90;
/// A composition time beyond this (ms) is taken for damage and read as 0; B-frames need a few hundred.
const MAX_CTS_MS: i32 = 5_000;
/// A decode time that does not grow is put this many ticks (1 ms) behind the one before.
const REPAIR_STEP: i64 = 90;
/// Length of a picture in ticks until two have been seen and where the VUI tells nothing: 30 fps.
const ASSUMED_FRAME: i64 = 3_000;
/// Longest length (ticks, 1 s) assumed for the last picture before a break.
const MAX_FRAME: i64 = 90_000;

struct Video {
    /// The header as sent; empty once an in-band set has replaced it.
    raw: Bytes,
    decoder: Decoder,
    track: VideoConfig,
}

struct Audio {
    /// The header as sent.
    raw: Bytes,
    track: AudioConfig,
}

struct Live {
    /// Added to the publisher's time in ticks.
    offset: i64,
    video: bool,
    last_dts: Option<i64>,
    frame: i64,
    /// Pictures shown before the keyframe they follow have nothing to be made from.
    skips_leading: bool,
    audio: Option<AudioClock>,
}

/// See the module's documentation.
pub struct Timeline {
    out: VecDeque<Output>,
    clock: PublisherClock,
    video: Option<Video>,
    audio: Option<Audio>,
    live: Option<Live>,
    lobby: Option<Lobby>,
    end: Position,
    counters: Counters,
    measure: Measure,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Timeline {
    /// A timeline whose output begins at 0.
    pub fn new() -> Self {
        Self::starting(Position::default(), None)
    }

    /// A timeline that goes on where another one of the same broadcast ended; its first output is a discontinuity.
    pub fn resume(at: Position) -> Self {
        Self::starting(at, Some(Reason::Reconnected))
    }

    fn starting(end: Position, reason: Option<Reason>) -> Self {
        Self {
            out: VecDeque::new(),
            clock: PublisherClock::default(),
            video: None,
            audio: None,
            live: None,
            lobby: Some(Lobby::new(reason, true, true)),
            end,
            counters: Counters::default(),
            measure: Measure::default(),
        }
    }

    /// The end of what was given out.
    pub fn position(&self) -> Position {
        self.end
    }

    /// What was dropped or repaired.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What was measured of the stream lately, for the dashboard.
    pub fn facts(&self) -> Facts {
        self.measure.facts()
    }

    /// A new session of the same broadcast begins: the publisher's clock restarts and its headers come again. Where nothing
    /// was given out yet, no discontinuity follows.
    pub fn reconnected(&mut self) {
        let begun = self.live.is_some() || self.lobby.as_ref().is_some_and(|lobby| lobby.reason.is_some());
        self.clock = PublisherClock::default();
        self.video = None;
        self.audio = None;
        self.live = None;
        self.measure = Measure::default();
        self.lobby = Some(Lobby::new(begun.then_some(Reason::Reconnected), true, true));
    }

    /// The next output; `None` until more is pushed.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Takes the body of an RTMP video message; `ts` is its time in ms as sent.
    ///
    /// # Errors
    /// See [`Error`]; the publish must end.
    pub fn push_video(&mut self, ts: u32, body: Bytes) -> Result<(), Error> {
        match flv::video(&body) {
            Ok(flv::Tag { packet, other_tracks }) => {
                self.counters.other_tracks += other_tracks;
                match packet {
                    Some(flv::Video::Config { format, record }) => self.video_header(format, record)?,
                    Some(flv::Video::Picture { format, keyframe, cts_ms, data }) => {
                        self.picture(ts, format, keyframe, cts_ms, &data);
                    }
                    None => {}
                }
                Ok(())
            }
            Err(error) => self.refuse(error),
        }
    }

    /// Takes the body of an RTMP audio message; `ts` is its time in ms as sent.
    ///
    /// # Errors
    /// See [`Error`]; the publish must end.
    pub fn push_audio(&mut self, ts: u32, body: Bytes) -> Result<(), Error> {
        match flv::audio(&body) {
            Ok(flv::Tag { packet, other_tracks }) => {
                self.counters.other_tracks += other_tracks;
                match packet {
                    Some(flv::Audio::Config { format, header }) => self.audio_header(format, header)?,
                    Some(flv::Audio::Frame { format, data }) => self.sound(ts, format, data)?,
                    None => {}
                }
                Ok(())
            }
            Err(error) => self.refuse(error),
        }
    }

    fn refuse(&mut self, error: flv::Error) -> Result<(), Error> {
        match error {
            flv::Error::Unsupported(name) => Err(Error::UnsupportedCodec(name)),
            flv::Error::Malformed => {
                self.counters.malformed += 1;
                Ok(())
            }
        }
    }

    fn video_header(&mut self, format: VideoFormat, raw: Bytes) -> Result<(), Error> {
        if self.video.as_ref().is_some_and(|video| video.track.format == format && video.raw == raw) {
            self.counters.repeated_headers += 1;
            return Ok(());
        }
        let decoder = Decoder::parse(format, &raw).map_err(Error::VideoConfig)?;
        self.configure_video(Bytes::copy_from_slice(&raw), decoder);
        Ok(())
    }

    fn configure_video(&mut self, raw: Bytes, decoder: Decoder) {
        let track = decoder.track();
        let same = self.video.as_ref().is_some_and(|video| video.track == track);
        self.video = Some(Video { raw, decoder, track });
        if same {
            self.counters.repeated_headers += 1;
        } else {
            let added = self.live.as_ref().is_some_and(|live| !live.video);
            self.wait(if added { Reason::TrackAdded } else { Reason::ConfigChanged }, true, false);
        }
    }

    fn audio_header(&mut self, format: AudioFormat, raw: Bytes) -> Result<(), Error> {
        if self.audio.as_ref().is_some_and(|audio| audio.track.format == format && audio.raw == raw) {
            self.counters.repeated_headers += 1;
            return Ok(());
        }
        let raw = Bytes::copy_from_slice(&raw);
        let track = AudioConfig::parse_as(format, raw.clone()).map_err(Error::AudioConfig)?;
        self.audio = Some(Audio { raw, track });
        let added = self.live.as_ref().is_some_and(|live| live.audio.is_none());
        self.wait(if added { Reason::TrackAdded } else { Reason::ConfigChanged }, false, true);
        Ok(())
    }

    /// Goes to the lobby for a new timeline. Tracks that are not held go on in the old one.
    fn wait(&mut self, reason: Reason, video: bool, audio: bool) {
        match &mut self.lobby {
            Some(lobby) => lobby.hold(video, audio),
            None => self.lobby = Some(Lobby::new(Some(reason), video, audio)),
        }
    }

    fn picture(&mut self, ts: u32, format: VideoFormat, flagged: bool, cts_ms: i32, data: &Bytes) {
        let (ms, jumped) = self.clock.unwrap(Kind::Video, ts);
        self.jump(jumped);
        let Some(video) = self.video.as_ref().filter(|video| video.track.format == format) else {
            self.counters.dropped_waiting += 1;
            return;
        };
        let Some(picture) = video.decoder.picture(data, flagged) else {
            self.counters.malformed += 1;
            return;
        };
        if !picture.coded {
            self.counters.empty += 1;
            return;
        }
        if let Some(decoder) = picture.new_decoder {
            self.configure_video(Bytes::new(), decoder);
        }
        let cts_ms = if cts_ms.abs() > MAX_CTS_MS {
            self.counters.repaired_cts += 1;
            0
        } else {
            cts_ms
        };
        let decoder::Picture { keyframe, broken_link, skipped_leading, data, .. } = picture;
        let raw = RawVideo { ms, cts_ms, keyframe, broken_link, skipped_leading, data };
        let Some(lobby) = &mut self.lobby else {
            self.emit_video(raw);
            return;
        };
        if lobby.holds_video() || raw.keyframe {
            self.counters.dropped_waiting += lobby.video(raw);
            self.start_when_ready();
        } else {
            self.emit_video(raw);
        }
    }

    /// # Errors
    /// Opus without its header, which it can do without, is taken for stereo; that this fails cannot happen.
    fn sound(&mut self, ts: u32, format: AudioFormat, data: Bytes) -> Result<(), Error> {
        let (ms, jumped) = self.clock.unwrap(Kind::Audio, ts);
        self.jump(jumped);
        if self.audio.is_none() && format == AudioFormat::Opus {
            self.audio_header(format, Bytes::new())?;
        }
        let Some(audio) = self.audio.as_ref().filter(|audio| audio.track.format == format) else {
            self.counters.dropped_waiting += 1;
            return Ok(());
        };
        let Some(samples) = audio.track.samples_of(&data) else {
            self.counters.malformed += 1;
            return Ok(());
        };
        if self.live.as_ref().is_some_and(|live| live.audio.is_none()) {
            self.wait(Reason::TrackAdded, false, true);
        }
        let raw = RawAudio { ms, samples, data };
        match &mut self.lobby {
            Some(lobby) if lobby.holds_audio() => self.counters.dropped_waiting += lobby.audio(raw),
            Some(lobby) => {
                lobby.saw(ms);
                self.emit_audio(raw);
            }
            None => self.emit_audio(raw),
        }
        self.start_when_ready();
        Ok(())
    }

    fn jump(&mut self, jumped: bool) {
        if jumped {
            let reason = match &self.lobby {
                Some(lobby) => lobby.reason,
                None => Some(Reason::ClockJumped),
            };
            let fresh = Lobby::new(reason, true, true);
            let lost = self.lobby.replace(fresh).map_or(0, |lobby| lobby.held());
            self.counters.dropped_waiting += lost;
        }
    }

    fn start_when_ready(&mut self) {
        let ready =
            self.lobby.as_ref().is_some_and(|lobby| lobby.ready(self.video.is_some(), self.audio.is_some()));
        if ready && let Some(lobby) = self.lobby.take() {
            self.start(lobby);
        }
    }

    fn start(&mut self, lobby: Lobby) {
        let has_audio = lobby.has_audio();
        let leads = lobby.holds_audio() && lobby.reason.is_some() && !lobby.pictures.is_empty();
        let Lobby { reason, pictures, sounds, .. } = lobby;
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

    fn emit_video(&mut self, raw: RawVideo) {
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
            clock.follow(pts);
        }
        self.emit_silence();
    }

    fn emit_silence(&mut self) {
        let Some(clock) = self.live.as_mut().and_then(|live| live.audio.as_mut()) else { return };
        while let Some((dts, data)) = clock.silent() {
            self.counters.silent_audio += 1;
            self.out.push_back(Output::AccessUnit(AccessUnit::sound(dts, data)));
        }
        if clock.begun() {
            self.end.audio = clock.end_ticks();
        }
    }

    fn emit_audio(&mut self, raw: RawAudio) {
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

#[cfg(test)]
mod tests;
