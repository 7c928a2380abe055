//! Damage to a worker and what the caller sees of it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use streamly_media::AccessUnit;
use streamly_transcode::{
    Event, Events, Failure, Input, Limits, Pushed, RestartReason, SpawnError, Transcoder, WorkerCommand,
};
use tokio::time::timeout;

use crate::output::{PATIENCE, Rendition, feed, next, rest, take};
use crate::source::{Source, config, encoders, worker};

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

/// Reads until an access unit; gives it and whether a `Started` came before.
async fn next_picture(events: &mut Events) -> AccessUnit {
    loop {
        match next(events).await {
            Some(Event::AccessUnit { au, .. }) => return au,
            Some(Event::Started { .. } | Event::Config { .. }) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
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

#[tokio::test]
async fn a_killed_worker_is_replaced_within_a_second_and_output_goes_on_at_a_keyframe_of_the_source() {
    let source = Source::generated("852x480", 30, 3);
    let units = source.repeated(20);
    let keyframes: Vec<i64> = units.iter().filter(|au| au.keyframe).map(|au| au.pts).collect();
    let all: Vec<i64> = units.iter().map(|au| au.pts).collect();
    let (transcoder, input, mut events) = Transcoder::spawn(config(source.job(&["360p"]))).unwrap();
    let publisher = tokio::spawn(publish(input, units));
    for _ in 0..40 {
        next_picture(&mut events).await;
    }
    let killed = Instant::now();
    let old = signal(&transcoder, Signal::SIGKILL);
    let reason = restarted(&mut events).await;
    assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", killed.elapsed());
    assert!(matches!(&reason, RestartReason::Exited { status, .. } if status.contains("9")), "{reason}");
    assert!(!exists(old), "no zombie");
    let first = next_picture(&mut events).await;
    assert!(first.keyframe && keyframes.contains(&first.pts), "resumes at a keyframe of the source");
    let mut boundaries = 0;
    for _ in 0..60 {
        let au = next_picture(&mut events).await;
        assert!(all.contains(&au.pts));
        assert_eq!(au.keyframe, keyframes.contains(&au.pts));
        boundaries += i32::from(au.keyframe);
    }
    assert!(boundaries >= 1, "keyframes at boundaries after the restart too");
    assert_eq!(transcoder.usage().restarts, 1);
    transcoder.close().await;
    publisher.await.unwrap();
}

#[tokio::test]
async fn a_stopped_worker_is_found_by_its_silence_and_replaced() {
    let source = Source::generated("852x480", 30, 2);
    let mut config = config(source.job(&["360p"]));
    config.limits.silence = Duration::from_secs(1);
    let roster = config.roster.clone();
    let (transcoder, input, mut events) = Transcoder::spawn(config).unwrap();
    let publisher = tokio::spawn(publish(input, source.repeated(30)));
    next_picture(&mut events).await;
    let old = signal(&transcoder, Signal::SIGSTOP);
    let stopped = Instant::now();
    let reason = restarted(&mut events).await;
    assert_eq!(reason, RestartReason::Silent { limit: Duration::from_secs(1), starved: false });
    assert!(stopped.elapsed() < Duration::from_secs(3), "{:?}", stopped.elapsed());
    assert!(!exists(old), "no zombie");
    assert_eq!(roster.usable(), ["x264enc"], "a stopped process is not its encoder's fault");
    assert!(next_picture(&mut events).await.keyframe);
    transcoder.close().await;
    publisher.await.unwrap();
}

#[tokio::test]
async fn a_program_that_is_not_there_fails_for_good_and_is_named() {
    let mut config = config(Source::fixture("obs-default").job(&["160p"]));
    config.worker.program = "/nonexistent/streamly".into();
    let (transcoder, input, mut events) = Transcoder::spawn(config).unwrap();
    let Some(Event::Failed { failure }) = next(&mut events).await else { panic!("no failure") };
    assert!(matches!(&failure, Failure::CannotStart { .. }));
    assert!(failure.to_string().contains("/nonexistent/streamly"), "{failure}");
    assert!(next(&mut events).await.is_none(), "nothing follows");
    let source = Source::fixture("obs-default");
    assert_eq!(input.push(&source.units[0]), Pushed::Closed);
    transcoder.close().await;
}

/// A worker that is a shell script.
fn script(text: &str) -> WorkerCommand {
    WorkerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), text.into()], registry: None }
}

fn impatient() -> Limits {
    let tick = Duration::from_millis(1);
    Limits { backoff: tick, backoff_max: tick, fruitless_restarts: 2, ..Limits::default() }
}

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
async fn text_instead_of_the_protocol_ends_the_worker() {
    let mut config = config(Source::fixture("obs-default").job(&["160p"]));
    config.worker = script("echo Usage: streamly COMMAND; exec sleep 600");
    config.limits = impatient();
    let (transcoder, _input, mut events) = Transcoder::spawn(config).unwrap();
    let reason = restarted(&mut events).await;
    assert!(matches!(reason, RestartReason::Protocol(_)), "{reason}");
    transcoder.close().await;
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

#[tokio::test]
async fn a_new_job_is_not_lost_with_the_worker_that_dies_before_it_is_told_its_end() {
    let source = Source::generated("852x480", 30, 1);
    let folder = tempfile::tempdir().unwrap();
    let deaf = folder.path().join("deaf");
    // The first one takes its job, then reads no more; the others are real.
    let text = format!(
        "if [ -e {deaf} ]; then exec {worker}; fi; head -c 200 >/dev/null; exec 0<&-; : >{deaf}; exec sleep 600",
        deaf = deaf.display(),
        worker = env!("CARGO_BIN_EXE_streamly-transcode-worker"),
    );
    let mut config = config(source.job(&["360p"]));
    config.worker = WorkerCommand { registry: worker().registry, ..script(&text) };
    let (transcoder, input, mut events) = Transcoder::spawn(config).unwrap();
    let closed = async {
        while !deaf.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, closed).await.expect("it reads its job");
    input.reconfigure(source.job(&["160p"]));
    // One thread runs all tasks: by then the job is off the queue and the end could not be written.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    signal(&transcoder, Signal::SIGKILL);
    assert!(matches!(restarted(&mut events).await, RestartReason::Exited { .. }));
    let Some(Event::Started { rungs }) = next(&mut events).await else { panic!("no start") };
    assert_eq!(rungs[0].rung, "160p", "the new job");
    transcoder.close().await;
}

#[tokio::test]
async fn too_much_memory_is_a_reason_to_start_anew() {
    let mut config = config(Source::fixture("obs-default").job(&["160p"]));
    config.limits.memory_bytes = 1024 * 1024;
    let (transcoder, _input, mut events) = Transcoder::spawn(config).unwrap();
    let reason = restarted(&mut events).await;
    assert!(
        matches!(reason, RestartReason::Memory { used, limit: 1_048_576 } if used > 1_048_576),
        "{reason}"
    );
    transcoder.close().await;
}

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

async fn next_started(events: &mut Events) {
    let first = next(events).await;
    assert!(matches!(first, Some(Event::Started { .. })), "{first:?}");
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
async fn a_worker_whose_parent_closes_its_stdin_ends_by_itself() {
    let command = worker();
    let mut child = tokio::process::Command::new(&command.program)
        .args(&command.args)
        .env("GST_REGISTRY", command.registry.unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let job = Source::fixture("obs-default").job(&["160p"]);
    let job = serde_json::json!({"job": job, "encoders": ["x264enc"], "shed": 0});
    let job = serde_json::to_vec(&job).unwrap();
    let mut bytes = bytes::BytesMut::new();
    streamly_transcode::wire::Message::HELLO.encode(&mut bytes).unwrap();
    streamly_transcode::wire::Message::Job(job.into()).encode(&mut bytes).unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, &bytes).await.unwrap();
    // Its greeting and its start are there: it plays.
    let mut said = [0; 40];
    let said = tokio::io::AsyncReadExt::read_exact(child.stdout.as_mut().unwrap(), &mut said);
    timeout(PATIENCE, said).await.expect("it greets").unwrap();
    drop(stdin);
    let status = timeout(PATIENCE, child.wait()).await.expect("it ends").unwrap();
    assert!(status.success(), "{status}");
}

/// Names of the variables in an environment as `/proc` gives it.
fn names(environment: &[u8]) -> Vec<String> {
    let variables = environment.split(|byte| *byte == 0).filter(|variable| !variable.is_empty());
    let name = |variable: &[u8]| variable.split(|byte| *byte == b'=').next().unwrap_or_default().to_vec();
    variables.map(|variable| String::from_utf8(name(variable)).unwrap()).collect()
}

#[tokio::test]
async fn a_worker_gets_nothing_of_the_environment_but_what_finds_its_libraries() {
    // Cargo's own variables stand for the secrets of a service; without cargo, whatever the shell has.
    let own = names(&std::fs::read("/proc/self/environ").unwrap());
    let prefixes = ["LC_", "XDG_", "GST_", "LIBVA_", "NVIDIA_", "CUDA_"];
    let known =
        ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DISPLAY", "RUST_BACKTRACE"];
    let is_known = |name: &&String| {
        known.contains(&name.as_str()) || prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    assert!(own.iter().any(|name| !is_known(&name)), "this process has others: {own:?}");
    let mut config = config(Source::fixture("obs-default").job(&["160p"]));
    // Without what tests tell it.
    let program = env!("CARGO_BIN_EXE_streamly-transcode-worker").into();
    config.worker = WorkerCommand { program, args: Vec::new(), ..worker() };
    let (transcoder, _input, mut events) = Transcoder::spawn(config).unwrap();
    next_started(&mut events).await;
    let pid = transcoder.worker_pid().unwrap();
    let told = names(&std::fs::read(format!("/proc/{pid}/environ")).unwrap());
    assert!(told.contains(&"GST_REGISTRY".to_owned()), "{told:?}");
    assert_eq!(told.iter().find(|name| !is_known(name)), None);
    transcoder.close().await;
}

#[tokio::test]
async fn a_job_without_rungs_is_refused() {
    let source = Source::fixture("obs-default");
    let mut job = source.job(&["160p"]);
    job.rungs.clear();
    assert_eq!(Transcoder::spawn(config(job)).err(), Some(SpawnError::Rungs(0)));
}
