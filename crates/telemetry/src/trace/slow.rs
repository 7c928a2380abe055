//! Lines of the log about recorded calls that took long: each leads to its trace.
//!
//! No more than [`LINES`] a second of one service: where a database hangs, all that asks it takes long at once, and the lines that say why must
//! not be lost among these. How many were left out is told with the next one.

use opentelemetry::trace::TraceId;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Lines of one service in a second, at most.
const LINES: u32 = 50;
const SECOND: Duration = Duration::from_secs(1);

/// The lines of one service.
#[derive(Debug)]
pub(super) struct Slow {
    service: &'static str,
    /// What takes so long is told.
    from: Duration,
    pace: Mutex<Pace>,
}

/// How many lines there were.
#[derive(Debug, Default)]
struct Pace {
    /// When the second began in which they are counted.
    began: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl Slow {
    pub(super) fn new(service: &'static str, from: Duration) -> Self {
        Self { service, from, pace: Mutex::default() }
    }

    /// Whether a call that took so long is one to be told of.
    pub(super) fn concerns(&self, took: Duration) -> bool {
        took >= self.from
    }

    /// Tells of one, if there is a line for it.
    pub(super) fn tell(&self, call: &str, took: Duration, trace: TraceId) {
        let left_out = self.pace.lock().unwrap_or_else(PoisonError::into_inner).line(Instant::now());
        if let Some(left_out) = left_out {
            tracing::info!(
                service = self.service, call, took_ms = took.as_millis() as u64, trace_id = %trace, left_out,
                "a recorded call took long"
            );
        }
    }
}

impl Pace {
    /// A line, if there may be one now: how many were left out since the last one.
    fn line(&mut self, now: Instant) -> Option<u64> {
        if self.began.is_none_or(|began| now.saturating_duration_since(began) >= SECOND) {
            (self.began, self.lines) = (Some(now), 0);
        }
        if self.lines >= LINES {
            self.left_out += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::{LINES, Pace, SECOND};
    use std::time::{Duration, Instant};

    #[test]
    fn there_are_so_many_lines_a_second_and_the_next_one_tells_how_many_there_were_not() {
        let (mut pace, begin) = (Pace::default(), Instant::now());
        for _ in 0..LINES {
            assert_eq!(pace.line(begin), Some(0));
        }
        let last = begin + SECOND - Duration::from_millis(1);
        assert_eq!([pace.line(begin), pace.line(last), pace.line(last)], [None; 3]);
        assert_eq!([pace.line(begin + SECOND), pace.line(begin + SECOND)], [Some(3), Some(0)]);
    }
}
