//! The table `email_tokens`: links in mails. Each is good once; a change of what it was sent for ends it.
//!
//! A token is found by its SHA-256, so that the time of a look-up tells nothing of it.

use super::{
    Store, mails, sessions,
    users::{User, language_of, taken},
};
use crate::{
    error::Error,
    mail::{Letter, Reader, Site},
    refresh::Token,
};
use std::time::Duration;
use streamly_domain::{Language, UserId};
use streamly_postgres::Transaction;

/// What following a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Says that the account's address is its owner's.
    Verify,
    /// Lets a new password be chosen.
    Reset,
    /// Gives the account another address.
    Change,
    /// Gives it its former address back.
    Revert,
    /// Takes a closed account back.
    Restore,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::Change => "change",
            Self::Revert => "revert",
            Self::Restore => "restore",
        }
    }
    /// For how long it is good; the mails say so, too.
    fn life(self) -> Duration {
        let hours = match self {
            // Those that give no time of their own.
            Self::Verify | Self::Revert | Self::Restore => 72,
            Self::Reset => 1,
            Self::Change => 24,
        };
        Duration::from_secs(hours * 3_600)
    }
}

/// Adds a link to a transaction.
pub(super) async fn put(
    transaction: &Transaction<'_>,
    token: &Token,
    purpose: Purpose,
    user: UserId,
    address: &str,
) -> Result<(), Error> {
    put_for(transaction, token, purpose, user, address, purpose.life()).await
}

/// The same, good for a time of its own.
pub(super) async fn put_for(
    transaction: &Transaction<'_>,
    token: &Token,
    purpose: Purpose,
    user: UserId,
    address: &str,
    life: Duration,
) -> Result<(), Error> {
    let sql = "INSERT INTO email_tokens (token_hash, purpose, user_id, address, expires_at) \
               VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))";
    let statement = transaction.prepare_cached(sql).await?;
    let user = user.uuid();
    transaction
        .execute(&statement, &[&token.hash(), &purpose.name(), &user, &address, &life.as_secs_f64()])
        .await?;
    Ok(())
}

/// Ends all links of an account but those that take it back: who closed it may choose another password before following that, and whoever
/// broke in and gave it another address must not end what its owner has in the mail about that.
pub(super) async fn end_all(transaction: &Transaction<'_>, user: UserId) -> Result<(), Error> {
    transaction
        .execute(
            "DELETE FROM email_tokens WHERE user_id = $1 AND purpose NOT IN ('restore', 'revert')",
            &[&user.uuid()],
        )
        .await?;
    Ok(())
}

const USE: &str = "UPDATE email_tokens SET used_at = now() WHERE token_hash = $1 AND purpose = ANY($2) \
                   AND used_at IS NULL AND expires_at > now() RETURNING purpose, user_id, address";

/// Uses a link of one purpose up: whose it is, and where it was sent. Errors: it is unknown, used or over.
pub(super) async fn follow(
    transaction: &Transaction<'_>,
    token: &Token,
    purpose: Purpose,
) -> Result<(UserId, String), Error> {
    let purposes = [purpose.name()];
    let used =
        transaction.query_opt(USE, &[&token.hash(), &&purposes[..]]).await?.ok_or(Error::InvalidLink)?;
    Ok((UserId(used.get("user_id")), used.get("address")))
}

impl Store {
    /// Sends a link that confirms an account's present address.
    pub(crate) async fn ask_to_verify(
        &self,
        user: UserId,
        address: &str,
        token: &Token,
        letter: &Letter,
    ) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        put(&transaction, token, Purpose::Verify, user, address).await?;
        mails::put(&transaction, user, address, letter).await?;
        Ok(transaction.commit().await?)
    }

    /// Sends a link to the address that an account is to have, and a notice to the one that it has. An address that has an account gets
    /// a mail about that instead; the caller is told nothing of it. `asked`: the caller's language where the reader did not say one.
    pub(crate) async fn ask_to_change(
        &self,
        user: &User,
        new: &str,
        token: &Token,
        site: &Site,
        asked: Option<Language>,
    ) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let find = "SELECT id, username, language FROM users WHERE email = $1";
        let owner = transaction.query_opt(find, &[&new]).await?;
        // Written in both cases, sent in one: as much work for each, so that the time tells nothing either.
        put(&transaction, token, Purpose::Change, user.id, new).await?;
        match owner {
            Some(row) => {
                let letter = site.has_account(Reader::new(row.get("username"), language_of(&row), asked));
                mails::put(&transaction, UserId(row.get("id")), new, &letter).await?;
            }
            None => {
                let letter = site.confirm_change(user.reader(asked), token);
                mails::put(&transaction, user.id, new, &letter).await?;
            }
        }
        if let Some(old) = &user.email {
            mails::put(&transaction, user.id, old, &site.change_asked(user.reader(asked))).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Does what the link of a confirmation is for. `back`: the token with which the former address can be taken back; `asked`: the language of
    /// whoever follows it.
    pub(crate) async fn confirm(
        &self,
        token: &Token,
        back: &Token,
        site: &Site,
        asked: Option<Language>,
    ) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let purposes = [Purpose::Verify, Purpose::Change, Purpose::Revert].map(Purpose::name);
        let used =
            transaction.query_opt(USE, &[&token.hash(), &&purposes[..]]).await?.ok_or(Error::InvalidLink)?;
        let (user, address) = (UserId(used.get("user_id")), used.get::<_, String>("address"));
        let purpose: &str = used.get("purpose");
        if purpose == Purpose::Revert.name() {
            sessions::lock_all(&transaction, user).await?;
        }
        let find = "SELECT username, email, email_verified_at IS NOT NULL AS verified, language FROM users WHERE id = $1 FOR NO KEY UPDATE";
        let row = transaction.query_one(find, &[&user.uuid()]).await?;
        let (username, old, verified): (String, Option<String>, bool) = (row.get(0), row.get(1), row.get(2));
        if purpose == Purpose::Verify.name() && old.as_ref() != Some(&address) {
            return Err(Error::InvalidLink);
        }
        let set = "UPDATE users SET email = $2, email_verified_at = now() WHERE id = $1";
        transaction.execute(set, &[&user.uuid(), &address]).await.map_err(taken)?;
        if purpose == Purpose::Revert.name() {
            // Whoever took the address away may have closed the account too.
            let open =
                "UPDATE users SET closed_at = NULL, erase_at = NULL WHERE id = $1 AND deleted_at IS NULL";
            transaction.execute(open, &[&user.uuid()]).await?;
        }
        if purpose == Purpose::Change.name() {
            // What was sent to the former address counts no more.
            end_all(&transaction, user).await?;
            if let Some(old) = old {
                if verified {
                    put(&transaction, back, Purpose::Revert, user, &old).await?;
                }
                let to = Reader::new(&username, language_of(&row), asked);
                let letter = site.address_changed(to, verified.then_some(back));
                mails::put(&transaction, user, &old, &letter).await?;
            }
        } else if purpose == Purpose::Revert.name() {
            // Others' too: whoever broke in may have had addresses of their own in between.
            transaction.execute("DELETE FROM email_tokens WHERE user_id = $1", &[&user.uuid()]).await?;
            sessions::void_tokens(&transaction, user).await?;
            sessions::end_all(&transaction, user, None).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Whether a link to a new password is good still: asked before the hash is made.
    pub(crate) async fn is_reset(&self, token: &Token) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let sql = "SELECT EXISTS (SELECT 1 FROM email_tokens WHERE token_hash = $1 AND purpose = 'reset' \
                   AND used_at IS NULL AND expires_at > now())";
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.query_one(&statement, &[&token.hash()]).await?.get(0))
    }

    /// Sets a password by a link: all sign-ins and links end. The address that the link was sent to is its owner's.
    pub(crate) async fn reset_password(
        &self,
        token: &Token,
        hash: &str,
        site: &Site,
        asked: Option<Language>,
    ) -> Result<UserId, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let purposes = [Purpose::Reset.name()];
        let used =
            transaction.query_opt(USE, &[&token.hash(), &&purposes[..]]).await?.ok_or(Error::InvalidLink)?;
        let (user, address) = (UserId(used.get("user_id")), used.get::<_, String>("address"));
        let set = "UPDATE users SET password_hash = $3, email_verified_at = coalesce(email_verified_at, now()) \
                   WHERE id = $1 AND email = $2 RETURNING username, language";
        let row =
            transaction.query_opt(set, &[&user.uuid(), &address, &hash]).await?.ok_or(Error::InvalidLink)?;
        let to = Reader::new(row.get("username"), language_of(&row), asked);
        mails::put(&transaction, user, &address, &site.password_changed(to)).await?;
        end_all(&transaction, user).await?;
        sessions::void_tokens(&transaction, user).await?;
        sessions::end_all(&transaction, user, None).await?;
        transaction.commit().await?;
        Ok(user)
    }
}
