//! Who follows which channel, and the count of it in `channels.followers`. Call what changes under the channel's lock.
//!
//! A row stays for [`REMEMBERED`] after its end: who follows again within that time has never been away.

use crate::{
    error::Error,
    store::{broadcasts::Broadcast, channels, channels::Channel, directory},
};
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use uuid::Uuid;

/// How long an ended follow is remembered. Without it following and unfollowing in turns is news each time.
pub const REMEMBERED: Duration = Duration::from_secs(86_400);

/// What came of following.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// The user follows already.
    Before,
    /// The user did until lately, and goes on as if nothing had been.
    Again,
    /// The user follows from now on.
    New,
}

/// Since when a user follows a channel, and whether they want to be told when it goes live, if so.
pub async fn bell(
    db: &impl GenericClient,
    user: UserId,
    channel: ChannelId,
) -> Result<Option<(OffsetDateTime, bool)>, Error> {
    let sql = "SELECT followed_at, notify FROM follows WHERE user_id = $1 AND channel_id = $2 AND unfollowed_at IS NULL";
    let row = db.query_opt(sql, &[&user.0, &channel.0]).await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}

/// Since when a user follows a channel, if so.
pub async fn since(
    db: &impl GenericClient,
    user: UserId,
    channel: ChannelId,
) -> Result<Option<OffsetDateTime>, Error> {
    let sql =
        "SELECT followed_at FROM follows WHERE user_id = $1 AND channel_id = $2 AND unfollowed_at IS NULL";
    Ok(db.query_opt(sql, &[&user.0, &channel.0]).await?.map(|row| row.get(0)))
}

/// How many channels a user follows.
pub async fn count(db: &impl GenericClient, user: UserId) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM follows WHERE user_id = $1 AND unfollowed_at IS NULL";
    Ok(db.query_one(sql, &[&user.0]).await?.get::<_, i64>(0).max(0).unsigned_abs())
}

/// The user follows the channel.
pub async fn start(db: &impl GenericClient, user: UserId, channel: ChannelId) -> Result<Started, Error> {
    // Only a row that this transaction begins anew has its time.
    let sql = "INSERT INTO follows AS f (user_id, channel_id) VALUES ($1, $2) ON CONFLICT (user_id, channel_id) DO UPDATE SET \
               followed_at = CASE WHEN f.unfollowed_at > now() - make_interval(secs => $3) THEN f.followed_at ELSE now() END, \
               notify = f.notify OR f.unfollowed_at <= now() - make_interval(secs => $3), \
               unfollowed_at = NULL WHERE f.unfollowed_at IS NOT NULL RETURNING followed_at = now()";
    let row = db.query_opt(sql, &[&user.0, &channel.0, &REMEMBERED.as_secs_f64()]).await?;
    let Some(row) = row else { return Ok(Started::Before) };
    add(db, channel, 1).await?;
    Ok(if row.get(0) { Started::New } else { Started::Again })
}

/// The user follows the channel no more; false: did not.
pub async fn end(db: &impl GenericClient, user: UserId, channel: ChannelId) -> Result<bool, Error> {
    let sql = "UPDATE follows SET unfollowed_at = now() WHERE user_id = $1 AND channel_id = $2 AND unfollowed_at IS NULL";
    let ended = db.execute(sql, &[&user.0, &channel.0]).await? == 1;
    if ended {
        add(db, channel, -1).await?;
    }
    Ok(ended)
}

async fn add(db: &impl GenericClient, channel: ChannelId, one: i64) -> Result<(), Error> {
    db.execute("UPDATE channels SET followers = followers + $2 WHERE id = $1", &[&channel.0, &one]).await?;
    Ok(())
}

/// A channel that somebody follows.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Followed {
    pub followed_at: OffsetDateTime,
    /// Whether the user wants to be told when it goes live.
    pub notify: bool,
    pub channel: Channel,
    pub open: Option<Broadcast>,
}

/// A page of what a user follows, the latest first. `live`: only what can be watched now, but nothing private, of which it is not told. `after`: the last one of the page before.
pub async fn page(
    db: &impl GenericClient,
    user: UserId,
    live: bool,
    after: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> Result<Vec<Followed>, Error> {
    let sql = format!(
        "SELECT f.followed_at, f.notify, {}, b.id AS open_id FROM follows f JOIN channels c ON c.id = f.channel_id \
         LEFT JOIN broadcasts b ON b.channel_id = c.id AND b.ended_at IS NULL AND NOT b.test \
         WHERE f.user_id = $1 AND f.unfollowed_at IS NULL \
         AND (NOT $2 OR (b.state IN ('live', 'reconnecting') AND c.visibility <> 'private')) \
         AND ($3::timestamptz IS NULL OR (f.followed_at, f.channel_id) < ($3, $4::uuid)) \
         ORDER BY f.followed_at DESC, f.channel_id DESC LIMIT $5",
        channels::COLUMNS
    );
    let (at, channel) = after.unzip();
    let rows = db.query(&sql, &[&user.0, &live, &at, &channel, &limit]).await?;
    let mut open = directory::open_of(db, &rows).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let channel = Channel::from_row(row);
            let open = open.remove(&channel.id);
            Followed { followed_at: row.get("followed_at"), notify: row.get("notify"), channel, open }
        })
        .collect())
}
