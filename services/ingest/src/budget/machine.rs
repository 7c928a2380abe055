//! The budget as a plain value: measurements and time in, rungs to shed or to give back out.
//!
//! A rung's cost is estimated from its size and rate, and the estimates are set right by what running workers are measured to use. Above
//! the budget the costliest rung of the node goes first; a broadcast whose worker falls behind sheds its own. What was shed comes back,
//! cheapest first, when there has been room for a while, and waits longer each time it had to go again.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Above the budget for so long, something is shed: one keyframe's peak is no reason.
const OVER_FOR: Duration = Duration::from_secs(3);
/// A worker behind for so long sheds a rung.
const BEHIND_FOR: Duration = Duration::from_secs(3);
/// A rung this far behind its source is late; after 3.3 s its parts are gaps (`cmaf`).
const LATE: Duration = Duration::from_millis(1800);
/// After a change measurements say nothing of what it brought for so long.
const SETTLE: Duration = Duration::from_secs(5);
/// There must be room for so long before anything is given back.
const CALM_FOR: Duration = Duration::from_secs(5);
/// After a worker fell behind nothing is given back for so long, whatever the room seems to be.
const TROUBLE_FOR: Duration = Duration::from_secs(30);
/// A shed rung stays away at least so long; doubles each time it comes back in vain.
const HOLD_MIN: Duration = Duration::from_secs(30);
/// The longest of these times.
const HOLD_MAX: Duration = Duration::from_secs(600);
/// What stayed for so long did not come back in vain.
const PROVEN: Duration = Duration::from_secs(300);
/// Share of the budget that may be filled by giving back.
const FILL: f64 = 0.9;
/// Weight of a new measurement against the ones before, a second each.
const NEW: f64 = 0.4;
/// How far measurements may correct the estimates: hardware costs a tenth, slow presets a multiple.
const FACTORS: std::ops::RangeInclusive<f64> = 0.05..=8.0;

/// What a broadcast would cost, in cores of a usual machine at x264's `veryfast`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cost {
    /// Decoding the source.
    base: f64,
    /// Each rung.
    rungs: Vec<f64>,
}

impl Cost {
    /// Of sizes and rates: pixels of a picture, pictures a second.
    pub(crate) fn estimate(source: (u32, u32, f64), rungs: impl Iterator<Item = (u32, u32, f64)>) -> Self {
        let megapixels = |width: u32, height: u32| f64::from(width) * f64::from(height) / 1e6;
        // Fitted to measurements of one machine; `factor` sets them right on any other.
        let decode =
            |(width, height, fps): (u32, u32, f64)| (0.01 + 0.02 * megapixels(width, height)) * fps / 30.0;
        let encode =
            |(width, height, fps): (u32, u32, f64)| (0.1 + 0.12 * megapixels(width, height)) * fps / 30.0;
        Self { base: decode(source), rungs: rungs.map(encode).collect() }
    }
}

/// How far the rung that is furthest behind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lag {
    pub(crate) behind: Duration,
    /// Its newest picture: one that gets none is not slow but broken, which is not the budget's business.
    pub(crate) newest: i64,
}

/// What is measured of a broadcast's worker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    /// Since the last look, cores.
    pub(crate) cores: f64,
    /// Counters of the transcoder.
    pub(crate) restarts: u64,
    pub(crate) overruns: u64,
    /// It waits for the processor and gives nothing.
    pub(crate) is_starved: bool,
    pub(crate) lag: Option<Lag>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) broadcast: String,
    /// Index into the plan.
    pub(crate) rung: usize,
    pub(crate) is_shed: bool,
    /// For the log and the metric.
    pub(crate) why: &'static str,
}

#[derive(Debug)]
struct Rung {
    cost: f64,
    is_shed: bool,
    /// Of the last change.
    since: Instant,
    hold: Duration,
}

#[derive(Debug)]
struct Entry {
    base: f64,
    rungs: Vec<Rung>,
    cores: f64,
    /// Measured over estimated.
    factor: Option<f64>,
    /// Of the last change or restart.
    changed: Instant,
    /// What is measured is of what runs now.
    is_settled: bool,
    last: Option<Load>,
    behind_since: Option<Instant>,
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Machine {
    capacity: f64,
    entries: BTreeMap<String, Entry>,
    /// The same of all broadcasts.
    factor: f64,
    over_since: Option<Instant>,
    room_since: Option<Instant>,
    shed_at: Option<Instant>,
    trouble_at: Option<Instant>,
}

impl Machine {
    /// `capacity` in cores.
    pub(crate) fn new(capacity: f64) -> Self {
        Self {
            capacity,
            entries: BTreeMap::new(),
            factor: 1.0,
            over_since: None,
            room_since: None,
            shed_at: None,
            trouble_at: None,
        }
    }

    pub(crate) fn capacity(&self) -> f64 {
        self.capacity
    }

    /// Cores in use; of what changed lately, as estimated.
    pub(crate) fn used(&self) -> f64 {
        self.entries.values().map(|entry| entry.used(self.factor)).sum()
    }

    /// Which rungs have to wait. The smallest are admitted first: they serve those who have no other choice.
    pub(crate) fn admit(&mut self, broadcast: &str, cost: Cost, now: Instant) -> Vec<bool> {
        self.entries.remove(broadcast);
        let mut room = self.capacity - self.used();
        let mut entry = Entry {
            base: cost.base,
            rungs: Vec::new(),
            cores: 0.0,
            factor: None,
            changed: now,
            is_settled: false,
            last: None,
            behind_since: None,
        };
        let waiting = |cost| Rung { cost, is_shed: true, since: now, hold: HOLD_MIN };
        entry.rungs = cost.rungs.into_iter().map(waiting).collect();
        let mut cheapest: Vec<usize> = (0..entry.rungs.len()).collect();
        cheapest.sort_by(|a, b| entry.rungs[*a].cost.total_cmp(&entry.rungs[*b].cost));
        for rung in cheapest {
            let price = entry.price(rung, self.factor);
            if price > room {
                break;
            }
            room -= price;
            entry.rungs[rung].is_shed = false;
        }
        let shed = entry.rungs.iter().map(|rung| rung.is_shed).collect();
        self.entries.insert(broadcast.to_owned(), entry);
        shed
    }

    /// Forgets the others, but for those that came while the living were counted.
    pub(crate) fn retain(&mut self, lives: impl Fn(&str) -> bool, now: Instant) {
        self.entries.retain(|id, entry| lives(id) || now.duration_since(entry.changed) < SETTLE);
    }

    /// A measurement, about once a second.
    pub(crate) fn observe(&mut self, broadcast: &str, load: Load, now: Instant) {
        let Some(entry) = self.entries.get_mut(broadcast) else { return };
        let cores = if load.cores.is_finite() { load.cores.max(0.0) } else { 0.0 };
        entry.cores += (cores - entry.cores) * NEW;
        let last = entry.last.replace(load);
        if last.is_some_and(|last| last.restarts != load.restarts) {
            entry.changed = now;
        }
        let slow = |last: Load| {
            let lag = load.lag.zip(last.lag).is_some_and(|(lag, last)| {
                lag.behind >= LATE
                    && lag.behind + Duration::from_millis(50) >= last.behind
                    && lag.newest > last.newest
            });
            lag || load.overruns > last.overruns || load.is_starved
        };
        let is_settled = now.duration_since(entry.changed) >= SETTLE;
        entry.is_settled = is_settled;
        if is_settled && last.is_some_and(slow) {
            entry.behind_since.get_or_insert(now);
        } else {
            entry.behind_since = None;
        }
        let estimate = entry.estimate(1.0);
        if is_settled && estimate > 0.0 && entry.cores > 0.0 {
            let measured = (entry.cores / estimate).clamp(*FACTORS.start(), *FACTORS.end());
            let factor = entry.factor.get_or_insert(measured);
            *factor += (measured - *factor) * NEW;
            self.factor += (*factor - self.factor) * NEW / 2.0;
        }
    }

    /// What is to be done now; done already here.
    pub(crate) fn decide(&mut self, now: Instant) -> Vec<Change> {
        let mut changes = self.shed_behind(now);
        self.shed_over(now, &mut changes);
        if changes.is_empty() {
            changes.extend(self.give_back(now));
        } else {
            self.room_since = None;
        }
        changes
    }

    fn shed_behind(&mut self, now: Instant) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, entry) in &mut self.entries {
            if entry.behind_since.is_none_or(|since| now.duration_since(since) < BEHIND_FOR) {
                continue;
            }
            self.trouble_at = Some(now);
            if let Some(rung) = entry.costliest() {
                changes.push(entry.change(id, rung, true, "behind", now));
            }
        }
        changes
    }

    fn shed_over(&mut self, now: Instant, changes: &mut Vec<Change>) {
        if self.used() <= self.capacity {
            self.over_since = None;
            return;
        }
        let since = *self.over_since.get_or_insert(now);
        let is_settled = self.shed_at.is_none_or(|at| now.duration_since(at) >= SETTLE);
        if now.duration_since(since) < OVER_FOR || !is_settled {
            return;
        }
        while self.used() > self.capacity {
            let costs = self.entries.iter().filter_map(|(id, entry)| {
                let rung = entry.costliest()?;
                Some((id.clone(), rung, entry.share(rung, self.factor)))
            });
            let Some((id, rung, _)) = costs.max_by(|a, b| a.2.total_cmp(&b.2)) else { break };
            let Some(entry) = self.entries.get_mut(&id) else { break };
            changes.push(entry.change(&id, rung, true, "budget", now));
            self.shed_at = Some(now);
        }
        self.over_since = None;
    }

    /// One at a time.
    fn give_back(&mut self, now: Instant) -> Option<Change> {
        let is_quiet = self.trouble_at.is_none_or(|at| now.duration_since(at) >= TROUBLE_FOR);
        let room = self.capacity * FILL - self.used();
        let factor = self.factor;
        let prices = self.entries.iter().flat_map(|(id, entry)| {
            let ready = |rung: &&Rung| rung.is_shed && now.duration_since(rung.since) >= rung.hold;
            let ready = entry.rungs.iter().enumerate().filter(move |(_, rung)| ready(rung));
            ready.map(move |(index, rung)| (id, index, entry.price(index, factor), rung.since))
        });
        let cheapest = prices.min_by(|a, b| a.2.total_cmp(&b.2).then(a.3.cmp(&b.3)));
        let fitting = cheapest.filter(|(_, _, price, _)| is_quiet && *price <= room);
        let Some((id, rung, _, _)) = fitting else {
            self.room_since = None;
            return None;
        };
        let id = id.clone();
        if now.duration_since(*self.room_since.get_or_insert(now)) < CALM_FOR {
            return None;
        }
        self.room_since = None;
        let entry = self.entries.get_mut(&id)?;
        Some(entry.change(&id, rung, false, "room", now))
    }
}

impl Entry {
    /// Cores of what runs, by sizes and rates.
    fn estimate(&self, factor: f64) -> f64 {
        let running: f64 = self.rungs.iter().filter(|rung| !rung.is_shed).map(|rung| rung.cost).sum();
        if running > 0.0 { (self.base + running) * factor } else { 0.0 }
    }

    fn used(&self, of_all: f64) -> f64 {
        let estimate = self.estimate(self.factor.unwrap_or(of_all));
        // Without a rung there is no worker, or it ends just now.
        if estimate > 0.0 && self.is_settled { self.cores } else { estimate }
    }

    fn costliest(&self) -> Option<usize> {
        let running = self.rungs.iter().enumerate().filter(|(_, rung)| !rung.is_shed);
        running.max_by(|a, b| a.1.cost.total_cmp(&b.1.cost)).map(|(index, _)| index)
    }

    /// What a running rung costs of what is used.
    fn share(&self, rung: usize, of_all: f64) -> f64 {
        let running: f64 = self.rungs.iter().filter(|rung| !rung.is_shed).map(|rung| rung.cost).sum();
        let is_last = self.rungs.iter().filter(|rung| !rung.is_shed).count() == 1;
        let part = self.rungs[rung].cost + if is_last { self.base } else { 0.0 };
        self.used(of_all) * part / (self.base + running)
    }

    /// What a shed rung would cost.
    fn price(&self, rung: usize, of_all: f64) -> f64 {
        let is_first = self.rungs.iter().all(|rung| rung.is_shed);
        let factor = self.factor.map_or(of_all, |own| own.max(of_all.min(own * 2.0)));
        (self.rungs[rung].cost + if is_first { self.base } else { 0.0 }) * factor
    }

    fn change(&mut self, id: &str, index: usize, is_shed: bool, why: &'static str, now: Instant) -> Change {
        let rung = &mut self.rungs[index];
        if is_shed {
            let in_vain = now.duration_since(rung.since) < PROVEN;
            rung.hold = if in_vain { (rung.hold * 2).min(HOLD_MAX) } else { HOLD_MIN };
        }
        (rung.is_shed, rung.since) = (is_shed, now);
        (self.changed, self.is_settled) = (now, false);
        self.behind_since = None;
        Change { broadcast: id.to_owned(), rung: index, is_shed, why }
    }
}

#[cfg(test)]
mod tests;
