//! A rung's raw pictures on their way to its encoder: the gate, the queue, and the requests for keyframes beside it.
//!
//! The queue leaks: a machine that cannot keep up loses pictures, the oldest first. It is bounded by count and bytes, not by time: a queue
//! of GStreamer takes the distance between the last picture that left it and the newest one for its fill, so after a pause, of the
//! publisher or of a rung that was shed, one picture would fill it and the next would push it out. A request for a keyframe is no event
//! in front of the queue, where it would leak as well: it is known by its picture's time, kept here, and made an event behind the queue, in
//! front of the first picture that it is for.

use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::Fault;
use super::boundaries::Boundaries;
use super::gate::Gate;
use super::pipeline::{TAKEN_AWAY, element, lock};
use crate::ladder::FrameRate;

/// Raw pictures waiting in one queue, seconds at the rung's rate: longer than any hiccup, shorter than the parent's patience.
const SECONDS_MAX: f64 = 3.0;

/// The same as memory: three seconds of 1080p would be 280 MB.
const BYTES_MAX: u32 = 128 * 1024 * 1024;

/// The queue in front of an encoder that is to get pictures at this rate.
pub(super) fn queue(name: &str, fps: FrameRate) -> Result<gst::Element, Fault> {
    let queue = element("queue")?;
    queue.set_property("name", name);
    queue.set_property("max-size-buffers", (fps.as_f64() * SECONDS_MAX).ceil().max(1.0) as u32);
    queue.set_property("max-size-bytes", BYTES_MAX);
    queue.set_property("max-size-time", 0u64);
    queue.set_property_from_str("leaky", "downstream");
    queue.connect("overrun", false, |_| {
        eprintln!("pictures dropped: the machine does not keep up with the ladder");
        None
    });
    Ok(queue)
}

/// Puts the gate in front of the queue, and behind it the requests for what it let pass of `keyframes` (nanoseconds).
pub(super) fn guard(queue: &gst::Element, gate: &Arc<Mutex<Gate>>, keyframes: &Arc<Mutex<Boundaries>>) {
    let (Some(sink), Some(src)) = (queue.static_pad("sink"), queue.static_pad("src")) else { return };
    let due = Arc::new(Mutex::new(Boundaries::default()));
    let (gate, keyframes, asked) = (gate.clone(), keyframes.clone(), due.clone());
    sink.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let pts = info.buffer().and_then(|picture| picture.pts()).map(nanoseconds);
        // Asked for every picture, also while the rung is shed.
        let keyframe = pts.filter(|pts| lock(&keyframes).forces(*pts));
        if !lock(&gate).lets(keyframe.is_some()) {
            return TAKEN_AWAY;
        }
        if let Some(pts) = keyframe {
            lock(&asked).add(pts);
        }
        gst::PadProbeReturn::Ok
    });
    src.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let pts = info.buffer().and_then(|picture| picture.pts());
        // Asked for every picture: an encoder's first one is never forced.
        if let Some(pts) = pts.filter(|pts| lock(&due).forces(nanoseconds(*pts))) {
            pad.push_event(request(pts));
        }
        gst::PadProbeReturn::Ok
    });
}

/// The request that the picture with this time be a keyframe.
fn request(pts: gst::ClockTime) -> gst::Event {
    gst_video::DownstreamForceKeyUnitEvent::builder()
        .timestamp(pts)
        .stream_time(pts)
        .running_time(pts)
        .all_headers(false)
        .build()
}

/// The worker's clock refuses times beyond 500 years.
pub(super) fn nanoseconds(pts: gst::ClockTime) -> i64 {
    i64::try_from(pts.nseconds()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
