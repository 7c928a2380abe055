//! Rungs that are shed and given back while the worker runs.

use streamly_media::AccessUnit;
use streamly_transcode::{Event, Events, Input, Transcoder};

use crate::output::{Rendition, feed, next, rest, take};
use crate::source::{Source, config};

/// Feeds one picture after the other and waits until `rung` has given it.
async fn step(input: &Input, events: &mut Events, units: &[AccessUnit], out: &mut [Rendition], rung: usize) {
    for au in units {
        if au.keyframe {
            input.boundary(au.pts);
        }
        input.push(au);
        while out[rung].units.last().is_none_or(|last| last.pts < au.pts) {
            let event = next(events).await.expect("the transcoder goes on");
            take(event, out);
        }
    }
}

#[tokio::test]
async fn a_rung_that_is_shed_costs_the_others_nothing_and_comes_back_with_a_boundary() {
    let source = Source::generated("852x480", 30, 1);
    let units = source.repeated(6);
    let mut out = vec![Rendition::default(); 2];
    let (transcoder, input, mut events) = Transcoder::spawn(config(source.job(&["360p", "160p"]))).unwrap();
    let begun = transcoder.worker_pid();
    // One second whole, then two without the larger rung but for what is on its way.
    feed(&input, &mut events, &units[..30], &mut out).await;
    input.shed(0, true);
    step(&input, &mut events, &units[30..90], &mut out, 1).await;
    let shed_at = out[0].units.len();
    step(&input, &mut events, &units[90..105], &mut out, 1).await;
    assert_eq!(out[0].units.len(), shed_at, "nothing of a shed rung");
    // Back in the middle of a segment: the next boundary is its first picture.
    input.shed(0, false);
    step(&input, &mut events, &units[105..150], &mut out, 1).await;
    drop(input);
    rest(&mut events, &mut out).await;
    assert_eq!(out[0].units[shed_at].pts, units[120].pts);
    assert!(out[0].units[shed_at].keyframe);
    let all: Vec<i64> = units[..150].iter().map(|au| au.pts).collect();
    assert_eq!(out[1].pts(), all, "the other rung has every picture");
    let boundaries: Vec<i64> = units[..150].iter().filter(|au| au.keyframe).map(|au| au.pts).collect();
    assert_eq!(out[1].keyframes(), boundaries);
    assert!(
        begun.is_none_or(|pid| transcoder.worker_pid().is_none_or(|now| now == pid)),
        "one worker all along"
    );
    assert_eq!(transcoder.usage().restarts, 0);
    transcoder.close().await;
}

#[tokio::test]
async fn with_all_rungs_shed_there_is_no_worker_and_the_first_that_comes_back_gets_one() {
    let source = Source::generated("852x480", 30, 1);
    let units = source.repeated(4);
    let mut out = vec![Rendition::default(); 2];
    let (transcoder, input, mut events) = Transcoder::spawn(config(source.job(&["360p", "160p"]))).unwrap();
    feed(&input, &mut events, &units[..15], &mut out).await;
    input.shed(0, true);
    input.shed(1, true);
    loop {
        match next(&mut events).await {
            Some(Event::Resting { reason: None }) => break,
            Some(event) => take(event, &mut out),
            None => panic!("it has ended"),
        }
    }
    assert_eq!(transcoder.worker_pid(), None);
    for au in &units[15..60] {
        input.push(au);
    }
    input.shed(1, false);
    let before = out.clone();
    let first = next(&mut events).await;
    assert!(matches!(first, Some(Event::Started { .. })), "{first:?}");
    for au in &units[60..90] {
        input.push(au);
    }
    drop(input);
    rest(&mut events, &mut out).await;
    assert_eq!(out[0].units.len(), before[0].units.len(), "the other one is still shed");
    assert!(out[1].units[before[1].units.len()].keyframe);
    assert_eq!(transcoder.usage().restarts, 0, "none of this is a fault");
    transcoder.close().await;
}
