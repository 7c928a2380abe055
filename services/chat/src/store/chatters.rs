//! SQL of who wrote in a room, and of people's colours.

use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};

const HAS_WRITTEN: &str = "SELECT EXISTS (SELECT 1 FROM chatters WHERE room_id = $1 AND user_id = $2)";
const WROTE: &str = "INSERT INTO chatters (room_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const COLOUR: &str = "SELECT colour FROM colours WHERE user_id = $1";
const SET_COLOUR: &str = "INSERT INTO colours (user_id, colour) VALUES ($1, $2) \
     ON CONFLICT (user_id) DO UPDATE SET colour = excluded.colour";
const NO_COLOUR: &str = "DELETE FROM colours WHERE user_id = $1";

/// Whether the person has ever written in the room.
pub async fn has_written(db: &Database, room: ChannelId, user: UserId) -> Result<bool, Error> {
    Ok(db.get().await?.query_one(HAS_WRITTEN, &[&room.uuid(), &user.uuid()]).await?.get(0))
}

/// The person wrote in the room. Idempotent.
pub async fn wrote(db: &Database, room: ChannelId, user: UserId) -> Result<(), Error> {
    db.get().await?.execute(WROTE, &[&room.uuid(), &user.uuid()]).await?;
    Ok(())
}

/// The person's colour.
pub async fn colour(db: &Database, user: UserId) -> Result<Option<String>, Error> {
    Ok(db.get().await?.query_opt(COLOUR, &[&user.uuid()]).await?.map(|r| r.get(0)))
}

/// Sets or (with `None`) takes away the person's colour.
pub async fn set_colour(db: &Database, user: UserId, colour: Option<&str>) -> Result<(), Error> {
    let connection = db.get().await?;
    match colour {
        Some(colour) => connection.execute(SET_COLOUR, &[&user.uuid(), &colour]).await?,
        None => connection.execute(NO_COLOUR, &[&user.uuid()]).await?,
    };
    Ok(())
}

/// When the person wrote in the room for the first time.
pub async fn first_at(
    db: &Database,
    room: ChannelId,
    user: UserId,
) -> Result<Option<time::OffsetDateTime>, Error> {
    let sql = "SELECT first_at FROM chatters WHERE room_id = $1 AND user_id = $2";
    Ok(db.get().await?.query_opt(sql, &[&room.uuid(), &user.uuid()]).await?.map(|r| r.get(0)))
}
