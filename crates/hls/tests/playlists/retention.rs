//! How long media stays, and how much of it.

use std::time::{Duration, Instant};

use streamly_hls::{ConfigError, PushError, Resource, Variant, Window, WindowConfig, discontinuity_base};

use crate::feed::Feed;
use crate::parser::parse;

#[test]
fn a_removed_segment_stays_for_its_duration_and_the_longest_playlist() {
    let config = WindowConfig { window: Duration::from_secs(6), ..WindowConfig::default() };
    let mut feed = Feed::new(config, 1);
    // Six seconds and six segments are listed; the seventh, whole with the next part, removes the first.
    feed.segments(7, 5);
    feed.part(200);
    let removed_at = feed.now;
    assert!(!feed.text(Variant::Full).contains("\n1-1.m4s"));
    let until = removed_at + Duration::from_secs(1 + 7);
    assert_eq!(feed.window.next_expiry(), Some(until));
    feed.window.expire(until - Duration::from_millis(1));
    assert!(feed.text_of("1-1.m4s").is_some() && feed.text_of("1-1.0.m4s").is_some());
    feed.window.expire(until);
    assert_eq!(feed.window.resource("1-1.m4s"), Resource::Gone);
    assert_eq!(feed.window.resource("1-1.0.m4s"), Resource::Gone);
}

#[test]
fn a_removed_part_stays_for_three_target_durations() {
    // Segments far shorter than the target: the segment's own retention would be over earlier.
    let config = WindowConfig {
        target_duration: Duration::from_secs(9),
        window: Duration::from_secs(1),
        min_segments: 1,
        parts_for_last_segments: 1,
        ..WindowConfig::default()
    };
    let mut feed = Feed::new(config, 1);
    feed.segments(1, 1);
    feed.cut();
    feed.reconnect(1);
    feed.msn = 100;
    feed.part(200);
    let until = feed.now + Duration::from_secs(27);
    feed.window.expire(until - Duration::from_millis(1));
    assert!(feed.text_of("1-1.0.m4s").is_some());
    feed.window.expire(until);
    assert_eq!(feed.window.resource("1-1.0.m4s"), Resource::Gone);
    assert_eq!(feed.window.resource("1-init0.mp4"), Resource::NotFound, "its init section goes with it");
    assert!(feed.text_of("2-init0.mp4").is_some());
}

#[test]
fn the_window_never_holds_more_than_its_limit() {
    let config = WindowConfig { max_bytes: 200, ..WindowConfig::default() };
    let mut feed = Feed::new(config, 1);
    for _ in 0..40 {
        feed.segments(1, 3);
        assert!(feed.window.bytes() <= 200);
        parse(&feed.text(Variant::Full));
    }
    assert!(feed.window.stats().removed_early > 20);
    let result = (0..30).map(|_| feed.try_part(200, false, false)).find_map(Result::err);
    assert_eq!(result, Some(PushError::OverBudget { bytes: "part 1-41.0".len() + 1 }));
    assert!(feed.window.bytes() <= 200);
}

#[test]
fn everything_is_given_back_when_time_is_over() {
    let mut feed = Feed::new(WindowConfig::default(), 1);
    feed.segments(60, 10);
    feed.cut();
    let listed: usize = parse(&feed.text(Variant::Full))
        .segments
        .iter()
        .filter_map(|segment| feed.text_of(segment.uri.as_deref()?))
        .map(|text| text.len())
        .sum();
    feed.window.expire(feed.now + Duration::from_secs(3600));
    assert_eq!(feed.window.bytes(), listed + "init 1-init0.mp4".len());
}

#[test]
fn input_against_the_rules_is_counted() {
    let mut feed = Feed::new(WindowConfig::default(), 1);
    feed.part(200);
    feed.part(100);
    feed.part(201);
    for _ in 0..10 {
        feed.part(200);
    }
    feed.last_part(10);
    feed.cut();
    let stats = feed.window.stats();
    assert_eq!((stats.parts_too_long, stats.parts_too_short, stats.segments_too_long), (1, 1, 1));
    assert_eq!((stats.parts, stats.segments), (14, 1));
}

#[test]
fn one_rendering_serves_every_viewer_until_something_changes() {
    let mut feed = Feed::new(WindowConfig::default(), 1);
    feed.segments(3, 5);
    feed.part(200);
    let first = feed.window.playlist(Variant::Full, &[]);
    let again = feed.window.playlist(Variant::Full, &[]);
    assert_eq!(first.body.as_ptr(), again.body.as_ptr());
    let plain = feed.window.playlist(Variant::Plain, &[]);
    let report = feed.window.report("../360p/index.m3u8").expect("there is media");
    let reported = feed.window.playlist(Variant::Full, &[report]);
    assert_ne!(reported.etag, first.etag);
    feed.part(200);
    assert!(feed.window.playlist(Variant::Full, &[]).revision > first.revision);
    assert_eq!(feed.window.playlist(Variant::Plain, &[]).body.as_ptr(), plain.body.as_ptr());
}

#[test]
fn impossible_settings_are_refused() {
    let with = |change: &dyn Fn(&mut WindowConfig)| {
        let mut config = WindowConfig::default();
        change(&mut config);
        Window::new(config).err()
    };
    let odd = Duration::from_millis(1500);
    assert_eq!(with(&|c| c.target_duration = odd), Some(ConfigError::TargetDuration(odd)));
    assert_eq!(with(&|c| c.part_target = Duration::ZERO), Some(ConfigError::PartTarget(Duration::ZERO)));
    assert_eq!(with(&|c| c.part_hold_back_permille = 1999), Some(ConfigError::PartHoldBack(1999)));
    assert_eq!(with(&|c| c.min_segments = 0), Some(ConfigError::NoSegments));
    assert_eq!(with(&|_| {}), None);
}

#[test]
fn another_node_starts_above_every_discontinuity_of_the_last() {
    assert_eq!(discontinuity_base(1), 0);
    assert!(discontinuity_base(2) > 1000);
    assert!(discontinuity_base(500_000) < 1 << 31);
}

#[test]
fn a_window_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Window>();
}

/// Not a benchmark: prints what a rendering costs in this build, and fails only when it is absurd.
#[test]
fn rendering_is_cheap() {
    let mut feed = Feed::new(WindowConfig::default(), 1);
    feed.segments(30, 10);
    let rounds = 200;
    let mut spent = Duration::ZERO;
    for _ in 0..rounds {
        feed.segments(1, 10);
        let start = Instant::now();
        feed.window.playlist(Variant::Full, &[]);
        spent += start.elapsed();
    }
    println!("one LL playlist: {:?}", spent / rounds);
    assert!(spent / rounds < Duration::from_millis(20));
}

#[test]
fn what_is_forgotten_is_there_no_more_and_does_not_come_back_and_the_list_begins_anew() {
    let config = WindowConfig {
        window: Duration::from_secs(6),
        rewind: Duration::from_secs(60),
        ..WindowConfig::default()
    };
    let mut feed = Feed::new(config, 1);
    for _ in 0..20 {
        feed.segments(1, 5);
        feed.store();
    }
    feed.part(200);
    feed.part(200);
    let before = feed.text(Variant::Full);
    let names: Vec<String> =
        before.lines().filter(|line| line.ends_with(".m4s")).map(str::to_owned).collect();
    assert!(names.len() >= 20 && feed.window.bytes() > 0, "{before}");
    let last = feed.msn;
    feed.window.forget_all(last, feed.now);
    for name in &names {
        let found = feed.window.resource(name);
        assert!(matches!(found, Resource::NotFound | Resource::Gone), "{name}: {found:?}");
    }
    assert!(feed.window.next_expiry().is_none() && !feed.window.has_listed());
    // All of its files are to be deleted, and what is being written of it is not kept either.
    let discards = feed.window.take_discards();
    assert!(discards.len() >= 19, "{discards:?}");
    // What was still on its way does not come back.
    assert!(matches!(feed.try_part(200, true, false), Err(PushError::OutOfOrder { .. })));
    // Whoever asks waits for what is to come.
    use streamly_hls::{Decision, MediaQuery};
    let wants = |msn| MediaQuery { msn, part: msn.map(|_| 0), ..MediaQuery::default() };
    for msn in [None, Some(3), Some(last), Some(last + 1)] {
        assert!(matches!(feed.window.decide(&wants(msn)), Decision::WaitFor { .. }), "{msn:?}");
    }
    feed.msn = last + 2;
    feed.lead_in();
    feed.segments(2, 5);
    feed.part(200);
    let list = parse(&feed.text(Variant::Full));
    assert_eq!(list.whole().map(|segment| segment.msn).collect::<Vec<_>>(), [last + 2, last + 3]);
    assert!(feed.text(Variant::Full).contains("#EXT-X-DISCONTINUITY\n"));
    assert_eq!(feed.window.decide(&wants(Some(last))), Decision::Ready);
}
