//! Rungs whose encoder is late, loses pictures, misses keyframes, dies; sources with one track.

use bytes::Bytes;
use proptest::prelude::*;
use streamly_media::{AudioFormat, VideoFormat};

use super::*;
use crate::{PartTarget, Segmenter};

fn video_config(level: u8) -> VideoConfig {
    VideoConfig {
        format: VideoFormat::H264,
        record: Bytes::from(vec![level]),
        width: 64,
        height: 48,
        codec: format!("avc1.4200{level:02X}"),
        fps: Some(30.0),
        reorder: Some(0),
    }
}

fn audio_config() -> AudioConfig {
    AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("parses")
}

fn picture(number: i64, keyframe: bool) -> AccessUnit {
    let dts = number * 3_000;
    AccessUnit { kind: Kind::Video, dts, pts: dts, keyframe, data: Bytes::from_static(b"picture") }
}

fn sound(number: i64) -> AccessUnit {
    AccessUnit {
        kind: Kind::Audio,
        dts: number * 1_024,
        pts: number * 1_024,
        keyframe: true,
        data: Bytes::from_static(b"sound"),
    }
}

/// Two-second groups at 30 fps as the source; the cuts and sounds go to a rung's packager, pictures as `encoder` says.
fn rung(pictures: i64, encoder: impl Fn(i64) -> Option<AccessUnit>) -> (Vec<Packaged>, Counters) {
    let mut segmenter = Segmenter::new(PartTarget::for_fps(Some(30.0)), Default::default());
    let mut packager = Packager::new(Mode::Rung);
    let tracks = [TrackConfig::Video(video_config(30)), TrackConfig::Audio(audio_config())];
    tracks.iter().for_each(|track| segmenter.track(track));
    tracks.into_iter().for_each(|track| packager.config(track));
    let mut sounds = 0;
    for number in 0..pictures {
        let unit = picture(number, number % 60 == 0);
        segmenter.push(&unit);
        while let Some(cut) = segmenter.poll() {
            packager.cut(cut);
        }
        while sounds * 1_024 * 15 / 8 <= unit.dts {
            packager.push(sound(sounds));
            sounds += 1;
        }
        if let Some(unit) = encoder(number) {
            packager.push(unit);
        }
    }
    packager.finish();
    (std::iter::from_fn(|| packager.poll()).collect(), packager.counters())
}

fn parts(products: &[Packaged]) -> Vec<&Part> {
    let mut parts = Vec::new();
    for product in products {
        if let Packaged::Part(part) = product {
            parts.push(part);
        }
    }
    parts
}

fn shape(products: &[Packaged]) -> Vec<(u64, u32, u64)> {
    parts(products).iter().map(|part| (part.msn, part.part, part.ticks)).collect()
}

fn ordinary(number: i64) -> Option<AccessUnit> {
    Some(picture(number, number % 60 == 0))
}

#[test]
fn a_keyframe_two_pictures_late_moves_the_boundary_and_is_counted() {
    let (plain, none) = rung(180, ordinary);
    assert_eq!(none, Counters::default());
    let (late, counters) = rung(180, |number| Some(picture(number, matches!(number, 0 | 62 | 120))));
    assert_eq!(counters, Counters { late_keyframes: 1, ..Counters::default() });
    assert_eq!(shape(&plain), shape(&late), "never renumbered");
    let parts = parts(&late);
    let start = parts.iter().find(|part| part.msn == 1 && part.starts_segment).expect("segment 1");
    assert!(start.independent && start.first_pts == Some(62 * 3_000));
}

#[test]
fn a_keyframe_that_never_comes_leaves_a_segment_that_is_not_independent() {
    let (products, counters) = rung(180, |number| Some(picture(number, matches!(number, 0 | 120))));
    assert_eq!(counters, Counters { missing_keyframes: 1, ..Counters::default() });
    let independent: Vec<_> =
        parts(&products).iter().filter(|part| part.starts_segment).map(|part| part.independent).collect();
    assert_eq!(independent, [true, false, true]);
}

#[test]
fn an_encoder_that_dies_leaves_gaps_until_its_next_keyframe() {
    let (plain, _) = rung(360, ordinary);
    let (products, counters) = rung(360, |number| ordinary(number).filter(|_| !(70..250).contains(&number)));
    assert_eq!(shape(&plain), shape(&products));
    let gaps: Vec<_> =
        parts(&products).iter().filter(|part| part.gap).map(|part| (part.msn, part.part)).collect();
    assert_eq!((gaps.first(), gaps.last()), (Some(&(1, 2)), Some(&(4, 11))), "{gaps:?}");
    assert_eq!(counters.gaps, gaps.len() as u64);
    assert!(
        parts(&products)
            .iter()
            .filter(|part| part.gap)
            .all(|part| part.bytes.is_empty() && !part.independent)
    );
    let back = parts(&products).into_iter().find(|part| part.msn == 5).expect("segment 5");
    assert!(back.independent && !back.gap);
}

#[test]
fn an_encoder_that_falls_far_behind_gives_gaps_and_no_stale_pictures() {
    let (plain, _) = rung(360, ordinary);
    let (products, counters) = rung(360, |number| match number {
        0..70 => ordinary(number),
        70..190 => None,
        _ => ordinary(number - 120),
    });
    let (mut plain, mut seen) = (shape(&plain), shape(&products));
    plain.pop();
    seen.pop();
    assert_eq!(plain, seen);
    assert!(counters.gaps > 30 && counters.dropped > 100, "{counters:?}");
    let after = parts(&products).into_iter().filter(|part| part.msn > 1 && !part.gap);
    for part in after {
        let first = part.first_pts.expect("pictures");
        assert_eq!((first / 180_000) as u64, part.msn, "{part:?}");
    }
}

#[test]
fn an_encoder_that_never_starts_gives_gaps_and_no_init() {
    let (products, counters) = rung(120, |_| None);
    assert!(parts(&products).iter().all(|part| part.gap));
    assert_eq!(counters.gaps as usize, parts(&products).len());
    assert!(!products.iter().any(|product| matches!(product, Packaged::Init(_))));
}

#[test]
fn a_source_of_one_track_has_an_init_of_one_track() {
    let mut segmenter = Segmenter::new(PartTarget::for_fps(None), Default::default());
    let mut packager = Packager::new(Mode::Source);
    let track = TrackConfig::Audio(audio_config());
    segmenter.track(&track);
    packager.config(track);
    for number in 0..300 {
        segmenter.push(&sound(number));
        while let Some(cut) = segmenter.poll() {
            packager.cut(cut);
        }
        packager.push(sound(number));
    }
    packager.finish();
    let products: Vec<_> = std::iter::from_fn(|| packager.poll()).collect();
    let Packaged::Init(init) = &products[0] else { panic!("init first") };
    assert_eq!((init.facts.codecs.as_str(), init.facts.resolution), ("mp4a.40.2", None));
    assert!(parts(&products).iter().all(|part| part.independent && !part.gap && part.first_pts.is_none()));
    let ticks: u64 = parts(&products).iter().map(|part| part.ticks).sum();
    assert!(ticks.abs_diff(300 * 1_024 * 15 / 8) < 10, "{ticks}");
}

#[test]
fn a_part_cut_between_two_pictures_leaves_no_hole_before_the_next() {
    use mp4_atom::{Decode, Moof};
    let mut segmenter = Segmenter::new(PartTarget::for_fps(Some(30.0)), Default::default());
    let mut packager = Packager::new(Mode::Source);
    let track = TrackConfig::Video(video_config(30));
    segmenter.track(&track);
    packager.config(track);
    for number in 0..96 {
        let dts = number * 3_750; // 24 fps where 30 were told
        let unit = AccessUnit { dts, pts: dts, ..picture(0, number % 48 == 0) };
        segmenter.push(&unit);
        while let Some(cut) = segmenter.poll() {
            packager.cut(cut);
        }
        packager.push(unit);
    }
    packager.finish();
    let products: Vec<_> = std::iter::from_fn(|| packager.poll()).collect();
    let mut end = 0;
    for part in parts(&products) {
        let moof = Moof::decode(&mut &part.bytes[..]).expect("moof");
        assert_eq!(moof.traf[0].tfdt.as_ref().expect("tfdt").base_media_decode_time, end);
        let durations =
            moof.traf[0].trun[0].samples.iter().map(|sample| u64::from(sample.duration.expect("duration")));
        end += durations.sum::<u64>();
    }
    assert_eq!(end, 96 * 3_750);
}

#[test]
fn a_unit_before_the_first_cut_is_dropped_and_counted() {
    let mut packager = Packager::new(Mode::Source);
    packager.push(picture(0, true));
    packager.finish();
    assert_eq!((packager.counters().dropped, packager.poll()), (1, None));
}

proptest! {
    #[test]
    fn whatever_an_encoder_does_the_parts_are_those_of_the_source(
        doings in proptest::collection::vec((0u8..10, any::<bool>(), -30_000i64..30_000), 200),
    ) {
        let (plain, _) = rung(200, ordinary);
        let (products, _) = rung(200, |number| {
            let (what, keyframe, skew) = doings[number as usize];
            match what {
                0 | 1 => None,
                2 => Some(AccessUnit { pts: (number * 3_000 + skew).max(0), ..picture(number, keyframe) }),
                3 => Some(picture(number, keyframe)),
                _ => ordinary(number),
            }
        });
        let (mut plain, mut seen) = (shape(&plain), shape(&products));
        // The length of the very last part is that of its own pictures.
        plain.pop();
        seen.pop();
        prop_assert_eq!(plain, seen);
        let ends: u64 = products.iter().map(|product| if let Packaged::SegmentEnd { ticks, .. } = product { *ticks } else { 0 }).sum();
        prop_assert_eq!(ends, parts(&products).iter().map(|part| part.ticks).sum::<u64>());
    }
}

/// A rung whose sound is encoded: pictures come at once, frames of sound so many samples after the source's clock has passed their end.
fn with_encoded_sound(late: i64, until: i64) -> Vec<Part> {
    let mut segmenter = Segmenter::new(PartTarget::for_fps(Some(30.0)), Default::default());
    let mut packager = Packager::new(Mode::Rung);
    let opus = AudioConfig::parse_as(AudioFormat::Opus, Bytes::new()).expect("parses");
    for track in [TrackConfig::Video(video_config(30)), TrackConfig::Audio(opus)] {
        segmenter.track(&track);
    }
    packager.config(TrackConfig::Video(video_config(30)));
    packager.config(TrackConfig::Audio(audio_config()));
    packager.expect_encoded_sound(true);
    let (mut packets, mut frames) = (0, 0);
    for number in 0..180 {
        let unit = picture(number, number % 60 == 0);
        while packets * 1_800 < unit.dts.min(until) {
            let dts = packets * 960;
            segmenter.push(&AccessUnit { dts, pts: dts, data: Bytes::from_static(&[0xfc]), ..sound(0) });
            packets += 1;
            while (frames + 1) * 1_024 + late <= packets * 960 {
                packager.push(sound(frames));
                frames += 1;
            }
        }
        segmenter.push(&unit);
        while let Some(cut) = segmenter.poll() {
            packager.cut(cut);
        }
        packager.push(unit);
    }
    packager.finish();
    let parts = std::iter::from_fn(|| packager.poll()).filter_map(|packaged| match packaged {
        Packaged::Part(part) => Some(part),
        _ => None,
    });
    parts.collect()
}

/// First time and number of the sounds in each part.
fn sounds(parts: &[Part]) -> Vec<(i64, i64)> {
    use mp4_atom::{Decode, Moof};
    let read = parts.iter().filter_map(|part| {
        let moof = Moof::decode(&mut &part.bytes[..]).expect("moof");
        let traf = moof.traf.into_iter().find(|traf| traf.tfhd.track_id == 2)?;
        let first = traf.tfdt?.base_media_decode_time as i64;
        Some((first, traf.trun[0].samples.iter().count() as i64))
    });
    read.collect()
}

#[test]
fn parts_wait_for_encoded_sound_and_have_what_belongs_to_them() {
    let parts = with_encoded_sound(1_024, i64::MAX);
    let sounds = sounds(&parts);
    assert_eq!((parts.len(), sounds.len()), (36, 36));
    for (number, pair) in sounds.windows(2).enumerate() {
        let [(first, count), (next, _)] = pair else { unreachable!() };
        assert_eq!(first + count * 1_024, *next, "part {number}");
        // Within two frames of where the part is cut: packets that had come by then decide.
        let cut = (number as i64 + 1) * 8_000;
        assert!((next - cut).abs() <= 2_048, "part {number}: the next begins at {next}, cut at {cut}");
    }
}

#[test]
fn sound_that_stays_away_or_comes_very_late_stops_no_part() {
    let stopped = with_encoded_sound(1_024, 180_000);
    assert!(stopped.len() == 36 && stopped.iter().all(|part| !part.gap));
    let late = with_encoded_sound(24_000, i64::MAX);
    assert!(late.len() == 36 && late.iter().all(|part| !part.gap));
    assert!(sounds(&late).windows(2).all(|pair| pair[0].0 + pair[0].1 * 1_024 == pair[1].0));
}
