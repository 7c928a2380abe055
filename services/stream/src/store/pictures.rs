//! Which channel has which picture in storage. The bytes are `pictures`' to see to: no transaction is open while storage is asked.

use crate::error::Error;
use std::time::Duration;
use streamly_domain::ChannelId;
use streamly_postgres::GenericClient;

/// A picture of a channel.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Stored {
    pub file: String,
    pub width: u32,
    pub height: u32,
}

/// Whether a row `p` of `channel_pictures` with its channel `c` was added longer than $1 seconds ago, and the channel does not show it.
const UNSHOWN: &str = "p.added_at < now() - make_interval(secs => $1) AND c.avatar IS DISTINCT FROM p.file \
                       AND c.banner IS DISTINCT FROM p.file \
                       AND NOT c.panels @> jsonb_build_array(jsonb_build_object('picture', p.file))";

/// Notes that a channel has a picture, or has it again.
pub async fn add(db: &impl GenericClient, channel: ChannelId, picture: &Stored) -> Result<(), Error> {
    let sql = "INSERT INTO channel_pictures (channel_id, file, width, height) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (channel_id, file) DO UPDATE SET added_at = now()";
    let (width, height) = (picture.width.cast_signed(), picture.height.cast_signed());
    db.execute(sql, &[&channel.0, &picture.file, &width, &height]).await?;
    Ok(())
}

/// Whether a file is a picture of suspended owners' channels alone.
pub async fn is_barred(db: &impl GenericClient, file: &str) -> Result<bool, Error> {
    let sql = "SELECT coalesce(bool_and(c.suspended), false) AND NOT EXISTS (SELECT 1 FROM categories WHERE picture = $1) \
               FROM channel_pictures p JOIN channels c ON c.id = p.channel_id WHERE p.file = $1";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_one(&statement, &[&file]).await?.get(0))
}

/// How many pictures a channel has, shown or not.
pub async fn count(db: &impl GenericClient, channel: ChannelId) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM channel_pictures WHERE channel_id = $1";
    Ok(db.query_one(sql, &[&channel.0]).await?.get(0))
}

/// All that a channel has.
pub async fn all(db: &impl GenericClient, channel: ChannelId) -> Result<Vec<String>, Error> {
    let sql = "SELECT file FROM channel_pictures WHERE channel_id = $1";
    Ok(db.query(sql, &[&channel.0]).await?.iter().map(|row| row.get(0)).collect())
}

/// The channel has that file no more.
pub async fn remove(db: &impl GenericClient, channel: ChannelId, file: &str) -> Result<(), Error> {
    db.execute("DELETE FROM channel_pictures WHERE channel_id = $1 AND file = $2", &[&channel.0, &file])
        .await?;
    Ok(())
}

/// Those of these files that are the channel's own.
pub async fn own(
    db: &impl GenericClient,
    channel: ChannelId,
    files: &[String],
) -> Result<Vec<Stored>, Error> {
    let sql = "SELECT file, width, height FROM channel_pictures WHERE channel_id = $1 AND file = ANY($2)";
    let rows = db.query(sql, &[&channel.0, &files]).await?;
    let size = |n: i32| u32::try_from(n).unwrap_or_default();
    Ok(rows
        .iter()
        .map(|row| Stored { file: row.get(0), width: size(row.get(1)), height: size(row.get(2)) })
        .collect())
}

/// Files that a channel has and does not show, added longer than `keep` ago; at most `most`.
pub async fn unshown(db: &impl GenericClient, keep: Duration, most: i64) -> Result<Vec<String>, Error> {
    let sql = format!(
        "SELECT DISTINCT p.file FROM channel_pictures p JOIN channels c ON c.id = p.channel_id WHERE {UNSHOWN} LIMIT $2"
    );
    Ok(db.query(&sql, &[&keep.as_secs_f64(), &most]).await?.iter().map(|row| row.get(0)).collect())
}

/// Whether every channel that has the file has no more use for it, and no category shows it.
pub async fn is_idle(db: &impl GenericClient, file: &str, keep: Duration) -> Result<bool, Error> {
    let sql = format!(
        "SELECT NOT EXISTS (SELECT 1 FROM channel_pictures p JOIN channels c ON c.id = p.channel_id WHERE p.file = $2 AND NOT ({UNSHOWN})) \
         AND NOT EXISTS (SELECT 1 FROM categories WHERE picture = $2) AND NOT EXISTS (SELECT 1 FROM cover_uploads WHERE file = $2)"
    );
    Ok(db.query_one(&sql, &[&keep.as_secs_f64(), &file]).await?.get(0))
}

/// Forgets a file in all channels that have no more use for it.
pub async fn forget(db: &impl GenericClient, file: &str, keep: Duration) -> Result<(), Error> {
    let sql = format!(
        "DELETE FROM channel_pictures p USING channels c WHERE p.file = $2 AND c.id = p.channel_id AND {UNSHOWN}"
    );
    db.execute(&sql, &[&keep.as_secs_f64(), &file]).await?;
    Ok(())
}

/// Whether a channel besides this one has the file, or any category shows it.
pub async fn is_used_but_by(db: &impl GenericClient, file: &str, channel: ChannelId) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM channel_pictures WHERE file = $1 AND channel_id <> $2) \
               OR EXISTS (SELECT 1 FROM categories WHERE picture = $1) OR EXISTS (SELECT 1 FROM cover_uploads WHERE file = $1)";
    Ok(db.query_one(sql, &[&file, &channel.0]).await?.get(0))
}

/// Notes that a picture was uploaded for a category, or was again.
pub async fn add_cover(db: &impl GenericClient, file: &str) -> Result<(), Error> {
    let sql =
        "INSERT INTO cover_uploads (file) VALUES ($1) ON CONFLICT (file) DO UPDATE SET added_at = now()";
    db.execute(sql, &[&file]).await?;
    Ok(())
}

/// Pictures that were uploaded for a category longer than `keep` ago, and whether that came to an end is not known; at most `most`.
pub async fn old_covers(db: &impl GenericClient, keep: Duration, most: i64) -> Result<Vec<String>, Error> {
    let sql = "SELECT file FROM cover_uploads WHERE added_at < now() - make_interval(secs => $1) ORDER BY added_at LIMIT $2";
    Ok(db.query(sql, &[&keep.as_secs_f64(), &most]).await?.iter().map(|row| row.get(0)).collect())
}

/// Forgets that a picture was uploaded for a category, if that was longer than `age` ago.
pub async fn forget_cover(db: &impl GenericClient, file: &str, age: Duration) -> Result<(), Error> {
    let sql = "DELETE FROM cover_uploads WHERE file = $1 AND added_at <= now() - make_interval(secs => $2)";
    db.execute(sql, &[&file, &age.as_secs_f64()]).await?;
    Ok(())
}

/// Whether any channel has the file or any category shows it.
pub async fn is_shown(db: &impl GenericClient, file: &str) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM channel_pictures WHERE file = $1) OR EXISTS (SELECT 1 FROM categories WHERE picture = $1)";
    Ok(db.query_one(sql, &[&file]).await?.get(0))
}

/// Whether any channel has the file, any category shows it, or it was uploaded for one just now.
pub async fn is_used(db: &impl GenericClient, file: &str) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM channel_pictures WHERE file = $1) OR EXISTS (SELECT 1 FROM categories WHERE picture = $1) \
               OR EXISTS (SELECT 1 FROM cover_uploads WHERE file = $1)";
    Ok(db.query_one(sql, &[&file]).await?.get(0))
}
