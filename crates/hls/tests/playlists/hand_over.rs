//! A window that goes to another node is the same there: its lists, its names, and what comes after.

use crate::feed::{Feed, query};
use bytes::Bytes;
use streamly_hls::{Decision, Part, Resource, Variant, Window, WindowConfig};

/// The window of `feed`, taken over by another node.
fn taken_over(feed: &Feed) -> Window {
    let first_discontinuity_sequence = feed.window.discontinuity_sequence();
    let config = WindowConfig { first_discontinuity_sequence, ..feed.window.config().clone() };
    let mut window = Window::new(config).expect("the same settings");
    let inits: Vec<_> = feed.window.inits().cloned().collect();
    for segment in feed.window.listed_segments() {
        for (name, bytes) in inits.iter().filter(|(name, _)| Some(*name) == segment.init) {
            window.push_init(*name, bytes.clone(), feed.now).expect("the init section is taken");
        }
        window.take_over(segment, feed.now).expect("the segment is taken");
    }
    window
}

/// A broadcast with a reconnect, whose publisher is gone amid a segment; more than the list holds.
fn fed() -> Feed {
    let config = WindowConfig { window: std::time::Duration::from_secs(20), ..WindowConfig::default() };
    let mut feed = Feed::new(config, 5000);
    feed.segments(4, 10);
    feed.cut();
    feed.reconnect(5);
    feed.segments(12, 10);
    feed.cut();
    feed.reconnect(3);
    feed.segments(3, 10);
    (0..4).for_each(|_| feed.part(200));
    feed.window.close_segment();
    feed
}

#[test]
fn the_lists_are_the_same_letter_by_letter() {
    let feed = fed();
    let window = taken_over(&feed);
    for variant in [Variant::Full, Variant::Delta, Variant::Plain] {
        let there = String::from_utf8(window.playlist(variant, &[]).body.to_vec()).expect("text");
        assert_eq!(there, feed.text(variant), "{variant:?}");
    }
    assert!(feed.text(Variant::Full).contains("#EXT-X-DISCONTINUITY-SEQUENCE:1\n"), "one was removed");
}

#[test]
fn every_listed_name_stands_for_the_same_bytes() {
    let feed = fed();
    let window = taken_over(&feed);
    let text = feed.text(Variant::Full);
    let named = text.lines().filter_map(|line| match line.split("URI=\"").nth(1) {
        Some(uri) => uri.split('"').next(),
        None => Some(line).filter(|line| !line.starts_with('#')),
    });
    let named: Vec<&str> = named.collect();
    assert!(named.len() > 40, "{text}");
    for name in named {
        assert_eq!(window.resource(name), feed.window.resource(name), "{name}");
    }
}

#[test]
fn the_next_session_follows_without_a_jump_and_what_was_hinted_is_its_first_part() {
    let mut feed = fed();
    let mut window = taken_over(&feed);
    // Hinted while the publisher was there: the fifth part; after it the segment was closed.
    let (last, next) = (feed.msn, feed.msn + 1);
    let (amid, behind) = (format!("3-{last}.4.m4s"), format!("3-{next}.0.m4s"));
    for name in [&amid, &behind] {
        assert!(
            matches!(window.resource(name), Resource::WaitFor { .. }),
            "{name}: {:?}",
            window.resource(name)
        );
    }
    let asked = query(&format!("_HLS_msn={last}&_HLS_part=4"));
    assert!(matches!(window.decide(&asked), Decision::WaitFor { .. }));
    feed.epoch = 4;
    (feed.msn, feed.part) = (next, 0);
    let first: Part = feed.next(std::time::Duration::from_millis(200), false, false);
    let name = streamly_hls::InitName { epoch: 4, number: 0 };
    window.push_init(name, Bytes::from_static(b"init of the new node"), feed.now).expect("taken");
    window.push_part(first.clone(), feed.now).expect("taken");
    for name in [&amid, &behind] {
        assert_eq!(window.resource(name), Resource::Part(first.bytes.clone()), "{name}");
    }
    assert_eq!(window.decide(&asked), Decision::Ready);
    let text = String::from_utf8(window.playlist(Variant::Full, &[]).body.to_vec()).expect("text");
    let tail = text.split(&format!("3-{last}.m4s\n")).nth(1).expect("the segment before is whole");
    assert!(tail.starts_with("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"4-init0.mp4\"\n"), "{tail}");
    assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 2, "{text}");
    assert_eq!(window.stats().parts_too_long, 0);
}
