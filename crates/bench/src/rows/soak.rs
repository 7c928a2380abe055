//! Hours of five broadcasts with a ladder, each cut once a minute: memory and latency stay as they were, and nobody waits for media.
//!
//! Ingest alone, with real transcode workers; one viewer of the source and one of the rung for each broadcast, who fetch every part. A
//! publisher goes without a word and is back after three seconds. Parts that come a second after their time would leave a player
//! without picture and count as a stall, as do a longer silence than the cut explains and a list that is gone, after which the viewer
//! joins again.

use super::{Figures, Settings};
use crate::{
    follow::Follower,
    host::Addresses,
    process::{Process, children, resident_bytes},
    publish, recording,
    report::{Figure, Must, quantile},
    rows,
};
use anyhow::Context;
use parking_lot::Mutex;
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_testkit::publisher::{Options, Publisher};
use tokio::task::JoinSet;

const BROADCASTS: u32 = 5;
const RUNG: &str = "360p";
/// A publisher is there for so long, and then away.
const STAY: Duration = Duration::from_secs(57);
const AWAY: Duration = Duration::from_secs(3);
/// Later than its time a part is a stall; a silence is one if it is so much longer than a cut.
const STALL: f64 = 1.0;
/// After a return: the time of the encoder, which begins anew, is not a stall.
const SILENCE: Duration = Duration::from_secs(6);
/// The broadcasts begin one after the other: five workers that start at once on two cores are no soak.
const APART: Duration = Duration::from_secs(2);
/// Within this time of a broadcast's beginning, and after a list went, there is one.
const JOIN: Duration = Duration::from_secs(90);
/// Between two readings of memory.
const READING: Duration = Duration::from_secs(10);
/// Of the whole time: how much is "the first minutes", and how much is compared at each end.
const WARM_UP: f64 = 0.1;
const END_SHARE: f64 = 0.1;
/// How far memory may go from where it was, percent, and latency, seconds.
const MEMORY_PERCENT: f64 = 5.0;
const LATENCY_SECONDS: f64 = 0.05;
const MIB: f64 = 1024.0 * 1024.0;

/// Values with the share of the whole time at which each was had.
type Series = Mutex<Vec<(f64, f64)>>;

#[derive(Default)]
struct Seen {
    source: Series,
    rung: Series,
    stalls: Mutex<Vec<String>>,
}

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let recording = recording::make(folder, recording::ONE_RUNG).await?;
    let (mut host, addresses) = rows::host(crate::process::Cores::All, &["--ladder", RUNG]).await?;
    let length = Duration::from_secs_f64(settings.hours * 3600.0);
    let (groups, round) = publish::read(&recording.file, false)?;
    let (groups, seen) = (Arc::new(groups), Arc::new(Seen::default()));
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for index in 0..BROADCASTS {
        let (groups, key) = (groups.clone(), publish::key(index));
        tasks.spawn(async move {
            tokio::time::sleep(APART * index).await;
            // The cuts of the broadcasts do not fall together.
            let mut stay = STAY * (index + 1) / BROADCASTS;
            loop {
                let options = Options::new(&key);
                let mut publisher =
                    Publisher::connect(addresses.rtmp, options).await.context("publishing")?;
                let sending = publish::in_time(&mut publisher, &groups, round, |_| {});
                if let Ok(ended) = tokio::time::timeout(stay, sending).await {
                    return ended.context("sending");
                }
                publisher.reset().await?;
                tokio::time::sleep(AWAY).await;
                stay = STAY;
            }
        });
        for rendition in ["source", RUNG] {
            let (seen, key) = (seen.clone(), publish::key(index));
            tasks.spawn(view(addresses, key, rendition, seen, begun, length));
        }
    }
    let mut memory = Vec::new();
    let mut workers = Vec::new();
    while begun.elapsed() < length {
        tokio::select! {
            ended = tasks.join_next() => ended.context("no tasks")???,
            () = tokio::time::sleep(READING.min(length / 20)) => {}
        }
        host.still_runs()?;
        let (own, all) = (host.pid()?, children(host.pid()?)?);
        let now = resident_bytes(own)? + all.iter().filter_map(|pid| resident_bytes(*pid).ok()).sum::<u64>();
        memory.push((begun.elapsed().as_secs_f64() / length.as_secs_f64(), now as f64 / MIB));
        workers.extend(all.iter().filter(|pid| !workers.contains(*pid)).copied().collect::<Vec<_>>());
    }
    tasks.shutdown().await;
    stop(host).await?;
    Ok(figures(&memory, &seen, workers.len(), length))
}

async fn stop(host: Process) -> anyhow::Result<()> {
    host.stop().await
}

/// Fetches every part for the whole time.
async fn view(
    addresses: Addresses,
    key: String,
    rendition: &'static str,
    seen: Arc<Seen>,
    begun: Instant,
    length: Duration,
) -> anyhow::Result<()> {
    let join = || async {
        let joining = async {
            loop {
                match Follower::join(addresses.http, &key, rendition).await {
                    Ok(follower) => return follower,
                    Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
        };
        tokio::time::timeout(JOIN, joining).await.with_context(|| format!("{key} has no {rendition}"))
    };
    let stall = |what: String| {
        eprintln!("  {what}");
        seen.stalls.lock().push(what);
    };
    let mut follower = join().await?;
    let series = if rendition == "source" { &seen.source } else { &seen.rung };
    let mut last = Instant::now();
    let mut stalled = false;
    loop {
        let next = follower.next().await;
        let share = begun.elapsed().as_secs_f64() / length.as_secs_f64();
        let late = match next {
            Ok(late) => late,
            Err(error) => {
                stall(format!("{key} {rendition} at {share:.3}: {error:#}"));
                follower = join().await?;
                last = Instant::now();
                continue;
            }
        };
        let silence = last.elapsed();
        let worst = late.iter().copied().fold(0.0, f64::max);
        // A stall lasts until parts are in time again, and counts once.
        let was = std::mem::replace(&mut stalled, worst > STALL || silence > SILENCE);
        if stalled && !was {
            stall(format!("{key} {rendition} at {share:.3}: late by {worst:.2} s, silent for {silence:.1?}"));
        }
        last = Instant::now();
        series.lock().extend(late.into_iter().map(|late| (share, late)));
    }
}

/// The median of the values within a part of the time.
fn median(series: &[(f64, f64)], from: f64, to: f64) -> f64 {
    let within: Vec<f64> =
        series.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, value)| *value).collect();
    quantile(&within, 0.5)
}

fn figures(memory: &[(f64, f64)], seen: &Seen, workers: usize, length: Duration) -> Vec<Figure> {
    let ends = |series: &[(f64, f64)]| {
        (median(series, WARM_UP, WARM_UP + END_SHARE), median(series, 1.0 - END_SHARE, f64::INFINITY))
    };
    let (first, last) = ends(memory);
    let steady: Vec<f64> = memory.iter().filter(|(at, _)| *at >= WARM_UP).map(|(_, value)| *value).collect();
    let mut figures = vec![
        Figure::new("memory of ingest and workers, last against first", (last / first - 1.0) * 100.0, "%")
            .must(Must::Between(-MEMORY_PERCENT, MEMORY_PERCENT))
            .note(format!(
                "{:.2} h, {BROADCASTS} broadcasts with {RUNG}, each cut once a minute; median {first:.1} MiB, then {last:.1} MiB; from {:.1} to {:.1} MiB; {workers} workers in all",
                length.as_secs_f64() / 3600.0,
                quantile(&steady, 0.0),
                quantile(&steady, 1.0)
            )),
    ];
    for (name, series) in [("source", &seen.source), ("rung", &seen.rung)] {
        let series = series.lock();
        let (first, last) = ends(&series);
        let all: Vec<f64> = series.iter().map(|(_, late)| *late).collect();
        figures.push(
            Figure::new(format!("{name}: latency of parts, last against first"), last - first, "s")
                .must(Must::Between(-LATENCY_SECONDS, LATENCY_SECONDS))
                .note(format!(
                    "{} parts; median {first:.3} s, then {last:.3} s; p99 {:.3} s",
                    all.len(),
                    quantile(&all, 0.99)
                )),
        );
    }
    let stalls = seen.stalls.lock();
    figures.push(
        Figure::new("stalls", stalls.len() as f64, "")
            .must(Must::AtMost(0.0))
            .note(stalls.iter().take(5).cloned().collect::<Vec<_>>().join("; ")),
    );
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_and_a_stall_are_told() {
        let memory = |growth: f64| {
            (0..100).map(|n| (f64::from(n) / 100.0, 100.0 + f64::from(n) * growth)).collect::<Vec<_>>()
        };
        let seen = Seen::default();
        for series in [&seen.source, &seen.rung] {
            series.lock().extend((0..100).map(|n| (f64::from(n) / 100.0, 0.04)));
        }
        let held = |growth| {
            let figures = figures(&memory(growth), &seen, 5, Duration::from_secs(3600));
            figures.iter().map(|figure| figure.holds()).collect::<Vec<_>>()
        };
        assert!(held(0.01).iter().all(|held| *held == Some(true)));
        assert_eq!(held(0.2)[0], Some(false));
        seen.stalls.lock().push("x".into());
        assert_eq!(held(0.01)[3], Some(false));
    }
}
