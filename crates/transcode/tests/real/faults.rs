//! Damage to a worker and what the caller sees of it.

mod caller;
mod resting;
mod worker;

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use streamly_media::AccessUnit;
use streamly_transcode::{Event, Events, Input, Limits, Pushed, RestartReason, Transcoder, WorkerCommand};

use crate::output::next;

/// Pushes in real time, a boundary at each keyframe, until the transcoder ends.
async fn publish(input: Input, units: Vec<AccessUnit>) {
    let begun = tokio::time::Instant::now();
    let first = units[0].dts;
    for au in &units {
        let due = Duration::from_micros(((au.dts - first) as u64) * 100 / 9);
        tokio::time::sleep_until(begun + due).await;
        if au.keyframe {
            input.boundary(au.pts);
        }
        if input.push(au) == Pushed::Closed {
            return;
        }
    }
}

/// Reads until an access unit.
async fn next_picture(events: &mut Events) -> AccessUnit {
    loop {
        match next(events).await {
            Some(Event::AccessUnit { au, .. }) => return au,
            Some(Event::Started { .. } | Event::Config { .. }) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

async fn next_started(events: &mut Events) {
    let first = next(events).await;
    assert!(matches!(first, Some(Event::Started { .. })), "{first:?}");
}

/// Reads until the worker was replaced; gives the reason.
async fn restarted(events: &mut Events) -> RestartReason {
    loop {
        match next(events).await {
            Some(Event::Restarted { reason }) => return reason,
            Some(Event::AccessUnit { .. } | Event::Started { .. } | Event::Config { .. }) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

fn signal(transcoder: &Transcoder, signal: Signal) -> u32 {
    let pid = transcoder.worker_pid().unwrap();
    kill(Pid::from_raw(pid as i32), signal).unwrap();
    pid
}

/// True while the process exists, as a zombie too.
fn exists(pid: u32) -> bool {
    kill(Pid::from_raw(pid as i32), None).is_ok()
}

/// A worker that is a shell script.
fn script(text: &str) -> WorkerCommand {
    WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), text.into()], registry: None }
}

fn impatient() -> Limits {
    let tick = Duration::from_millis(1);
    Limits { backoff: tick, backoff_max: tick, fruitless_restarts: 2, ..Limits::default() }
}
