//! Channels: one per user, made when first asked for.

use crate::{error::Error, search, visibility::Visibility};
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{GenericClient, Statement};
use tokio_postgres::Row;

/// Number of the advisory lock of [`one_maker`]; no other lock of this database may have it.
const ONE_MAKER: i64 = 1;

/// A channel's row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Channel {
    pub id: ChannelId,
    pub owner_id: UserId,
    pub username: String,
    pub display_name: String,
    pub title: String,
    pub category: String,
    pub tags: Vec<String>,
    pub suspended: bool,
    /// How long its broadcasts wait for a lost publisher, in seconds; none: as the service is set.
    pub reconnect_grace_s: Option<u32>,
    /// Names of the rungs wanted; empty: as the node is set.
    pub ladder: Vec<String>,
    /// How many follow it.
    pub followers: u64,
    /// Of the category, if it is one that is kept.
    pub category_slug: Option<String>,
    /// BCP 47; empty: not said.
    pub language: String,
    /// For adults.
    pub mature: bool,
    /// File of its owner's picture.
    pub avatar: Option<String>,
    /// For whom it is.
    pub visibility: Visibility,
    /// Of playback tokens and admissions only those of this number count.
    pub watch_version: u64,
    /// Whether others see its past broadcasts.
    pub show_broadcasts: bool,
    /// Whether its next broadcast is a test.
    pub test_mode: bool,
}

impl Channel {
    /// How long its broadcasts wait for a lost publisher, where a channel of nobody's choice waits for `default`.
    pub fn grace(&self, default: Duration) -> Duration {
        self.reconnect_grace_s.map_or(default, |seconds| Duration::from_secs(seconds.into()))
    }
    /// From columns of `channels`.
    pub fn from_row(row: &Row) -> Self {
        Self {
            id: ChannelId(row.get("channel_id")),
            owner_id: UserId(row.get("owner_id")),
            username: row.get("username"),
            display_name: row.get("display_name"),
            title: row.get("title"),
            category: row.get("category"),
            tags: row.get("tags"),
            suspended: row.get("suspended"),
            reconnect_grace_s: row
                .get::<_, Option<i32>>("reconnect_grace_s")
                .map(|seconds| seconds.max(0).unsigned_abs()),
            ladder: row.get("ladder"),
            followers: row.get::<_, i64>("followers").max(0).unsigned_abs(),
            category_slug: row.get("category_slug"),
            language: row.get("language"),
            mature: row.get("mature"),
            avatar: row.get("avatar"),
            // What this version does not know is for nobody but those who belong there.
            visibility: row.get::<_, &str>("visibility").parse().unwrap_or(Visibility::Private),
            watch_version: row.get::<_, i64>("watch_version").max(0).unsigned_abs(),
            show_broadcasts: row.get("show_broadcasts"),
            test_mode: row.get("test_mode"),
        }
    }
}

/// Columns of a channel, for `FROM channels c`.
pub const COLUMNS: &str = "c.id AS channel_id, c.owner_id, c.username, c.display_name, c.title, c.category, c.tags, c.suspended, \
                           c.reconnect_grace_s, c.ladder, c.followers, c.visibility, c.watch_version, c.show_broadcasts, c.test_mode, c.language, c.mature, c.avatar, \
                           (SELECT k.slug FROM categories k WHERE k.id = c.category_id) AS category_slug";

/// How a channel is named.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// Its id.
    Id(ChannelId),
    /// Its owner.
    Owner(UserId),
    /// Its owner's name, in lower case.
    Name(&'a str),
}

/// One channel.
pub async fn find(db: &impl GenericClient, by: By<'_>) -> Result<Option<Channel>, Error> {
    let select = |filter: &str| format!("SELECT {COLUMNS} FROM channels c WHERE {filter} = $1");
    let column = match by {
        By::Id(_) => "c.id",
        By::Owner(_) => "c.owner_id",
        By::Name(_) => "c.username",
    };
    let statement = db.prepare_cached(&select(column)).await?;
    let row = match by {
        By::Id(id) => db.query_opt(&statement, &[&id.0]).await?,
        By::Owner(id) => db.query_opt(&statement, &[&id.0]).await?,
        By::Name(name) => db.query_opt(&statement, &[&name]).await?,
    };
    Ok(row.as_ref().map(Channel::from_row))
}

/// Lets one transaction at a time make and rename channels, until its end. Two that insert one user's channel together would
/// otherwise fail at the name's index, which `ON CONFLICT (owner_id)` does not look at.
pub async fn one_maker(db: &impl GenericClient) -> Result<(), Error> {
    db.execute("SELECT pg_advisory_xact_lock($1)", &[&ONE_MAKER]).await?;
    Ok(())
}

/// Makes the channel of a user, or brings its names up to date: the first id stays. Call [`one_maker`] before.
pub async fn upsert(
    db: &impl GenericClient,
    owner: UserId,
    username: &str,
    display_name: &str,
    suspended: bool,
) -> Result<Channel, Error> {
    let sql = format!(
        "WITH c AS (INSERT INTO channels (id, owner_id, username, display_name, suspended) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (owner_id) DO UPDATE SET username = excluded.username, display_name = excluded.display_name, \
         suspended = excluded.suspended RETURNING *) SELECT {COLUMNS} FROM c"
    );
    let row =
        db.query_one(&sql, &[&ChannelId::new().0, &owner.0, &username, &display_name, &suspended]).await?;
    Ok(Channel::from_row(&row))
}

/// Takes a name from the channel of anybody but `owner`; that channel gets a name which no user can have until its owner's new one
/// is known.
pub async fn free_name(db: &impl GenericClient, owner: UserId, username: &str) -> Result<(), Error> {
    let sql = "UPDATE channels SET username = '~' || id WHERE username = $2 AND owner_id <> $1";
    db.execute(sql, &[&owner.0, &username]).await?;
    Ok(())
}

/// Takes the channel's row lock until the transaction ends. `None`: no such channel.
pub async fn lock(db: &impl GenericClient, id: ChannelId) -> Result<Option<Channel>, Error> {
    lock_by(db, &locking(db).await?, id).await
}

/// The statement of [`lock_by`].
pub async fn locking(db: &impl GenericClient) -> Result<Statement, Error> {
    Ok(db.prepare_cached(&locking_text()).await?)
}

/// What it says.
pub(super) fn locking_text() -> String {
    format!("SELECT {COLUMNS} FROM channels c WHERE c.id = $1 FOR UPDATE")
}

/// The same with its statement, which is sent when this is first polled: what the connection is asked after that is done under the lock.
pub async fn lock_by(
    db: &impl GenericClient,
    locking: &Statement,
    id: ChannelId,
) -> Result<Option<Channel>, Error> {
    Ok(db.query_opt(locking, &[&id.0]).await?.as_ref().map(Channel::from_row))
}

/// What the owner changes; `None` leaves a field.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Edit<'a> {
    pub title: Option<&'a str>,
    pub category: Option<&'a str>,
    pub tags: Option<&'a [String]>,
    /// At most 1800.
    pub reconnect_grace_s: Option<u32>,
    pub ladder: Option<&'a [String]>,
    pub show_broadcasts: Option<bool>,
    pub test_mode: Option<bool>,
}

/// Changes what the owner may change.
pub async fn edit(db: &impl GenericClient, id: ChannelId, edit: &Edit<'_>) -> Result<(), Error> {
    let sql = "UPDATE channels SET title = coalesce($2, title), category = coalesce($3, category), \
               tags = coalesce($4, tags), reconnect_grace_s = coalesce($5, reconnect_grace_s), \
               ladder = coalesce($6, ladder), show_broadcasts = coalesce($7, show_broadcasts), \
               test_mode = coalesce($8, test_mode) WHERE id = $1";
    let grace = edit.reconnect_grace_s.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX));
    db.execute(
        sql,
        &[
            &id.0,
            &edit.title,
            &edit.category,
            &edit.tags,
            &grace,
            &edit.ladder,
            &edit.show_broadcasts,
            &edit.test_mode,
        ],
    )
    .await?;
    Ok(())
}

/// Makes what is searched follow the channel's names and texts. Call it after a change of them, in the same transaction.
pub async fn refresh_search(db: &impl GenericClient, channel: &Channel) -> Result<(), Error> {
    let texts = [&channel.username, &channel.display_name, &channel.title, &channel.category];
    let document = search::document(
        texts.into_iter().map(String::as_str).chain(channel.tags.iter().map(String::as_str)),
    );
    let sql = "UPDATE channels SET search = $2 WHERE id = $1 AND search <> $2";
    db.execute(sql, &[&channel.id.0, &document]).await?;
    Ok(())
}

/// Notes whether the owner is suspended.
pub async fn set_suspended(db: &impl GenericClient, id: ChannelId, suspended: bool) -> Result<(), Error> {
    db.execute("UPDATE channels SET suspended = $2 WHERE id = $1", &[&id.0, &suspended]).await?;
    Ok(())
}
