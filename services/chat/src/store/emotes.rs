//! SQL of channels' emotes. Storage is written while the row is not seen yet and the picture's hash is locked, so that a picture that two
//! rooms share is neither removed while the other adds it nor named before it is there.

use crate::emotes::Emote;
use deadpool_postgres::Transaction;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};
use tokio_postgres::Row;

const LIST: &str = "SELECT name, image, animated, width, height FROM emotes WHERE room_id = $1 ORDER BY name";
const COUNT: &str = "SELECT count(*) FROM emotes WHERE room_id = $1";
const ADD: &str = "INSERT INTO emotes (room_id, name, image, width, height, animated, actor_id) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (room_id, name) DO NOTHING";
const IMAGE: &str = "SELECT image FROM emotes WHERE room_id = $1 AND name = $2";
const REMOVE: &str = "DELETE FROM emotes WHERE room_id = $1 AND name = $2 AND image = $3";
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

/// Adds an emote whose bytes `put` stores, and notes it. Errors: of the database, or `put`'s; nothing is added then.
pub async fn add<E: From<Error>>(
    db: &Database,
    room: ChannelId,
    actor: UserId,
    emote: &Emote,
    max: usize,
    put: impl Future<Output = Result<(), E>>,
) -> Result<Added, E> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await.map_err(Error::from)?;
    // One at a time, or two of them find the last free place.
    lock(&transaction, &format!("emotes of {room}")).await?;
    let count: i64 = transaction.query_one(COUNT, &[&room.uuid()]).await.map_err(Error::from)?.get(0);
    if count >= i64::try_from(max).unwrap_or(i64::MAX) {
        return Ok(Added::Full);
    }
    lock(&transaction, &emote.id).await?;
    let (width, height) = (emote.width.cast_signed(), emote.height.cast_signed());
    let added = transaction
        .execute(
            ADD,
            &[&room.uuid(), &emote.name, &emote.id, &width, &height, &emote.animated, &actor.uuid()],
        )
        .await
        .map_err(Error::from)?;
    if added == 0 {
        return Ok(Added::Taken);
    }
    put.await?;
    transaction.commit().await.map_err(Error::from)?;
    Ok(Added::Yes)
}

/// Removes an emote, with its bytes by `delete` if no other room has the same picture. Says whether there was one.
pub async fn remove<E: From<Error>, F: Future<Output = Result<(), E>>>(
    db: &Database,
    room: ChannelId,
    name: &str,
    delete: impl FnOnce(String) -> F,
) -> Result<bool, E> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await.map_err(Error::from)?;
    let found = transaction.query_opt(IMAGE, &[&room.uuid(), &name]).await.map_err(Error::from)?;
    let Some(image) = found.map(|row| row.get::<_, String>(0)) else { return Ok(false) };
    lock(&transaction, &image).await?;
    let removed = transaction.execute(REMOVE, &[&room.uuid(), &name, &image]).await.map_err(Error::from)?;
    if removed == 0 {
        return Ok(false);
    }
    let is_used: bool = transaction.query_one(IS_USED, &[&image]).await.map_err(Error::from)?.get(0);
    if !is_used {
        delete(image).await?;
    }
    transaction.commit().await.map_err(Error::from)?;
    Ok(true)
}
