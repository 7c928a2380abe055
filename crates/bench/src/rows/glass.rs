//! Glass to glass: a wall clock burnt into the pictures, read back from the canvas of a player in Chromium.
//!
//! Pictures of our generator go to ffmpeg (x264 veryfast, zerolatency, a keyframe each 2 s), over RTMP into the whole platform as
//! `./scripts/up` runs it, and out to a player: the app's watch page, then a bare page with hls.js as it comes. That one stays as far behind as
//! it was when it joined, so it joins many times. What is counted is the age of the picture on screen at every animation frame, so a stall
//! shows as age and not as a gap in the samples.

use super::{
    Figures, Settings, broadcaster,
    browser::{self, Watched, watch},
    place::{self, Place},
};
use crate::report::{Figure, Must, quantile};
use anyhow::Context;
use serde_json::json;
use std::path::Path;

/// Where players come to rest before anything is counted.
pub(super) const SETTLE_SECONDS: u64 = 10;
/// The same for one of many joins of a player that catches up by itself never.
const JOIN_SETTLE_SECONDS: u64 = 3;
/// How long one of many joins is watched.
const JOIN_SECONDS: u64 = 5;
/// Waits for media whose moments are told.
const WAITS_TOLD: usize = 12;

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    browser::at_root()?;
    let mut figures = Vec::new();
    let place = match settings.ingest_only {
        true => place::alone("480p,360p").await?,
        false => place::platform(settings, folder).await?,
    };
    let broadcaster = broadcaster::broadcast(&place.publish)?;
    place.plays().await?;
    if let Some(page) = &place.page {
        let once =
            json!({"page": page, "joins": 1, "settle": SETTLE_SECONDS, "seconds": settings.watch_seconds});
        let watched = watch(&once).await.context("the app's player")?;
        figures.extend(told("our player", &watched, [Some(0.8), Some(1.2)]));
    }
    let watched = watch(&stock(settings, &place)).await.context("stock hls.js")?;
    let version = watched.iter().find_map(|join| join.version.as_deref()).unwrap_or("?").to_owned();
    let own = told(&format!("stock hls.js {version}, the ladder beside it"), &watched, [Some(1.1), None]);
    if let Some(player) = figures.first_mut() {
        *player = player.clone().beside("stock hls.js", own[0].value);
    }
    figures.extend(own);
    broadcaster.stop().await?;
    place.stop().await?;
    if let Some(program) = &settings.mediamtx {
        figures.extend(beside_mediamtx(settings, program, folder, &version).await?);
    }
    Ok(figures)
}

/// Both pass the stream through and make nothing else of it, one after the other. What is measured already stays if the peer fails.
async fn beside_mediamtx(settings: &Settings, program: &Path, folder: &Path, version: &str) -> Figures {
    let own = stock_at(settings, place::alone("").await?, &format!("{version}, passed through")).await?;
    let peer = async {
        let place = place::mediamtx(program, folder).await?;
        stock_at(settings, place, &format!("{version}, MediaMTX")).await
    };
    let mut figures = own;
    match peer.await {
        Ok(peer) => {
            figures[0] = figures[0].clone().beside("MediaMTX", peer[0].value);
            figures[0].must = Some(Must::AtMost(peer[0].value + 0.1));
            figures.extend(peer);
        }
        Err(e) => figures.push(
            Figure::new("MediaMTX not measured", 1.0, "").must(Must::AtMost(0.0)).note(format!("{e:#}")),
        ),
    }
    Ok(figures)
}

/// The stock player on a broadcast at that place, which is stopped afterwards.
async fn stock_at(settings: &Settings, place: Place, name: &str) -> Figures {
    let broadcaster = broadcaster::broadcast(&place.publish)?;
    place.plays().await?;
    let watched = watch(&stock(settings, &place)).await.with_context(|| format!("stock hls.js {name}"))?;
    broadcaster.stop().await?;
    place.stop().await?;
    Ok(told(&format!("stock hls.js {name}"), &watched, [None, None]))
}

/// What the browser is to do with a playlist.
fn stock(settings: &Settings, place: &Place) -> serde_json::Value {
    json!({"playback": place.playback, "joins": settings.joins, "settle": JOIN_SETTLE_SECONDS, "seconds": JOIN_SECONDS})
}

/// The figures of all joins together.
pub(super) fn told(player: &str, joins: &[Watched], bounds: [Option<f64>; 2]) -> Vec<Figure> {
    let all = |of: fn(&Watched) -> &Vec<f64>| joins.iter().flat_map(of).copied().collect::<Vec<_>>();
    let seconds = |samples: &[f64], share| quantile(samples, share) / 1000.0;
    let (ages, presented) = (all(|join| &join.ages), all(|join| &join.presented));
    let seen = joins.iter().filter(|join| !join.ages.is_empty());
    let middles: Vec<_> = seen.map(|join| format!("{:.2}", seconds(&join.ages, 0.5))).collect();
    let mut heights: Vec<_> = joins.iter().flat_map(|join| &join.heights).collect();
    heights.dedup();
    let waits = joins.iter().flat_map(|join| &join.waits).take(WAITS_TOLD);
    let waits: Vec<_> = waits.map(|(at, ahead)| format!("{at:.0} s ({ahead:.2} in hand)")).collect();
    let waits = if waits.is_empty() { String::new() } else { format!(" at {}", waits.join(", ")) };
    let note = format!(
        "{} joins of p50 {} s; {} animation frames, {} pictures of height {heights:?}, {} unreadable; at presentation p50 {:.3} s, p95 {:.3} s; {} stalls{waits}, longest still picture {:.2} s",
        joins.len(),
        middles.join(" "),
        ages.len(),
        presented.len(),
        joins.iter().map(|join| join.unreadable).sum::<u32>(),
        seconds(&presented, 0.5),
        seconds(&presented, 0.95),
        joins.iter().map(|join| join.stalls).sum::<u32>(),
        joins.iter().map(|join| join.longest_still).fold(0.0, f64::max) / 1000.0
    );
    let mut p50 = Figure::new(format!("{player}, p50"), seconds(&ages, 0.5), "s").note(note);
    let mut p95 = Figure::new(format!("{player}, p95"), seconds(&ages, 0.95), "s");
    [p50.must, p95.must] = bounds.map(|bound| bound.map(Must::AtMost));
    // They have no ages: what is counted above would be silent about them.
    let blind = joins.iter().filter(|join| join.presented.is_empty()).count();
    let blind = Figure::new(format!("{player}, joins without a picture"), blind as f64, "");
    vec![p50, p95, blind.must(Must::AtMost(0.0))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_without_a_picture_is_told_and_takes_nothing_from_the_others() {
        let join = |ages: &[f64]| Watched {
            ages: ages.to_vec(),
            presented: ages.to_vec(),
            heights: vec![720],
            ..Watched::default()
        };
        let figures = told("stock", &[join(&[900.0, 1000.0, 1100.0]), join(&[])], [Some(1.1), None]);
        assert_eq!((figures[0].value, figures[0].holds()), (1.0, Some(true)));
        assert_eq!((figures[2].value, figures[2].holds()), (1.0, Some(false)));
    }
}
