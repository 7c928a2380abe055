//! Who is banned where, as last known: asked again every 30 seconds, at once when a ban is announced. PostgreSQL away: the last answer
//! counts, and nobody is banned of whom nothing is known.

use crate::store;
use moka::future::Cache;
use std::time::{Duration, Instant};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Database;

const FRESH: Duration = Duration::from_secs(30);
/// Longest wait for the database: a join waits for it.
const PATIENCE: Duration = Duration::from_secs(1);
const CAPACITY: u64 = 100_000;

/// The cache. Clones share it.
#[derive(Clone)]
pub struct Bans {
    db: Database,
    known: Cache<(ChannelId, UserId), (bool, Instant)>,
}

impl Bans {
    /// Nothing known yet.
    pub fn new(db: Database) -> Self {
        Self { db, known: Cache::new(CAPACITY) }
    }

    /// Whether the user is banned from the room.
    pub async fn is_banned(&self, room: ChannelId, user: UserId) -> bool {
        let known = self.known.get(&(room, user)).await;
        if let Some((banned, at)) = known
            && at.elapsed() < FRESH
        {
            return banned;
        }
        self.ask(room, user).await
    }

    /// The same, asking the database whatever is known: for joins, so that no other node lets a banned person in.
    pub async fn ask(&self, room: ChannelId, user: UserId) -> bool {
        let asked_at = Instant::now();
        let asked = tokio::time::timeout(PATIENCE, store::is_banned(&self.db, room, user)).await;
        let answer = match asked {
            Ok(Ok(banned)) => Some(banned),
            Ok(Err(e)) => {
                tracing::debug!(error = %e, "bans are taken as last known");
                None
            }
            Err(_) => {
                tracing::debug!("the database does not answer: bans are taken as last known");
                None
            }
        };
        let entry = self.known.entry((room, user));
        let noted = entry
            .and_upsert_with(|old| {
                let banned = match (answer, old.map(moka::Entry::into_value)) {
                    // A ban that was announced while the database was asked counts more than its answer.
                    (_, Some((true, at))) if at >= asked_at => true,
                    (Some(banned), _) => banned,
                    (None, old) => old.is_some_and(|(banned, _)| banned),
                };
                std::future::ready((banned, Instant::now()))
            })
            .await;
        noted.into_value().0
    }

    /// Whether a ban is known, without asking.
    pub async fn is_known(&self, room: ChannelId, user: UserId) -> bool {
        self.known.get(&(room, user)).await.is_some_and(|(banned, _)| banned)
    }

    /// The user was banned just now.
    pub async fn add(&self, room: ChannelId, user: UserId) {
        self.known.insert((room, user), (true, Instant::now())).await;
    }
}
