//! The outbox: facts written in the transaction that makes them true, relayed to Redis afterwards.

use crate::error::Error;
use streamly_domain::ChannelId;
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use uuid::Uuid;

/// A fact to relay.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Fact {
    pub seq: i64,
    pub id: Uuid,
    pub kind: String,
    pub subject: Uuid,
    pub payload: serde_json::Value,
    pub occurred_at: OffsetDateTime,
}

/// The statement of [`push`].
pub(super) const PUSH: &str = "INSERT INTO outbox (id, type, subject, payload) VALUES ($1, $2, $3, $4)";

/// Adds a fact about a channel.
pub async fn push(
    db: &impl GenericClient,
    kind: &str,
    channel: ChannelId,
    payload: &serde_json::Value,
) -> Result<(), Error> {
    let statement = db.prepare_cached(PUSH).await?;
    db.execute(&statement, &[&Uuid::now_v7(), &kind, &channel.0, payload]).await?;
    Ok(())
}

/// The oldest facts.
pub async fn oldest(db: &impl GenericClient, count: i64) -> Result<Vec<Fact>, Error> {
    let statement = db.prepare_cached("SELECT * FROM outbox ORDER BY seq LIMIT $1").await?;
    let rows = db.query(&statement, &[&count]).await?;
    Ok(rows
        .iter()
        .map(|row| Fact {
            seq: row.get("seq"),
            id: row.get("id"),
            kind: row.get("type"),
            subject: row.get("subject"),
            payload: row.get("payload"),
            occurred_at: row.get("occurred_at"),
        })
        .collect())
}

/// Forgets relayed facts.
pub async fn relayed(db: &impl GenericClient, seqs: &[i64]) -> Result<(), Error> {
    let statement = db.prepare_cached("DELETE FROM outbox WHERE seq = ANY($1)").await?;
    db.execute(&statement, &[&seqs]).await?;
    Ok(())
}
