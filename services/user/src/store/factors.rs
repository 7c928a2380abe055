//! The tables `totp` and `recovery_codes`: an account's app and its sheet of codes, and the reset of all that an account has. Secrets come here
//! sealed, codes as hashes.
//!
//! Whoever adds or removes a factor holds the account's row, so that of two at once the second sees the first.

use super::{
    Store, mails, sessions, staff,
    users::{COLUMNS, User},
};
use crate::{error::Error, mail::Letter};
use serde_json::json;
use std::time::Duration;
use streamly_domain::UserId;
use streamly_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

/// How long a new app may take to show its first code.
const PENDING: Duration = Duration::from_secs(3_600);

/// What a reset takes: the factors, and what was begun with one.
const TAKEN: [&str; 6] =
    ["totp", "passkeys", "recovery_codes", "passkey_challenges", "second_steps", "wrong_second_factors"];

/// The second factors of an account.
#[derive(Debug)]
pub(crate) struct Factors {
    /// Since when there is an app.
    pub(crate) totp_since: Option<OffsetDateTime>,
    /// Recovery codes that are good still.
    pub(crate) recovery_codes: i64,
    pub(crate) passkeys: i64,
}

impl Factors {
    /// Whether a password alone signs nobody in.
    pub(crate) fn any(&self) -> bool {
        self.totp_since.is_some() || self.passkeys > 0
    }
}

const FACTORS: &str = "SELECT (SELECT confirmed_at FROM totp WHERE user_id = $1) AS totp_since, \
                       (SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL) AS recovery_codes, \
                       (SELECT count(*) FROM passkeys WHERE user_id = $1) AS passkeys";

/// Holds the account's row until the transaction ends, then looks.
pub(super) async fn lock(transaction: &Transaction<'_>, user: UserId) -> Result<Factors, Error> {
    let sql = "SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE";
    transaction.query_opt(sql, &[&user.uuid()]).await?.ok_or(Error::Unauthenticated)?;
    Ok(from_row(&transaction.query_one(FACTORS, &[&user.uuid()]).await?))
}

fn from_row(row: &tokio_postgres::Row) -> Factors {
    Factors {
        totp_since: row.get("totp_since"),
        recovery_codes: row.get("recovery_codes"),
        passkeys: row.get("passkeys"),
    }
}

/// Puts a new sheet of codes in the place of the old one.
pub(super) async fn put_codes(
    transaction: &Transaction<'_>,
    user: UserId,
    codes: &[Vec<u8>],
) -> Result<(), Error> {
    transaction.execute("DELETE FROM recovery_codes WHERE user_id = $1", &[&user.uuid()]).await?;
    let sql = "INSERT INTO recovery_codes (user_id, code_hash) SELECT $1, unnest($2::bytea[])";
    transaction.execute(sql, &[&user.uuid(), &codes]).await?;
    Ok(())
}

/// Without any other factor the codes are for nothing.
pub(super) async fn drop_codes_of_none(transaction: &Transaction<'_>, user: UserId) -> Result<(), Error> {
    let sql = "DELETE FROM recovery_codes WHERE user_id = $1 AND NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1) \
               AND NOT EXISTS (SELECT 1 FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL)";
    transaction.execute(sql, &[&user.uuid()]).await?;
    Ok(())
}

/// Tells the account's owner, if there is an address.
pub(super) async fn tell(transaction: &Transaction<'_>, user: UserId, letter: &Letter) -> Result<(), Error> {
    let row = transaction.query_one("SELECT email FROM users WHERE id = $1", &[&user.uuid()]).await?;
    match row.get::<_, Option<String>>(0) {
        Some(address) => mails::put(transaction, user, &address, letter).await,
        None => Ok(()),
    }
}

impl Store {
    /// What an account has.
    pub(crate) async fn factors(&self, user: UserId) -> Result<Factors, Error> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(FACTORS).await?;
        Ok(from_row(&connection.query_one(&statement, &[&user.uuid()]).await?))
    }

    /// Keeps the secret of an app that has shown no code yet, in the place of one that never did. Errors: there is an app.
    pub(crate) async fn begin_totp(&self, user: UserId, sealed: &[u8]) -> Result<(), Error> {
        let connection = self.connection().await?;
        let sql = "INSERT INTO totp (user_id, sealed) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE \
                   SET sealed = excluded.sealed, created_at = now(), last_step = 0 WHERE totp.confirmed_at IS NULL";
        let statement = connection.prepare_cached(sql).await?;
        let rows = connection.execute(&statement, &[&user.uuid(), &sealed]).await?;
        if rows == 0 { Err(Error::TotpExists) } else { Ok(()) }
    }

    /// The sealed secret of an account's app, confirmed or (for an hour) to be.
    pub(crate) async fn totp(&self, user: UserId, confirmed: bool) -> Result<Option<Vec<u8>>, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT sealed FROM totp WHERE user_id = $1 AND (confirmed_at IS NOT NULL) = $2 \
                   AND (confirmed_at IS NOT NULL OR created_at > now() - make_interval(secs => $3))";
        let statement = connection.prepare_cached(sql).await?;
        let row =
            connection.query_opt(&statement, &[&user.uuid(), &confirmed, &PENDING.as_secs_f64()]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    /// From now on the app's codes are asked for. Whether the codes were put, which happens where there are none. Errors: another secret
    /// took this one's place.
    pub(crate) async fn confirm_totp(
        &self,
        user: UserId,
        (sealed, step): (&[u8], i64),
        codes: &[Vec<u8>],
        letter: &Letter,
    ) -> Result<bool, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let factors = lock(&transaction, user).await?;
        let sql = "UPDATE totp SET confirmed_at = now(), last_step = $3 WHERE user_id = $1 AND sealed = $2 AND confirmed_at IS NULL";
        if transaction.execute(sql, &[&user.uuid(), &sealed, &step]).await? == 0 {
            return Err(Error::WrongFactor);
        }
        let fresh = factors.recovery_codes == 0;
        if fresh {
            put_codes(&transaction, user, codes).await?;
        }
        tell(&transaction, user, letter).await?;
        transaction.commit().await?;
        Ok(fresh)
    }

    /// Takes a code's step. False: it, or a later one, was taken before.
    pub(crate) async fn take_totp_step(&self, user: UserId, step: i64) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let sql = "UPDATE totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL";
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.execute(&statement, &[&user.uuid(), &step]).await? > 0)
    }

    /// Takes a recovery code, and tells the owner. False: it is unknown, or was taken before.
    pub(crate) async fn take_recovery_code(
        &self,
        user: UserId,
        hash: &[u8],
        letter: impl FnOnce(i64) -> Letter,
    ) -> Result<bool, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "UPDATE recovery_codes SET used_at = now() WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL";
        if transaction.execute(sql, &[&user.uuid(), &hash]).await? == 0 {
            return Ok(false);
        }
        let left = from_row(&transaction.query_one(FACTORS, &[&user.uuid()]).await?).recovery_codes;
        tell(&transaction, user, &letter(left)).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A new sheet of codes. Errors: there is no factor that they could stand in for.
    pub(crate) async fn renew_codes(
        &self,
        user: UserId,
        codes: &[Vec<u8>],
        letter: &Letter,
    ) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        if !lock(&transaction, user).await?.any() {
            return Err(Error::NoSecondFactor);
        }
        put_codes(&transaction, user, codes).await?;
        tell(&transaction, user, letter).await?;
        Ok(transaction.commit().await?)
    }

    /// Removes the app, whether or not it was confirmed; only of a confirmed one the owner is told. False: there was none.
    pub(crate) async fn remove_totp(&self, user: UserId, letter: &Letter) -> Result<bool, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let had = lock(&transaction, user).await?.totp_since.is_some();
        transaction.execute("DELETE FROM totp WHERE user_id = $1", &[&user.uuid()]).await?;
        if had {
            drop_codes_of_none(&transaction, user).await?;
            tell(&transaction, user, letter).await?;
        }
        transaction.commit().await?;
        Ok(had)
    }

    /// Takes all second factors from an account, for a reason that stands in the log alone. Its sign-ins end and its access tokens are void, as
    /// after a new password. Errors: no such user; none of them.
    pub(crate) async fn reset_second_factor(
        &self,
        actor: &User,
        id: Uuid,
        reason: &str,
        letter: impl FnOnce(&User) -> Letter,
    ) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql =
            format!("SELECT {COLUMNS} FROM users WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE");
        let row = transaction.query_opt(&sql, &[&id]).await?.ok_or(Error::UserNotFound)?;
        let subject = User::from_row(&row);
        let had = from_row(&transaction.query_one(FACTORS, &[&id]).await?);
        if !had.any() {
            return Err(Error::NoSecondFactor);
        }
        for table in TAKEN {
            transaction.execute(&format!("DELETE FROM {table} WHERE user_id = $1"), &[&id]).await?;
        }
        sessions::void_tokens(&transaction, subject.id).await?;
        sessions::end_all(&transaction, subject.id, None).await?;
        if let Some(address) = &subject.email {
            mails::put(&transaction, subject.id, address, &letter(&subject)).await?;
        }
        let detail = json!({"reason": reason, "totp": had.totp_since.is_some(), "passkeys": had.passkeys});
        let whom = Some((id, &*subject.username));
        staff::note(&transaction, actor, "user.second_factor_reset", whom, &detail).await?;
        Ok(transaction.commit().await?)
    }
}
