//! What is removed of somebody whose account was erased: the channel with all that hangs on it, follows, roles in other channels.

use crate::error::Error;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::GenericClient;

/// Removes a channel with its keys, broadcasts, members, follows: whatever refers to it by `ON DELETE CASCADE`.
pub async fn remove_channel(db: &impl GenericClient, id: ChannelId) -> Result<(), Error> {
    db.execute("DELETE FROM channels WHERE id = $1", &[&id.0]).await?;
    Ok(())
}

/// Removes what the user follows, ended follows too, and takes it from the counts.
pub async fn remove_follows(db: &impl GenericClient, user: UserId) -> Result<u64, Error> {
    let sql = "WITH gone AS (DELETE FROM follows WHERE user_id = $1 RETURNING channel_id, unfollowed_at) \
               UPDATE channels c SET followers = c.followers - 1 FROM gone WHERE c.id = gone.channel_id AND gone.unfollowed_at IS NULL";
    Ok(db.execute(sql, &[&user.0]).await?)
}

/// Takes the user's roles in others' channels away; in which there were some.
pub async fn remove_roles(db: &impl GenericClient, user: UserId) -> Result<Vec<ChannelId>, Error> {
    let sql = "DELETE FROM channel_members WHERE user_id = $1 RETURNING channel_id";
    Ok(db.query(sql, &[&user.0]).await?.iter().map(|row| ChannelId(row.get(0))).collect())
}

/// Removes the user's id and names from what was delivered to others' webhooks: what was sent is forgotten, what waits is not sent. Looks at
/// all deliveries that tell of followers.
pub async fn remove_deliveries(db: &impl GenericClient, user: UserId) -> Result<(), Error> {
    let sql = "DELETE FROM deliveries WHERE type = 'followed' AND body LIKE '%' || $1 || '%'";
    db.execute(sql, &[&user.to_string()]).await?;
    Ok(())
}

/// Removes the markers that the user set in others' broadcasts.
pub async fn remove_markers(db: &impl GenericClient, user: UserId) -> Result<(), Error> {
    db.execute("DELETE FROM markers WHERE made_by = $1", &[&user.0]).await?;
    Ok(())
}

/// Removes what the user was let in to by a password or link.
pub async fn remove_admissions(db: &impl GenericClient, user: UserId) -> Result<(), Error> {
    db.execute("DELETE FROM admissions WHERE user_id = $1", &[&user.0]).await?;
    Ok(())
}
