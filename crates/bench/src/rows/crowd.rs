//! Glass to glass in our player while other broadcasts are passed through: of the source, then of a transcoded rung.
//!
//! As the glass row has it, on a platform that carries twenty more broadcasts of 2.7 Mbit/s. Their picture is so small that the ladder has
//! no rung below it, so only the watched broadcast is transcoded.

use super::{
    Figures, Settings, broadcaster,
    browser::{self, watch},
    glass::{SETTLE_SECONDS, told},
    place,
};
use crate::{process::Cores, recording, report::Figure, rows};
use anyhow::{Context, ensure};
use serde_json::json;
use std::path::Path;

/// The watched rung: the largest below the source.
const RUNG: &str = "480p";
/// How much older a rung's picture may be than the source's.
const RUNG_BEHIND: f64 = 0.1;

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    browser::at_root()?;
    let recording = recording::make(folder, recording::NO_RUNGS).await?;
    let place = place::platform(settings, folder).await?;
    let url = place.url.as_deref().context("a platform")?;
    let mut keys = Vec::new();
    for _ in 0..settings.others {
        keys.push(place::person(url).await?.target()?);
    }
    let (to, _) = keys.first().context("no other broadcasts")?;
    let file = folder.join("keys");
    std::fs::write(&file, keys.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join("\n"))?;
    let args = ["--keys", &file.display().to_string()];
    let mut others = rows::publishers(Cores::All, *to, &recording.file, settings.others, &args)?;
    let broadcaster = broadcaster::broadcast(&place.publish)?;
    place.plays().await?;

    let page = place.page.as_deref().context("a page")?;
    let mut figures: Vec<Figure> = Vec::new();
    for (quality, name) in [("source", "our player, the source"), (RUNG, "our player, 480p")] {
        let job = json!({"page": page, "quality": quality, "joins": 1, "settle": SETTLE_SECONDS, "seconds": settings.watch_seconds});
        let watched = watch(&job).await.with_context(|| name.to_owned())?;
        let height = if quality == RUNG { 480 } else { 720 };
        let heights = &watched[0].heights;
        ensure!(*heights == [height], "{quality} was chosen, and pictures of height {heights:?} were shown");
        let bounds = match figures.as_slice() {
            [p50, p95, ..] => [Some(p50.value + RUNG_BEHIND), Some(p95.value + RUNG_BEHIND)],
            _ => [Some(0.7), Some(1.2)],
        };
        figures.extend(told(name, &watched, bounds));
        others.still_runs()?;
    }
    figures.push(
        Figure::new("other broadcasts beside it", f64::from(settings.others), "")
            .note(format!("{:.2} Mbit/s each, passed through", recording.bitrate_bps / 1e6)),
    );
    broadcaster.stop().await?;
    others.stop().await?;
    place.stop().await?;
    Ok(figures)
}
