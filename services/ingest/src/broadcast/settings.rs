//! What every broadcast of a node shares: the settings that playlists are made by, the encoders, their budget, the meters.

use super::{flats::Room, stills::Stills};
use crate::{Config, budget::Budget, decoder::Decoders, encoder::Encoders, meters::Meters};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use streamly_media::{AudioConfig, AudioFormat};
use streamly_transcode::{SoundJob, sound};

/// See the module's head.
pub(crate) struct Settings {
    pub(crate) window: Duration,
    /// Zero without a folder for it.
    pub(crate) rewind: Duration,
    pub(crate) window_bytes: usize,
    pub(super) flats: Room,
    pub(crate) target_duration: Duration,
    pub(crate) stills: crate::config::Stills,
    pub(crate) preset: String,
    pub(crate) ladder: Vec<String>,
    pub(crate) cores: usize,
    pub(crate) encoders: Encoders,
    pub(crate) decoders: Decoders,
    pub(crate) budget: Budget,
    pub(crate) meters: Arc<Meters>,
}

impl Settings {
    pub(crate) fn new(config: &Config, encoders: Encoders, meters: Arc<Meters>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            window: config.window.get(),
            rewind: config.rewind_dir.as_ref().map_or(Duration::ZERO, |_| config.rewind.get()),
            window_bytes: usize::try_from(config.window_bytes.bytes()).unwrap_or(usize::MAX),
            flats: Room::new(config.flat_bytes.bytes()),
            target_duration: config.target_duration.get(),
            stills: config.stills.clone(),
            preset: config.preset.clone(),
            ladder: config.ladder.clone(),
            cores,
            decoders: Decoders::new(encoders.worker()),
            encoders,
            budget: Budget::new(config.transcode_budget, cores),
            meters,
        }
    }

    /// Room for a broadcast's stills.
    pub(super) fn stills(&self) -> Stills {
        let most = usize::try_from(self.stills.bytes.bytes()).unwrap_or(usize::MAX);
        Stills::new(self.stills.keep, most)
    }

    /// What a rung needs instead of sound that not every browser plays, and how players are told of it; `None`: the source's own.
    pub(crate) fn rung_sound(&self, audio: &AudioConfig) -> Option<(SoundJob, AudioConfig)> {
        if audio.format != AudioFormat::Opus || !self.decoders.found().opus {
            return None;
        }
        let aac = AudioConfig::parse(Bytes::copy_from_slice(&sound::asc(audio.channels))).ok()?;
        Some((SoundJob { dops: audio.header.clone() }, aac))
    }
}
