//! Runs the scripts that drive Chromium, and what one of them says of each player it watched.

use anyhow::{Context, ensure};
use serde::{Deserialize, de::DeserializeOwned};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::process::Command;

/// The scripts, below the project's root.
const SCRIPTS: &str = "crates/bench/browser";

/// What the browser script says of one player.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Watched {
    /// Age of the picture on screen at each animation frame, milliseconds.
    pub(super) ages: Vec<f64>,
    /// Age of each picture when it was presented, milliseconds.
    pub(super) presented: Vec<f64>,
    /// If asked for: when each picture was presented (milliseconds since 1970), and how old it was (milliseconds).
    pub(super) shown: Vec<(f64, f64)>,
    /// Times the page was loaded.
    pub(super) loads: u32,
    /// Times the player waited for media.
    pub(super) stalls: u32,
    /// Of each wait for media: seconds since counting began, seconds in hand then.
    pub(super) waits: Vec<(f64, f64)>,
    /// Longest time one picture stood, milliseconds.
    pub(super) longest_still: f64,
    /// Heights of the pictures seen.
    pub(super) heights: Vec<u32>,
    /// Presented pictures whose clock could not be read.
    pub(super) unreadable: u32,
    /// hls.js of the bare page.
    pub(super) version: Option<String>,
}

/// Whether the scripts are there.
pub(super) fn at_root() -> anyhow::Result<()> {
    ensure!(Path::new(SCRIPTS).is_dir(), "run from the project's root");
    Ok(())
}

/// Runs one of the scripts; what it prints. Errors: it fails, takes longer than `limit`, or prints something else.
pub(super) async fn run<T: DeserializeOwned>(
    script: &str,
    job: &serde_json::Value,
    limit: Duration,
) -> anyhow::Result<T> {
    let browser = Command::new("node")
        .arg(Path::new(SCRIPTS).join(script))
        .arg(job.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .context("node does not start")?
        .wait_with_output();
    let output = tokio::time::timeout(limit, browser);
    let output = output.await.context("the browser does not end")??;
    ensure!(output.status.success(), "{script} ended with {}", output.status);
    serde_json::from_slice(&output.stdout).with_context(|| format!("{script} said something else"))
}

/// Watches with the browser, for all joins.
pub(super) async fn watch(job: &serde_json::Value) -> anyhow::Result<Vec<Watched>> {
    let number = |name: &str| job[name].as_u64().with_context(|| format!("no {name}"));
    let limit = (number("seconds")? + number("settle")? + 60) * number("joins")? + 30;
    let joins: Vec<Watched> = run("glass.mjs", job, Duration::from_secs(limit)).await?;
    ensure!(!joins.is_empty(), "nothing was watched");
    ensure!(joins.iter().any(|join| !join.presented.is_empty()), "no picture with a clock was seen");
    Ok(joins)
}
