//! Members of channels: whom the owner gave a role. The owner is none of them.

use crate::error::Error;
use std::str::FromStr;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;

/// What a member is on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Keeps order in the room.
    Moderator,
    /// Is marked, and spared some limits.
    Vip,
}

impl Role {
    /// Its name in tables, facts and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moderator => "moderator",
            Self::Vip => "vip",
        }
    }
}

/// Not the name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a role")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        [Self::Moderator, Self::Vip].into_iter().find(|role| role.as_str() == name).ok_or(UnknownRole)
    }
}

/// A member's row.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Member {
    pub user_id: UserId,
    pub role: Role,
    pub added_by: UserId,
    pub added_at: OffsetDateTime,
}

fn role(row: &Row) -> Option<Role> {
    row.get::<_, Option<&str>>("role").and_then(|name| name.parse().ok())
}

/// The channel's members: moderators first, then in the order in which they were added.
pub async fn list(db: &impl GenericClient, channel: ChannelId) -> Result<Vec<Member>, Error> {
    let sql = "SELECT user_id, role, added_by, added_at FROM channel_members WHERE channel_id = $1 ORDER BY role, added_at, user_id";
    let members = db.query(sql, &[&channel.0]).await?;
    Ok(members
        .iter()
        .filter_map(|row| {
            Some(Member {
                user_id: UserId(row.get("user_id")),
                role: role(row)?,
                added_by: UserId(row.get("added_by")),
                added_at: row.get("added_at"),
            })
        })
        .collect())
}

/// How many members the channel has.
pub async fn count(db: &impl GenericClient, channel: ChannelId) -> Result<u64, Error> {
    let row =
        db.query_one("SELECT count(*) FROM channel_members WHERE channel_id = $1", &[&channel.0]).await?;
    Ok(row.get::<_, i64>(0).max(0).unsigned_abs())
}

/// The role of a user, if any.
pub async fn role_of(
    db: &impl GenericClient,
    channel: ChannelId,
    user: UserId,
) -> Result<Option<Role>, Error> {
    let sql = "SELECT role FROM channel_members WHERE channel_id = $1 AND user_id = $2";
    Ok(db.query_opt(sql, &[&channel.0, &user.0]).await?.as_ref().and_then(role))
}

/// Gives a user a role, or another one.
pub async fn put(
    db: &impl GenericClient,
    channel: ChannelId,
    user: UserId,
    role: Role,
    by: UserId,
) -> Result<(), Error> {
    let sql = "INSERT INTO channel_members (channel_id, user_id, role, added_by) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (channel_id, user_id) DO UPDATE SET role = excluded.role, added_by = excluded.added_by, added_at = now()";
    db.execute(sql, &[&channel.0, &user.0, &role.as_str(), &by.0]).await?;
    Ok(())
}

/// Takes a user's role away.
pub async fn remove(db: &impl GenericClient, channel: ChannelId, user: UserId) -> Result<(), Error> {
    let sql = "DELETE FROM channel_members WHERE channel_id = $1 AND user_id = $2";
    db.execute(sql, &[&channel.0, &user.0]).await?;
    Ok(())
}

/// What ties a user to a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Tie {
    pub owner: bool,
    pub role: Option<Role>,
    /// Since when the user follows it.
    pub followed_at: Option<OffsetDateTime>,
}

/// What ties a user to a channel. `None`: no such channel.
pub async fn tie(db: &impl GenericClient, channel: ChannelId, user: UserId) -> Result<Option<Tie>, Error> {
    let sql = "SELECT c.owner_id = $2 AS owner, m.role, f.followed_at FROM channels c \
               LEFT JOIN channel_members m ON m.channel_id = c.id AND m.user_id = $2 \
               LEFT JOIN follows f ON f.channel_id = c.id AND f.user_id = $2 AND f.unfollowed_at IS NULL WHERE c.id = $1";
    let statement = db.prepare_cached(sql).await?;
    let row = db.query_opt(&statement, &[&channel.0, &user.0]).await?;
    Ok(row.map(|row| Tie { owner: row.get("owner"), role: role(&row), followed_at: row.get("followed_at") }))
}
