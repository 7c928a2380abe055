//! Enhanced RTMP v2 tag headers: FourCC, packet types, ModEx, several tracks in one message (veovera.org, "ExVideoTagHeader",
//! "ExAudioTagHeader").
//!
//! Time offsets of a fraction of a millisecond (ModEx) are skipped: the timeline counts sound in samples and pictures by their
//! rate. Track 0 is taken, packets of other tracks are counted. Reading never goes past the body.

use bytes::Bytes;

use super::{Audio, Error, Tag, Video, composition_time, is_keyframe, names};
use crate::{AudioFormat, VideoFormat};

/// Packet types, the same numbers in both headers where both have them.
const SEQUENCE_START: u8 = 0;
const CODED_FRAMES: u8 = 1;
const SEQUENCE_END: u8 = 2;
/// Video alone: coded frames whose composition time is 0 and left out.
const CODED_FRAMES_X: u8 = 3;
/// Video: AMF-coded metadata such as colours. Audio: how channels lie in space, which the headers of AAC and Opus tell as well.
const DESCRIPTION: u8 = 4;
/// Video alone: an AV1 descriptor for MPEG-2 TS.
const MPEG2_TS_SEQUENCE_START: u8 = 5;
const VIDEO_MULTITRACK: u8 = 6;
const AUDIO_MULTITRACK: u8 = 5;
const MOD_EX: u8 = 7;
/// A video frame type: a command for players, without a codec.
const COMMAND: u8 = 5;
/// Kinds of several tracks: one track, many of one codec, many of several.
const ONE_TRACK: u8 = 0;
const MANY_TRACKS_MANY_CODECS: u8 = 2;

/// A body being read.
struct Reader<'a> {
    body: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let bytes = self.body.get(self.at..self.at + N).and_then(|bytes| bytes.try_into().ok());
        self.at += N;
        bytes.ok_or(Error::Malformed)
    }

    fn byte(&mut self) -> Result<u8, Error> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn rest(&self) -> Bytes {
        self.body.slice(self.at.min(self.body.len())..)
    }

    fn slice(&mut self, length: usize) -> Result<Bytes, Error> {
        let end =
            self.at.checked_add(length).filter(|end| *end <= self.body.len()).ok_or(Error::Malformed)?;
        let slice = self.body.slice(self.at..end);
        self.at = end;
        Ok(slice)
    }

    /// Skips ModEx packets; gives the type of the packet behind them.
    fn behind_mod_ex(&mut self, mut packet: u8) -> Result<u8, Error> {
        while packet == MOD_EX {
            let mut size = usize::from(self.byte()?) + 1;
            if size == 256 {
                size = usize::from(u16::from_be_bytes(self.take()?)) + 1;
            }
            self.slice(size)?;
            packet = self.byte()? & 0x0f;
        }
        Ok(packet)
    }
}

/// The packets of a message: FourCC, packet type, body.
struct Packets {
    first_track: Option<([u8; 4], Bytes)>,
    packet: u8,
    other_tracks: u64,
}

/// Reads what comes behind the packet type.
fn packets(reader: &mut Reader<'_>, packet: u8, multitrack: u8) -> Result<Packets, Error> {
    if packet != multitrack {
        let fourcc = reader.take()?;
        return Ok(Packets { first_track: Some((fourcc, reader.rest())), packet, other_tracks: 0 });
    }
    let kinds = reader.byte()?;
    let (kind, packet) = (kinds >> 4, kinds & 0x0f);
    if kind > MANY_TRACKS_MANY_CODECS || packet == multitrack || packet == MOD_EX {
        return Err(Error::Malformed);
    }
    let mut fourcc = if kind == MANY_TRACKS_MANY_CODECS { [0; 4] } else { reader.take()? };
    let mut found = Packets { first_track: None, packet, other_tracks: 0 };
    loop {
        if kind == MANY_TRACKS_MANY_CODECS {
            fourcc = reader.take()?;
        }
        let track = reader.byte()?;
        let body = if kind == ONE_TRACK {
            reader.rest()
        } else {
            let [high, middle, low] = reader.take()?;
            reader.slice(u32::from_be_bytes([0, high, middle, low]) as usize)?
        };
        if track == 0 && found.first_track.is_none() {
            found.first_track = Some((fourcc, body));
        } else {
            found.other_tracks += 1;
        }
        if kind == ONE_TRACK || reader.at >= reader.body.len() {
            return Ok(found);
        }
    }
}

pub(super) fn video(body: &Bytes) -> Result<Tag<Video>, Error> {
    let mut reader = Reader { body, at: 0 };
    let first = reader.byte()?;
    let frame_type = first >> 4 & 7;
    let packet = reader.behind_mod_ex(first & 0x0f)?;
    if packet != DESCRIPTION && frame_type == COMMAND {
        return Ok(Tag::nothing());
    }
    let Packets { first_track, packet, other_tracks } = packets(&mut reader, packet, VIDEO_MULTITRACK)?;
    let Some((fourcc, body)) = first_track else { return Ok(Tag { packet: None, other_tracks }) };
    let format = match &fourcc {
        b"avc1" => VideoFormat::H264,
        b"hvc1" => VideoFormat::Hevc,
        b"av01" => VideoFormat::Av1,
        _ => return Err(Error::Unsupported(names::enhanced(fourcc))),
    };
    let keyframe = is_keyframe(frame_type);
    let packet = match packet {
        SEQUENCE_START => Some(Video::Config { format, record: body }),
        CODED_FRAMES if format == VideoFormat::Av1 => {
            Some(Video::Picture { format, keyframe, cts_ms: 0, data: body })
        }
        CODED_FRAMES => {
            let cts = body.first_chunk::<3>().ok_or(Error::Malformed)?;
            let cts_ms = composition_time(*cts);
            Some(Video::Picture { format, keyframe, cts_ms, data: body.slice(3..) })
        }
        CODED_FRAMES_X => Some(Video::Picture { format, keyframe, cts_ms: 0, data: body }),
        SEQUENCE_END | DESCRIPTION | MPEG2_TS_SEQUENCE_START => None,
        _ => return Err(Error::Malformed),
    };
    Ok(Tag { packet, other_tracks })
}

pub(super) fn audio(body: &Bytes) -> Result<Tag<Audio>, Error> {
    let mut reader = Reader { body, at: 0 };
    let packet = reader.byte()? & 0x0f;
    let packet = reader.behind_mod_ex(packet)?;
    let Packets { first_track, packet, other_tracks } = packets(&mut reader, packet, AUDIO_MULTITRACK)?;
    let Some((fourcc, body)) = first_track else { return Ok(Tag { packet: None, other_tracks }) };
    let format = match &fourcc {
        b"mp4a" => AudioFormat::Aac,
        b"Opus" => AudioFormat::Opus,
        _ => return Err(Error::Unsupported(names::enhanced(fourcc))),
    };
    let packet = match packet {
        SEQUENCE_START => Some(Audio::Config { format, header: body }),
        CODED_FRAMES if body.is_empty() => return Err(Error::Malformed),
        CODED_FRAMES => Some(Audio::Frame { format, data: body }),
        SEQUENCE_END | DESCRIPTION => None,
        _ => return Err(Error::Malformed),
    };
    Ok(Tag { packet, other_tracks })
}
