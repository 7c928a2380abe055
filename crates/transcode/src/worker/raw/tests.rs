//! A real queue with an encoder behind it that is busy.

use std::time::{Duration, Instant};

use super::*;
use gstreamer_app as gst_app;

/// What reached the encoder: times of pictures in milliseconds, and requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Got {
    Picture(u64),
    Request,
}
use Got::{Picture, Request};

struct Bench {
    pipeline: gst::Pipeline,
    queue: gst::Element,
    way_in: gst::Pad,
    /// Stands for an encoder: it holds one picture and takes the next when that is fetched.
    encoder: gst_app::AppSink,
    gate: Arc<Mutex<Gate>>,
    keyframes: Arc<Mutex<Boundaries>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Bench {
    fn new(fps: FrameRate) -> Self {
        gst::init().unwrap();
        // What GStreamer logs as critical is a mistake of ours.
        gst::glib::log_set_always_fatal(gst::glib::LogLevels::LEVEL_CRITICAL);
        let queue = queue("queue", fps).unwrap();
        let encoder = gst_app::AppSink::builder().sync(false).async_(false).max_buffers(1).build();
        let pipeline = gst::Pipeline::new();
        pipeline.add_many([&queue, encoder.upcast_ref()]).unwrap();
        queue.link(&encoder).unwrap();
        let gate = Arc::new(Mutex::new(Gate::default()));
        let keyframes = Arc::new(Mutex::new(Boundaries::default()));
        guard(&queue, &gate, &keyframes);
        let got = Arc::new(Mutex::new(Vec::new()));
        let seen = got.clone();
        let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
        encoder.static_pad("sink").unwrap().add_probe(kinds, move |_, info| {
            match &info.data {
                Some(gst::PadProbeData::Buffer(picture)) => {
                    lock(&seen).push(Picture(picture.pts().unwrap().mseconds()));
                }
                Some(gst::PadProbeData::Event(event)) if gst_video::ForceKeyUnitEvent::is(event) => {
                    lock(&seen).push(Request);
                }
                _ => {}
            }
            gst::PadProbeReturn::Ok
        });
        pipeline.set_state(gst::State::Playing).unwrap();
        let way_in = queue.static_pad("sink").unwrap();
        let caps = gst::Caps::new_empty_simple("video/x-raw");
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let begin = [
            gst::event::StreamStart::new("raw"),
            gst::event::Caps::new(&caps),
            gst::event::Segment::new(&segment),
        ];
        begin.into_iter().for_each(|event| assert!(way_in.send_event(event)));
        Self { pipeline, queue, way_in, encoder, gate, keyframes, got }
    }

    fn picture(&self, ms: u64) {
        let mut picture = gst::Buffer::with_size(16).unwrap();
        picture.get_mut().unwrap().set_pts(gst::ClockTime::from_mseconds(ms));
        self.way_in.chain(picture).unwrap();
    }

    fn boundary(&self, ms: u64) {
        lock(&self.keyframes).add(nanoseconds(gst::ClockTime::from_mseconds(ms)));
        self.picture(ms);
    }

    /// Two pictures, after which the encoder is busy with one and nothing waits for it.
    fn keep_busy(&self) {
        self.picture(0);
        self.picture(33);
        let begun = Instant::now();
        while self.queue.property::<u32>("current-level-buffers") > 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "the queue's thread does not run");
            std::thread::yield_now();
        }
    }

    /// All that comes until nothing is left.
    fn rest(self) -> Vec<Got> {
        assert!(self.way_in.send_event(gst::event::Eos::new()));
        while self.encoder.pull_sample().is_ok() {}
        self.pipeline.set_state(gst::State::Null).unwrap();
        lock(&self.got).clone()
    }
}

const THIRTY: FrameRate = FrameRate::DEFAULT;

#[test]
fn the_first_picture_behind_a_pause_is_not_lost_though_the_encoder_is_busy() {
    let bench = Bench::new(THIRTY);
    bench.keep_busy();
    bench.boundary(4000);
    bench.picture(4033);
    bench.picture(4066);
    assert_eq!(bench.rest(), [Picture(0), Picture(33), Request, Picture(4000), Picture(4033), Picture(4066)]);
}

#[test]
fn a_rung_that_comes_back_begins_at_the_boundary_though_the_encoder_is_busy() {
    let bench = Bench::new(THIRTY);
    bench.keep_busy();
    lock(&bench.gate).shed(true);
    bench.picture(1000);
    bench.boundary(2000);
    lock(&bench.gate).shed(false);
    bench.picture(3000);
    bench.boundary(4000);
    bench.picture(4033);
    assert_eq!(bench.rest(), [Picture(0), Picture(33), Request, Picture(4000), Picture(4033)]);
}

#[test]
fn a_request_outlives_the_picture_it_was_for() {
    let bench = Bench::new(FrameRate { num: 1, den: 1 });
    bench.keep_busy();
    bench.boundary(1000);
    for ms in [2000, 3000, 4000] {
        bench.picture(ms);
    }
    let rest = [Picture(2000), Picture(3000), Picture(4000)];
    assert_eq!(bench.rest(), [&[Picture(0), Picture(33), Request][..], &rest].concat(), "three at most wait");
}

#[test]
fn an_encoder_that_has_seen_nothing_is_not_asked_for_its_first_keyframe() {
    let bench = Bench::new(THIRTY);
    lock(&bench.gate).shed(true);
    bench.boundary(0);
    lock(&bench.gate).shed(false);
    bench.boundary(1000);
    bench.boundary(2000);
    assert_eq!(bench.rest(), [Picture(1000), Request, Picture(2000)]);
}
