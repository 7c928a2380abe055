//! The duty of counting viewers: sums what the edges say of each open broadcast, stores what changed, and tells of it.
//!
//! A round is two statements and, beside them, what Redis is asked and told all at once on one connection; while Redis answers no
//! database connection is held. What could not be told is told at a later round.

use crate::{app::App, bus, error::Error, store::broadcasts};
use futures_util::future::try_join_all;
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use streamly_domain::{BroadcastId, ChannelId};
use time::OffsetDateTime;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

/// How often viewers are counted.
const ROUND: Duration = Duration::from_secs(1);
/// From so many viewers on, a channel's change is told at most every [`MANY_PACE`]: each goes to every one of them.
const MANY: u64 = 100;
const MANY_PACE: Duration = Duration::from_secs(5);
/// Age at which an edge's count is not counted any more.
const COUNT_AGE_MS: i64 = 15_000;

/// What was last told of a broadcast.
struct Told {
    viewers: u64,
    /// When; none: not by this replica.
    at: Option<Instant>,
}

/// A count that is to be told.
struct Change {
    broadcast: BroadcastId,
    channel: ChannelId,
    viewers: u64,
}

/// For as long as it is polled.
pub(super) async fn count(app: &App) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = HashMap::new();
    loop {
        rounds.tick().await;
        if let Err(e) = count_all(app, &mut told).await {
            tracing::warn!(error = ?e, "viewers were not counted");
        }
    }
}

async fn count_all(app: &App, told: &mut HashMap<BroadcastId, Told>) -> Result<(), Error> {
    let all = broadcasts::open(&app.connection().await?).await?;
    let open: HashSet<BroadcastId> = all.iter().map(|b| b.id).collect();
    told.retain(|id, _| open.contains(id));
    let now = OffsetDateTime::now_utc();
    let counts = try_join_all(all.iter().map(|b| bus::counts(&app.redis, b.id))).await?;
    let mut changes = Vec::new();
    for (b, counts) in all.iter().zip(&counts) {
        let viewers = sum(counts, bus::unix_ms(now));
        let before = told.entry(b.id).or_insert(Told { viewers: b.viewers, at: None });
        if viewers != before.viewers && is_due(viewers.max(before.viewers), before.at.map(|at| at.elapsed()))
        {
            changes.push(Change { broadcast: b.id, channel: b.channel.id, viewers });
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = changes.iter().map(|c| (c.broadcast, c.viewers)).collect();
    broadcasts::set_viewers(&app.connection().await?, &rows).await?;
    try_join_all(changes.iter().map(|c| tell(app, c, now))).await?;
    for c in changes {
        told.insert(c.broadcast, Told { viewers: c.viewers, at: Some(Instant::now()) });
    }
    Ok(())
}

async fn tell(app: &App, change: &Change, now: OffsetDateTime) -> Result<(), Error> {
    let payload = json!({"viewers": change.viewers});
    let (id, channel) = (Uuid::now_v7(), change.channel.0);
    bus::append(&app.redis, bus::PASSING, id, "stream.viewers", channel, now, &payload).await
}

/// Whether a change may be told; `since`: the time since the one before.
fn is_due(viewers: u64, since: Option<Duration>) -> bool {
    viewers < MANY || since.is_none_or(|since| since >= MANY_PACE)
}

/// Sums `count:unix_ms` values that are young enough; others are left out.
fn sum(counts: &[String], now_ms: i64) -> u64 {
    counts
        .iter()
        .filter_map(|text| {
            let (count, at) = text.split_once(':')?;
            let (count, at): (u32, i64) = (count.parse().ok()?, at.parse().ok()?);
            (now_ms.saturating_sub(at) < COUNT_AGE_MS).then_some(u64::from(count))
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::{MANY, MANY_PACE, is_due, sum};
    use std::time::Duration;

    #[test]
    fn few_viewers_are_told_of_at_once_and_many_at_a_pace() {
        let second = Some(Duration::from_secs(1));
        assert!(is_due(MANY - 1, second) && is_due(MANY, None) && is_due(MANY, Some(MANY_PACE)));
        assert!(!is_due(MANY, second));
    }

    #[test]
    fn only_young_and_readable_counts_are_summed() {
        let counts = ["3:100000", "4:90001", "5:85000", "x:100000", "7", "-1:100000"].map(String::from);
        assert_eq!(sum(&counts, 100_000), 7);
    }
}
