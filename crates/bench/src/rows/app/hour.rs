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
/// Until the player has come to rest and the chat's window is full, seconds.
const SETTLE: u64 = 60;
/// Of the readings of memory: how many are compared at each end, as a share.
const END_SHARE: f64 = 0.2;
/// How far memory may go from where it was, percent.
const HEAP_PERCENT: f64 = 10.0;
/// How far the distance may be from what is aimed for, seconds, and in how many of the samples.
const WITHIN: f64 = 0.3;
const SAMPLES_WITHIN: f64 = 99.0;
const MIB: f64 = 1024.0 * 1024.0;

#[derive(Debug, Deserialize)]
struct Seen {
    samples: Vec<Sample>,
    said: u64,
    refused: u64,
    shown: u64,
}

#[derive(Debug, Deserialize)]
struct Sample {
    heap: Option<f64>,
    nodes: Option<f64>,
    ahead: f64,
    target: f64,
    stalls: u32,
}

pub(super) async fn measure(settings: &Settings, place: &Place) -> Figures {
    let url = place.url.as_deref().context("no platform")?;
    let people = super::people(url, PEOPLE).await?;
    let seconds = (settings.watch_hours * 3600.0).max(1.0).round();
    let job = json!({
        "page": place.page, "room": place.name()?, "url": url, "people": people,
        "per_second": PER_SECOND, "settle": SETTLE, "seconds": seconds,
    });
    let limit = Duration::from_secs_f64(seconds * 1.2) + Duration::from_secs(SETTLE + 120);
    let seen: Seen = browser::run("watch.mjs", &job, limit).await?;
    told(&seen, seconds)
}

fn told(seen: &Seen, seconds: f64) -> Figures {
    let all = |of: fn(&Sample) -> Option<f64>| seen.samples.iter().filter_map(of).collect::<Vec<_>>();
    let (heap, nodes) = (all(|sample| sample.heap), all(|sample| sample.nodes));
    ensure!(!heap.is_empty(), "memory was never read");
    let ends = |values: &[f64]| {
        let each = ((values.len() as f64 * END_SHARE).ceil() as usize).max(1);
        (mean(&values[..each]), mean(&values[values.len() - each..]))
    };
    let ((first, last), (nodes_first, nodes_last)) = (ends(&heap), ends(&nodes));
    let off: Vec<f64> = seen.samples.iter().map(|sample| (sample.ahead - sample.target).abs()).collect();
    let within = off.iter().filter(|off| **off <= WITHIN).count() as f64 / off.len() as f64 * 100.0;
    let targets = all(|sample| Some(sample.target));
    let minutes = seconds / 60.0;
    Ok(vec![
        Figure::new(format!("{minutes:.0} minutes: memory at the end, of what it was"), last / first * 100.0, "%")
            .must(Must::Between(100.0 - HEAP_PERCENT, 100.0 + HEAP_PERCENT))
            .note(format!(
                "{:.1} MiB, then {:.1} MiB, most {:.1} MiB after a collection; {nodes_first:.0} nodes, then {nodes_last:.0}; {} of {} messages refused, {} lines kept",
                first / MIB,
                last / MIB,
                quantile(&heap, 1.0) / MIB,
                seen.refused,
                seen.said,
                seen.shown
            )),
        Figure::new("waits for media", f64::from(seen.samples.last().map_or(0, |sample| sample.stalls)), "")
            .must(Must::AtMost(0.0)),
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

    fn seen(heaps: [f64; 5], off: f64) -> Seen {
        let sample = |heap: &f64| Sample {
            heap: Some(*heap),
            nodes: Some(1.0),
            ahead: 0.5 + off,
            target: 0.5,
            stalls: 1,
        };
        Seen { samples: heaps.iter().map(sample).collect(), said: 5, refused: 0, shown: 5 }
    }

    #[test]
    fn memory_that_grows_a_wait_and_a_distance_are_told() {
        let holds = |seen: &Seen| told(seen, 60.0).unwrap().iter().map(Figure::holds).collect::<Vec<_>>();
        assert_eq!(holds(&seen([1.0, 2.0, 3.0, 2.0, 1.05], 0.2)), [Some(true), Some(false), Some(true)]);
        assert_eq!(holds(&seen([1.0, 1.0, 1.0, 1.0, 1.2], 0.4)), [Some(false), Some(false), Some(false)]);
        assert!(told(&Seen { samples: vec![], said: 0, refused: 0, shown: 0 }, 60.0).is_err());
    }
}
