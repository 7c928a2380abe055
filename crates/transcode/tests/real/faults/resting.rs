//! What is given up for now, and what brings it back.

use std::time::{Duration, Instant};

use streamly_media::AccessUnit;
use streamly_transcode::{Event, Events, Limits, RestartReason, Transcoder};

use super::{impatient, next_picture, publish, restarted, script};
use crate::output::{Rendition, feed, next, rest, take};
use crate::source::{Source, config, encoders};

#[tokio::test]
async fn a_worker_that_never_works_rests_after_its_restarts_and_is_tried_again_later_and_when_the_source_changes()
 {
    let mut config = config(Source::fixture("obs-default").job(&["160p"]));
    config.worker = script("echo no such driver >&2; exit 3");
    config.limits = Limits { rest: Duration::from_millis(300), ..impatient() };
    let (transcoder, input, mut events) = Transcoder::spawn(config).unwrap();
    rests_after(&mut events, 2).await;
    assert_eq!(transcoder.worker_pid(), None);
    let rested = Instant::now();
    // It is told of its last fault once more, and fails as often.
    rests_after(&mut events, 3).await;
    assert!(rested.elapsed() >= Duration::from_millis(300), "{:?}", rested.elapsed());
    input.reconfigure(Source::fixture("obs-default").job(&["160p"]));
    rests_after(&mut events, 3).await;
    transcoder.close().await;
}

/// So many workers are replaced, then none follows for now.
async fn rests_after(events: &mut Events, restarts: usize) {
    for _ in 0..restarts {
        let reason = restarted(events).await.to_string();
        assert!(reason.contains("exit status: 3") && reason.contains("no such driver"), "{reason}");
    }
    let event = next(events).await;
    let Some(Event::Resting { reason: Some(RestartReason::Exited { .. }) }) = event else {
        panic!("no rest: {event:?}")
    };
}

#[tokio::test]
async fn a_source_that_nothing_can_be_made_of_rests_and_goes_on_when_it_changes_back() {
    let source = Source::generated("852x480", 30, 1);
    let units = source.repeated(4);
    let mut out = vec![Rendition::default()];
    let (transcoder, input, mut events) = Transcoder::spawn(config(source.job(&["360p"]))).unwrap();
    feed(&input, &mut events, &units[..30], &mut out).await;
    input.pause();
    // Whatever this is, nobody tries to decode it.
    for au in &units[30..60] {
        input.push(&AccessUnit { data: bytes::Bytes::from_static(b"\0\0\0\x04what"), ..au.clone() });
    }
    loop {
        match next(&mut events).await {
            Some(Event::Resting { reason: None }) => break,
            Some(event) => take(event, &mut out),
            None => panic!("it has ended"),
        }
    }
    assert_eq!(out[0].units.len(), 30, "what came before is finished");
    assert_eq!(transcoder.worker_pid(), None);
    input.reconfigure(source.job(&["360p"]));
    let mut out = vec![Rendition::default()];
    feed(&input, &mut events, &units[60..], &mut out).await;
    drop(input);
    rest(&mut events, &mut out).await;
    let all: Vec<i64> = units[60..].iter().map(|au| au.pts).collect();
    assert_eq!(out[0].pts(), all);
    assert_eq!(transcoder.usage().restarts, 0, "none of this is a fault");
    transcoder.close().await;
}

#[tokio::test]
async fn without_an_encoder_the_rungs_rest_and_go_on_when_one_comes_back() {
    let source = Source::generated("852x480", 30, 1);
    let mut config = config(source.job(&["360p"]));
    config.roster = encoders(&["nvh264enc"]);
    let roster = config.roster.clone();
    let (transcoder, input, mut events) = Transcoder::spawn(config).unwrap();
    let publisher = tokio::spawn(publish(input, source.repeated(30)));
    let Some(Event::Resting { reason: Some(reason) }) = next(&mut events).await else { panic!("no rest") };
    assert!(reason.to_string().contains("nvh264enc"), "{reason}");
    assert_eq!(transcoder.worker_pid(), None, "nothing runs meanwhile");
    roster.replace(vec!["x264enc".to_owned()]);
    let Some(Event::Restarted { .. }) = next(&mut events).await else {
        panic!("told of the fault once more")
    };
    assert!(next_picture(&mut events).await.keyframe);
    transcoder.close().await;
    publisher.await.unwrap();
}

#[tokio::test]
async fn an_encoder_that_cannot_be_used_is_put_aside_and_the_next_one_takes_over() {
    let source = Source::fixture("obs-default");
    let mut config = config(source.job(&["160p"]));
    config.roster = encoders(&["nvh264enc", "x264enc"]);
    let roster = config.roster.clone();
    let (transcoder, _input, mut events) = Transcoder::spawn(config).unwrap();
    let Some(Event::Started { rungs }) = next(&mut events).await else { panic!("no start") };
    assert_eq!(rungs[0].encoder, "x264enc");
    assert_eq!(
        (roster.demoted(), roster.usable()),
        (vec!["nvh264enc".to_owned()], vec!["x264enc".to_owned()])
    );
    transcoder.close().await;
}
