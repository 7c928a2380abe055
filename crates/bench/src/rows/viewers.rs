//! Viewers against a server, what they saw and what it cost: for the rows whose figures are costs of requests and bytes.
//!
//! The viewers are a process of their own on all cores but the first (`view`); the server's CPU is read exactly while they count.

use super::Settings;
use crate::{
    origin::Origin,
    process::{Cores, CpuMeter, Process},
    view::{MEASURING, Seen},
};
use anyhow::{Context, ensure};
use std::{net::SocketAddr, path::Path};

/// Of a recording at 30 pictures a second: a part has five of them.
pub(super) const PARTS_A_SECOND: f64 = 6.0;

/// What viewers saw and what it cost the server.
pub(super) struct Load {
    pub(super) seen: Seen,
    /// Seconds that the server's process used, in user and kernel.
    cpu: f64,
    /// The same of the viewers.
    viewers_cpu: f64,
}

impl Load {
    fn requests(&self) -> f64 {
        (self.seen.playlists + self.seen.media) as f64
    }

    fn megabytes(&self) -> f64 {
        self.seen.bytes as f64 / 1e6
    }

    pub(super) fn micros_per_request(&self) -> f64 {
        self.cpu * 1e6 / self.requests()
    }

    pub(super) fn millis_per_mb(&self) -> f64 {
        self.cpu * 1e3 / self.megabytes()
    }

    /// The same, less so many percent of a core.
    pub(super) fn millis_per_mb_without(&self, percent: f64) -> f64 {
        (self.cpu - self.seen.seconds * percent / 100.0) * 1e3 / self.megabytes()
    }

    /// Requests that a core answers in a second, by the CPU of these.
    pub(super) fn requests_a_core(&self) -> f64 {
        self.requests() / self.cpu
    }

    /// The same of bytes, Gbit/s.
    pub(super) fn gigabits_a_core(&self) -> f64 {
        self.megabytes() * 8.0 / 1e3 / self.cpu
    }

    /// Mean length of a body, kB.
    pub(super) fn kilobytes_a_request(&self) -> f64 {
        self.megabytes() * 1e3 / self.requests()
    }

    /// Parts that so many live viewers fetched, of a hundred that were made for them.
    pub(super) fn parts_percent(&self, viewers: u32) -> f64 {
        self.seen.media as f64 / (f64::from(viewers) * PARTS_A_SECOND * self.seen.seconds) * 100.0
    }

    /// Of 100 live viewers in ten seconds, 25 kB a request.
    #[cfg(test)]
    pub(super) fn made(cpu: f64, failed: u64) -> Self {
        let (seconds, playlists, media, bytes) = (10.0, 6_000, 6_000, 300_000_000);
        let (mended, missed, behind, p50_ms, p99_ms) = (0, 0, 0, 1.0, 2.0);
        let seen = Seen { seconds, playlists, media, bytes, failed, mended, missed, behind, p50_ms, p99_ms };
        Self { seen, cpu, viewers_cpu: 1.0 }
    }

    pub(super) fn told(&self) -> String {
        let Seen { seconds, failed, behind, p50_ms, p99_ms, .. } = self.seen;
        format!(
            "{:.0} requests/s, {:.0} MB/s, server {:.0} % of a core, viewers {:.2} cores, p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms, {behind} late, {failed} failed",
            self.requests() / seconds,
            self.megabytes() / seconds,
            self.cpu / seconds * 100.0,
            self.viewers_cpu / seconds
        )
    }
}

/// Runs viewers against a server and reads its CPU exactly while they count.
pub(super) async fn load(
    settings: &Settings,
    seconds: u64,
    server: u32,
    from: SocketAddr,
    what: &[String],
) -> anyhow::Result<Load> {
    let mut viewers = come(settings, Cores::Others, settings.viewers, seconds, from, what)?;
    measuring(&mut viewers).await?;
    let (cpu, own) = (CpuMeter::start(vec![server])?, CpuMeter::start(vec![viewers.pid()?])?);
    let line = viewers.line().await?;
    let (cpu, viewers_cpu) = (cpu.seconds()?, own.seconds().unwrap_or(f64::NAN));
    Ok(Load { seen: read(&line)?, cpu, viewers_cpu })
}

/// Starts so many viewers.
pub(super) fn come(
    settings: &Settings,
    cores: Cores,
    count: u32,
    seconds: u64,
    from: SocketAddr,
    what: &[String],
) -> anyhow::Result<Process> {
    let (from, count, seconds) = (from.to_string(), count.to_string(), seconds.to_string());
    let mut args = vec!["view", "--from", &from, "--count", &count, "--seconds", &seconds];
    if settings.quick {
        args.extend(["--settle", "1"]);
    }
    args.extend(what.iter().map(String::as_str));
    Process::own("the viewers", cores, &args)
}

/// Waits until they count.
pub(super) async fn measuring(viewers: &mut Process) -> anyhow::Result<()> {
    let line = viewers.line().await?;
    ensure!(line == MEASURING, "the viewers said {line}");
    Ok(())
}

/// What they say when they have.
///
/// # Errors
/// If it is nothing of theirs, or they saw nothing.
pub(super) fn read(line: &str) -> anyhow::Result<Seen> {
    let seen: Seen = serde_json::from_str(line).with_context(|| format!("the viewers said {line}"))?;
    ensure!(seen.media > 0, "nothing was seen: {line}");
    Ok(seen)
}

/// Puts what is behind a path into a folder, under that path.
pub(super) async fn save(origin: &Origin, path: &str, root: &Path) -> anyhow::Result<()> {
    write(root, path, &origin.bytes(path).await?)
}

/// Puts bytes into a folder under a path; folders on the way are made.
pub(super) fn write(root: &Path, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let file = root.join(path.trim_start_matches('/'));
    std::fs::create_dir_all(file.parent().context("a path without a folder")?)?;
    Ok(std::fs::write(&file, bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = r#"{"seconds":10.0,"playlists":0,"media":1,"bytes":1,"failed":0,"behind":0,"p50_ms":1.0,"p99_ms":2.0}"#;

    #[test]
    fn a_core_answers_what_the_used_seconds_did() {
        let load = Load::made(0.5, 0);
        assert_eq!((load.requests_a_core(), load.gigabits_a_core()), (24_000.0, 4.8));
        assert_eq!((load.kilobytes_a_request(), load.parts_percent(100)), (25.0, 100.0));
        assert!((load.micros_per_request() * load.requests_a_core() - 1e6).abs() < 1e-6);
    }

    #[test]
    fn viewers_who_saw_nothing_are_no_measurement() {
        assert!(read(SAID).is_ok());
        assert!(read(&SAID.replace("\"media\":1", "\"media\":0")).is_err());
        assert!(read(MEASURING).is_err());
    }
}
