//! Sign-ins as their owner sees them: families of `refresh_tokens`, and what ends them and the access tokens that are out.

use super::{
    Store, mails,
    users::{COLUMNS, User},
};
use crate::{error::Error, mail::Letter};
use streamly_domain::UserId;
use streamly_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

/// Most sign-ins that are listed, and most that an account may have (`sessions`).
pub(crate) const LISTED: u32 = 200;

/// One sign-in.
pub(crate) struct Listed {
    pub(crate) id: Uuid,
    pub(crate) user_agent: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) last_used_at: OffsetDateTime,
}

/// Voids all access tokens of a user that were signed until now; the moment from which on they are good, which is at most a second away
/// (tokens name whole seconds). A trigger writes the fact, and the relay tells Redis.
pub(super) async fn void_tokens(
    transaction: &Transaction<'_>,
    user: UserId,
) -> Result<OffsetDateTime, Error> {
    let sql = "UPDATE users SET tokens_void_before = greatest(date_trunc('second', clock_timestamp()), tokens_void_before) \
               + interval '1 s' WHERE id = $1 RETURNING tokens_void_before";
    Ok(transaction.query_one(sql, &[&user.uuid()]).await?.get(0))
}

/// Waits for a rotation of the family that is under way, and holds its lock until the transaction ends.
pub(super) async fn lock(transaction: &Transaction<'_>, family: Uuid) -> Result<(), Error> {
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))::text";
    transaction.query(sql, &[&family.to_string()]).await?;
    Ok(())
}

/// Waits for rotations of a user that are under way, and lets no further one begin until the transaction ends. Before a change of
/// the user's address, whose lock a rotation could wait for.
pub(super) async fn lock_all(transaction: &Transaction<'_>, user: UserId) -> Result<(), Error> {
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended(family::text, 0))::text FROM \
                (SELECT DISTINCT family FROM refresh_tokens WHERE user_id = $1 ORDER BY family) AS families";
    transaction.query(lock, &[&user.uuid()]).await?;
    Ok(())
}

/// Ends all families of a user but one; no token that is just being born survives.
pub(super) async fn end_all(
    transaction: &Transaction<'_>,
    user: UserId,
    except: Option<Uuid>,
) -> Result<u64, Error> {
    lock_all(transaction, user).await?;
    let delete = "DELETE FROM refresh_tokens WHERE user_id = $1 AND family IS DISTINCT FROM $2";
    Ok(transaction.execute(delete, &[&user.uuid(), &except]).await?)
}

impl Store {
    /// The user of an access token; none if there is none, or the token is void: signed at `iat` (Unix seconds) before that was, or of a
    /// sign-in that has ended.
    pub(crate) async fn caller(
        &self,
        user: UserId,
        iat: u64,
        session: Option<Uuid>,
    ) -> Result<Option<User>, Error> {
        let connection = self.connection().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM users WHERE id = $1 AND coalesce(tokens_void_before <= to_timestamp($2), true) \
             AND ($3::uuid IS NULL OR EXISTS (SELECT 1 FROM refresh_tokens WHERE family = $3))"
        );
        let statement = connection.prepare_cached(&sql).await?;
        let row = connection.query_opt(&statement, &[&user.uuid(), &(iat as f64), &session]).await?;
        Ok(row.as_ref().map(User::from_row))
    }

    /// A user's sign-ins, the last used first.
    pub(crate) async fn sessions(&self, user: UserId) -> Result<Vec<Listed>, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT family, user_agent, last_ip, started_at, created_at FROM refresh_tokens \
                   WHERE user_id = $1 AND successor IS NULL AND expires_at > now() ORDER BY created_at DESC LIMIT $2";
        let statement = connection.prepare_cached(sql).await?;
        let rows = connection.query(&statement, &[&user.uuid(), &i64::from(LISTED)]).await?;
        Ok(rows
            .iter()
            .map(|row| Listed {
                id: row.get("family"),
                user_agent: row.get("user_agent"),
                ip: row.get("last_ip"),
                started_at: row.get("started_at"),
                last_used_at: row.get("created_at"),
            })
            .collect())
    }

    /// Ends one sign-in of a user. Errors: the user has none of that id.
    pub(crate) async fn end_session(&self, user: UserId, session: Uuid) -> Result<OffsetDateTime, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let good_from = void_tokens(&transaction, user).await?;
        lock(&transaction, session).await?;
        let delete = "DELETE FROM refresh_tokens WHERE user_id = $1 AND family = $2";
        if transaction.execute(delete, &[&user.uuid(), &session]).await? == 0 {
            return Err(Error::SessionNotFound);
        }
        transaction.commit().await?;
        Ok(good_from)
    }

    /// Ends all sign-ins of a user but this one.
    pub(crate) async fn end_other_sessions(&self, user: UserId, but: Option<Uuid>) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        void_tokens(&transaction, user).await?;
        end_all(&transaction, user, but).await?;
        Ok(transaction.commit().await?)
    }

    /// Sets a password: all sign-ins but this one end, and all links. Gives the moment from which on access tokens are good.
    pub(crate) async fn set_password(
        &self,
        user: &User,
        hash: &str,
        session: Option<Uuid>,
        letter: &Letter,
    ) -> Result<OffsetDateTime, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let set = "UPDATE users SET password_hash = $2 WHERE id = $1";
        transaction.execute(set, &[&user.id.uuid(), &hash]).await?;
        super::links::end_all(&transaction, user.id).await?;
        if let Some(address) = &user.email {
            mails::put(&transaction, user.id, address, letter).await?;
        }
        let good_from = void_tokens(&transaction, user.id).await?;
        end_all(&transaction, user.id, session).await?;
        transaction.commit().await?;
        Ok(good_from)
    }

    /// The password was proved again in this sign-in. False: it has ended.
    pub(crate) async fn proved_again(&self, user: UserId, session: Uuid) -> Result<bool, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        lock(&transaction, session).await?;
        let update = "UPDATE refresh_tokens SET auth_time = now() WHERE user_id = $1 AND family = $2";
        let known = transaction.execute(update, &[&user.uuid(), &session]).await? > 0;
        transaction.commit().await?;
        Ok(known)
    }
}
