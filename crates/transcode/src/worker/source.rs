//! The head of the pipeline: the source's coded pictures in, a parser and a decoder for its codec.
//!
//! The decoder is the first of [`decoders`](crate::decoders) that is installed.

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use streamly_media::{VideoConfig, VideoFormat};

use super::pipeline::{as_samples, element};
use super::{Fault, scale};
use crate::decoders;

/// Coded input waiting for the decoder. Beyond it reading from stdin stops, and the parent drops up to the next keyframe.
const CODED_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The elements of the head, not yet linked.
pub(super) struct Head {
    pub(super) source: gst_app::AppSrc,
    pub(super) parse: gst::Element,
    /// What comes out is for our own scaler.
    pub(super) plain: bool,
}

/// For access units as a timeline gives them, with the record that belongs to them.
pub(super) fn head(format: VideoFormat, record: &[u8]) -> Result<Head, Fault> {
    // Rebuilt: access units come with 4-byte lengths whatever the publisher's record said.
    let config = VideoConfig::parse_as(format, record).map_err(Fault::Record)?;
    let codec_data = gst::Buffer::from_slice(config.record);
    let (caps, parser) = match format {
        VideoFormat::H264 => (as_samples(coded("video/x-h264", codec_data)), "h264parse"),
        VideoFormat::Hevc => {
            let mut caps = coded("video/x-h265", codec_data);
            let changed = caps.make_mut();
            changed.set("stream-format", "hvc1");
            changed.set("alignment", "au");
            (caps, "h265parse")
        }
        VideoFormat::Av1 => {
            let mut caps = coded("video/x-av1", codec_data);
            let changed = caps.make_mut();
            changed.set("stream-format", "obu-stream");
            changed.set("alignment", "tu");
            (caps, "av1parse")
        }
    };
    let source = gst_app::AppSrc::builder()
        .caps(&caps)
        .format(gst::Format::Time)
        .is_live(false)
        .do_timestamp(false)
        .block(true)
        .max_bytes(CODED_BYTES_MAX)
        .build();
    let plain = scale::suits(format, record);
    Ok(Head { source, parse: element(parser)?, plain })
}

/// The best decoder in software.
pub(super) fn decoder(format: VideoFormat) -> Result<gst::Element, Fault> {
    let decode = decoders::installed(format).ok_or(Fault::Decoder(format))?;
    let decode = element(decode)?;
    // One thread: more of them, or 0, delay every picture by one.
    if decode.find_property("max-threads").is_some() {
        decode.set_property_from_str("max-threads", "1");
    }
    Ok(decode)
}

/// Pictures in the order of their decoding, whole, with lengths: the record in front.
fn coded(kind: &str, codec_data: gst::Buffer) -> gst::Caps {
    gst::Caps::builder(kind).field("codec_data", codec_data).build()
}

/// One temporal unit of AV1 as decoders want it: RTMP and MP4 leave its delimiter out.
pub(super) fn delimited(format: VideoFormat, data: Bytes) -> gst::Buffer {
    match format {
        VideoFormat::H264 | VideoFormat::Hevc => gst::Buffer::from_slice(data),
        VideoFormat::Av1 => {
            let mut buffer = gst::Buffer::new();
            if let Some(buffer) = buffer.get_mut() {
                buffer.append_memory(gst::Memory::from_slice(TEMPORAL_DELIMITER));
                buffer.append_memory(gst::Memory::from_slice(data));
            }
            buffer
        }
    }
}

/// An empty OBU of type 2 with its size (AV1 5.6).
const TEMPORAL_DELIMITER: [u8; 2] = [0x12, 0];
