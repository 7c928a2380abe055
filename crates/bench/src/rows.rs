//! The rows of the table, one module each, and the loop that runs them.

mod app;
mod broadcaster;
mod browser;
mod cable;
mod carry;
mod chat;
mod crowd;
mod cut;
mod edge;
mod edges;
mod first_part;
mod glass;
mod ladder;
mod once;
mod origin;
mod passthrough;
mod people;
mod place;
mod rest;
mod rolling;
mod service;
mod soak;
mod viewers;

use crate::{
    host::Addresses,
    machine::{self, Machine},
    process::{Cores, Process},
    report::{Figure, Report, Row},
};
use anyhow::Context;
use clap::ValueEnum;
use std::{
    path::{Path, PathBuf},
    time::Instant,
};
use time::format_description::well_known::Rfc3339;

/// A row's name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Glass to glass in the app's player and in stock hls.js.
    Glass,
    /// First keyframe to first part.
    FirstPart,
    /// CPU and memory of streams passed through.
    Passthrough,
    /// CPU of the transcoded ladder.
    Ladder,
    /// Publishers that one core carries.
    Carry,
    /// Cost of a request and of a megabyte at the origin.
    Origin,
    /// Cost of a request and of a byte at an edge, beside nginx.
    Edge,
    /// Requests at the origin for one thing, with three edges.
    Once,
    /// Every instance of every service is replaced under viewers, a room that talks and calls.
    Rolling,
    /// A publisher's connection is gone for five seconds.
    Cut,
    /// Glass to glass while other broadcasts run, of the source and of a rung.
    Crowd,
    /// Chat beside Centrifugo and a gorilla/websocket hub.
    Chat,
    /// Lists of channels, permits, sign-ins and tokens.
    People,
    /// From start to ready, and memory at rest, of each service by itself.
    Rest,
    /// The browser app: loading, a click, near and far links, an hour of watching. Runs only when named.
    App,
    /// Hours of broadcasts with ladders and cuts. Runs only when named.
    Soak,
}

/// How much is measured; the defaults are what figures are quoted with.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Under a minute a row: shows that it works. Its figures are worth nothing.
    #[arg(long)]
    quick: bool,
    /// Seconds over which CPU is measured.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Streams passed through at a time.
    #[arg(long, default_value_t = 100)]
    streams: u32,
    /// Seconds until windows are full: what is listed (30 s), what is retained behind it, and the spread of the starts.
    #[arg(long, default_value_t = 75)]
    fill: u64,
    /// Publishes of the first-part row.
    #[arg(long, default_value_t = 10)]
    publishes: u32,
    /// Viewers of the origin row.
    #[arg(long, default_value_t = 1000)]
    viewers: u32,
    /// Viewers of the edge row: fewer, so that a core is enough for the edge.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    edge_viewers: u32,
    /// Low-latency viewers at each edge of the once and rolling rows.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    live_viewers: u32,
    /// Plain viewers at each edge of the once and rolling rows.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    plain_viewers: u32,
    /// People in the room of the rolling row.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    chatters: u32,
    /// Publishers that come at each step of the carry row.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    step: u32,
    /// Most steps of the carry row.
    #[arg(long, default_value_t = 19)]
    steps: u32,
    /// Cuts of the cut row, for each player.
    #[arg(long, default_value_t = 5)]
    cuts: u32,
    /// Other broadcasts of the crowd row.
    #[arg(long, default_value_t = 20)]
    others: u32,
    /// Hours of the soak row.
    #[arg(long, default_value_t = 2.0)]
    hours: f64,
    /// Seconds our player is watched, after ten to settle.
    #[arg(long, default_value_t = 60)]
    watch_seconds: u64,
    /// Times the stock player joins, in the glass row.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..))]
    joins: u64,
    /// Parts of the chat row, separated by commas; default: all.
    #[arg(long, value_enum, value_delimiter = ',')]
    chat: Vec<chat::Part>,
    /// Parts of the people row, separated by commas; default: all.
    #[arg(long, value_enum, value_delimiter = ',')]
    people: Vec<people::Part>,
    /// Starts of each service in the rest row; the slowest counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
    /// Seconds of rest before memory is read, in the rest row.
    #[arg(long, default_value_t = 10)]
    rest_seconds: u64,
    /// Parts of the app row, separated by commas; default: all.
    #[arg(long, value_enum, value_delimiter = ',')]
    app: Vec<app::Part>,
    /// Audits of each page, in the app row; the middle one counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    audits: u32,
    /// Clicks on a live channel, in the app row.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    clicks: u32,
    /// Seconds on each link, in the app row.
    #[arg(long, default_value_t = 600)]
    link_seconds: u64,
    /// Hours of watching, in the app row.
    #[arg(long, default_value_t = 1.0)]
    watch_hours: f64,
    /// Folder with the programs `centrifugo` and `hub`: the chat row measures them too.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Times each server is measured in the chat row, in turn.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    turns: u32,
    /// MediaMTX's program: the glass row measures it too, in stock hls.js.
    #[arg(long)]
    mediamtx: Option<PathBuf>,
    /// The platform's program, for the rows with a browser; default: `streamly` beside this program.
    #[arg(long)]
    platform: Option<PathBuf>,
    /// A running platform's URL (rate limits off), instead of one started for the rows with a browser.
    #[arg(long)]
    url: Option<String>,
    /// In the glass row: ingest alone and the bare page only.
    #[arg(long)]
    ingest_only: bool,
}

impl Settings {
    /// The same, or less where it has to be quick.
    fn in_time(&self) -> Self {
        if !self.quick {
            return self.clone();
        }
        Self {
            seconds: self.seconds.min(5),
            streams: self.streams.min(20),
            fill: self.fill.min(6),
            publishes: self.publishes.min(2),
            viewers: self.viewers.min(300),
            edge_viewers: self.edge_viewers.min(100),
            live_viewers: self.live_viewers.min(50),
            plain_viewers: self.plain_viewers.min(100),
            chatters: self.chatters.min(50),
            starts: self.starts.min(1),
            rest_seconds: self.rest_seconds.min(2),
            step: self.step.min(100),
            steps: self.steps.min(2),
            cuts: self.cuts.min(1),
            others: self.others.min(5),
            hours: self.hours.min(0.012),
            watch_seconds: self.watch_seconds.min(6),
            joins: self.joins.min(1),
            audits: self.audits.min(1),
            clicks: self.clicks.min(2),
            link_seconds: self.link_seconds.min(6),
            watch_hours: self.watch_hours.min(0.02),
            ..self.clone()
        }
    }
}

/// Runs the rows, prints the table and saves the JSON. Whether all could be measured.
///
/// # Errors
/// If nothing can be measured at all, or the file cannot be written.
pub async fn run(
    names: &[Name],
    settings: &Settings,
    results: &Path,
    revision: &str,
) -> anyhow::Result<bool> {
    let settings = &settings.in_time();
    let usual: Vec<_> = Name::value_variants()
        .iter()
        .copied()
        .filter(|name| !matches!(name, Name::App | Name::Soak))
        .collect();
    let names = if names.is_empty() { &usual } else { names };
    // In memory: neither side's disk is measured.
    let memory = Path::new("/dev/shm");
    let folder = tempfile::Builder::new().prefix("streamly-bench-").tempdir_in(if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    })?;
    let mut rows = Vec::new();
    for name in names {
        eprintln!("measuring {} …", label(*name));
        let (before, busy, begun) = (machine::load(), machine::busy_seconds()?, Instant::now());
        let figures = match name {
            Name::Glass => glass::measure(settings, folder.path()).await,
            Name::FirstPart => first_part::measure(settings, folder.path()).await,
            Name::Passthrough => passthrough::measure(settings, folder.path()).await,
            Name::Ladder => ladder::measure(settings, folder.path()).await,
            Name::Carry => carry::measure(settings, folder.path()).await,
            Name::Origin => origin::measure(settings, folder.path()).await,
            Name::Edge => edge::measure(settings, folder.path()).await,
            Name::Once => once::measure(settings, folder.path()).await,
            Name::Rolling => rolling::measure(settings, folder.path()).await,
            Name::Cut => cut::measure(settings, folder.path()).await,
            Name::Crowd => crowd::measure(settings, folder.path()).await,
            Name::Chat => chat::measure(settings, folder.path()).await,
            Name::People => people::measure(settings, folder.path()).await,
            Name::Rest => rest::measure(settings, folder.path()).await,
            Name::App => app::measure(settings, folder.path()).await,
            Name::Soak => soak::measure(settings, folder.path()).await,
        };
        let seconds = begun.elapsed().as_secs_f64();
        let error = figures.as_ref().err().map(|error| format!("{error:#}"));
        rows.push(Row {
            name: label(*name),
            load: [before, machine::load()],
            cores_in_use: (machine::busy_seconds()? - busy) / seconds,
            seconds,
            figures: figures.unwrap_or_default(),
            error,
        });
    }
    let at = time::OffsetDateTime::now_utc().replace_nanosecond(0)?.format(&Rfc3339)?;
    let report = Report { at, revision: revision.to_owned(), machine: Machine::read(), rows };
    report.table(&mut std::io::stdout().lock())?;
    let path = report.save(results)?;
    eprintln!("\nsaved as {}", path.display());
    Ok(report.rows.iter().all(|row| row.error.is_none()))
}

fn label(name: Name) -> String {
    name.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Starts ingest alone, with more arguments.
async fn host(cores: Cores, args: &[&str]) -> anyhow::Result<(Process, Addresses)> {
    let mut process = Process::own("the ingest host", cores, &[&["host"], args].concat())?;
    let line = process.line().await?;
    let addresses = serde_json::from_str(&line).with_context(|| format!("the ingest host said {line}"))?;
    Ok((process, addresses))
}

/// Starts publishers of a recording, with more arguments.
fn publishers(
    cores: Cores,
    to: std::net::SocketAddr,
    file: &Path,
    count: u32,
    args: &[&str],
) -> anyhow::Result<Process> {
    let (to, file, count) = (to.to_string(), file.to_string_lossy(), count.to_string());
    let fixed = ["publish", "--to", &to, "--file", &file, "--count", &count];
    Process::own("the publishers", cores, &[&fixed, args].concat())
}

/// Waits and sees that everything still runs.
async fn wait(seconds: u64, running: &mut [&mut Process]) -> anyhow::Result<()> {
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    running.iter_mut().try_for_each(|process| process.still_runs())
}

/// A mean, for figures.
fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

/// What a row comes to.
type Figures = anyhow::Result<Vec<Figure>>;
