//! What is taken of what players say, by hand-made moments, and what of that is written.

use super::{Account, CLASSES_MS, Field, HEIGHTS, RUNGS, Told, Totals, class_of, run, told::Taken};
use crate::live::sessions::Moment;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::{Config, Redis};
use streamly_testkit::redis::RedisServer;

/// So many milliseconds after a start at the beginning of minute 10.
fn after(start: Instant, ms: u64) -> Moment {
    Moment::of(start + Duration::from_millis(ms), 600 + ms / 1_000)
}

fn told(body: &str) -> Told {
    Told::read(body.as_bytes()).unwrap().unwrap()
}

#[test]
fn a_body_is_an_object_of_whole_numbers_or_there_is_none() {
    assert!(Told::read(b"").unwrap().is_none());
    for good in ["{}", r#" {"watched_ms":1,"more":[{}]}"#, r#"{"errors":{"other":3}}"#] {
        assert!(Told::read(good.as_bytes()).unwrap().is_some(), "{good}");
    }
    for wrong in [
        "[1,2]",
        "7",
        "{",
        "null",
        " ",
        "{}x",
        r#"{"watched_ms":-1}"#,
        r#"{"watched_ms":1.5}"#,
        r#"{"watched_ms":"9"}"#,
        r#"{"watched_ms":1e99}"#,
        r#"{"errors":7}"#,
    ] {
        assert!(Told::read(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn a_session_tells_of_the_time_that_there_was_and_of_one_start() {
    let start = Instant::now();
    let mut account = Account::new(after(start, 0));
    let body = r#"{"watched_ms":8000,"stalled_ms":2000,"stalls":1,"start_ms":700,"errors":{"network":1},"behind_ms":900,"height":720,"decoded":240,"dropped":3}"#;
    let first = account.take(after(start, 0), &told(body));
    let whole = Taken {
        is_first: true,
        watched_ms: 8_000,
        stalled_ms: 2_000,
        stalls: 1,
        start_ms: Some(700),
        errors: [1, 0, 0],
        behind_ms: Some(900),
        rung: Some(3),
        decoded: 240,
        dropped: 3,
    };
    assert_eq!(first, whole);
    let second = account.take(after(start, 10_000), &told(body));
    assert_eq!(second, Taken { is_first: false, start_ms: None, ..whole });
    // Three seconds later it cannot have watched ten.
    let soon = account.take(after(start, 13_000), &told(body));
    assert_eq!((soon.watched_ms, soon.stalled_ms), (4_000, 1_000));
    assert!(account.take(after(start, 60_000), &told("{}")).is_first, "the next minute");
}

#[test]
fn who_lies_is_one_viewer_who_fares_badly() {
    let start = Instant::now();
    let mut account = Account::new(after(start, 0));
    let huge = u64::MAX;
    let lie = format!(
        r#"{{"watched_ms":{huge},"stalled_ms":{huge},"stalls":{huge},"start_ms":{huge},"errors":{{"network":{huge},"media":{huge},"unsupported":{huge}}},"behind_ms":{huge},"height":{huge},"decoded":{huge},"dropped":{huge}}}"#
    );
    let taken = account.take(after(start, 600_000), &told(&lie));
    assert_eq!((taken.watched_ms, taken.stalled_ms, taken.stalls), (15_000, 15_000, 60));
    assert_eq!((taken.start_ms, taken.errors, taken.behind_ms), (Some(120_000), [10; 3], Some(86_400_000)));
    assert_eq!((taken.rung, taken.decoded, taken.dropped), (Some(HEIGHTS.len() - 1), 7_200, 7_200));
}

proptest! {
    #[test]
    fn a_session_never_tells_of_more_time_than_passed(beacons in proptest::collection::vec((2_000u64..40_000, any::<u64>(), any::<u64>()), 1..40)) {
        let start = Instant::now();
        let mut account = Account::new(after(start, 0));
        let (mut at, mut all) = (0, 0);
        for (pause, watched_ms, stalled_ms) in &beacons {
            at += pause;
            let body = format!(r#"{{"watched_ms":{watched_ms},"stalled_ms":{stalled_ms}}}"#);
            let taken = account.take(after(start, at), &told(&body));
            all += taken.watched_ms + taken.stalled_ms;
        }
        prop_assert!(all <= at + 12_000 + 2_000 * beacons.len() as u64, "{all} of {at}");
    }
}

#[test]
fn classes_are_named_by_their_bounds_and_the_last_has_none() {
    let of = |ms| Field::Start(class_of(ms)).to_string();
    assert_eq!([of(0), of(250), of(251)], ["start:0-250", "start:0-250", "start:250-500"]);
    assert_eq!([of(30_000), of(30_001)], ["start:15000-30000", "start:30000-"]);
    assert!(CLASSES_MS.is_sorted() && HEIGHTS.is_sorted());
    assert_eq!(RUNGS.map(|name| name.parse::<u32>().unwrap()), HEIGHTS);
}

#[tokio::test]
async fn sums_of_a_minute_are_written_together_end_by_themselves_and_are_dropped_while_redis_is_away() {
    let mut server = RedisServer::start().unwrap();
    let command_timeout = streamly_config::Duration::from_millis(500);
    let config = Config { url: server.url(), command_timeout, ..Config::default() };
    let redis = Redis::new(&config, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    let read = async |key: &str| redis.call::<HashMap<String, u64>>("HGETALL", [key.to_owned()]).await;
    let totals = Totals::default();
    let taken =
        Taken { is_first: true, watched_ms: 9_000, rung: Some(3), start_ms: Some(700), ..Taken::default() };
    totals.add("x", 7, &taken);
    totals.add("x", 7, &Taken { stalled_ms: 500, stalls: 1, errors: [0, 2, 0], ..taken });
    totals.add("x", 8, &taken);
    totals.add("y", 7, &taken);
    totals.write_due(&redis).await;
    let sums: BTreeMap<_, _> = read("qoe:{x}:7").await.unwrap().into_iter().collect();
    let wanted = [
        ("error:media", 2),
        ("rung:720", 18_000),
        ("stalled_ms", 500),
        ("stalls", 1),
        ("start:500-750", 2),
        ("viewers", 2),
        ("watched_ms", 18_000),
    ];
    assert_eq!(sums, wanted.map(|(name, n)| (name.to_owned(), n)).into());
    assert_eq!(read("qoe:{x}:8").await.unwrap()["watched_ms"], 9_000);
    let ttl: i64 = redis.call("TTL", ["qoe:{y}:7"]).await.unwrap();
    assert!((2_390..=2_400).contains(&ttl), "{ttl}");
    server.kill();
    totals.add("x", 7, &taken);
    totals.write_due(&redis).await;
    assert!(totals.sums.lock().is_empty(), "nothing is queued");
    server.start_again().unwrap();
    while read("qoe:{x}:7").await.is_err() {}
    totals.write_due(&redis).await;
    assert!(read("qoe:{x}:7").await.unwrap().get("watched_ms").is_none_or(|ms| *ms <= 18_000));
}

#[test]
fn a_run_has_one_key_in_the_slot_of_its_broadcast() {
    let (keys, args) = run(("x".into(), 7), &HashMap::from([(Field::Stalls, 3)]));
    assert_eq!((keys, args), (vec!["qoe:{x}:7".into()], vec!["2400".into(), "stalls".into(), "3".into()]));
}
