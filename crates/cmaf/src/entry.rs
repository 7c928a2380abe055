//! Sample entries: how a track's codec is named and set up inside `stsd`.
//!
//! `avc1` and `hvc1` (ISO/IEC 14496-15), `av01` (AV1 in ISO base media, 2.2), `mp4a` (ISO/IEC 14496-14), `Opus` (Opus in ISO base
//! media, 4.3). Opus' pre-skip is told, and no edit list takes it off: the times of its packets are those of what is decoded.

use bytes::{BufMut, BytesMut};
use streamly_media::{AudioConfig, AudioFormat, VideoConfig, VideoFormat};

use crate::{
    boxes::{boxed, full},
    init::{AUDIO_TRACK, numbers},
};

/// The entry of a video track.
pub(crate) fn video(out: &mut BytesMut, video: &VideoConfig) {
    let (entry, record) = match video.format {
        VideoFormat::H264 => (b"avc1", b"avcC"),
        VideoFormat::Hevc => (b"hvc1", b"hvcC"),
        VideoFormat::Av1 => (b"av01", b"av1C"),
    };
    boxed(out, entry, |out| {
        out.put_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        numbers(out, &[0, 0, 0, 0]);
        out.put_u16(video.width as u16);
        out.put_u16(video.height as u16);
        numbers(out, &[0x0048_0000, 0x0048_0000, 0]);
        out.put_u16(1);
        out.put_bytes(0, 32);
        out.put_slice(&[0, 24, 0xff, 0xff]);
        boxed(out, record, |out| out.put_slice(&video.record));
    });
}

/// The entry of an audio track.
pub(crate) fn audio(out: &mut BytesMut, audio: &AudioConfig) {
    match audio.format {
        AudioFormat::Aac => sound(out, b"mp4a", audio, |out| {
            full(out, b"esds", 0, 0, |out| elementary_stream(out, &audio.header));
        }),
        AudioFormat::Opus => sound(out, b"Opus", audio, |out| {
            boxed(out, b"dOps", |out| out.put_slice(&audio.header));
        }),
    }
}

fn sound(out: &mut BytesMut, entry: &[u8; 4], audio: &AudioConfig, setup: impl FnOnce(&mut BytesMut)) {
    boxed(out, entry, |out| {
        out.put_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        numbers(out, &[0, 0]);
        out.put_slice(&[0, audio.channels, 0, 16, 0, 0, 0, 0]);
        // 16.16 fixed point; a rate that does not fit is left to the AudioSpecificConfig.
        out.put_u32(u16::try_from(audio.sample_rate).map_or(0, |rate| u32::from(rate) << 16));
        setup(out);
    });
}

/// ISO/IEC 14496-1, 7.2.6.5: ES descriptor > decoder config (AAC, audio stream) > decoder specific info; SL config.
fn elementary_stream(out: &mut BytesMut, asc: &[u8]) {
    descriptor(out, 3, |out| {
        out.put_slice(&[0, AUDIO_TRACK as u8, 0]);
        descriptor(out, 4, |out| {
            out.put_slice(&[0x40, 0x15, 0, 0, 0]);
            numbers(out, &[0, 0]);
            descriptor(out, 5, |out| out.put_slice(asc));
        });
        descriptor(out, 6, |out| out.put_u8(2));
    });
}

/// A descriptor whose length is written in four bytes of seven bits.
fn descriptor(out: &mut BytesMut, tag: u8, content: impl FnOnce(&mut BytesMut)) {
    out.put_u8(tag);
    let at = out.len();
    out.put_u32(0);
    content(out);
    let length = out.len() - at - 4;
    let bytes = [21, 14, 7, 0].map(|shift| (length >> shift) as u8 & 0x7f);
    out[at..at + 4].copy_from_slice(&[bytes[0] | 0x80, bytes[1] | 0x80, bytes[2] | 0x80, bytes[3]]);
}
