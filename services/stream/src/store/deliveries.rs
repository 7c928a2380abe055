//! Deliveries to webhooks: written with what they tell of, taken by whoever sends, finished.
//!
//! A webhook is sent to by one sender at a time: its row has the lease, so that a slow receiver takes one place and no more. An attempt is
//! written before anything is sent. `webhooks.due_at` is when the next delivery is due; whoever changes it holds the row's lock, so that
//! none is forgotten. A transaction without the channel's lock changes the row once: a second change of it makes PostgreSQL look at the
//! channel's row too, for which those wait who hold that and wait for this.

use crate::{
    error::Error,
    webhooks::{
        event::Kind,
        reason::Reason,
        verdict::{self, Next, Outcome},
    },
};
use std::{collections::HashMap, time::Duration};
use streamly_postgres::{GenericClient, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

/// Attempts of a delivery that are kept, the newest.
const ATTEMPTS_KEPT: i32 = 20;

/// A delivery to write.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct New {
    pub id: Uuid,
    pub webhook: Uuid,
    pub body: String,
}

/// Writes deliveries to webhooks whose rows are locked; where `most` wait already it is dropped and counted.
pub async fn add(db: &impl GenericClient, kind: Kind, new: &[New], most: u32) -> Result<(), Error> {
    let sql = "WITH new AS (INSERT INTO deliveries (id, webhook_id, type, body) \
               SELECT n.id, n.webhook, $4, n.body FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (id, webhook, body) \
               WHERE (SELECT count(*) FROM (SELECT 1 FROM deliveries d WHERE d.webhook_id = n.webhook AND d.state = 'waiting' LIMIT $5) AS w) < $5 \
               RETURNING webhook_id) \
               UPDATE webhooks w SET due_at = CASE WHEN n.webhook_id IS NULL THEN due_at ELSE least(due_at, greatest(now(), paused_until)) END, \
               dropped = dropped + CASE WHEN n.webhook_id IS NULL THEN 1 ELSE 0 END \
               FROM unnest($2::uuid[]) AS wanted (id) LEFT JOIN new n ON n.webhook_id = wanted.id WHERE w.id = wanted.id";
    let ids: Vec<Uuid> = new.iter().map(|n| n.id).collect();
    let webhooks: Vec<Uuid> = new.iter().map(|n| n.webhook).collect();
    let bodies: Vec<&str> = new.iter().map(|n| n.body.as_str()).collect();
    db.execute(sql, &[&ids, &webhooks, &bodies, &kind.as_str(), &i64::from(most)]).await?;
    Ok(())
}

/// What is to be sent.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct Lease {
    pub webhook: Uuid,
    pub channel: Uuid,
    pub url: String,
    /// Sealed under the webhook's id.
    pub secrets: Vec<Vec<u8>>,
    pub id: Uuid,
    pub body: String,
    /// Number of this attempt.
    pub attempt: i32,
    pub tries: u32,
}

/// Takes up to `most` webhooks that have something due, of those that failed lately or of the others, for that time; and what they are to
/// be sent, with the attempt noted. Webhooks of suspended owners wait.
pub async fn take(
    db: &mut streamly_postgres::Connection,
    most: usize,
    failing: bool,
    lease: Duration,
) -> Result<Vec<Lease>, Error> {
    let sql = "WITH due AS (SELECT w.id, (SELECT d.id FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.due_at <= now() \
               ORDER BY d.due_at, d.id LIMIT 1) AS next \
               FROM webhooks w JOIN channels c ON c.id = w.channel_id WHERE w.enabled AND w.due_at <= now() \
               AND (w.leased_until IS NULL OR w.leased_until < now()) AND (w.failures > 0) = $2 AND NOT c.suspended \
               ORDER BY w.due_at LIMIT $1 FOR UPDATE OF w SKIP LOCKED), \
               leased AS (UPDATE webhooks w SET leased_until = now() + make_interval(secs => $3) FROM due WHERE w.id = due.id RETURNING w.*), \
               started AS (UPDATE deliveries d SET attempts = d.attempts + 1 FROM due WHERE d.id = due.next AND d.state = 'waiting' RETURNING d.*), \
               noted AS (INSERT INTO delivery_attempts (delivery_id, number) SELECT id, attempts FROM started) \
               SELECT l.id AS webhook, l.channel_id, l.url, l.secret, CASE WHEN l.former_until > now() THEN l.former_secret END AS former, \
               s.id, s.body, s.attempts, s.tries FROM leased l LEFT JOIN started s ON s.webhook_id = l.id";
    let statement = db.prepare_cached(sql).await?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = db.query(&statement, &[&most, &failing, &lease.as_secs_f64()]).await?;
    let mut leases = Vec::with_capacity(rows.len());
    for row in rows {
        let webhook: Uuid = row.get("webhook");
        let Some(id) = row.get::<_, Option<Uuid>>("id") else {
            // Sent by another replica while this one looked.
            let tx = db.transaction().await?;
            release(&tx, webhook).await?;
            tx.commit().await?;
            continue;
        };
        let former: Option<Vec<u8>> = row.get("former");
        leases.push(Lease {
            webhook,
            channel: row.get("channel_id"),
            url: row.get("url"),
            secrets: std::iter::once(row.get("secret")).chain(former).collect(),
            id,
            body: row.get("body"),
            attempt: row.get("attempts"),
            tries: row.get::<_, i32>("tries").max(0).unsigned_abs(),
        });
    }
    Ok(leases)
}

/// Ends a lease: the next delivery is due when it is due, and not before the webhook's pause is over.
async fn release(tx: &Transaction<'_>, webhook: Uuid) -> Result<(), Error> {
    tx.execute("SELECT 1 FROM webhooks WHERE id = $1 FOR UPDATE", &[&webhook]).await?;
    // A statement of its own: what was written until the lock was had is seen.
    let sql = "UPDATE webhooks w SET leased_until = NULL, due_at = CASE WHEN enabled THEN (SELECT greatest(min(d.due_at), w.paused_until) \
               FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting' HAVING count(*) > 0) END WHERE id = $1";
    tx.execute(sql, &[&webhook]).await?;
    Ok(())
}

/// Nothing was sent: as if it had not been taken, but for a moment's pause.
pub async fn put_back(
    db: &mut streamly_postgres::Connection,
    lease: &Lease,
    pause: Duration,
) -> Result<(), Error> {
    let tx = db.transaction().await?;
    tx.execute("SELECT 1 FROM webhooks WHERE id = $1 FOR UPDATE", &[&lease.webhook]).await?;
    let sql = "UPDATE deliveries SET attempts = attempts - 1, due_at = now() + make_interval(secs => $3) \
               WHERE id = $1 AND attempts = $2 AND state = 'waiting'";
    if tx.execute(sql, &[&lease.id, &lease.attempt, &pause.as_secs_f64()]).await? > 0 {
        let sql = "DELETE FROM delivery_attempts WHERE delivery_id = $1 AND number = $2";
        tx.execute(sql, &[&lease.id, &lease.attempt]).await?;
        release(&tx, lease.webhook).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Stores how an attempt went and what follows. Whether the webhook was switched off by it. A word about an attempt that is not the newest
/// any more changes only that attempt.
pub async fn finish(
    db: &mut streamly_postgres::Connection,
    lease: &Lease,
    outcome: &Outcome,
    next: Next,
    (give_up, kept): (Duration, u32),
) -> Result<Option<&'static str>, Error> {
    let tx = db.transaction().await?;
    let sql = "SELECT enabled, failures, coalesce(failing_since < now() - make_interval(secs => $2), false) AS long FROM webhooks \
               WHERE id = $1 FOR UPDATE";
    // Deleted meanwhile, and its deliveries with it.
    let Some(row) = tx.query_opt(sql, &[&lease.webhook, &give_up.as_secs_f64()]).await? else {
        return Ok(None);
    };
    let (enabled, failures, long): (bool, i32, bool) = (row.get(0), row.get(1), row.get(2));
    let sql = "UPDATE delivery_attempts SET duration_ms = $3, status = $4, error = $5, answer = $6 WHERE delivery_id = $1 AND number = $2";
    let took = i32::try_from(outcome.took.as_millis()).unwrap_or(i32::MAX);
    let status = outcome.status.map(i32::from);
    let error = outcome.error.map(Reason::code);
    tx.execute(sql, &[&lease.id, &lease.attempt, &took, &status, &error, &outcome.answer]).await?;
    let (state, pause) = match next {
        Next::Delivered => ("delivered", Duration::ZERO),
        Next::Again(pause) => ("waiting", pause),
        Next::Failed | Next::Gone => ("failed", Duration::ZERO),
    };
    // One that was cancelled meanwhile stays so, unless it has arrived.
    let sql = "UPDATE deliveries SET state = CASE WHEN state = 'waiting' OR $3::text = 'delivered' THEN $3::text ELSE state END, \
               tries = CASE WHEN $3::text = 'delivered' THEN 0 ELSE tries + 1 END, due_at = now() + make_interval(secs => $4), \
               finished_at = CASE WHEN $3::text <> 'waiting' THEN now() ELSE finished_at END WHERE id = $1 AND attempts = $2";
    if tx.execute(sql, &[&lease.id, &lease.attempt, &state, &pause.as_secs_f64()]).await? == 0 {
        tx.commit().await?;
        return Ok(None);
    }
    let failures = if next == Next::Delivered { 0 } else { failures.saturating_add(1) };
    let off = match next {
        Next::Gone => Some("gone"),
        Next::Again(_) | Next::Failed if long && failures.unsigned_abs() >= verdict::FEW => Some("failing"),
        _ => None,
    }
    .filter(|_| enabled);
    if off.is_some() {
        cancel(&tx, lease.webhook).await?;
    }
    let sql = "UPDATE webhooks w SET failures = $2, failing_since = CASE WHEN $2 > 0 THEN coalesce(failing_since, now()) END, \
               paused_until = now() + make_interval(secs => $3), leased_until = NULL, enabled = enabled AND $4::text IS NULL, \
               off_at = CASE WHEN $4::text IS NULL THEN off_at ELSE now() END, off_because = coalesce($4::text, off_because), \
               due_at = (SELECT greatest(min(d.due_at), now() + make_interval(secs => $3)) FROM deliveries d \
               WHERE d.webhook_id = w.id AND d.state = 'waiting' HAVING count(*) > 0) WHERE id = $1";
    let pause = verdict::pause(failures.unsigned_abs()).as_secs_f64();
    tx.execute(sql, &[&lease.webhook, &failures, &pause, &off]).await?;
    trim(&tx, lease, kept).await?;
    tx.commit().await?;
    Ok(off)
}

/// Whatever waits for a webhook, whose row is locked, is not sent.
pub async fn cancel(db: &impl GenericClient, webhook: Uuid) -> Result<(), Error> {
    let sql = "UPDATE deliveries SET state = 'cancelled', finished_at = now() WHERE webhook_id = $1 AND state = 'waiting'";
    db.execute(sql, &[&webhook]).await?;
    Ok(())
}

/// Forgets finished deliveries beyond the newest, and of this one the oldest attempts.
async fn trim(tx: &Transaction<'_>, lease: &Lease, kept: u32) -> Result<(), Error> {
    let sql = "DELETE FROM deliveries WHERE webhook_id = $1 AND state <> 'waiting' AND id < \
               (SELECT id FROM deliveries WHERE webhook_id = $1 AND state <> 'waiting' ORDER BY id DESC OFFSET $2 LIMIT 1)";
    tx.execute(sql, &[&lease.webhook, &i64::from(kept.saturating_sub(1))]).await?;
    let sql = "DELETE FROM delivery_attempts WHERE delivery_id = $1 AND number <= $2";
    tx.execute(sql, &[&lease.id, &(lease.attempt - ATTEMPTS_KEPT)]).await?;
    Ok(())
}

/// A delivery as its owner sees it.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Delivery {
    pub id: Uuid,
    pub kind: String,
    pub body: String,
    pub created_at: OffsetDateTime,
    pub state: String,
    /// When it is sent next, if it waits.
    pub due_at: Option<OffsetDateTime>,
    /// The newest first.
    pub attempts: Vec<Attempt>,
}

/// One time that it was sent.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Attempt {
    pub number: i32,
    pub at: OffsetDateTime,
    /// None: not noted; it is under way, or the service stopped.
    pub duration_ms: Option<i32>,
    pub status: Option<i32>,
    pub error: Option<String>,
    pub answer: Option<String>,
}

/// A webhook's newest deliveries before an id.
pub async fn page(
    db: &impl GenericClient,
    webhook: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let sql = "SELECT * FROM deliveries WHERE webhook_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3";
    let mut all: Vec<Delivery> =
        db.query(sql, &[&webhook, &before, &limit]).await?.iter().map(delivery).collect();
    let ids: Vec<Uuid> = all.iter().map(|d| d.id).collect();
    let sql = "SELECT * FROM delivery_attempts WHERE delivery_id = ANY($1) ORDER BY number DESC";
    let mut attempts: HashMap<Uuid, Vec<Attempt>> = HashMap::new();
    for row in db.query(sql, &[&ids]).await? {
        let attempt = Attempt {
            number: row.get("number"),
            at: row.get("at"),
            duration_ms: row.get("duration_ms"),
            status: row.get("status"),
            error: row.get("error"),
            answer: row.get("answer"),
        };
        attempts.entry(row.get("delivery_id")).or_default().push(attempt);
    }
    for delivery in &mut all {
        delivery.attempts = attempts.remove(&delivery.id).unwrap_or_default();
    }
    Ok(all)
}

fn delivery(row: &tokio_postgres::Row) -> Delivery {
    let (state, created_at): (String, OffsetDateTime) = (row.get("state"), row.get("created_at"));
    Delivery {
        id: row.get("id"),
        kind: row.get("type"),
        body: row.get("body"),
        created_at,
        due_at: (state == "waiting").then(|| row.get::<_, OffsetDateTime>("due_at").max(created_at)),
        state,
        attempts: Vec::new(),
    }
}

/// Puts a delivery of a webhook, whose row is locked, in line again, at once; `false`: there is none.
pub async fn again(db: &impl GenericClient, webhook: Uuid, id: Uuid) -> Result<bool, Error> {
    let sql = "UPDATE deliveries SET state = 'waiting', tries = 0, due_at = now(), finished_at = NULL WHERE webhook_id = $1 AND id = $2";
    Ok(db.execute(sql, &[&webhook, &id]).await? > 0)
}
