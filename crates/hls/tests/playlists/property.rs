//! Random broadcasts: whatever the packager and the network do, what viewers were told stays true.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use streamly_hls::{Decision, MediaQuery, Resource, SegmentId, Variant, WindowConfig};

use crate::feed::Feed;
use crate::iframes;
use crate::parser::{PartLine, Playlist, Segment, parse};

#[derive(Debug, Clone)]
enum Step {
    Part { percent: u64, ends: bool, gap: bool },
    Finish,
    Cut { seconds: u64, jump: u64, led_in: bool },
    NewCodec,
    Quiet { millis: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => (85..=100u64, prop::bool::weighted(0.2), prop::bool::weighted(0.02))
            .prop_map(|(percent, ends, gap)| Step::Part { percent, ends, gap }),
        2 => (1..100u64).prop_map(|percent| Step::Part { percent, ends: true, gap: false }),
        2 => Just(Step::Finish),
        1 => (0..8u64, prop_oneof![3 => Just(0u64), 1 => 1..50u64], any::<bool>())
            .prop_map(|(seconds, jump, led_in)| Step::Cut { seconds, jump, led_in }),
        1 => Just(Step::NewCodec),
        1 => (0..3000u64).prop_map(|millis| Step::Quiet { millis }),
    ]
}

fn config() -> WindowConfig {
    WindowConfig {
        target_duration: Duration::from_secs(1),
        window: Duration::from_secs(9),
        ..WindowConfig::default()
    }
}

/// What viewers have been told so far.
#[derive(Default)]
struct Told {
    last: Option<Playlist>,
    segments: HashMap<u64, Segment>,
    parts: HashMap<String, PartLine>,
    bytes: HashMap<String, String>,
    longest: f64,
    /// Segments that left the list, and how long they have to stay.
    removed: Vec<(String, Instant)>,
    history: Vec<(Instant, Playlist)>,
    checked_deltas: u32,
}

fn run(feed: &mut Feed, step: &Step) {
    match *step {
        Step::Part { percent, ends, gap } => {
            let full = feed.window.open_duration() + 2 * feed.window.config().part_target;
            let ends = ends || full > feed.window.config().target_duration;
            feed.try_part(2 * percent, ends, gap).expect("part is taken");
        }
        Step::Finish => {
            if feed.part > 0 {
                feed.window.close_segment();
                (feed.msn, feed.part) = (feed.msn + 1, 0);
            }
        }
        Step::Cut { seconds, jump, led_in } => {
            feed.cut();
            feed.reconnect(seconds);
            feed.msn += jump;
            if jump > 0 && led_in {
                feed.lead_in();
            }
        }
        Step::NewCodec => {
            feed.cut();
            feed.init += 1;
            feed.push_init();
        }
        Step::Quiet { millis } => {
            feed.now += Duration::from_millis(millis);
            feed.window.expire(feed.now);
        }
    }
}

/// `since` is the time before the step: what left the list did so then or later.
fn look(feed: &mut Feed, told: &mut Told, since: Instant) {
    feed.store();
    let feed = &*feed;
    keyframes_are_there(feed);
    let full = parse(&feed.text(Variant::Full));
    let plain = parse(&feed.text(Variant::Plain));
    let whole = |list: &Playlist| -> Vec<_> {
        list.whole().map(|s| Segment { parts: Vec::new(), ..s.clone() }).collect()
    };
    let mut listed = whole(&full);
    if listed.first().is_some_and(|first| feed.led_in.contains(&first.msn)) {
        // The segment after it is the first then, where EXT-X-MAP stands in any case.
        let map = listed.remove(0).map;
        if let Some(first) = listed.first_mut() {
            first.map = first.map.take().or(map);
        }
    }
    assert_eq!(listed, whole(&plain), "the sibling lists the same segments, but for the lead-in");
    keeps_its_word(feed, &full, told, since);
    everything_listed_is_there(feed, &full, told);
    nothing_waits_for_the_past(feed, &full);
    whole_segments_are_known_without_their_media(feed, &full);
    deltas_add_up(feed, &full, told);
    told.history.push((feed.now, full.clone()));
    told.last = Some(full);
}

fn keyframes_are_there(feed: &Feed) {
    let list = iframes::parse(&feed.text(Variant::Iframes));
    for entry in &list.entries {
        let text = feed.text_of(&entry.uri).unwrap_or_else(|| panic!("{entry:?} is listed but not there"));
        let bytes = text.get(entry.offset..entry.offset + entry.bytes);
        assert_eq!(bytes, Some("part"), "{entry:?}");
        assert!(feed.text_of(entry.map.as_deref().expect("a map comes first")).is_some());
    }
}

fn keeps_its_word(feed: &Feed, full: &Playlist, told: &mut Told, since: Instant) {
    let duration: f64 = full.whole().map(|segment| segment.duration).sum();
    told.longest = told.longest.max(duration);
    if let Some(last) = &told.last {
        assert!(full.media_sequence >= last.media_sequence, "media sequence went back");
        assert!(
            full.discontinuity_sequence >= last.discontinuity_sequence,
            "discontinuity sequence went back"
        );
        let next = last.media_sequence + last.segments.len() as u64;
        // What leads a jump in may have the very next number.
        let led_in = full.media_sequence == next && feed.led_in.contains(&next);
        let jumped = led_in || full.segments.iter().any(|s| s.msn > next);
        // The lead-in has no media: it may go earlier.
        let first =
            |list: &Playlist| list.media_sequence + u64::from(feed.led_in.contains(&list.media_sequence));
        let slid = first(full) > first(last);
        assert!(jumped || !slid || duration > 3.0 * full.target_duration - 1e-6, "the list is too short");
        for gone in last.whole().filter(|segment| segment.msn < full.media_sequence && !segment.gap) {
            let until = since + Duration::from_secs_f64(gone.duration + told.longest - 1e-3);
            told.removed.push((gone.uri.clone().expect("whole segments have names"), until));
        }
    }
    for segment in full.whole() {
        let stripped = Segment { parts: Vec::new(), ..segment.clone() };
        let known = told.segments.entry(segment.msn).or_insert_with(|| stripped.clone());
        assert_eq!(*known, stripped, "a published segment changed");
    }
    for part in full.segments.iter().flat_map(|segment| &segment.parts) {
        let known = told.parts.entry(part.uri.clone()).or_insert_with(|| part.clone());
        assert_eq!(known, part, "a published part changed");
    }
    let with_parts = full.whole().filter(|segment| !segment.parts.is_empty()).count();
    assert_eq!(with_parts, full.whole().count().min(3));
}

fn everything_listed_is_there(feed: &Feed, full: &Playlist, told: &mut Told) {
    let segments = full.segments.iter().filter(|s| !s.gap).filter_map(|s| s.uri.clone());
    let parts = full.segments.iter().flat_map(|s| &s.parts).filter(|p| !p.gap).map(|p| p.uri.clone());
    let maps = full.segments.iter().filter_map(|s| s.map.clone());
    for name in segments.chain(parts).chain(maps) {
        let bytes = feed.text_of(&name).unwrap_or_else(|| panic!("{name} is listed but not there"));
        let known = told.bytes.entry(name.clone()).or_insert_with(|| bytes.clone());
        assert_eq!(*known, bytes, "{name} got other bytes");
    }
    for (name, _) in told.removed.iter().filter(|(_, until)| feed.now < *until) {
        assert!(feed.text_of(name).is_some(), "{name} went too early");
    }
    if let Some(hint) = &full.hint {
        assert!(
            matches!(feed.window.resource(hint), Resource::WaitFor { .. }),
            "{hint} is hinted but not held"
        );
    }
    // Only a gap may come in the place of a hinted part, and it may have left the list since.
    let recent: Vec<_> = told.history.iter().rev().take(4).map(|(_, list)| list).collect();
    let gaps = |list: &Playlist| list.segments.iter().any(|s| s.gap || s.parts.iter().any(|part| part.gap));
    if gaps(full) || recent.iter().any(|list| gaps(list)) {
        return;
    }
    for hint in recent.iter().take(3).filter_map(|list| list.hint.as_ref()) {
        assert_ne!(feed.window.resource(hint), Resource::NotFound, "{hint} was hinted");
    }
}

fn whole_segments_are_known_without_their_media(feed: &Feed, full: &Playlist) {
    for msn in full.media_sequence.saturating_sub(9)..full.media_sequence + full.segments.len() as u64 + 2 {
        for epoch in feed.epoch.saturating_sub(1)..=feed.epoch {
            let id = SegmentId { epoch, msn };
            let has_media = matches!(feed.window.resource(&id.to_string()), Resource::Segment(_));
            assert_eq!(feed.window.has_segment(id), has_media, "{id}");
        }
    }
}

fn nothing_waits_for_the_past(feed: &Feed, full: &Playlist) {
    let Some(last) = full.segments.last() else { return };
    let next_whole = full.whole().last().map_or(full.media_sequence, |segment| segment.msn + 1);
    for msn in full.media_sequence.saturating_sub(2)..next_whole + 4 {
        for part in [None, Some(0), Some(1), Some(4), Some(100)] {
            let query = MediaQuery { msn: Some(msn), part, ..MediaQuery::default() };
            match feed.window.decide(&query) {
                Decision::OutOfRange => assert!(msn > next_whole + 1, "{query:?} is refused"),
                Decision::Ready => {
                    let own = full.segments.iter().find(|s| s.msn == msn && !s.parts.is_empty());
                    let beyond = own.zip(part).is_some_and(|(own, part)| part as usize >= own.parts.len());
                    let there = if part.is_none() { next_whole } else { last.msn + u64::from(!beyond) };
                    assert!(msn < there, "{query:?} is not there yet");
                }
                Decision::WaitFor { msn: waits, part: None } => {
                    let nothing_whole = full.whole().all(|segment| feed.led_in.contains(&segment.msn));
                    assert!(part.is_none() || nothing_whole, "{query:?} waits for too much");
                    assert!(waits >= next_whole, "{query:?} waits for the past");
                }
                Decision::WaitFor { msn: waits, part: Some(index) } => {
                    let there = if waits == last.msn { last.parts.len() } else { 0 };
                    assert!(waits >= next_whole && index as usize >= there, "{query:?} waits for the past");
                }
            }
        }
    }
}

fn deltas_add_up(feed: &Feed, full: &Playlist, told: &mut Told) {
    let delta = parse(&feed.text(Variant::Delta));
    if delta.skipped == 0 {
        assert_eq!(delta.segments, full.segments);
        return;
    }
    let fresh = feed.window.config().skip_boundary() / 2;
    for (at, older) in told.history.iter().rev().take_while(|(at, _)| feed.now - *at <= fresh).step_by(3) {
        assert_eq!(delta.merged(older), full.segments, "against a list {:?} old", feed.now - *at);
        told.checked_deltas += 1;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_viewers_were_told_stays_true(
        led_in: bool,
        rewind in prop_oneof![Just(0u64), Just(14)],
        steps in prop::collection::vec(step(), 1..180),
    ) {
        let mut feed = Feed::new(WindowConfig { rewind: Duration::from_secs(rewind), ..config() }, 3);
        let mut told = Told::default();
        if led_in {
            feed.lead_in();
        }
        for step in &steps {
            let since = feed.now;
            run(&mut feed, step);
            look(&mut feed, &mut told, since);
        }
        feed.window.end(feed.now);
        let ended = parse(&feed.text(Variant::Full));
        prop_assert!(ended.ended && ended.hint.is_none());
        everything_listed_is_there(&feed, &ended, &mut told);
    }
}

#[test]
fn a_long_quiet_broadcast_is_served_by_deltas() {
    let mut feed = Feed::new(config(), 3);
    let mut told = Told::default();
    for index in 0..120 {
        let since = feed.now;
        run(&mut feed, &Step::Part { percent: 100, ends: index % 5 == 4, gap: false });
        look(&mut feed, &mut told, since);
    }
    assert!(told.checked_deltas > 100);
}
