//! Reading FLV files: the tags as they stand, for sending to a server and for comparing with what arrived.
//!
//! Not a demuxer for playing. Only for trusted test files, so a broken file is an error with a text and no more.
//! Source: "Adobe Flash Video File Format" 10.1, annex E.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use bytes::{Buf, Bytes};

/// What a tag holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Tag type 8.
    Audio,
    /// Tag type 9.
    Video,
    /// Tag type 18: AMF0 data, usually onMetaData.
    Script,
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// What it holds.
    pub kind: Kind,
    /// Milliseconds, all 32 bits, as in the file.
    pub timestamp: u32,
    /// The body.
    pub data: Bytes,
}

/// A recorded publish from the fixtures folder, by file name without ".flv", for example "obs-default".
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).with_extension("flv")
}

/// The names of all recorded publishes; see the README beside them.
pub const FIXTURES: [&str; 7] = [
    "ffmpeg-bframes",
    "gst-rtmp2sink",
    "obs-default",
    "obs-gop2-bframes",
    "obs-resize",
    "obs-resize-2",
    "wrap32",
];

/// Publishes by Enhanced RTMP: HEVC, AV1, Opus; see the README beside them.
pub const ENHANCED: [&str; 3] = ["ffmpeg-av1-opus", "ffmpeg-hevc-aac", "ffmpeg-hevc-opus"];

/// All tags of a file, in file order.
///
/// # Errors
/// If the file cannot be read or is not whole FLV.
pub fn read(path: &Path) -> anyhow::Result<Vec<Tag>> {
    let data = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    parse(data.into()).with_context(|| format!("parsing {}", path.display()))
}

/// All tags of a file's bytes; bodies share their memory.
///
/// # Errors
/// If the bytes are not whole FLV.
pub fn parse(mut data: Bytes) -> anyhow::Result<Vec<Tag>> {
    ensure!(data.len() >= 13 && data.starts_with(b"FLV"), "no flv header");
    data.advance(13);
    let mut tags = Vec::new();
    while !data.is_empty() {
        ensure!(data.len() >= 11, "cut inside a tag header");
        let kind = match data.get_u8() & 0x1f {
            8 => Kind::Audio,
            9 => Kind::Video,
            18 => Kind::Script,
            other => anyhow::bail!("tag type {other}"),
        };
        let len = data.get_uint(3) as usize;
        let low = data.get_uint(3) as u32;
        let timestamp = u32::from(data.get_u8()) << 24 | low;
        data.advance(3);
        ensure!(data.len() >= len + 4, "cut inside a tag");
        tags.push(Tag { kind, timestamp, data: data.split_to(len) });
        data.advance(4);
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixture_is_whole_and_has_media() {
        for name in FIXTURES.into_iter().chain(ENHANCED) {
            let tags = read(&fixture(name)).unwrap();
            let count = |kind| tags.iter().filter(|tag| tag.kind == kind).count();
            assert!(
                count(Kind::Audio) > 100 && count(Kind::Video) > 100 && count(Kind::Script) > 0,
                "{name}"
            );
        }
    }

    #[test]
    fn timestamps_have_all_32_bits() {
        let tags = read(&fixture("wrap32")).unwrap();
        assert_eq!(tags[0].timestamp, 4_294_962_000);
        assert!(tags.last().unwrap().timestamp < 10_000);
    }
}
