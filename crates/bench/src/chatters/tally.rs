//! What a crowd heard: deliveries and their delays, and for those who follow, which message came to whom and in which order.
//!
//! Delays are counted in steps of 0.1 ms up to ten seconds, so that a million deliveries a second cost no memory.

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// A step of the delays, microseconds.
const STEP_US: u64 = 100;
/// Steps; the last holds everything above.
const STEPS: usize = 100_000;

/// Deliveries of one measurement.
#[derive(Debug)]
pub struct Tally {
    steps: Vec<u32>,
    /// Messages that came to somebody, each as often as it came.
    pub delivered: u64,
    /// Messages left out for somebody, told so.
    pub skipped: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Refusals.
    pub refused: u64,
}

impl Tally {
    /// Nothing heard.
    pub fn new() -> Self {
        Self { steps: vec![0; STEPS], delivered: 0, skipped: 0, bytes: 0, refused: 0 }
    }

    /// A delivery that took so long.
    pub fn delivery(&mut self, micros: u64) {
        self.delivered += 1;
        let step = (micros / STEP_US).min(STEPS as u64 - 1) as usize;
        self.steps[step] += 1;
    }

    /// The delay below which that share of the deliveries was, milliseconds: the upper end of its step. NaN without any.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let rank = ((share * self.delivered as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let step = self.steps.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        });
        step.map_or(f64::NAN, |step| (step as u64 + 1) as f64 * STEP_US as f64 / 1000.0)
    }
}

/// Who heard what, by numbers of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    /// Messages that were said.
    pub said: u64,
    /// Of these, those whose sender was told that they were taken.
    pub acknowledged: u64,
    /// Acknowledged messages that somebody in the room did not get.
    pub missed: u64,
    /// The same, counted for each who did not get them.
    pub misses: u64,
    /// Deliveries of what the same socket had already.
    pub twice: u64,
    /// Deliveries behind one that who heard most had later.
    pub disordered: u64,
    /// Of these, to those who speak.
    pub disordered_to_speakers: u64,
}

impl Lists {
    /// Compares each listener's messages, in the order in which they came, with what was acknowledged. With each: whether it speaks.
    pub fn compare(said: u64, acknowledged: &HashSet<u32>, heard: &[(bool, &[u32])]) -> Self {
        let mut missing: HashMap<u32, u64> = HashMap::new();
        let (mut twice, mut disordered, mut disordered_to_speakers) = (0, 0, 0);
        // The order is a listener's: speakers see their own out of it.
        let longest = heard.iter().max_by_key(|(speaks, list)| (!speaks, list.len()));
        let longest = longest.map(|(_, list)| *list).unwrap_or_default();
        let mut rank: HashMap<u32, usize> = HashMap::new();
        for number in longest {
            let next = rank.len();
            rank.entry(*number).or_insert(next);
        }
        for (speaks, list) in heard {
            let mut seen = HashSet::new();
            let mut last = None;
            for number in *list {
                if !seen.insert(*number) {
                    twice += 1;
                    continue;
                }
                let here = rank.get(number).copied();
                if here.is_some() {
                    disordered += u64::from(here < last);
                    disordered_to_speakers += u64::from(here < last && *speaks);
                    last = last.max(here);
                }
            }
            for number in acknowledged.difference(&seen) {
                *missing.entry(*number).or_default() += 1;
            }
        }
        Self {
            said,
            acknowledged: acknowledged.len() as u64,
            missed: missing.len() as u64,
            misses: missing.values().sum(),
            twice,
            disordered,
            disordered_to_speakers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_end_of_a_step() {
        let mut tally = Tally::new();
        (1..=100).for_each(|ms| tally.delivery(ms * 1000 - 50));
        assert_eq!(tally.quantile_ms(0.99), 99.0);
        assert_eq!(tally.quantile_ms(0.5), 50.0);
        tally.delivery(u64::MAX);
        assert_eq!(tally.quantile_ms(1.0), 10_000.0);
        assert!(Tally::new().quantile_ms(0.5).is_nan());
    }

    #[test]
    fn lists_show_what_is_missing_doubled_and_out_of_order() {
        let acknowledged = HashSet::from([1, 2, 3, 5]);
        let heard: [(bool, &[u32]); 3] =
            [(false, &[1, 2, 3, 4, 5]), (true, &[1, 3, 2, 2, 4]), (false, &[1, 2, 4, 5])];
        let lists = Lists::compare(6, &acknowledged, &heard);
        let wanted = Lists {
            said: 6,
            acknowledged: 4,
            missed: 2,
            misses: 2,
            twice: 1,
            disordered: 1,
            disordered_to_speakers: 1,
        };
        assert_eq!(lists, wanted);
    }

    #[test]
    fn whole_lists_in_one_order_have_nothing_to_tell() {
        let lists = Lists::compare(3, &HashSet::from([7, 8]), &[(true, &[8, 7, 9]), (false, &[8, 7, 9])]);
        assert_eq!((lists.missed, lists.misses, lists.twice, lists.disordered), (0, 0, 0, 0));
    }
}
