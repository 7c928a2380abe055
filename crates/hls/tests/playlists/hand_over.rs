//! A window that goes to another node is the same there: its lists, its names, and what comes after.

use crate::feed::{Feed, query};
use bytes::Bytes;
use std::time::Duration;
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
    let config = WindowConfig { window: Duration::from_secs(20), ..WindowConfig::default() };
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
    let first: Part = feed.next(Duration::from_millis(200), false, false);
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

/// The same with a rewind: what is on disk goes along as a list.
fn taken_over_with_rewind(feed: &Feed) -> Window {
    let kept: Vec<_> = feed.window.kept_segments().collect::<Vec<_>>().into_iter().rev().collect();
    let breaks = kept.iter().filter(|kept| kept.discontinuity).count() as u64;
    let first_discontinuity_sequence = feed.window.discontinuity_sequence() - breaks;
    let config = WindowConfig { first_discontinuity_sequence, ..feed.window.config().clone() };
    let mut window = Window::new(config).expect("the same settings");
    let inits: Vec<_> = feed.window.inits().cloned().collect();
    for (name, bytes) in inits.iter().filter(|(name, _)| kept.iter().any(|kept| kept.init == Some(*name))) {
        window.push_init(*name, bytes.clone(), feed.now).expect("the init section is taken");
    }
    window.take_over_kept(kept).expect("the rewind is taken");
    for segment in feed.window.listed_segments() {
        for (name, bytes) in inits.iter().filter(|(name, _)| Some(*name) == segment.init) {
            window.push_init(*name, bytes.clone(), feed.now).expect("the init section is taken");
        }
        window.take_over(segment, feed.now).expect("the segment is taken");
    }
    window
}

/// A rewind with a cut, a segment that is missing, and more than it may list.
fn fed_with_rewind() -> Feed {
    let config = WindowConfig {
        window: Duration::from_secs(6),
        rewind: Duration::from_secs(40),
        ..WindowConfig::default()
    };
    let mut feed = Feed::new(config, 5000);
    let more = |feed: &mut Feed, count| {
        for _ in 0..count {
            feed.segments(1, 5);
            feed.store();
        }
    };
    more(&mut feed, 4);
    feed.cut();
    feed.reconnect(2);
    more(&mut feed, 12);
    feed.try_part(200, true, true).expect("gap is taken");
    feed.cut();
    feed.reconnect(2);
    more(&mut feed, 32);
    (0..4).for_each(|_| feed.part(200));
    feed.window.close_segment();
    feed
}

#[test]
fn with_a_rewind_the_lists_are_the_same_letter_by_letter_and_so_is_what_follows() {
    let mut feed = fed_with_rewind();
    let mut window = taken_over_with_rewind(&feed);
    assert!(feed.window.kept_segments().count() > 25, "most of it is on disk");
    let same = |feed: &Feed, window: &Window| {
        for variant in [Variant::Full, Variant::Delta, Variant::Plain] {
            let there = String::from_utf8(window.playlist(variant, &[]).body.to_vec()).expect("text");
            assert_eq!(there, feed.text(variant), "{variant:?}");
        }
    };
    same(&feed, &window);
    let text = feed.text(Variant::Full);
    assert!(text.contains("#EXT-X-GAP\n") && text.matches("#EXT-X-DISCONTINUITY\n").count() == 1, "{text}");
    assert!(text.contains("#EXT-X-DISCONTINUITY-SEQUENCE:1\n"), "{text}");
    assert_eq!(window.next_discontinuity_sequence(), feed.window.next_discontinuity_sequence());
    // It slides on as it would have there.
    (feed.msn, feed.part) = (feed.msn + 1, 0);
    for _ in 0..60 {
        feed.store();
        let part = feed.next(Duration::from_millis(1000), true, false);
        window.push_part(part.clone(), feed.now).expect("taken");
        feed.window.push_part(part, feed.now).expect("taken");
        while let Some(segment) = window.take_unstored() {
            window.stored(segment.id, true, feed.now);
        }
        while let Some(awaited) = window.next_awaited() {
            assert!(window.arrived(awaited.id));
        }
        let sequence = |text: &str| text.split("MEDIA-SEQUENCE:").nth(1).map(|rest| rest[..4].to_owned());
        let there = String::from_utf8(window.playlist(Variant::Plain, &[]).body.to_vec()).expect("text");
        assert_eq!(sequence(&there), sequence(&feed.text(Variant::Plain)));
    }
    same(&feed, &window);
}

#[test]
fn a_segment_that_is_still_to_come_is_listed_and_held_and_then_there() {
    let feed = fed_with_rewind();
    let mut window = taken_over_with_rewind(&feed);
    let newest = feed.window.kept_segments().next().expect("there is a rewind");
    let next = window.next_awaited().expect("its media is not here yet");
    assert_eq!((next.id, next.size, next.date), (newest.id, newest.size, newest.date), "newest first");
    let name = newest.id.to_string();
    assert_eq!(window.resource(&name), Resource::Awaited { id: newest.id, size: newest.size });
    assert_eq!(feed.window.resource(&name), Resource::Stored { id: newest.id, size: newest.size });
    let revision = window.position().revision;
    assert!(window.arrived(newest.id) && !window.arrived(newest.id));
    assert_eq!(window.position().revision, revision, "no list changes by it");
    assert_eq!(window.resource(&name), Resource::Stored { id: newest.id, size: newest.size });
    assert!(window.awaited(newest.id).is_none());
    // One that is not to be had takes all before it along, and only that.
    let oldest = feed.window.kept_segments().filter(|kept| !kept.gap).last().expect("there are more");
    let lost = feed.window.kept_segments().filter(|kept| !kept.gap).nth(10).expect("there are more");
    assert!(window.awaited(oldest.id).is_some());
    window.forget(lost.id, feed.now);
    assert!(window.awaited(oldest.id).is_none());
    for id in [oldest.id, lost.id] {
        assert_eq!(window.resource(&id.to_string()), Resource::Gone, "{id}");
    }
    let text = String::from_utf8(window.playlist(Variant::Full, &[]).body.to_vec()).expect("text");
    assert!(text.contains(&format!("#EXT-X-MEDIA-SEQUENCE:{}\n", lost.id.msn + 1)), "{text}");
    // The node before is gone: what did not come is not listed, what came stays.
    window.forget_awaited(feed.now);
    assert!(window.next_awaited().is_none());
    assert_eq!(window.resource(&name), Resource::Stored { id: newest.id, size: newest.size });
    let text = String::from_utf8(window.playlist(Variant::Full, &[]).body.to_vec()).expect("text");
    assert!(text.contains(&format!("#EXT-X-MEDIA-SEQUENCE:{}\n", newest.id.msn)), "{text}");
    assert_eq!(window.take_discards(), [], "nothing that never was here is deleted");
}

#[test]
fn what_leaves_the_list_while_it_is_still_to_come_is_awaited_for_its_time() {
    let mut feed = fed_with_rewind();
    let mut window = taken_over_with_rewind(&feed);
    let oldest = feed.window.kept_segments().last().expect("there is a rewind").id;
    (feed.msn, feed.part) = (feed.msn + 1, 0);
    let part = feed.next(Duration::from_secs(2), true, false);
    window.push_part(part, feed.now).expect("taken");
    window.close_segment();
    window.finish_closed(feed.now);
    let text = String::from_utf8(window.playlist(Variant::Plain, &[]).body.to_vec()).expect("text");
    assert!(!text.contains(&format!("\n{oldest}\n")), "{text}");
    assert!(
        matches!(window.resource(&oldest.to_string()), Resource::Awaited { .. }),
        "on its way to viewers"
    );
    assert_ne!(window.next_awaited().map(|awaited| awaited.id), Some(oldest), "what is listed comes first");
    // After its time nobody waits for it, and no file is named that there never was.
    window.expire(feed.now + Duration::from_secs(3600));
    assert!(window.awaited(oldest).is_none());
    assert!(!window.take_discards().contains(&oldest));
}

#[test]
fn what_was_taken_over_has_time_to_be_written() {
    let mut feed = Feed::new(
        WindowConfig {
            window: Duration::from_secs(6),
            rewind: Duration::from_secs(60),
            ..WindowConfig::default()
        },
        5000,
    );
    for _ in 0..30 {
        feed.segments(1, 5);
        feed.store();
    }
    // A disk that stands still: memory holds as much as it ever does.
    feed.segments(6, 5);
    let mut window = taken_over_with_rewind(&feed);
    let first = |window: &Window| {
        let text = String::from_utf8(window.playlist(Variant::Plain, &[]).body.to_vec()).expect("text");
        text.split("MEDIA-SEQUENCE:").nth(1).map(|rest| rest[..4].to_owned())
    };
    assert_eq!(first(&window).as_deref(), Some("5000"));
    let push = |feed: &mut Feed, window: &mut Window, count| {
        for _ in 0..count {
            let part = feed.next(Duration::from_millis(500), true, false);
            window.push_part(part, feed.now).expect("taken");
        }
    };
    push(&mut feed, &mut window, 3);
    assert_eq!(first(&window).as_deref(), Some("5000"), "nobody asked for it yet");
    // A disk that takes nothing is not waited for.
    push(&mut feed, &mut window, 20);
    assert!(first(&window).as_deref() > Some("5030"), "{:?}", first(&window));
}
