//! How many messages a room's readers get when more are said than anybody can read: a cap for each second, the same ones for all sockets.
//!
//! What counts is when a message was said, not when it is given out: a node that catches up gives all of it. What is left out is in the
//! log and in histories; readers are told how many there were, once a second. Pure: the time is an argument.

use crate::gcra::Gcra;
use std::time::Duration;
use tokio::time::Instant;

/// Pace of telling how many were left out.
const TELLS: Duration = Duration::from_secs(1);

/// One room's cap.
#[derive(Debug)]
pub(super) struct Sampler {
    pace: Gcra,
    /// The first message's time, Unix milliseconds, and the instant that stands for it.
    begin: Option<(u64, Instant)>,
    left_out: u64,
    /// When the readers are to be told, if anything was left out.
    tells: Option<Instant>,
}

impl Sampler {
    /// `per_second` messages in the long run, as many at once.
    pub(super) fn new(per_second: u32) -> Self {
        Self { pace: Gcra::new(per_second, per_second), begin: None, left_out: 0, tells: None }
    }

    /// Whether a message that was said at `at_ms`, Unix milliseconds, is given out; else it is counted. Times never go back.
    pub(super) fn admits(&mut self, at_ms: u64, now: Instant) -> bool {
        let (begin_ms, begin) = *self.begin.get_or_insert((at_ms, now));
        let admits = self.pace.allow(begin + Duration::from_millis(at_ms.saturating_sub(begin_ms)));
        if !admits {
            self.left_out += 1;
            self.tells.get_or_insert(now + TELLS);
        }
        admits
    }

    /// When [`Sampler::take`] has something.
    pub(super) fn due(&self) -> Option<Instant> {
        self.tells
    }

    /// How many were left out since the last time, once that is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<u64> {
        self.tells.filter(|at| *at <= now)?;
        self.tells = None;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_within_the_cap_is_given_out_whole() {
        let (mut sampler, start) = (Sampler::new(50), Instant::now());
        for n in 0..500 {
            assert!(sampler.admits(20 * n, start + Duration::from_millis(20 * n)));
        }
        assert_eq!((sampler.due(), sampler.take(start + Duration::from_secs(60))), (None, None));
    }

    #[test]
    fn what_was_said_within_the_cap_is_given_out_whole_however_late() {
        let (mut sampler, late) = (Sampler::new(50), Instant::now());
        for n in 0..5_000 {
            assert!(sampler.admits(1_800_000_000_000 + 20 * n, late), "{n}");
        }
    }

    #[test]
    fn above_the_cap_the_rest_is_counted_and_told_once_a_second() {
        let (mut sampler, start) = (Sampler::new(50), Instant::now());
        let (mut given, mut told, mut times) = (0, 0, 0);
        for n in 0..4_000u64 {
            let now = start + Duration::from_millis(n * 5 / 2);
            given += u64::from(sampler.admits(n * 5 / 2, now));
            if let Some(count) = sampler.take(now) {
                (told, times) = (told + count, times + 1);
            }
        }
        assert!((500..=550).contains(&given), "{given} in 10 s and a burst of one second");
        assert!((8..=10).contains(&times), "{times}");
        let due = sampler.due().unwrap();
        assert_eq!(sampler.take(due - Duration::from_millis(1)), None);
        assert_eq!(given + told + sampler.take(due).unwrap(), 4_000);
        assert_eq!(sampler.due(), None);
    }
}
