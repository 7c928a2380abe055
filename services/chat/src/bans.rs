//! Who is banned or timed out where, as last known: asked again every 30 seconds, at once when it is announced.
//!
//! PostgreSQL away: the last answer counts. Of whom nothing is known may come in and write, for rooms are public and a database that is away
//! must not empty them; they are asked about again two seconds later, at their next word. Whoever was known to be banned stays out, however
//! many others came since. A ban keeps a person out of the room; a time-out, which is one with an end, lets them read. Who may do it is
//! [`crate::moderation`]'s.

use crate::{socket::unix_ms, store};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Database;

const FRESH: Duration = Duration::from_secs(30);
/// After a question that the database did not answer, how long the last known counts without asking again.
const PAUSE: Duration = Duration::from_secs(2);
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

/// What is known of one person in one room.
#[derive(Debug, Clone)]
struct Known {
    sanction: Option<Sanction>,
    /// When it was so: the question's time for the database's answers, else when it was announced. None: nobody could say yet.
    since: Option<Instant>,
    /// Until when it counts without asking.
    until: Instant,
}

impl Known {
    fn in_force(self) -> Option<Sanction> {
        self.sanction.and_then(Sanction::in_force)
    }
}

/// The cache. Clones share it.
#[derive(Clone)]
pub struct Bans {
    db: Database,
    known: Cache<(ChannelId, UserId), Known>,
    /// Those with something against them once more: many who have nothing do not push them out.
    sanctioned: Cache<(ChannelId, UserId), Sanction>,
}

impl Bans {
    /// Nothing known yet.
    pub fn new(db: Database) -> Self {
        Self { db, known: Cache::new(CAPACITY), sanctioned: Cache::new(CAPACITY) }
    }

    /// What is in force of the user in the room.
    pub async fn of(&self, room: ChannelId, user: UserId) -> Option<Sanction> {
        match self.known.get(&(room, user)).await {
            Some(known) if Instant::now() < known.until => known.in_force(),
            _ => Box::pin(self.ask(room, user)).await,
        }
    }

    /// The same, asking the database whatever is known: for joins, so that no other node lets a banned person in.
    pub async fn ask(&self, room: ChannelId, user: UserId) -> Option<Sanction> {
        let asked_at = Instant::now();
        let asked = tokio::time::timeout(PATIENCE, store::bans::in_force(&self.db, room, user)).await;
        match asked {
            Ok(Ok(kept)) => return self.learn(room, user, asked_at, kept.map(|k| k.sanction)).await,
            Ok(Err(e)) => tracing::debug!(error = %e, "bans are taken as last known"),
            Err(_) => tracing::debug!("the database does not answer: bans are taken as last known"),
        }
        let remembered = self.sanctioned.get(&(room, user)).await;
        let noted = self.known.entry((room, user)).and_upsert_with(|old| {
            let old = old.map(moka::Entry::into_value);
            let unknown = Known { sanction: remembered, since: None, until: asked_at };
            let known = Known { until: Instant::now() + PAUSE, ..old.unwrap_or(unknown) };
            std::future::ready(known)
        });
        noted.await.into_value().in_force()
    }

    /// The database's answer to a question of that time; what was announced since counts more.
    async fn learn(
        &self,
        room: ChannelId,
        user: UserId,
        asked_at: Instant,
        answer: Option<Sanction>,
    ) -> Option<Sanction> {
        let noted = self.known.entry((room, user)).and_upsert_with(|old| {
            let old = old.map(moka::Entry::into_value);
            let newer = old.filter(|k| k.since.is_some_and(|since| since >= asked_at));
            let until = Instant::now() + FRESH;
            std::future::ready(newer.unwrap_or(Known { sanction: answer, since: Some(asked_at), until }))
        });
        let known = noted.await.into_value();
        self.remember(room, user, known.sanction.as_ref()).await;
        known.in_force()
    }

    async fn remember(&self, room: ChannelId, user: UserId, sanction: Option<&Sanction>) {
        match sanction {
            Some(sanction) => self.sanctioned.insert((room, user), sanction.clone()).await,
            None => self.sanctioned.invalidate(&(room, user)).await,
        }
    }

    /// Whether a ban is known, without asking.
    pub async fn is_banned(&self, room: ChannelId, user: UserId) -> bool {
        let known = self.known.get(&(room, user)).await;
        known.is_some_and(|k| k.sanction.is_some_and(|s| s.kind == SanctionKind::Ban))
    }

    /// This was done just now: a sanction, or `None` for one that was lifted.
    pub async fn put(&self, room: ChannelId, user: UserId, sanction: Option<Sanction>) {
        let now = Instant::now();
        self.remember(room, user, sanction.as_ref()).await;
        self.known.insert((room, user), Known { sanction, since: Some(now), until: now + FRESH }).await;
    }

    /// Announcements may have been missed: asks for all of these people at once and answers the bans. Errors: PostgreSQL is away.
    pub async fn ask_all(
        &self,
        room: ChannelId,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Sanction)>, streamly_postgres::Error> {
        let asked_at = Instant::now();
        let kept = store::bans::of_many(&self.db, room, users).await?;
        let mut banned = Vec::new();
        for user in users {
            let sanction = kept.iter().find(|k| k.user == *user).map(|k| k.sanction.clone());
            let counts = self.learn(room, *user, asked_at, sanction).await;
            banned.extend(counts.filter(|s| s.kind == SanctionKind::Ban).map(|s| (*user, s)));
        }
        Ok(banned)
    }
}
