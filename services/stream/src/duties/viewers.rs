//! The duty of counting viewers: counts the sessions that the edges saw of each open broadcast, stores what changed, and tells of it.
//!
//! A round is two statements and, beside them, what Redis is asked and told, of some at once on one connection; while Redis answers no
//! database connection is held. What could not be told is told at a later round. While Redis is away the last counts stay; when it is back
//! they only go up for a while, until the edges have told it everything again; so where it was emptied between two rounds.

use super::pace::{ask_all, rest};
use crate::{
    app::App,
    bus,
    bus::counts,
    error::Error,
    feed,
    history::tally::Tallies,
    store::{broadcasts, broadcasts::Watched},
};
use parking_lot::Mutex;
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use streamly_domain::{BroadcastId, ChannelId, StreamState};
use time::OffsetDateTime;
use uuid::Uuid;

/// How often viewers are counted, and the longest rest between two rounds where many are live.
const ROUND: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(5);
/// From so many viewers on, a channel's change is told at most every [`MANY_PACE`]: each goes to every one of them.
const MANY: u64 = 100;
const MANY_PACE: Duration = Duration::from_secs(5);
/// After an outage of Redis, or after it was emptied: by then edges have told again what could not be written, and who watches was seen anew,
/// players that ask but every eight seconds and their beacons included.
const RESTORED: Duration = Duration::from_secs(12);

/// What was last told of a broadcast.
struct Told {
    viewers: u64,
    /// When; none: not by this replica.
    at: Option<Instant>,
}

/// What Redis says of a broadcast.
struct Counted {
    viewers: u64,
    /// Whether the Redis that says so was empty a moment ago.
    is_new: bool,
}

/// A count that is to be told.
struct Change {
    broadcast: BroadcastId,
    channel: ChannelId,
    viewers: u64,
    test: bool,
}

#[derive(Default)]
struct Rounds {
    told: HashMap<BroadcastId, Told>,
    /// Whether Redis was away at the last round.
    is_away: bool,
    /// Since when it is back, if it ever was away.
    back: Option<Instant>,
}

/// For as long as it is polled.
pub(super) async fn count(app: &App, tallies: &Mutex<Tallies>) {
    let mut rounds = Rounds::default();
    loop {
        let began = Instant::now();
        let pause = match rounds.count_all(app, tallies).await {
            Ok(()) => rest(began.elapsed(), ROUND, LONGEST_REST),
            Err(e) => {
                tracing::warn!(error = ?e, "viewers were not counted");
                ROUND
            }
        };
        tokio::time::sleep(pause).await;
    }
}

impl Rounds {
    async fn count_all(&mut self, app: &App, tallies: &Mutex<Tallies>) -> Result<(), Error> {
        let all = broadcasts::watched(&app.connection().await?).await?;
        let open: HashSet<BroadcastId> = all.iter().map(|b| b.id).collect();
        self.told.retain(|id, _| open.contains(id));
        let now = OffsetDateTime::now_utc();
        let now_ms = bus::unix_ms(now);
        let ids: Vec<BroadcastId> = all.iter().map(|b| b.id).collect();
        let counted = Self::ask(app, &ids, now_ms).await;
        if self.is_away && counted.is_ok() {
            self.back = Some(Instant::now());
        }
        self.is_away = counted.is_err();
        let viewers: Vec<u64> = match &counted {
            Ok(counts) => all.iter().zip(counts).map(|(b, counted)| self.steady(b, counted)).collect(),
            Err(_) => all.iter().map(|b| self.last(b)).collect(),
        };
        {
            let mut tallies = tallies.lock();
            for (b, viewers) in all.iter().zip(&viewers).filter(|(b, _)| b.state != StreamState::Starting) {
                tallies.sample(b.id, now.unix_timestamp(), *viewers);
            }
        }
        counted?;
        let mut changes = Vec::new();
        for (b, viewers) in all.iter().zip(viewers) {
            let before = self.told.entry(b.id).or_insert(Told { viewers: b.viewers, at: None });
            let since = before.at.map(|at| at.elapsed());
            if viewers != before.viewers && is_due(viewers.max(before.viewers), since) {
                changes.push(Change { broadcast: b.id, channel: b.channel, viewers, test: b.test });
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = changes.iter().map(|c| (c.broadcast, c.viewers)).collect();
        broadcasts::set_viewers(&app.connection().await?, &rows).await?;
        ask_all(&changes, |c| tell(app, c, now)).await?;
        for c in changes {
            self.told.insert(c.broadcast, Told { viewers: c.viewers, at: Some(Instant::now()) });
        }
        Ok(())
    }

    /// How many watch each of them, and whether the Redis that has it was told everything.
    async fn ask(app: &App, ids: &[BroadcastId], now_ms: i64) -> Result<Vec<Counted>, Error> {
        let counted = counts::viewers(&app.redis, ids, now_ms).await?;
        // Asked afterwards: what is emptied meanwhile was counted in full, or is seen to be empty.
        let since = counts::known_since(&app.redis, ids, now_ms).await?;
        let is_new = |since: i64| now_ms - since < RESTORED.as_millis() as i64;
        let all = counted.into_iter().zip(since);
        Ok(all.map(|(viewers, since)| Counted { viewers, is_new: is_new(since) }).collect())
    }

    fn last(&self, b: &Watched) -> u64 {
        self.told.get(&b.id).map_or(b.viewers, |told| told.viewers)
    }

    /// What counts of what was counted.
    fn steady(&self, b: &Watched, counted: &Counted) -> u64 {
        let is_restored = !counted.is_new && self.back.is_none_or(|at| at.elapsed() >= RESTORED);
        if is_restored { counted.viewers } else { counted.viewers.max(self.last(b)) }
    }
}

async fn tell(app: &App, change: &Change, now: OffsetDateTime) -> Result<(), Error> {
    let payload = json!({"viewers": change.viewers});
    let (id, channel) = (Uuid::now_v7(), change.channel.0);
    let kind = if change.test { feed::TEST_VIEWERS } else { "stream.viewers" };
    bus::append(&app.redis, bus::PASSING, id, kind, channel, now, &payload).await
}

/// Whether a change may be told; `since`: the time since the one before.
fn is_due(viewers: u64, since: Option<Duration>) -> bool {
    viewers < MANY || since.is_none_or(|since| since >= MANY_PACE)
}

#[cfg(test)]
mod tests {
    use super::{MANY, MANY_PACE, is_due};
    use std::time::Duration;

    #[test]
    fn few_viewers_are_told_of_at_once_and_many_at_a_pace() {
        let second = Some(Duration::from_secs(1));
        assert!(is_due(MANY - 1, second) && is_due(MANY, None) && is_due(MANY, Some(MANY_PACE)));
        assert!(!is_due(MANY, second));
    }
}
