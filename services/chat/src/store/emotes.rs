//! SQL of channels' emotes. What is in storage, and that a picture which two rooms share stays there, is [`crate::emotes`]' to see to: no
//! transaction is open while storage is asked.

use crate::emotes::Emote;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, Transaction};
use tokio_postgres::{Row, types::ToSql};

const LIST: &str = "SELECT name, image, animated, width, height FROM emotes WHERE room_id = $1 ORDER BY name";
const COUNT: &str = "SELECT count(*) FROM emotes WHERE room_id = $1";
const ADD: &str = "INSERT INTO emotes (room_id, name, image, width, height, animated, actor_id) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (room_id, name) DO NOTHING";
const REMOVE: &str = "DELETE FROM emotes WHERE room_id = $1 AND name = $2 \
     RETURNING name, image, animated, width, height, actor_id";
const IS_USED: &str = "SELECT EXISTS (SELECT 1 FROM emotes WHERE image = $1)";
/// Until the end of the transaction.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 5))";

/// What became of a new emote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Yes,
    /// The room has one of that name.
    Taken,
    /// The room has as many as it may have.
    Full,
}

fn emote(row: &Row) -> Emote {
    let size = |name| u32::try_from(row.get::<_, i32>(name)).unwrap_or_default();
    Emote::stored(row.get("name"), row.get("image"), row.get("animated"), (size("width"), size("height")))
}

/// The room's emotes by name.
pub async fn list(db: &Database, room: ChannelId) -> Result<Vec<Emote>, Error> {
    let rows = db.get().await?.query(LIST, &[&room.uuid()]).await?;
    Ok(rows.iter().map(emote).collect())
}

async fn lock(transaction: &Transaction<'_>, what: &str) -> Result<(), Error> {
    transaction.execute(LOCK, &[&what]).await?;
    Ok(())
}

/// Adds an emote, and notes it.
pub async fn add(
    db: &Database,
    room: ChannelId,
    actor: UserId,
    emote: &Emote,
    max: usize,
) -> Result<Added, Error> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await?;
    // One at a time, or two of them find the last free place.
    lock(&transaction, &format!("emotes of {room}")).await?;
    let count: i64 = transaction.query_one(COUNT, &[&room.uuid()]).await?.get(0);
    if count >= i64::try_from(max).unwrap_or(i64::MAX) {
        return Ok(Added::Full);
    }
    let (width, height) = (emote.width.cast_signed(), emote.height.cast_signed());
    let added = transaction
        .execute(
            ADD,
            &[&room.uuid(), &emote.name, &emote.id, &width, &height, &emote.animated, &actor.uuid()],
        )
        .await?;
    if added == 0 {
        return Ok(Added::Taken);
    }
    transaction.commit().await?;
    Ok(Added::Yes)
}

/// An emote that was removed.
#[derive(Debug)]
pub struct Removed {
    /// What it was.
    pub emote: Emote,
    /// Who had added it.
    pub actor: UserId,
}

/// Removes an emote and answers it; `None`: there is none.
pub async fn remove(db: &Database, room: ChannelId, name: &str) -> Result<Option<Removed>, Error> {
    let row = db.get().await?.query_opt(REMOVE, &[&room.uuid(), &name]).await?;
    Ok(row.map(|row| Removed { emote: emote(&row), actor: UserId(row.get("actor_id")) }))
}

/// It could not be removed after all; another one of the name stays.
pub async fn put_back(db: &Database, room: ChannelId, removed: &Removed) -> Result<(), Error> {
    let Removed { emote, actor } = removed;
    let (width, height) = (emote.width.cast_signed(), emote.height.cast_signed());
    let row: [&(dyn ToSql + Sync); 7] =
        [&room.uuid(), &emote.name, &emote.id, &width, &height, &emote.animated, &actor.uuid()];
    db.get().await?.execute(ADD, &row).await?;
    Ok(())
}

/// Whether any room has the picture.
pub async fn is_used(db: &Database, image: &str) -> Result<bool, Error> {
    Ok(db.get().await?.query_one(IS_USED, &[&image]).await?.get(0))
}
