//! Forgets what is too old, a bounded number of rows at a time. What a running broadcast needs is never too old.

use crate::error::Error;
use std::time::Duration;
use streamly_postgres::GenericClient;

/// What is kept for a limited time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ended sessions, but not the one that a kept broadcast names as its last.
    Sessions,
    /// Minutes of ended broadcasts.
    Minutes,
    /// Ended broadcasts, with the sessions that they still have.
    Broadcasts,
    /// Refusals.
    Refusals,
    /// Facts that could not be relayed.
    Facts,
    /// Follows that have ended.
    Follows,
    /// Deliveries to webhooks that are over.
    Deliveries,
}

impl Kind {
    /// In the order in which they go: before a broadcast its many sessions and minutes, and the refusals that it settled.
    pub const ALL: [Self; 7] = [
        Self::Sessions,
        Self::Refusals,
        Self::Minutes,
        Self::Broadcasts,
        Self::Facts,
        Self::Follows,
        Self::Deliveries,
    ];

    /// Its table.
    pub fn table(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Minutes => "broadcast_minutes",
            Self::Broadcasts => "broadcasts",
            Self::Refusals => "refusals",
            Self::Facts => "outbox",
            Self::Follows => "follows",
            Self::Deliveries => "deliveries",
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Sessions => {
                "DELETE FROM sessions WHERE id IN (SELECT s.id FROM sessions s WHERE s.ended_at < now() - make_interval(secs => $1) \
                 AND NOT EXISTS (SELECT 1 FROM broadcasts b WHERE b.id = s.broadcast_id AND b.session_id = s.id) LIMIT $2)"
            }
            Self::Minutes => {
                "DELETE FROM broadcast_minutes WHERE (broadcast_id, minute) IN (SELECT m.broadcast_id, m.minute FROM broadcasts b \
                 JOIN broadcast_minutes m ON m.broadcast_id = b.id WHERE b.ended_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Broadcasts => {
                "DELETE FROM broadcasts WHERE id IN \
                 (SELECT id FROM broadcasts WHERE ended_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            Self::Refusals => {
                "DELETE FROM refusals WHERE id IN \
                 (SELECT id FROM refusals WHERE at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            // In the order of relaying, so that no table is read beyond the first young fact.
            Self::Facts => {
                "DELETE FROM outbox WHERE seq IN (SELECT seq FROM (SELECT seq, occurred_at FROM outbox ORDER BY seq LIMIT $2) AS oldest \
                 WHERE occurred_at < now() - make_interval(secs => $1))"
            }
            Self::Deliveries => {
                "DELETE FROM deliveries WHERE state <> 'waiting' AND id IN \
                 (SELECT id FROM deliveries WHERE state <> 'waiting' AND finished_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
            // Asked again of the row itself: who follows again meanwhile is not forgotten.
            Self::Follows => {
                "DELETE FROM follows WHERE unfollowed_at < now() - make_interval(secs => $1) AND (user_id, channel_id) IN \
                 (SELECT user_id, channel_id FROM follows WHERE unfollowed_at < now() - make_interval(secs => $1) LIMIT $2)"
            }
        }
    }
}

/// Forgets up to `most` that are older than `keep`; how many there were.
pub async fn forget(db: &impl GenericClient, kind: Kind, keep: Duration, most: i64) -> Result<u64, Error> {
    Ok(db.execute(kind.sql(), &[&keep.as_secs_f64(), &most]).await?)
}
