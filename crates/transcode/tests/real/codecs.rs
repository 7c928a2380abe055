//! Sources in HEVC and AV1, and Opus sound made into AAC, as ffmpeg publishes them by Enhanced RTMP.

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use streamly_media::{AccessUnit, AudioConfig, AudioFormat, Kind, Output, Timeline, TrackConfig};
use streamly_testkit::flv;
use streamly_transcode::{Event, Job, Pushed, SoundJob, Transcoder, decoders, ladder, sound};

use crate::output::{Rendition, next, take, transcoded};
use crate::source::{Source, config, worker};

/// Samples in a second of both codecs.
const RATE: usize = 48_000;

/// Everything of a publish in its order, and what its sound is.
fn publish(name: &str) -> (Vec<AccessUnit>, AudioConfig) {
    let mut timeline = Timeline::new();
    let (mut units, mut sound) = (Vec::new(), None);
    for tag in flv::read(&flv::fixture(name)).unwrap() {
        match tag.kind {
            flv::Kind::Video => timeline.push_video(tag.timestamp, tag.data).unwrap(),
            flv::Kind::Audio => timeline.push_audio(tag.timestamp, tag.data).unwrap(),
            flv::Kind::Script => continue,
        }
        while let Some(output) = timeline.poll() {
            match output {
                Output::Track(TrackConfig::Audio(audio)) => sound = Some(audio),
                Output::AccessUnit(au) => units.push(au),
                _ => {}
            }
        }
    }
    (units, sound.unwrap())
}

#[tokio::test]
async fn this_machine_says_what_it_decodes() {
    assert_eq!(decoders::find(&worker()).await, Some(decoders::Decodes::ALL));
}

#[tokio::test]
async fn hevc_and_av1_become_rungs_with_every_picture_in_its_place() {
    for name in ["ffmpeg-hevc-aac", "ffmpeg-hevc-opus", "ffmpeg-av1-opus"] {
        let source = Source::fixture(name);
        assert_eq!(source.units.len(), 120);
        let renditions = transcoded(source.job(&["160p"]), &source.units).await;
        let rung = &renditions[0];
        assert_eq!(rung.pts(), source.pts(), "{name}");
        assert_eq!(rung.keyframes(), source.boundaries(), "{name}");
        assert_eq!(rung.probed(), "284,160,120", "{name}");
    }
}

#[tokio::test]
async fn a_rung_of_the_sources_own_size_has_every_picture_too() {
    for name in ["ffmpeg-hevc-aac", "ffmpeg-av1-opus"] {
        let source = Source::fixture(name);
        let rungs = ladder::plan_instead(source.format(), &["360p".to_owned()], 2);
        let renditions = transcoded(Job { rungs, ..source.job(&[]) }, &source.units).await;
        assert_eq!(renditions[0].pts(), source.pts(), "{name}");
        assert_eq!(renditions[0].keyframes(), source.boundaries(), "{name}");
        assert_eq!(renditions[0].probed(), "640,360,120", "{name}");
    }
}

#[tokio::test]
async fn a_source_below_the_whole_ladder_has_a_rung_of_its_size() {
    for (size, probed) in [("160x90", "160,90,30"), ("32x16", "32,16,30")] {
        let source = Source::generated(size, 30, 1);
        let rungs = ladder::plan_instead(source.format(), &["360p".to_owned()], 2);
        let renditions = transcoded(Job { rungs, ..source.job(&[]) }, &source.units).await;
        assert_eq!(renditions[0].pts(), source.pts(), "{size}");
        assert_eq!(renditions[0].probed(), probed);
    }
}

/// The publish with its sound through a worker.
async fn with_sound(name: &str, units: &[AccessUnit], header: &AudioConfig) -> (Rendition, Vec<AccessUnit>) {
    let sound = Some(SoundJob { dops: header.header.clone() });
    let job = Job { sound, ..Source::fixture(name).job(&["160p"]) };
    let (transcoder, input, mut events) = Transcoder::spawn(config(job)).unwrap();
    let (mut renditions, mut sounds) = (vec![Rendition::default()], Vec::new());
    let mut sort = |event: Event, renditions: &mut [Rendition]| match event {
        Event::Sound { au } => sounds.push(au),
        event => take(event, renditions),
    };
    for unit in units {
        // Never more than a second ahead of what came out.
        let is_ahead = |out: &Rendition| out.units.last().map_or(0, |au| au.pts) + 90_000 < unit.dts;
        while unit.kind == Kind::Video && is_ahead(&renditions[0]) {
            sort(next(&mut events).await.expect("the transcoder goes on"), &mut renditions);
        }
        if unit.kind == Kind::Video && unit.keyframe {
            input.boundary(unit.pts);
        }
        assert_eq!(input.push(unit), Pushed::Queued);
    }
    drop(input);
    while let Some(event) = next(&mut events).await {
        sort(event, &mut renditions);
    }
    transcoder.close().await;
    (renditions.remove(0), sounds)
}

/// Decodes; the samples of one channel, the first of them at the first unit's time.
fn decoded(caps: gst::Caps, decoder: &str, units: &[AccessUnit]) -> Vec<f32> {
    let source = gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Time).build();
    let raw = gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("channels", 1i32)
        .field("rate", RATE as i32)
        .build();
    let sink = gst_app::AppSink::builder().sync(false).async_(false).caps(&raw).build();
    let pipeline = gst::Pipeline::new();
    let make = |name: &str| gst::ElementFactory::make(name).build().unwrap();
    let chain = [
        source.upcast_ref(),
        &make(decoder),
        &make("audioconvert"),
        &make("audioresample"),
        sink.upcast_ref(),
    ];
    pipeline.add_many(chain).unwrap();
    gst::Element::link_many(chain).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for unit in units {
        let mut buffer = gst::Buffer::from_slice(unit.data.clone());
        let time =
            gst::ClockTime::from_nseconds((unit.dts - units[0].dts) as u64 * 1_000_000_000 / RATE as u64);
        buffer.get_mut().unwrap().set_pts(time);
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    let mut samples = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        let map = sample.buffer().unwrap().map_readable().unwrap();
        samples.extend(map.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())));
    }
    pipeline.set_state(gst::State::Null).unwrap();
    samples
}

/// Where the beep of each second begins, as the clock of the units counts: it doubles the height of the tone.
fn beeps(samples: &[f32], first: i64) -> Vec<i64> {
    let tone = samples[RATE / 4..RATE / 2].iter().fold(0f32, |most, sample| most.max(sample.abs()));
    let mut found: Vec<usize> = Vec::new();
    for (at, sample) in samples.iter().enumerate().skip(RATE / 2) {
        if sample.abs() > 1.4 * tone && found.last().is_none_or(|last| at - last > RATE / 2) {
            found.push(at);
        }
    }
    found.into_iter().map(|at| at as i64 + first).collect()
}

#[tokio::test]
async fn opus_becomes_aac_that_sounds_when_the_source_does_and_has_no_gap() {
    gst::init().unwrap();
    for name in ["ffmpeg-hevc-opus", "ffmpeg-av1-opus"] {
        let (units, header) = publish(name);
        assert_eq!(header.format, AudioFormat::Opus);
        let (rung, frames) = with_sound(name, &units, &header).await;
        assert_eq!(rung.units.len(), 120, "{name}");
        assert!(frames.windows(2).all(|pair| pair[1].dts - pair[0].dts == 1_024), "{name}: a gap");
        let packets: Vec<AccessUnit> = units.iter().filter(|au| au.kind == Kind::Audio).cloned().collect();
        // The first frames are made of what comes with and behind the first picture, the last ones of the last packets.
        let first = units.iter().find(|au| au.kind == Kind::Video).unwrap().dts * 48 / 90;
        assert!(
            (frames[0].dts + 1_024 - first.max(packets[0].dts)).abs() <= 1_920,
            "{name}: {}",
            frames[0].dts
        );
        let (end, made) = (packets.last().unwrap().dts + 960, frames.last().unwrap().dts + 1_024);
        assert!((end - made).abs() <= 2_048, "{name}: ends at {made}, the source at {end}");
        let opus = gst::Caps::builder("audio/x-opus")
            .field("channel-mapping-family", 0i32)
            .field("channels", 2i32)
            .field("rate", RATE as i32);
        let asc = gst::Buffer::from_slice(sound::asc(2));
        let aac = gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4i32)
            .field("stream-format", "raw")
            .field("channels", 2i32)
            .field("rate", RATE as i32)
            .field("codec_data", asc);
        let source = beeps(&decoded(opus.build(), "opusdec", &packets), packets[0].dts);
        let made = beeps(&decoded(aac.build(), "avdec_aac", &frames), frames[0].dts);
        println!("{name}: beeps at {source:?} and {made:?}");
        assert!(source.len() >= 3 && made.len() == source.len(), "{name}: {source:?} {made:?}");
        for (source, made) in source.iter().zip(&made) {
            assert!((source - made).abs() <= 240, "{name}: a beep at {source} sounds at {made}");
        }
    }
}

#[tokio::test]
async fn a_header_of_no_use_is_reported() {
    let job = Source::fixture("ffmpeg-hevc-opus").job(&["160p"]);
    let job = Job { sound: Some(SoundJob { dops: Bytes::from_static(&[0, 2]) }), ..job };
    let (transcoder, _input, mut events) = Transcoder::spawn(config(job)).unwrap();
    let reason = loop {
        match next(&mut events).await.unwrap() {
            Event::Restarted { reason } => break reason.to_string(),
            Event::Started { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    };
    assert!(reason.contains("configuration of the sound"), "{reason}");
    transcoder.close().await;
}
