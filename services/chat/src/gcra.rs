//! A pace: so many in the long run, so many at once. GCRA (ATM Forum TM 4.0, §4.4.2) with the time as an argument. Of frames that a socket sends
//! (every one, pings too) and of messages that a room is given. What happens beyond it is the caller's to say.

use std::time::Duration;
use tokio::time::Instant;

/// One allowance.
#[derive(Debug)]
pub struct Gcra {
    step: Duration,
    burst: Duration,
    next: Option<Instant>,
}

impl Gcra {
    /// `per_second` in the long run, `burst` at once.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let step = Duration::from_secs(1) / per_second.max(1);
        Self { step, burst: step * burst.max(1), next: None }
    }
    /// Counts one; false: too many.
    pub fn allow(&mut self, now: Instant) -> bool {
        self.ask(now).is_ok()
    }
    /// Counts one; too many: how long until there may be one.
    pub fn ask(&mut self, now: Instant) -> Result<(), Duration> {
        let next = self.next.map_or(now, |n| n.max(now)) + self.step;
        match next.checked_duration_since(now + self.burst).filter(|wait| !wait.is_zero()) {
            Some(wait) => Err(wait),
            None => {
                self.next = Some(next);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_long_run_rate_holds() {
        let (mut pace, t) = (Gcra::new(10, 5), Instant::now());
        assert_eq!((0..8).filter(|_| pace.allow(t)).count(), 5);
        assert!(pace.allow(t + Duration::from_millis(100)));
        assert!(!pace.allow(t + Duration::from_millis(100)));
        assert_eq!(pace.ask(t + Duration::from_millis(130)), Err(Duration::from_millis(70)));
    }
}
