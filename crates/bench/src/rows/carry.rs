//! How many publishers of 600 kbit/s one core carries, passed through, beside nginx-rtmp on the same core.
//!
//! The server has the first core for itself, publishers have the others. They come in steps until the core is full, or parts reach a
//! viewer late, or publishers cannot send in time. The two servers are measured one after the other. Where the publishers' cores are full
//! first, or no step is left, what the server would carry is told from its CPU so far.

use super::{Figures, Settings};
use crate::{
    follow::Follower,
    nginx,
    process::{Cores, CpuMeter, Process},
    publish::{self, Late},
    recording::{self, Recording},
    report::{Figure, Must, quantile},
    rows,
};
use anyhow::ensure;
use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

/// Of both sides, so that two thousand streams fit into memory.
const WINDOW_SECONDS: u64 = 10;
/// After the last of a step has come.
const SETTLE_SECONDS: u64 = 5;
/// Over which a step is measured, at most.
const STEP_SECONDS_MAX: u64 = 8;
/// Of a core: no room for another.
const FULL_PERCENT: f64 = 96.0;
/// Later than this at the 99th percentile is broken: a player's buffer would be empty.
const LATE_MAX: f64 = 0.5;

/// How far a server came.
struct Carried {
    publishers: u32,
    /// With these publishers, of one core.
    cpu_percent: f64,
    /// Seconds from a part's end to a viewer, 99th percentile.
    part_late: Option<f64>,
    /// Why there are not more.
    end: String,
    /// The server was the end, not the load.
    by_server: bool,
}

impl Carried {
    /// Where the load ended, what fits a core by the CPU.
    fn publishers(&self) -> f64 {
        let found = f64::from(self.publishers);
        if self.by_server { found } else { self.by_cpu() }
    }

    fn by_cpu(&self) -> f64 {
        f64::from(self.publishers) * 100.0 / self.cpu_percent
    }

    fn told(&self) -> String {
        let late = self.part_late.map_or(String::new(), |late| format!(", parts late by {late:.3} s at p99"));
        format!(
            "{} measured at {:.1} % of the core{late}; end: {}",
            self.publishers, self.cpu_percent, self.end
        )
    }
}

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let recording = recording::make(folder, recording::SLIGHT).await?;
    let (mut host, addresses) =
        rows::host(Cores::First, &["--window-seconds", &WINDOW_SECONDS.to_string()]).await?;
    let ours = ramp(settings, &recording, &mut host, addresses.rtmp, Some(addresses.http)).await?;
    host.stop().await?;

    let at = folder.join("nginx-carry");
    std::fs::create_dir_all(&at)?;
    let how = nginx::Rtmp { cores: Cores::First, playlist_seconds: WINDOW_SECONDS };
    let mut peer = nginx::start(&at, how).await?;
    let theirs = ramp(settings, &recording, &mut peer.process, peer.rtmp, None).await?;
    peer.process.stop().await?;
    std::fs::remove_dir_all(&at)?;

    Ok(vec![
        Figure::new("publishers a core carries", ours.publishers(), "")
            .beside("nginx-rtmp, HLS to tmpfs", theirs.publishers())
            .must(Must::AtLeastPeer(1.0))
            .note(format!(
                "{:.0} kbit/s each, in steps of {}; ours: {}; nginx: {}",
                recording.bitrate_bps / 1000.0,
                settings.step,
                ours.told(),
                theirs.told()
            )),
        Figure::new("publishers that fill a core, by the CPU of those", ours.by_cpu(), "")
            .beside("nginx-rtmp, HLS to tmpfs", theirs.by_cpu())
            .must(Must::AtLeastPeer(1.0)),
    ])
}

/// Lets publishers come until something breaks.
async fn ramp(
    settings: &Settings,
    recording: &Recording,
    server: &mut Process,
    rtmp: SocketAddr,
    http: Option<SocketAddr>,
) -> anyhow::Result<Carried> {
    let mut all: Vec<Process> = Vec::new();
    let mut carried: Option<Carried> = None;
    let load_cores = (std::thread::available_parallelism().map_or(1, usize::from) - 1).max(1) as f64;
    let (mut end, mut by_server) = (format!("no more than {} steps", settings.steps), false);
    for step in 0..settings.steps {
        let first = (step * settings.step).to_string();
        let args = ["--together", "--first", &first];
        all.push(rows::publishers(Cores::Others, rtmp, &recording.file, settings.step, &args)?);
        let mut running: Vec<&mut Process> = all.iter_mut().collect();
        running.push(server);
        rows::wait(SETTLE_SECONDS, &mut running).await?;
        late(&mut all).await?;
        let pids = all.iter().map(Process::pid).collect::<Result<_, _>>()?;
        let (cpu, load) = (CpuMeter::start(vec![server.pid()?])?, CpuMeter::start(pids)?);
        let part_late = watch(settings.seconds.min(STEP_SECONDS_MAX), http).await?;
        let (cpu_percent, load_percent) = (cpu.percent()?, load.percent()? / load_cores);
        let sent_late = late(&mut all).await?;
        let publishers = (step + 1) * settings.step;
        eprintln!(
            "  {publishers} publishers: {cpu_percent:.1} % of the core, publishers {load_percent:.0} % of theirs, sent late by {sent_late:.3} s, parts by {:.3} s",
            part_late.unwrap_or(f64::NAN)
        );
        if cpu_percent >= FULL_PERCENT {
            (end, by_server) = (format!("the core is full with {publishers}"), true);
            break;
        }
        if load_percent >= FULL_PERCENT {
            end = format!("the publishers' cores are full with {publishers}");
            break;
        }
        if sent_late > LATE_MAX || part_late.is_some_and(|late| late > LATE_MAX) {
            let parts = part_late.map_or(String::new(), |late| format!(", parts by {late:.2} s"));
            (end, by_server) = (format!("with {publishers} sent late by {sent_late:.2} s{parts}"), true);
            break;
        }
        carried = Some(Carried { publishers, cpu_percent, part_late, end: String::new(), by_server: false });
    }
    let stopping = all.into_iter().map(|process| tokio::spawn(process.stop()));
    for stopped in stopping.collect::<Vec<_>>() {
        stopped.await??;
    }
    ensure!(carried.is_some(), "not even the first step: {end}");
    Ok(carried.map(|carried| Carried { end, by_server, ..carried }).expect("seen to be there"))
}

/// The worst 99th percentile of how late publishers sent since they were asked last.
async fn late(all: &mut [Process]) -> anyhow::Result<f64> {
    let mut worst = 0f64;
    for process in all {
        let said: Late = serde_json::from_str(&process.ask("late").await?)?;
        worst = worst.max(said.p99);
    }
    Ok(worst)
}

/// Waits; with an origin, as a viewer of the first publisher: the 99th percentile of how late its parts are.
async fn watch(seconds: u64, http: Option<SocketAddr>) -> anyhow::Result<Option<f64>> {
    let time = Duration::from_secs(seconds);
    let Some(http) = http else {
        tokio::time::sleep(time).await;
        return Ok(None);
    };
    let (until, mut samples) = (Instant::now() + time, Vec::new());
    let mut follower = Follower::join(http, &publish::key(0), "source").await?;
    while Instant::now() < until {
        samples.extend(follower.next().await?);
    }
    Ok(Some(quantile(&samples, 0.99)))
}
