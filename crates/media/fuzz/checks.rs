//! What must hold for any media a publisher sends: no panic, no growth without end, output a player can use. Shared by the fuzz targets,
//! by the test that runs the committed corpus, and by the property tests.

use bytes::Bytes;
use std::collections::HashMap;
use streamly_media::{
    AudioConfig, AudioFormat, Kind, Output, Timeline, VideoConfig, VideoFormat, aac::AudioSpecificConfig, avc,
};

/// Bytes of a tag beside its body: kind, time, length.
const HEADER: usize = 7;
/// Longest picture or header made of one input.
const MAX_BODY: usize = 1 << 16;

/// A sequence of tags: each a byte of kind (even: video; bit 1: a new session comes before), four of time, two of length, then the body.
pub fn tags(data: &[u8]) {
    let mut timeline = Timeline::new();
    let mut clock = Clock::default();
    let mut rest = data;
    let (mut messages, mut outputs) = (0, 0);
    while let Some((header, after)) = rest.split_at_checked(HEADER) {
        let ts = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        let length = usize::from(u16::from_be_bytes([header[5], header[6]])).min(after.len()).min(MAX_BODY);
        let (body, after) = after.split_at(length);
        rest = after;
        if header[0] & 2 != 0 {
            timeline.reconnected();
        }
        let body = Bytes::copy_from_slice(body);
        let taken = match header[0] & 1 {
            0 => timeline.push_video(ts, body),
            _ => timeline.push_audio(ts, body),
        };
        messages += 1;
        while let Some(output) = timeline.poll() {
            clock.check(&output);
            outputs += 1;
        }
        // Silence is bounded where no time passes.
        assert!(outputs <= 12_000 + 5 * messages, "{outputs} outputs of {messages} messages");
        if taken.is_err() {
            return;
        }
    }
    let (position, facts) = (timeline.position(), timeline.facts());
    assert!(facts.fps.is_none_or(f64::is_finite), "{facts:?}");
    // What comes after goes on from there.
    drop(Timeline::resume(position));
}

/// Decode times between two discontinuities grow, and every unit's track was told before.
#[derive(Default)]
struct Clock {
    told: HashMap<bool, u32>,
    last: HashMap<bool, i64>,
}

impl Clock {
    fn check(&mut self, output: &Output) {
        match output {
            Output::Discontinuity { .. } => self.told.clear(),
            Output::Track(config) => {
                assert!(config.timescale() > 0 && !config.codec().is_empty());
                self.told.insert(config.kind() == Kind::Video, config.timescale());
            }
            Output::AccessUnit(unit) => {
                let video = unit.kind == Kind::Video;
                assert!(self.told.contains_key(&video), "a unit of a track that was not told");
                assert!(unit.pts >= 0 && !unit.data.is_empty() || !video, "{} {}", unit.pts, unit.data.len());
                if let Some(last) = self.last.insert(video, unit.dts) {
                    assert!(!video || unit.dts > last, "decode time went from {last} to {}", unit.dts);
                }
            }
        }
    }
}

/// An AVCDecoderConfigurationRecord that is taken gives one that is taken again, and is the same then.
pub fn avcc(data: &[u8]) {
    if let Ok(record) = avc::DecoderConfiguration::parse(data) {
        let config = record.to_config();
        assert!(config.width > 0 && config.height > 0);
        assert!(config.fps.is_none_or(|fps| fps > 0.0 && fps.is_finite()));
        assert_eq!(VideoConfig::parse(&record.to_avcc()).as_ref(), Ok(&config));
    }
}

/// A sequence parameter set that is read differs in nothing from itself.
pub fn sps(data: &[u8]) {
    if let Some(sps) = avc::Sps::parse(data) {
        assert!(!sps.differs_materially(&sps));
        assert!(sps.fps.is_none_or(|fps| fps > 0.0 && fps <= 1000.0));
    }
}

/// An AudioSpecificConfig that is taken has nothing that a later stage could divide by in vain.
pub fn asc(data: &[u8]) {
    let parsed = AudioSpecificConfig::parse(data);
    if let Ok(config) = parsed {
        assert!((1..=96_000).contains(&config.sample_rate) && (1..=8).contains(&config.channels));
        assert!(matches!(config.samples_per_frame, 960 | 1024));
    }
    assert_eq!(AudioConfig::parse(Bytes::copy_from_slice(data)).is_ok(), parsed.is_ok());
}

/// A record that is taken gives one that is taken again, and is the same then.
fn record(format: VideoFormat, data: &[u8]) {
    if let Ok(config) = VideoConfig::parse_as(format, data) {
        assert!(config.width > 0 && config.height > 0 && !config.codec.is_empty());
        assert!(config.fps.is_none_or(|fps| fps > 0.0 && fps.is_finite()));
        assert_eq!(VideoConfig::parse_as(format, &config.record).as_ref(), Ok(&config));
    }
}

/// See [`record`].
pub fn hvcc(data: &[u8]) {
    record(VideoFormat::Hevc, data);
}

/// See [`record`].
pub fn av1c(data: &[u8]) {
    record(VideoFormat::Av1, data);
}

/// An OpusHead that is taken has nothing that a later stage could divide by in vain; a packet's length is bounded (RFC 6716, 3.1).
pub fn opus(data: &[u8]) {
    if let Ok(config) = AudioConfig::parse_as(AudioFormat::Opus, Bytes::copy_from_slice(data)) {
        assert!(config.sample_rate > 0 && (1..=8).contains(&config.channels));
        assert!(config.samples_of(data).is_none_or(|samples| (1..=5760).contains(&samples)));
    }
}
