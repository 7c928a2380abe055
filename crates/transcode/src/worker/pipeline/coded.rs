//! The end of a rung: coded pictures with their times and the source's captions, on their way to the parent.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, OnceLock};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::super::captions::Captions;
use super::super::clock::Clock;
use super::super::nal;
use super::lock;
use crate::wire::Message;

/// The end of a rung: times back to the broadcast's clock, the codec configuration ahead of the first picture it is for.
pub(super) fn sink(
    rung: usize,
    out: SyncSender<Message>,
    clock: Arc<OnceLock<Clock>>,
    captions: Arc<Mutex<Captions>>,
) -> gst_app::AppSink {
    // RUNGS_MAX is far below 256; the parent checks it.
    let rung = rung as u8;
    let mut avcc = bytes::Bytes::new();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(changed) = changed_config(&sample, &avcc) {
                avcc = changed.clone();
                out.send(Message::Config { rung, avcc: changed }).map_err(|_| gst::FlowError::Eos)?;
            }
            let Some(message) = clock.get().and_then(|clock| coded(&sample, rung, *clock, &captions)) else {
                eprintln!("an encoder gave a picture without a time; left out");
                return Ok(gst::FlowSuccess::Ok);
            };
            out.send(message).map(|()| gst::FlowSuccess::Ok).map_err(|_| gst::FlowError::Eos)
        })
        .build();
    // async=false: an asynchronous sink would hold the whole pipeline in preroll until each rung has a picture.
    let sink = gst_app::AppSink::builder().sync(false).async_(false).callbacks(callbacks).build();
    sink.set_property("enable-last-sample", false);
    sink
}

fn changed_config(sample: &gst::Sample, known: &[u8]) -> Option<bytes::Bytes> {
    let codec_data = sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    let map = codec_data.map_readable().ok()?;
    (map.as_slice() != known).then(|| bytes::Bytes::copy_from_slice(map.as_slice()))
}

/// Times go through the segment: x264enc shifts its times by 1000 hours and says so there.
fn coded(sample: &gst::Sample, rung: u8, clock: Clock, captions: &Mutex<Captions>) -> Option<Message> {
    let buffer = sample.buffer()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let running = |time: Option<gst::ClockTime>| match segment.to_running_time_full(time?)? {
        gst::Signed::Positive(time) => Some(time.nseconds() as i64),
        gst::Signed::Negative(time) => Some(-(time.nseconds() as i64)),
    };
    let pts = clock.to_ticks(running(buffer.pts())?);
    let dts = running(buffer.dts()).map_or(pts, |dts| clock.to_ticks(dts).min(pts));
    let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    let captions = lock(captions).take(pts);
    let data = nal::cleaned(buffer.map_readable().ok()?.as_slice(), &captions);
    Some(Message::AccessUnit { rung, dts, pts, keyframe, data })
}
