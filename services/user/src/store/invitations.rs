//! The table `invitations`, as admins see it. They are used up in `registration`.

use super::{Store, staff};
use crate::{error::Error, refresh::Token, store::users::User};
use serde_json::json;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// An invitation without its code, which nobody can see again.
pub(crate) struct Invitation {
    pub(crate) id: Uuid,
    pub(crate) note: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) used_at: Option<OffsetDateTime>,
    /// The name of the account that was made with it.
    pub(crate) used_by: Option<String>,
}

const COLUMNS: &str = "i.id, i.note, i.created_at, i.expires_at, i.used_at, u.username AS used_by";

impl Invitation {
    fn from_row(row: &tokio_postgres::Row) -> Self {
        Self {
            id: row.get("id"),
            note: row.get("note"),
            created_at: row.get("created_at"),
            expires_at: row.get("expires_at"),
            used_at: row.get("used_at"),
            used_by: row.get("used_by"),
        }
    }
}

impl Store {
    /// Makes an invitation that is good for so long.
    pub(crate) async fn invite(
        &self,
        actor: &User,
        code: &Token,
        note: Option<&str>,
        good_for: Duration,
    ) -> Result<Invitation, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "INSERT INTO invitations AS i (id, code_hash, note, created_by, expires_at) \
                   VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) \
                   RETURNING i.id, i.note, i.created_at, i.expires_at, i.used_at, NULL::text AS used_by";
        let (id, seconds) = (Uuid::now_v7(), good_for.as_secs_f64());
        let row = transaction.query_one(sql, &[&id, &code.hash(), &note, &actor.id.uuid(), &seconds]).await?;
        staff::note(&transaction, actor, "invited", None, &json!({"invitation": id, "note": note})).await?;
        transaction.commit().await?;
        Ok(Invitation::from_row(&row))
    }

    /// Invitations, the newest first, before one.
    pub(crate) async fn invitations(
        &self,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Invitation>, Error> {
        let connection = self.connection().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations i LEFT JOIN users u ON u.id = i.used_by \
             WHERE $1::uuid IS NULL OR i.id < $1 ORDER BY i.id DESC LIMIT $2"
        );
        let statement = connection.prepare_cached(&sql).await?;
        Ok(connection.query(&statement, &[&before, &limit]).await?.iter().map(Invitation::from_row).collect())
    }

    /// Takes an invitation back. Errors: there is none of that id that was not used.
    pub(crate) async fn take_back(&self, actor: &User, id: Uuid) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "DELETE FROM invitations WHERE id = $1 AND used_at IS NULL";
        if transaction.execute(sql, &[&id]).await? == 0 {
            return Err(Error::InvalidInvitation);
        }
        staff::note(&transaction, actor, "uninvited", None, &json!({"invitation": id})).await?;
        Ok(transaction.commit().await?)
    }
}
