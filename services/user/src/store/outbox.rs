//! The table `outbox`: facts written in the transaction that made them true, taken out by one relay (`bus`).

use super::Store;
use crate::error::Error;
use streamly_domain::UserId;
use streamly_postgres::{Connection, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

/// Version of the payloads of all events here.
const VERSION: i32 = 1;
/// The relay's advisory lock: "user".
const RELAY_LOCK: i64 = 0x7573_6572;
/// Facts that one pass takes.
const BATCH: i64 = 100;

/// A fact that waits.
pub(crate) struct Fact {
    pub(crate) position: i64,
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) version: i32,
    pub(crate) subject: String,
    pub(crate) payload: serde_json::Value,
    pub(crate) occurred_at: OffsetDateTime,
}

/// Adds a fact to a transaction.
pub(super) async fn put(
    transaction: &Transaction<'_>,
    kind: &str,
    subject: UserId,
    payload: &serde_json::Value,
) -> Result<(), Error> {
    let sql = "INSERT INTO outbox (id, type, version, subject, payload) VALUES ($1, $2, $3, $4, $5)";
    let statement = transaction.prepare_cached(sql).await?;
    transaction
        .execute(&statement, &[&Uuid::now_v7(), &kind, &VERSION, &subject.to_string(), payload])
        .await?;
    Ok(())
}

/// The right to relay: held by one process at a time, as long as its connection lives.
pub(crate) struct RelayLease(Connection);

impl Store {
    /// Tries to become the relay. The connection leaves the pool, so that closing it gives the right back.
    pub(crate) async fn try_relay(&self) -> Result<Option<RelayLease>, Error> {
        let connection = self.connection().await?;
        let row = connection.query_one("SELECT pg_try_advisory_lock($1)", &[&RELAY_LOCK]).await?;
        Ok(row.get::<_, bool>(0).then(|| RelayLease(Connection::take(connection))))
    }
}

impl RelayLease {
    /// The oldest facts. Errors: the lease is lost, or on a server that takes no writes any more and so has not the newest ones.
    pub(crate) async fn waiting(&self) -> Result<Vec<Fact>, Error> {
        streamly_postgres::takes_writes(&self.0).await?;
        let sql = "SELECT position, id, type, version, subject, payload, occurred_at FROM outbox ORDER BY position LIMIT $1";
        let statement = self.0.prepare_cached(sql).await?;
        let rows = self.0.query(&statement, &[&BATCH]).await?;
        Ok(rows
            .iter()
            .map(|row| Fact {
                position: row.get("position"),
                id: row.get("id"),
                kind: row.get("type"),
                version: row.get("version"),
                subject: row.get("subject"),
                payload: row.get("payload"),
                occurred_at: row.get("occurred_at"),
            })
            .collect())
    }

    /// Takes out what was relayed.
    pub(crate) async fn done(&self, positions: &[i64]) -> Result<(), Error> {
        let statement = self.0.prepare_cached("DELETE FROM outbox WHERE position = ANY($1)").await?;
        self.0.execute(&statement, &[&positions]).await?;
        Ok(())
    }
}
