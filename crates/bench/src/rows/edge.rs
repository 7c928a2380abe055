//! What an edge's answers cost: low-latency viewers of one stream at a `web` process, beside nginx that gives answers of the same sizes as files.
//!
//! The measured server has the first core for itself; origin, publisher and viewers have the others. nginx's files are the lists and parts
//! that the edge gave, and its viewers have the rhythm of the live ones: all at the same moment, a list and the part behind it. Both get the
//! viewers in turn, twice. The figures are by the CPU of the whole process; asking the origin is in the edge's.

use super::{
    Figures, Settings,
    edges::Edges,
    mean,
    viewers::{Load, PARTS_A_SECOND, load, save, write},
};
use crate::{
    list, nginx,
    origin::{Origin, beside, multivariant},
    process::Cores,
    publish, recording,
    report::{Figure, Must},
    rows,
};
use anyhow::{Context, ensure};
use std::path::Path;

/// Times each server is measured.
const TURNS: u32 = 2;
/// Longest wait until the windows are full, seconds.
const FILL_MAX: u64 = 40;
/// Lists with their parts that nginx has: a whole round of the recording.
const PAIRS: usize = 60;
/// What a viewer asks for at each moment: a list, a part.
const TOGETHER: usize = 2;

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    let crowd = Settings { viewers: settings.edge_viewers, ..settings.clone() };
    let recording = recording::make(folder, recording::USUAL).await?;
    let (mut host, addresses) = rows::host(Cores::Others, &[]).await?;
    let mut publisher = rows::publishers(Cores::Others, addresses.rtmp, &recording.file, 1, &[])?;
    rows::wait(settings.fill.min(FILL_MAX), &mut [&mut host, &mut publisher]).await?;
    let channel = publish::key(0);
    let edges = Edges::start(settings, 1, Cores::First, &folder.join("edge")).await?;
    edges.lead(&channel, addresses.http, addresses.http).await?;
    let edge = edges.all.first().context("an edge")?;

    let (origin, root) = (Origin::new(edge.address)?, folder.join("edge-files"));
    save(&origin, &multivariant(&channel), &root).await?;
    let pairs = if settings.quick { PAIRS / 5 } else { PAIRS };
    let paths = save_pairs(&origin, &origin.rendition(&channel, "source").await?, &root, pairs).await?;
    let listed = folder.join("edge-paths");
    std::fs::write(&listed, paths.join("\n"))?;
    let (peer, peer_address) = nginx::files(&folder.join("nginx-edge"), &root, Cores::First).await?;

    let watching = ["--channel".to_owned(), channel.clone()];
    let interval = (1000.0 / PARTS_A_SECOND).round().to_string();
    let asking = ["--channel", &channel, "--interval-ms", &interval, "--together", &TOGETHER.to_string()]
        .map(str::to_owned)
        .into_iter()
        .chain(["--paths".to_owned(), listed.display().to_string()])
        .collect::<Vec<_>>();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..if settings.quick { 1 } else { TURNS } {
        ours.push(load(&crowd, settings.seconds, edge.process.pid()?, edge.address, &watching).await?);
        theirs.push(load(&crowd, settings.seconds, peer.pid()?, peer_address, &asking).await?);
    }
    let told = edges.told.clone();
    drop(origin);
    peer.stop().await?;
    edges.stop().await?;
    publisher.stop().await?;
    host.stop().await?;
    Ok(figures(&ours, &theirs, &crowd, &told, recording.bitrate_bps))
}

/// Of the edge's turns and nginx's.
fn figures(ours: &[Load], theirs: &[Load], settings: &Settings, edge: &str, bitrate_bps: f64) -> Vec<Figure> {
    let over = |all: &[Load], of: fn(&Load) -> f64| mean(&all.iter().map(of).collect::<Vec<_>>());
    let told = |all: &[Load]| all.iter().map(Load::told).collect::<Vec<_>>().join("; ");
    let beside = |what: &str, of: fn(&Load) -> f64, unit| {
        let name = "nginx, answers of the same sizes as files";
        Figure::new(what, over(ours, of), unit).beside(name, over(theirs, of)).must(Must::AtLeastPeer(1.0))
    };
    let failed: u64 = ours.iter().map(|load| load.seen.failed).sum();
    vec![
        beside("live at an edge: requests a second and core", Load::requests_a_core, "").note(format!(
            "{} viewers of {:.2} Mbit/s; the edge ran {edge}; {:.1} kB a request, nginx's {:.1}; ours: {}; nginx: {}",
            settings.viewers,
            bitrate_bps / 1e6,
            over(ours, Load::kilobytes_a_request),
            over(theirs, Load::kilobytes_a_request),
            told(ours),
            told(theirs),
        )),
        beside("live at an edge: bytes a second and core", Load::gigabits_a_core, "Gbit/s"),
        Figure::new("live at an edge: CPU per request", over(ours, Load::micros_per_request), "us")
            .beside("nginx, answers of the same sizes as files", over(theirs, Load::micros_per_request)),
        Figure::new("live at an edge: answers other than 200, and broken connections", failed as f64, "")
            .must(Must::AtMost(0.0)),
        Figure::new(
            "live at an edge: parts fetched of those made",
            mean(&ours.iter().map(|load| load.parts_percent(settings.viewers)).collect::<Vec<_>>()),
            "%",
        )
        .must(Must::Between(98.0, 102.0)),
    ]
}

/// Follows the broadcast and puts each list and the part behind it into a folder, as they are answered; their paths, list and part by turns.
async fn save_pairs(edge: &Origin, playlist: &str, root: &Path, pairs: usize) -> anyhow::Result<Vec<String>> {
    let text = edge.text(playlist).await?;
    let mut last = list::parts(&text)?.last().context("no part in the playlist")?.place;
    let mut paths = Vec::new();
    while paths.len() < pairs * TOGETHER {
        let text = edge.text(&list::next(playlist, last)).await?;
        ensure!(!text.ends_with("#EXT-X-ENDLIST\n"), "the broadcast has ended");
        let parts = list::parts(&text)?;
        if let Some(part) = parts.iter().find(|part| part.place > last && !part.gap) {
            let media = edge.bytes(&beside(playlist, part.uri)).await?;
            let number = paths.len() / TOGETHER;
            for (kind, bytes) in [("m3u8", text.as_bytes()), ("m4s", media.as_slice())] {
                let path = format!("/pairs/{number:03}.{kind}");
                write(root, &path, bytes)?;
                paths.push(path);
            }
        }
        last = parts.last().context("no part in the playlist")?.place;
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn an_edge_that_needs_twice_the_time_for_the_same_is_half_as_good() {
        let settings = Arguments::parse_from(["bench", "--viewers", "100"]).settings;
        let (ours, theirs) = (Load::made(1.0, 2), Load::made(0.5, 0));
        let figures = figures(&[ours], &[theirs], &settings, "as a test", 2.7e6);
        let found: Vec<_> = figures.iter().map(|figure| (figure.ratio(), figure.holds())).collect();
        assert_eq!(found[..2], [(Some(0.5), Some(false)); 2]);
        assert_eq!(found[2], (Some(2.0), None), "microseconds for each");
        assert_eq!(figures[3].value, 2.0, "failed");
        assert_eq!(found[4], (None, Some(true)), "all parts came: {}", figures[4].value);
    }
}
