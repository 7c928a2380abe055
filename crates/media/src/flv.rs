//! FLV tag bodies as RTMP carries them: which codec, which packet, what composition time.
//!
//! Enhanced RTMP (bit 7 of the first video byte, sound format 9) and every codec other than H.264 and AAC are recognised
//! by name, so that a publish can be refused with its reason. Payloads are slices of the given body.

use bytes::Bytes;

/// Why a tag gives no media.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body is shorter than its header, or a field has a reserved value.
    #[error("malformed media tag")]
    Malformed,
    /// A codec this platform does not take; the value is its name for people.
    #[error("unsupported codec {0}")]
    Unsupported(String),
}

/// What a video tag holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Video {
    /// AVCDecoderConfigurationRecord.
    Config(Bytes),
    /// NAL units of one picture.
    Picture {
        /// The tag's frame type says keyframe.
        keyframe: bool,
        /// Composition time in ms, signed 24 bits: PTS = timestamp + this.
        cts_ms: i32,
        /// NAL units with the lengths the configuration tells.
        nals: Bytes,
    },
    /// End of sequence; nothing follows.
    End,
    /// A command frame (seek marks); no media.
    Command,
}

/// What an audio tag holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audio {
    /// AudioSpecificConfig.
    Config(Bytes),
    /// One raw AAC frame.
    Frame(Bytes),
}

/// Reads the body of an RTMP video message (type 9).
///
/// # Errors
/// [`Error::Malformed`] for a short body, [`Error::Unsupported`] for any codec but H.264.
pub fn video(body: &Bytes) -> Result<Video, Error> {
    let first = *body.first().ok_or(Error::Malformed)?;
    if first & 0x80 != 0 {
        let fourcc = body.get(1..5).ok_or(Error::Malformed)?;
        return Err(Error::Unsupported(enhanced(fourcc)));
    }
    match first & 0x0f {
        7 => {}
        0 => return Err(Error::Malformed),
        codec => return Err(Error::Unsupported(legacy_video(codec))),
    }
    if first >> 4 == 5 {
        return Ok(Video::Command);
    }
    let [packet, cts @ ..] =
        body.get(1..5).and_then(|header| <[u8; 4]>::try_from(header).ok()).ok_or(Error::Malformed)?;
    match packet {
        0 => Ok(Video::Config(body.slice(5..))),
        1 => {
            let [high, middle, low] = cts;
            let cts_ms = i32::from_be_bytes([high, middle, low, 0]) >> 8;
            Ok(Video::Picture { keyframe: matches!(first >> 4, 1 | 4), cts_ms, nals: body.slice(5..) })
        }
        2 => Ok(Video::End),
        _ => Err(Error::Malformed),
    }
}

/// Reads the body of an RTMP audio message (type 8).
///
/// # Errors
/// [`Error::Malformed`] for a short body, [`Error::Unsupported`] for any codec but AAC.
pub fn audio(body: &Bytes) -> Result<Audio, Error> {
    let first = *body.first().ok_or(Error::Malformed)?;
    match first >> 4 {
        10 => {}
        9 => {
            let fourcc = body.get(1..5).ok_or(Error::Malformed)?;
            return Err(Error::Unsupported(enhanced(fourcc)));
        }
        format => return Err(Error::Unsupported(legacy_audio(format))),
    }
    match body.get(1) {
        Some(0) => Ok(Audio::Config(body.slice(2..))),
        Some(1) if body.len() > 2 => Ok(Audio::Frame(body.slice(2..))),
        _ => Err(Error::Malformed),
    }
}

/// The name of an Enhanced RTMP FourCC (Enhanced RTMP v2, "ExVideoTagHeader" and "ExAudioTagHeader").
fn enhanced(fourcc: &[u8]) -> String {
    let name = match fourcc {
        b"hvc1" | b"hev1" => "HEVC",
        b"av01" => "AV1",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"vvc1" => "VVC",
        b"avc1" => "H.264 in Enhanced RTMP",
        b"Opus" => "Opus",
        b"fLaC" => "FLAC",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b".mp3" => "MP3",
        b"mp4a" => "AAC in Enhanced RTMP",
        other => {
            let printable =
                other.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' });
            return format!("FourCC {}", printable.collect::<String>());
        }
    };
    name.to_owned()
}

fn legacy_video(codec: u8) -> String {
    match codec {
        1 => "JPEG".to_owned(),
        2 => "Sorenson H.263".to_owned(),
        3 | 6 => "Screen video".to_owned(),
        4 | 5 => "On2 VP6".to_owned(),
        8 => "H.263".to_owned(),
        9 => "MPEG-4 Part 2".to_owned(),
        12 => "HEVC".to_owned(),
        13 => "AV1".to_owned(),
        other => format!("video codec {other}"),
    }
}

fn legacy_audio(format: u8) -> String {
    match format {
        0 | 3 => "PCM".to_owned(),
        1 => "ADPCM".to_owned(),
        2 | 14 => "MP3".to_owned(),
        4..=6 => "Nellymoser".to_owned(),
        7 | 8 => "G.711".to_owned(),
        11 => "Speex".to_owned(),
        13 => "Opus".to_owned(),
        other => format!("audio format {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_composition_time_keeps_its_sign() {
        let body = Bytes::from_static(&[0x27, 1, 0xff, 0xff, 0xfe, 9]);
        assert_eq!(
            video(&body),
            Ok(Video::Picture { keyframe: false, cts_ms: -2, nals: Bytes::from_static(&[9]) })
        );
    }

    #[test]
    fn headers_ends_and_commands_are_told_apart() {
        assert_eq!(
            video(&Bytes::from_static(&[0x17, 0, 0, 0, 0, 1])),
            Ok(Video::Config(Bytes::from_static(&[1])))
        );
        assert_eq!(video(&Bytes::from_static(&[0x17, 2, 0, 0, 0])), Ok(Video::End));
        assert_eq!(video(&Bytes::from_static(&[0x57, 0])), Ok(Video::Command));
        assert_eq!(
            audio(&Bytes::from_static(&[0xaf, 0, 0x11, 0x90])),
            Ok(Audio::Config(Bytes::from_static(&[0x11, 0x90])))
        );
    }

    #[test]
    fn other_codecs_are_refused_by_name() {
        let video_name = |body: &'static [u8]| video(&Bytes::from_static(body));
        let audio_name = |body: &'static [u8]| audio(&Bytes::from_static(body));
        let unsupported = |name: &str| Error::Unsupported(name.to_owned());
        assert_eq!(video_name(b"\x90hvc1"), Err(unsupported("HEVC")));
        assert_eq!(video_name(b"\x90av01"), Err(unsupported("AV1")));
        assert_eq!(video_name(b"\x90vp09"), Err(unsupported("VP9")));
        assert_eq!(video_name(b"\x90\0x\xffy"), Err(unsupported("FourCC .x.y")));
        assert_eq!(video_name(&[0x12]), Err(unsupported("Sorenson H.263")));
        assert_eq!(video_name(&[0x1c, 0, 0, 0, 0]), Err(unsupported("HEVC")));
        assert_eq!(audio_name(b"\x90Opus"), Err(unsupported("Opus")));
        assert_eq!(audio_name(&[0x2f]), Err(unsupported("MP3")));
        assert_eq!(audio_name(&[0xb2]), Err(unsupported("Speex")));
    }

    #[test]
    fn short_bodies_are_malformed() {
        for body in [&[][..], &[0x17], &[0x17, 1, 0, 0], &[0x90, b'h'], &[0x17, 9, 0, 0, 0], &[0x10, 0]] {
            assert_eq!(video(&Bytes::copy_from_slice(body)), Err(Error::Malformed), "{body:?}");
        }
        for body in [&[][..], &[0xaf], &[0xaf, 1], &[0xaf, 7, 1]] {
            assert_eq!(audio(&Bytes::copy_from_slice(body)), Err(Error::Malformed), "{body:?}");
        }
    }
}
