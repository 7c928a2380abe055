//! Recorded publishes of real clients, packaged and read back with ffprobe and ffmpeg.
//!
//! Needs `ffprobe` and `ffmpeg` on the path.

mod enhanced;
mod pipeline;
mod probe;

use pipeline::{Product, package};
use probe::Probe;
use streamly_cmaf::Mode;

/// What is known of each publish: pictures, keyframes, audio frames, size, video codec string.
struct Known {
    name: &'static str,
    pictures: usize,
    keyframes: usize,
    sounds: usize,
    size: (u32, u32),
    codec: &'static str,
}

const KNOWN: [Known; 7] = [
    Known {
        name: "obs-default",
        pictures: 385,
        keyframes: 2,
        sounds: 599,
        size: (640, 360),
        codec: "avc1.64001E",
    },
    Known {
        name: "obs-gop2-bframes",
        pictures: 386,
        keyframes: 7,
        sounds: 600,
        size: (640, 360),
        codec: "avc1.64001E",
    },
    Known {
        name: "obs-resize",
        pictures: 211,
        keyframes: 4,
        sounds: 327,
        size: (640, 360),
        codec: "avc1.4D401E",
    },
    Known {
        name: "obs-resize-2",
        pictures: 231,
        keyframes: 4,
        sounds: 358,
        size: (852, 480),
        codec: "avc1.4D401F",
    },
    Known {
        name: "ffmpeg-bframes",
        pictures: 360,
        keyframes: 6,
        sounds: 564,
        size: (640, 360),
        codec: "avc1.64001E",
    },
    Known {
        name: "gst-rtmp2sink",
        pictures: 360,
        keyframes: 6,
        sounds: 566,
        size: (640, 360),
        codec: "avc1.64001E",
    },
    Known {
        name: "wrap32",
        pictures: 386,
        keyframes: 7,
        sounds: 600,
        size: (640, 360),
        codec: "avc1.64001E",
    },
];

#[test]
fn every_publish_is_whole_and_decodes_without_error() {
    for known in &KNOWN {
        let name = known.name;
        let product = package(&[name], Mode::Source);
        assert_eq!(product.inits.len(), 1, "{name}");
        let facts = &product.inits[0].facts;
        assert_eq!(facts.codecs, format!("{},mp4a.40.2", known.codec), "{name}");
        assert_eq!(facts.resolution, Some(known.size), "{name}");
        let probe = Probe::of(&product.file(0));
        let (video, audio) = (&probe.video, &probe.audio);
        assert_eq!((video.codec.as_str(), audio.codec.as_str()), ("h264", "aac"), "{name}");
        assert_eq!((video.width, video.height), known.size, "{name}");
        assert_eq!((video.packets.len(), video.keyframes()), (known.pictures, known.keyframes), "{name}");
        assert_eq!(video.decoded, known.pictures, "{name}: every picture is decoded");
        // Audio from before the first picture is left out: at most the time of its composition offset.
        assert!(
            (known.sounds - 8..=known.sounds).contains(&audio.packets.len()),
            "{name}: {} audio frames",
            audio.packets.len()
        );
        assert!(video.monotone() && audio.monotone(), "{name}");
        assert!(audio.gapless(), "{name}: audio has gaps");
        assert!(probe.start_offset().abs() <= 0.045, "{name}: tracks begin {} s apart", probe.start_offset());
        assert_eq!(probe.errors, "", "{name}");
        let counters = product.timeline;
        assert_eq!(
            (counters.malformed, counters.discontinuities, counters.repaired_dts),
            (0, 0, 0),
            "{name}"
        );
        assert_eq!(product.packager, Default::default(), "{name}");
    }
}

#[test]
fn sound_and_picture_keep_the_distance_the_publisher_gave_them() {
    for known in &KNOWN {
        if known.name == "wrap32" {
            continue; // ffprobe does not unwrap the original
        }
        let product = package(&[known.name], Mode::Source);
        let packaged = Probe::of(&product.file(0));
        let original = Probe::of(&streamly_testkit::fixture(known.name));
        let of = |probe: &Probe| probe.video.last_pts() - probe.audio.last_pts();
        let moved = of(&packaged) - of(&original);
        assert!(moved.abs() <= 0.045, "{}: moved by {moved} s", known.name);
    }
}

#[test]
fn segments_begin_at_keyframes_and_parts_keep_their_target() {
    for known in &KNOWN {
        let name = known.name;
        let product = package(&[name], Mode::Source);
        let segments = product.segments();
        let expected = if name == "obs-default" { 2 } else { known.keyframes };
        assert_eq!(segments.len(), expected, "{name}");
        let target = product.part_target.playlist();
        for (number, segment) in segments.iter().enumerate() {
            assert!(segment[0].independent && segment[0].starts_segment, "{name}: segment {number}");
            for (index, part) in segment.iter().enumerate() {
                assert_eq!((part.msn, part.part), (number as u64, index as u32), "{name}");
                assert!(!part.gap && !part.discontinuity && part.duration() <= target, "{name}: {part:?}");
                let last = index + 1 == segment.len();
                assert!(
                    last || part.duration() >= target.mul_f64(0.85),
                    "{name}: part {number}.{index} lasts {:?}",
                    part.duration()
                );
            }
        }
        let total: u64 = segments.iter().flatten().map(|part| part.ticks).sum();
        assert_eq!(product.ends.iter().sum::<u64>(), total, "{name}");
        let seconds = total as f64 / 90_000.0;
        assert!((seconds - known.pictures as f64 / 30.0).abs() < 0.05, "{name}: {seconds} s");
    }
}

#[test]
fn every_segment_decodes_without_those_before_it() {
    for name in ["obs-gop2-bframes", "ffmpeg-bframes", "gst-rtmp2sink"] {
        let product = package(&[name], Mode::Source);
        let mut pictures = 0;
        for msn in 0..product.ends.len() as u64 {
            let probe = Probe::of(&product.segment_file(msn));
            assert!(probe.video.packets[0].2, "{name} {msn}: a keyframe first");
            assert_eq!(probe.errors, "", "{name} {msn}");
            assert_eq!(probe.video.decoded, probe.video.packets.len(), "{name} {msn}");
            pictures += probe.video.decoded;
        }
        let known = KNOWN.iter().find(|known| known.name == name).expect("known");
        assert_eq!(pictures, known.pictures, "{name}");
    }
}

#[test]
fn a_wrap_of_the_clock_leaves_no_trace() {
    let plain = package(&["obs-gop2-bframes"], Mode::Source);
    let wrapped = package(&["wrap32"], Mode::Source);
    assert_eq!(plain.inits, wrapped.inits);
    assert_eq!(plain.parts, wrapped.parts);
}

#[test]
fn a_second_publish_with_another_size_is_spliced_behind_the_first() {
    let product = package(&["obs-resize", "obs-resize-2"], Mode::Source);
    let sizes: Vec<_> = product.inits.iter().map(|init| (init.version, init.facts.resolution)).collect();
    assert_eq!(sizes, [(0, Some((640, 360))), (1, Some((852, 480)))]);
    let breaks: Vec<_> = product.parts.iter().filter(|part| part.discontinuity).collect();
    assert_eq!(breaks.len(), 1);
    let first = breaks[0];
    assert!(first.starts_segment && first.independent && first.init == 1 && first.msn == 4);
    assert!(product.segments().iter().enumerate().all(|(number, segment)| segment[0].msn == number as u64));
    let (before, after) = (Probe::of(&product.file(0)), Probe::of(&product.file(1)));
    assert_eq!((before.video.decoded, after.video.decoded), (211, 231));
    assert_eq!((before.errors.as_str(), after.errors.as_str()), ("", ""));
    for (before, after, length) in
        [(&before.video, &after.video, 0.034), (&before.audio, &after.audio, 0.022)]
    {
        let gap = after.first_pts() - before.last_pts();
        assert!(gap >= length - 0.002 && gap < 0.15, "next begins {gap} s after the last");
    }
    // Sound begins before the decode time of the first picture, with silence (ADR 0020): a frame, and what B-frames put in between.
    assert!((-0.045..=0.11).contains(&after.start_offset()), "{}", after.start_offset());
}

#[test]
fn a_reconnect_with_the_same_headers_needs_no_new_init() {
    let product = package(&["obs-resize", "obs-resize"], Mode::Source);
    assert_eq!(product.inits.len(), 1);
    assert_eq!(product.parts.iter().filter(|part| part.discontinuity).count(), 1);
    let probe = Probe::of(&product.file(0));
    assert_eq!((probe.video.decoded, probe.errors.as_str()), (422, ""));
    assert!(probe.video.monotone() && probe.audio.monotone());
}

/// A rung whose pictures come 20 pictures late: every part has the number, length and sound of the source's.
#[test]
fn a_late_rung_has_the_parts_of_the_source() {
    for known in &KNOWN {
        let source = package(&[known.name], Mode::Source);
        let rung = package(&[known.name], Mode::Rung);
        let shape = |product: &Product| {
            let parts = product.parts.iter();
            parts
                .map(|part| (part.msn, part.part, part.ticks, part.starts_segment, part.gap))
                .collect::<Vec<_>>()
        };
        let (mut of_source, mut of_rung) = (shape(&source), shape(&rung));
        // The last part ends with the last picture, whose order differs.
        of_source.pop();
        of_rung.pop();
        assert_eq!(of_source, of_rung, "{}", known.name);
        let starts = |product: &Product| {
            product
                .parts
                .iter()
                .filter(|part| part.starts_segment)
                .map(|part| part.first_pts)
                .collect::<Vec<_>>()
        };
        assert_eq!(starts(&source), starts(&rung), "{}", known.name);
        assert_eq!(source.sounds_per_part(), rung.sounds_per_part(), "{}", known.name);
        assert_eq!(rung.packager, Default::default(), "{}", known.name);
        assert!(rung.segments().iter().all(|segment| segment[0].independent), "{}", known.name);
        let probe = Probe::packets_of(&rung.file(0));
        assert_eq!(probe.video.packets.len(), known.pictures, "{}", known.name);
        assert!(probe.video.monotone() && probe.start_offset().abs() <= 0.045, "{}", known.name);
    }
}
