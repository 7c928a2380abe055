//! What a caller does wrong, or does not do: jobs that cannot be, too much at once, no reading, no end.

use std::time::{Duration, Instant};

use streamly_transcode::{Event, Pushed, RestartReason, SpawnError, Transcoder};
use tokio::time::timeout;

use super::{exists, impatient, next_started, restarted};
use crate::output::next;
use crate::source::{Source, config, encoders};

#[tokio::test]
async fn pictures_beyond_the_bounds_are_dropped_and_pushing_never_waits() {
    let source = Source::generated("852x480", 30, 3);
    let (transcoder, input, events) = Transcoder::spawn(config(source.job(&["360p"]))).unwrap();
    let begun = Instant::now();
    let mut dropped = 0;
    for au in source.repeated(40) {
        dropped += u64::from(input.push(&au) == Pushed::Dropped);
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(dropped > 1000, "{dropped}");
    assert_eq!(transcoder.usage().dropped, dropped);
    drop(events);
    transcoder.close().await;
}

#[tokio::test]
async fn a_caller_that_stops_reading_stalls_its_rungs_but_nothing_is_killed_or_stuck() {
    let source = Source::generated("852x480", 30, 3);
    let mut config = config(source.job(&["360p"]));
    config.limits.silence = Duration::from_millis(500);
    let (transcoder, input, mut events) = Transcoder::spawn(config).unwrap();
    next_started(&mut events).await;
    // Enough to fill every queue and pipe on the way, ten times faster than real time.
    let mut units = source.repeated(20).into_iter();
    let mut ticks = tokio::time::interval(Duration::from_millis(3));
    for au in units.by_ref().take(1200) {
        ticks.tick().await;
        input.push(&au);
    }
    assert_eq!(transcoder.usage().restarts, 0);
    let pid = transcoder.worker_pid().unwrap();
    timeout(Duration::from_secs(2), transcoder.close()).await.expect("closing does not wait for the caller");
    assert!(!exists(pid));
}

#[tokio::test]
async fn dropping_the_handle_kills_and_reaps_the_worker() {
    let source = Source::fixture("obs-default");
    let (transcoder, _input, mut events) = Transcoder::spawn(config(source.job(&["160p"]))).unwrap();
    next_started(&mut events).await;
    let pid = transcoder.worker_pid().unwrap();
    drop(transcoder);
    assert!(next(&mut events).await.is_none());
    assert!(!exists(pid));
}

#[tokio::test]
async fn a_job_without_rungs_is_refused() {
    let source = Source::fixture("obs-default");
    let mut job = source.job(&["160p"]);
    job.rungs.clear();
    assert_eq!(Transcoder::spawn(config(job)).err(), Some(SpawnError::Rungs(0)));
}

#[tokio::test]
async fn a_codec_configuration_that_is_none_is_reported() {
    let mut job = Source::fixture("obs-default").job(&["160p"]);
    job.record = bytes::Bytes::from_static(b"\x01\x64");
    let (transcoder, _input, mut events) = Transcoder::spawn(config(job)).unwrap();
    let reason = restarted(&mut events).await;
    assert!(
        matches!(&reason, RestartReason::Reported { said, encoders } if said.contains("configuration of the source") && encoders.is_empty()),
        "{reason}"
    );
    transcoder.close().await;
}

#[tokio::test]
async fn a_job_too_large_to_be_told_is_nobodys_fault_and_is_given_up() {
    let mut job = Source::fixture("obs-default").job(&["160p"]);
    job.record = vec![0xff; 3 * 1024 * 1024].into();
    let mut config = config(job);
    config.limits = impatient();
    config.roster = encoders(&["nvh264enc", "x264enc"]);
    let roster = config.roster.clone();
    let (transcoder, _input, mut events) = Transcoder::spawn(config).unwrap();
    let reason = loop {
        match next(&mut events).await {
            Some(Event::Resting { reason }) => break reason,
            Some(Event::Restarted { reason: RestartReason::Job(_) }) => {}
            other => panic!("unexpected {other:?}"),
        }
    };
    assert!(matches!(&reason, Some(RestartReason::Job(_))), "no worker is started for it: {reason:?}");
    assert_eq!((roster.usable().len(), roster.next_due()), (2, None));
    transcoder.close().await;
}
