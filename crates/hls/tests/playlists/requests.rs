//! Blocking requests and names, rule by rule.

use proptest::prelude::*;
use streamly_hls::{
    Decision, InitName, MediaQuery, Name, Part, PushError, QueryError, Resource, Variant, WholeSegment,
    WindowConfig,
};

use crate::feed::{Feed, query};
use crate::parser::parse;

/// Segments 10 to 12 whole with three parts each, 13 open with two.
fn feed() -> Feed {
    let mut feed = Feed::new(WindowConfig::default(), 10);
    feed.segments(3, 3);
    feed.part(200);
    feed.part(200);
    feed
}

fn wait(msn: u64, part: Option<u32>) -> Decision {
    Decision::WaitFor { msn, part }
}

#[test]
fn a_segment_without_a_part_waits_for_the_whole_segment() {
    let mut feed = feed();
    assert_eq!(feed.window.decide(&query("_HLS_msn=12")), Decision::Ready);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13")), wait(13, None));
    feed.last_part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13")), wait(13, None));
    feed.part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13")), Decision::Ready);
}

#[test]
fn the_last_part_is_told_before_its_segment_is_whole() {
    for known in [true, false] {
        let mut feed = feed();
        match known {
            true => feed.last_part(200),
            false => {
                feed.part(200);
                feed.window.close_segment();
                (feed.msn, feed.part) = (14, 0);
            }
        }
        let list = parse(&feed.text(Variant::Full));
        let last = list.segments.last().expect("the open one");
        assert_eq!((last.msn, last.uri.as_deref(), last.parts.len()), (13, None, 3));
        assert_eq!(list.hint.as_deref(), Some("1-14.0.m4s"));
        let more =
            Part { msn: 13, part: 3, ..feed.next(std::time::Duration::from_millis(200), false, false) };
        let refused = feed.window.push_part(more, feed.now);
        assert_eq!(refused, Err(PushError::OutOfOrder { msn: 13, part: 3 }), "nothing comes after the last");
        (feed.msn, feed.part) = (14, 0);
        feed.part(200);
        let list = parse(&feed.text(Variant::Full));
        assert_eq!(list.whole().last().map(|segment| segment.msn), Some(13));
    }
}

#[test]
fn a_part_waits_until_it_is_there() {
    let feed = feed();
    assert_eq!(feed.window.decide(&query("_HLS_msn=13&_HLS_part=1")), Decision::Ready);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13&_HLS_part=2")), wait(13, Some(2)));
}

#[test]
fn a_part_behind_the_last_is_part_0_of_the_next() {
    let mut feed = feed();
    assert_eq!(feed.window.decide(&query("_HLS_msn=12&_HLS_part=3")), Decision::Ready);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13&_HLS_part=99")), wait(13, Some(99)));
    feed.last_part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13&_HLS_part=99")), wait(14, Some(0)));
    assert_eq!(feed.window.decide(&query("_HLS_msn=13&_HLS_part=2")), Decision::Ready);
    feed.part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13&_HLS_part=99")), Decision::Ready);
}

#[test]
fn the_past_is_ready_at_once_even_out_of_the_window() {
    let feed = feed();
    for text in ["_HLS_msn=0", "_HLS_msn=0&_HLS_part=77", "_HLS_msn=9&_HLS_part=0", ""] {
        assert_eq!(feed.window.decide(&query(text)), Decision::Ready, "{text}");
    }
}

#[test]
fn only_more_than_two_ahead_of_the_last_whole_segment_is_out_of_range() {
    let mut feed = feed();
    assert_eq!(feed.window.decide(&query("_HLS_msn=14&_HLS_part=5")), wait(14, Some(5)));
    assert_eq!(feed.window.decide(&query("_HLS_msn=15")), Decision::OutOfRange);
    assert_eq!(feed.window.decide(&query("_HLS_msn=18446744073709551615")), Decision::OutOfRange);
    let part_alone = MediaQuery { part: Some(0), ..MediaQuery::default() };
    assert_eq!(feed.window.decide(&part_alone), Decision::OutOfRange);
    feed.last_part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=14&_HLS_part=0")), wait(14, Some(0)));
    feed.part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=15")), wait(15, None));
}

#[test]
fn before_the_first_whole_segment_every_request_for_the_list_waits() {
    let mut feed = Feed::new(WindowConfig::default(), 0);
    assert_eq!(feed.window.decide(&query("")), wait(0, Some(0)));
    assert_eq!(feed.window.decide(&query("_HLS_msn=7")), wait(7, Some(0)));
    feed.part(200);
    assert_eq!(feed.window.decide(&query("")), wait(0, None));
    assert_eq!(feed.window.decide(&query("ll=0")), wait(0, None));
    assert_eq!(feed.window.decide(&query("_HLS_msn=0&_HLS_part=0")), Decision::Ready);
    assert_eq!(feed.window.decide(&query("_HLS_msn=1")), wait(1, None));
    assert_eq!(feed.window.decide(&query("_HLS_msn=2")), Decision::OutOfRange);
    feed.last_part(200);
    assert_eq!(feed.window.decide(&query("")), wait(0, None));
    feed.part(200);
    assert_eq!(feed.window.decide(&query("ll=0")), Decision::Ready);
    assert_eq!(feed.window.decide(&query("")), Decision::Ready);
}

#[test]
fn a_list_that_is_led_in_is_ready_with_media_of_part_hold_back() {
    let mut feed = Feed::new(WindowConfig::default(), 1);
    feed.lead_in();
    feed.part(200);
    feed.part(200);
    assert_eq!(feed.window.decide(&query("")), wait(1, Some(2)));
    assert_eq!(feed.window.decide(&query("_HLS_msn=1&_HLS_part=1")), Decision::Ready);
    feed.part(200);
    assert_eq!(feed.window.decide(&query("")), Decision::Ready);
    feed.part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=0&_HLS_part=0")), Decision::Ready);
    assert_eq!(feed.window.decide(&query("ll=0")), wait(1, None), "plain players have nothing yet");
    assert_eq!(feed.window.resource("1-0.m4s"), Resource::NotFound);
    assert_eq!(feed.window.resource("1-0.0.m4s"), Resource::NotFound);
    feed.last_part(200);
    feed.part(200);
    for text in ["", "ll=0", "_HLS_msn=0", "_HLS_msn=1"] {
        assert_eq!(feed.window.decide(&query(text)), Decision::Ready, "{text}");
    }
}

#[test]
fn after_a_jump_the_lead_in_goes_before_the_new_numbers() {
    let mut feed = feed();
    feed.cut();
    feed.reconnect(5);
    feed.msn = 900;
    feed.lead_in();
    feed.part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=14&_HLS_part=0")), wait(900, Some(1)));
    (0..3).for_each(|_| feed.part(200));
    assert_eq!(feed.window.decide(&query("_HLS_msn=14&_HLS_part=0")), Decision::Ready);
    let list = parse(&feed.text(Variant::Full));
    assert_eq!(list.media_sequence, 899);
    assert_eq!(feed.text_of("1-12.m4s").as_deref(), Some("part 1-12.0part 1-12.1part 1-12.2"));
}

#[test]
fn a_jump_over_one_number_is_led_in() {
    let mut feed = feed();
    feed.last_part(200);
    feed.msn = 15;
    feed.lead_in();
    (0..4).for_each(|_| feed.part(200));
    assert_eq!(feed.window.decide(&query("")), Decision::Ready);
    let list = parse(&feed.text(Variant::Full));
    let segments: Vec<_> = list.segments.iter().map(|s| (s.msn, s.gap, s.discontinuity)).collect();
    assert_eq!(segments, [(14, true, false), (15, false, true)]);
    assert!(feed.text_of("1-13.m4s").is_some(), "what was listed stays fetchable");
}

#[test]
fn where_a_whole_segment_stays_listed_nothing_leads_in() {
    let mut feed = feed();
    feed.last_part(200);
    let before = feed.text(Variant::Full);
    for used in [12, 13] {
        let refused = feed.window.lead_in(1, used, None, feed.now);
        assert_eq!(refused, Err(PushError::OutOfOrder { msn: used, part: 0 }));
    }
    assert_eq!(feed.text(Variant::Full), before);
    feed.segments(1, 3);
    let list = parse(&feed.text(Variant::Full));
    assert_eq!((list.media_sequence, list.segments.len()), (10, 5), "the list goes on");
    assert!(list.segments.iter().all(|segment| !segment.gap && !segment.discontinuity));
}

#[test]
fn after_a_jump_the_past_waits_for_the_first_whole_segment() {
    let mut feed = feed();
    feed.cut();
    feed.reconnect(5);
    feed.msn = 900;
    assert_eq!(feed.window.decide(&query("_HLS_msn=14&_HLS_part=0")), wait(14, Some(0)));
    feed.part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=14&_HLS_part=0")), wait(900, None));
    feed.last_part(200);
    feed.part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=14&_HLS_part=0")), Decision::Ready);
    assert_eq!(feed.text_of("1-12.m4s").as_deref(), Some("part 1-12.0part 1-12.1part 1-12.2"));
}

#[test]
fn after_the_end_nothing_waits() {
    let mut feed = feed();
    feed.window.end(feed.now);
    assert_eq!(feed.window.decide(&query("_HLS_msn=14&_HLS_part=0")), Decision::Ready);
    assert_eq!(feed.window.resource("1-14.0.m4s"), Resource::Gone);
    assert_eq!(feed.try_part(200, false, false), Err(PushError::Ended));
}

#[test]
fn a_hinted_part_is_held_over_a_segment_border() {
    let mut feed = feed();
    assert_eq!(feed.window.resource("1-13.2.m4s"), Resource::WaitFor { msn: 13, part: Some(2) });
    feed.window.close_segment();
    (feed.msn, feed.part) = (14, 0);
    assert_eq!(feed.window.resource("1-13.2.m4s"), Resource::WaitFor { msn: 14, part: Some(0) });
    feed.part(200);
    assert_eq!(feed.text_of("1-13.2.m4s").as_deref(), Some("part 1-14.0"));
    assert_eq!(feed.window.resource("1-13.3.m4s"), Resource::NotFound);
    assert_eq!(feed.window.resource("1-14.2.m4s"), Resource::NotFound);
}

#[test]
fn a_segment_of_a_lost_publisher_becomes_whole_without_a_next_one() {
    let mut feed = feed();
    feed.window.finish_closed(feed.now);
    feed.last_part(200);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13")), wait(13, None), "one that goes on is left alone");
    feed.window.finish_closed(feed.now);
    assert_eq!(feed.window.decide(&query("_HLS_msn=13")), Decision::Ready);
    let list = parse(&feed.text(Variant::Full));
    assert_eq!((list.whole().last().map(|s| s.msn), list.hint.as_deref()), (Some(13), Some("1-14.0.m4s")));
    assert_eq!(parse(&feed.text(Variant::Plain)).whole().last().map(|s| s.msn), Some(13));
}

#[test]
fn a_closed_segment_is_whole_at_the_end_and_reported_by_its_parts_before() {
    let mut feed = feed();
    feed.last_part(200);
    let report = feed.window.report("x").expect("there is media");
    assert_eq!((report.last_msn, report.last_part), (13, Some(2)));
    feed.window.end(feed.now);
    let list = parse(&feed.text(Variant::Full));
    assert_eq!((list.whole().last().map(|s| s.msn), list.ended), (Some(13), true));
}

#[test]
fn a_hinted_part_is_held_over_a_jump_that_is_led_in() {
    let mut feed = feed();
    feed.last_part(200);
    feed.cut();
    feed.reconnect(5);
    feed.msn = 900;
    feed.lead_in();
    assert_eq!(feed.window.resource("1-14.0.m4s"), Resource::WaitFor { msn: 900, part: Some(0) });
    feed.part(200);
    assert_eq!(feed.text_of("1-14.0.m4s").as_deref(), Some("part 2-900.0"));
}

#[test]
fn a_hinted_part_is_held_over_a_publishers_cut() {
    for ends in [false, true] {
        let mut feed = feed();
        if ends {
            feed.last_part(200);
        }
        let hint = if ends { "1-14.0.m4s" } else { "1-13.2.m4s" };
        feed.cut();
        assert_eq!(feed.window.resource(hint), Resource::WaitFor { msn: 14, part: Some(0) });
        feed.reconnect(5);
        feed.msn = if ends { 14 } else { 900 };
        let expected = format!("part 2-{}.0", feed.msn);
        feed.part(200);
        assert_eq!(feed.text_of(hint), Some(expected.clone()));
        feed.part(200);
        assert_eq!(feed.text_of(hint), Some(expected), "a name never gets other bytes");
    }
}

#[test]
fn names_that_do_not_exist_are_not_found() {
    let feed = feed();
    let names = [
        "",
        "index.m3u8",
        "1-13",
        "2-12.m4s",
        "1-012.m4s",
        "+1-12.m4s",
        "1-init1.mp4",
        "1-12.0.mp4",
        "1-99.m4s",
        "1-12.00.m4s",
        "1--1.m4s",
        "1-init.mp4",
        "1-99999999999999999999999.m4s",
        "1-12.0.0.m4s",
        "é-1.m4s",
    ];
    for name in names {
        assert_eq!(feed.window.resource(name), Resource::NotFound, "{name}");
    }
    assert_eq!(feed.window.resource("1-9.m4s"), Resource::Gone);
    assert_eq!(feed.text_of("1-init0.mp4").as_deref(), Some("init 1-init0.mp4"));
    assert_eq!(feed.text_of("1-12.m4s").as_deref(), Some("part 1-12.0part 1-12.1part 1-12.2"));
    assert_eq!(feed.window.resource("1-13.m4s"), Resource::WaitFor { msn: 13, part: None });
}

#[test]
fn numbers_never_go_back_and_a_superseded_session_writes_nothing() {
    let mut feed = feed();
    let before = feed.text(Variant::Full);
    let template = feed.next(std::time::Duration::from_millis(200), false, false);
    let mut refused = |change: &dyn Fn(&mut Part)| {
        let mut part = template.clone();
        change(&mut part);
        feed.window.push_part(part, feed.now).expect_err("refused")
    };
    assert_eq!(refused(&|p| p.part = 0), PushError::OutOfOrder { msn: 13, part: 0 });
    assert_eq!(refused(&|p| p.part = 3), PushError::OutOfOrder { msn: 13, part: 3 });
    assert_eq!(refused(&|p| p.msn = 12), PushError::OutOfOrder { msn: 12, part: 2 });
    assert_eq!(
        refused(&|p| (p.msn, p.part) = (u64::MAX, 0)),
        PushError::OutOfOrder { msn: u64::MAX, part: 0 }
    );
    assert_eq!(refused(&|p| p.epoch = 2), PushError::EpochInsideSegment(13));
    assert_eq!(refused(&|p| p.epoch = 0), PushError::StaleEpoch { epoch: 0, current: 1 });
    assert_eq!(refused(&|p| (p.epoch, p.msn, p.part) = (2, 14, 0)), PushError::NoInit(2));
    assert_eq!(feed.text(Variant::Full), before);
    let init = InitName { epoch: 1, number: 0 };
    let reused = feed.window.push_init(init, bytes::Bytes::from_static(b"other"), feed.now);
    assert_eq!(reused, Err(PushError::InitReused(init)));
}

#[test]
fn a_window_taken_over_from_another_node_goes_on_without_parts() {
    let mut feed = Feed::new(WindowConfig::default(), 0);
    for msn in 50..53 {
        let segment = WholeSegment {
            epoch: 1,
            msn,
            duration: std::time::Duration::from_secs(2),
            gap: false,
            program_date_time: None,
            bytes: bytes::Bytes::from(format!("whole {msn}")),
        };
        feed.window.push_segment(segment, feed.now).expect("segment is taken");
    }
    assert_eq!(feed.text_of("1-52.m4s").as_deref(), Some("whole 52"));
    assert_eq!(feed.window.resource("1-52.0.m4s"), Resource::NotFound);
    assert_eq!(feed.window.decide(&query("_HLS_msn=52&_HLS_part=4")), Decision::Ready);
    feed.msn = 53;
    feed.part(200);
    let text = feed.text(Variant::Full);
    assert!(
        text.contains("#EXT-X-MEDIA-SEQUENCE:50\n") && !text.contains("#EXT-X-DISCONTINUITY\n"),
        "{text}"
    );
}

#[test]
fn query_values_are_strict() {
    let wrong = [
        ("_HLS_msn=", QueryError::Msn),
        ("_HLS_msn=-1", QueryError::Msn),
        ("_HLS_msn=1x", QueryError::Msn),
        ("_HLS_msn=18446744073709551616", QueryError::Msn),
        ("_HLS_msn=1&_HLS_part=+1", QueryError::Part),
        ("_HLS_part=1", QueryError::PartWithoutMsn),
        ("_HLS_skip=yes", QueryError::Skip),
        ("_HLS_skip", QueryError::Skip),
        ("ll=2", QueryError::LowLatency),
        ("sid=", QueryError::Sid),
        ("sid=a%0Ab", QueryError::Sid),
        ("sid=a~b", QueryError::Sid),
        ("_HLS_msn=1&_HLS_msn=1", QueryError::Repeated("_HLS_msn")),
    ];
    for (text, error) in wrong {
        assert_eq!(MediaQuery::parse(text), Err(error), "{text}");
    }
    let all = query("sid=a-1&_HLS_future=x&_HLS_skip=v2&ll=1&_HLS_msn=5&_HLS_part=99999999999");
    let expected =
        MediaQuery { msn: Some(5), part: Some(u32::MAX), skip: true, ll: true, sid: Some("a-1".into()) };
    assert_eq!(all, expected);
    assert_eq!(query(""), MediaQuery::default());
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,80}", near in "(_HLS_(msn|part|skip)|ll|sid)=[0-9A-Za-z&=]{0,30}") {
        let _ = text.parse::<Name>();
        let _ = MediaQuery::parse(&text);
        let _ = MediaQuery::parse(&near);
    }

    #[test]
    fn a_name_has_one_spelling(epoch: u64, msn: u64, part: u32, text in "[0-9]{1,3}-(init)?[0-9]{1,3}(\\.[0-9]{1,2})?\\.m(4s|p4)") {
        let init = Name::Init(InitName { epoch, number: part });
        for name in [init, Name::Segment { epoch, msn }, Name::Part { epoch, msn, part }] {
            prop_assert_eq!(name.to_string().parse(), Ok(name));
        }
        if let Ok(name) = text.parse::<Name>() {
            prop_assert_eq!(name.to_string(), text);
        }
    }
}
