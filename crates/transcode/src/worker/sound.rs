//! Sound for the rungs: Opus packets in, AAC frames out, on the source's clock.
//!
//! ```text
//! appsrc ! opusdec ! audioconvert ! caps ! avenc_aac ! appsink
//! ```
//! Frames are placed by the times of the packets they are made from, less what the encoder holds back: the first sample of a frame
//! sounds when the same sample of the source does. Within a stretch without holes frames follow each other exactly.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, OnceLock};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use streamly_media::opus;

use super::Fault;
use super::clock::Clock;
use super::pipeline::{caps_filter, element};
use crate::sound::{self, SoundJob};
use crate::wire::Message;

/// Packets waiting for the decoder, bytes: seconds.
const CODED_BYTES_MAX: u64 = 1024 * 1024;

/// What the encoder's first frame begins with instead of the first sample: avenc_aac looks one frame ahead.
const ENCODER_DELAY: i64 = 1024;

/// Samples in an AAC frame.
const FRAME: i64 = 1024;

/// Adds the branch; gives its way in. AAC frames go to `out`.
pub(super) fn branch(
    job: &SoundJob,
    pipeline: &gst::Pipeline,
    out: SyncSender<Message>,
    clock: Arc<OnceLock<Clock>>,
) -> Result<gst_app::AppSrc, Fault> {
    let header = opus::Header::parse_dops(&job.dops).map_err(Fault::SoundHeader)?;
    let source = gst_app::AppSrc::builder()
        .caps(&packets(&header))
        .format(gst::Format::Time)
        .is_live(false)
        .do_timestamp(false)
        .block(true)
        .max_bytes(CODED_BYTES_MAX)
        .build();
    let channels = sound::channels(header.channels);
    let raw = gst::Caps::builder("audio/x-raw")
        .field("rate", opus::RATE as i32)
        .field("channels", i32::from(channels))
        .build();
    let encode = element("avenc_aac")?;
    encode.set_property_from_str("bitrate", &sound::bitrate_bps(header.channels).to_string());
    let coded = gst::Caps::builder("audio/mpeg").field("stream-format", "raw").build();
    let sink = sink(sound::asc(header.channels), out, clock);
    let chain = [
        source.upcast_ref(),
        &element("opusdec")?,
        &element("audioconvert")?,
        &caps_filter(raw)?,
        &encode,
        &caps_filter(coded)?,
        sink.upcast_ref(),
    ];
    pipeline.add_many(chain)?;
    gst::Element::link_many(chain)?;
    Ok(source)
}

/// Without a header in front: its pre-skip would be cut off in the middle of a broadcast.
fn packets(header: &opus::Header) -> gst::Caps {
    let mut caps = gst::Caps::builder("audio/x-opus")
        .field("rate", opus::RATE as i32)
        .field("channels", i32::from(header.channels))
        .build();
    let changed = caps.make_mut();
    match &header.mapping {
        None => changed.set("channel-mapping-family", 0i32),
        Some(mapping) => {
            let places = mapping.places.iter().map(|place| i32::from(*place));
            changed.set("channel-mapping-family", 1i32);
            changed.set("stream-count", i32::from(mapping.streams));
            changed.set("coupled-count", i32::from(mapping.coupled));
            changed.set("channel-mapping", gst::Array::new(places));
        }
    }
    caps
}

fn sink(asc: [u8; 2], out: SyncSender<Message>, clock: Arc<OnceLock<Clock>>) -> gst_app::AppSink {
    let mut next = i64::MIN;
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if !is_promised(&sample, asc) {
                let fault = gst::error_msg!(gst::StreamError::Format, ["{}", Fault::SoundKind]);
                sink.post_error_message(fault);
                return Err(gst::FlowError::Error);
            }
            let Some((at, data)) = clock.get().and_then(|clock| frame(&sample, *clock)) else {
                return Ok(gst::FlowSuccess::Ok);
            };
            // Rounding never lets frames overlap, and a step back cannot be sounded.
            let dts = if at < next { next } else { at };
            next = dts + FRAME;
            out.send(Message::Sound { dts, data })
                .map(|()| gst::FlowSuccess::Ok)
                .map_err(|_| gst::FlowError::Eos)
        })
        .build();
    let sink = gst_app::AppSink::builder().sync(false).async_(false).callbacks(callbacks).build();
    sink.set_property("enable-last-sample", false);
    sink
}

/// Whether what the encoder says of its frames begins as the players were told.
fn is_promised(sample: &gst::Sample, asc: [u8; 2]) -> bool {
    let codec_data = sample.caps().and_then(|caps| caps.structure(0)?.get::<gst::Buffer>("codec_data").ok());
    let map = codec_data.as_ref().and_then(|buffer| buffer.map_readable().ok());
    map.is_some_and(|map| map.as_slice().starts_with(&asc))
}

fn frame(sample: &gst::Sample, clock: Clock) -> Option<(i64, bytes::Bytes)> {
    let buffer = sample.buffer()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let time = match segment.to_running_time_full(buffer.pts()?)? {
        gst::Signed::Positive(time) => i64::try_from(time.nseconds()).ok()?,
        gst::Signed::Negative(time) => -i64::try_from(time.nseconds()).ok()?,
    };
    let data = bytes::Bytes::copy_from_slice(buffer.map_readable().ok()?.as_slice());
    Some((clock.to_samples(time) - ENCODER_DELAY, data))
}
