//! How fast files of other nodes may come, over all broadcasts of the node: viewers and publishers come first.

use std::time::{Duration, Instant};

/// When the next may begin.
#[derive(Debug, Default)]
pub(super) struct Pace(Option<Instant>);

impl Pace {
    /// Lets one of `size` bytes begin, at `rate` bytes a second in the long run; or tells when to ask again.
    pub(super) fn take(&mut self, now: Instant, size: u64, rate: u64) -> Result<(), Instant> {
        if let Some(next) = self.0.filter(|next| *next > now) {
            return Err(next);
        }
        self.0 = Some(now + Duration::from_secs_f64(size as f64 / rate.max(1) as f64));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_at_the_rate_and_time_without_any_is_not_made_up_for() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let second = Duration::from_secs(1);
        assert_eq!(pace.take(start, 2000, 1000), Ok(()));
        assert_eq!(pace.take(start + second, 1, 1000), Err(start + 2 * second));
        assert_eq!(pace.take(start + 2 * second, 1000, 1000), Ok(()));
        assert_eq!(pace.take(start + 9 * second, 1000, 1000), Ok(()));
        assert_eq!(pace.take(start + 9 * second, 1000, 1000), Err(start + 10 * second));
    }
}
