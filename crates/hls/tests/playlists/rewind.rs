//! The rewind: what is on disk stays listed and costs no memory; what is not leaves without harm to the live end.

use std::time::{Duration, Instant};

use streamly_hls::{Decision, Resource, SegmentId, Variant, WindowConfig};

use crate::feed::{Feed, query};
use crate::parser::parse;

fn config(rewind: u64) -> WindowConfig {
    WindowConfig {
        window: Duration::from_secs(6),
        rewind: Duration::from_secs(rewind),
        ..WindowConfig::default()
    }
}

/// One-second segments of five parts, each stored when it is whole.
fn fed(rewind: u64, segments: u32) -> Feed {
    let mut feed = Feed::new(config(rewind), 1);
    for _ in 0..segments {
        feed.segments(1, 5);
        feed.store();
    }
    feed
}

fn whole(feed: &Feed, variant: Variant) -> Vec<u64> {
    parse(&feed.text(variant)).whole().map(|segment| segment.msn).collect()
}

#[test]
fn what_is_on_disk_stays_listed_and_fetchable_and_leaves_memory() {
    let mut feed = fed(60, 50);
    let bytes = feed.window.bytes();
    for variant in [Variant::Full, Variant::Plain] {
        assert_eq!(whole(&feed, variant), (1..50).collect::<Vec<_>>());
    }
    assert_eq!(
        feed.text_of("1-1.m4s").as_deref(),
        Some("part 1-1.0part 1-1.1part 1-1.2part 1-1.3part 1-1.4")
    );
    assert_eq!(
        feed.window.resource("1-1.m4s"),
        Resource::Stored { id: SegmentId { epoch: 1, msn: 1 }, size: 50 }
    );
    assert_eq!(feed.window.resource("1-1.0.m4s"), Resource::Gone);
    assert_eq!(feed.window.resource("2-1.m4s"), Resource::NotFound);
    assert_eq!(feed.window.decide(&query("_HLS_msn=1")), Decision::Ready);
    for _ in 0..200 {
        feed.segments(1, 5);
        feed.store();
    }
    assert!(feed.window.bytes() <= bytes + 200, "{} and {bytes} bytes in memory", feed.window.bytes());
    let listed = whole(&feed, Variant::Full);
    assert_eq!((listed.len(), listed.last()), (60, Some(&249)));
    assert!(feed.text_of("1-190.m4s").is_some() && feed.text_of("1-init0.mp4").is_some());
}

#[test]
fn a_delta_of_a_long_list_is_short_and_adds_up() {
    let mut feed = fed(600, 300);
    let before = parse(&feed.text(Variant::Full));
    feed.segments(1, 5);
    let (delta, full) = (feed.text(Variant::Delta), feed.text(Variant::Full));
    assert!(delta.len() * 5 < full.len(), "{} of {} bytes", delta.len(), full.len());
    let delta = parse(&delta);
    assert_eq!(delta.skipped, 289, "all but 12 s of media");
    assert_eq!(delta.merged(&before), parse(&full).segments);
}

#[test]
fn what_left_the_list_stays_on_disk_as_long_as_the_longest_playlist() {
    let mut feed = fed(20, 22);
    assert_eq!(whole(&feed, Variant::Full).first(), Some(&2));
    let gone = feed.now;
    let id = SegmentId { epoch: 1, msn: 1 };
    feed.window.expire(gone + Duration::from_millis(21_100));
    feed.store();
    assert!(feed.disk.contains_key(&id) && feed.text_of("1-1.m4s").is_some());
    feed.window.expire(gone + Duration::from_millis(21_200));
    feed.store();
    assert!(!feed.disk.contains_key(&id));
    assert_eq!(feed.window.resource("1-1.m4s"), Resource::Gone);
}

#[test]
fn a_disk_that_takes_nothing_costs_the_rewind_and_never_the_live_end() {
    let mut feed = fed(60, 30);
    let memory = feed.window.bytes();
    for round in 0..100 {
        feed.segments(1, 5);
        while let Some(segment) = feed.window.take_unstored() {
            feed.window.stored(segment.id, false, feed.now);
        }
        let listed = whole(&feed, Variant::Full);
        assert!(listed.len() >= 6 && listed.last() == Some(&(feed.msn - 2)), "{listed:?}");
        assert!(feed.window.bytes() <= memory * 3, "{} and {memory} bytes", feed.window.bytes());
        for msn in listed {
            assert!(feed.text_of(&format!("1-{msn}.m4s")).is_some(), "{msn}");
        }
        // What is on disk is served as long as any removed segment.
        assert!(round > 30 || feed.text_of("1-20.m4s").is_some(), "{round}");
    }
    let first = whole(&feed, Variant::Full)[0];
    assert!(first > 115, "what memory cannot hold is not listed: {first}");
    // It comes back.
    for _ in 0..60 {
        feed.segments(1, 5);
        feed.store();
    }
    assert!(whole(&feed, Variant::Full).len() > 50);
}

#[test]
fn a_writer_that_is_slow_is_not_waited_for() {
    let mut feed = Feed::new(config(60), 1);
    feed.segments(3, 5);
    let late = feed.window.take_unstored().expect("the first is whole").id;
    feed.segments(40, 5);
    let listed = whole(&feed, Variant::Full);
    assert_eq!(listed.first(), Some(&(feed.msn - 13)), "twice the window: {listed:?}");
    feed.window.stored(late, true, feed.now);
    assert_eq!(feed.window.take_discards(), [late], "it came too late");
}

#[test]
fn the_owner_may_take_the_oldest_back() {
    let mut feed = fed(60, 40);
    let listed = whole(&feed, Variant::Full);
    assert_eq!(listed[0], 1);
    let revision = feed.window.position().revision;
    for msn in 1..=5 {
        let id = SegmentId { epoch: 1, msn };
        feed.window.forget(id, feed.now);
        feed.disk.remove(&id);
    }
    assert!(feed.window.position().revision > revision);
    assert_eq!(whole(&feed, Variant::Full)[0], 6);
    assert_eq!(feed.window.resource("1-5.m4s"), Resource::Gone);
    assert_eq!(feed.store(), 0);
    // Also one whose media is still in memory: it is served from there, and leaves the list in its time.
    let newest = SegmentId { epoch: 1, msn: 39 };
    feed.window.forget(newest, feed.now);
    feed.disk.remove(&newest);
    assert!(feed.text_of("1-39.m4s").is_some());
    for _ in 0..20 {
        feed.segments(1, 5);
        feed.store();
    }
    assert_eq!(whole(&feed, Variant::Full)[0], 40, "a list has no holes");
}

#[test]
fn when_memory_is_short_what_is_on_disk_stays_listed() {
    let mut feed = Feed::new(WindowConfig { max_bytes: 300, ..config(60) }, 1);
    for _ in 0..50 {
        feed.segments(1, 5);
        feed.store();
        assert!(feed.window.bytes() <= 300);
    }
    assert_eq!(whole(&feed, Variant::Full), (1..50).collect::<Vec<_>>());
}

#[test]
fn a_jump_leaves_the_old_numbers_on_disk_for_their_time() {
    let mut feed = fed(60, 30);
    feed.cut();
    feed.reconnect(1);
    feed.msn = 900;
    feed.segments(2, 5);
    feed.store();
    assert_eq!(whole(&feed, Variant::Full), [900]);
    for _ in 0..25 {
        feed.segments(1, 5);
        feed.store();
    }
    for name in ["1-1.m4s", "1-20.m4s", "1-30.m4s", "1-init0.mp4"] {
        assert!(feed.text_of(name).is_some(), "{name}");
    }
    feed.window.expire(feed.now + Duration::from_secs(3600));
    feed.store();
    assert!(feed.disk.keys().all(|id| id.msn >= 900), "{:?}", feed.disk.keys());
    assert!(feed.disk.len() > 20);
}

#[test]
fn a_missing_segment_has_no_file_and_is_a_gap_in_the_rewind() {
    let mut feed = fed(60, 3);
    feed.try_part(200, true, true).expect("gap is taken");
    for _ in 0..30 {
        feed.segments(1, 5);
        feed.store();
    }
    let list = parse(&feed.text(Variant::Full));
    assert_eq!(list.segments.iter().filter(|segment| segment.gap).map(|s| s.msn).collect::<Vec<_>>(), [4]);
    assert_eq!(list.media_sequence, 1);
    assert_eq!(feed.window.resource("1-4.m4s"), Resource::NotFound);
    assert!(!feed.disk.keys().any(|id| id.msn == 4));
}

/// Not a benchmark: prints what the lists of two hours cost in this build, and fails only when that is absurd.
#[test]
fn the_lists_of_two_hours_are_cheap() {
    let mut feed = fed(7200, 3000);
    let time = |feed: &Feed, variant| {
        let start = Instant::now();
        let size = feed.window.playlist(variant, &[]).body.len();
        (start.elapsed(), size)
    };
    for variant in [Variant::Full, Variant::Delta, Variant::Iframes] {
        feed.segments(1, 5);
        let (took, size) = time(&feed, variant);
        println!("{variant:?} of {} s: {took:?}, {size} bytes", feed.msn);
        assert!(took < Duration::from_millis(50));
    }
}
