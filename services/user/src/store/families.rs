//! The table `refresh_tokens`: sign-ins as families of tokens that replace one another.
//!
//! All changes of one family queue behind an advisory lock, so that the end of a family cannot miss a token that is just being
//! born. A token presented within [`GRACE`] of its replacement gets the family's current token, which is its same successor
//! unless that was itself replaced in these seconds; presented later it ends the family, and voids the access tokens of its user.

use super::{
    Store, browsers, mails, sessions,
    users::{COLUMNS, User},
};
use crate::{
    error::Error,
    mail::Letter,
    refresh::{GRACE, LIFETIME, Successors, Token},
};
use streamly_domain::{Language, UserId};
use streamly_postgres::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

/// Replacements within one grace that are followed; more is a machine gone wild and ends in 401.
const MAX_STEPS: usize = 64;
/// Most families that end because of one that begins. An account from before they were bounded may have very many, and each is a lock.
const ENDED_AT_ONCE: i64 = 20;

/// Who presents a token, for the list of sign-ins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Device {
    /// `User-Agent`, at most 200 characters.
    pub(crate) user_agent: Option<String>,
    /// Its address.
    pub(crate) ip: String,
    /// The language that its `Accept-Language` wants most, of those that there are.
    pub(crate) language: Option<Language>,
    /// What the browser was given at its first sign-in.
    pub(crate) browser: Option<Token>,
}

/// A sign-in that begins.
pub(crate) struct SignIn<'a> {
    pub(crate) user: &'a User,
    /// The password hash that was proved; if it is another one by now, nobody is signed in. None: a passkey was, which needs no password.
    pub(crate) proved: Option<&'a str>,
    pub(crate) session: Uuid,
    pub(crate) token: &'a Token,
    pub(crate) device: &'a Device,
    /// What the browser is known by from now on.
    pub(crate) browser: &'a Token,
    /// Sent when the account has not seen this browser or network, but others.
    pub(crate) notice: Option<Letter>,
    /// So many of the account's sign-ins stay, this one with them.
    pub(crate) most: u32,
}

/// A good refresh.
pub(crate) struct Refreshed {
    pub(crate) token: Token,
    pub(crate) user: User,
    /// When the password was proved.
    pub(crate) auth_time: OffsetDateTime,
    /// The family.
    pub(crate) session: Uuid,
}

/// What came of a presented token.
pub(crate) enum Outcome {
    /// Here is the next.
    Refreshed(Box<Refreshed>),
    /// Unknown, expired, or of an ended family.
    Unknown,
    /// Used again after the grace: its family was ended now, and the access tokens that are out are void.
    Reused { user: UserId, family: Uuid },
}

struct Presented {
    successor: Option<Vec<u8>>,
    expired: bool,
    /// Replaced longer ago than the grace.
    stale: bool,
    auth_time: OffsetDateTime,
    user: UserId,
}

impl Store {
    /// Starts a family at a sign-in; `auth_time` is now. Errors: the password was changed since it was proved, or the account was suspended or closed.
    pub(crate) async fn sign_in(&self, new: SignIn<'_>) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        // The share lock: a change of the password either sees this family and ends it, or is seen here.
        let sql = "INSERT INTO refresh_tokens (token_hash, family, user_id, auth_time, expires_at, user_agent, last_ip) \
                   SELECT $1, $2, id, now(), $5, $6, $7 FROM users \
                   WHERE id = $3 AND ($4::text IS NULL OR password_hash = $4) AND suspended_at IS NULL AND closed_at IS NULL FOR SHARE";
        let statement = transaction.prepare_cached(sql).await?;
        let (user, hash) = (new.user.id.uuid(), new.token.hash());
        let expires = OffsetDateTime::now_utc() + LIFETIME;
        let device = new.device;
        let rows = transaction
            .execute(
                &statement,
                &[&hash, &new.session, &user, &new.proved, &expires, &device.user_agent, &device.ip],
            )
            .await?;
        if rows == 0 {
            return Err(Error::InvalidCredentials);
        }
        end_oldest(&transaction, new.user.id, new.session, new.most).await?;
        let is_new = browsers::seen(&transaction, new.user.id, device, new.browser, new.most).await?;
        if let (true, Some(letter), Some(address)) = (is_new, &new.notice, &new.user.email) {
            mails::put(&transaction, new.user.id, address, letter).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Replaces a token, or finds out that it must not be. A suspended user's families end.
    pub(crate) async fn rotate(
        &self,
        token: &Token,
        successors: &Successors,
        device: &Device,
    ) -> Result<Outcome, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let Some(family) = lock_family(&transaction, token).await? else { return Ok(Outcome::Unknown) };
        let mut current = token.clone();
        let mut row = presented(&transaction, &current).await?;
        if let Some(found) = row.as_ref().filter(|r| r.stale) {
            let user = found.user;
            // Begun anew: elsewhere the row of the user is locked before its families.
            transaction.rollback().await?;
            let transaction = connection.transaction().await?;
            // Whoever has a copy has access tokens, too.
            sessions::void_tokens(&transaction, user).await?;
            sessions::lock(&transaction, family).await?;
            if end(&transaction, family).await? == 0 {
                // Somebody else ended it meanwhile: nothing is voided twice.
                return Ok(Outcome::Unknown);
            }
            transaction.commit().await?;
            return Ok(Outcome::Reused { user, family });
        }
        let replaced = row.as_ref().is_some_and(|r| r.successor.is_some());
        for _ in 0..MAX_STEPS {
            let Some(next) = row.as_ref().and_then(|r| r.successor.clone()) else { break };
            // Its signing key is gone since then: the successor cannot be known again.
            let Some(known) = successors.find(&current, &next) else {
                row = None;
                break;
            };
            current = known;
            row = presented(&transaction, &current).await?;
        }
        let Some(found) = row.filter(|r| !r.expired && r.successor.is_none()) else {
            return Ok(Outcome::Unknown);
        };
        let user = user_of(&transaction, found.user).await?;
        if let Some(barred) = user.barred() {
            end(&transaction, family).await?;
            transaction.commit().await?;
            return Err(barred);
        }
        if !replaced {
            let next = successors.of(&current);
            replace(&transaction, family, &current, &next, &found, device).await?;
            current = next;
        }
        transaction.commit().await?;
        Ok(Outcome::Refreshed(Box::new(Refreshed {
            token: current,
            user,
            auth_time: found.auth_time,
            session: family,
        })))
    }

    /// The family that a renewal by this token would make longer; none where it writes nothing: the token is unknown, or was replaced already.
    pub(crate) async fn grows(&self, token: &Token) -> Result<Option<Uuid>, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT family FROM refresh_tokens WHERE token_hash = $1 AND successor IS NULL";
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.query_opt(&statement, &[&token.hash()]).await?.map(|row| row.get(0)))
    }

    /// Ends the family of a token, if there is one.
    pub(crate) async fn sign_out(&self, token: &Token) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        if let Some(family) = lock_family(&transaction, token).await? {
            end(&transaction, family).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Finds the token's family and holds its lock until the transaction ends.
async fn lock_family(transaction: &Transaction<'_>, token: &Token) -> Result<Option<Uuid>, Error> {
    let statement = transaction
        .prepare_cached(
            "SELECT family, pg_advisory_xact_lock(hashtextextended(family::text, 0))::text \
             FROM refresh_tokens WHERE token_hash = $1",
        )
        .await?;
    Ok(transaction.query_opt(&statement, &[&token.hash()]).await?.map(|row| row.get(0)))
}

async fn presented(transaction: &Transaction<'_>, token: &Token) -> Result<Option<Presented>, Error> {
    let statement = transaction
        .prepare_cached(
            "SELECT successor, expires_at <= clock_timestamp() AS expired, auth_time, user_id, \
             coalesce(replaced_at < clock_timestamp() - make_interval(secs => $2), false) AS stale \
             FROM refresh_tokens WHERE token_hash = $1",
        )
        .await?;
    let row = transaction.query_opt(&statement, &[&token.hash(), &GRACE.as_seconds_f64()]).await?;
    Ok(row.map(|row| Presented {
        successor: row.get("successor"),
        expired: row.get("expired"),
        stale: row.get("stale"),
        auth_time: row.get("auth_time"),
        user: UserId(row.get("user_id")),
    }))
}

async fn user_of(transaction: &Transaction<'_>, id: UserId) -> Result<User, Error> {
    let statement = transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM users WHERE id = $1")).await?;
    Ok(User::from_row(&transaction.query_one(&statement, &[&id.uuid()]).await?))
}

async fn replace(
    transaction: &Transaction<'_>,
    family: Uuid,
    old: &Token,
    new: &Token,
    row: &Presented,
    device: &Device,
) -> Result<(), Error> {
    let insert = transaction
        .prepare_cached(
            "INSERT INTO refresh_tokens (token_hash, family, user_id, auth_time, expires_at, user_agent, last_ip, started_at) \
             SELECT $1, $2, $3, $4, $5, $6, $7, min(started_at) FROM refresh_tokens WHERE family = $2",
        )
        .await?;
    let expires = OffsetDateTime::now_utc() + LIFETIME;
    let user = row.user.uuid();
    transaction
        .execute(
            &insert,
            &[&new.hash(), &family, &user, &row.auth_time, &expires, &device.user_agent, &device.ip],
        )
        .await?;
    let update = transaction
        .prepare_cached(
            "UPDATE refresh_tokens SET successor = $2, replaced_at = clock_timestamp() WHERE token_hash = $1",
        )
        .await?;
    transaction.execute(&update, &[&old.hash(), &new.hash()]).await?;
    Ok(())
}

/// Ends those families of a user that were used longest ago, beyond `most` with the one that begins, some at a time. One that is locked
/// stays until another begins: it is just being renewed, or ends anyway; and whoever waited here could wait for who waits for the user's row.
async fn end_oldest(
    transaction: &Transaction<'_>,
    user: UserId,
    begins: Uuid,
    most: u32,
) -> Result<(), Error> {
    let sql = "SELECT family FROM (SELECT family FROM refresh_tokens WHERE user_id = $1 AND family <> $2 \
               AND successor IS NULL AND expires_at > now() ORDER BY created_at DESC, family DESC OFFSET $3 LIMIT $4) AS oldest \
               WHERE pg_try_advisory_xact_lock(hashtextextended(family::text, 0))";
    let statement = transaction.prepare_cached(sql).await?;
    let others = i64::from(most.saturating_sub(1));
    let rows = transaction.query(&statement, &[&user.uuid(), &begins, &others, &ENDED_AT_ONCE]).await?;
    let oldest: Vec<Uuid> = rows.iter().map(|row| row.get("family")).collect();
    if !oldest.is_empty() {
        // Apart from the look, so that no token is missed that was born before its family was locked.
        transaction.execute("DELETE FROM refresh_tokens WHERE family = ANY($1)", &[&oldest]).await?;
    }
    Ok(())
}

/// Ends a family whose lock is held; how many tokens it had, none if it had ended.
async fn end(transaction: &Transaction<'_>, family: Uuid) -> Result<u64, Error> {
    Ok(transaction.execute("DELETE FROM refresh_tokens WHERE family = $1", &[&family]).await?)
}
