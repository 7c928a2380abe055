//! Settings of rooms as last known on this node: asked again every 30 seconds, and at once after a change was announced.
//!
//! PostgreSQL away: the last answer counts, and a room of which nothing is known has the default settings.

use super::Settings;
use crate::store;
use moka::future::Cache;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_domain::ChannelId;
use streamly_postgres::Database;

const FRESH: Duration = Duration::from_secs(30);
/// Longest wait for the database: messages and joins wait for it.
const PATIENCE: Duration = Duration::from_secs(1);
/// After a question that the database did not answer, how long the last known counts without asking again.
const PAUSE: Duration = Duration::from_secs(2);
/// Least recently used rooms beyond this are forgotten.
const CAPACITY: u64 = 50_000;

/// The cache. Clones share it.
#[derive(Clone)]
pub struct Known {
    db: Database,
    rooms: Cache<ChannelId, (Arc<Settings>, Instant)>,
}

impl Known {
    /// Nothing known yet.
    pub fn new(db: Database) -> Self {
        Self { db, rooms: Cache::new(CAPACITY) }
    }

    /// The room's settings.
    pub async fn of(&self, room: ChannelId) -> Arc<Settings> {
        match self.rooms.get(&room).await {
            Some((settings, until)) if Instant::now() < until => settings,
            _ => Box::pin(self.ask(room)).await,
        }
    }

    /// The same, asking the database whatever is known: for nodes that are not told of changes because the room is not open there.
    pub async fn ask(&self, room: ChannelId) -> Arc<Settings> {
        match tokio::time::timeout(PATIENCE, store::settings::read(&self.db, room)).await {
            Ok(Ok(settings)) => self.note(room, settings, FRESH).await,
            Ok(Err(e)) => {
                tracing::debug!(error = %e, "settings are taken as last known");
                self.last_known(room).await
            }
            Err(_) => {
                tracing::debug!("the database does not answer: settings are taken as last known");
                self.last_known(room).await
            }
        }
    }

    async fn last_known(&self, room: ChannelId) -> Arc<Settings> {
        let known = self.rooms.get(&room).await.map_or_else(Settings::default, |(s, _)| (*s).clone());
        self.note(room, known, PAUSE).await
    }

    /// Settings that are true now: this node changed them. Older ones than those known are left alone.
    pub async fn put(&self, room: ChannelId, settings: Settings) {
        self.note(room, settings, FRESH).await;
    }

    async fn note(&self, room: ChannelId, settings: Settings, fresh: Duration) -> Arc<Settings> {
        let noted = self.rooms.entry(room).and_upsert_with(|old| {
            let newer =
                old.map(moka::Entry::into_value).map(|(s, _)| s).filter(|s| s.version > settings.version);
            let settings = newer.unwrap_or_else(|| Arc::new(settings));
            std::future::ready((settings, Instant::now() + fresh))
        });
        noted.await.into_value().0
    }

    /// Settings of at least this version were announced: what is older is asked again.
    pub async fn outdated(&self, room: ChannelId, version: u64) {
        if let Some((settings, _)) = self.rooms.get(&room).await
            && settings.version < version
        {
            self.rooms.insert(room, (settings, Instant::now())).await;
        }
    }
}
