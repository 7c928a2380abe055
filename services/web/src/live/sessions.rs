//! Playback sessions seen at this edge, and what it tells Redis of them for `stream` to count (docs/ARCHITECTURE.md: viewers, ADR 0035).
//!
//! A session is a `sid` that an edge gave out (`sids`) with a playlist request or a beacon in the last 30 s. Each is put into the
//! HyperLogLog of the five seconds in which it was last seen, at most a second later, so that one which moves between edges counts once.
//! Bounded: beyond the bound new ones are not counted, and the metric `streamly_web_sessions_uncounted_total` says so. While Redis is
//! away nothing is queued: afterwards all that were seen in the last 30 s are told again.
//!
//! Previews are not viewers, but only the first few of a broadcast: anybody can ask for a preview's sid, so more than `max_previews` of
//! them count as viewers all the same. At most so many real viewers of a broadcast can hide at an edge.

mod report;

pub(crate) use report::Report;

use super::{
    qoe::{Account, Taken, Told},
    sids::{Kind, Sid},
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A session of which nothing was seen for this long is over.
const IDLE: Duration = Duration::from_secs(30);
/// Time that one HyperLogLog stands for, seconds; `stream` counts those of the last 30 s (`bus::counts`).
const BUCKET_S: u64 = 5;
const MINUTE_S: u64 = 60;
/// Time between two beacons of a session in the long run; our player's come every ten seconds. Some follow each other at once, and they are as
/// honest: of a page that is hidden, shown and left, and of what went wrong.
const BEACON: Duration = Duration::from_secs(2);

/// A moment, by the clock that only goes on and by the one that all edges share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    at: Instant,
    bucket: u64,
}

impl Moment {
    /// This one.
    pub(crate) fn now() -> Self {
        let unix_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Self::of(Instant::now(), unix_s)
    }

    /// One by hand: by the two clocks.
    pub(super) fn of(at: Instant, unix_s: u64) -> Self {
        Self { at, bucket: unix_s / BUCKET_S }
    }

    /// By the clock that only goes on.
    pub(super) fn at(self) -> Instant {
        self.at
    }

    /// The minute of Unix time.
    pub(crate) fn minute(self) -> u64 {
        self.bucket * BUCKET_S / MINUTE_S
    }
}

/// A beacon of a session that has sent as many as it may lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooSoon;

/// The sessions of this edge.
pub(crate) struct Sessions {
    seen: Mutex<Seen>,
    max: usize,
    max_previews: usize,
    max_beacons: u32,
}

#[derive(Default)]
struct Seen {
    rooms: HashMap<String, Room>,
    all: usize,
}

/// The sessions of one broadcast, by the number of their sid.
#[derive(Default)]
struct Room {
    sessions: HashMap<u64, Session>,
    /// Previews that are not counted.
    hidden: usize,
}

struct Session {
    last: Moment,
    is_hidden: bool,
    /// The bucket that it was last told in; none: it was not, or it is not certain.
    told: Option<u64>,
    /// Whether the broadcast's own HyperLogLog has it.
    is_known: bool,
    /// When all of its beacons so far are paid for, each with [`BEACON`].
    paid: Instant,
    account: Account,
}

impl Session {
    /// Told again, everywhere.
    fn forget(&mut self) {
        (self.told, self.is_known) = (None, false);
    }
}

impl Sessions {
    /// `max_beacons`: that a session may send at once, at least one.
    pub(crate) fn new(max: usize, max_previews: usize, max_beacons: u32) -> Self {
        Self { seen: Mutex::default(), max, max_previews, max_beacons }
    }

    /// A session of a broadcast asked for a playlist. Only for broadcasts that exist and sids that were given out: what
    /// anybody can invent must not get here.
    pub(crate) fn saw(&self, broadcast: &str, sid: Sid, now: Moment) {
        self.see(broadcast, sid, now, |_| Ok(())).unwrap_or_default();
    }

    /// The same of a session whose player says that somebody watches, and perhaps how. What of that counts; of a preview, and beyond the
    /// bound of sessions, nothing does.
    pub(crate) fn beacon(
        &self,
        broadcast: &str,
        sid: Sid,
        now: Moment,
        told: Option<&Told>,
    ) -> Result<Option<Taken>, TooSoon> {
        self.see(broadcast, sid, now, |session| {
            let paid = session.paid.max(now.at);
            if paid.duration_since(now.at) > BEACON * self.max_beacons.saturating_sub(1) {
                return Err(TooSoon);
            }
            session.paid = paid + BEACON;
            let told = told.filter(|_| sid.kind == Kind::Viewer);
            Ok(told.map(|told| session.account.take(now, told)))
        })
    }

    fn see<T: Default>(
        &self,
        broadcast: &str,
        sid: Sid,
        now: Moment,
        may: impl FnOnce(&mut Session) -> Result<T, TooSoon>,
    ) -> Result<T, TooSoon> {
        let mut seen = self.seen.lock();
        let Seen { rooms, all } = &mut *seen;
        if let Some(room) = rooms.get_mut(broadcast)
            && let Some(session) = room.sessions.get_mut(&sid.number)
        {
            let seen = may(session)?;
            session.last = now;
            return Ok(seen);
        }
        if *all >= self.max {
            metrics::counter!("streamly_web_sessions_uncounted_total").increment(1);
            return Ok(T::default());
        }
        let room = rooms.entry(broadcast.to_owned()).or_default();
        let is_hidden = sid.kind == Kind::Preview && room.hidden < self.max_previews;
        room.hidden += usize::from(is_hidden);
        let account = Account::new(now);
        let mut session =
            Session { last: now, is_hidden, told: None, is_known: false, paid: now.at, account };
        let seen = may(&mut session)?;
        room.sessions.insert(sid.number, session);
        *all += 1;
        Ok(seen)
    }

    /// How many there are, those that were idle until lately and previews among them.
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().all
    }

    /// Forgets idle sessions; what has to be told of the others, which counts as told. How many are counted goes to the metrics.
    pub(crate) fn take(&self, now: Moment) -> Vec<Report> {
        let mut seen = self.seen.lock();
        let (mut reports, mut all, mut counted) = (Vec::new(), 0, 0);
        seen.rooms.retain(|broadcast, room| {
            room.sessions.retain(|_, session| now.at.duration_since(session.last.at) < IDLE);
            room.hidden = room.sessions.values().filter(|session| session.is_hidden).count();
            all += room.sessions.len();
            counted += room.sessions.len() - room.hidden;
            room.report(broadcast, &mut reports);
            !room.sessions.is_empty()
        });
        seen.all = all;
        metrics::gauge!("streamly_web_sessions").set(counted as f64);
        reports
    }

    /// What was told of a broadcast may not have arrived: all of it is due again.
    pub(crate) fn forget(&self, broadcast: &str) {
        if let Some(room) = self.seen.lock().rooms.get_mut(broadcast) {
            room.sessions.values_mut().for_each(Session::forget);
        }
    }
}

impl Room {
    /// What is due, by bucket.
    fn report(&mut self, broadcast: &str, reports: &mut Vec<Report>) {
        let (mut buckets, mut new) = (HashMap::<u64, Vec<u64>>::new(), Vec::new());
        for (number, session) in self.sessions.iter_mut().filter(|(_, session)| !session.is_hidden) {
            if session.told != Some(session.last.bucket) {
                session.told = Some(session.last.bucket);
                buckets.entry(session.last.bucket).or_default().push(*number);
            }
            if !std::mem::replace(&mut session.is_known, true) {
                new.push(*number);
            }
        }
        if !buckets.is_empty() {
            reports.push(Report {
                broadcast: broadcast.to_owned(),
                buckets: buckets.into_iter().collect(),
                new,
            });
        }
    }
}

#[cfg(test)]
mod tests;
