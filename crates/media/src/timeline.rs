//! The timeline: RTMP bodies with a publisher's times in, access units on the broadcast's own continuous clock out.
//!
//! A plain machine without clock or I/O: push bodies in their order of arrival, then poll until `None`. Only an unusable
//! codec or codec configuration is an error, and it ends the publish; a tag or a frame that cannot be used is dropped and
//! counted. After each [`Output::Discontinuity`] the configuration of every track comes again, then a keyframe (video) or
//! any frame (audio alone); output time goes on from the end of what was before.

mod audio;
mod clock;
mod decoder;
mod emit;
mod intake;
mod lobby;
mod measure;
mod output;

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;

use crate::{AudioConfig, VideoConfig, flv};
use audio::AudioClock;
use clock::PublisherClock;
use decoder::Decoder;
use lobby::Lobby;
pub use measure::Facts;
use measure::Measure;
pub use output::{Counters, Error, Output, Position, Reason};

/// Most silent frames that may be given out without time passing: two minutes at 96 kHz. A message of a few bytes can go ahead by 5 s,
/// and must not become hundreds of frames again and again.
const SILENCE_MAX: f64 = 12_000.0;
/// Silent frames a second that may be given out for ever: twice what a silent track at 96 kHz needs.
const SILENCE_PER_SECOND: f64 = 200.0;

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
    /// Silent frames.
    silence_left: f64,
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
            silence_left: SILENCE_MAX,
        }
    }

    /// So much time has passed since the last call, by the clock on the wall: so much more silence there may be.
    pub fn passed(&mut self, time: Duration) {
        self.silence_left = (self.silence_left + time.as_secs_f64() * SILENCE_PER_SECOND).min(SILENCE_MAX);
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
        self.close_sound();
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
}

#[cfg(test)]
mod tests;
