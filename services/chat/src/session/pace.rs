//! How many frames a socket may send: GCRA with the time as an argument. Counts every frame, pings too.

use std::time::Duration;
use tokio::time::Instant;

/// One socket's allowance.
#[derive(Debug)]
pub struct Pace {
    step: Duration,
    burst: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// `per_second` in the long run, `burst` at once.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let step = Duration::from_secs(1) / per_second.max(1);
        Self { step, burst: step * burst.max(1), next: None }
    }
    /// Counts one frame; false: too many.
    pub fn allow(&mut self, now: Instant) -> bool {
        let next = self.next.map_or(now, |n| n.max(now)) + self.step;
        if next > now + self.burst {
            return false;
        }
        self.next = Some(next);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_long_run_rate_holds() {
        let (mut pace, t) = (Pace::new(10, 5), Instant::now());
        assert_eq!((0..8).filter(|_| pace.allow(t)).count(), 5);
        assert!(pace.allow(t + Duration::from_millis(100)));
        assert!(!pace.allow(t + Duration::from_millis(100)));
    }
}
