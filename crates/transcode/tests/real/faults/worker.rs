//! Damage to the worker itself: killed, stopped, too large, not what it should be, alone.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use streamly_transcode::{Event, Failure, Pushed, RestartReason, Transcoder, WorkerCommand};
use tokio::time::timeout;

use super::{exists, impatient, next_picture, next_started, publish, restarted, script, signal};
use crate::output::{PATIENCE, next};
use crate::source::{Source, config, worker};

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
