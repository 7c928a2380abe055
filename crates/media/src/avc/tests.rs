//! Records and NAL units as OBS and GStreamer send them, and broken ones.

use super::*;
use crate::nal::MAX_UNITS;

/// OBS 29, Main profile 852x480: no extension bytes asked for.
fn sps_main() -> Bytes {
    Bytes::from_static(&[
        0x67, 0x4d, 0x40, 0x1f, 0xec, 0xa0, 0x6c, 0x1e, 0xf3, 0xf8, 0x0b, 0x50, 0x10, 0x10, 0x14, 0x00, 0x00,
        0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf2, 0x3c, 0x60, 0xc6, 0x58,
    ])
}

/// x264, High profile 1920x1080 (1088 cropped), 30 fps.
fn sps_high() -> Bytes {
    Bytes::from_static(&[
        0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04,
        0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
    ])
}

const PPS: &[u8] = &[0x68, 0xeb, 0xec, 0xb2, 0x2c];

fn record(sps: &[u8], pps: &[u8]) -> Vec<u8> {
    let mut out = vec![1, 0x64, 0, 0x28, 0xff, 0xe1];
    out.extend((sps.len() as u16).to_be_bytes());
    out.extend(sps);
    out.push(1);
    out.extend((pps.len() as u16).to_be_bytes());
    out.extend(pps);
    out
}

fn config() -> DecoderConfiguration {
    DecoderConfiguration::parse(&record(&sps_high(), PPS)).expect("parses")
}

fn nals(length_size: usize, list: &[&[u8]]) -> Bytes {
    let mut out = Vec::new();
    for nal in list {
        out.extend(&(nal.len() as u32).to_be_bytes()[4 - length_size..]);
        out.extend(*nal);
    }
    Bytes::from(out)
}

#[test]
fn a_high_record_without_extension_bytes_gets_them() {
    let config = config();
    let video = config.to_config();
    assert_eq!((video.width, video.height, video.codec()), (1920, 1080, "avc1.640028".to_owned()));
    assert_eq!(video.fps, Some(30.0));
    assert_eq!(&video.record[video.record.len() - 4..], &[0xfd, 0xf8, 0xf8, 0]);
    assert_eq!(VideoConfig::parse(&video.record).expect("parses again"), video);
}

#[test]
fn the_shape_of_pixels_and_whether_there_are_fields_are_told() {
    let read = |sps: &[u8]| Sps::parse(sps).map(|sps| (sps.progressive, sps.square_pixels)).expect("parses");
    assert_eq!(read(&sps_main()), (true, true));
    // x264, 852x480: pixels of 1:1, of 4:3 by its number in the table, of 5:4 as a ratio, and 1:1 with fields.
    let square = [
        0x67, 0x42, 0xc0, 0x1f, 0xda, 0x03, 0x60, 0xf7, 0x9f, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00,
        0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xca, 0x80,
    ];
    let by_number = [
        0x67, 0x42, 0xc0, 0x1f, 0xda, 0x03, 0x60, 0xf7, 0x9f, 0xc3, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00,
        0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xca, 0x80,
    ];
    let as_ratio = [
        0x67, 0x42, 0xc0, 0x1f, 0xda, 0x03, 0x60, 0xf7, 0x9f, 0xff, 0xc0, 0x01, 0x40, 0x01, 0x04, 0x00, 0x00,
        0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xca, 0x80,
    ];
    let fields = [
        0x67, 0x4d, 0x40, 0x1f, 0xf4, 0x06, 0xc3, 0xde, 0x7f, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
        0x00, 0x03, 0x03, 0xc1, 0xf1, 0x62, 0xea,
    ];
    assert_eq!(read(&square), (true, true));
    assert_eq!(read(&by_number), (true, false));
    assert_eq!(read(&as_ratio), (true, false));
    assert_eq!(read(&fields), (false, true));
}

#[test]
fn broken_records_are_errors() {
    let good = record(&sps_high(), PPS);
    for cut in 0..good.len() {
        assert!(DecoderConfiguration::parse(&good[..cut]).is_err(), "cut at {cut}");
    }
    assert_eq!(DecoderConfiguration::parse(&record(&[], PPS)), Err(Error::NoSps));
    assert_eq!(DecoderConfiguration::parse(&record(&sps_high(), &[])), Err(Error::NoPps));
    assert_eq!(DecoderConfiguration::parse(&record(&[0x67], PPS)), Err(Error::Sps));
    assert_eq!(DecoderConfiguration::parse(&[0, 0, 0, 0, 0xff, 0xe1, 0]), Err(Error::Version(0)));
    let mut none = good.clone();
    none[5] = 0xe0;
    assert_eq!(DecoderConfiguration::parse(&none), Err(Error::NoSps));
    let mut three = good;
    three[4] = 0xfe;
    assert_eq!(DecoderConfiguration::parse(&three), Err(Error::LengthSize));
}

#[test]
fn a_record_of_hundreds_of_long_sets_is_refused_and_so_are_sets_in_band() {
    let set = [PPS, &[0x55; 1_000]].concat();
    let with = |count: u8| {
        let mut out = record(&sps_high(), &set);
        let at = out.len() - set.len() - 3;
        out[at] = count;
        for _ in 1..count {
            out.extend((set.len() as u16).to_be_bytes());
            out.extend(&set);
        }
        out
    };
    let most = DecoderConfiguration::parse(&with(64)).expect("within the bound");
    assert!(most.to_avcc().len() <= crate::RECORD_BYTES_MAX);
    let long = with(255);
    assert_eq!(DecoderConfiguration::parse(&long), Err(Error::TooLong(long.len())));
    let in_band = vec![Bytes::from(set); 255];
    let refused = DecoderConfiguration::from_sets(4, vec![sps_high()], in_band);
    assert!(matches!(refused, Err(Error::TooLong(_))), "{refused:?}");
}

#[test]
fn a_clean_picture_is_not_copied() {
    let picture = nals(4, &[&[0x41, 1, 2, 3], &[0x41, 4]]);
    let out = normalise(&picture, &config()).expect("walks");
    assert_eq!(out.data.as_ptr(), picture.as_ptr());
    assert!(!out.idr && out.slices && out.new_config.is_none());
}

#[test]
fn filler_delimiters_and_known_parameter_sets_are_dropped() {
    let sps = sps_high();
    let picture = nals(4, &[&[9, 0x10], &sps, PPS, &[6, 5, 1, 0, 0x80], &[0x65, 7], &[12, 0xff, 0xff]]);
    let out = normalise(&picture, &config()).expect("walks");
    assert_eq!(out.data, nals(4, &[&[6, 5, 1, 0, 0x80], &[0x65, 7]]));
    assert!(out.idr && out.new_config.is_none() && !out.recovery_point);
}

#[test]
fn short_lengths_become_four_bytes() {
    for size in [1u8, 2] {
        let config = DecoderConfiguration { length_size: size, ..config() };
        let out = normalise(&nals(usize::from(size), &[&[0x65, 1], &[0x41]]), &config).expect("walks");
        assert_eq!(out.data, nals(4, &[&[0x65, 1], &[0x41]]));
    }
}

#[test]
fn a_length_past_the_end_makes_the_picture_unusable() {
    assert_eq!(normalise(&Bytes::from_static(&[0, 0, 0, 9, 0x65]), &config()), None);
    assert_eq!(normalise(&Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0x65]), &config()), None);
    assert_eq!(normalise(&Bytes::from_static(&[0, 0]), &config()), None);
}

#[test]
fn a_parameter_set_that_no_record_can_hold_is_an_error() {
    let with = |length: usize| {
        let pps = [&[0x68][..], &vec![0xff; length - 1]].concat();
        DecoderConfiguration::from_sets(4, vec![sps_main()], vec![pps.into()])
    };
    let most = with(65_400).unwrap();
    assert_eq!(DecoderConfiguration::parse(&most.to_avcc()).unwrap().pps, most.pps);
    assert!(matches!(with(65_535), Err(Error::TooLong(_))));
    assert_eq!(with(65_536), Err(Error::SetTooLong(65_536)));
}

#[test]
fn absurdly_many_units_make_the_picture_unusable() {
    let slices = |count: usize| normalise(&nals(4, &vec![&[0x41][..]; count]), &config());
    assert!(slices(MAX_UNITS).is_some_and(|out| out.slices));
    assert_eq!(slices(MAX_UNITS + 1), None);
    // Also where none would be kept: empty ones with 1-byte lengths.
    let short = DecoderConfiguration { length_size: 1, ..config() };
    assert!(normalise(&Bytes::from(vec![0; MAX_UNITS]), &short).is_some_and(|out| out.data.is_empty()));
    assert_eq!(normalise(&Bytes::from(vec![0; 1 << 20]), &short), None);
}

#[test]
fn a_new_size_in_band_is_a_new_configuration_and_another_timing_is_not() {
    let other = sps_main();
    let out = normalise(&nals(4, &[&other, PPS, &[0x65, 1]]), &config()).expect("walks");
    let new = out.new_config.expect("material");
    assert_eq!((new.active.width, new.active.height), (852, 480));
    assert_eq!(out.data, nals(4, &[&[0x65, 1]]));

    let mut timing = sps_high().to_vec();
    timing[21] = 0xc8; // 50 fields a second instead of 60
    let timing = Bytes::from(timing);
    let parsed = Sps::parse(&timing).expect("parses");
    assert_eq!(parsed.fps, Some(25.0));
    let out = normalise(&nals(4, &[&timing, &[0x65, 1]]), &config()).expect("walks");
    assert!(out.new_config.is_none());
    assert_eq!(out.data, nals(4, &[&timing, &[0x65, 1]]), "kept in-band: the decoder applies it");
}

#[test]
fn a_recovery_point_is_seen_behind_another_message() {
    let picture = nals(4, &[&[6, 1, 1, 0, 6, 1, 0xc4, 0x80], &[0x41, 1]]);
    assert!(normalise(&picture, &config()).expect("walks").recovery_point);
}
