//! SQL of pinned messages: one a room. Of two changes the one with the later event stays, in whatever order they come.

use crate::log_id::LogId;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};

const GET: &str = "SELECT event_id, message_id, author_id, frame FROM pins WHERE room_id = $1";
const SET: &str = "INSERT INTO pins (room_id, event_id, message_id, author_id, frame) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (room_id) DO UPDATE SET event_id = excluded.event_id, message_id = excluded.message_id, \
     author_id = excluded.author_id, frame = excluded.frame WHERE pins.event_id < excluded.event_id";
const FORGET: &str =
    "UPDATE pins SET message_id = NULL, author_id = NULL, frame = '' WHERE room_id = $1 AND message_id = $2";

/// What is pinned, or that nothing is any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The event of the log that made it so.
    pub event: LogId,
    /// The message; none: nothing is pinned.
    pub message: Option<LogId>,
    /// Whose.
    pub author: Option<UserId>,
    /// The frame `pinned`; empty without a message.
    pub frame: String,
}

impl Pin {
    /// Nothing is pinned, by that event.
    pub fn none(event: LogId) -> Self {
        Self { event, message: None, author: None, frame: String::new() }
    }
}

/// What is pinned in the room.
pub async fn get(db: &Database, room: ChannelId) -> Result<Option<Pin>, Error> {
    let row = db.get().await?.query_opt(GET, &[&room.uuid()]).await?;
    Ok(row.map(|r| Pin {
        event: r.get::<_, &str>(0).parse().unwrap_or_default(),
        message: r.get::<_, Option<&str>>(1).and_then(|m| m.parse().ok()),
        author: r.get::<_, Option<uuid::Uuid>>(2).map(Into::into),
        frame: r.get(3),
    }))
}

/// Pins, or takes away what is pinned, unless a later event has.
pub async fn set(db: &Database, room: ChannelId, pin: &Pin) -> Result<(), Error> {
    let (event, message) = (pin.event.to_string(), pin.message.map(|m| m.to_string()));
    let author = pin.author.map(UserId::uuid);
    db.get().await?.execute(SET, &[&room.uuid(), &event, &message, &author, &pin.frame]).await?;
    Ok(())
}

/// Takes away this message, if it is what is pinned; says whether it was.
pub async fn forget(db: &Database, room: ChannelId, message: LogId) -> Result<bool, Error> {
    Ok(db.get().await?.execute(FORGET, &[&room.uuid(), &message.to_string()]).await? > 0)
}
