//! Blocked terms of rooms: the list as moderators keep it, and as it was last known on this node, ready to be looked for.
//!
//! A list has at most `limits.max_terms`. Other nodes learn of a change at once where the room is open, else within 30 seconds. PostgreSQL
//! away: the last known list counts, and the list cannot be changed. Who may change it is the caller's to check.

use crate::{
    queue::{Refused, field},
    rules::terms::{Invalid, Terms, check, tidy},
    store::terms as store,
};
use moka::future::Cache;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};
use uuid::Uuid;

const FRESH: Duration = Duration::from_secs(30);
/// Longest wait for the database: messages wait for it.
const PATIENCE: Duration = Duration::from_secs(1);
/// After a question that the database did not answer, how long the last known counts without asking again.
const PAUSE: Duration = Duration::from_secs(2);
/// Least recently used rooms beyond this are forgotten: a compiled list takes up to 100 KiB.
const CAPACITY: u64 = 5_000;

/// The lists. Clones share them.
#[derive(Clone)]
pub struct Known {
    db: Database,
    rooms: Cache<ChannelId, (Arc<Terms>, Instant)>,
    max: usize,
}

impl Known {
    /// Nothing known yet; a list has at most `max` terms.
    pub fn new(db: Database, max: usize) -> Self {
        Self { db, rooms: Cache::new(CAPACITY), max }
    }

    /// The room's terms.
    pub async fn of(&self, room: ChannelId) -> Arc<Terms> {
        let known = self.rooms.get(&room).await;
        if let Some((terms, until)) = &known
            && Instant::now() < *until
        {
            return terms.clone();
        }
        let asked = Box::pin(tokio::time::timeout(PATIENCE, self.list(room))).await;
        let (terms, fresh) = match asked {
            Ok(Ok(list)) => (Arc::new(Terms::compile(list.iter().map(|t| t.term.as_str()))), FRESH),
            Ok(Err(_)) | Err(_) => {
                tracing::debug!(%room, "blocked terms are taken as last known");
                (known.map_or_else(Arc::default, |(terms, _)| terms), PAUSE)
            }
        };
        self.rooms.insert(room, (terms.clone(), Instant::now() + fresh)).await;
        terms
    }

    /// The list was changed: asked again at the next need.
    pub async fn outdated(&self, room: ChannelId) {
        if let Some((terms, _)) = self.rooms.get(&room).await {
            self.rooms.insert(room, (terms, Instant::now())).await;
        }
    }

    /// The list, oldest first.
    pub async fn list(&self, room: ChannelId) -> Result<Vec<store::Kept>, Error> {
        store::list(&self.db, room, self.max as i64).await
    }

    /// Adds a term. Answers its id, how it is kept, and whether it is new.
    pub async fn add(
        &self,
        room: ChannelId,
        term: &str,
        by: UserId,
    ) -> Result<(Uuid, String, bool), Refused> {
        let term = tidy(term);
        check(&term).map_err(|e| {
            let code = match e {
                Invalid::TooShort => "too_short",
                Invalid::TooLong => "too_long",
            };
            field("term", code, &e.to_string())
        })?;
        let mut connection = self.db.get().await?;
        let transaction = connection.transaction().await?;
        let list = store::lock(&transaction, room).await?;
        let is_there = list.contains(&term);
        if !is_there
            && (list.len() >= self.max
                || !Terms::compile(list.iter().map(String::as_str)).has_room_for(&term))
        {
            return Err(Refused::Full);
        }
        let (id, is_new) = store::add(&transaction, room, &term, by).await?;
        transaction.commit().await?;
        self.outdated(room).await;
        Ok((id, term, is_new))
    }

    /// Takes a term off the list and answers it.
    pub async fn remove(&self, room: ChannelId, id: Uuid) -> Result<String, Refused> {
        let connection = self.db.get().await?;
        let term = store::remove(&connection, room, id).await?.ok_or(Refused::NotFound)?;
        self.outdated(room).await;
        Ok(term)
    }
}
