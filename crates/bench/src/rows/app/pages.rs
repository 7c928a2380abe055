//! Lighthouse's mobile profile on a channel that is offline, while nothing is on air: an encoder on the same machine takes the processor from a page
//! whose work is counted in milliseconds; and on the home page with something on air. Web-vitals on a page that plays.

use super::super::{
    Figures, Settings, browser,
    place::{Place, register},
};
use crate::report::{Figure, Must};
use anyhow::Context;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Least performance of 100.
const PERFORMANCE: f64 = 95.0;
/// The largest content is there within this, milliseconds.
const LCP_MS: f64 = 2_500.0;
/// What moves less than this.
const CLS: f64 = 0.05;

#[derive(Debug, Deserialize)]
struct Seen {
    pages: Vec<Page>,
    live: Option<Vitals>,
}

#[derive(Debug, Deserialize)]
struct Page {
    name: String,
    performance: f64,
    accessibility: f64,
    practices: f64,
    lcp: f64,
    cls: f64,
    failed: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Vitals {
    lcp: Option<f64>,
    cls: Option<f64>,
    inp: Option<f64>,
}

/// What is measured while nothing is on air.
pub(super) async fn at_rest(settings: &Settings, place: &Place) -> Figures {
    let url = place.url.as_deref().context("no platform")?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let (offline, _) = register(&client, url).await?;
    Ok(audited(settings, "an offline channel", &format!("{url}/{offline}"), None).await?.0)
}

/// What is measured beside a broadcast.
pub(super) async fn measure(settings: &Settings, place: &Place) -> Figures {
    let url = place.url.as_deref().context("no platform")?;
    let (mut figures, live) = audited(settings, "home", url, place.page.as_deref()).await?;
    // Nothing told is no good value.
    let told = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let Vitals { lcp, cls, inp } = live.context("nothing of the live page")?;
    figures.push(Figure::new("a live page: largest content", told(lcp), "ms").must(Must::AtMost(LCP_MS)));
    figures.push(Figure::new("a live page: layout shift", told(cls), "").must(Must::AtMost(CLS)));
    figures.push(Figure::new("a live page: a click to the next picture", told(inp), "ms"));
    Ok(figures)
}

/// Audits of a page, and what a live one tells, if it is given.
async fn audited(
    settings: &Settings,
    name: &str,
    url: &str,
    live: Option<&str>,
) -> anyhow::Result<(Vec<Figure>, Option<Vitals>)> {
    let job = json!({"pages": [{"name": name, "url": url}], "live": live, "times": settings.audits});
    let limit = Duration::from_secs(120 + 90 * u64::from(settings.audits));
    let seen: Seen = browser::run("pages.mjs", &job, limit).await?;
    let mut figures = Vec::new();
    for page in seen.pages {
        let of = |what: &str, value, must| {
            Figure::new(format!("{}: {what}", page.name), value, "").must(Must::AtLeast(must))
        };
        figures.push(of("performance", page.performance, PERFORMANCE).note(format!(
            "of {} audits the middle one; largest content {:.1} s, layout shift {:.3}; less than whole: {}",
            settings.audits,
            page.lcp / 1000.0,
            page.cls,
            page.failed.join(" ")
        )));
        figures.push(of("accessibility", page.accessibility, 100.0));
        figures.push(of("best practices", page.practices, 100.0));
    }
    Ok((figures, seen.live))
}
