//! A circuit breaker: after a run of failures a peer is left alone for a while, then tried by one call at a time.
//!
//! A plain machine: time is an argument. Closed → (FAILURES in a row) → open → (PAUSE) → half open → one probe → closed or open.

use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it stays open.
const PAUSE: Duration = Duration::from_secs(2);

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Make the call.
    Go,
    /// Fail at once.
    Refuse,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    HalfOpen { probe_until: Instant },
}

/// One peer's breaker.
#[derive(Debug)]
pub struct Breaker(State);

impl Default for Breaker {
    fn default() -> Self {
        Self(State::Closed { failures: 0 })
    }
}

impl Breaker {
    /// Asks before a call. While half open one probe runs; one that never reports is replaced after the pause.
    pub fn ask(&mut self, now: Instant) -> Verdict {
        match self.0 {
            State::Closed { .. } => Verdict::Go,
            State::Open { until } | State::HalfOpen { probe_until: until } if now < until => Verdict::Refuse,
            State::Open { .. } | State::HalfOpen { .. } => {
                self.0 = State::HalfOpen { probe_until: now + PAUSE };
                Verdict::Go
            }
        }
    }
    /// The peer answered, be it with an error of its own.
    pub fn succeeded(&mut self) {
        self.0 = State::Closed { failures: 0 };
    }
    /// The peer did not answer.
    pub fn failed(&mut self, now: Instant) {
        self.0 = match self.0 {
            State::Closed { failures } if failures + 1 < FAILURES => State::Closed { failures: failures + 1 },
            _ => State::Open { until: now + PAUSE },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_opens_after_a_run_of_failures_and_lets_one_probe_through() {
        let (mut b, t) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            assert_eq!(b.ask(t), Verdict::Go);
            b.failed(t);
        }
        assert_eq!(b.ask(t), Verdict::Refuse);
        let later = t + PAUSE;
        assert_eq!(b.ask(later), Verdict::Go);
        assert_eq!(b.ask(later), Verdict::Refuse, "only one probe");
        b.failed(later);
        assert_eq!(b.ask(later), Verdict::Refuse);
        assert_eq!(b.ask(later + PAUSE), Verdict::Go);
        b.succeeded();
        assert_eq!(b.ask(later + PAUSE), Verdict::Go);
        assert_eq!(b.ask(later + PAUSE), Verdict::Go);
    }

    proptest! {
        #[test]
        fn it_never_refuses_for_longer_than_a_pause(ops in prop::collection::vec((0u8..3, 0u64..3000), 0..200)) {
            let (mut b, mut t) = (Breaker::default(), Instant::now());
            for (op, ms) in ops {
                t += Duration::from_millis(ms);
                match op {
                    0 => { b.ask(t); }
                    1 => b.succeeded(),
                    _ => b.failed(t),
                }
            }
            prop_assert_eq!(b.ask(t + PAUSE), Verdict::Go);
        }
    }
}
