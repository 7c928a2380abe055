//! Stills of real keyframes: what they show, and what becomes of pictures that nothing can be made of.

use std::time::Duration;

use bytes::Bytes;
use image::RgbImage;
use streamly_transcode::WorkerCommand;
use streamly_transcode::stills::{Look, Missed, Shot, Stills};

use crate::source::{Source, worker};

const LOOK: Look = Look { width: 640, height: 360, quality: 80 };

fn shot(source: &Source) -> Shot {
    let keyframe = source.units.iter().find(|unit| unit.keyframe).unwrap();
    Shot { format: source.config.format, record: source.config.record.clone(), data: keyframe.data.clone() }
}

fn read(jpeg: &Bytes) -> RgbImage {
    assert!(jpeg.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");
    image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).unwrap().to_rgb8()
}

/// The matrix of HD, and said so: ffmpeg's own choice is that of SD, unsaid, which every player would take for the other one.
const TOLD_COLOURS: [&str; 12] = [
    "-pix_fmt",
    "yuv420p",
    "-vf",
    "scale=out_color_matrix=bt709",
    "-colorspace",
    "bt709",
    "-color_primaries",
    "bt709",
    "-color_trc",
    "bt709",
    "-color_range",
    "tv",
];

/// ffmpeg's decoding of the same keyframe, scaled to that size: what the still has to look like.
fn expected(source: &Source, width: u32, height: u32) -> RgbImage {
    let size = format!("testsrc2=size={}x{}:rate=30", source.config.width, source.config.height);
    let scale = format!("scale={width}:{height}");
    let output = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &size, "-vf", &scale, "-frames:v", "1"])
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .unwrap();
    RgbImage::from_raw(width, height, output.stdout).expect("a whole picture")
}

/// Mean difference of a channel, 0 to 255.
fn difference(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.as_raw().len() as f64
}

#[tokio::test]
async fn a_still_shows_the_keyframe_in_its_colours_whatever_its_shape() {
    let mut stills = Stills::new(worker(), LOOK);
    for (size, made) in [("1280x720", (640, 360)), ("720x1280", (202, 360)), ("320x180", (320, 180))] {
        let source = Source::encoded(size, 30, 1, &TOLD_COLOURS);
        let picture = read(&stills.take(&shot(&source)).await.unwrap());
        assert_eq!(picture.dimensions(), made, "{size}");
        let apart = difference(&picture, &expected(&source, made.0, made.1));
        println!("{size}: {apart:.2} apart");
        assert!(apart < 8.0, "{size} is {apart:.1} apart");
    }
    stills.rest().await;
}

#[tokio::test]
async fn every_codec_that_is_decoded_gives_a_still() {
    let mut stills = Stills::new(worker(), LOOK);
    for name in ["ffmpeg-hevc-aac", "ffmpeg-av1-opus", "obs-gop2-bframes"] {
        let source = Source::fixture(name);
        let picture = read(&stills.take(&shot(&source)).await.unwrap());
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let aspect = f64::from(source.config.width) / f64::from(source.config.height);
        assert!((width / height - aspect).abs() < 0.05, "{name}: {width}x{height}");
        let levels: std::collections::HashSet<u8> = picture.as_raw().iter().copied().collect();
        assert!(levels.len() > 30, "{name}: something is to be seen");
    }
}

#[tokio::test]
async fn what_is_no_picture_costs_its_own_still_and_nothing_else() {
    let source = Source::generated("640x360", 30, 1);
    let mut stills = Stills::new(worker(), LOOK);
    stills.take(&shot(&source)).await.unwrap();
    let pid = stills.pid();
    let noise = Shot { data: Bytes::from(vec![0x55; 5_000]), ..shot(&source) };
    let empty = Shot { data: Bytes::new(), ..shot(&source) };
    let recordless = Shot { record: Bytes::from_static(b"no record"), ..shot(&source) };
    for bad in [noise, empty, recordless] {
        let missed = stills.take(&bad).await.unwrap_err();
        assert!(matches!(missed, Missed::Refused(_)), "{missed:?}");
    }
    read(&stills.take(&shot(&source)).await.unwrap());
    assert_eq!(stills.pid(), pid, "the same worker all the while");
}

/// Writes bits, the first one highest.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u32, count: u32) -> &mut Self {
        self.0.extend((0..count).rev().map(|at| value >> at & 1 == 1));
        self
    }
    /// Unsigned Exp-Golomb (H.264 9.1).
    fn golomb(&mut self, value: u32) -> &mut Self {
        let length = 32 - (value + 1).leading_zeros();
        self.put(0, length - 1).put(value + 1, length)
    }
    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << (7 - at))
        };
        self.0.chunks(8).map(byte).collect()
    }
}

/// An SPS (H.264 7.3.2.1.1) of the High profile, level 6.2, for pictures of so many macroblocks.
fn sps(wide: u32, high: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x67, 8).put(100, 8).put(0, 8).put(62, 8);
    // id, 4:2:0, 8 bits twice, no transform bypass, no scaling lists.
    bits.golomb(0).golomb(1).golomb(0).golomb(0).put(0, 2);
    // frame numbers, order of pictures by type 2, one reference, no gaps.
    bits.golomb(0).golomb(2).golomb(1).put(0, 1);
    bits.golomb(wide - 1).golomb(high - 1);
    // frames only, direct inference, no cropping, no VUI, stop bit.
    bits.put(1, 1).put(1, 1).put(0, 1).put(0, 1).put(1, 1);
    bits.bytes()
}

#[tokio::test]
async fn a_keyframe_that_says_it_is_sixteen_thousand_pixels_wide_takes_no_such_memory() {
    let source = Source::generated("640x360", 30, 1);
    let good = shot(&source);
    let huge = sps(1024, 1024);
    // In front of the picture's own data, as an encoder that changes its size sends it.
    let mut data = Vec::new();
    data.extend_from_slice(&(huge.len() as u32).to_be_bytes());
    data.extend_from_slice(&huge);
    data.extend_from_slice(&good.data);
    let mut stills = Stills::new(worker(), LOOK);
    stills.take(&good).await.unwrap();
    let missed = stills.take(&Shot { data: data.into(), ..good.clone() }).await.unwrap_err();
    println!("{missed}");
    if let Some(pid) = stills.pid() {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().trim_end_matches(" kB").trim().parse().unwrap();
        assert!(peak < 256 << 10, "{peak} KiB");
    }
    read(&stills.take(&good).await.unwrap());
}

#[tokio::test]
async fn a_worker_that_dies_or_babbles_is_replaced_by_the_next_shot() {
    let source = Source::generated("640x360", 30, 1);
    let mut stills = Stills::new(worker(), LOOK);
    stills.take(&shot(&source)).await.unwrap();
    let before = stills.pid().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{before}/stat")).unwrap();
    // Field 19 of proc(5), counted from the third one, which follows the name.
    let nice = stat.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap();
    assert!(nice.parse::<i32>().unwrap() >= 5, "rungs go first");
    let pid = nix::unistd::Pid::from_raw(before.cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
    assert!(matches!(stills.take(&shot(&source)).await, Err(Missed::Died)));
    stills.take(&shot(&source)).await.unwrap();
    assert_ne!(stills.pid(), Some(before));
    let shell = |script: &str| WorkerCommand {
        program: "/bin/sh".into(),
        args: ["-c", script].map(Into::into).to_vec(),
        registry: None,
    };
    let babbles = Stills::new(shell("echo usage: something"), LOOK).take(&shot(&source)).await;
    assert!(matches!(babbles, Err(Missed::Protocol(_) | Missed::Died)), "{babbles:?}");
    let missing = WorkerCommand { program: "/nonexistent/streamly".into(), args: Vec::new(), registry: None };
    let missing = Stills::new(missing, LOOK).take(&shot(&source)).await;
    assert!(matches!(missing, Err(Missed::Start(_) | Missed::Died)), "{missing:?}");
}

/// What a still costs: of one worker that makes many. Not a bound, for the machine that runs the tests may be busy.
#[tokio::test]
async fn the_cost_of_a_still_is_told() {
    let sources =
        ["1280x720", "1920x1080", "3840x2160"].map(|size| (size, shot(&Source::generated(size, 30, 1))));
    let mut stills = Stills::new(worker(), LOOK);
    stills.take(&sources[0].1).await.unwrap();
    let pid = stills.pid().unwrap();
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<u64> = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .filter_map(|field| field.parse().ok())
            .collect();
        // utime and stime are fields 14 and 15; the state (3) is a letter and left out.
        Duration::from_millis((fields[10] + fields[11]) * 10)
    };
    for (size, shot) in &sources {
        let (before, many) = (ticks(), 20);
        for _ in 0..many {
            stills.take(shot).await.unwrap();
        }
        println!("{size}: {:?} of processor a still", (ticks() - before) / many);
    }
}
