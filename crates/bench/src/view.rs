//! Many viewers of one server in one process: who loads the origin rows. It must cost less than the server it loads.
//!
//! A viewer is one connection, and begins at the channel's multivariant playlist, as players do. Live viewers then follow a low-latency
//! playlist by blocking delta updates and fetch every part; plain ones look at the plain list and fetch whole segments. Viewers of files fetch
//! given paths at a given pace, which is what players do to an origin and to a file server alike. The process says
//! `measuring` when it begins to count, and [`Seen`] as JSON when it has; between the two the parent measures.

mod connection;
mod files;
mod plain;
mod steady;

use crate::{
    list,
    origin::{beside, multivariant, rendition},
    report::quantile,
};
use anyhow::{Context, ensure};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use steady::Steady;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    task::JoinSet,
};

/// Viewers come spread over so long.
const SPREAD: Duration = Duration::from_secs(2);
/// Before a viewer whose connection failed comes again.
const AGAIN: Duration = Duration::from_millis(200);
/// The line before the count begins.
pub const MEASURING: &str = "measuring";

/// What is viewed and how.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The server.
    #[arg(long)]
    from: SocketAddr,
    /// Viewers.
    #[arg(long)]
    count: u32,
    /// Seconds before the count begins, from the last viewer's coming.
    #[arg(long, default_value_t = 4)]
    settle: u64,
    /// Seconds that are counted.
    #[arg(long)]
    seconds: u64,
    /// The channel.
    #[arg(long)]
    channel: String,
    /// Its rendition that is followed live.
    #[arg(long, default_value = "source")]
    rendition: String,
    /// Follow the plain playlist, with whole segments.
    #[arg(long)]
    plain: bool,
    /// A file of paths, one a line, that are fetched instead.
    #[arg(long)]
    paths: Option<PathBuf>,
    /// Milliseconds between a viewer's requests for paths.
    #[arg(long, default_value_t = 2000)]
    interval_ms: u64,
    /// Mend what players mend by themselves: what breaks is asked for again.
    #[arg(long)]
    mend: bool,
    /// Further servers: a new connection of who mends goes to the next one.
    #[arg(long, value_delimiter = ',')]
    also: Vec<SocketAddr>,
    /// Count until a line comes on stdin, if that is earlier.
    #[arg(long)]
    told: bool,
    /// Of paths so many at once, one behind the other, by all viewers at the same moments; 0: each viewer at its own, one at a time.
    #[arg(long, default_value_t = 0)]
    together: usize,
}

/// What all viewers together came to while they were counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    /// How long.
    pub seconds: f64,
    /// Playlists that were answered.
    pub playlists: u64,
    /// Parts or files.
    pub media: u64,
    /// Bytes of all bodies.
    pub bytes: u64,
    /// Connections that broke, and answers other than 200; of who mends: what was not mended, so that they began anew.
    pub failed: u64,
    /// Requests that were made again.
    #[serde(default)]
    pub mended: u64,
    /// Live: parts that were said to be missing, and times a list went on behind what the viewer had; plain: segments that were not listed any more.
    #[serde(default)]
    pub missed: u64,
    /// Times a live viewer had to take more than one part at once, or a viewer of files was late by an interval.
    pub behind: u64,
    /// Live: from the first viewer who had a part whole to each one; files: from asking to having it whole. Milliseconds.
    pub p50_ms: f64,
    /// The same.
    pub p99_ms: f64,
}

#[derive(Default)]
struct Counts {
    counting: AtomicBool,
    playlists: AtomicU64,
    media: AtomicU64,
    bytes: AtomicU64,
    failed: AtomicU64,
    mended: AtomicU64,
    missed: AtomicU64,
    behind: AtomicU64,
    samples: Mutex<Vec<f64>>,
    /// When the first viewer had each of the last parts whole.
    first: Mutex<HashMap<list::Place, Instant>>,
}

impl Counts {
    fn add(&self, counter: &AtomicU64, by: u64) {
        if self.counting.load(Relaxed) {
            counter.fetch_add(by, Relaxed);
        }
    }

    fn media(&self, bytes: usize, millis: f64) {
        self.add(&self.media, 1);
        self.add(&self.bytes, bytes as u64);
        if self.counting.load(Relaxed) {
            self.samples.lock().push(millis);
        }
    }

    /// Milliseconds since the first viewer had that part.
    fn after_first(&self, place: list::Place) -> f64 {
        let now = Instant::now();
        let mut first = self.first.lock();
        if first.len() > 1000 {
            first.retain(|at, _| at.0 + 8 > place.0);
        }
        now.duration_since(*first.entry(place).or_insert(now)).as_secs_f64() * 1000.0
    }
}

/// Views, counts, says what was seen.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let counts = Arc::new(Counts::default());
    let paths: Vec<String> = match &options.paths {
        Some(file) => std::fs::read_to_string(file)?.lines().map(str::to_owned).collect(),
        None => Vec::new(),
    };
    ensure!(options.paths.is_none() || !paths.is_empty(), "no paths");
    ensure!(
        options.together == 0 || paths.len().is_multiple_of(options.together),
        "{} paths are not in groups of {}",
        paths.len(),
        options.together
    );
    let (options, paths) = (Arc::new(options), Arc::new(paths));
    let (mut viewers, started) = (JoinSet::new(), Instant::now());
    for index in 0..options.count {
        let (options, paths, counts) = (options.clone(), paths.clone(), counts.clone());
        viewers.spawn(async move {
            tokio::time::sleep(SPREAD * index / options.count).await;
            loop {
                let viewed = match &options.paths {
                    None if options.plain => plain::follow(&options, &counts).await,
                    None => live(&options, &counts).await,
                    Some(_) if options.together > 0 => {
                        files::together(&options, started, &paths, &counts).await
                    }
                    Some(_) => files::in_turn(&options, index, &paths, &counts).await,
                };
                if let Err(error) = viewed {
                    counts.add(&counts.failed, 1);
                    eprintln!("viewer {index}: {error:#}");
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
    }
    tokio::time::sleep(SPREAD + Duration::from_secs(options.settle)).await;
    say(MEASURING)?;
    let begun = Instant::now();
    counts.counting.store(true, Relaxed);
    let over = tokio::time::sleep(Duration::from_secs(options.seconds));
    if options.told {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        tokio::select! {
            () = over => {}
            _ = lines.next_line() => {}
        }
    } else {
        over.await;
    }
    counts.counting.store(false, Relaxed);
    let seconds = begun.elapsed().as_secs_f64();
    let samples = std::mem::take(&mut *counts.samples.lock());
    let number = |counter: &AtomicU64| counter.load(Relaxed);
    say(&serde_json::to_string(&Seen {
        seconds,
        playlists: number(&counts.playlists),
        media: number(&counts.media),
        bytes: number(&counts.bytes),
        failed: number(&counts.failed),
        mended: number(&counts.mended),
        missed: number(&counts.missed),
        behind: number(&counts.behind),
        p50_ms: quantile(&samples, 0.5),
        p99_ms: quantile(&samples, 0.99),
    })?)?;
    viewers.shutdown().await;
    Ok(())
}

fn say(line: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// A new viewer's connection, and what the multivariant playlist says on it.
async fn begin<'a>(options: &'a Options, counts: &'a Counts) -> anyhow::Result<(Steady<'a>, String)> {
    let mut connection = Steady::new(options, counts);
    let path = format!("{}{}", multivariant(&options.channel), if options.plain { "?ll=0" } else { "" });
    let (status, text) = connection.text(&path).await?;
    ensure!(status == 200, "{path}: {status}");
    let text = text.to_owned();
    Ok((connection, text))
}

/// Whether a list goes on right behind a place, or from before it.
fn reaches(listed: &[list::Listed<'_>], (msn, index): list::Place) -> bool {
    listed.first().is_none_or(|first| first.place <= (msn, index + 1) || first.place == (msn + 1, 0))
}

/// Follows a playlist until something fails.
async fn live(options: &Options, counts: &Counts) -> anyhow::Result<()> {
    let (mut connection, renditions) = begin(options, counts).await?;
    let playlist = rendition(&renditions, &options.rendition)?;
    let (status, text) = connection.text(playlist).await?;
    ensure!(status == 200, "{playlist}: {status}");
    let mut last = list::parts(text)?.last().context("no part in the playlist")?.place;
    loop {
        let asked = list::next(playlist, last);
        let (status, text) = connection.text(&asked).await?;
        ensure!(status == 200, "{asked}: {status}");
        counts.add(&counts.playlists, 1);
        counts.add(&counts.bytes, text.len() as u64);
        ensure!(!text.ends_with("#EXT-X-ENDLIST\n"), "the broadcast has ended");
        let listed = list::parts(text)?;
        let newest = listed.last().context("no part in the playlist")?.place;
        let gaps = listed.iter().filter(|part| part.place > last && part.gap).count() as u64;
        counts.add(&counts.missed, gaps + u64::from(!reaches(&listed, last)));
        let new: Vec<(list::Place, String)> = listed
            .into_iter()
            .filter(|part| part.place > last && !part.gap)
            .map(|part| (part.place, beside(playlist, part.uri)))
            .collect();
        if new.len() > 1 {
            counts.add(&counts.behind, 1);
        }
        for (place, uri) in new {
            let (status, bytes) = connection.length(&uri).await?;
            ensure!(status == 200, "{uri}: {status}");
            counts.media(bytes, counts.after_first(place));
        }
        last = newest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_begins_behind_what_a_viewer_has_misses_something() {
        let text = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-PART:DURATION=1.0,URI=\"1-7.0.m4s\"\n\
            #EXT-X-PART:DURATION=1.0,URI=\"1-7.1.m4s\"\n#EXTINF:2.0,\n1-7.m4s\n\
            #EXT-X-PART:DURATION=1.0,URI=\"1-8.0.m4s\"\n";
        let listed = list::parts(text).unwrap();
        for (last, wanted) in
            [((8, 0), true), ((7, 0), true), ((6, 3), true), ((5, 3), false), ((2, 0), false)]
        {
            assert_eq!(reaches(&listed, last), wanted, "{last:?}");
        }
        assert!(reaches(&[], (7, 0)));
    }
}
