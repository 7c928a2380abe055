//! The worker of stills: for each keyframe a pipeline of its own, `parser ! decoder ! scale ! convert ! jpegenc`, gone with its picture.
//!
//! What it cannot decode it says so of and goes on. A keyframe that makes a decoder ask for gigabytes meets the process's limit of memory,
//! and one that crashes it costs this process: the parent starts another.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use nix::sys::resource::{Resource, setrlimit};
use streamly_media::VideoFormat;

use super::Fault;
use super::pipeline::{TAKEN_AWAY, caps_filter, element, lock};
use super::session::{Input, take_stdout};
use super::source;
use crate::wire::Message;

/// Bytes of memory the process may write to, beyond what it begins with: an allocator may have reserved gigabytes then, of which it uses little.
/// A picture of 8192x4320 in 10 bits takes 106 MB, and a decoder holds a few.
const MEMORY_MAX: u64 = 1 << 30;
/// Most pixels of a picture: 8K and a little.
const PIXELS_MAX: u64 = 8192 * 4608;
/// The process gives a picture up after this, shortly before its parent gives up the process.
const LONGEST: Duration = Duration::from_secs(4);
/// How often the bus is looked at.
const LOOK_EVERY: gst::ClockTime = gst::ClockTime::from_mseconds(10);
/// Colours of JPEG files: BT.601 over the full range, as JFIF 1.02 says.
const JPEG_COLOURS: &str = "1:4:0:0";

/// How the still is to look.
#[derive(Debug, Clone, Copy)]
struct Look {
    width: u16,
    height: u16,
    quality: u8,
}

pub(super) fn run() -> Result<(), Fault> {
    let mut output = take_stdout()?;
    bound_memory();
    let mut bytes = BytesMut::new();
    Message::HELLO.encode(&mut bytes)?;
    output.write_all(&bytes).map_err(Fault::Pipe)?;
    let mut input = Input::default();
    let mut is_ready = false;
    // The end of stdin is the end of the parent.
    while let Some(message) = input.next()? {
        let Message::Shot { format, width, height, quality, record, data } = message else {
            return Err(Fault::NoJob);
        };
        if !is_ready {
            gst::init().map_err(Fault::Init)?;
            is_ready = true;
        }
        let answer = match still(format, &record, data, Look { width, height, quality }) {
            Ok(jpeg) => Message::Still(jpeg),
            Err(fault) => Message::NoStill { reason: super::in_one_line(&fault) },
        };
        bytes.clear();
        answer.encode(&mut bytes)?;
        output.write_all(&bytes).map_err(Fault::Pipe)?;
    }
    Ok(())
}

/// Linux tells how much it is now (proc(5), VmData); elsewhere there is no bound but the time.
fn bound_memory() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    let Some(most) = kib.map(|kib| kib.saturating_mul(1024).saturating_add(MEMORY_MAX)) else { return };
    // Refused only where the system has a lower limit already.
    let _ = setrlimit(Resource::RLIMIT_DATA, most, most);
}

fn still(format: VideoFormat, record: &[u8], data: bytes::Bytes, look: Look) -> Result<bytes::Bytes, Fault> {
    let source::Head { source, parse, .. } = source::head(format, record)?;
    let decode = source::decoder(format)?;
    let (scale, convert) = (element("videoscale")?, element("videoconvert")?);
    let filter = caps_filter(gst::Caps::new_any())?;
    let encode = element("jpegenc")?;
    encode.set_property("quality", i32::from(look.quality.clamp(1, 100)));
    let sink = gst_app::AppSink::builder().sync(false).async_(false).build();
    let pipeline = gst::Pipeline::new();
    let chain = [source.upcast_ref(), &parse, &decode, &scale, &convert, &filter, &encode, sink.upcast_ref()];
    pipeline.add_many(chain)?;
    gst::Element::link_many(chain)?;
    let huge = Arc::new(Mutex::new(None));
    fit(&decode, filter, look, huge.clone());
    let made = (|| {
        pipeline.set_state(gst::State::Playing)?;
        let mut buffer = source::delimited(format, data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::ZERO);
            buffer.set_dts(gst::ClockTime::ZERO);
        }
        source.push_buffer(buffer).map_err(Fault::Flow)?;
        // An error means the pipeline is on its way down, which the bus tells.
        let _ = source.end_of_stream();
        first(&pipeline, &sink)
    })();
    let _ = pipeline.set_state(gst::State::Null);
    match *lock(&huge) {
        Some((width, height)) => Err(Fault::Huge(width, height)),
        None => made,
    }
}

/// The first picture that comes out.
fn first(pipeline: &gst::Pipeline, sink: &gst_app::AppSink) -> Result<bytes::Bytes, Fault> {
    let begun = Instant::now();
    while begun.elapsed() < LONGEST {
        if let Some(sample) = sink.try_pull_sample(LOOK_EVERY) {
            let map = sample.buffer().and_then(|buffer| buffer.map_readable().ok());
            return map.map(|map| bytes::Bytes::copy_from_slice(&map)).ok_or(Fault::NoPicture);
        }
        if sink.is_eos() {
            return Err(Fault::NoPicture);
        }
        let message = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        if let Some(gst::MessageView::Error(error)) = message.as_ref().map(|message| message.view()) {
            let element = error.src().map_or_else(String::new, |source| source.name().to_string());
            return Err(Fault::Bus { element, said: error.error().to_string(), encoder: None });
        }
    }
    Err(Fault::NoPicture)
}

/// Tells the filter behind the scaler, once the picture's size is known, what it becomes: at most as large as asked for, square pixels,
/// the colours of JPEG. What is larger than any camera's goes no further than its caps: nothing is allocated for it.
fn fit(decode: &gst::Element, filter: gst::Element, look: Look, huge: Arc<Mutex<Option<(u32, u32)>>>) {
    let Some(pad) = decode.static_pad("src") else { return };
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        let Some(event) = info.event() else { return gst::PadProbeReturn::Ok };
        if let gst::EventView::Caps(caps) = event.view()
            && let Ok(video) = gst_video::VideoInfo::from_caps(caps.caps())
        {
            let (width, height) = (video.width(), video.height());
            if u64::from(width) * u64::from(height) > PIXELS_MAX {
                *lock(&huge) = Some((width, height));
                return TAKEN_AWAY;
            }
            let (width, height) = shown((width, height), (video.par().numer(), video.par().denom()), look);
            let caps = gst::Caps::builder("video/x-raw")
                .field("format", "I420")
                .field("width", width as i32)
                .field("height", height as i32)
                .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
                .field("colorimetry", JPEG_COLOURS)
                .build();
            filter.set_property("caps", caps);
        }
        gst::PadProbeReturn::Ok
    });
}

/// The size of the still: the picture's as it is shown, in square pixels, scaled down to fit. Even, for colours are stored in fours.
fn shown((width, height): (u32, u32), (wide, high): (i32, i32), look: Look) -> (u32, u32) {
    let aspect = if wide > 0 && high > 0 { f64::from(wide) / f64::from(high) } else { 1.0 };
    let (width, height) = (f64::from(width.max(1)) * aspect, f64::from(height.max(1)));
    let scale = (f64::from(look.width) / width).min(f64::from(look.height) / height).min(1.0);
    let even = |length: f64, most: u16| {
        ((length * scale / 2.0).round() * 2.0).clamp(2.0, f64::from(most.max(2))) as u32
    };
    (even(width, look.width), even(height, look.height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_still_fits_keeps_the_aspect_ratio_and_is_never_scaled_up() {
        let look = Look { width: 640, height: 360, quality: 75 };
        for (size, par, made) in [
            ((1920, 1080), (1, 1), (640, 360)),
            ((1080, 1920), (1, 1), (202, 360)),
            ((2560, 1080), (1, 1), (640, 270)),
            ((320, 240), (1, 1), (320, 240)),
            // PAL, wide: 1024x576 as it is shown.
            ((720, 576), (64, 45), (640, 360)),
            ((16_384, 2), (1, 1), (640, 2)),
            ((1920, 1080), (0, 0), (640, 360)),
        ] {
            assert_eq!(shown(size, par, look), made, "{size:?}");
        }
    }
}
