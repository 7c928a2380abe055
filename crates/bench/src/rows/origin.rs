//! What the origin's answers cost: 1,000 low-latency viewers of one stream, and whole segments beside nginx serving the same bytes as files.
//!
//! The measured server has the first core for itself, viewers and publisher have the others. A live viewer asks for the next list, held
//! until there is something new, and fetches each part. All begin at the multivariant playlist, on the connection on which they go on. For
//! whole segments both servers get the same viewers at the same pace, in turn, twice, so that what else the machine does meets both. CPU
//! is the whole process's; taking the one stream in is in it.

use super::{
    Figures, Settings, mean,
    viewers::{Load, load, save},
};
use crate::{
    list, nginx,
    origin::{Origin, beside, multivariant},
    process::{Cores, CpuMeter},
    publish, recording,
    report::{Figure, Must},
    rows,
    view::Seen,
};
use anyhow::{Context, ensure};
use std::path::Path;

/// Whole segments that are fetched: the newest, which stay fetchable longest.
const SEGMENTS: usize = 6;
/// Times each server is measured.
const TURNS: u32 = 2;
/// A turn ends before the oldest of the segments is forgotten: they are looked up again for each.
const TURN_SECONDS_MAX: u64 = 20;

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let recording = recording::make(folder, recording::USUAL).await?;
    let (mut host, addresses) = rows::host(Cores::First, &[]).await?;
    let mut publisher = rows::publishers(Cores::Others, addresses.rtmp, &recording.file, 1, &[])?;
    let fill = settings.fill.min(40);
    rows::wait(fill / 2, &mut [&mut host, &mut publisher]).await?;
    let taking_in = CpuMeter::start(vec![host.pid()?])?;
    rows::wait(fill - fill / 2, &mut [&mut host, &mut publisher]).await?;
    let taking_in = taking_in.percent()?;
    let origin = Origin::new(addresses.http)?;
    let channel = publish::key(0);
    let playlist = origin.rendition(&channel, "source").await?;

    let watching = ["--channel".to_owned(), channel.clone()];
    let live = load(settings, settings.seconds, host.pid()?, addresses.http, &watching).await?;
    let mut figures = figures(&live, settings, recording.bitrate_bps);

    let root = folder.join("files");
    let (mut ours, mut theirs, mut server) = (Vec::new(), Vec::new(), None);
    let seconds = settings.seconds.min(TURN_SECONDS_MAX);
    for turn in 0..if settings.quick { 1 } else { TURNS } {
        save(&origin, &multivariant(&channel), &root).await?;
        let paths = save_segments(&origin, &playlist, &root).await?;
        let list = folder.join("paths");
        std::fs::write(&list, paths.join("\n"))?;
        let asking =
            ["--channel".to_owned(), channel.clone(), "--paths".to_owned(), list.display().to_string()];
        ours.push(load(settings, seconds, host.pid()?, addresses.http, &asking).await?);
        if server.is_none() {
            server = Some(nginx::files(&folder.join("nginx-files"), &root, Cores::First).await?);
        }
        let (process, address) = server.as_ref().with_context(|| format!("turn {turn}"))?;
        theirs.push(load(settings, seconds, process.pid()?, *address, &asking).await?);
    }
    if let Some((process, _)) = server {
        process.stop().await?;
    }
    publisher.stop().await?;
    host.stop().await?;
    let per_mb = |all: &[Load]| mean(&all.iter().map(Load::millis_per_mb).collect::<Vec<_>>());
    let per_request = |all: &[Load]| mean(&all.iter().map(Load::micros_per_request).collect::<Vec<_>>());
    let told = |all: &[Load]| all.iter().map(Load::told).collect::<Vec<_>>().join("; ");
    figures.push(
        Figure::new("whole segments: CPU per MB", per_mb(&ours), "ms")
            .beside("nginx, the same bytes as files", per_mb(&theirs))
            .must(Must::TimesPeer(1.0))
            .note(format!(
                "{} viewers, a segment each 2 s; {taking_in:.2} % of a core is taking the stream in, which nginx does not: without it \
                 {:.3} ms; ours: {}; nginx: {}",
                settings.viewers,
                mean(&ours.iter().map(|load| load.millis_per_mb_without(taking_in)).collect::<Vec<_>>()),
                told(&ours),
                told(&theirs)
            )),
    );
    figures.push(
        Figure::new("whole segments: CPU per request", per_request(&ours), "us")
            .beside("nginx, the same bytes as files", per_request(&theirs)),
    );
    Ok(figures)
}

/// Of live viewers.
fn figures(load: &Load, settings: &Settings, bitrate_bps: f64) -> Vec<Figure> {
    let Seen { playlists, media, seconds, failed, p99_ms, .. } = load.seen;
    vec![
        Figure::new("live: CPU per request, lists and parts together", load.micros_per_request(), "us")
            .must(Must::AtMost(40.0))
            .note(format!(
                "{} viewers of {:.2} Mbit/s, {playlists} lists and {media} parts in {seconds:.0} s; {}",
                settings.viewers,
                bitrate_bps / 1e6,
                load.told()
            )),
        Figure::new("live: CPU per MB", load.millis_per_mb(), "ms"),
        Figure::new("live: a part is with 99 % of the viewers after the first", p99_ms / 1000.0, "s"),
        Figure::new("live: answers other than 200, and broken connections", failed as f64, "")
            .must(Must::AtMost(0.0)),
        Figure::new("live: parts fetched of those made", load.parts_percent(settings.viewers), "%")
            .must(Must::Between(98.0, 102.0)),
    ]
}

/// Puts the newest whole segments into a folder under their paths; the paths.
async fn save_segments(origin: &Origin, playlist: &str, root: &Path) -> anyhow::Result<Vec<String>> {
    let text =
        origin.text(&format!("{playlist}{}ll=0", if playlist.contains('?') { '&' } else { '?' })).await?;
    let all: Vec<String> = list::segments(&text)?.into_iter().map(|(_, uri)| beside(playlist, uri)).collect();
    let newest = all[all.len().saturating_sub(SEGMENTS)..].to_vec();
    ensure!(!newest.is_empty(), "no whole segment in {playlist}");
    for path in &newest {
        save(origin, path, root).await.with_context(|| format!("listed here:\n{text}"))?;
    }
    Ok(newest)
}
