//! Accounts that go: closed, taken back within their grace, erased after it. Each step is one transaction with its facts and mails.
//!
//! An erased account's row stays under a name that nobody can have had, without anything personal. What hangs on the row (`ON DELETE CASCADE`,
//! whatever the table) goes as if the row went.

use super::{
    Store, links, mails, outbox, sessions, staff,
    users::{COLUMNS, User, language_of},
};
use crate::{
    error::Error,
    mail::{Letter, Reader, Site},
    refresh::Token,
};
use serde_json::json;
use std::time::Duration;
use streamly_domain::{Language, UserId};
use streamly_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

/// The display name of an erased account.
const NOBODY: &str = "Deleted account";

/// For how long others are told again of an erased account, and how often. Redis keeps facts for days, not for weeks.
const TOLD_FOR: Duration = Duration::from_secs(30 * 86_400);
const TOLD_EVERY: Duration = Duration::from_secs(86_400);
/// Of how many at once.
const TOLD_AT_ONCE: i64 = 100;

impl Store {
    /// Closes an account until it is erased after `grace`. Sign-ins and links end; the mail's link takes it back. Errors: the last admin;
    /// an account without an address, which nobody could take back. Gives when it is erased, and from when on access tokens are good.
    pub(crate) async fn close(
        &self,
        user: &User,
        grace: Duration,
        token: &Token,
        letter: impl FnOnce(OffsetDateTime) -> Letter,
    ) -> Result<(OffsetDateTime, OffsetDateTime), Error> {
        let address = user.email.as_deref().ok_or(Error::Forbidden)?;
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        staff::lock_admins(&transaction).await?;
        let sql = "UPDATE users SET closed_at = now(), erase_at = now() + make_interval(secs => $2) \
                   WHERE id = $1 AND closed_at IS NULL RETURNING erase_at, role";
        let row = transaction.query_opt(sql, &[&user.id.uuid(), &grace.as_secs_f64()]).await?;
        let row = row.ok_or(Error::Closed)?;
        if row.get::<_, &str>("role") == "admin" {
            staff::an_admin_is_left(&transaction).await?;
        }
        let erase_at: OffsetDateTime = row.get("erase_at");
        links::end_all(&transaction, user.id).await?;
        links::put_for(&transaction, token, links::Purpose::Restore, user.id, address, grace).await?;
        mails::put(&transaction, user.id, address, &letter(erase_at)).await?;
        let good_from = sessions::void_tokens(&transaction, user.id).await?;
        sessions::end_all(&transaction, user.id, None).await?;
        transaction.commit().await?;
        Ok((erase_at, good_from))
    }

    /// Sends the link that takes a closed account back once more, good for what is left; the former ones stay good. Nothing, if it is not closed or
    /// the last one was sent within the hour.
    pub(crate) async fn tell_the_way_back(
        &self,
        user: &User,
        token: &Token,
        letter: impl FnOnce(OffsetDateTime) -> Letter,
    ) -> Result<(), Error> {
        let Some(address) = user.email.as_deref() else { return Ok(()) };
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "SELECT erase_at FROM users WHERE id = $1 AND closed_at IS NOT NULL AND deleted_at IS NULL AND erase_at > now() \
                   AND NOT EXISTS (SELECT FROM email_tokens WHERE user_id = $1 AND purpose = 'restore' AND created_at > now() - interval '1 hour')";
        let Some(row) = transaction.query_opt(sql, &[&user.id.uuid()]).await? else { return Ok(()) };
        let erase_at: OffsetDateTime = row.get(0);
        let left = Duration::try_from(erase_at - OffsetDateTime::now_utc()).unwrap_or_default();
        links::put_for(&transaction, token, links::Purpose::Restore, user.id, address, left).await?;
        mails::put(&transaction, user.id, address, &letter(erase_at)).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes a closed account back by its mail's link. `asked`: the language of whoever follows it.
    pub(crate) async fn restore(
        &self,
        token: &Token,
        site: &Site,
        asked: Option<Language>,
    ) -> Result<UserId, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let (user, address) = links::follow(&transaction, token, links::Purpose::Restore).await?;
        let sql = "UPDATE users SET closed_at = NULL, erase_at = NULL WHERE id = $1 AND closed_at IS NOT NULL \
                   AND deleted_at IS NULL RETURNING username, language";
        let row = transaction.query_opt(sql, &[&user.uuid()]).await?.ok_or(Error::InvalidLink)?;
        let to = Reader::new(row.get("username"), language_of(&row), asked);
        mails::put(&transaction, user, &address, &site.account_restored(to)).await?;
        transaction.commit().await?;
        Ok(user)
    }

    /// Erases one account whose grace is over; none waits: `None`. Several processes may do so at once.
    pub(crate) async fn erase_one(&self, site: &Site) -> Result<Option<UserId>, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM users WHERE erase_at <= now() AND deleted_at IS NULL ORDER BY erase_at LIMIT 1 FOR UPDATE SKIP LOCKED"
        );
        let Some(row) = transaction.query_opt(&sql, &[]).await? else { return Ok(None) };
        let user = User::from_row(&row);
        erase_what_hangs_on(&transaction, user.id.uuid()).await?;
        let sql = "DELETE FROM mails WHERE user_id = $1 OR recipient = $2";
        transaction.execute(sql, &[&user.id.uuid(), &user.email]).await?;
        // Of a mail that was read the log has the address.
        let sql = "UPDATE audit SET subject_name = $2 WHERE subject_id = $1 AND act = 'mail_read'";
        transaction.execute(sql, &[&user.id.uuid(), &user.username]).await?;
        let sql = "UPDATE users SET username = $2, display_name = $3, email = NULL, email_verified_at = NULL, password_hash = '', \
                   role = 'user', language = NULL, suspension_reason = NULL, deleted_at = now(), deletion_told_at = now() WHERE id = $1";
        transaction.execute(sql, &[&user.id.uuid(), &nobodys_name(user.id.uuid()), &NOBODY]).await?;
        outbox::put(&transaction, "user.deleted", user.id, &json!({"username": user.username})).await?;
        if let Some(address) = &user.email {
            mails::put_to(&transaction, None, address, &site.account_erased(user.reader(None))).await?;
        }
        transaction.commit().await?;
        Ok(Some(user.id))
    }
}

impl Store {
    /// Tells once more of accounts that were erased lately: a service that lost its place among the facts must not keep what it has of them.
    /// How many were told of.
    pub(crate) async fn tell_deletions_again(&self) -> Result<u64, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "UPDATE users SET deletion_told_at = now() WHERE id IN (SELECT id FROM users WHERE deleted_at > now() - make_interval(secs => $1) \
                   AND deletion_told_at < now() - make_interval(secs => $2) LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id, username";
        let (during, every) = (TOLD_FOR.as_secs_f64(), TOLD_EVERY.as_secs_f64());
        let rows = transaction.query(sql, &[&during, &every, &TOLD_AT_ONCE]).await?;
        for row in &rows {
            let fact = json!({"username": row.get::<_, String>("username")});
            outbox::put(&transaction, "user.deleted", UserId(row.get("id")), &fact).await?;
        }
        transaction.commit().await?;
        Ok(rows.len() as u64)
    }
}

/// 25 characters of a user name: the prefix is reserved (`domain`), and the digits are the id's random ones.
fn nobodys_name(id: Uuid) -> String {
    let digits = id.simple().to_string();
    format!("gone_{}", &digits[digits.len() - 20..])
}

async fn erase_what_hangs_on(transaction: &Transaction<'_>, id: Uuid) -> Result<(), Error> {
    let sql = "SELECT c.conrelid::regclass::text, quote_ident(a.attname) FROM pg_constraint c \
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] \
               WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND c.confdeltype = 'c' AND cardinality(c.conkey) = 1";
    for row in transaction.query(sql, &[]).await? {
        // Both names are quoted by PostgreSQL.
        let (table, column): (&str, &str) = (row.get(0), row.get(1));
        transaction.execute(&format!("DELETE FROM {table} WHERE {column} = $1"), &[&id]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_domain::Username;

    #[test]
    fn the_name_of_an_erased_account_is_one_that_a_table_takes_and_nobody_can_register() {
        let name = Username::parse(&nobodys_name(Uuid::now_v7())).unwrap();
        assert!(name.is_reserved(), "{name}");
    }
}
