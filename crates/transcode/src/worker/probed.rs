//! The child's side of a probe: ten real pictures through one encoder, then the number of bytes on stdout.
//!
//! Reaching READY proves nothing: a driver may refuse its first picture. A hang is the parent's to end. What is open is left to the end
//! of the process, which is near, not dropped while it runs: a broken element may never stop.

use std::io::Write;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::Fault;
use super::pipeline::raw_caps;
use crate::encoders;
use crate::ladder::{FrameRate, SourceFormat, plan};

/// What the parent looks for at the start of a line, followed by the number of bytes.
pub(crate) const SUCCESS: &str = "encoded-bytes ";

pub(super) fn run(name: &str) -> Result<(), Fault> {
    gst::init().map_err(Fault::Init)?;
    let source = SourceFormat { width: 1280, height: 720, fps: FrameRate::DEFAULT };
    let rung = plan(source, &["360p".to_owned()], 1).into_iter().next().ok_or(Fault::NoJob)?;
    let prepare = |name: &str| {
        encoders::prepare(name, &rung, encoders::PRESET_DEFAULT)
            .and_then(|prepared| prepared.open().map(|()| prepared))
            .inspect(|prepared| std::mem::forget(prepared.element.clone()))
            .map_err(|error| Fault::Encoder { tried: vec![name.to_owned()], error })
    };
    let encode = prepare(name)?;
    encode.notes.iter().for_each(|note| eprintln!("{note}"));
    let element = |name| gst::ElementFactory::make(name).build().map_err(|_| Fault::Element(name));
    let filter = |caps: gst::Caps| {
        let filter = element("capsfilter")?;
        filter.set_property("caps", caps);
        Ok::<_, Fault>(filter)
    };
    let picture = element("videotestsrc")?;
    picture.set_property("num-buffers", 10i32);
    let mut raw = raw_caps(&rung, encode.format, None);
    raw.make_mut().set("framerate", gst::Fraction::new(30, 1));
    let sink = gstreamer_app::AppSink::builder().sync(false).async_(false).build();
    let pipeline = gst::Pipeline::new();
    std::mem::forget(pipeline.clone());
    let mut chain = vec![picture, filter(raw)?];
    if let Some(device) = encode.device {
        // The whole way: what the plain encoder makes is decoded, scaled and encoded without leaving the device.
        let plain = prepare(encoders::element_of(name))?;
        chain.extend([plain.element, filter(plain.caps)?, element("h264parse")?]);
        chain.extend([element(device.decoder)?, element(device.scaler)?]);
        chain.push(filter(raw_caps(&rung, encode.format, Some(device)))?);
    }
    chain.extend([encode.element, filter(encode.caps)?, element("h264parse")?, sink.clone().upcast()]);
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    let bus_fault = || {
        let message = pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
        let gst::MessageView::Error(error) = message.view() else { return None };
        let said = match error.debug() {
            Some(debug) => format!("{} ({debug})", error.error()),
            None => error.error().to_string(),
        };
        Some(Fault::Bus { element: name.to_owned(), said, encoder: None })
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
