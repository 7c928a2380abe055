//! Hung or only slow: how a worker that gives nothing while input flows is judged.
//!
//! A plain value; the watch of `life` feeds it. Time counts only while the watch itself runs, so a machine that lets nobody run accuses
//! nobody. A worker whose threads stand in the processor's queue is slow: it gets more time, and its rungs are shed
//! (ingest's budget) before it is given up. One that does not even wait for the processor hangs.

use std::time::Duration;

/// Most of the time between two looks that counts: what is above it, this process did not run either.
const STEP_MAX: Duration = Duration::from_millis(500);

/// A worker waits for the processor if its threads together stood in its queue for this share of the time (percent). With one
/// of them always waiting it is about 100.
const STARVED_PERCENT: u32 = 60;

/// A starved worker gets so many times the patience before it is taken for hung all the same.
const STARVED_PATIENCE: u32 = 4;

/// What the system tells of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Look {
    /// How long all its threads have waited for the processor so far.
    pub(super) waited: Duration,
    /// Somebody stopped it by a signal.
    pub(super) is_stopped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing to complain of.
    Well,
    /// It gives nothing since it does not get the processor.
    Starved,
    /// Replace it.
    Hung {
        /// It was patiently waited for, since it did not get the processor.
        starved: bool,
    },
}

/// Of one worker.
#[derive(Debug)]
pub(super) struct Silence {
    patience: Duration,
    /// At the first look after a third of the patience: how long it had been silent, what it had waited, where that is told.
    base: Option<(Duration, Option<Duration>)>,
}

impl Silence {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, base: None }
    }

    /// The part of the time since the last look that counts.
    pub(super) fn step(since_last: Duration) -> Duration {
        since_last.min(STEP_MAX)
    }

    /// `silent`: how long it has owed us something. `look` is asked only when it matters.
    pub(super) fn judge(&mut self, silent: Duration, look: impl FnOnce() -> Option<Look>) -> Verdict {
        if silent < self.patience / 3 {
            self.base = None;
            return Verdict::Well;
        }
        let look = look();
        let Some((from, before)) = self.base else {
            // One look tells nothing: the next one is the first that can judge.
            self.base = Some((silent, look.map(|look| look.waited)));
            return Verdict::Well;
        };
        if silent < self.patience {
            return Verdict::Well;
        }
        let (Some(look), Some(before)) = (look, before) else { return Verdict::Hung { starved: false } };
        let time = silent.saturating_sub(from);
        let starved = look.waited.saturating_sub(before) * 100 >= time * STARVED_PERCENT && !time.is_zero();
        if look.is_stopped || !starved {
            Verdict::Hung { starved: false }
        } else if silent >= self.patience * STARVED_PATIENCE {
            Verdict::Hung { starved: true }
        } else {
            Verdict::Starved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(3);

    /// Verdicts at every quarter of a second of silence; its threads wait for `share` percent of the time.
    fn verdicts(share: u32, is_stopped: bool, quarters: u32) -> Vec<Verdict> {
        let mut silence = Silence::new(PATIENCE);
        let at = |n: u32| Duration::from_millis(u64::from(n) * 250);
        let look = |n: u32| Look { waited: Duration::from_secs(100) + at(n) * share / 100, is_stopped };
        (0..quarters).map(|n| silence.judge(at(n), || Some(look(n)))).collect()
    }

    #[test]
    fn a_worker_that_neither_gives_nor_waits_for_the_processor_hangs_after_the_patience() {
        let all = verdicts(2, false, 13);
        assert!(all[..12].iter().all(|verdict| *verdict == Verdict::Well));
        assert_eq!(all[12], Verdict::Hung { starved: false });
    }

    #[test]
    fn a_starved_worker_is_slow_until_four_times_the_patience() {
        let all = verdicts(80, false, 49);
        assert!(all[12..48].iter().all(|verdict| *verdict == Verdict::Starved), "{all:?}");
        assert_eq!(all[48], Verdict::Hung { starved: true });
    }

    #[test]
    fn a_stopped_worker_hangs_on_however_busy_a_machine() {
        assert_eq!(verdicts(80, true, 13)[12], Verdict::Hung { starved: false });
    }

    #[test]
    fn output_in_between_starts_the_count_anew() {
        let mut silence = Silence::new(PATIENCE);
        let waited = |secs| Some(Look { waited: Duration::from_secs(secs), is_stopped: false });
        assert_eq!(silence.judge(Duration::from_secs(2), || waited(0)), Verdict::Well);
        assert_eq!(silence.judge(Duration::ZERO, || waited(50)), Verdict::Well);
        assert_eq!(silence.judge(Duration::from_secs(2), || waited(50)), Verdict::Well);
        assert_eq!(
            silence.judge(PATIENCE, || waited(50)),
            Verdict::Hung { starved: false },
            "what it waited before does not count"
        );
    }

    #[test]
    fn time_in_which_nobody_looked_does_not_count() {
        assert_eq!(Silence::step(Duration::from_secs(60)), STEP_MAX);
        assert_eq!(Silence::step(Duration::from_millis(250)), Duration::from_millis(250));
    }

    #[test]
    fn no_worker_hangs_at_the_first_look() {
        for look in [None, Some(Look::default())] {
            let mut silence = Silence::new(PATIENCE);
            assert_eq!(silence.judge(PATIENCE * 9, || look), Verdict::Well);
            assert_eq!(silence.judge(PATIENCE * 9, || look), Verdict::Hung { starved: false });
        }
    }

    #[test]
    fn where_the_system_tells_nothing_the_patience_alone_decides() {
        let mut silence = Silence::new(PATIENCE);
        assert_eq!(silence.judge(Duration::from_secs(2), || None), Verdict::Well);
        assert_eq!(silence.judge(PATIENCE, || None), Verdict::Hung { starved: false });
    }
}
