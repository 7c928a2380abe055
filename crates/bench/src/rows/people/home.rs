//! A platform for the row: its services as processes, its database reached by `psql` to be filled, and a generator beside it.

use crate::{
    ask::{Request, Seen},
    process::{self, Cores, CpuMeter, Process},
    rows::{Settings, place::launch},
};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// See the module's head.
pub(super) struct Home {
    launcher: Process,
    /// Of the web service.
    pub(super) url: String,
    folder: PathBuf,
    data: PathBuf,
    port: u16,
}

/// What requests came to, and what they cost the pinned servers, in cores.
pub(super) struct Load {
    pub(super) seen: Seen,
    pub(super) cores: f64,
}

impl Home {
    pub(super) async fn open(settings: &Settings, folder: &Path) -> anyhow::Result<Self> {
        let data = folder.join("platform");
        // The hidden step of a permit is a wait, not work: what is measured is what it hides.
        let env = [("STREAMLY_STREAM__AUTHORIZE_STEP", "0s".to_owned())];
        let (launcher, url) = launch(settings, &data, &["--processes"], &env).await?;
        let port =
            url.rsplit(':').next().and_then(|port| port.parse().ok()).context("a URL without a port")?;
        Ok(Self { launcher, url, folder: folder.to_owned(), data, port })
    }

    /// Where a service listens itself, by the port that it has without an offset.
    pub(super) fn port(&self, base: u16) -> u16 {
        self.port - 3000 + base
    }

    /// A secret of the platform, as a file.
    pub(super) fn secret(&self, name: &str) -> PathBuf {
        self.data.join("secrets").join(name)
    }

    /// Where its private files of this run are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Process ids of a service and of the whole database, by what their command lines have.
    pub(super) fn pids(&self, names: &[&str]) -> anyhow::Result<Vec<u32>> {
        let mut found = Vec::new();
        for pid in process::children(self.launcher.pid()?)? {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if names.iter().any(|name| line.contains(name)) {
                found.push(pid);
                // PostgreSQL works in children of its own.
                found.extend(process::children(pid)?);
            }
        }
        ensure!(!found.is_empty(), "none of {names:?} runs");
        Ok(found)
    }

    /// Puts those on the first core, with the connections that PostgreSQL has so far and those that it makes.
    pub(super) async fn pin(&self, names: &[&str]) -> anyhow::Result<Vec<u32>> {
        let pids = self.pids(names)?;
        for pid in &pids {
            // A connection may have gone meanwhile.
            let _ = process::pin_to_first(*pid).await;
        }
        Ok(pids)
    }

    /// Runs SQL in one of its databases.
    pub(super) async fn sql(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let config = std::fs::read_to_string(self.data.join("run/stream.toml"))?;
        let (_, section) = config.split_once("[postgres]").context("no database in the configuration")?;
        let value = |key: &str| {
            let line = section.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
            line.map(|value| value.trim_matches('"').to_owned()).with_context(|| format!("no {key}"))
        };
        let file = self.folder.join("fill.sql");
        std::fs::write(&file, sql)?;
        let output = Command::new("psql")
            .args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1"])
            .args(["-h", &value("host")?, "-p", &value("port")?, "-U", &value("user")?, "-d", database, "-f"])
            .arg(&file)
            .output()
            .await
            .context("psql")?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Asks for these in turn, from the other cores; what it cost those processes.
    pub(super) async fn ask(
        &self,
        requests: &[Request],
        pace: f64,
        seconds: u64,
        pids: Vec<u32>,
    ) -> anyhow::Result<Load> {
        let file = self.folder.join("requests");
        let lines: Vec<String> = requests.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        std::fs::write(&file, lines.join("\n"))?;
        let (file, pace, seconds) = (file.to_string_lossy(), pace.to_string(), seconds.to_string());
        let args = ["ask", "--requests", &file, "--pace", &pace, "--seconds", &seconds];
        let alive: Vec<u32> = pids.into_iter().filter(|pid| process::cpu_seconds(*pid).is_ok()).collect();
        let cpu = CpuMeter::start(alive)?;
        let mut asker = Process::own("the asker", Cores::Others, &args)?;
        let line = asker.line().await?;
        // A connection of PostgreSQL may be gone: then the cost is not known.
        let cores = cpu.percent().unwrap_or(f64::NAN) / 100.0;
        let seen = serde_json::from_str(&line).with_context(|| format!("the asker said {line}"))?;
        Ok(Load { seen, cores })
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.launcher.stop().await
    }
}
