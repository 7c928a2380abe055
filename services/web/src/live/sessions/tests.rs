//! The sessions of one edge, by hand-made moments.

use super::{BEACON, BUCKET_S, IDLE, Moment, Report, Sessions, TooSoon};
use crate::live::{
    qoe::Told,
    sids::{Kind, Sid},
};
use std::time::{Duration, Instant};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::{Config, Redis, Value};
use streamly_testkit::redis::RedisServer;

fn viewer(number: u64) -> Sid {
    Sid { number, kind: Kind::Viewer }
}

fn preview(number: u64) -> Sid {
    Sid { number, kind: Kind::Preview }
}

/// So many seconds after a start at the beginning of bucket 100.
fn after(start: Instant, seconds: u64) -> Moment {
    Moment { at: start + Duration::from_secs(seconds), bucket: 100 + seconds / BUCKET_S }
}

/// Broadcast, buckets, and the new ones; all in order.
fn sorted(mut reports: Vec<Report>) -> Vec<Report> {
    for r in &mut reports {
        r.buckets.sort();
        r.buckets.iter_mut().for_each(|(_, sessions)| sessions.sort_unstable());
        r.new.sort_unstable();
    }
    reports.sort_by(|a, b| a.broadcast.cmp(&b.broadcast));
    reports
}

fn report(broadcast: &str, buckets: &[(u64, &[u64])], new: &[u64]) -> Report {
    let buckets = buckets.iter().map(|(bucket, sessions)| (*bucket, sessions.to_vec())).collect();
    Report { broadcast: broadcast.into(), buckets, new: new.to_vec() }
}

#[test]
fn a_session_is_told_once_a_bucket_in_which_it_was_seen_and_no_more_once_it_is_idle() {
    let (s, t) = (Sessions::new(100, 1, 1), Instant::now());
    for number in [1, 2, 1] {
        s.saw("x", viewer(number), after(t, 0));
    }
    s.saw("y", viewer(1), after(t, 0));
    let told = sorted(s.take(after(t, 1)));
    assert_eq!(told, [report("x", &[(100, &[1, 2])], &[1, 2]), report("y", &[(100, &[1])], &[1])]);
    s.saw("x", viewer(1), after(t, 2));
    assert_eq!(s.take(after(t, 2)), [], "the same bucket");
    s.saw("x", viewer(1), after(t, 5));
    s.saw("x", viewer(3), after(t, 5));
    assert_eq!(sorted(s.take(after(t, 5))), [report("x", &[(101, &[1, 3])], &[3])]);
    assert_eq!(s.take(after(t, 35)), [], "all of them are idle now");
    s.saw("x", viewer(1), after(t, 36));
    assert_eq!(sorted(s.take(after(t, 36))), [report("x", &[(107, &[1])], &[1])], "who was away is new here");
}

#[test]
fn the_sessions_are_bounded_and_who_left_makes_room() {
    let (s, t) = (Sessions::new(2, 1, 1), Instant::now());
    for number in 1..=3 {
        s.saw("x", viewer(number), after(t, 0));
    }
    assert_eq!(sorted(s.take(after(t, 1))), [report("x", &[(100, &[1, 2])], &[1, 2])]);
    assert_eq!(s.take(after(t, IDLE.as_secs())), []);
    s.saw("x", viewer(4), after(t, 31));
    assert_eq!(sorted(s.take(after(t, 31))), [report("x", &[(106, &[4])], &[4])]);
}

#[test]
fn a_preview_is_no_viewer_and_only_few_can_hide_as_one() {
    let (s, t) = (Sessions::new(100, 2, 1), Instant::now());
    s.saw("x", preview(1), after(t, 0));
    assert_eq!(s.take(after(t, 0)), []);
    s.saw("x", viewer(2), after(t, 0));
    for number in 3..=6 {
        s.saw("x", preview(number), after(t, 0));
    }
    let told = sorted(s.take(after(t, 1)));
    assert_eq!(told, [report("x", &[(100, &[2, 4, 5, 6])], &[2, 4, 5, 6])], "two of five are hidden");
    // The places of those who left are free.
    s.saw("x", viewer(2), after(t, 20));
    s.take(after(t, 40));
    s.saw("x", preview(7), after(t, 40));
    assert_eq!(s.take(after(t, 40)), []);
}

#[test]
fn what_may_not_have_arrived_is_told_again_in_the_bucket_in_which_it_was_seen() {
    let (s, t) = (Sessions::new(100, 1, 1), Instant::now());
    s.saw("x", viewer(1), after(t, 0));
    s.saw("x", viewer(2), after(t, 7));
    s.saw("y", viewer(1), after(t, 0));
    s.take(after(t, 7));
    s.forget("x");
    assert_eq!(sorted(s.take(after(t, 12))), [report("x", &[(100, &[1]), (101, &[2])], &[1, 2])]);
    assert_eq!(s.take(after(t, 13)), []);
}

#[test]
fn a_beacon_keeps_a_session_that_asks_for_nothing_and_many_of_them_are_too_many() {
    let (s, t) = (Sessions::new(100, 1, 1), Instant::now());
    s.saw("x", viewer(1), after(t, 0));
    s.take(after(t, 1));
    assert_eq!(s.beacon("x", viewer(1), after(t, 28), None), Ok(None));
    let soon = Moment { at: t + Duration::from_secs(28) + BEACON / 2, ..after(t, 28) };
    assert_eq!(s.beacon("x", viewer(1), soon, None), Err(TooSoon));
    assert_eq!(sorted(s.take(after(t, 40))), [report("x", &[(105, &[1])], &[])]);
    // Also of one that this edge has not seen.
    assert_eq!(s.beacon("y", viewer(9), after(t, 40), None), Ok(None));
    assert_eq!(sorted(s.take(after(t, 40))), [report("y", &[(108, &[9])], &[9])]);
}

#[test]
fn some_beacons_may_follow_each_other_and_each_is_earned_again_in_its_time() {
    let (s, t) = (Sessions::new(100, 1, 3), Instant::now());
    let accepted = |number, seconds| s.beacon("x", viewer(number), after(t, seconds), None).is_ok();
    // Hidden, shown and left within a second.
    assert_eq!([0, 0, 0, 0].map(|at| accepted(1, at)), [true, true, true, false]);
    assert!(accepted(2, 0), "somebody else's are theirs, also from the same address");
    assert_eq!([1, 2, 2, 3].map(|at| accepted(1, at)), [false, true, false, false]);
    // A pause earns no more than there were to begin with.
    assert_eq!([20, 20, 20, 20].map(|at| accepted(1, at)), [true, true, true, false]);
    assert!((10..40).all(|n| accepted(3, n * 10)), "our player's pace");
}

#[test]
fn what_a_preview_tells_does_not_count_nor_what_a_session_beyond_the_bound_does() {
    let (s, t) = (Sessions::new(6, 2, 1), Instant::now());
    let told = Told::read(br#"{"watched_ms":5000}"#).unwrap();
    // Also of those previews that count as viewers, for there are too many of them.
    for number in 1..=5 {
        assert_eq!(s.beacon("x", preview(number), after(t, 0), told.as_ref()), Ok(None));
    }
    assert!(s.beacon("x", viewer(6), after(t, 0), told.as_ref()).unwrap().is_some());
    assert_eq!(s.beacon("x", viewer(7), after(t, 0), told.as_ref()), Ok(None));
}

#[tokio::test]
async fn after_an_outage_of_redis_that_lost_everything_all_who_were_seen_are_told_again() {
    let mut server = RedisServer::start().unwrap();
    let command_timeout = streamly_config::Duration::from_millis(500);
    let config = Config { url: server.url(), command_timeout, ..Config::default() };
    let redis = Redis::new(&config, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    let counted =
        async |keys: &[&str]| redis.call::<u64>("PFCOUNT", keys.iter().map(|k| (*k).to_owned())).await;
    let (s, t) = (Sessions::new(100, 1, 1), Instant::now());
    for number in 1..=3 {
        s.saw("x", viewer(number), after(t, 0));
    }
    s.write_due(&redis, after(t, 1)).await;
    assert_eq!(counted(&["viewers:{x}:100"]).await.unwrap(), 3);
    server.kill();
    s.saw("x", viewer(4), after(t, 5));
    s.write_due(&redis, after(t, 5)).await;
    server.start_again().unwrap();
    while redis.call::<Value>("FLUSHALL", Vec::<String>::new()).await.is_err() {}
    s.write_due(&redis, after(t, 8)).await;
    let keys = ["viewers:{x}:100", "viewers:{x}:101"];
    assert_eq!((counted(&keys).await.unwrap(), counted(&keys[1..]).await.unwrap()), (4, 1));
    assert_eq!(counted(&["viewers:{x}:all"]).await.unwrap(), 4);
}
