//! Names for people of the codecs that are refused.

/// The name of an Enhanced RTMP FourCC (Enhanced RTMP v2, "ExVideoTagHeader" and "ExAudioTagHeader").
pub(super) fn enhanced(fourcc: [u8; 4]) -> String {
    let name = match &fourcc {
        b"hev1" => "HEVC with parameter sets in-band (hev1)",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"vvc1" => "VVC",
        b"fLaC" => "FLAC",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b".mp3" => "MP3",
        other => {
            let printable =
                other.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' });
            return format!("FourCC {}", printable.collect::<String>());
        }
    };
    name.to_owned()
}

pub(super) fn legacy_video(codec: u8) -> String {
    match codec {
        1 => "JPEG".to_owned(),
        2 => "Sorenson H.263".to_owned(),
        3 | 6 => "Screen video".to_owned(),
        4 | 5 => "On2 VP6".to_owned(),
        8 => "H.263".to_owned(),
        9 => "MPEG-4 Part 2".to_owned(),
        12 => "HEVC without Enhanced RTMP".to_owned(),
        13 => "AV1 without Enhanced RTMP".to_owned(),
        other => format!("video codec {other}"),
    }
}

pub(super) fn legacy_audio(format: u8) -> String {
    match format {
        0 | 3 => "PCM".to_owned(),
        1 => "ADPCM".to_owned(),
        2 | 14 => "MP3".to_owned(),
        4..=6 => "Nellymoser".to_owned(),
        7 | 8 => "G.711".to_owned(),
        11 => "Speex".to_owned(),
        13 => "Opus without Enhanced RTMP".to_owned(),
        other => format!("audio format {other}"),
    }
}
