use proptest::prelude::*;

use super::*;

/// One pair, and one construct that is marked invalid.
const DATA: [u8; 9] = [0x42, 0xFF, 0xFC, 0x94, 0x2C, 0xFA, 0, 0, 0xFF];
const FORMATS: [VideoFormat; 3] = [VideoFormat::H264, VideoFormat::Hevc, VideoFormat::Av1];

fn are_in(format: VideoFormat, picture: &[u8]) -> bool {
    !messages(format, picture).is_empty()
}

fn picture(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
}

fn message(head: &[u8], data: &[u8]) -> Vec<u8> {
    [head, &[4, 17], &BEGIN, data, &[0x80]].concat()
}

/// Metadata of type 4 with their size in front, and a frame.
fn av1(data: &[u8]) -> Vec<u8> {
    let payload = [&[4][..], &BEGIN, data, &[0x80]].concat();
    [&[0x2A, payload.len() as u8], &payload[..], &[0x32, 1, 0x10]].concat()
}

#[test]
fn captions_are_found_in_messages_in_front_of_the_slices_alone() {
    let avc = message(&[6], &DATA);
    let hevc = message(&[0x4E, 1], &DATA);
    let words = [6, 5, 3, 1, 2, 3, 0x80];
    assert!(are_in(VideoFormat::H264, &picture(&[&words, &avc, &[0x65, 1]])));
    assert!(!are_in(VideoFormat::H264, &picture(&[&words, &[0x65, 1], &avc])));
    assert!(!are_in(VideoFormat::H264, &picture(&[&words, &[0x41, 1]])));
    assert!(are_in(VideoFormat::Hevc, &picture(&[&hevc, &[0x26, 1]])));
    assert!(!are_in(VideoFormat::Hevc, &picture(&[&[0x26, 1], &hevc])));
    assert!(are_in(VideoFormat::Av1, &av1(&DATA)));
    assert!(!are_in(VideoFormat::Av1, &[&[0x32, 1, 0x10], &av1(&DATA)[..]].concat()));
}

#[test]
fn those_of_all_messages_are_read_without_the_invalid_ones() {
    let other = [0x41, 0xFF, 0xFD, 0x80, 0x80, 0xFF];
    let (one, two) = (message(&[6], &DATA), message(&[6], &other));
    let all = [[0xFC, 0x94, 0x2C], [0xFD, 0x80, 0x80]];
    assert_eq!(of(VideoFormat::H264, &picture(&[&one, &two, &[0x65, 1]])), all);
    let both = [&one[..one.len() - 1], &two[1..]].concat();
    assert_eq!(of(VideoFormat::H264, &picture(&[&both, &[0x65, 1]])), all, "two messages in one unit");
    assert_eq!(of(VideoFormat::Hevc, &picture(&[&message(&[0x4E, 1], &DATA), &[0x26, 1]])), all[..1]);
    assert_eq!(of(VideoFormat::Av1, &av1(&DATA)), all[..1]);
    let denied = [&[0x02], &DATA[1..]].concat();
    assert!(of(VideoFormat::Av1, &av1(&denied)).is_empty(), "process_cc_data_flag is not set");
    let short = message(&[6], &[0x5F, 0xFF, 0xFC, 1, 2, 0xFC, 3]);
    assert_eq!(of(VideoFormat::H264, &picture(&[&short])), [[0xFC, 1, 2], [0xFC, 3, 0x80]]);
}

#[test]
fn escapes_are_taken_out_where_there_are_any() {
    // Marker bits that are not set, as some write them.
    let data = [0x43, 0xFF, 0x04, 0, 0, 3, 0x00, 0, 0, 3, 0x04, 0, 3, 0xFF];
    let escaped = of(VideoFormat::H264, &picture(&[&message(&[6], &data), &[0x65, 1]]));
    assert_eq!(escaped, [[4, 0, 0], [4, 0, 3]]);
    let plain = [0x42, 0xFF, 0x04, 0, 0, 0x04, 3, 0, 0xFF];
    assert_eq!(of(VideoFormat::Av1, &av1(&plain)), [[4, 0, 0], [4, 3, 0]]);
}

#[test]
fn a_picture_they_were_taken_out_of_has_none_and_is_the_same_otherwise() {
    let units = picture(&[&message(&[6], &DATA), &message(&[6], &DATA), &[0x65, 1]]);
    let (without, found) = taken_out(VideoFormat::H264, units.clone().into());
    assert_eq!(found, [[0xFC, 0x94, 0x2C]; 2]);
    assert!(!are_in(VideoFormat::H264, &without));
    let changed = units.iter().zip(&without).filter(|(before, after)| before != after);
    assert_eq!((without.len(), changed.count()), (units.len(), 8));
    let (without, found) = taken_out(VideoFormat::Av1, av1(&DATA).into());
    assert_eq!((are_in(VideoFormat::Av1, &without), found.len()), (false, 1));
    let none = Bytes::from(picture(&[&[0x65, 1]]));
    let (same, found) = taken_out(VideoFormat::H264, none.clone());
    assert_eq!((same.as_ptr(), found.len()), (none.as_ptr(), 0));
}

#[test]
fn what_is_written_is_read_again_and_is_never_more_than_a_picture_may_have() {
    let captions: Vec<Construct> = (0..40).map(|number| [4 | (number % 4), 0, number]).collect();
    let read = of(VideoFormat::H264, &picture(&[&h264_message(&captions), &[0x65, 1]]));
    let marked: Vec<Construct> = captions.iter().map(|[head, a, b]| [head | 0xF8, *a, *b]).collect();
    assert_eq!(read, marked[..PICTURE_MAX]);
    assert_eq!(captions.iter().filter(|construct| is_708(construct)).count(), 20);
}

#[test]
fn a_picture_gives_no_more_than_it_may_have_however_many_messages_it_is() {
    let other = [&BEGIN[..], &[0xDF, 0xFF]].concat().repeat(1000);
    let unit = [&[6, 4, 17][..], &other, &[0x80]].concat();
    for (format, units) in [
        (VideoFormat::H264, vec![&unit[..], &[0x65, 1]]),
        (VideoFormat::H264, vec![&message(&[6], &DATA)[..]; 100]),
    ] {
        let picture = picture(&units);
        let (without, found) = taken_out(format, picture.clone().into());
        assert_eq!(found.len(), PICTURE_MAX);
        assert_eq!(of(format, &picture), found);
        assert!(!are_in(format, &without), "no decoder sees the rest");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..64),
        data in proptest::collection::vec(prop_oneof![Just(0u8), Just(3), any::<u8>()], 0..120),
    ) {
        let pictures = [bytes, picture(&[&message(&[6], &data)]), picture(&[&message(&[0x4E, 1], &data)])];
        for (format, picture) in FORMATS.iter().flat_map(|format| pictures.iter().map(|bytes| (*format, bytes))) {
            let found = of(format, picture);
            prop_assert!(found.len() <= PICTURE_MAX);
            let (without, taken) = taken_out(format, picture.clone().into());
            prop_assert_eq!(taken, found);
            prop_assert!(!are_in(format, &without));
        }
    }

    #[test]
    fn what_is_written_has_no_start_code(captions in proptest::collection::vec(any::<[u8; 3]>(), 0..40)) {
        let unit = h264_message(&captions);
        prop_assert!(!unit.windows(3).any(|bytes| bytes[..2] == [0, 0] && bytes[2] <= 3));
    }
}
