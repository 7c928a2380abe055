//! What broadcasts were, minute by minute: the samples of this replica while it leads ([`tally`]), and what of them is due to be stored.
//!
//! Pure: time is an argument, storing is `store::history`'s, the rounds are `duties::history`'s. A minute is one of Unix time.
//! Whoever takes the lead amid a minute has the rest of its samples, and takes their average for the whole of it.

pub mod tally;

use std::ops::RangeInclusive;
use streamly_domain::{BroadcastId, ChannelId};
use time::OffsetDateTime;

/// Seconds of a minute.
pub const MINUTE_S: i64 = 60;
/// How long after a minute's end it is stored: chat tells of its messages a few seconds late.
pub const SETTLE_S: i64 = 15;
/// Minutes before now that are still made up for; chat's counts live for two hours.
const BEHIND: i64 = 115;

/// A broadcast that was live, and of which something is not stored yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Uncounted {
    pub id: BroadcastId,
    pub channel: ChannelId,
    pub live_at: OffsetDateTime,
    pub ended_at: Option<OffsetDateTime>,
    /// The last minute that is stored.
    pub counted: Option<i64>,
}

/// One minute of a broadcast that is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Due {
    /// Which.
    pub minute: i64,
    /// Seconds of it in which the broadcast was there.
    pub seconds: f64,
}

/// The minute of a moment.
pub fn minute_of(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().div_euclid(MINUTE_S)
}

impl Uncounted {
    /// The next minute that is due at that time, if one is.
    pub fn due(&self, now: OffsetDateTime) -> Option<Due> {
        let first = minute_of(self.live_at).max(minute_of(now) - BEHIND);
        let minute = self.counted.map_or(first, |counted| first.max(counted + 1));
        let (begins, over) = (minute * MINUTE_S, (minute + 1) * MINUTE_S);
        let ended = self.ended_at.map(|at| at.unix_timestamp());
        if ended.is_some_and(|ended| ended < begins) {
            return None;
        }
        let settled = ended.unwrap_or(i64::MAX).min(over) + SETTLE_S;
        let seconds = |at: OffsetDateTime| at.unix_timestamp_nanos() as f64 / 1e9;
        let from = seconds(self.live_at).max(begins as f64);
        let to = self.ended_at.map_or(over as f64, |at| seconds(at).min(over as f64));
        (now.unix_timestamp() >= settled).then_some(Due { minute, seconds: (to - from).max(0.0) })
    }

    /// Whether all of it is stored, and nothing will come.
    pub fn is_done(&self, now: OffsetDateTime) -> bool {
        let Some(ended) = self.ended_at else { return false };
        let last = minute_of(ended);
        self.counted.is_some_and(|counted| counted >= last) || last < minute_of(now) - BEHIND
    }

    /// The buckets of chat's counts that are in a minute of it.
    pub fn buckets(&self, minute: i64, bucket_s: i64) -> RangeInclusive<i64> {
        let from = self.live_at.unix_timestamp().max(minute * MINUTE_S);
        let last = (minute + 1) * MINUTE_S - 1;
        let to = self.ended_at.map_or(last, |at| at.unix_timestamp().min(last));
        from.div_euclid(bucket_s)..=to.div_euclid(bucket_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: f64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos((s * 1e9) as i128).unwrap()
    }

    fn broadcast(live: f64, ended: Option<f64>, counted: Option<i64>) -> Uncounted {
        let (id, channel) = (BroadcastId::new(), ChannelId::new());
        Uncounted { id, channel, live_at: at(live), ended_at: ended.map(at), counted }
    }

    #[test]
    fn each_minute_is_due_once_it_has_settled_with_the_seconds_of_it_that_there_were() {
        let b = broadcast(1_000_030.0, None, None);
        assert_eq!((minute_of(at(1_000_030.0)), b.due(at(1_000_034.9))), (16_667, None));
        let b = broadcast(1_000_030.5, None, None);
        // The minute began at 1000020.
        assert_eq!(b.due(at(1_000_094.0)), None);
        assert_eq!(b.due(at(1_000_095.0)), Some(Due { minute: 16_667, seconds: 49.5 }));
        let b = Uncounted { counted: Some(16_667), ..b };
        assert_eq!(b.due(at(1_000_154.0)), None);
        assert_eq!(b.due(at(1_000_155.0)), Some(Due { minute: 16_668, seconds: 60.0 }));
        assert!(!b.is_done(at(2_000_000.0)));
    }

    #[test]
    fn the_last_minute_is_due_soon_after_the_end_and_then_nothing() {
        let b = broadcast(1_000_030.0, Some(1_000_100.25), Some(16_667));
        assert_eq!(b.due(at(1_000_114.0)), None);
        assert_eq!(b.due(at(1_000_115.0)), Some(Due { minute: 16_668, seconds: 20.25 }));
        assert!(!b.is_done(at(1_000_115.0)));
        let b = Uncounted { counted: Some(16_668), ..b };
        assert_eq!((b.due(at(1_000_400.0)), b.is_done(at(1_000_400.0))), (None, true));
    }

    #[test]
    fn what_nobody_counted_for_hours_is_left_out() {
        let b = broadcast(1_000_020.0, None, None);
        let now = at(1_000_020.0 + 36_000.0);
        assert_eq!(b.due(now).map(|due| due.minute), Some(16_667 + 600 - BEHIND));
        let b = broadcast(1_000_020.0, Some(1_000_500.0), None);
        assert_eq!((b.due(now), b.is_done(now)), (None, true));
    }

    #[test]
    fn messages_from_before_the_start_and_after_the_end_are_not_its_own() {
        let b = broadcast(1_000_035.0, Some(1_000_062.0), None);
        assert_eq!(b.buckets(16_667, 10), 100_003..=100_006);
        let b = broadcast(1_000_035.0, None, None);
        assert_eq!(b.buckets(16_667, 10), 100_003..=100_007);
        assert_eq!(b.buckets(16_668, 10), 100_008..=100_013);
    }
}
