//! SQL of bans and the audit log; a module for each other kind of thing. Nothing else of the service writes SQL.

pub mod chatters;
pub mod record;

use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// The migrations, in order.
pub fn runner() -> refinery::Runner {
    migrations::migrations::runner()
}

const IS_BANNED: &str = "SELECT EXISTS (SELECT 1 FROM bans WHERE room_id = $1 AND user_id = $2 AND (expires_at IS NULL OR expires_at > now()))";
const BAN: &str = "INSERT INTO bans (room_id, user_id, actor_id, reason) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (room_id, user_id) DO NOTHING";
/// A repeated call, whose first answer was lost, is noted once.
const AUDIT_ONCE: &str = "INSERT INTO audit (room_id, actor_id, action, target, reason) SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::text WHERE NOT EXISTS \
     (SELECT 1 FROM audit WHERE room_id = $1 AND actor_id = $2 AND action = $3 AND target = $4)";
const AUDIT: &str =
    "INSERT INTO audit (room_id, actor_id, action, target, reason) VALUES ($1, $2, $3, $4, $5)";

/// What is noted of an act of moderation.
#[derive(Debug)]
pub struct Act<'a> {
    /// Where.
    pub room: ChannelId,
    /// Who did it.
    pub actor: UserId,
    /// `ban`, `delete`.
    pub action: &'a str,
    /// Whom or what.
    pub target: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Whether the user is banned from the room now.
pub async fn is_banned(db: &Database, room: ChannelId, user: UserId) -> Result<bool, Error> {
    let row = db.get().await?.query_one(IS_BANNED, &[&room.uuid(), &user.uuid()]).await?;
    Ok(row.get(0))
}

/// Bans, and notes it, in one transaction; a second ban changes nothing and is not noted. Says whether it is new.
pub async fn ban(db: &Database, user: UserId, act: &Act<'_>) -> Result<bool, Error> {
    let mut connection = db.get().await?;
    let transaction = connection.transaction().await?;
    let (room, actor) = (act.room.uuid(), act.actor.uuid());
    let made = transaction.execute(BAN, &[&room, &user.uuid(), &actor, &act.reason]).await?;
    if made > 0 {
        transaction.execute(AUDIT, &[&room, &actor, &act.action, &act.target, &act.reason]).await?;
    }
    transaction.commit().await?;
    Ok(made > 0)
}

/// Notes an act on one message, once for each actor.
pub async fn note(db: &Database, act: &Act<'_>) -> Result<(), Error> {
    let connection = db.get().await?;
    connection
        .execute(AUDIT_ONCE, &[&act.room.uuid(), &act.actor.uuid(), &act.action, &act.target, &act.reason])
        .await?;
    Ok(())
}
