//! Rungs that are not made at present: why, since when, and how they come back.
//!
//! A rung is shed by the budget, rests with all others while no encoder may be used, or is lost for good with its transcoder. Its playlist
//! then has gaps at once instead of waiting for pictures, and is gone two target durations later (`http::hold`). It comes back
//! at the next segment's start. Its timeline and numbers are the source's all the while, so its list goes on without a discontinuity: one
//! that the other renditions lack would break the players' alignment. Also here: how far rungs are behind, and what their worker uses.

use super::stage::Stage;
use crate::budget::{Lag, Load};
use std::time::{Duration, Instant};
use streamly_transcode::{Meter, Usage};

/// Where a rung stands.
#[derive(Debug, Clone, Copy, Default)]
struct Rung {
    by_budget: bool,
    /// Nothing is made now.
    away: bool,
    /// It is made again from the next segment on.
    returning: bool,
    /// Its newest picture, 90 kHz.
    newest: Option<i64>,
}

/// Of one broadcast.
#[derive(Debug)]
pub(super) struct Shedding {
    rungs: Vec<Rung>,
    /// No worker: nothing to make, or nothing to make it with.
    resting: bool,
    lost: bool,
    source: Option<i64>,
    meter: Option<Meter>,
    /// The last measurement and the CPU time then.
    measured: Option<(Instant, Duration)>,
    cores: f64,
}

impl Shedding {
    /// `shed`: per rung, what the budget said at the beginning.
    pub(super) fn new(shed: Vec<bool>) -> Self {
        let rungs = shed.into_iter().map(|by_budget| Rung { by_budget, ..Rung::default() }).collect();
        Self { rungs, resting: false, lost: false, source: None, meter: None, measured: None, cores: 0.0 }
    }

    /// What the budget has shed, by place.
    pub(super) fn by_budget(&self) -> Vec<usize> {
        let shed = self.rungs.iter().enumerate().filter(|(_, rung)| rung.by_budget);
        shed.map(|(index, _)| index).collect()
    }

    /// A transcoder works for it from now on.
    pub(super) fn measures(&mut self, meter: Meter) {
        self.meter = Some(meter);
    }

    pub(super) fn source_picture(&mut self, pts: i64) {
        self.source = self.source.max(Some(pts));
    }

    pub(super) fn rung_picture(&mut self, rung: usize, pts: i64) {
        if let Some(rung) = self.rungs.get_mut(rung) {
            rung.newest = Some(pts);
        }
    }

    /// A new timeline: times before it say nothing.
    pub(super) fn discontinuity(&mut self) {
        self.source = None;
        self.rungs.iter_mut().for_each(|rung| rung.newest = None);
    }

    /// How far the rung's newest picture is behind the source's, in media time; `None` while it has none or is not made.
    pub(super) fn lag(&self, rung: usize) -> Option<Duration> {
        let rung = self.rungs.get(rung).filter(|rung| !rung.away && !rung.returning)?;
        let ticks = self.source?.saturating_sub(rung.newest?);
        Some(Duration::from_micros(u64::try_from(ticks).unwrap_or(0).saturating_mul(100) / 9))
    }

    fn is_shed(&self, rung: &Rung) -> bool {
        self.lost || self.resting || rung.by_budget
    }

    fn usage(&self) -> Usage {
        self.meter.as_ref().map(Meter::usage).unwrap_or_default()
    }

    /// Whether the rung is made.
    pub(super) fn is_made(&self, rung: usize) -> bool {
        self.rungs.get(rung).is_some_and(|rung| !rung.away)
    }

    /// Cores at the last look.
    pub(super) fn cores(&self) -> f64 {
        self.cores
    }

    /// Measures; `None` without a transcoder.
    pub(super) fn load(&mut self, now: Instant) -> Option<Load> {
        self.meter.as_ref()?;
        let usage = self.usage();
        if let Some((then, cpu)) = self.measured {
            let seconds = now.saturating_duration_since(then).as_secs_f64();
            if seconds > 0.0 {
                self.cores = usage.cpu.saturating_sub(cpu).as_secs_f64() / seconds;
            }
        }
        self.measured = Some((now, usage.cpu));
        let behind =
            (0..self.rungs.len()).filter_map(|rung| Some((self.lag(rung)?, self.rungs[rung].newest?)));
        let lag = behind.max().map(|(behind, newest)| Lag { behind, newest });
        let Usage { restarts, overruns, is_starved, .. } = usage;
        Some(Load { cores: self.cores, restarts, overruns, is_starved, lag })
    }
}

impl Stage {
    /// The budget sheds a rung or gives it back.
    pub(super) fn shed(&mut self, rung: usize, is_shed: bool, now: Instant) {
        let Some(known) = self.shedding.rungs.get_mut(rung) else { return };
        known.by_budget = is_shed;
        if let Some(input) = &self.input {
            input.shed(rung, is_shed);
        }
        self.settle_lanes(now);
    }

    /// The transcoder has no worker, or has one again.
    pub(super) fn rests(&mut self, resting: bool, now: Instant) {
        self.shedding.resting = resting;
        self.settle_lanes(now);
    }

    /// The transcoder is gone for good.
    pub(super) fn lost_transcoder(&mut self, now: Instant) {
        self.input = None;
        self.shedding.lost = true;
        self.settle_lanes(now);
    }

    /// Brings every rung's list where it belongs.
    pub(super) fn settle_lanes(&mut self, now: Instant) {
        for index in 0..self.shedding.rungs.len() {
            let rung = self.shedding.rungs[index];
            let is_shed = self.shedding.is_shed(&rung);
            let changed = &mut self.shedding.rungs[index];
            let Some(lane) = self.rungs.get_mut(index) else { continue };
            if is_shed && (!changed.away || changed.returning) {
                (changed.away, changed.returning, changed.newest) = (true, false, None);
                lane.packager.absent(true);
                lane.rendition.set_facts(|facts| facts.shed = facts.shed.or(Some(now)));
            } else if !is_shed && changed.away {
                changed.returning = true;
            }
        }
    }

    /// A segment of the source begins: rungs that come back begin with it.
    pub(super) fn rungs_return(&mut self) {
        for (rung, lane) in self.shedding.rungs.iter_mut().zip(&mut self.rungs) {
            if std::mem::take(&mut rung.returning) {
                rung.away = false;
                lane.packager.absent(false);
                lane.rendition.set_facts(|facts| facts.shed = None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_that_of_the_rung_furthest_behind_and_nothing_counts_across_a_break() {
        let mut shedding = Shedding::new(vec![false, false, true]);
        shedding.source_picture(270_000);
        assert_eq!(shedding.lag(0), None, "nothing made yet");
        shedding.rung_picture(0, 90_000);
        shedding.rung_picture(1, 180_000);
        shedding.source_picture(267_000);
        assert_eq!(shedding.lag(0), Some(Duration::from_secs(2)), "pictures come out of order");
        assert_eq!(shedding.lag(1), Some(Duration::from_secs(1)));
        shedding.discontinuity();
        assert_eq!(shedding.lag(0), None);
        shedding.source_picture(0);
        shedding.rung_picture(0, 999);
        assert_eq!(shedding.lag(0), Some(Duration::ZERO), "never ahead");
        assert_eq!(shedding.load(Instant::now()), None, "no transcoder, no load");
    }
}
