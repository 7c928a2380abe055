//! The scaler against itself without AVX2, against the exact values, and against GStreamer's own.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video::gst_base::{BaseTransform, prelude::BaseTransformExt};
use proptest::prelude::*;
use streamly_media::VideoFormat;
use streamly_testkit::flv;

use super::*;

/// A picture without padding and what it becomes.
fn scaled(plane: &mut Plane, source: &[u8]) -> Vec<u8> {
    let (width, height) = (plane.columns.len(), plane.rows.len());
    let mut out = vec![0; width * height];
    plane.scale(source, plane.source_width, &mut out, width);
    out
}

fn without_simd(source: (usize, usize), target: (usize, usize)) -> Plane {
    Plane { simd: None, ..Plane::new(source, target) }
}

/// Bilinear with centres aligned, as the books have it.
fn exact(source: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<f64> {
    let axis = |index: usize, from: usize, to: usize| {
        let at = ((index as f64 + 0.5) * from as f64 / to as f64 - 0.5).clamp(0.0, (from - 1) as f64);
        (at as usize, (at as usize + 1).min(from - 1), at.fract())
    };
    let mut out = Vec::new();
    for row in 0..to.1 {
        let (top, bottom, down) = axis(row, from.1, to.1);
        for column in 0..to.0 {
            let (left, right, along) = axis(column, from.0, to.0);
            let in_row = |row: usize| {
                let pixel = |column: usize| f64::from(source[row * from.0 + column]);
                pixel(left) * (1.0 - along) + pixel(right) * along
            };
            out.push(in_row(top) * (1.0 - down) + in_row(bottom) * down);
        }
    }
    out
}

/// A size, what it is divided by, and noise that is often at its extremes.
fn pictures() -> impl Strategy<Value = ((usize, usize), (usize, usize), Vec<u8>)> {
    (16usize..=300, 16usize..=200, 1.0f64..=4.0, 1.0f64..=4.0, any::<u64>()).prop_map(
        |(width, height, across, down, seed)| {
            let to = ((width as f64 / across) as usize, (height as f64 / down) as usize);
            let mut state = seed | 1;
            let noise = (0..width * height).map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                match state >> 62 {
                    0 => 0,
                    1 => 255,
                    _ => (state >> 32) as u8,
                }
            });
            ((width, height), to, noise.collect())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_way_gives_the_same_and_within_two_of_the_exact_value((from, to, source) in pictures()) {
        let plain = scaled(&mut without_simd(from, to), &source);
        prop_assert!(scaled(&mut Plane::new(from, to), &source) == plain, "AVX2 equals plain code");
        for (&got, exact) in plain.iter().zip(exact(&source, from, to)) {
            prop_assert!((f64::from(got) - exact.round()).abs() <= 2.0, "{got} for {exact}");
        }
    }

    #[test]
    fn one_colour_stays_and_a_ramp_never_turns((from, to, _) in pictures(), value: u8) {
        let flat = vec![value; from.0 * from.1];
        prop_assert!(scaled(&mut Plane::new(from, to), &flat).iter().all(|&out| out == value));
        let across: Vec<u8> = (0..from.0 * from.1).map(|at| (at % from.0 * 255 / (from.0 - 1)) as u8).collect();
        let out = scaled(&mut Plane::new(from, to), &across);
        prop_assert!(out.chunks(to.0).all(|row| row.is_sorted()));
        let down: Vec<u8> = (0..from.0 * from.1).map(|at| (at / from.0 * 255 / (from.1 - 1)) as u8).collect();
        let out = scaled(&mut Plane::new(from, to), &down);
        prop_assert!(out.chunks(to.0).map(|row| row[0]).is_sorted());
    }
}

#[test]
fn the_usual_ladders_have_groups_for_every_plane() {
    for (from, to) in [
        (1280, 854),
        (1280, 852),
        (640, 427),
        (854, 640),
        (1920, 1280),
        (1280, 640),
        (1920, 640),
        (1920, 480),
    ] {
        assert!(Groups::new(&taps(from, to, COLUMN_ONE), from).is_some(), "{from} to {to}");
    }
    assert!(Groups::new(&taps(1920, 854, COLUMN_ONE), 1920).is_some_and(|groups| !groups.is_near));
    assert!(Groups::new(&taps(1280, 854, COLUMN_ONE), 1280).is_some_and(|groups| groups.is_near));
}

/// Two test pictures of the width and height through a scaler to 856x480: the raw I420 that comes out, and whether it passed through.
fn through(scaler: &gst::Element, size: (i32, i32), pattern: &str) -> (Vec<gst::Sample>, bool) {
    let make = |name: &str| gst::ElementFactory::make(name).build().unwrap();
    let filter = |caps: &str| {
        let filter = make("capsfilter");
        filter.set_property("caps", caps.parse::<gst::Caps>().unwrap());
        filter
    };
    let source = make("videotestsrc");
    source.set_property_from_str("pattern", pattern);
    source.set_property("num-buffers", 2i32);
    let (width, height) = size;
    let format = format!("format=I420,width={width},height={height},framerate=30/1,colorimetry=bt709");
    let raw = filter(&format!("video/x-raw,{format}"));
    let small = filter("video/x-raw,format=I420,width=856,height=480,pixel-aspect-ratio=1/1");
    let sink = gst_app::AppSink::builder().sync(false).build();
    let pipeline = gst::Pipeline::new();
    let all = [&source, &raw, scaler, &small, sink.upcast_ref()];
    pipeline.add_many(all).unwrap();
    gst::Element::link_many(all).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let pull = || sink.try_pull_sample(gst::ClockTime::from_seconds(20)).expect("a picture");
    let samples = vec![pull(), pull()];
    let passes = scaler.downcast_ref::<BaseTransform>().unwrap().is_passthrough();
    pipeline.set_state(gst::State::Null).unwrap();
    (samples, passes)
}

/// Patterns without noise and with few upright edges: GStreamer 1.22 aligns the outermost columns instead of the centres, a quarter of
/// a pixel off at most. The sizes have the same shape, else it adds borders.
#[test]
fn pictures_are_those_of_videoconvertscale_and_keep_times_and_colours() {
    gst::init().unwrap();
    for pattern in ["ball", "gradient", "smpte75"] {
        let theirs = gst::ElementFactory::make("videoconvertscale").build().unwrap();
        // Chroma rows of 642 bytes are padded: strides are not widths.
        let (ours, passed) = through(&element(), (1284, 720), pattern);
        let (theirs, _) = through(&theirs, (1284, 720), pattern);
        assert!(!passed);
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.caps(), theirs.caps());
            let (ours, theirs) = (ours.buffer().unwrap(), theirs.buffer().unwrap());
            assert_eq!((ours.pts(), ours.duration()), (theirs.pts(), theirs.duration()));
            let (ours, theirs) = (ours.map_readable().unwrap(), theirs.map_readable().unwrap());
            assert_eq!(ours.len(), theirs.len());
            let apart: u64 = ours.iter().zip(theirs.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            let mean = apart as f64 / ours.len() as f64;
            assert!(mean < 0.1, "{pattern}: {mean} apart in the mean");
        }
    }
}

#[test]
fn pictures_of_the_wanted_size_pass_through() {
    gst::init().unwrap();
    let (picture, passed) = through(&element(), (856, 480), "ball");
    assert!(passed);
    let (same, _) = through(&gst::ElementFactory::make("identity").build().unwrap(), (856, 480), "ball");
    for (picture, same) in picture.iter().zip(&same) {
        let (picture, same) = (picture.buffer().unwrap(), same.buffer().unwrap());
        assert!(picture.map_readable().unwrap().as_slice() == same.map_readable().unwrap().as_slice());
    }
}

#[test]
fn what_obs_sends_is_for_this_scaler() {
    let tags = flv::read(&flv::fixture("obs-default")).unwrap();
    let video = tags.iter().find(|tag| tag.kind == flv::Kind::Video).unwrap();
    let avcc = &video.data[5..];
    assert!(suits(VideoFormat::H264, avcc));
    assert!(!suits(VideoFormat::H264, &avcc[..8]), "a configuration that cannot be read is not");
}
