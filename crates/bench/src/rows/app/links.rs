//! Glass to glass in the app's player on the machine itself, and on a link of 40 ms round trip with 15 ms jitter.

use super::super::{
    Figures, Settings,
    browser::watch,
    glass::{SETTLE_SECONDS, told},
    place::Place,
};
use crate::report::{Figure, Must};
use anyhow::Context;
use serde_json::json;
use std::time::Duration;
use streamly_testkit::link::{Conditions, Link};

/// A name, what the link is like, and what half of the pictures are within, seconds.
const LINKS: [(&str, Conditions, f64); 2] = [
    (
        "our player, the machine itself",
        Conditions { delay: Duration::ZERO, jitter: Duration::ZERO, rate: 0, loss: 0.0 },
        0.7,
    ),
    (
        "our player, 40 ms round trip and 15 ms jitter",
        Conditions {
            delay: Duration::from_millis(20),
            jitter: Duration::from_micros(7_500),
            rate: 0,
            loss: 0.0,
        },
        0.9,
    ),
];

pub(super) async fn measure(settings: &Settings, place: &Place) -> Figures {
    let name = place.name()?;
    let address = place.address()?;
    let mut figures = Vec::new();
    for (what, conditions, most) in LINKS {
        let link = Link::start(address, conditions, 1).await?;
        let page = format!("http://{}/{name}", link.address());
        let job =
            json!({"page": page, "joins": 1, "settle": SETTLE_SECONDS, "seconds": settings.link_seconds});
        let watched = watch(&job).await.context(what)?;
        figures.extend(told(what, &watched, [Some(most), None]));
        let stalls: u32 = watched.iter().map(|join| join.stalls).sum();
        let stalls = Figure::new(
            format!("{what}, waits for media in {} s", settings.link_seconds),
            f64::from(stalls),
            "",
        );
        figures.push(stalls.must(Must::AtMost(0.0)));
    }
    Ok(figures)
}
