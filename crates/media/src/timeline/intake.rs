//! Headers and frames of a publisher, as they come: what is of no use is counted, the rest waits in the lobby or goes out at once.

use bytes::Bytes;

use super::decoder::{self, Decoder};
use super::lobby::{Lobby, RawAudio, RawVideo};
use super::{Audio, Error, Reason, Timeline, Video};
use crate::{AudioConfig, AudioFormat, Kind, VideoFormat};

/// A composition time beyond this (ms) is taken for damage and read as 0; B-frames need a few hundred.
const MAX_CTS_MS: i32 = 5_000;

impl Timeline {
    pub(super) fn video_header(&mut self, format: VideoFormat, raw: Bytes) -> Result<(), Error> {
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

    pub(super) fn audio_header(&mut self, format: AudioFormat, raw: Bytes) -> Result<(), Error> {
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

    pub(super) fn picture(&mut self, ts: u32, format: VideoFormat, flagged: bool, cts_ms: i32, data: &Bytes) {
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
    pub(super) fn sound(&mut self, ts: u32, format: AudioFormat, data: Bytes) -> Result<(), Error> {
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
}
