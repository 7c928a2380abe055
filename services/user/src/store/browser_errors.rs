//! The table `browser_errors`: a bounded number of different ones.

use super::{Store, staff};
use crate::{browser_error::BrowserError, error::Error, store::users::User};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// An error with how often and when it was seen.
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) error: BrowserError,
    pub(crate) count: i64,
    pub(crate) first_at: OffsetDateTime,
    pub(crate) last_at: OffsetDateTime,
}

/// Where an error stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) last_at: OffsetDateTime,
    pub(crate) id: Uuid,
}

impl Kept {
    pub(crate) fn place(&self) -> Place {
        Place { last_at: self.last_at, id: self.id }
    }
    fn from_row(row: &tokio_postgres::Row) -> Self {
        Self {
            id: row.get("id"),
            error: BrowserError {
                message: row.get("message"),
                stack: row.get("stack"),
                page: row.get("page"),
                browser: row.get("browser"),
            },
            count: row.get("count"),
            first_at: row.get("first_at"),
            last_at: row.get("last_at"),
        }
    }
}

impl Store {
    /// Keeps an error, or counts it again. Beyond `most` different ones those go that were seen once and longest ago, then the others.
    pub(crate) async fn keep_browser_error(&self, e: &BrowserError, most: u32) -> Result<(), Error> {
        let connection = self.connection().await?;
        let sql = "INSERT INTO browser_errors (id, likeness, message, stack, page, browser) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (likeness) DO UPDATE SET count = browser_errors.count + 1, last_at = now() RETURNING count";
        let statement = connection.prepare_cached(sql).await?;
        let (id, likeness) = (Uuid::now_v7(), e.likeness());
        let row = connection
            .query_one(&statement, &[&id, &likeness.as_slice(), &e.message, &e.stack, &e.page, &e.browser])
            .await?;
        if row.get::<_, i64>(0) > 1 {
            return Ok(());
        }
        // It is the newest of those that were seen once, so it stays.
        let sql = "DELETE FROM browser_errors WHERE id IN \
                   (SELECT id FROM browser_errors ORDER BY count > 1 DESC, last_at DESC, id DESC OFFSET $1) AND id <> $2";
        let statement = connection.prepare_cached(sql).await?;
        connection.execute(&statement, &[&i64::from(most), &id]).await?;
        Ok(())
    }

    /// Errors, those first that came up last, before one as it was then. One that comes up meanwhile is on the first page again.
    pub(crate) async fn browser_errors(&self, before: Option<Place>, limit: i64) -> Result<Vec<Kept>, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT * FROM browser_errors WHERE $1::timestamptz IS NULL OR (last_at, id) < ($1, $2::uuid) \
                   ORDER BY last_at DESC, id DESC LIMIT $3";
        let statement = connection.prepare_cached(sql).await?;
        let (at, id) = before.map(|place| (place.last_at, place.id)).unzip();
        Ok(connection.query(&statement, &[&at, &id, &limit]).await?.iter().map(Kept::from_row).collect())
    }

    /// Takes an error off the list, until it is seen again. One that is gone is no error.
    pub(crate) async fn forget_browser_error(&self, actor: &User, id: Uuid) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "DELETE FROM browser_errors WHERE id = $1 RETURNING message";
        if let Some(row) = transaction.query_opt(sql, &[&id]).await? {
            let message: String = row.get("message");
            staff::note(&transaction, actor, "browser_error_dismissed", None, &json!({"message": message}))
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}
