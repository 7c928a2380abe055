//! SQL of reports. One person has at most one open report about a thing; what it was about is kept with it.

use serde_json::Value;
use std::time::Duration;
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient};
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

const COLUMNS: &str = "id, room_id, about, target, user_id, reporter_id, category, text, evidence, queue, about_moderator, state, \
     created_at, escalated_by, resolved_at, resolved_by, answer";

/// A report.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Kept {
    pub id: Uuid,
    pub room: ChannelId,
    /// `message`, `user`, `channel`.
    pub about: String,
    pub target: String,
    /// Whom it comes down to.
    pub user: UserId,
    pub reporter: UserId,
    pub category: String,
    pub text: String,
    /// The message as it was.
    pub evidence: Value,
    /// `room` or `platform`.
    pub queue: String,
    /// Whom it comes down to moderated the room when it was made: it is for those above moderators.
    pub about_moderator: bool,
    /// `open`, `acted`, `dismissed`.
    pub state: String,
    pub at: OffsetDateTime,
    pub escalated_by: Option<UserId>,
    pub resolved_at: Option<OffsetDateTime>,
    pub resolved_by: Option<UserId>,
    pub answer: String,
}

fn kept(row: &Row) -> Kept {
    let user = |column| row.get::<_, Option<Uuid>>(column).map(UserId);
    Kept {
        id: row.get("id"),
        room: ChannelId(row.get("room_id")),
        about: row.get("about"),
        target: row.get("target"),
        user: UserId(row.get("user_id")),
        reporter: UserId(row.get("reporter_id")),
        category: row.get("category"),
        text: row.get("text"),
        evidence: row.get("evidence"),
        queue: row.get("queue"),
        about_moderator: row.get("about_moderator"),
        state: row.get("state"),
        at: row.get("created_at"),
        escalated_by: user("escalated_by"),
        resolved_at: row.get("resolved_at"),
        resolved_by: user("resolved_by"),
        answer: row.get("answer"),
    }
}

/// A report to be kept.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct New<'a> {
    pub room: ChannelId,
    pub about: &'a str,
    pub target: &'a str,
    pub user: UserId,
    pub reporter: UserId,
    pub category: &'a str,
    pub text: &'a str,
    pub evidence: Value,
    pub queue: &'a str,
    pub about_moderator: bool,
}

/// Keeps it, unless the person's report about the same is still open: then that one. Says whether it is new.
pub async fn add(db: &Database, new: &New<'_>) -> Result<(Kept, bool), Error> {
    let connection = db.get().await?;
    let insert = format!(
        "INSERT INTO reports (id, room_id, about, target, user_id, reporter_id, category, text, evidence, queue, about_moderator) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (reporter_id, room_id, about, target) WHERE state = 'open' DO NOTHING RETURNING {COLUMNS}"
    );
    let (room, user, reporter) = (new.room.uuid(), new.user.uuid(), new.reporter.uuid());
    let row = connection
        .query_opt(
            &insert,
            &[
                &Uuid::now_v7(),
                &room,
                &new.about,
                &new.target,
                &user,
                &reporter,
                &new.category,
                &new.text,
                &new.evidence,
                &new.queue,
                &new.about_moderator,
            ],
        )
        .await?;
    if let Some(row) = row {
        return Ok((kept(&row), true));
    }
    let newest = format!(
        "SELECT {COLUMNS} FROM reports WHERE reporter_id = $1 AND room_id = $2 AND about = $3 AND target = $4 ORDER BY id DESC LIMIT 1"
    );
    let row = connection.query_one(&newest, &[&reporter, &room, &new.about, &new.target]).await?;
    Ok((kept(&row), false))
}

/// How many open ones a person has.
pub async fn open_of(db: &Database, reporter: UserId) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM reports WHERE reporter_id = $1 AND state = 'open'";
    Ok(db.get().await?.query_one(sql, &[&reporter.uuid()]).await?.get(0))
}

/// One, whatever became of it.
pub async fn get(db: &Database, id: Uuid) -> Result<Option<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM reports WHERE id = $1");
    Ok(db.get().await?.query_opt(&sql, &[&id]).await?.as_ref().map(kept))
}

/// The same, and nobody else resolves it until the transaction ends.
pub async fn lock(transaction: &impl GenericClient, id: Uuid) -> Result<Option<Kept>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM reports WHERE id = $1 FOR UPDATE");
    Ok(transaction.query_opt(&sql, &[&id]).await?.as_ref().map(kept))
}

/// Whose queue a page is of.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// A channel's moderators', as one of them sees it: none about themselves, and none about moderators unless they are above these.
    Room {
        /// The channel's.
        room: ChannelId,
        /// Who looks.
        reader: UserId,
        /// Whether they are the owner, or staff.
        is_above: bool,
    },
    /// The platform's.
    Platform,
    /// What one person reported, newest first.
    Reporter(UserId),
}

/// A page after the report `after`; queues oldest first, open ones or (`is_open` false) resolved ones.
pub async fn page(
    db: &Database,
    of: Of,
    is_open: bool,
    after: Option<Uuid>,
    count: i64,
) -> Result<Vec<Kept>, Error> {
    let connection = db.get().await?;
    let rows = match of {
        Of::Room { room, reader, is_above } => {
            let sql = format!(
                "SELECT {COLUMNS} FROM reports WHERE queue = 'room' AND room_id = $1 AND (state = 'open') = $2 \
                 AND ($3::uuid IS NULL OR id > $3) AND user_id <> $5 AND ($6 OR NOT about_moderator) ORDER BY id LIMIT $4"
            );
            connection
                .query(&sql, &[&room.uuid(), &is_open, &after, &count, &reader.uuid(), &is_above])
                .await?
        }
        Of::Platform => {
            let sql = format!(
                "SELECT {COLUMNS} FROM reports WHERE queue = 'platform' AND (state = 'open') = $1 \
                 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3"
            );
            connection.query(&sql, &[&is_open, &after, &count]).await?
        }
        Of::Reporter(user) => {
            let sql = format!(
                "SELECT {COLUMNS} FROM reports WHERE reporter_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
            );
            connection.query(&sql, &[&user.uuid(), &after, &count]).await?
        }
    };
    Ok(rows.iter().map(kept).collect())
}

/// Ends one that is locked.
pub async fn resolve(
    transaction: &impl GenericClient,
    id: Uuid,
    state: &str,
    by: UserId,
    answer: &str,
) -> Result<(), Error> {
    let sql =
        "UPDATE reports SET state = $2, resolved_at = now(), resolved_by = $3, answer = $4 WHERE id = $1";
    transaction.execute(sql, &[&id, &state, &by.uuid(), &answer]).await?;
    Ok(())
}

/// Hands one that is locked to the platform.
pub async fn escalate(transaction: &impl GenericClient, id: Uuid, by: UserId) -> Result<(), Error> {
    let sql = "UPDATE reports SET queue = 'platform', escalated_by = $2 WHERE id = $1";
    transaction.execute(sql, &[&id, &by.uuid()]).await?;
    Ok(())
}

/// Deletes what was resolved longer ago than `age`, with its evidence; answers how many.
pub async fn forget(db: &Database, age: Duration) -> Result<u64, Error> {
    let sql = "DELETE FROM reports WHERE state <> 'open' AND resolved_at < now() - make_interval(secs => $1)";
    Ok(db.get().await?.execute(sql, &[&age.as_secs_f64()]).await?)
}
