//! From a click on a live channel to its first moving picture, from pages of which nothing was cached.

use super::super::{Figures, Settings, browser, place::Place};
use crate::report::{Figure, Must, quantile};
use anyhow::Context;
use serde_json::json;
use std::time::Duration;

/// Half of the clicks are pictures within this, milliseconds.
const MOST_MS: f64 = 1_000.0;

pub(super) async fn measure(settings: &Settings, place: &Place) -> Figures {
    let url = place.url.as_deref().context("no platform")?;
    let name = place.name()?;
    let times = settings.clicks;
    let job = json!({"list": url, "name": name, "times": times});
    let limit = Duration::from_secs(60 + 60 * u64::from(times));
    let seen: Vec<Option<f64>> = browser::run("click.mjs", &job, limit).await?;
    let pictures: Vec<f64> = seen.iter().flatten().copied().collect();
    let missing = seen.len() - pictures.len();
    Ok(vec![
        Figure::new(format!("click to moving picture, p50 of {times}"), quantile(&pictures, 0.5), "ms")
            .must(Must::AtMost(MOST_MS))
            .note(format!(
                "least {:.0} ms, p90 {:.0} ms, most {:.0} ms",
                quantile(&pictures, 0.0),
                quantile(&pictures, 0.9),
                quantile(&pictures, 1.0)
            )),
        Figure::new("clicks without a picture", missing as f64, "").must(Must::AtMost(0.0)),
    ])
}
