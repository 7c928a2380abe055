//! Records and NAL units as x265 makes them, and broken ones.

use proptest::prelude::*;

use super::*;
use crate::nal::MAX_UNITS;

const VPS_SET: &[u8] = &[
    0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
    0x00, 0x03, 0x00, 0x3f, 0x95, 0x94, 0x09,
];
/// Main, 640x360, 30 fps.
const SPS_SET: &[u8] = &[
    0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00,
    0x3f, 0xa0, 0x05, 0x02, 0x01, 0x69, 0x65, 0x95, 0x96, 0x49, 0x32, 0xbc, 0x05, 0xa8, 0x08, 0x08, 0x08,
    0x20, 0x00, 0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x03, 0x03, 0xc1,
];
const PPS_SET: &[u8] = &[0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40];
/// Main 10, High tier, 1920x1080 of 1088 lines, 60 fps, three temporal sub-layers.
const SPS_MAIN10: &[u8] = &[
    0x42, 0x01, 0x04, 0x22, 0x20, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00,
    0x7b, 0x00, 0x00, 0xa0, 0x03, 0xc0, 0x80, 0x11, 0x07, 0xca, 0xd9, 0x65, 0x65, 0x2b, 0x29, 0x59, 0x52,
    0x93, 0x0b, 0xc0, 0x5a, 0x02, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x78, 0x10,
];
/// Main, 852x480 of 856 columns, 30000/1001 fps, pixels of 4:3.
const SPS_WIDE: &[u8] = &[
    0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00,
    0x5a, 0xa0, 0x06, 0xc2, 0x01, 0xe1, 0xcf, 0xe5, 0x95, 0x95, 0x29, 0x38, 0x5e, 0x1c, 0xd0, 0x10, 0x00,
    0x00, 0x3e, 0x90, 0x00, 0x07, 0x53, 0x00, 0x80,
];
/// Range extensions, 4:4:4, 640x360, 25 fps.
const SPS_444: &[u8] = &[
    0x42, 0x01, 0x01, 0x04, 0x08, 0x00, 0x00, 0x03, 0x00, 0x9e, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x3f,
    0x90, 0x00, 0xa0, 0x40, 0x2e, 0x3e, 0x27, 0x2c, 0xac, 0xa9, 0x49, 0x85, 0xe0, 0x2d, 0x01, 0x00, 0x00,
    0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x19, 0x08,
];
/// The same with scaling lists of its own.
const SPS_444_LISTS: &[u8] = &[
    0x42, 0x01, 0x01, 0x04, 0x08, 0x00, 0x00, 0x03, 0x00, 0x9e, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x3f,
    0x90, 0x00, 0xa0, 0x40, 0x2d, 0x2c, 0xb2, 0xb3, 0x49, 0x27, 0xaa, 0xac, 0x21, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xfc, 0x88, 0x88, 0xa1, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf2, 0x22,
    0x22, 0x86, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe0, 0x83, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xfd, 0x5e, 0x02, 0xd0, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x01, 0x90,
    0x80,
];

/// A record with a head that claims nothing right.
fn record(length_size: u8, arrays: &[&[&[u8]]]) -> Vec<u8> {
    let mut out = vec![1];
    out.extend([0xff; 20]);
    out.extend([length_size - 1, arrays.len() as u8]);
    for sets in arrays {
        out.push(sets.first().map_or(0, |set| set.first().map_or(0, |head| head >> 1 & 0x3f)));
        out.extend((sets.len() as u16).to_be_bytes());
        for set in *sets {
            out.extend((set.len() as u16).to_be_bytes());
            out.extend(*set);
        }
    }
    out
}

fn config() -> DecoderConfiguration {
    DecoderConfiguration::parse(&record(4, &[&[VPS_SET], &[SPS_SET], &[PPS_SET]])).unwrap()
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
fn a_record_is_rebuilt_from_its_sets() {
    let video = config().to_config();
    assert_eq!((video.width, video.height, video.fps, video.reorder), (640, 360, Some(30.0), Some(2)));
    assert_eq!(video.codec(), "hvc1.1.6.L63.90");
    // The first 23 bytes are those that ffmpeg writes for this stream, save the length of pictures it measured.
    let head =
        [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x3f, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 3];
    assert_eq!(&video.record[..23], head);
    let again = DecoderConfiguration::parse(&video.record).unwrap();
    assert_eq!(again.to_config(), video);
    assert_eq!((again.vps, again.sps, again.pps), (config().vps, config().sps, config().pps));
}

#[test]
fn profiles_sizes_rates_and_shapes_are_read() {
    let read = |set: &[u8]| Sps::parse(set).unwrap();
    let main10 = read(SPS_MAIN10);
    assert_eq!((main10.width, main10.height, main10.fps), (1920, 1080, Some(60.0)));
    assert_eq!((main10.bit_depth_luma, main10.bit_depth_chroma, main10.sub_layers), (10, 10, 3));
    assert_eq!(main10.profile.codec(), "hvc1.2.4.H123.90");
    let wide = read(SPS_WIDE);
    assert_eq!((wide.width, wide.height, wide.square_pixels, wide.fields), (852, 480, false, false));
    assert!((wide.fps.unwrap() - 29.97).abs() < 0.001);
    let full = read(SPS_444);
    assert_eq!(
        (full.chroma_format, full.fps, full.profile.codec()),
        (3, Some(25.0), "hvc1.4.10.L63.9E.8".into())
    );
    let lists = read(SPS_444_LISTS);
    assert_eq!((lists.chroma_format, lists.width, lists.height, lists.fps), (3, 640, 360, Some(25.0)));
}

#[test]
fn an_encoders_own_words_are_left_out_and_colours_kept() {
    let words: &[u8] = &[0x4e, 0x01, 5, 3, 1, 2, 3, 0x80];
    let colours: &[u8] = &[0x4e, 0x01, 144, 4, 3, 0xe8, 1, 0x90, 0x80];
    let parsed =
        DecoderConfiguration::parse(&record(4, &[&[VPS_SET], &[SPS_SET], &[PPS_SET], &[words, colours]]));
    assert_eq!(parsed.unwrap().sei, [Bytes::from_static(colours)]);
}

#[test]
fn broken_records_are_errors() {
    let good = record(4, &[&[VPS_SET], &[SPS_SET], &[PPS_SET]]);
    for cut in 0..good.len() {
        assert!(DecoderConfiguration::parse(&good[..cut]).is_err(), "cut at {cut}");
    }
    let parse = |arrays: &[&[&[u8]]]| DecoderConfiguration::parse(&record(4, arrays)).unwrap_err();
    assert_eq!(parse(&[&[SPS_SET], &[PPS_SET]]), Error::NoVps);
    assert_eq!(parse(&[&[VPS_SET], &[PPS_SET]]), Error::NoSps);
    assert_eq!(parse(&[&[VPS_SET], &[SPS_SET]]), Error::NoPps);
    assert_eq!(parse(&[&[VPS_SET], &[&SPS_SET[..20]], &[PPS_SET]]), Error::Sps);
    assert_eq!(parse(&[&[VPS_SET; 65], &[SPS_SET], &[PPS_SET]]), Error::TooManySets);
    assert_eq!(DecoderConfiguration::parse(&record(3, &[])), Err(Error::LengthSize));
    assert_eq!(DecoderConfiguration::parse(&[0; 40]), Err(Error::Version(0)));
    let long = vec![Bytes::from(vec![0x44; 65_536])];
    let set = |set: &'static [u8]| vec![Bytes::from_static(set)];
    let too_long = DecoderConfiguration::from_sets(4, set(VPS_SET), set(SPS_SET), long, Vec::new());
    assert_eq!(too_long, Err(Error::SetTooLong(65_536)));
}

#[test]
fn a_record_of_many_long_sets_is_refused_and_so_are_sets_in_band() {
    let set = [PPS_SET, &[0x55; 2_000]].concat();
    let long = record(4, &[&[VPS_SET], &[SPS_SET], &[&set[..]; 60]]);
    assert_eq!(DecoderConfiguration::parse(&long), Err(Error::TooLong(long.len())));
    assert!(DecoderConfiguration::parse(&record(4, &[&[VPS_SET], &[SPS_SET], &[&set[..]; 30]])).is_ok());
    let one = |set: &'static [u8]| vec![Bytes::from_static(set)];
    let in_band = vec![Bytes::from(set); 60];
    let refused = DecoderConfiguration::from_sets(4, one(VPS_SET), one(SPS_SET), in_band, Vec::new());
    assert!(matches!(refused, Err(Error::TooLong(_))), "{refused:?}");
}

#[test]
fn a_clean_picture_is_not_copied() {
    let picture = nals(4, &[&[0x02, 1, 2, 3], &[0x02, 1, 4]]);
    let out = normalise(&picture, &config()).unwrap();
    assert_eq!(out.data.as_ptr(), picture.as_ptr());
    assert!(out.slices && !out.random_access && !out.skipped_leading && out.new_config.is_none());
}

#[test]
fn filler_delimiters_and_known_parameter_sets_are_dropped() {
    let sei: &[u8] = &[0x4e, 1, 6, 1, 0, 0x80];
    let idr: &[u8] = &[0x26, 1, 7];
    for size in [1, 2, 4] {
        let config = DecoderConfiguration { length_size: size, ..config() };
        let list: [&[u8]; 7] = [&[0x46, 1, 0x50], VPS_SET, SPS_SET, PPS_SET, sei, idr, &[0x4c, 1, 0xff]];
        let out = normalise(&nals(usize::from(size), &list), &config).unwrap();
        assert_eq!(out.data, nals(4, &[sei, idr]));
        assert!(out.random_access && !out.broken_link && out.new_config.is_none());
    }
}

#[test]
fn every_kind_of_picture_is_known_by_its_type() {
    let kinds = |nal_type: u8| {
        let out = normalise(&nals(4, &[&[nal_type << 1, 1, 0]]), &config()).unwrap();
        (out.random_access, out.broken_link, out.skipped_leading)
    };
    for (nal_type, expected) in [
        (1, (false, false, false)),
        (6, (false, false, false)),
        (8, (false, false, true)),
        (9, (false, false, true)),
        (16, (true, true, false)),
        (18, (true, true, false)),
        (19, (true, false, false)),
        (20, (true, false, false)),
        (21, (true, false, false)),
    ] {
        assert_eq!(kinds(nal_type), expected, "type {nal_type}");
    }
    let none = normalise(&nals(4, &[&[0x4e, 1, 0]]), &config()).unwrap();
    assert!(!none.slices && !none.random_access);
}

#[test]
fn a_length_past_the_end_makes_the_picture_unusable() {
    assert_eq!(normalise(&Bytes::from_static(&[0, 0, 0, 9, 0x26, 1]), &config()), None);
    assert_eq!(normalise(&Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0x26]), &config()), None);
    assert_eq!(normalise(&Bytes::from_static(&[0, 0]), &config()), None);
}

#[test]
fn absurdly_many_units_make_the_picture_unusable() {
    let slices = |count: usize| normalise(&nals(4, &vec![&[0x02, 1][..]; count]), &config());
    assert!(slices(MAX_UNITS).is_some_and(|out| out.slices));
    assert_eq!(slices(MAX_UNITS + 1), None);
    // Also where none would be kept: empty ones with 1-byte lengths.
    let short = DecoderConfiguration { length_size: 1, ..config() };
    assert!(normalise(&Bytes::from(vec![0; MAX_UNITS]), &short).is_some_and(|out| out.data.is_empty()));
    assert_eq!(normalise(&Bytes::from(vec![0; 1 << 20]), &short), None);
}

#[test]
fn a_new_size_in_band_is_a_new_configuration_and_keeps_the_sets_that_did_not_come() {
    let idr: &[u8] = &[0x26, 1, 7];
    let out = normalise(&nals(4, &[SPS_WIDE, idr]), &config()).unwrap();
    let new = out.new_config.unwrap();
    assert_eq!((new.active.width, new.active.height), (852, 480));
    assert_eq!((new.vps, new.pps), (config().vps, config().pps));
    assert_eq!(out.data, nals(4, &[idr]));
    // Another picture parameter set alone changes no decoder: it stays in-band.
    let other: &[u8] = &[0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x41];
    let out = normalise(&nals(4, &[other, idr]), &config()).unwrap();
    assert!(out.new_config.is_none());
    assert_eq!(out.data, nals(4, &[other, idr]));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(data in proptest::collection::vec(any::<u8>(), 0..200), size in prop_oneof![Just(1u8), Just(2), Just(4)]) {
        let body = Bytes::from(data);
        let _ = DecoderConfiguration::parse(&body);
        let _ = Sps::parse(&body);
        let _ = normalise(&body, &DecoderConfiguration { length_size: size, ..config() });
    }

    #[test]
    fn any_damage_to_a_header_gives_an_error_or_a_usable_configuration(at in 0usize..200, byte: u8, set in 0usize..4) {
        let sps = [SPS_SET, SPS_MAIN10, SPS_WIDE, SPS_444][set];
        let mut record = record(4, &[&[VPS_SET], &[sps], &[PPS_SET]]);
        let at = at % record.len();
        record[at] = byte;
        if let Ok(config) = DecoderConfiguration::parse(&record) {
            let video = config.to_config();
            prop_assert!(is_usable_size(video.width, video.height));
            prop_assert_eq!(DecoderConfiguration::parse(&video.record).unwrap().to_config(), video);
        }
    }
}
