//! What the tables know of who may watch: visibility, password and link of a channel, and who has proved them. Change under the
//! channel's lock.

use crate::{error::Error, visibility::Visibility};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use uuid::Uuid;

/// Sets visibility and password (`None`: as they are), and voids all that was given out before.
pub async fn set(
    db: &impl GenericClient,
    channel: ChannelId,
    visibility: Option<Visibility>,
    password: Option<&str>,
) -> Result<(), Error> {
    let sql = "UPDATE channels SET visibility = coalesce($2, visibility), watch_password = coalesce($3, watch_password) WHERE id = $1";
    db.execute(sql, &[&channel.0, &visibility.map(Visibility::as_str), &password]).await?;
    void(db, channel).await
}

/// Voids playback tokens and admissions of the channel.
pub async fn void(db: &impl GenericClient, channel: ChannelId) -> Result<(), Error> {
    let sql = "UPDATE channels SET watch_version = watch_version + 1 WHERE id = $1";
    db.execute(sql, &[&channel.0]).await?;
    db.execute("DELETE FROM admissions WHERE channel_id = $1", &[&channel.0]).await?;
    Ok(())
}

/// The hash of the channel's password.
pub async fn password(db: &impl GenericClient, channel: ChannelId) -> Result<Option<String>, Error> {
    let sql = "SELECT watch_password FROM channels WHERE id = $1";
    Ok(db.query_opt(sql, &[&channel.0]).await?.and_then(|row| row.get(0)))
}

/// A secret link, sealed.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Link {
    pub id: Uuid,
    pub sealed: Vec<u8>,
    pub made_at: OffsetDateTime,
}

/// The channel's link.
pub async fn link(db: &impl GenericClient, channel: ChannelId) -> Result<Option<Link>, Error> {
    let sql = "SELECT id, sealed, made_at FROM watch_links WHERE channel_id = $1";
    let row = db.query_opt(sql, &[&channel.0]).await?;
    Ok(row.map(|row| Link { id: row.get(0), sealed: row.get(1), made_at: row.get(2) }))
}

/// Whether that is the look-up hash of the channel's link.
pub async fn is_link(db: &impl GenericClient, channel: ChannelId, lookup: &[u8]) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT FROM watch_links WHERE channel_id = $1 AND lookup = $2)";
    Ok(db.query_one(sql, &[&channel.0, &lookup]).await?.get(0))
}

/// The channel's link from now on; the one before ends.
pub async fn put_link(
    db: &impl GenericClient,
    channel: ChannelId,
    id: Uuid,
    lookup: &[u8],
    sealed: &[u8],
) -> Result<(), Error> {
    remove_link(db, channel).await?;
    let sql = "INSERT INTO watch_links (id, channel_id, lookup, sealed) VALUES ($1, $2, $3, $4)";
    db.execute(sql, &[&id, &channel.0, &lookup, &sealed]).await?;
    Ok(())
}

/// Ends the channel's link. `false`: it had none.
pub async fn remove_link(db: &impl GenericClient, channel: ChannelId) -> Result<bool, Error> {
    Ok(db.execute("DELETE FROM watch_links WHERE channel_id = $1", &[&channel.0]).await? == 1)
}

/// The user has proved the password or link of that version.
pub async fn admit(
    db: &impl GenericClient,
    channel: ChannelId,
    user: UserId,
    version: u64,
) -> Result<(), Error> {
    let sql = "INSERT INTO admissions (channel_id, user_id, version) VALUES ($1, $2, $3) \
               ON CONFLICT (channel_id, user_id) DO UPDATE SET version = greatest(admissions.version, excluded.version)";
    db.execute(sql, &[&channel.0, &user.0, &version.cast_signed()]).await?;
    Ok(())
}

/// Whether the user has proved the password or link of that version.
pub async fn is_admitted(
    db: &impl GenericClient,
    channel: ChannelId,
    user: UserId,
    version: u64,
) -> Result<bool, Error> {
    let sql =
        "SELECT EXISTS (SELECT FROM admissions WHERE channel_id = $1 AND user_id = $2 AND version = $3)";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_one(&statement, &[&channel.0, &user.0, &version.cast_signed()]).await?.get(0))
}
