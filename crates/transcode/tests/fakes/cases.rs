//! Every fault through the probe and through a running transcoder.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use streamly_media::AccessUnit;
use streamly_transcode::probe::{self, Probed, Verdict};
use streamly_transcode::{
    Config, Event, Events, Input, Pushed, RestartReason, Roster, Transcoder, WorkerCommand,
};

use tokio::sync::Semaphore;

use crate::output::{Rendition, feed, next, rest};
use crate::source::{self, Source, encoders};

/// All pictures come from here: 480p at 30 fps, a keyframe a second.
static SOURCE: LazyLock<Source> = LazyLock::new(|| Source::generated("852x480", 30, 2));

/// All at once would drop pictures on a small machine, as live input does.
const CASES_AT_ONCE: usize = 4;

type Case = (&'static str, Pin<Box<dyn Future<Output = ()> + Send>>);

macro_rules! cases {
    ($($name:ident),* $(,)?) => { vec![$((stringify!($name), Box::pin($name()))),*] };
}

/// Runs those with the word in their name; how many failed. Says it as the usual harness does.
pub async fn run(wanted: &str) -> usize {
    let all: Vec<Case> = cases![
        the_probe_says_of_each_what_it_does,
        a_candidate_that_gave_nothing_in_time_is_tried_once_more_and_no_other,
        an_encoder_that_works_gives_every_picture_with_its_keyframes_where_asked,
        one_that_is_not_there_or_refuses_ready_is_passed_over_without_a_restart,
        one_that_fails_at_its_first_picture_gives_way_at_once,
        one_that_fails_at_its_hundredth_picture_gives_way_at_once,
        one_that_hangs_gives_way,
        one_that_crashes_gives_way_for_its_channel_and_for_all_after_a_second_one,
        sources_that_no_device_decodes_pass_over_what_is_on_the_device,
        when_all_have_failed_the_rungs_rest_until_one_passes_a_probe_again,
        a_demotion_holds_for_the_next_broadcast_too,
    ];
    let chosen = all.into_iter().filter(|(name, _)| name.contains(wanted));
    let room = Arc::new(Semaphore::new(CASES_AT_ONCE));
    let in_turn = |case: Case| {
        let room = room.clone();
        (
            case.0,
            tokio::spawn(async move {
                let _turn = room.acquire().await.unwrap();
                case.1.await;
            }),
        )
    };
    let running: Vec<_> = chosen.map(in_turn).collect();
    let (mut passed, mut failed) = (0, 0);
    for (name, case) in running {
        let outcome = case.await;
        *(if outcome.is_ok() { &mut passed } else { &mut failed }) += 1;
        println!("test {name} ... {}", if outcome.is_ok() { "ok" } else { "FAILED" });
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out"
    );
    failed
}

/// This program as a worker with these fakes.
fn worker(fakes: &[&str]) -> WorkerCommand {
    let args = ["worker"].iter().chain(fakes).chain(&["--"]).map(Into::into).collect();
    WorkerCommand { program: std::env::current_exe().unwrap(), args, ..source::worker() }
}

/// A transcoder of the source by these encoders, fed in real time until it ends or the task is dropped.
fn start(fakes: &[&str], roster: &Roster) -> (Transcoder, Events) {
    start_of("a-channel", fakes, roster)
}

fn start_of(channel: &str, fakes: &[&str], roster: &Roster) -> (Transcoder, Events) {
    let (transcoder, input, events) = Transcoder::spawn(config(channel, fakes, roster)).unwrap();
    tokio::spawn(publish(input));
    (transcoder, events)
}

fn config(channel: &str, fakes: &[&str], roster: &Roster) -> Config {
    let mut config = source::config(SOURCE.job(&["360p"]));
    config.channel = channel.to_owned();
    config.worker = worker(fakes);
    config.roster = roster.clone();
    config.limits.silence = Duration::from_secs(2);
    config
}

async fn publish(input: Input) {
    let mut ticks = tokio::time::interval(Duration::from_micros(33_333));
    for au in SOURCE.repeated(60) {
        ticks.tick().await;
        if au.keyframe {
            input.boundary(au.pts);
        }
        if input.push(&au) == Pushed::Closed {
            return;
        }
    }
}

/// What happens up to a `Started` of that encoder.
#[derive(Default)]
struct Seen {
    reasons: Vec<RestartReason>,
    pictures: Vec<AccessUnit>,
    /// From the last picture (or the beginning) to the word that the worker was replaced.
    took: Vec<Duration>,
}

async fn until_started(events: &mut Events, encoder: &str) -> Seen {
    let (mut seen, mut last) = (Seen::default(), Instant::now());
    loop {
        match next(events).await.expect("it goes on") {
            Event::Started { rungs } if rungs[0].encoder == encoder => return seen,
            Event::AccessUnit { au, .. } => {
                last = Instant::now();
                seen.pictures.push(au);
            }
            Event::Started { .. } => last = Instant::now(),
            Event::Restarted { reason } => {
                seen.took.push(last.elapsed());
                seen.reasons.push(reason);
            }
            Event::Config { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

/// The next pictures of the one that runs.
async fn pictures(events: &mut Events, count: usize) -> Vec<AccessUnit> {
    let mut pictures = Vec::new();
    while pictures.len() < count {
        match next(events).await.expect("it goes on") {
            Event::AccessUnit { au, .. } => pictures.push(au),
            Event::Config { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }
    pictures
}

fn keyframes() -> Vec<i64> {
    SOURCE.repeated(60).iter().filter(|au| au.keyframe).map(|au| au.pts).collect()
}

/// The next encoder runs, begins with a keyframe of the source and asks for nothing else.
async fn goes_on_with_x264(transcoder: Transcoder, mut events: Events, roster: &Roster) {
    let out = pictures(&mut events, 45).await;
    let due = keyframes();
    assert!(out[0].keyframe, "it begins with a keyframe");
    assert!(out.iter().all(|au| au.keyframe == due.contains(&au.pts)), "keyframes where the source has them");
    assert_eq!(roster.demoted(), ["nvh264enc"]);
    assert_eq!(roster.usable(), ["x264enc"]);
    transcoder.close().await;
}

async fn the_probe_says_of_each_what_it_does() {
    let probed = async |fault: &'static str| -> Probed {
        let fakes = [format!("nvh264enc={fault}")];
        let fakes: Vec<&str> = fakes.iter().map(String::as_str).filter(|_| fault != "absent").collect();
        let limit = if fault == "hangs" { Duration::from_secs(3) } else { Duration::from_secs(30) };
        probe::run(&worker(&fakes), &["nvh264enc".to_owned()], limit).await.probed.remove(0)
    };
    assert!(matches!(probed("works").await.verdict, Verdict::Usable { bytes } if bytes > 100));
    assert!(
        matches!(probed("fails-at-100th").await.verdict, Verdict::Usable { .. }),
        "ten pictures do not tell"
    );
    assert_eq!(probed("hangs").await.verdict, Verdict::TimedOut(Duration::from_secs(3)));
    for (fault, words) in [
        ("absent", "is not there"),
        ("refuses-ready", "does not get ready"),
        ("fails-at-first", "the device says no"),
    ] {
        let probed = probed(fault).await;
        let Verdict::Refused { said } = &probed.verdict else { panic!("{fault}: {probed}") };
        assert!(said.contains(words), "{fault}: {said}");
    }
}

async fn a_candidate_that_gave_nothing_in_time_is_tried_once_more_and_no_other() {
    let names = ["nvh264enc", "vah264enc", "x264enc"].map(str::to_owned);
    let busy = worker(&["nvh264enc=works", "vah264enc=hangs"]);
    let report = probe::run(&busy, &names, Duration::from_secs(5)).await;
    assert_eq!(report.usable(), ["nvh264enc", "x264enc"]);
    assert!(report.is_open());
    // A second trial of the first one would refuse it.
    let quiet = worker(&["vah264enc=works"]);
    let report = probe::again(&quiet, report, Duration::from_secs(30)).await;
    assert_eq!(report.usable(), names);
    assert!(!report.is_open(), "{report:?}");
    let none = probe::run(&quiet, &["nvh264enc".to_owned()], Duration::from_secs(30)).await;
    assert!(none.is_open() && none.usable().is_empty());
    let some = probe::again(&busy, none, Duration::from_secs(30)).await;
    assert_eq!(some.usable(), ["nvh264enc"], "where none works all are tried");
}

/// Fed as it gives, not in real time: on a busy machine a worker may start later than its queue is long.
async fn an_encoder_that_works_gives_every_picture_with_its_keyframes_where_asked() {
    let roster = encoders(&["nvh264enc", "x264enc"]);
    let (transcoder, input, mut events) =
        Transcoder::spawn(config("a-channel", &["nvh264enc=works"], &roster)).unwrap();
    until_started(&mut events, "nvh264enc").await;
    let (units, mut out) = (SOURCE.repeated(2), vec![Rendition::default()]);
    feed(&input, &mut events, &units, &mut out).await;
    drop(input);
    rest(&mut events, &mut out).await;
    let all: Vec<i64> = units.iter().map(|au| au.pts).collect();
    assert_eq!(out[0].pts(), all, "every picture at its time");
    let due: Vec<i64> = units.iter().filter(|au| au.keyframe).map(|au| au.pts).collect();
    assert_eq!((due.len(), out[0].keyframes()), (4, due));
    assert_eq!((transcoder.usage().restarts, roster.demoted().len()), (0, 0));
    transcoder.close().await;
}

async fn one_that_is_not_there_or_refuses_ready_is_passed_over_without_a_restart() {
    for fakes in [&[][..], &["nvh264enc=refuses-ready"]] {
        let roster = encoders(&["nvh264enc", "x264enc"]);
        let (transcoder, mut events) = start(fakes, &roster);
        let seen = until_started(&mut events, "x264enc").await;
        assert_eq!((seen.reasons.len(), transcoder.usage().restarts), (0, 0), "{fakes:?}");
        goes_on_with_x264(transcoder, events, &roster).await;
    }
}

/// The fault is told as it should be, within a second of the last picture and `patience`, and the next encoder takes over.
async fn gives_way(fault: &str, patience: Duration, is_right: fn(&RestartReason) -> bool) -> Seen {
    let roster = encoders(&["nvh264enc", "x264enc"]);
    let (transcoder, mut events) = start(&[&format!("nvh264enc={fault}")], &roster);
    let seen = until_started(&mut events, "x264enc").await;
    assert_eq!(seen.reasons.len(), 1, "{:?}", seen.reasons);
    assert!(is_right(&seen.reasons[0]), "{}", seen.reasons[0]);
    assert!(seen.took[0] < patience + Duration::from_secs(1), "{:?}", seen.took);
    goes_on_with_x264(transcoder, events, &roster).await;
    seen
}

async fn one_that_fails_at_its_first_picture_gives_way_at_once() {
    let seen = gives_way(
        "fails-at-first",
        Duration::ZERO,
        |reason| matches!(reason, RestartReason::Reported { said, encoders } if said.contains("the device says no") && encoders == &["nvh264enc"]),
    );
    assert!(seen.await.pictures.is_empty());
}

async fn one_that_fails_at_its_hundredth_picture_gives_way_at_once() {
    let seen = gives_way(
        "fails-at-100th",
        Duration::ZERO,
        |reason| matches!(reason, RestartReason::Reported { encoders, .. } if encoders == &["nvh264enc"]),
    );
    assert_eq!(seen.await.pictures.len(), 99);
}

async fn one_that_hangs_gives_way() {
    let silence = Duration::from_secs(2);
    let seen =
        gives_way("hangs-at-20th", silence * 2, |reason| matches!(reason, RestartReason::Silent { .. }))
            .await;
    assert_eq!(seen.pictures.len(), 19);
}

async fn one_that_crashes_gives_way_for_its_channel_and_for_all_after_a_second_one() {
    let roster = encoders(&["nvh264enc", "x264enc"]);
    for (channel, crashes, demoted) in [("one", 1, 0), ("one", 0, 0), ("two", 1, 1), ("three", 0, 1)] {
        let (transcoder, mut events) = start_of(channel, &["nvh264enc=crashes-at-20th"], &roster);
        let seen = until_started(&mut events, "x264enc").await;
        let is_right = |reason: &RestartReason| matches!(reason, RestartReason::Exited { crashed: true, .. });
        assert!(seen.reasons.iter().all(is_right), "{:?}", seen.reasons);
        assert_eq!((seen.reasons.len(), roster.demoted().len()), (crashes, demoted), "{channel}");
        assert!(seen.pictures.len() <= 19);
        assert!(seen.took.iter().all(|took| *took < Duration::from_secs(1)), "{:?}", seen.took);
        assert!(pictures(&mut events, 30).await[0].keyframe, "it begins with a keyframe");
        transcoder.close().await;
    }
}

async fn sources_that_no_device_decodes_pass_over_what_is_on_the_device() {
    for name in ["ffmpeg-hevc-aac", "ffmpeg-av1-opus"] {
        let source = Source::fixture(name);
        let mut config = source::config(source.job(&["160p"]));
        config.worker = worker(&["nvh264enc=works"]);
        let roster = encoders(&["nvh264enc@device", "nvh264enc", "x264enc"]);
        config.roster = roster.clone();
        let (transcoder, input, mut events) = Transcoder::spawn(config).unwrap();
        until_started(&mut events, "nvh264enc").await;
        for au in &source.units {
            input.push(au);
        }
        assert!(pictures(&mut events, 10).await[0].keyframe);
        assert_eq!((roster.usable().len(), roster.next_due()), (3, None), "it is no fault: {name}");
        transcoder.close().await;
    }
}

async fn when_all_have_failed_the_rungs_rest_until_one_passes_a_probe_again() {
    let roster = encoders(&["nvh264enc", "vah264enc"]);
    let (transcoder, mut events) = start(&["nvh264enc=fails-at-first", "vah264enc=fails-at-100th"], &roster);
    until_started(&mut events, "vah264enc").await;
    let reason = loop {
        match next(&mut events).await.expect("it goes on") {
            Event::Resting { reason } => break reason.expect("the last fault"),
            Event::AccessUnit { .. } | Event::Config { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    };
    assert!(matches!(reason, RestartReason::Reported { .. }), "{reason}");
    assert_eq!((roster.usable().len(), roster.demoted().len()), (0, 2));
    assert_eq!(transcoder.worker_pid(), None, "nothing runs");
    roster.probed("vah264enc", true, Instant::now());
    until_started(&mut events, "vah264enc").await;
    assert!(pictures(&mut events, 30).await[0].keyframe);
    transcoder.close().await;
}

async fn a_demotion_holds_for_the_next_broadcast_too() {
    let roster = encoders(&["nvh264enc", "x264enc"]);
    let fakes = ["nvh264enc=fails-at-first"];
    let (first, mut events) = start(&fakes, &roster);
    until_started(&mut events, "x264enc").await;
    let (second, mut events) = start(&fakes, &roster);
    let seen = until_started(&mut events, "x264enc").await;
    assert!(seen.reasons.is_empty(), "it begins with the one that works");
    assert_eq!(second.usage().restarts, 0);
    first.close().await;
    second.close().await;
}
