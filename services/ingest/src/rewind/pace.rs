//! How fast files of other nodes may come, over all broadcasts of the node: viewers and publishers come first.

use parking_lot::Mutex;
use std::time::{Duration, Instant};
use tokio::time::sleep_until;

/// Who waits looks so often whether it still has to.
const LOOK: Duration = Duration::from_millis(500);

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

/// Waits for the turn of `size` bytes, for as long as there is a reason to.
pub(super) async fn turn(pace: &Mutex<Pace>, size: u64, rate: u64, goes_on: impl Fn() -> bool) {
    while goes_on() {
        let now = Instant::now();
        let Err(until) = pace.lock().take(now, size, rate) else { return };
        sleep_until(until.min(now + LOOK).into()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::time::timeout;

    #[tokio::test]
    async fn a_broadcast_that_is_over_does_not_wait_for_its_turn() {
        let pace = Mutex::new(Pace::default());
        pace.lock().take(Instant::now(), 1 << 30, 64 << 10).unwrap();
        let looks = Cell::new(0);
        let goes_on = || looks.replace(looks.get() + 1) < 1;
        let turn = timeout(Duration::from_secs(60), turn(&pace, 1, 64 << 10, goes_on));
        turn.await.expect("the turn is hours away");
        assert_eq!(looks.get(), 2);
    }

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
