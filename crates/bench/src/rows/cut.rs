//! A publisher's connection is gone for five seconds: how soon after the first new keyframe there is a picture again.
//!
//! In our player and in stock hls.js, one after the other, through the whole platform with its ladder. Pictures carry the wall clock at
//! which they were made, so a new one is known from one that was still buffered. Nobody touches the page: it is counted how often it loads.

use super::{
    Figures, Settings, broadcaster,
    browser::{self, Watched, watch},
    cable::Cable,
    mean,
    place::{self, Place},
};
use crate::report::{Figure, Must, quantile};
use anyhow::{Context, ensure};
use serde_json::json;
use std::{path::Path, time::Duration};

/// How long the connection is gone.
const CUT: Duration = Duration::from_secs(5);
/// Until a player that was started together with the clock has come to rest.
const START_SECONDS: u64 = 15;
/// From the return of a publisher to the next cut.
const REST_SECONDS: u64 = 10;
/// Milliseconds before a cut in which a picture must have been seen.
const SEEN_BEFORE: f64 = 2000.0;

pub async fn measure(settings: &Settings, folder: &Path) -> Figures {
    browser::at_root()?;
    let place = place::platform(settings, folder).await?;
    let (encoder, flv) = broadcaster::record()?;
    let (to, key) = place::target(&place.publish)?;
    let mut cable = Cable::connect(flv, to, key);
    cable.first_keyframe().await?;
    place.plays().await?;
    let mut figures = Vec::new();
    for (player, job) in players(settings, &place) {
        let (watched, cuts) = tokio::join!(watch(&job), cuts(&mut cable, settings.cuts));
        let watched = watched.with_context(|| player.clone())?.pop().context("nothing was watched")?;
        figures.extend(told(&player, &watched, &cuts?)?);
    }
    drop(cable);
    encoder.stop().await?;
    place.stop().await?;
    Ok(figures)
}

fn players(settings: &Settings, place: &Place) -> Vec<(String, serde_json::Value)> {
    let seconds = START_SECONDS + u64::from(settings.cuts) * (CUT.as_secs() + REST_SECONDS);
    let job = json!({"joins": 1, "settle": 0, "seconds": seconds, "shown": true});
    let with = |name: &str, value: &str| {
        let mut job = job.clone();
        job[name] = value.into();
        job
    };
    let page = place.page.iter().map(|page| ("our player".to_owned(), with("page", page)));
    page.chain([("stock hls.js".to_owned(), with("playback", &place.playback))]).collect()
}

/// One cut: milliseconds since 1970.
struct Cut {
    at: f64,
    /// The first new keyframe was on the wire.
    keyframe: f64,
}

async fn cuts(cable: &mut Cable, count: u32) -> anyhow::Result<Vec<Cut>> {
    let mut all = Vec::new();
    tokio::time::sleep(Duration::from_secs(START_SECONDS)).await;
    for _ in 0..count {
        let at = now()?;
        cable.cut();
        tokio::time::sleep(CUT).await;
        cable.put_back();
        all.push(Cut { at, keyframe: cable.first_keyframe().await? });
        tokio::time::sleep(Duration::from_secs(REST_SECONDS)).await;
    }
    Ok(all)
}

fn now() -> anyhow::Result<f64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(now.as_secs_f64() * 1000.0)
}

/// Seconds from each first new keyframe to the first picture made after the cut; `None`: there was none.
fn back(watched: &Watched, cut: &Cut) -> anyhow::Result<Option<f64>> {
    let shown = || watched.shown.iter().copied();
    ensure!(
        shown().any(|(at, _)| at > cut.at - SEEN_BEFORE && at < cut.at),
        "the player showed nothing before a cut"
    );
    // The encoder's last pictures before the cut were made before it; it sends none that was made during it.
    let new = shown().find(|(at, age)| *at >= cut.keyframe && at - age > cut.at + CUT.as_secs_f64() * 500.0);
    Ok(new.map(|(at, _)| (at - cut.keyframe) / 1000.0))
}

fn told(player: &str, watched: &Watched, cuts: &[Cut]) -> Figures {
    let all = cuts.iter().map(|cut| back(watched, cut)).collect::<anyhow::Result<Vec<_>>>()?;
    let times: Vec<f64> = all.iter().flatten().copied().collect();
    let each: Vec<_> = times.iter().map(|time| format!("{time:.2}")).collect();
    let note = format!(
        "{} cuts of {} s: {} s; {} waits for media in all",
        cuts.len(),
        CUT.as_secs(),
        each.join(" "),
        watched.stalls
    );
    let missing = all.len() - times.len();
    Ok(vec![
        Figure::new(format!("{player}: new keyframe to picture, worst"), quantile(&times, 1.0), "s")
            .must(Must::AtMost(2.0))
            .note(note),
        Figure::new(format!("{player}: new keyframe to picture, mean"), mean(&times), "s"),
        Figure::new(format!("{player}: cuts without a picture after"), missing as f64, "")
            .must(Must::AtMost(0.0)),
        Figure::new(format!("{player}: reloads"), f64::from(watched.loads) - 1.0, "").must(Must::AtMost(0.0)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_was_still_buffered_is_not_a_new_one() {
        let cut = Cut { at: 10_000.0, keyframe: 16_000.0 };
        // (presented at, age): before the cut, buffered, the same picture again after the return, a new one.
        let shown = vec![(9_900.0, 500.0), (10_400.0, 600.0), (16_100.0, 6_300.0), (16_900.0, 920.0)];
        let watched = Watched { shown, loads: 1, ..Watched::default() };
        assert_eq!(back(&watched, &cut).unwrap(), Some(0.9));
        let figures = told("x", &watched, &[cut]).unwrap();
        assert!(figures.iter().all(|figure| figure.holds() != Some(false)));
    }

    #[test]
    fn a_player_that_never_comes_back_is_told() {
        let watched = Watched { shown: vec![(9_900.0, 500.0)], loads: 2, ..Watched::default() };
        let figures = told("x", &watched, &[Cut { at: 10_000.0, keyframe: 16_000.0 }]).unwrap();
        let missed = figures.iter().filter(|figure| figure.holds() == Some(false)).count();
        assert_eq!(missed, 3);
    }
}
