//! The message that moderators pinned in a room: kept with its text, told to who joins, changed by events of the log.
//!
//! One a room. It goes when its message is deleted or cleared. What a node remembers is at most [`FRESH`] old; the frame's id tells a client
//! which of two is newer. PostgreSQL away: nothing can be pinned, and joins tell what is remembered.

use crate::{
    bus::{Event, Kind, Log, rfc3339},
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
    fresh: Cache<ChannelId, Option<Arc<str>>>,
    known: Cache<ChannelId, Option<Arc<str>>>,
}

impl Pins {
    /// Nothing known yet.
    pub fn new(db: Database, log: Log, hub: Hub) -> Self {
        let fresh = Cache::builder().max_capacity(CAPACITY).time_to_live(FRESH).build();
        Self { db, log, hub, fresh, known: Cache::new(CAPACITY) }
    }

    /// The frame `pinned` of the room, for `joined`.
    pub async fn of(&self, room: ChannelId) -> Option<Arc<str>> {
        if let Some(pinned) = self.fresh.get(&room).await {
            return pinned;
        }
        match tokio::time::timeout(PATIENCE, store::get(&self.db, room)).await {
            Ok(Ok(pin)) => self.remember(room, pin.map(|p| p.frame.into())).await,
            Ok(Err(_)) | Err(_) => self.known.get(&room).await.flatten(),
        }
    }

    async fn remember(&self, room: ChannelId, frame: Option<Arc<str>>) -> Option<Arc<str>> {
        self.fresh.insert(room, frame.clone()).await;
        self.known.insert(room, frame.clone()).await;
        frame
    }

    /// Pins a message that is kept. Who may is the caller's to know.
    pub async fn pin(&self, room: ChannelId, message: LogId, by: UserId) -> Result<Option<UserId>, Error> {
        let entry = self.log.get(room, message).await?.filter(|e| e.kind == Kind::Message);
        let entry = entry.ok_or(Error::MessageNotFound)?;
        let body = format!("\"message\":{},\"by\":\"{by}\"", entry.encode(room, false));
        let id = self.tell(room, by, &body).await?;
        let at = rfc3339(id);
        let frame =
            format!("{{\"type\":\"pinned\",\"room\":\"{room}\",\"id\":\"{id}\",\"at\":\"{at}\",{body}}}");
        let pin = Pin { message, author: entry.author, frame };
        store::set(&self.db, room, &pin).await?;
        self.remember(room, Some(pin.frame.into())).await;
        Ok(entry.author)
    }

    /// Takes the pin away; says whether there was one.
    pub async fn unpin(&self, room: ChannelId, by: UserId) -> Result<bool, Error> {
        if !store::clear(&self.db, room).await? {
            return Ok(false);
        }
        self.remember(room, None).await;
        self.tell(room, by, &format!("\"message\":null,\"by\":\"{by}\"")).await?;
        Ok(true)
    }

    /// Messages are gone: with them their pin.
    pub async fn forget(&self, room: ChannelId, gone: Gone, by: UserId) -> Result<(), Error> {
        let Some(pin) = store::get(&self.db, room).await? else { return Ok(()) };
        let is_gone = match gone {
            Gone::Message(id) => pin.message == id,
            Gone::Of(user, to) => pin.author == Some(user) && pin.message <= to,
            Gone::All(to) => pin.message <= to,
        };
        if is_gone { self.unpin(room, by).await.map(|_| ()) } else { Ok(()) }
    }

    async fn tell(&self, room: ChannelId, by: UserId, body: &str) -> Result<LogId, Error> {
        let event = Event { kind: Kind::Pinned, author: Some(by), body: body.to_owned() };
        Ok(self.log.event(room, self.hub.floor(room), "", &event).await?.id)
    }
}
