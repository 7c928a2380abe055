//! Long watching beside a chat that others talk in: memory stays as it was, nobody waits for media, and the distance to live is what is aimed for.

use super::super::{Figures, Settings, browser, mean, place::Place};
use crate::report::{Figure, Must, quantile};
use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Messages a second, said by so many people.
const PER_SECOND: f64 = 10.0;
const PEOPLE: usize = 5;
/// Until the player has come to rest and the chat's window is full, at least, and at most until the browser has compiled what runs all the time:
/// that is a tenth of the memory and no leak. A sixth of the watching, seconds.
const SETTLE: (f64, f64) = (60.0, 600.0);
/// How often memory is read before and after the watching, and how long the page rests before each time, seconds.
const WEIGHINGS: u32 = 5;
const PAUSE: f64 = 10.0;
/// Waits whose moments are told.
const WAITS_TOLD: usize = 12;
/// How far memory may go from where it was, percent.
const HEAP_PERCENT: f64 = 10.0;
/// How far the distance may be from what is aimed for, seconds, and in how many of the samples.
const WITHIN: f64 = 0.3;
const SAMPLES_WITHIN: f64 = 99.0;
const MIB: f64 = 1024.0 * 1024.0;

#[derive(Debug, Deserialize)]
struct Seen {
    before: Vec<Weighed>,
    samples: Vec<Sample>,
    after: Vec<Weighed>,
    said: u64,
    refused: u64,
    shown: u64,
}

/// What the page holds after a garbage collection: bytes, and elements and texts.
#[derive(Debug, Deserialize)]
struct Weighed {
    heap: f64,
    nodes: f64,
}

#[derive(Debug, Deserialize)]
struct Sample {
    /// Seconds since counting began.
    at: f64,
    ahead: f64,
    target: f64,
    stalls: u32,
}

pub(super) async fn measure(settings: &Settings, place: &Place) -> Figures {
    let url = place.url.as_deref().context("no platform")?;
    let people = super::people(url, PEOPLE).await?;
    let seconds = (settings.watch_hours * 3600.0).max(1.0).round();
    let settle = (seconds / 6.0).clamp(SETTLE.0, SETTLE.1).round();
    let job = json!({
        "page": place.page, "room": place.name()?, "url": url, "people": people,
        "per_second": PER_SECOND, "settle": settle, "seconds": seconds,
        "weighings": WEIGHINGS, "pause": PAUSE,
    });
    let weighing = Duration::from_secs_f64(PAUSE * f64::from(2 * WEIGHINGS + 1));
    let limit = Duration::from_secs_f64(seconds * 1.2 + settle + 120.0) + weighing;
    let seen: Seen = browser::run("watch.mjs", &job, limit).await?;
    told(&seen, seconds)
}

fn told(seen: &Seen, seconds: f64) -> Figures {
    let all = |of: fn(&Sample) -> Option<f64>| seen.samples.iter().filter_map(of).collect::<Vec<_>>();
    ensure!(!seen.before.is_empty() && !seen.after.is_empty(), "memory was never read");
    let middle = |of: &[Weighed], what: fn(&Weighed) -> f64| mean(&of.iter().map(what).collect::<Vec<_>>());
    let ends = |what| (middle(&seen.before, what), middle(&seen.after, what));
    let ((first, last), (nodes_first, nodes_last)) =
        (ends(|weighed| weighed.heap), ends(|weighed| weighed.nodes));
    let waited: Vec<_> = seen
        .samples
        .windows(2)
        .filter(|pair| pair[1].stalls > pair[0].stalls)
        .map(|pair| format!("{:.0} s", pair[1].at))
        .take(WAITS_TOLD)
        .collect();
    let off: Vec<f64> = seen.samples.iter().map(|sample| (sample.ahead - sample.target).abs()).collect();
    let within = off.iter().filter(|off| **off <= WITHIN).count() as f64 / off.len() as f64 * 100.0;
    let targets = all(|sample| Some(sample.target));
    let minutes = seconds / 60.0;
    Ok(vec![
        Figure::new(format!("{minutes:.0} minutes: memory at the end, of what it was"), last / first * 100.0, "%")
            .must(Must::Between(100.0 - HEAP_PERCENT, 100.0 + HEAP_PERCENT))
            .note(format!(
                "{:.1} MiB, then {:.1} MiB after a collection; {nodes_first:.0} nodes, then {nodes_last:.0}; {} of {} messages refused, {} lines kept",
                first / MIB,
                last / MIB,
                seen.refused,
                seen.said,
                seen.shown
            )),
        Figure::new("waits for media", f64::from(seen.samples.last().map_or(0, |sample| sample.stalls)), "")
            .must(Must::AtMost(0.0))
            .note(if waited.is_empty() { String::new() } else { format!("at {}", waited.join(", ")) }),
        Figure::new(format!("samples within {WITHIN} s of the distance aimed for"), within, "%")
            .must(Must::AtLeast(SAMPLES_WITHIN))
            .note(format!(
                "aimed for {:.2} to {:.2} s; off by {:.2} s at the median, {:.2} s at p99, {:.2} s at most",
                quantile(&targets, 0.0),
                quantile(&targets, 1.0),
                quantile(&off, 0.5),
                quantile(&off, 0.99),
                quantile(&off, 1.0)
            )),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(heaps: [f64; 2], off: f64) -> Seen {
        let sample = |at| Sample { at, ahead: 0.5 + off, target: 0.5, stalls: u32::from(at > 0.0) };
        let [before, after] = heaps.map(|heap| vec![Weighed { heap, nodes: 1.0 }]);
        Seen { before, samples: vec![sample(0.0), sample(1.0)], after, said: 5, refused: 0, shown: 5 }
    }

    #[test]
    fn memory_that_grows_a_wait_and_a_distance_are_told() {
        let holds = |seen: &Seen| told(seen, 60.0).unwrap().iter().map(Figure::holds).collect::<Vec<_>>();
        assert_eq!(holds(&seen([1.0, 1.05], 0.2)), [Some(true), Some(false), Some(true)]);
        assert_eq!(holds(&seen([1.0, 1.2], 0.4)), [Some(false), Some(false), Some(false)]);
        assert_eq!(told(&seen([1.0, 1.0], 0.0), 60.0).unwrap()[1].note, "at 1 s");
        assert!(told(&Seen { before: vec![], ..seen([1.0, 1.0], 0.0) }, 60.0).is_err());
    }
}
