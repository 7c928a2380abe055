//! Browsers that take Web Push. Where one is reached is stored sealed, and found by a keyed hash; this module sees neither in the clear.

use crate::error::Error;
use std::time::Duration;
use streamly_domain::UserId;
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use uuid::Uuid;

/// A browser that failed less often is not forgotten, however long ago it took something: few broadcasts may be the reason.
const GIVEN_UP: i32 = 5;

/// A browser as its owner sees it.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Subscribed {
    pub id: Uuid,
    pub name: String,
    pub made_at: OffsetDateTime,
    pub told_at: Option<OffsetDateTime>,
}

/// A browser as it is reached.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Sealed {
    pub id: Uuid,
    pub user: UserId,
    pub sealed: Vec<u8>,
}

/// Keeps a browser for a user; of one that is known, whosever it was, the row of before goes. Beyond `most` the user's oldest go.
pub async fn put(
    db: &impl GenericClient,
    id: Uuid,
    user: UserId,
    lookup: &[u8],
    sealed: &[u8],
    name: &str,
    most: i64,
) -> Result<(), Error> {
    let sql = "INSERT INTO push_subscriptions (id, user_id, lookup, sealed, name) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (lookup) DO UPDATE \
               SET id = excluded.id, user_id = excluded.user_id, sealed = excluded.sealed, name = excluded.name, made_at = now(), told_at = NULL, \
               proved_at = NULL, failures = 0, failing_since = NULL, rests_until = NULL";
    db.execute(sql, &[&id, &user.0, &lookup, &sealed, &name]).await?;
    let sql = "DELETE FROM push_subscriptions WHERE user_id = $1 AND id NOT IN \
               (SELECT id FROM push_subscriptions WHERE user_id = $1 ORDER BY made_at DESC, id DESC LIMIT $2)";
    db.execute(sql, &[&user.0, &most]).await?;
    Ok(())
}

/// A user's browsers, the newest first.
pub async fn list(db: &impl GenericClient, user: UserId) -> Result<Vec<Subscribed>, Error> {
    let sql = "SELECT id, name, made_at, told_at FROM push_subscriptions WHERE user_id = $1 ORDER BY made_at DESC, id DESC";
    let rows = db.query(sql, &[&user.0]).await?;
    Ok(rows
        .iter()
        .map(|row| Subscribed {
            id: row.get("id"),
            name: row.get("name"),
            made_at: row.get("made_at"),
            told_at: row.get("told_at"),
        })
        .collect())
}

/// Forgets a user's browser; whether there was one.
pub async fn remove(db: &impl GenericClient, user: UserId, id: Uuid) -> Result<bool, Error> {
    let sql = "DELETE FROM push_subscriptions WHERE user_id = $1 AND id = $2";
    Ok(db.execute(sql, &[&user.0, &id]).await? > 0)
}

/// Which of people's browsers are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those that took everything since before that time.
    Proved(OffsetDateTime),
    /// The others, but for those that rest.
    Unproved(OffsetDateTime),
}

impl Which {
    /// The condition on a browser `p`, where parameter `n` is the time, that it is proved before it, or is one of the others.
    pub fn condition(proved: bool, n: usize) -> String {
        let is = format!("(p.failures = 0 AND p.proved_at IS NOT NULL AND p.proved_at < ${n})");
        if proved { is } else { format!("NOT {is} AND (p.rests_until IS NULL OR p.rests_until <= now())") }
    }
}

/// Browsers of these users, those first that failed least, of them the newest.
pub async fn of(db: &impl GenericClient, users: &[UserId], which: Which) -> Result<Vec<Sealed>, Error> {
    let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let (condition, before) = match which {
        Which::All => ("$2::timestamptz IS NULL".to_owned(), None),
        Which::Proved(before) => (Which::condition(true, 2), Some(before)),
        Which::Unproved(before) => (Which::condition(false, 2), Some(before)),
    };
    let sql = format!(
        "SELECT id, user_id, sealed FROM push_subscriptions p WHERE user_id = ANY($1) AND {condition} ORDER BY user_id, failures, made_at DESC"
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&users, &before]).await?;
    Ok(rows
        .iter()
        .map(|row| Sealed { id: row.get("id"), user: UserId(row.get("user_id")), sealed: row.get("sealed") })
        .collect())
}

/// What became of pushes, by the browsers' ids.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Became {
    /// Their push services took it.
    pub told: Vec<Uuid>,
    /// They are no more.
    pub gone: Vec<Uuid>,
    /// Their push services said nothing, or "later".
    pub failed: Vec<Uuid>,
    /// Nobody was asked: there was no place.
    pub crowded: Vec<Uuid>,
}

/// Notes what became of pushes. To those that failed nothing is sent from the second time on for `rest`, which doubles to a day; those
/// that failed [`GIVEN_UP`] times and for `give_up` are forgotten as those that are no more.
pub async fn note(
    db: &impl GenericClient,
    became: &Became,
    (rest, give_up): (Duration, Duration),
) -> Result<(), Error> {
    let Became { told, gone, failed, crowded } = became;
    if !told.is_empty() {
        let sql = "UPDATE push_subscriptions SET told_at = now(), proved_at = coalesce(proved_at, now()), failures = 0, \
                   failing_since = NULL, rests_until = NULL WHERE id = ANY($1)";
        db.execute(sql, &[told]).await?;
    }
    if !failed.is_empty() {
        let sql = "UPDATE push_subscriptions SET proved_at = NULL, failures = failures + 1, failing_since = coalesce(failing_since, now()), \
                   rests_until = CASE WHEN failures > 0 THEN now() + \
                   least(make_interval(secs => $2::float8 * 2 ^ least(failures - 1, 20)::float8), interval '1 day') END WHERE id = ANY($1)";
        db.execute(sql, &[failed, &rest.as_secs_f64()]).await?;
        let sql = "DELETE FROM push_subscriptions WHERE id = ANY($1) AND failures >= $2 AND failing_since <= now() - make_interval(secs => $3)";
        db.execute(sql, &[failed, &GIVEN_UP, &give_up.as_secs_f64()]).await?;
    }
    if !crowded.is_empty() {
        db.execute("UPDATE push_subscriptions SET proved_at = NULL WHERE id = ANY($1)", &[crowded]).await?;
    }
    if !gone.is_empty() {
        db.execute("DELETE FROM push_subscriptions WHERE id = ANY($1)", &[gone]).await?;
    }
    Ok(())
}

/// Removes all that is known of a user's notices.
pub async fn forget(db: &impl GenericClient, user: UserId) -> Result<(), Error> {
    db.execute("DELETE FROM push_subscriptions WHERE user_id = $1", &[&user.0]).await?;
    db.execute("DELETE FROM notice_settings WHERE user_id = $1", &[&user.0]).await?;
    Ok(())
}
