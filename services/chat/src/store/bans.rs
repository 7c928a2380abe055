//! SQL of bans and time-outs: at most one of a person in a room. One with an end is a time-out, and does not count after it.

use crate::{
    bans::{Sanction, SanctionKind},
    directory::Rank,
};
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient};
use time::OffsetDateTime;
use tokio_postgres::Row;

const IN_FORCE: &str = "(expires_at IS NULL OR expires_at > now())";
const COLUMNS: &str = "user_id, expires_at, reason, actor_id, made_by_rank, note, created_at, audit_id";

/// A ban or time-out as moderators see it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Whose.
    pub user: UserId,
    /// What counts.
    pub sanction: Sanction,
    /// Who did it.
    pub actor: UserId,
    /// Of which rank they were: those below do not take it back.
    pub rank: Rank,
    /// For moderators only.
    pub note: String,
    /// Since when.
    pub at: OffsetDateTime,
    /// The act that made it.
    pub audit: Option<i64>,
}

fn kept(row: &Row) -> Kept {
    let until: Option<OffsetDateTime> = row.get("expires_at");
    Kept {
        user: UserId(row.get("user_id")),
        sanction: Sanction {
            kind: if until.is_some() { SanctionKind::Timeout } else { SanctionKind::Ban },
            until_ms: until.map(unix_ms),
            reason: row.get("reason"),
        },
        actor: UserId(row.get("actor_id")),
        rank: Rank::numbered(row.get("made_by_rank")),
        note: row.get("note"),
        at: row.get("created_at"),
        audit: row.get("audit_id"),
    }
}

fn unix_ms(t: OffsetDateTime) -> u64 {
    u64::try_from(t.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

/// What is in force of the user in the room.
pub async fn in_force(db: &Database, room: ChannelId, user: UserId) -> Result<Option<Kept>, Error> {
    let connection = db.get().await?;
    let sql = format!("SELECT {COLUMNS} FROM bans WHERE room_id = $1 AND user_id = $2 AND {IN_FORCE}");
    let statement = connection.prepare_cached(&sql).await?;
    Ok(connection.query_opt(&statement, &[&room.uuid(), &user.uuid()]).await?.as_ref().map(kept))
}

/// Whether anything is in force of the user in the room, waiting for nobody who changes it.
pub async fn is_out(db: &impl GenericClient, room: ChannelId, user: UserId) -> Result<bool, Error> {
    let sql = format!("SELECT EXISTS (SELECT FROM bans WHERE room_id = $1 AND user_id = $2 AND {IN_FORCE})");
    Ok(db.query_one(&sql, &[&room.uuid(), &user.uuid()]).await?.get(0))
}

/// What is in force of any of these users.
pub async fn of_many(db: &Database, room: ChannelId, users: &[UserId]) -> Result<Vec<Kept>, Error> {
    let ids: Vec<uuid::Uuid> = users.iter().map(|u| u.uuid()).collect();
    let sql = format!("SELECT {COLUMNS} FROM bans WHERE room_id = $1 AND user_id = ANY($2) AND {IN_FORCE}");
    Ok(db.get().await?.query(&sql, &[&room.uuid(), &ids]).await?.iter().map(kept).collect())
}

/// Those in force that these acts made.
pub async fn of_acts(db: &Database, room: ChannelId, acts: &[i64]) -> Result<Vec<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM bans WHERE room_id = $1 AND audit_id = ANY($2) AND {IN_FORCE}");
    Ok(db.get().await?.query(&sql, &[&room.uuid(), &acts]).await?.iter().map(kept).collect())
}

/// The newest `count` in force that are older than the one of `before` (time, user).
pub async fn page(
    db: &Database,
    room: ChannelId,
    before: Option<(OffsetDateTime, UserId)>,
    count: i64,
) -> Result<Vec<Kept>, Error> {
    let (at, user) = before.map_or((None, None), |(at, user)| (Some(at), Some(user.uuid())));
    let sql = format!(
        "SELECT {COLUMNS} FROM bans WHERE room_id = $1 AND {IN_FORCE} AND ($2::timestamptz IS NULL OR (created_at, user_id) < ($2, $3::uuid)) \
         ORDER BY created_at DESC, user_id DESC LIMIT $4"
    );
    let rows = db.get().await?.query(&sql, &[&room.uuid(), &at, &user, &count]).await?;
    Ok(rows.iter().map(kept).collect())
}

/// What is in force, and nobody else changes it until the transaction ends (one that is not there yet excepted).
pub async fn lock(
    transaction: &impl GenericClient,
    room: ChannelId,
    user: UserId,
) -> Result<Option<Kept>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM bans WHERE room_id = $1 AND user_id = $2 AND {IN_FORCE} FOR UPDATE");
    Ok(transaction.query_opt(&sql, &[&room.uuid(), &user.uuid()]).await?.as_ref().map(kept))
}

/// A ban, or with a duration a time-out, to be kept.
#[derive(Debug)]
pub struct New<'a> {
    /// Where.
    pub room: ChannelId,
    /// Whom.
    pub user: UserId,
    /// By whom.
    pub actor: UserId,
    /// Of which rank.
    pub rank: Rank,
    /// For the person too.
    pub reason: &'a str,
    /// For moderators only.
    pub note: &'a str,
    /// None: for good.
    pub lasts: Option<Duration>,
}

/// Keeps it in place of what there was; answers its end. What has ended in this room is forgotten.
pub async fn put(transaction: &impl GenericClient, new: &New<'_>) -> Result<Option<OffsetDateTime>, Error> {
    let room = new.room.uuid();
    transaction.execute("DELETE FROM bans WHERE room_id = $1 AND expires_at <= now()", &[&room]).await?;
    let sql = "INSERT INTO bans (room_id, user_id, actor_id, reason, note, made_by_rank, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7)) \
               ON CONFLICT (room_id, user_id) DO UPDATE SET actor_id = excluded.actor_id, made_by_rank = excluded.made_by_rank, reason = excluded.reason, \
               note = excluded.note, expires_at = excluded.expires_at, created_at = now(), audit_id = NULL RETURNING expires_at";
    let lasts = new.lasts.map(|d| d.as_secs_f64());
    let row = transaction
        .query_one(
            sql,
            &[&room, &new.user.uuid(), &new.actor.uuid(), &new.reason, &new.note, &new.rank.number(), &lasts],
        )
        .await?;
    Ok(row.get(0))
}

/// Names the act that made it.
pub async fn made_by(
    transaction: &impl GenericClient,
    room: ChannelId,
    user: UserId,
    audit: i64,
) -> Result<(), Error> {
    let sql = "UPDATE bans SET audit_id = $3 WHERE room_id = $1 AND user_id = $2";
    transaction.execute(sql, &[&room.uuid(), &user.uuid(), &audit]).await?;
    Ok(())
}

/// Lifts whatever there is.
pub async fn lift(transaction: &impl GenericClient, room: ChannelId, user: UserId) -> Result<(), Error> {
    let sql = "DELETE FROM bans WHERE room_id = $1 AND user_id = $2";
    transaction.execute(sql, &[&room.uuid(), &user.uuid()]).await?;
    Ok(())
}
