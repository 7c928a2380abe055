//! The child's side of a probe: ten real pictures through one encoder, then the number of bytes on stdout.
//!
//! Reaching READY proves nothing: a driver may refuse its first picture. A hang is the parent's to end.

use std::io::Write;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::Fault;
use crate::encoders;
use crate::ladder::{FrameRate, SourceFormat, plan};

/// What the parent looks for at the start of a line, followed by the number of bytes.
pub(crate) const SUCCESS: &str = "encoded-bytes ";

pub(super) fn run(name: &str) -> Result<(), Fault> {
    gst::init().map_err(Fault::Init)?;
    let source = SourceFormat { width: 1280, height: 720, fps: FrameRate::DEFAULT };
    let rung = plan(source, &["360p".to_owned()], 1).into_iter().next().ok_or(Fault::NoJob)?;
    let encode = encoders::prepare(name, &rung, encoders::PRESET_DEFAULT)?;
    encode.notes.iter().for_each(|note| eprintln!("{note}"));
    let element = |name| gst::ElementFactory::make(name).build().map_err(|_| Fault::Element(name));
    let picture = element("videotestsrc")?;
    picture.set_property("num-buffers", 10i32);
    let raw = element("capsfilter")?;
    raw.set_property(
        "caps",
        gst::Caps::builder("video/x-raw")
            .field("format", encode.format)
            .field("width", rung.width as i32)
            .field("height", rung.height as i32)
            .field("framerate", gst::Fraction::new(30, 1))
            .build(),
    );
    let profile = element("capsfilter")?;
    profile.set_property("caps", &encode.caps);
    let parse = element("h264parse")?;
    let sink = gstreamer_app::AppSink::builder().sync(false).async_(false).build();
    let pipeline = gst::Pipeline::new();
    let chain = [&picture, &raw, &encode.element, &profile, &parse, sink.upcast_ref()];
    pipeline.add_many(chain)?;
    gst::Element::link_many(chain)?;
    let bus_fault = || {
        let message = pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
        let gst::MessageView::Error(error) = message.view() else { return None };
        Some(Fault::Bus { element: name.to_owned(), said: error.error().to_string() })
    };
    if let Err(error) = pipeline.set_state(gst::State::Playing) {
        return Err(bus_fault().unwrap_or(Fault::State(error)));
    }
    let mut bytes = 0;
    // Polled, since a failed pipeline does not end the sink's stream.
    while !sink.is_eos() {
        if let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_mseconds(20)) {
            bytes += sample.buffer().map_or(0, |buffer| buffer.size());
        } else if let Some(fault) = bus_fault() {
            return Err(fault);
        }
    }
    if bytes == 0 {
        return Err(bus_fault().unwrap_or(Fault::Nothing));
    }
    writeln!(std::io::stdout(), "{SUCCESS}{bytes}").map_err(Fault::Pipe)
}
