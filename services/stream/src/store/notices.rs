//! Who is told when a channel goes live: settings of people and of what they follow, the list of notices, and how far the telling of a
//! broadcast has come. No row is written for a follower when a channel goes live; lists are made of follows and broadcasts.

use super::browsers::Which;
use crate::error::Error;
use std::time::Duration;
use streamly_domain::{BroadcastId, ChannelId, UserId};
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// The condition on a channel `c` and a follow `f` of it that the follower may be told. Unlisted channels are told to nobody: who streams
/// so gives the address to whom they like. Of password and private ones it is told who could watch at once.
const MAY_KNOW: &str = "NOT c.suspended AND (c.visibility IN ('public', 'followers') OR (c.visibility IN ('password', 'private') AND \
    (EXISTS (SELECT 1 FROM admissions a WHERE a.channel_id = c.id AND a.user_id = f.user_id AND a.version = c.watch_version) \
     OR EXISTS (SELECT 1 FROM channel_members m WHERE m.channel_id = c.id AND m.user_id = f.user_id))))";
/// The condition on a follow `f` that it counts, and its follower wants to be told.
const WANTED: &str = "f.unfollowed_at IS NULL AND f.notify";
/// Broadcasts of one channel in a list.
const OF_A_CHANNEL: i64 = 5;

/// What a person set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Settings {
    pub page: bool,
    pub push: bool,
    pub mail: bool,
    /// Broadcasts that began until then are no news any more.
    pub seen_at: Option<OffsetDateTime>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { page: true, push: true, mail: false, seen_at: None }
    }
}

/// What is to change; what is none stays.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)]
pub struct Change {
    pub page: Option<bool>,
    pub push: Option<bool>,
    pub mail: Option<bool>,
}

fn settings_of(row: &Row) -> Settings {
    Settings {
        page: row.get("page"),
        push: row.get("push"),
        mail: row.get("mail"),
        seen_at: row.get("seen_at"),
    }
}

/// A person's settings.
pub async fn settings(db: &impl GenericClient, user: UserId) -> Result<Settings, Error> {
    let sql = "SELECT page, push, mail, seen_at FROM notice_settings WHERE user_id = $1";
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_opt(&statement, &[&user.0]).await?.as_ref().map(settings_of).unwrap_or_default())
}

/// Changes them; as they are then.
pub async fn change(db: &impl GenericClient, user: UserId, change: Change) -> Result<Settings, Error> {
    let sql = "INSERT INTO notice_settings AS s (user_id, page, push, mail) VALUES ($1, coalesce($2, true), coalesce($3, true), coalesce($4, false)) \
               ON CONFLICT (user_id) DO UPDATE SET page = coalesce($2, s.page), push = coalesce($3, s.push), mail = coalesce($4, s.mail) \
               RETURNING page, push, mail, seen_at";
    let row = db.query_one(sql, &[&user.0, &change.page, &change.push, &change.mail]).await?;
    Ok(settings_of(&row))
}

/// What began until then is no news any more; never a time to come, and never back.
pub async fn see(
    db: &impl GenericClient,
    user: UserId,
    until: Option<OffsetDateTime>,
) -> Result<Settings, Error> {
    let sql = "INSERT INTO notice_settings AS s (user_id, seen_at) VALUES ($1, least(coalesce($2, now()), now())) \
               ON CONFLICT (user_id) DO UPDATE SET seen_at = greatest(s.seen_at, excluded.seen_at) \
               RETURNING page, push, mail, seen_at";
    Ok(settings_of(&db.query_one(sql, &[&user.0, &until]).await?))
}

/// Sets a follow's bell; whether the user follows the channel.
pub async fn set_bell(
    db: &impl GenericClient,
    user: UserId,
    channel: ChannelId,
    on: bool,
) -> Result<bool, Error> {
    let sql =
        "UPDATE follows SET notify = $3 WHERE user_id = $1 AND channel_id = $2 AND unfollowed_at IS NULL";
    Ok(db.execute(sql, &[&user.0, &channel.0, &on]).await? > 0)
}

/// The channels of which a person wants to be told.
pub async fn wanted(db: &impl GenericClient, user: UserId) -> Result<Vec<ChannelId>, Error> {
    let sql = format!("SELECT f.channel_id FROM follows f WHERE f.user_id = $1 AND {WANTED}");
    let statement = db.prepare_cached(&sql).await?;
    Ok(db.query(&statement, &[&user.0]).await?.iter().map(|row| ChannelId(row.get(0))).collect())
}

/// Whether a person who follows a channel may be told of it.
pub async fn may_know(db: &impl GenericClient, user: UserId, channel: ChannelId) -> Result<bool, Error> {
    let sql = format!(
        "SELECT 1 FROM follows f JOIN channels c ON c.id = f.channel_id \
         WHERE f.user_id = $1 AND f.channel_id = $2 AND {WANTED} AND {MAY_KNOW}"
    );
    let statement = db.prepare_cached(&sql).await?;
    Ok(db.query_opt(&statement, &[&user.0, &channel.0]).await?.is_some())
}

/// A channel went live.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Notice {
    pub broadcast: BroadcastId,
    pub channel: ChannelId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<String>,
    /// What the channel says now; of a broadcast that is over nobody knows what it said.
    pub title: String,
    pub category: String,
    pub started_at: OffsetDateTime,
    pub ended_at: Option<OffsetDateTime>,
}

/// The latest broadcasts of what a person follows, the newest first: those that began since, and since the follow. `live`: only those that
/// run.
pub async fn list(
    db: &impl GenericClient,
    user: UserId,
    back: Duration,
    live: bool,
    limit: i64,
) -> Result<Vec<Notice>, Error> {
    let sql = format!(
        "SELECT b.id, c.id AS channel_id, c.username, c.display_name, c.avatar, c.title, c.category, b.live_at, b.ended_at \
         FROM follows f JOIN channels c ON c.id = f.channel_id CROSS JOIN LATERAL \
         (SELECT id, live_at, ended_at FROM broadcasts WHERE channel_id = c.id AND NOT test AND live_at > greatest(f.followed_at, now() - make_interval(secs => $2)) \
          AND (NOT $3 OR ended_at IS NULL) ORDER BY live_at DESC LIMIT $4) AS b \
         WHERE f.user_id = $1 AND {WANTED} AND {MAY_KNOW} ORDER BY b.live_at DESC LIMIT $5"
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&user.0, &back.as_secs_f64(), &live, &OF_A_CHANNEL, &limit]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let ended_at: Option<OffsetDateTime> = row.get("ended_at");
            let of_now = |name: &str| if ended_at.is_none() { row.get(name) } else { String::new() };
            Notice {
                broadcast: BroadcastId(row.get("id")),
                channel: ChannelId(row.get("channel_id")),
                username: row.get("username"),
                display_name: row.get("display_name"),
                avatar: row.get("avatar"),
                title: of_now("title"),
                category: of_now("category"),
                started_at: row.get("live_at"),
                ended_at,
            }
        })
        .collect())
}

/// How followers are reached beside the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By mail, which user writes.
    Mail,
    /// By Web Push, to browsers that took the last one.
    Push,
    /// After those to the others: of whom nothing is known yet, or whose push service did not take the last one.
    Unproved,
}

impl Way {
    fn column(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Push => "push",
            Self::Unproved => "unproved",
        }
    }
}

/// A broadcast whose followers are being told.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Telling {
    pub broadcast: BroadcastId,
    pub channel: ChannelId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<String>,
    pub title: String,
    pub category: String,
    pub live_at: OffsetDateTime,
    /// The last follower who was told.
    pub after: Option<Uuid>,
}

/// Broadcasts whose followers are still to be told in that way: live now, for `settle` at least and `late` at most, in the order in which
/// they began.
pub async fn due(
    db: &impl GenericClient,
    way: Way,
    settle: Duration,
    late: Duration,
) -> Result<Vec<Telling>, Error> {
    let after_others = if way == Way::Unproved { "AND n.push_done_at IS NOT NULL" } else { "" };
    let way = way.column();
    let sql = format!(
        "SELECT b.id, c.id AS channel_id, c.username, c.display_name, c.avatar, c.title, c.category, b.live_at, n.{way}_after AS after \
         FROM broadcasts b JOIN channels c ON c.id = b.channel_id LEFT JOIN live_notices n ON n.broadcast_id = b.id \
         WHERE b.ended_at IS NULL AND NOT b.test AND b.state = 'live' AND n.{way}_done_at IS NULL {after_others} AND c.visibility <> 'unlisted' AND NOT c.suspended \
         AND b.live_at <= now() - make_interval(secs => $1) AND b.live_at > now() - make_interval(secs => $2) ORDER BY b.live_at LIMIT 1000"
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&settle.as_secs_f64(), &late.as_secs_f64()]).await?;
    Ok(rows
        .iter()
        .map(|row| Telling {
            broadcast: BroadcastId(row.get("id")),
            channel: ChannelId(row.get("channel_id")),
            username: row.get("username"),
            display_name: row.get("display_name"),
            avatar: row.get("avatar"),
            title: row.get("title"),
            category: row.get("category"),
            live_at: row.get("live_at"),
            after: row.get("after"),
        })
        .collect())
}

/// Notes how far the telling has come: to that follower, or (none) to the end.
pub async fn advance(
    db: &impl GenericClient,
    way: Way,
    broadcast: BroadcastId,
    after: Option<UserId>,
) -> Result<(), Error> {
    let way = way.column();
    let sql = format!(
        "INSERT INTO live_notices AS n (broadcast_id, {way}_after, {way}_done_at) VALUES ($1, $2, CASE WHEN $2::uuid IS NULL THEN now() END) \
         ON CONFLICT (broadcast_id) DO UPDATE SET {way}_after = coalesce(excluded.{way}_after, n.{way}_after), {way}_done_at = excluded.{way}_done_at"
    );
    db.execute(&sql, &[&broadcast.0, &after.map(|user| user.0)]).await?;
    Ok(())
}

/// The next followers who want a mail about the channel, and had none for so long.
pub async fn next_to_mail(
    db: &impl GenericClient,
    telling: &Telling,
    pause: Duration,
    limit: i64,
) -> Result<Vec<UserId>, Error> {
    let sql = format!(
        "SELECT f.user_id FROM follows f JOIN channels c ON c.id = f.channel_id JOIN notice_settings s ON s.user_id = f.user_id AND s.mail \
         WHERE f.channel_id = $1 AND {WANTED} AND {MAY_KNOW} AND ($2::uuid IS NULL OR f.user_id > $2) \
         AND (f.mailed_at IS NULL OR f.mailed_at < now() - make_interval(secs => $3)) ORDER BY f.user_id LIMIT $4"
    );
    let statement = db.prepare_cached(&sql).await?;
    let args: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&telling.channel.0, &telling.after, &pause.as_secs_f64(), &limit];
    Ok(db.query(&statement, &args).await?.iter().map(|row| UserId(row.get(0))).collect())
}

/// Whether a mail about a broadcast that waits is still wanted: it runs, its channel may be told of, and the follower wants to be told. If
/// not, it counts as if it had never been asked for.
pub async fn is_mail_wanted(
    db: &impl GenericClient,
    broadcast: BroadcastId,
    user: UserId,
) -> Result<bool, Error> {
    let sql = format!(
        "SELECT 1 FROM broadcasts b JOIN channels c ON c.id = b.channel_id JOIN follows f ON f.channel_id = c.id AND f.user_id = $2 \
         JOIN notice_settings s ON s.user_id = f.user_id AND s.mail WHERE b.id = $1 AND b.ended_at IS NULL AND {WANTED} AND {MAY_KNOW}"
    );
    let statement = db.prepare_cached(&sql).await?;
    if db.query_opt(&statement, &[&broadcast.0, &user.0]).await?.is_some() {
        return Ok(true);
    }
    let sql = "UPDATE follows f SET mailed_at = NULL FROM broadcasts b WHERE b.id = $1 AND f.channel_id = b.channel_id AND f.user_id = $2 \
               AND f.mailed_at >= b.live_at";
    db.execute(sql, &[&broadcast.0, &user.0]).await?;
    Ok(false)
}

/// Notes that these followers were sent a mail about the channel.
pub async fn mailed(db: &impl GenericClient, channel: ChannelId, users: &[UserId]) -> Result<(), Error> {
    let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let sql = "UPDATE follows SET mailed_at = now() WHERE channel_id = $1 AND user_id = ANY($2)";
    db.execute(sql, &[&channel.0, &users]).await?;
    Ok(())
}

/// The next followers with a browser that is to be told in that way.
pub async fn next_to_push(
    db: &impl GenericClient,
    telling: &Telling,
    way: Way,
    limit: i64,
) -> Result<Vec<UserId>, Error> {
    let which = Which::condition(way == Way::Push, 4);
    let sql = format!(
        "SELECT f.user_id FROM follows f JOIN channels c ON c.id = f.channel_id LEFT JOIN notice_settings s ON s.user_id = f.user_id \
         WHERE f.channel_id = $1 AND {WANTED} AND {MAY_KNOW} AND coalesce(s.push, true) AND ($2::uuid IS NULL OR f.user_id > $2) \
         AND EXISTS (SELECT 1 FROM push_subscriptions p WHERE p.user_id = f.user_id AND {which}) ORDER BY f.user_id LIMIT $3"
    );
    let statement = db.prepare_cached(&sql).await?;
    let args: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&telling.channel.0, &telling.after, &limit, &telling.live_at];
    Ok(db.query(&statement, &args).await?.iter().map(|row| UserId(row.get(0))).collect())
}

/// Whether pushes about another broadcast of the channel went out within that time, also if its end cut them off.
pub async fn pushed_lately(
    db: &impl GenericClient,
    telling: &Telling,
    pause: Duration,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM live_notices n JOIN broadcasts b ON b.id = n.broadcast_id \
               WHERE b.channel_id = $1 AND b.id <> $2 AND (n.push_after IS NOT NULL OR n.unproved_after IS NOT NULL) \
               AND coalesce(greatest(n.push_done_at, n.unproved_done_at), b.ended_at) > now() - make_interval(secs => $3) LIMIT 1";
    let row = db.query_opt(sql, &[&telling.channel.0, &telling.broadcast.0, &pause.as_secs_f64()]).await?;
    Ok(row.is_some())
}
