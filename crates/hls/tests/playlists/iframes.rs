//! The I-frame playlist, read by a little reader of its own.

use std::time::Duration;

use streamly_hls::{Part, Variant, WindowConfig};

use crate::feed::Feed;

#[derive(Debug, Default)]
pub struct Entry {
    pub uri: String,
    pub offset: usize,
    pub bytes: usize,
    pub duration: f64,
    pub discontinuities: u64,
    pub map: Option<String>,
    pub date: Option<String>,
}

#[derive(Debug, Default)]
pub struct List {
    pub sequence: u64,
    pub discontinuity_sequence: u64,
    pub target: f64,
    pub entries: Vec<Entry>,
    pub ended: bool,
}

/// Panics on what does not belong there.
pub fn parse(text: &str) -> List {
    let (mut list, mut entry, mut map) = (List::default(), Entry::default(), None);
    let mut lines = text.lines();
    assert_eq!((lines.next(), lines.next()), (Some("#EXTM3U"), Some("#EXT-X-VERSION:6")));
    assert!(text.contains("\n#EXT-X-I-FRAMES-ONLY\n"), "{text}");
    for line in lines {
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        match tag {
            "#EXT-X-TARGETDURATION" => list.target = value.parse().expect("a number"),
            "#EXT-X-MEDIA-SEQUENCE" => list.sequence = value.parse().expect("a number"),
            "#EXT-X-DISCONTINUITY-SEQUENCE" => list.discontinuity_sequence = value.parse().expect("a number"),
            "#EXT-X-I-FRAMES-ONLY" => assert!(list.entries.is_empty()),
            "#EXT-X-ENDLIST" => list.ended = true,
            "#EXT-X-DISCONTINUITY" => entry.discontinuities += 1,
            "#EXT-X-MAP" => map = Some(value.split('"').nth(1).expect("a URI").to_owned()),
            "#EXT-X-PROGRAM-DATE-TIME" => entry.date = Some(value.to_owned()),
            "#EXTINF" => entry.duration = value.trim_end_matches(',').parse().expect("a duration"),
            "#EXT-X-BYTERANGE" => {
                let (bytes, offset) = value.split_once('@').expect("an offset");
                (entry.bytes, entry.offset) =
                    (bytes.parse().expect("bytes"), offset.parse().expect("an offset"));
            }
            _ => {
                assert!(!line.starts_with('#'), "unknown line {line:?}");
                assert!(entry.duration.round() <= list.target, "{line} is too long");
                (entry.uri, entry.map) = (line.to_owned(), map.clone());
                list.entries.push(std::mem::take(&mut entry));
            }
        }
    }
    list
}

fn feed() -> Feed {
    Feed::new(WindowConfig { window: Duration::from_secs(6), ..WindowConfig::default() }, 100)
}

#[test]
fn each_keyframe_lasts_until_the_next() {
    let mut feed = feed();
    feed.segments(2, 5);
    // A second keyframe within the segment.
    let parts = [false, true, false];
    for keyframe in parts {
        let part = feed.next(Duration::from_millis(200), false, false);
        let keyframe = (keyframe || part.part == 0).then_some(4);
        feed.window.push_part(Part { keyframe, ..part }, feed.now).expect("part is taken");
    }
    feed.last_part(200);
    let list = parse(&feed.text(Variant::Iframes));
    let told: Vec<_> = list.entries.iter().map(|e| (e.uri.as_str(), e.offset, e.bytes, e.duration)).collect();
    assert_eq!(told, [("1-100.m4s", 0, 4, 1.0), ("1-101.m4s", 0, 4, 1.0)], "of whole segments only");
    assert_eq!((list.sequence, list.ended), (6400, false));
    assert_eq!(list.entries[1].date.as_deref(), Some("2027-01-15T08:00:01.000Z"));
    feed.window.end(feed.now);
    let list = parse(&feed.text(Variant::Iframes));
    let [_, _, first, last] = &list.entries[..] else { panic!("two of the last segment: {list:?}") };
    assert_eq!((first.uri.as_str(), first.offset, first.duration), ("1-102.m4s", 0, 0.2));
    assert_eq!((last.uri.as_str(), last.offset, last.duration), ("1-102.m4s", "part 1-102.0".len(), 0.6));
    assert_eq!(last.date.as_deref(), Some("2027-01-15T08:00:02.200Z"));
    assert!(list.ended);
}

#[test]
fn a_gop_longer_than_the_target_duration_leaves_a_hole_and_no_entry_that_is_too_long() {
    let mut feed = feed();
    for segment in 0..4 {
        for part in 0..10 {
            let pushed = feed.next(Duration::from_millis(200), part == 9, false);
            let keyframe = (segment % 2 == 0 && part == 0).then_some(4);
            feed.window.push_part(Part { keyframe, ..pushed }, feed.now).expect("part is taken");
        }
    }
    feed.part(200);
    let list = parse(&feed.text(Variant::Iframes));
    let told: Vec<_> = list.entries.iter().map(|e| (e.uri.as_str(), e.duration)).collect();
    assert_eq!(told, [("1-100.m4s", 2.0), ("1-102.m4s", 2.0)]);
}

#[test]
fn the_discontinuities_and_numbers_go_on_as_the_list_slides_and_over_a_cut() {
    let mut feed = feed();
    feed.segments(3, 5);
    for _ in 0..2 {
        feed.cut();
        feed.reconnect(2);
        feed.segments(2, 5);
    }
    let (mut sequence, mut discontinuities) = (0, 0);
    for _ in 0..14 {
        feed.segments(1, 5);
        let list = parse(&feed.text(Variant::Iframes));
        let main = crate::parser::parse(&feed.text(Variant::Full));
        assert!(list.sequence >= sequence && list.discontinuity_sequence >= discontinuities, "{list:?}");
        (sequence, discontinuities) = (list.sequence, list.discontinuity_sequence);
        let mut number = list.discontinuity_sequence;
        for entry in &list.entries {
            number += entry.discontinuities;
            let segment =
                main.whole().find(|segment| segment.uri.as_ref() == Some(&entry.uri)).expect("listed");
            assert_eq!((segment.discontinuity_sequence, &segment.map), (number, &entry.map), "{entry:?}");
        }
    }
    assert!(sequence > 6406 && discontinuities == 2);
}
