//! SQL of polls and their votes. One poll of a room is open at a time.

use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error, GenericClient};
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

const COLUMNS: &str = "id, room_id, question, options, made_by, ends_at, state";
const OPEN: &str = "INSERT INTO polls (id, room_id, question, options, made_by, ends_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (room_id) WHERE state = 'open' DO NOTHING";
/// Counts only while the poll is open: checked in the same statement, and the poll's end waits for it.
const VOTE: &str = "WITH p AS (SELECT id FROM polls WHERE id = $1 AND room_id = $2 AND state = 'open' AND ends_at > now() \
     AND $4::smallint BETWEEN 1 AND cardinality(options) FOR SHARE) \
     INSERT INTO poll_votes (poll_id, user_id, option) SELECT id, $3, $4::smallint FROM p \
     ON CONFLICT (poll_id, user_id) DO UPDATE SET option = excluded.option";
const CLOSE: &str = "UPDATE polls SET state = $3 WHERE id = $1 AND room_id = $2 AND state = 'open'";
const COUNT: &str = "SELECT option, count(*) FROM poll_votes WHERE poll_id = $1 GROUP BY option";
const DUE: &str =
    "SELECT id, room_id FROM polls WHERE state = 'open' AND ends_at <= now() ORDER BY ends_at LIMIT $1";

/// A poll.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Poll {
    pub id: Uuid,
    pub room: ChannelId,
    pub question: String,
    pub options: Vec<String>,
    pub by: UserId,
    pub ends_at: OffsetDateTime,
    pub state: String,
    /// Votes of each option, in their order.
    pub votes: Vec<i64>,
}

fn poll(row: &Row) -> Poll {
    let options: Vec<String> = row.get("options");
    Poll {
        id: row.get("id"),
        room: row.get::<_, Uuid>("room_id").into(),
        question: row.get("question"),
        votes: vec![0; options.len()],
        options,
        by: row.get::<_, Uuid>("made_by").into(),
        ends_at: row.get("ends_at"),
        state: row.get("state"),
    }
}

async fn counted(client: &impl GenericClient, mut poll: Poll) -> Result<Poll, Error> {
    for row in client.query(COUNT, &[&poll.id]).await? {
        let option = usize::try_from(row.get::<_, i16>(0)).unwrap_or_default();
        if let Some(votes) = option.checked_sub(1).and_then(|n| poll.votes.get_mut(n)) {
            *votes = row.get(1);
        }
    }
    Ok(poll)
}

/// Opens it; false: another one is open.
pub async fn open(db: &Database, poll: &Poll) -> Result<bool, Error> {
    let (room, by) = (poll.room.uuid(), poll.by.uuid());
    let args: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&poll.id, &room, &poll.question, &poll.options, &by, &poll.ends_at];
    Ok(db.get().await?.execute(OPEN, &args).await? > 0)
}

/// Votes, or votes for something else; false: there is no such poll or option, or it is over.
pub async fn vote(
    db: &Database,
    room: ChannelId,
    poll: Uuid,
    user: UserId,
    option: i16,
) -> Result<bool, Error> {
    let rows = db.get().await?.execute(VOTE, &[&poll, &room.uuid(), &user.uuid(), &option]).await?;
    Ok(rows > 0)
}

/// Ends it as `closed` or `cancelled`; false: it is over already, or there is none.
pub async fn end(db: &Database, room: ChannelId, poll: Uuid, state: &str) -> Result<bool, Error> {
    Ok(db.get().await?.execute(CLOSE, &[&poll, &room.uuid(), &state]).await? > 0)
}

/// A poll of the room, with its votes.
pub async fn get(db: &Database, room: ChannelId, id: Uuid) -> Result<Option<Poll>, Error> {
    let client = db.get().await?;
    let sql = format!("SELECT {COLUMNS} FROM polls WHERE id = $1 AND room_id = $2");
    match client.query_opt(&sql, &[&id, &room.uuid()]).await? {
        Some(row) => Ok(Some(counted(&client, poll(&row)).await?)),
        None => Ok(None),
    }
}

/// The room's open poll, with its votes.
pub async fn current(db: &Database, room: ChannelId) -> Result<Option<Poll>, Error> {
    let client = db.get().await?;
    let sql = format!("SELECT {COLUMNS} FROM polls WHERE room_id = $1 AND state = 'open'");
    match client.query_opt(&sql, &[&room.uuid()]).await? {
        Some(row) => Ok(Some(counted(&client, poll(&row)).await?)),
        None => Ok(None),
    }
}

/// The newest `count` polls of the room, older than `before`, with their votes.
pub async fn page(
    db: &Database,
    room: ChannelId,
    before: Option<Uuid>,
    count: i64,
) -> Result<Vec<Poll>, Error> {
    let client = db.get().await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM polls WHERE room_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
    );
    let mut polls = Vec::new();
    for row in client.query(&sql, &[&room.uuid(), &before, &count]).await? {
        polls.push(counted(&client, poll(&row)).await?);
    }
    Ok(polls)
}

/// Open polls whose time is over.
pub async fn due(db: &Database, max: i64) -> Result<Vec<(Uuid, ChannelId)>, Error> {
    let rows = db.get().await?.query(DUE, &[&max]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get::<_, Uuid>(1).into())).collect())
}
