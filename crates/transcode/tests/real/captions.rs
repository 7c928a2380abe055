//! Captions of a source, whatever its codec and its rate, in every rung, whoever encodes it.

use std::io::Write;
use std::process::Command;

use streamly_media::VideoFormat;
use streamly_media::captions::{self, Construct};
use streamly_transcode::{Config, Transcoder};

use crate::output::{Rendition, feed, rest};
use crate::source::{Source, config, encoders};

/// User data of a picture (ATSC A/53 part 4, 6.2.3): what is in front of a pair of CEA-608, and behind it.
const BEGIN: [u8; 11] = *b"\xB5\x00\x31GA94\x03\x41\xFF\xFC";
const END: [u8; 2] = [0xFF, 0x80];

/// A pair that names its picture by the place in which it is shown.
fn pair(place: usize) -> [u8; 2] {
    [0x20 + (place / 64) as u8, 0x20 + (place % 64) as u8]
}

/// Gives each picture from that place on its pair; tells what a viewer has to get.
fn caption(source: &mut Source, from: usize) -> Vec<Construct> {
    let (format, pts) = (source.config.format, source.pts());
    for unit in &mut source.units {
        let place = pts.iter().position(|pts| *pts == unit.pts).unwrap();
        if place < from {
            continue;
        }
        let data = [&BEGIN[..], &pair(place), &END].concat();
        let nal = |head: &[u8]| [&[0, 0, 0, (head.len() + 17) as u8], head, &[4, 14], &data].concat();
        let (message, at) = match format {
            VideoFormat::H264 => (nal(&[6]), 0),
            VideoFormat::Hevc => (nal(&[0x4E, 1]), 0),
            VideoFormat::Av1 => {
                // Behind the sequence header of a key frame, whose size is one byte.
                let at = if unit.data[0] == 0x0A { 2 + usize::from(unit.data[1]) } else { 0 };
                ([&[0x2A, 16, 4][..], &data].concat(), at)
            }
        };
        unit.data = [&unit.data[..at], &message, &unit.data[at..]].concat().into();
    }
    (from..pts.len()).map(pair).map(|[one, other]| [0xFC, one, other]).collect()
}

async fn encoded(source: &Source, encoder: &str, rungs: &[&str]) -> Vec<Rendition> {
    let config = Config { roster: encoders(&[encoder]), ..config(source.job(rungs)) };
    let mut renditions = vec![Rendition::default(); config.job.rungs.len()];
    let (transcoder, input, mut events) = Transcoder::spawn(config).unwrap();
    feed(&input, &mut events, &source.units, &mut renditions).await;
    drop(input);
    rest(&mut events, &mut renditions).await;
    transcoder.close().await;
    renditions
}

fn carried(rung: &Rendition) -> Vec<Construct> {
    rung.units.iter().flat_map(|unit| captions::of(VideoFormat::H264, &unit.data)).collect()
}

/// A recorded publish of 30 pictures a second, played twice as fast.
fn twice_as_fast(name: &str) -> Source {
    let mut source = Source { fps: 60.0, ..Source::fixture(name) };
    for unit in &mut source.units {
        (unit.dts, unit.pts) = (unit.dts / 2, unit.pts / 2);
    }
    source
}

#[tokio::test]
async fn captions_survive_into_every_rung_at_half_the_rate_from_every_codec_and_by_every_encoder() {
    for encoder in ["x264enc", "openh264enc"] {
        for mut source in [
            Source::generated("852x480", 60, 2),
            twice_as_fast("obs-gop2-bframes"),
            twice_as_fast("ffmpeg-hevc-aac"),
            twice_as_fast("ffmpeg-av1-opus"),
        ] {
            let expected = caption(&mut source, 0);
            for rung in encoded(&source, encoder, &["360p", "160p"]).await {
                let name = format!("{:?} {encoder}", source.config.format);
                let pictures = rung.units.len() * 2;
                assert!(pictures.abs_diff(source.units.len()) <= 8, "{name}: half of them, {pictures}");
                let last = rung.pts().last().copied().unwrap();
                let due = source.pts().iter().filter(|pts| **pts <= last).count();
                assert_eq!(carried(&rung), expected[..due], "{name}");
                assert!(rung.units.iter().all(|unit| captions::of(VideoFormat::H264, &unit.data).len() <= 4));
                rung.probed();
            }
        }
    }
}

#[tokio::test]
async fn captions_that_begin_late_are_in_the_rungs_from_their_first_picture_on() {
    let mut source = Source::generated("852x480", 30, 2);
    let expected = caption(&mut source, 47);
    let rung = encoded(&source, "openh264enc", &["160p"]).await.remove(0);
    assert_eq!(carried(&rung), expected);
    let first = rung.units.iter().position(|unit| !captions::of(VideoFormat::H264, &unit.data).is_empty());
    assert_eq!(first, Some(47));
}

#[tokio::test]
async fn other_programs_see_the_captions_of_a_rung() {
    let mut source = Source::generated("852x480", 60, 1);
    let seen = |rung: &Rendition| {
        let mut file = tempfile::Builder::new().suffix(".h264").tempfile().unwrap();
        file.write_all(&rung.annex_b()).unwrap();
        let probed = Command::new("ffprobe")
            .args(["-v", "error", "-of", "csv=p=0", "-show_entries", "frame_side_data=side_data_type"])
            .arg(file.path())
            .output()
            .unwrap();
        String::from_utf8(probed.stdout).unwrap().matches("ATSC A53 Part 4 Closed Captions").count()
    };
    assert_eq!(seen(&encoded(&source, "openh264enc", &["160p"]).await[0]), 0);
    caption(&mut source, 0);
    assert_eq!(seen(&encoded(&source, "openh264enc", &["160p"]).await[0]), 30, "in every picture");
}
