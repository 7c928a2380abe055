//! The message that moderators pinned in a room: kept with its text, told to who joins, changed by events of the log.
//!
//! One a room; of two the one with the later event counts, for everybody. It goes when its message is deleted or cleared, also when both
//! happen at once: whoever pins looks again afterwards, and who asks gets none whose message is gone. What a node remembers is at most
//! [`FRESH`] old; the room puts what it gave out since on top. PostgreSQL away: nothing can be pinned, and joins tell what is remembered.

use crate::{
    bus::{Event, Kind, Log},
    hub::Hub,
    log_id::LogId,
    record::Gone,
    store::pins::{self as store, Pin},
};
use moka::future::Cache;
use std::{sync::Arc, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Database;

/// How long an answer counts: another node may have pinned something else.
const FRESH: Duration = Duration::from_secs(1);
/// Longest wait of a join.
const PATIENCE: Duration = Duration::from_millis(500);
const CAPACITY: u64 = 20_000;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kept log does not have the message.
    #[error("the message is not kept")]
    MessageNotFound,
    /// Redis.
    #[error("redis did not answer")]
    Redis(#[from] streamly_redis::Error),
    /// PostgreSQL.
    #[error("the database did not answer")]
    Database(#[from] streamly_postgres::Error),
}

/// All rooms' pins. Clones share the memory.
#[derive(Clone)]
pub struct Pins {
    db: Database,
    log: Log,
    hub: Hub,
    fresh: Cache<ChannelId, Option<Arc<Pin>>>,
    known: Cache<ChannelId, Option<Arc<Pin>>>,
}

impl Pins {
    /// Nothing known yet.
    pub fn new(db: Database, log: Log, hub: Hub) -> Self {
        let fresh = Cache::builder().max_capacity(CAPACITY).time_to_live(FRESH).build();
        Self { db, log, hub, fresh, known: Cache::new(CAPACITY) }
    }

    /// What is pinned in the room, for `joined`.
    pub async fn of(&self, room: ChannelId) -> Option<Arc<Pin>> {
        if let Some(pinned) = self.fresh.get(&room).await {
            return pinned;
        }
        match tokio::time::timeout(PATIENCE, self.ask(room)).await {
            Ok(Ok(pin)) => {
                self.fresh.insert(room, pin.clone()).await;
                self.known.insert(room, pin.clone()).await;
                pin
            }
            Ok(Err(_)) | Err(_) => {
                let known = self.known.get(&room).await.flatten()?;
                let gone = tokio::time::timeout(PATIENCE, self.is_gone(room, &known)).await;
                matches!(gone, Ok(Ok(false))).then_some(known)
            }
        }
    }

    async fn ask(&self, room: ChannelId) -> Result<Option<Arc<Pin>>, Error> {
        let Some(pin) = store::get(&self.db, room).await? else { return Ok(None) };
        if let Some(message) = pin.message
            && self.is_gone(room, &pin).await?
        {
            // The database was away when it went, or the node that pinned it died.
            store::forget(&self.db, room, message).await?;
            return Ok(Some(Arc::new(Pin::none(pin.event))));
        }
        Ok(Some(Arc::new(pin)))
    }

    async fn is_gone(&self, room: ChannelId, pin: &Pin) -> Result<bool, Error> {
        match pin.message {
            Some(message) => Ok(self.log.is_gone(room, message, pin.author).await?),
            None => Ok(false),
        }
    }

    /// Pins a message that is kept. Who may is the caller's to know.
    pub async fn pin(&self, room: ChannelId, message: LogId, by: UserId) -> Result<Option<UserId>, Error> {
        let kept = self.log.get(room, message).await?.filter(|e| e.kind == Kind::Message);
        let author = kept.ok_or(Error::MessageNotFound)?.author;
        // The log does not take the event if the message has gone by then.
        let event = self.tell(room, by, &format!("\"message_id\":\"{message}\",\"by\":\"{by}\"")).await?;
        let Some(told) = self.log.get(room, event).await?.filter(|told| told.shown.is_some()) else {
            self.tell_none(room, by).await?;
            return Err(Error::MessageNotFound);
        };
        let frame = told.encode(room, false).to_string();
        store::set(&self.db, room, &Pin { event, message: Some(message), author, frame }).await?;
        self.fresh.invalidate(&room).await;
        // Whoever deletes it from here on finds the pin; who did before is seen here.
        if self.log.is_gone(room, message, author).await? {
            self.take_away(room, message, by).await?;
            return Err(Error::MessageNotFound);
        }
        Ok(author)
    }

    /// Takes the pin away; says whether there was one.
    pub async fn unpin(&self, room: ChannelId, by: UserId) -> Result<bool, Error> {
        match store::get(&self.db, room).await?.and_then(|p| p.message) {
            Some(message) => self.take_away(room, message, by).await,
            None => Ok(false),
        }
    }

    /// Messages are gone: with them their pin.
    pub async fn forget(&self, room: ChannelId, gone: Gone, by: UserId) -> Result<(), Error> {
        let Some(pin) = store::get(&self.db, room).await? else { return Ok(()) };
        let Some(message) = pin.message else { return Ok(()) };
        let is_gone = match gone {
            Gone::Message(id) => message == id,
            Gone::Of(user, to) => pin.author == Some(user) && message <= to,
            Gone::All(to) => message <= to,
        };
        if is_gone { self.take_away(room, message, by).await.map(|_| ()) } else { Ok(()) }
    }

    /// Whose message is pinned in the room, if it is this one.
    pub async fn author_of(&self, room: ChannelId, message: LogId) -> Result<Option<UserId>, Error> {
        let pin = store::get(&self.db, room).await?.filter(|p| p.message == Some(message));
        Ok(pin.and_then(|p| p.author))
    }

    /// Of several who take the same away one tells the room. The text goes first.
    async fn take_away(&self, room: ChannelId, message: LogId, by: UserId) -> Result<bool, Error> {
        let was_pinned = store::forget(&self.db, room, message).await?;
        self.fresh.invalidate(&room).await;
        if was_pinned {
            self.tell_none(room, by).await?;
        }
        Ok(was_pinned)
    }

    async fn tell_none(&self, room: ChannelId, by: UserId) -> Result<(), Error> {
        let event = self.tell(room, by, &format!("\"message\":null,\"by\":\"{by}\"")).await?;
        store::set(&self.db, room, &Pin::none(event)).await?;
        self.fresh.invalidate(&room).await;
        Ok(())
    }

    async fn tell(&self, room: ChannelId, by: UserId, body: &str) -> Result<LogId, Error> {
        let event = Event { kind: Kind::Pinned, author: Some(by), body: body.to_owned() };
        let id = self.log.event(room, self.hub.floor(room), "", &event).await?.id;
        if id == LogId::default() { Err(Error::MessageNotFound) } else { Ok(id) }
    }
}
