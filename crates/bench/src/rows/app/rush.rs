//! A chat at 100 messages a second beside a picture that plays: what the page draws, beside the same page while nobody speaks.

use super::super::{Figures, Settings, browser, place::Place};
use crate::report::{Figure, Must};
use anyhow::Context;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Messages a second, said by so many people.
const PER_SECOND: f64 = 100.0;
const PEOPLE: usize = 10;
/// Until page and player have come to rest, and how long is looked at, twice; seconds.
const SETTLE: u64 = 10;
const SECONDS: u64 = 30;
/// Rows of the chat in the document: what its window may have at most.
const MOST_ROWS: f64 = 240.0;
/// Lines that are to be seen, of those that are said meanwhile, percent.
const SHOWN_PERCENT: f64 = 95.0;

#[derive(Debug, Deserialize)]
struct Seen {
    calm: Looked,
    rush: Looked,
    refused: u64,
}

#[derive(Debug, Deserialize)]
struct Looked {
    frames: u32,
    seconds: f64,
    late: u32,
    longest: f64,
    rows: u32,
    shown: u32,
    stalls: u32,
}

impl Looked {
    fn per_second(&self) -> f64 {
        f64::from(self.frames) / self.seconds.max(1.0)
    }
}

pub(super) async fn measure(settings: &Settings, place: &Place) -> Figures {
    let url = place.url.as_deref().context("no platform")?;
    let people = super::people(url, PEOPLE).await?;
    let seconds = if settings.quick { 5 } else { SECONDS };
    let job = json!({
        "page": place.page, "room": place.name()?, "url": url, "people": people,
        "per_second": PER_SECOND, "settle": SETTLE, "seconds": seconds,
    });
    let limit = Duration::from_secs(SETTLE + 4 * seconds + 120);
    told(&browser::run("rush.mjs", &job, limit).await?)
}

fn told(seen: &Seen) -> Figures {
    let (calm, rush) = (&seen.calm, &seen.rush);
    let said = PER_SECOND * rush.seconds;
    Ok(vec![
        Figure::new(format!("chat at {PER_SECOND:.0} messages/s: pictures the page draws, per second"), rush.per_second(), "")
            .note(format!(
                "{:.1} while nobody speaks; {} of {} came after more than 50 ms ({} while nobody speaks); longest task {:.0} ms ({:.0}); {} messages refused",
                calm.per_second(), rush.late, rush.frames, calm.late, rush.longest, calm.longest, seen.refused
            )),
        Figure::new("rows of the chat in the document", f64::from(rush.rows), "").must(Must::AtMost(MOST_ROWS)),
        Figure::new("lines shown, of those said", f64::from(rush.shown) / said * 100.0, "%")
            .must(Must::AtLeast(SHOWN_PERCENT)),
        Figure::new("waits for media meanwhile", f64::from(rush.stalls), "").must(Must::AtMost(0.0)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_rows_lost_lines_and_a_wait_are_told() {
        let looked = |rows, shown, stalls| Looked {
            frames: 1_800,
            seconds: 30.0,
            late: 3,
            longest: 60.0,
            rows,
            shown,
            stalls,
        };
        let holds = |rush| {
            let seen = Seen { calm: looked(0, 0, 0), rush, refused: 0 };
            told(&seen).unwrap().iter().map(Figure::holds).collect::<Vec<_>>()
        };
        assert_eq!(holds(looked(80, 2_990, 0)), [None, Some(true), Some(true), Some(true)]);
        assert_eq!(holds(looked(900, 1_000, 1)), [None, Some(false), Some(false), Some(false)]);
    }
}
