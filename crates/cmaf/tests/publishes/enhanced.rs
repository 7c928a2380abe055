//! Publishes by Enhanced RTMP: HEVC, AV1 and Opus, packaged as the source rendition.

use streamly_cmaf::Mode;

use crate::{pipeline::package, probe::Probe};

/// What is known of each: codec strings, names that ffprobe has for them, whether a segment needs nothing from before it.
struct Known {
    name: &'static str,
    codecs: &'static str,
    names: (&'static str, &'static str),
    closed: bool,
}

const KNOWN: [Known; 3] = [
    Known {
        name: "ffmpeg-hevc-aac",
        codecs: "hvc1.1.6.L63.90,mp4a.40.2",
        names: ("hevc", "aac"),
        closed: true,
    },
    // Its keyframes in the middle are CRA pictures with leading pictures.
    Known {
        name: "ffmpeg-hevc-opus",
        codecs: "hvc1.1.6.L63.90,opus",
        names: ("hevc", "opus"),
        closed: false,
    },
    Known { name: "ffmpeg-av1-opus", codecs: "av01.0.01M.08,opus", names: ("av1", "opus"), closed: true },
];

/// Four seconds of 30 pictures with a keyframe each second.
const PICTURES: usize = 120;

#[test]
fn every_publish_is_whole_and_decodes_without_error() {
    for known in &KNOWN {
        let name = known.name;
        let product = package(&[name], Mode::Source);
        assert_eq!(product.inits.len(), 1, "{name}");
        let facts = &product.inits[0].facts;
        assert_eq!((facts.codecs.as_str(), facts.resolution), (known.codecs, Some((640, 360))), "{name}");
        let segments = product.segments();
        assert_eq!(segments.len(), 4, "{name}: one a second");
        assert!(segments.iter().all(|segment| segment[0].independent), "{name}");
        let probe = Probe::of(&product.file(0));
        let (video, audio) = (&probe.video, &probe.audio);
        assert_eq!((video.codec.as_str(), audio.codec.as_str()), known.names, "{name}");
        assert_eq!((video.width, video.height), (640, 360), "{name}");
        assert_eq!(
            (video.packets.len(), video.keyframes(), video.decoded),
            (PICTURES, 4, PICTURES),
            "{name}"
        );
        assert!(video.monotone() && audio.monotone(), "{name}");
        assert_eq!(probe.errors, "", "{name}");
        assert!(probe.start_offset().abs() <= 0.045, "{name}: {}", probe.start_offset());
        let seconds = audio.last_pts() - audio.first_pts();
        assert!((3.93..4.1).contains(&seconds), "{name}: {seconds} s of sound");
        assert_eq!(product.packager, Default::default(), "{name}");
    }
}

#[test]
fn opus_packets_follow_each_other_without_a_gap() {
    for name in ["ffmpeg-hevc-opus", "ffmpeg-av1-opus"] {
        let probe = Probe::packets_of(&package(&[name], Mode::Source).file(0));
        let steps = probe.audio.packets.windows(2).map(|pair| pair[1].1 - pair[0].1);
        assert!(steps.map(|step| (step - 0.02).abs()).all(|off| off < 0.000_05), "{name}");
    }
}

#[test]
fn every_segment_decodes_without_those_before_it() {
    for known in KNOWN.iter().filter(|known| known.closed) {
        let product = package(&[known.name], Mode::Source);
        for msn in 0..product.ends.len() as u64 {
            let probe = Probe::of(&product.segment_file(msn));
            assert!(probe.video.packets[0].2, "{} {msn}: a keyframe first", known.name);
            assert_eq!(probe.errors, "", "{} {msn}", known.name);
            assert_eq!(probe.video.decoded, probe.video.packets.len(), "{} {msn}", known.name);
        }
    }
}

#[test]
fn another_codec_in_a_second_session_is_spliced_behind_the_first() {
    let product = package(&["obs-resize", "ffmpeg-hevc-aac", "ffmpeg-av1-opus"], Mode::Source);
    let codecs: Vec<_> = product.inits.iter().map(|init| init.facts.codecs.as_str()).collect();
    assert_eq!(codecs, ["avc1.4D401E,mp4a.40.2", KNOWN[0].codecs, KNOWN[2].codecs]);
    assert_eq!(product.parts.iter().filter(|part| part.discontinuity).count(), 2);
    for (version, pictures) in [(0, 211), (1, PICTURES), (2, PICTURES)] {
        let probe = Probe::of(&product.file(version));
        assert_eq!((probe.video.decoded, probe.errors.as_str()), (pictures, ""), "{version}");
    }
}
