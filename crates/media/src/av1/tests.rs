//! Records and temporal units as SVT-AV1 makes them, and broken ones.

use proptest::prelude::*;

use super::*;

/// SVT-AV1, Main 640x360, BT.709.
const RECORD: &[u8] = &[
    0x81, 0x01, 0x0c, 0x00, 0x0a, 0x0f, 0x02, 0x00, 0x00, 0x0c, 0xe6, 0x27, 0xfb, 0x38, 0x05, 0xf0, 0x20,
    0x20, 0x20, 0x20, 0x80,
];
/// A frame OBU of two bytes: a key frame that is shown, and one that is not key.
const KEY: &[u8] = &[0x32, 2, 0x10, 0];
const INTER: &[u8] = &[0x32, 2, 0x30, 0];
const DELIMITER: &[u8] = &[0x12, 0];

fn config() -> Configuration {
    Configuration::parse(RECORD).unwrap()
}

/// The sequence header with another width: its highest bit is in byte 5 behind the OBU's two.
fn narrower() -> Vec<u8> {
    let mut header = RECORD[4..].to_vec();
    header[7] ^= 0x20;
    header
}

#[test]
fn a_record_is_rebuilt_from_its_sequence_header() {
    let video = config().to_config();
    assert_eq!((video.width, video.height, video.codec().as_str()), (640, 360, "av01.0.01M.08"));
    assert_eq!(&video.record[..], RECORD);
    let mut claims = RECORD.to_vec();
    (claims[1], claims[2]) = (0xff, 0xff);
    assert_eq!(Configuration::parse(&claims).unwrap().to_config(), video, "the head's claims do not count");
}

#[test]
fn broken_records_are_errors() {
    for cut in 0..RECORD.len() {
        assert!(Configuration::parse(&RECORD[..cut]).is_err(), "cut at {cut}");
    }
    assert_eq!(Configuration::parse(&RECORD[..4]), Err(Error::NoSequenceHeader));
    assert_eq!(Configuration::parse(&[1, 0, 0, 0]), Err(Error::Version(1)));
    assert_eq!(Configuration::parse(&[0x81, 0, 0, 0, 0x0a, 9, 0]), Err(Error::Truncated));
    assert_eq!(Configuration::parse(&[0x81, 0, 0, 0, 0x0a, 1, 0xff]), Err(Error::SequenceHeader));
    let long = [RECORD, &[0; crate::RECORD_BYTES_MAX]].concat();
    assert_eq!(Configuration::parse(&long), Err(Error::TooLong(long.len())));
    assert_eq!(Configuration::from_sequence(&[0; 1_025]), Err(Error::SequenceHeader));
}

#[test]
fn a_unit_without_delimiters_is_not_copied_and_delimiters_are_dropped() {
    let clean = Bytes::from([&RECORD[4..], KEY].concat());
    let out = normalise(&clean, &config()).unwrap();
    assert_eq!(out.data.as_ptr(), clean.as_ptr());
    assert!(out.frames && out.keyframe && out.new_config.is_none());
    let padding: &[u8] = &[0x7a, 3, 1, 2, 3];
    let out = normalise(&Bytes::from([DELIMITER, &RECORD[4..], KEY, padding].concat()), &config()).unwrap();
    assert_eq!(out.data, clean);
}

#[test]
fn only_a_key_frame_that_is_shown_first_is_a_place_to_start() {
    let keyframe = |parts: &[&[u8]]| normalise(&Bytes::from(parts.concat()), &config()).unwrap().keyframe;
    assert!(keyframe(&[KEY]));
    assert!(!keyframe(&[INTER]));
    assert!(!keyframe(&[INTER, KEY]));
    assert!(!keyframe(&[&[0x32, 1, 0x00]]), "a key frame that is not shown");
    assert!(!keyframe(&[&[0x1a, 1, 0x80]]), "an old one shown again");
    // The last unit may have no size.
    assert!(keyframe(&[&[0x30, 0x10, 0]]));
    let none = normalise(&Bytes::from_static(DELIMITER), &config()).unwrap();
    assert!(!none.frames && none.data.is_empty());
}

#[test]
fn a_key_frame_without_a_sequence_header_gets_the_configurations() {
    let data = |parts: &[&[u8]]| normalise(&Bytes::from(parts.concat()), &config()).unwrap().data;
    let whole = [&RECORD[4..], KEY, INTER].concat();
    assert_eq!(data(&[DELIMITER, KEY, INTER]), whole);
    assert_eq!(data(&[&RECORD[4..], KEY, INTER]), whole, "one is enough");
    // Behind the frame it comes too late.
    assert_eq!(data(&[KEY, &RECORD[4..]]), [&RECORD[4..], KEY, &RECORD[4..]].concat());
    let inter = Bytes::from_static(INTER);
    assert_eq!(normalise(&inter, &config()).unwrap().data.as_ptr(), inter.as_ptr());
    assert!(data(&[DELIMITER]).is_empty());
}

#[test]
fn another_size_in_band_is_a_new_configuration() {
    let out = normalise(&Bytes::from([&narrower()[..], KEY].concat()), &config()).unwrap();
    let new = out.new_config.unwrap();
    assert_eq!((new.active.width, new.active.height), (128, 360));
    assert!(out.keyframe);
    assert!(normalise(&Bytes::from([&RECORD[4..], KEY].concat()), &config()).unwrap().new_config.is_none());
}

#[test]
fn a_unit_past_the_end_makes_the_picture_unusable() {
    for data in
        [&[0x32, 9, 0x10][..], &[0x32], &[0xb2, 1, 0], &[0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0], &[0x36]]
    {
        assert_eq!(normalise(&Bytes::copy_from_slice(data), &config()), None, "{data:?}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        let body = Bytes::from(data);
        let _ = Configuration::parse(&body);
        let _ = SequenceHeader::parse(&body);
        let _ = normalise(&body, &config());
    }

    #[test]
    fn any_damage_to_a_header_gives_an_error_or_a_usable_configuration(at in 0usize..21, byte: u8) {
        let mut record = RECORD.to_vec();
        record[at] = byte;
        if let Ok(config) = Configuration::parse(&record) {
            let video = config.to_config();
            prop_assert!(is_usable_size(video.width, video.height));
            prop_assert_eq!(Configuration::parse(&video.record).unwrap().to_config(), video);
        }
    }
}
