//! SQL of pinned messages: one a room.

use crate::log_id::LogId;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};

const GET: &str = "SELECT message_id, author_id, frame FROM pins WHERE room_id = $1";
const SET: &str = "INSERT INTO pins (room_id, message_id, author_id, frame) VALUES ($1, $2, $3, $4) ON CONFLICT (room_id) \
     DO UPDATE SET message_id = excluded.message_id, author_id = excluded.author_id, frame = excluded.frame";
const CLEAR: &str = "DELETE FROM pins WHERE room_id = $1";

/// What is pinned.
#[derive(Debug, Clone)]
pub struct Pin {
    /// The message.
    pub message: LogId,
    /// Whose.
    pub author: Option<UserId>,
    /// The frame `pinned`.
    pub frame: String,
}

/// What is pinned in the room.
pub async fn get(db: &Database, room: ChannelId) -> Result<Option<Pin>, Error> {
    let row = db.get().await?.query_opt(GET, &[&room.uuid()]).await?;
    Ok(row.map(|r| Pin {
        message: r.get::<_, &str>(0).parse().unwrap_or_default(),
        author: r.get::<_, Option<uuid::Uuid>>(1).map(Into::into),
        frame: r.get(2),
    }))
}

/// Pins, instead of what was pinned before.
pub async fn set(db: &Database, room: ChannelId, pin: &Pin) -> Result<(), Error> {
    let (message, author) = (pin.message.to_string(), pin.author.map(UserId::uuid));
    db.get().await?.execute(SET, &[&room.uuid(), &message, &author, &pin.frame]).await?;
    Ok(())
}

/// Takes it away; says whether there was one.
pub async fn clear(db: &Database, room: ChannelId) -> Result<bool, Error> {
    Ok(db.get().await?.execute(CLEAR, &[&room.uuid()]).await? > 0)
}
