//! What staff does: roles, suspensions, invitations, mails read; each in one transaction with its row of `audit`.

use super::{
    Store, mails,
    mails::Mail,
    sessions,
    users::{COLUMNS, User},
};
use crate::{error::Error, mail::Letter};
use serde_json::{Value, json};
use streamly_domain::UserId;
use streamly_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

/// Held by whatever changes who is an admin: "admn".
const ADMINS_LOCK: i64 = 0x6164_6d6e;

/// An account as staff sees it.
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) suspended_at: Option<OffsetDateTime>,
    pub(crate) suspension_reason: Option<String>,
    /// When it is erased; it is closed.
    pub(crate) erase_at: Option<OffsetDateTime>,
}

/// A privileged act.
pub(crate) struct Act {
    pub(crate) id: Uuid,
    pub(crate) at: OffsetDateTime,
    pub(crate) actor_id: Uuid,
    pub(crate) actor_name: String,
    pub(crate) act: String,
    pub(crate) subject_id: Option<Uuid>,
    pub(crate) subject_name: Option<String>,
    pub(crate) detail: Value,
}

/// Which acts are asked for; whole names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ActFilter<'a> {
    pub(crate) act: Option<&'a str>,
    pub(crate) actor: Option<&'a str>,
    pub(crate) subject: Option<&'a str>,
}

/// Which accounts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    /// Those that are suspended.
    Suspended,
    /// Those with a role.
    Staff,
}

/// What is decided about an account, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ruling<'a> {
    /// It is suspended, for a reason that its owner reads.
    Suspend(&'a str),
    /// It is suspended no more, for a reason that stands in the log alone.
    Lift(Option<&'a str>),
}

impl<'a> Ruling<'a> {
    /// For what it suspends; none: it does not.
    pub(crate) fn suspends(self) -> Option<&'a str> {
        match self {
            Self::Suspend(reason) => Some(reason),
            Self::Lift(_) => None,
        }
    }
}

/// Held until the transaction ends by whatever changes who is an admin.
pub(super) async fn lock_admins(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.query("SELECT pg_advisory_xact_lock($1)::text", &[&ADMINS_LOCK]).await?;
    Ok(())
}

/// Errors: nobody who can sign in is an admin any more.
pub(super) async fn an_admin_is_left(transaction: &Transaction<'_>) -> Result<(), Error> {
    let left = "SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND suspended_at IS NULL AND closed_at IS NULL)";
    let left: bool = transaction.query_one(left, &[]).await?.get(0);
    if left { Ok(()) } else { Err(Error::LastAdmin) }
}

/// Writes an act down.
pub(super) async fn note(
    transaction: &Transaction<'_>,
    actor: &User,
    act: &str,
    subject: Option<(Uuid, &str)>,
    detail: &Value,
) -> Result<(), Error> {
    let sql = "INSERT INTO audit (id, actor_id, actor_name, act, subject_id, subject_name, detail) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = transaction.prepare_cached(sql).await?;
    let (id, name) = subject.unzip();
    transaction
        .execute(&statement, &[&Uuid::now_v7(), &actor.id.uuid(), &actor.username, &act, &id, &name, detail])
        .await?;
    Ok(())
}

impl Account {
    fn from_row(row: &tokio_postgres::Row) -> Self {
        Self {
            user: User::from_row(row),
            suspended_at: row.get("suspended_at"),
            suspension_reason: row.get("suspension_reason"),
            erase_at: row.get("erase_at"),
        }
    }
}

impl Store {
    /// Whether anybody is an admin.
    pub(crate) async fn has_admin(&self) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin')";
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.query_one(&statement, &[]).await?.get(0))
    }

    /// Makes a user the first admin. Errors: there is one.
    pub(crate) async fn make_first_admin(&self, user: &User) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        lock_admins(&transaction).await?;
        let sql = "UPDATE users SET role = 'admin' WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin')";
        if transaction.execute(sql, &[&user.id.uuid()]).await? == 0 {
            return Err(Error::AdminExists);
        }
        let subject = Some((user.id.uuid(), &*user.username));
        note(&transaction, user, "first_admin", subject, &json!({})).await?;
        Ok(transaction.commit().await?)
    }

    /// Gives a user a role. Errors: no such user; the last admin.
    pub(crate) async fn set_role(&self, actor: &User, id: Uuid, role: &str) -> Result<Account, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        lock_admins(&transaction).await?;
        let before = transaction
            .query_opt("SELECT role FROM users WHERE id = $1 AND deleted_at IS NULL", &[&id])
            .await?;
        let before: String = before.ok_or(Error::UserNotFound)?.get(0);
        let sql = format!(
            "UPDATE users SET role = $2 WHERE id = $1 RETURNING {COLUMNS}, suspended_at, suspension_reason, erase_at"
        );
        let account = Account::from_row(&transaction.query_one(&sql, &[&id, &role]).await?);
        if before == "admin" && role != "admin" {
            an_admin_is_left(&transaction).await?;
        }
        let (name, detail) = (&*account.user.username, json!({"from": before, "to": role}));
        note(&transaction, actor, "role_changed", Some((id, name)), &detail).await?;
        transaction.commit().await?;
        Ok(account)
    }

    /// Suspends an account, or ends that. Of a suspended one sign-ins end; its facts are written by a trigger. `may` refuses by role.
    pub(crate) async fn rule(
        &self,
        actor: &User,
        id: Uuid,
        ruling: Ruling<'_>,
        may: impl FnOnce(&User) -> Result<(), Error>,
        letter: impl FnOnce(&User) -> Letter,
    ) -> Result<Account, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        lock_admins(&transaction).await?;
        let find = format!("SELECT {COLUMNS} FROM users WHERE id = $1 AND deleted_at IS NULL");
        let before = transaction.query_opt(&find, &[&id]).await?.ok_or(Error::UserNotFound)?;
        let before = User::from_row(&before);
        may(&before)?;
        let sql = format!(
            "UPDATE users SET suspended_at = CASE WHEN $2::text IS NOT NULL THEN coalesce(suspended_at, now()) END, \
             suspension_reason = $2 WHERE id = $1 RETURNING {COLUMNS}, suspended_at, suspension_reason, erase_at"
        );
        let suspended_for = ruling.suspends();
        let mut account = Account::from_row(&transaction.query_one(&sql, &[&id, &suspended_for]).await?);
        if suspended_for.is_some() {
            // Afterwards, so that open pages hear first why. Tokens too that name a second to come, since others were voided just now.
            account.user.tokens_void_before = Some(sessions::void_tokens(&transaction, UserId(id)).await?);
            sessions::end_all(&transaction, UserId(id), None).await?;
        }
        let (act, reason) = match ruling {
            Ruling::Suspend(reason) => ("suspended", Some(reason)),
            // There is nothing to tell of.
            Ruling::Lift(_) if !before.suspended => {
                transaction.commit().await?;
                return Ok(account);
            }
            Ruling::Lift(reason) => ("unsuspended", reason),
        };
        if let Some(address) = &account.user.email {
            mails::put(&transaction, account.user.id, address, &letter(&account.user)).await?;
        }
        let name = &*account.user.username;
        note(&transaction, actor, act, Some((id, name)), &json!({"reason": reason})).await?;
        transaction.commit().await?;
        Ok(account)
    }

    /// Accounts whose name begins with `query`, or whose address it is; in the order of names, after one.
    pub(crate) async fn find_accounts(
        &self,
        query: &str,
        only: Option<Only>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Account>, Error> {
        let connection = self.connection().await?;
        let sql = format!(
            "SELECT {COLUMNS}, suspended_at, suspension_reason, erase_at FROM users WHERE (starts_with(username, $1) OR email = $1) \
             AND ($2::text IS NULL OR username > $2) AND deleted_at IS NULL AND {} ORDER BY username LIMIT $3",
            match only {
                None => "true",
                Some(Only::Suspended) => "suspended_at IS NOT NULL",
                Some(Only::Staff) => "role <> 'user'",
            }
        );
        let statement = connection.prepare_cached(&sql).await?;
        let rows = connection.query(&statement, &[&query, &after, &limit]).await?;
        Ok(rows.iter().map(Account::from_row).collect())
    }

    /// Privileged acts, the newest first, before one.
    pub(crate) async fn audit(
        &self,
        filter: &ActFilter<'_>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Act>, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT id, at, actor_id, actor_name, act, subject_id, subject_name, detail FROM audit \
                   WHERE ($1::uuid IS NULL OR id < $1) AND ($3::text IS NULL OR act = $3) \
                   AND ($4::text IS NULL OR actor_name = $4) AND ($5::text IS NULL OR subject_name = $5) ORDER BY id DESC LIMIT $2";
        let statement = connection.prepare_cached(sql).await?;
        let rows = connection
            .query(&statement, &[&before, &limit, &filter.act, &filter.actor, &filter.subject])
            .await?;
        Ok(rows
            .iter()
            .map(|row| Act {
                id: row.get("id"),
                at: row.get("at"),
                actor_id: row.get("actor_id"),
                actor_name: row.get("actor_name"),
                act: row.get("act"),
                subject_id: row.get("subject_id"),
                subject_name: row.get("subject_name"),
                detail: row.get("detail"),
            })
            .collect())
    }

    /// A mail with its text, which may hold a link: that it was read is written down.
    pub(crate) async fn read_mail(&self, actor: &User, id: Uuid) -> Result<Mail, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "SELECT id, kind, recipient, subject, body, attempts, created_at, sent_at, given_up_at, last_error, user_id \
                   FROM mails WHERE id = $1 AND subject IS NOT NULL";
        let row = transaction.query_opt(sql, &[&id]).await?.ok_or(Error::MailNotFound)?;
        let mail = Mail::from_row(&row);
        let subject = row.get::<_, Option<Uuid>>("user_id").map(|user| (user, &*mail.recipient));
        note(&transaction, actor, "mail_read", subject, &json!({"mail": id, "kind": mail.kind})).await?;
        transaction.commit().await?;
        Ok(mail)
    }
}
