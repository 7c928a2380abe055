//! When a node is busy, messages go to Redis together: one after another within a few milliseconds costs each a wake-up here, there and at every
//! reader, together they share them, and one write to Redis's disk.
//!
//! The first of a while goes at once: a quiet node waits for nothing. Those that come within a turn of it wait for the turn's end and go together,
//! and so do the next as long as several go in each. No order is kept here; the log gives it.

use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// One node's turns.
#[derive(Debug)]
pub(super) struct Turns {
    length: Duration,
    turn: Mutex<Turn>,
}

/// The turn that runs, or that was the last.
#[derive(Debug)]
struct Turn {
    ends: Option<Instant>,
    /// How many go at its end.
    waiting: usize,
}

impl Turns {
    /// Turns of that length; of none, nobody waits.
    pub(super) fn new(length: Duration) -> Self {
        Self { length, turn: Mutex::new(Turn { ends: None, waiting: 0 }) }
    }

    /// When it is the turn of one that comes now; none: at once.
    pub(super) fn at(&self, now: Instant) -> Option<Instant> {
        let mut turn = self.turn.lock();
        let (goes, waiting) = match turn.ends {
            Some(ends) if now < ends => (Some(ends), turn.waiting + 1),
            // Several went together just now and this comes within the next turn: others will.
            Some(ends) if turn.waiting > 1 && now < ends + self.length => (Some(ends + self.length), 1),
            _ => (None, 0),
        };
        (turn.ends, turn.waiting) = (Some(goes.unwrap_or(now + self.length)), waiting);
        goes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn whoever_comes_alone_goes_at_once() {
        let (turns, start) = (Turns::new(ms(10)), Instant::now());
        for n in 0..9 {
            assert_eq!(turns.at(start + ms(10 * n)), None, "{n}");
        }
        let never = Turns::new(Duration::ZERO);
        assert!((0..9).all(|_| never.at(start).is_none()));
    }

    #[test]
    fn who_came_a_little_early_makes_nobody_after_it_wait() {
        let (turns, start) = (Turns::new(ms(10)), Instant::now());
        assert_eq!(turns.at(start), None);
        assert_eq!(turns.at(start + ms(9)), Some(start + ms(10)), "a millisecond");
        for n in 2..9 {
            assert_eq!(turns.at(start + ms(10 * n)), None, "{n}");
        }
    }

    #[test]
    fn those_who_come_together_go_together_and_nobody_waits_longer_than_a_turn() {
        let (turns, start) = (Turns::new(ms(10)), Instant::now());
        let gone: Vec<u64> = (0..50)
            .map(|n| {
                let comes = start + ms(2 * n);
                let goes = turns.at(comes).unwrap_or(comes);
                assert!(goes >= comes && goes - comes <= ms(10), "{n}");
                (goes - start).as_millis() as u64
            })
            .collect();
        let mut times = gone.clone();
        times.dedup();
        assert_eq!(times, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], "fifty in eleven goes");
        // A quiet while, and it begins anew.
        assert_eq!(turns.at(start + ms(150)), None);
    }
}
