//! The GStreamer pipeline: one decoder, one chain of scalers, one encoder a rung.
//!
//! ```text
//! appsrc ! parser ! decoder ! tee ! scale 1 ! caps ! tee ┬ queue ! ENCODER ! [h264parse] ! caps ! appsink   rung 1
//!                                                              └ scale 2 ! caps ! tee ┬ queue ! ENCODER ! …       rung 2
//! ```
//! Decoding and scaling share one thread, each rung scaled from the one above; every encoder has a thread of its own. An encoder
//! that gives samples as MP4 wants them needs no parser behind it. All raw queues are leaky (`raw`): a
//! machine that cannot keep up loses pictures, never its memory and never the other rungs. A rung at a lower rate drops whole
//! pictures in front of its scaler (`videorate` would move their times off the source's), a forced keyframe excepted. The gate of a rung
//! that is shed stands in front of its queue. Captions go around all of it (`captions`). The head is `source`, a branch for sound beside it all
//! `sound`.

mod coded;
mod feed;
mod keep;

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, OnceLock};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use streamly_media::VideoFormat;

use super::Fault;
use super::boundaries::Boundaries;
use super::captions::Captions;
use super::clock::Clock;
use super::rung::Running;
use super::{raw, scale, sound, source};
use crate::encoders::{self, Device, Prepared};
use crate::ladder::Rung;
use crate::transcoder::{Order, RungStarted};
use crate::wire::Message;
use coded::sink;
pub(super) use feed::Feed;
use keep::keep_frames;

/// Names of elements that belong to an encoder begin with it: what they say on the bus is the encoder's fault.
const ENCODERS_OWN: &str = "encoder-";

/// What a probe answers for a picture that goes no further. Not `Drop`: the binding frees the picture itself, and GStreamer 1.22 then
/// frees nothing, with a CRITICAL in the log for each.
pub(super) const TAKEN_AWAY: gst::PadProbeReturn = gst::PadProbeReturn::Handled;

pub(super) struct Pipeline {
    pipeline: gst::Pipeline,
    format: VideoFormat,
    source: gst_app::AppSrc,
    sound: Option<gst_app::AppSrc>,
    boundaries: Arc<Mutex<Boundaries>>,
    clock: Arc<OnceLock<Clock>>,
    encoder: String,
    rungs: Vec<String>,
    running: Vec<Running>,
    captions: Vec<Arc<Mutex<Captions>>>,
}

impl Pipeline {
    /// Builds it, in state Null. Encoded pictures go to `out`; when `out` is full the encoders wait.
    pub(super) fn build(order: &Order, out: &SyncSender<Message>) -> Result<Self, Fault> {
        let chosen = choose(order)?;
        let opened: Vec<gst::Element> = chosen.1.iter().map(|encode| encode.element.clone()).collect();
        let built = Self::around(chosen, order, out);
        if built.is_err() {
            // Left to the end of the process, as after any fault: GStreamer complains of what is dropped while it is open.
            std::mem::forget(opened);
        }
        built
    }

    fn around(
        (encoder, prepared): (String, Vec<Prepared>),
        order: &Order,
        out: &SyncSender<Message>,
    ) -> Result<Self, Fault> {
        let pipeline = gst::Pipeline::new();
        let boundaries = Arc::new(Mutex::new(Boundaries::default()));
        let clock = Arc::new(OnceLock::new());
        let job = &order.job;
        let (mut running, mut told, mut captions) = (Vec::new(), Vec::new(), Vec::new());

        let source::Head { source, parse, plain } = source::head(job.format, &job.record)?;
        let device = prepared.first().and_then(|encode| encode.device);
        let decode = decoder(device, job.format)?;
        let mut from = element("tee")?;
        let head = [source.upcast_ref(), &parse, &decode, &from];
        pipeline.add_many(head)?;
        gst::Element::link_many(head)?;
        let sound = match &job.sound {
            Some(job) => Some(sound::branch(job, &pipeline, out.clone(), clock.clone())?),
            None => None,
        };

        for (index, (rung, encode)) in job.rungs.iter().zip(prepared).enumerate() {
            let scale = match encode.device {
                Some(device) => encoders_own(device.scaler, format_args!("{index}-scaler"))?,
                None => scaler(plain, encode.format)?,
            };
            let raw = caps_filter(raw_caps(rung, encode.format, encode.device))?;
            let tee = element("tee")?;
            pipeline.add_many([&scale, &raw, &tee])?;
            gst::Element::link_many([&from, &scale, &raw, &tee])?;
            let [kept, gated] = [(); 2].map(|()| Arc::new(Mutex::new(Boundaries::default())));
            told.extend([kept.clone(), gated.clone()]);
            keep_frames(&scale, job, rung, kept);

            let waiting = Arc::<Mutex<Captions>>::default();
            captions.push(waiting.clone());
            let sink = sink(index, out.clone(), clock.clone(), waiting);
            // What the queue complains of is that the encoder takes nothing.
            let queue = raw::queue(&format!("{ENCODERS_OWN}{index}-queue"), rung.fps)?;
            let mut runs = Running::default();
            runs.attach(&queue, &encode.element, &gated);
            runs.shed(order.shed >> index & 1 == 1);
            running.push(runs);
            let mut chain = vec![queue.clone(), encode.element];
            if encode.gives_avc {
                chain.push(caps_filter(as_samples(encode.caps))?);
            } else {
                let coded = as_samples(gst::Caps::new_empty_simple("video/x-h264"));
                chain.extend([caps_filter(encode.caps)?, element("h264parse")?, caps_filter(coded)?]);
            }
            chain.push(sink.upcast());
            pipeline.add_many(&chain)?;
            gst::Element::link_many(&chain)?;
            tee.link(&queue)?;
            from = tee;
        }
        choose_keyframes(&decode, &boundaries, &clock, told);
        let rungs = job.rungs.iter().map(|rung| rung.name.clone()).collect();
        Ok(Self {
            pipeline,
            format: job.format,
            source,
            sound,
            boundaries,
            clock,
            encoder,
            rungs,
            running,
            captions,
        })
    }

    pub(super) fn play(&self) -> Result<(), Fault> {
        let Err(error) = self.pipeline.set_state(gst::State::Playing) else { return Ok(()) };
        // Who refused has mostly said why.
        let said = self.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        match said.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Error(said)) => Err(self.fault(said)),
            _ => Err(Fault::State(error)),
        }
    }

    /// An error on the bus, in words and with who is to blame.
    pub(super) fn fault(&self, error: &gst::message::Error) -> Fault {
        let mut by_encoder = false;
        let mut object = error.src().cloned();
        let element =
            object.as_ref().map_or_else(|| "pipeline".to_owned(), |source| source.name().to_string());
        while let Some(one) = object {
            by_encoder |= one.name().starts_with(ENCODERS_OWN);
            object = one.parent();
        }
        let said = match error.debug() {
            Some(debug) => format!("{} ({debug})", error.error()),
            None => error.error().to_string(),
        };
        Fault::Bus { element, said, encoder: by_encoder.then(|| self.encoder.clone()) }
    }

    pub(super) fn running(&self) -> &[Running] {
        &self.running
    }

    pub(super) fn started(&self) -> Vec<RungStarted> {
        let encoder = &self.encoder;
        self.rungs.iter().map(|rung| RungStarted { rung: rung.clone(), encoder: encoder.clone() }).collect()
    }

    pub(super) fn bus(&self) -> Option<gst::Bus> {
        self.pipeline.bus()
    }

    /// The half that takes input, for the thread that reads it.
    pub(super) fn feed(&self) -> Feed {
        Feed {
            format: self.format,
            source: self.source.clone(),
            sound: self.sound.clone(),
            boundaries: self.boundaries.clone(),
            clock: self.clock.clone(),
            running: self.running.clone(),
            captions: self.captions.clone(),
        }
    }

    /// Frees everything; may block in a driver, so nothing may wait for it without a limit.
    pub(super) fn stop(self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// The first encoder that can be set up and opens its device, once for each rung.
fn choose(order: &Order) -> Result<(String, Vec<Prepared>), Fault> {
    let job = &order.job;
    let mut refused = Fault::NoJob;
    for (index, name) in order.encoders.iter().enumerate() {
        let mut ready: Vec<Prepared> = Vec::new();
        let failed = job.rungs.iter().enumerate().find_map(|(index, rung)| {
            let prepared = encoders::prepare(name, rung, &job.preset).and_then(|prepared| {
                prepared.element.set_property("name", format!("{ENCODERS_OWN}{index}"));
                prepared.open().map(|()| prepared)
            });
            prepared.map(|prepared| ready.push(prepared)).err()
        });
        let Some(error) = failed else {
            ready.iter().take(1).flat_map(|one| &one.notes).for_each(|note| eprintln!("{note}"));
            return Ok((name.clone(), ready));
        };
        eprintln!("{error}");
        for prepared in ready {
            // What has been opened is closed before it is dropped; whether that works changes nothing.
            let _ = prepared.element.set_state(gst::State::Null);
        }
        refused = Fault::Encoder { tried: order.encoders[..=index].to_vec(), error };
    }
    Err(refused)
}

/// Pictures whole, with lengths in front of their NAL units.
pub(super) fn as_samples(mut caps: gst::Caps) -> gst::Caps {
    let changed = caps.make_mut();
    changed.set("stream-format", "avc");
    changed.set("alignment", "au");
    caps
}

pub(super) fn raw_caps(rung: &Rung, format: &str, device: Option<Device>) -> gst::Caps {
    let mut caps = gst::Caps::builder("video/x-raw")
        .field("format", format)
        .field("width", rung.width as i32)
        .field("height", rung.height as i32)
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build();
    if let Some(device) = device {
        caps.make_mut().set_features(0, Some(gst::CapsFeatures::new([device.memory])));
    }
    caps
}

/// Our own where pictures only change in size, at a fraction of the processor time of GStreamer's.
fn scaler(plain: bool, format: &str) -> Result<gst::Element, Fault> {
    if format == "I420" && plain { Ok(scale::element()) } else { element("videoconvertscale") }
}

/// The device's where the encoder's pictures stay there: then what it complains of is that candidate's fault. Those take H.264 alone:
/// other sources are decoded in memory.
fn decoder(device: Option<Device>, format: VideoFormat) -> Result<gst::Element, Fault> {
    match device {
        Some(device) if format == VideoFormat::H264 => encoders_own(device.decoder, format_args!("decoder")),
        _ => source::decoder(format),
    }
}

/// An element for whose faults the encoder is put aside.
fn encoders_own(name: &'static str, what: std::fmt::Arguments<'_>) -> Result<gst::Element, Fault> {
    let element = element(name)?;
    element.set_property("name", format!("{ENCODERS_OWN}{what}"));
    Ok(element)
}

pub(super) fn element(name: &'static str) -> Result<gst::Element, Fault> {
    gst::ElementFactory::make(name).build().map_err(|_| Fault::Element(name))
}

pub(super) fn caps_filter(caps: gst::Caps) -> Result<gst::Element, Fault> {
    let filter = element("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}

/// Tells the rungs the time (nanoseconds) of each decoded picture that reaches a boundary, ahead of that picture.
fn choose_keyframes(
    decode: &gst::Element,
    boundaries: &Arc<Mutex<Boundaries>>,
    clock: &Arc<OnceLock<Clock>>,
    told: Vec<Arc<Mutex<Boundaries>>>,
) {
    let Some(pad) = decode.static_pad("src") else { return };
    let (boundaries, clock) = (boundaries.clone(), clock.clone());
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let pts = info.buffer().and_then(|buffer| buffer.pts()).map(raw::nanoseconds);
        if let (Some(pts), Some(clock)) = (pts, clock.get())
            && lock(&boundaries).forces(clock.to_ticks(pts))
        {
            told.iter().for_each(|keyframes| lock(keyframes).add(pts));
        }
        gst::PadProbeReturn::Ok
    });
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::{FrameRate, SourceFormat, plan};

    #[test]
    fn pictures_on_a_device_are_asked_for_in_its_memory() {
        gst::init().unwrap();
        let source = SourceFormat { width: 1280, height: 720, fps: FrameRate::DEFAULT };
        let rung = plan(source, &["360p".to_owned()], 2).remove(0);
        let device = Device { memory: "memory:VAMemory", decoder: "vah264dec", scaler: "vapostproc" };
        let there = raw_caps(&rung, "NV12", Some(device));
        let here = raw_caps(&rung, "NV12", None);
        assert!(there.features(0).unwrap().contains("memory:VAMemory"));
        assert!(!here.can_intersect(&there), "system memory does not link to it by mistake");
        let offered = "video/x-raw(memory:VAMemory), format=NV12, width=[1,4096], height=[1,4096]";
        assert!(there.can_intersect(&offered.parse::<gst::Caps>().unwrap()));
    }
}
