//! Who is banned or timed out where, as last known: asked again every 30 seconds, at once when it is announced. PostgreSQL away: the last
//! answer counts, and of whom nothing is known may write.
//!
//! A ban keeps a person out of the room; a time-out, which is one with an end, lets them read. Who may do it is [`crate::moderation`]'s.

use crate::{socket::unix_ms, store};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Database;

const FRESH: Duration = Duration::from_secs(30);
/// Longest wait for the database: a join waits for it.
const PATIENCE: Duration = Duration::from_secs(1);
const CAPACITY: u64 = 100_000;

/// What a sanction forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SanctionKind {
    /// Writing, for a time.
    Timeout,
    /// Being in the room.
    Ban,
}

/// A ban or time-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanction {
    /// Which.
    pub kind: SanctionKind,
    /// When it ends, Unix milliseconds; a ban does not.
    pub until_ms: Option<u64>,
    /// Why, for the person; may be empty.
    pub reason: String,
}

impl Sanction {
    /// How long it goes on from now; `None`: it is over. A ban: for ever.
    pub fn left(&self) -> Option<Duration> {
        match self.until_ms {
            None => Some(Duration::MAX),
            Some(until) => until.checked_sub(unix_ms()).filter(|ms| *ms > 0).map(Duration::from_millis),
        }
    }

    fn in_force(self) -> Option<Self> {
        self.left().is_some().then_some(self)
    }
}

/// What is known of one person in one room, and since when.
type Answer = (Option<Sanction>, Instant);

/// The cache. Clones share it.
#[derive(Clone)]
pub struct Bans {
    db: Database,
    known: Cache<(ChannelId, UserId), Answer>,
}

impl Bans {
    /// Nothing known yet.
    pub fn new(db: Database) -> Self {
        Self { db, known: Cache::new(CAPACITY) }
    }

    /// What is in force of the user in the room.
    pub async fn of(&self, room: ChannelId, user: UserId) -> Option<Sanction> {
        match self.known.get(&(room, user)).await {
            Some((sanction, at)) if at.elapsed() < FRESH => sanction.and_then(Sanction::in_force),
            _ => Box::pin(self.ask(room, user)).await,
        }
    }

    /// The same, asking the database whatever is known: for joins, so that no other node lets a banned person in.
    pub async fn ask(&self, room: ChannelId, user: UserId) -> Option<Sanction> {
        let asked_at = Instant::now();
        let asked = tokio::time::timeout(PATIENCE, store::bans::in_force(&self.db, room, user)).await;
        let answer = match asked {
            Ok(Ok(kept)) => Some(kept.map(|k| k.sanction)),
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
                let sanction = match (answer, old.map(moka::Entry::into_value)) {
                    // What was announced while the database was asked counts more than its answer.
                    (_, Some((announced, at))) if at >= asked_at => announced,
                    (Some(answer), _) => answer,
                    (None, old) => old.and_then(|(sanction, _)| sanction),
                };
                std::future::ready((sanction, Instant::now()))
            })
            .await;
        noted.into_value().0.and_then(Sanction::in_force)
    }

    /// Whether a ban is known, without asking.
    pub async fn is_banned(&self, room: ChannelId, user: UserId) -> bool {
        let known = self.known.get(&(room, user)).await;
        known.is_some_and(|(sanction, _)| sanction.is_some_and(|s| s.kind == SanctionKind::Ban))
    }

    /// This was done just now: a sanction, or `None` for one that was lifted.
    pub async fn put(&self, room: ChannelId, user: UserId, sanction: Option<Sanction>) {
        self.known.insert((room, user), (sanction, Instant::now())).await;
    }

    /// Announcements may have been missed: asks for all of these people at once and answers the bans. Errors: PostgreSQL is away.
    pub async fn ask_all(
        &self,
        room: ChannelId,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Sanction)>, streamly_postgres::Error> {
        let kept = store::bans::of_many(&self.db, room, users).await?;
        let mut banned = Vec::new();
        for user in users {
            let sanction = kept.iter().find(|k| k.user == *user).map(|k| k.sanction.clone());
            banned.extend(sanction.clone().filter(|s| s.kind == SanctionKind::Ban).map(|s| (*user, s)));
            self.put(room, *user, sanction).await;
        }
        Ok(banned)
    }
}
