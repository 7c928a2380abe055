//! SQL of images: whose they are, which message has them, and which are to be removed.

use crate::{images::Image, log_id::LogId, record::Gone};
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};
use uuid::Uuid;

const ADD: &str =
    "INSERT INTO images (id, room_id, user_id, content_type, width, height) VALUES ($1, $2, $3, $4, $5, $6)";
const UNUSED: &str =
    "SELECT count(*) FROM images WHERE user_id = $1 AND room_id = $2 AND used_at IS NULL AND gone_at IS NULL";
const TAKE: &str = "UPDATE images SET used_at = coalesce(used_at, now()), nonce = $4 \
     WHERE id = $1 AND room_id = $2 AND user_id = $3 AND gone_at IS NULL \
     AND (used_at IS NULL AND created_at > now() - make_interval(secs => $5) OR used_at IS NOT NULL AND nonce = $4 AND $4 <> '') \
     RETURNING width, height";
const SAID: &str = "UPDATE images SET message_id = $2, held = false WHERE id = $1";
const HOLD: &str = "UPDATE images SET held = true WHERE id = $1";
const REJECT: &str = "UPDATE images SET gone_at = now(), held = false WHERE id = $1 AND gone_at IS NULL";
const GONE_MESSAGE: &str = "UPDATE images SET gone_at = now() WHERE room_id = $1 AND message_id = $2 AND gone_at IS NULL RETURNING id";
// Ids of a log sort as strings: what was said after the event stays.
const GONE_PERSON: &str = "UPDATE images SET gone_at = now() WHERE room_id = $1 AND user_id = $2 AND message_id < $3 AND gone_at IS NULL RETURNING id";
const GONE_ROOM: &str = "UPDATE images SET gone_at = now() WHERE room_id = $1 AND message_id < $2 AND gone_at IS NULL RETURNING id";
const KIND: &str = "SELECT content_type FROM images WHERE id = $1 AND gone_at IS NULL";
const UNSAID: &str = "SELECT id, room_id FROM images \
     WHERE used_at < now() - make_interval(secs => $1) AND message_id IS NULL AND NOT held AND gone_at IS NULL LIMIT 50";
/// A minute more than the unused have: nobody may be taking them. What an open report is about stays until it is resolved.
const DUE: &str = "SELECT id, content_type FROM images \
     WHERE (gone_at IS NOT NULL OR created_at < now() - make_interval(secs => $2) \
     OR used_at IS NULL AND created_at < now() - make_interval(secs => $1::float8 + 60)) \
     AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.state = 'open' AND r.evidence #>> '{image,id}' = images.id::text) \
     LIMIT 50";
const EVIDENCE: &str = "SELECT content_type FROM images WHERE id = $1";
const REMOVE: &str = "DELETE FROM images WHERE id = ANY($1)";

/// Notes a new image.
pub async fn add(
    db: &Database,
    room: ChannelId,
    user: UserId,
    image: &Image,
    content_type: &str,
) -> Result<(), Error> {
    let (width, height) = (image.width.cast_signed(), image.height.cast_signed());
    let connection = db.get().await?;
    connection.execute(ADD, &[&image.id, &room.uuid(), &user.uuid(), &content_type, &width, &height]).await?;
    Ok(())
}

/// How many images of the person in the room no message has taken yet.
pub async fn unused(db: &Database, room: ChannelId, user: UserId) -> Result<i64, Error> {
    Ok(db.get().await?.query_one(UNUSED, &[&user.uuid(), &room.uuid()]).await?.get(0))
}

/// Takes an image for a message; `None`: it is not theirs to take, not here, or not any more.
pub async fn take(
    db: &Database,
    room: ChannelId,
    user: UserId,
    id: Uuid,
    nonce: &str,
    within: Duration,
) -> Result<Option<Image>, Error> {
    let connection = db.get().await?;
    let row =
        connection.query_opt(TAKE, &[&id, &room.uuid(), &user.uuid(), &nonce, &within.as_secs_f64()]).await?;
    let size = |n: i32| u32::try_from(n).unwrap_or_default();
    Ok(row.map(|r| Image::new(id, size(r.get(0)), size(r.get(1)))))
}

/// Notes the message that has the image.
pub async fn said(db: &Database, id: Uuid, message: LogId) -> Result<(), Error> {
    db.get().await?.execute(SAID, &[&id, &message.to_string()]).await?;
    Ok(())
}

/// Notes that its message waits.
pub async fn hold(db: &Database, id: Uuid) -> Result<(), Error> {
    db.get().await?.execute(HOLD, &[&id]).await?;
    Ok(())
}

/// Notes that it has no message.
pub async fn reject(db: &Database, id: Uuid) -> Result<(), Error> {
    db.get().await?.execute(REJECT, &[&id]).await?;
    Ok(())
}

/// Notes that messages are gone; answers their images.
pub async fn gone(db: &Database, room: ChannelId, what: Gone) -> Result<Vec<Uuid>, Error> {
    let connection = db.get().await?;
    let room = room.uuid();
    let rows = match what {
        Gone::Message(id) => connection.query(GONE_MESSAGE, &[&room, &id.to_string()]).await?,
        Gone::Of(user, event) => {
            connection.query(GONE_PERSON, &[&room, &user.uuid(), &event.to_string()]).await?
        }
        Gone::All(event) => connection.query(GONE_ROOM, &[&room, &event.to_string()]).await?,
    };
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

/// The content type of an image that may be seen.
pub async fn kind(db: &Database, id: Uuid) -> Result<Option<String>, Error> {
    let row = db.get().await?.query_opt(KIND, &[&id]).await?;
    Ok(row.map(|r| r.get(0)))
}

/// The content type of an image whose bytes are there, whoever may see it.
pub async fn evidence(db: &Database, id: Uuid) -> Result<Option<String>, Error> {
    let row = db.get().await?.query_opt(EVIDENCE, &[&id]).await?;
    Ok(row.map(|r| r.get(0)))
}

/// Images that were taken `after` ago and longer, of which it is not known that their message was said; some of them.
pub async fn unsaid(db: &Database, after: Duration) -> Result<Vec<(Uuid, ChannelId)>, Error> {
    let rows = db.get().await?.query(UNSAID, &[&after.as_secs_f64()]).await?;
    Ok(rows.iter().map(|r| (r.get(0), ChannelId(r.get(1)))).collect())
}

/// Removes some of what is to be seen no more, each by `delete` first. Says whether there may be more. Nothing is locked while `delete` is at
/// it: another node may remove the same, which harms nothing.
pub async fn remove<E: From<Error>, F: Future<Output = Result<(), E>>>(
    db: &Database,
    unused: Duration,
    keep: Duration,
    delete: impl Fn(Uuid, String) -> F,
) -> Result<bool, E> {
    let seconds = (unused.as_secs_f64(), keep.as_secs_f64());
    let due = db.get().await?.query(DUE, &[&seconds.0, &seconds.1]).await.map_err(Error::from)?;
    let mut removed: Vec<Uuid> = Vec::with_capacity(due.len());
    for row in &due {
        let id = row.get(0);
        delete(id, row.get(1)).await?;
        removed.push(id);
    }
    db.get().await?.execute(REMOVE, &[&removed]).await.map_err(Error::from)?;
    Ok(!removed.is_empty())
}
