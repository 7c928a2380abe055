//! The tables `passkeys` and `passkey_challenges`. A challenge is good once: whoever deletes its row has it.

use super::{
    Store, factors,
    users::{COLUMNS, User},
};
use crate::{error::Error, mail::Letter, webauthn::Made};
use sha2::{Digest, Sha256};
use std::time::Duration;
use streamly_domain::UserId;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// A passkey as its owner sees it, and as browsers are told of it.
#[derive(Debug)]
pub(crate) struct Passkey {
    pub(crate) id: Uuid,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) transports: Vec<String>,
    pub(crate) name: String,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_used_at: Option<OffsetDateTime>,
}

/// A passkey that answers, with whom it is.
pub(crate) struct Answering {
    pub(crate) id: Uuid,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: u32,
    pub(crate) user: User,
}

/// What a challenge was given out for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// A new passkey of this account.
    Register(UserId),
    /// A sign-in by whoever it is.
    SignIn,
}

impl Purpose {
    fn columns(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Register(user) => ("register", Some(user.uuid())),
            Self::SignIn => ("sign_in", None),
        }
    }
}

fn passkey(row: &Row) -> Passkey {
    Passkey {
        id: row.get("id"),
        credential_id: row.get("credential_id"),
        transports: row.get("transports"),
        name: row.get("name"),
        created_at: row.get("created_at"),
        last_used_at: row.get("last_used_at"),
    }
}

const PASSKEY: &str = "id, credential_id, transports, name, created_at, last_used_at";

impl Store {
    /// Keeps a challenge for so long.
    pub(crate) async fn put_challenge(
        &self,
        challenge: &[u8],
        purpose: Purpose,
        life: Duration,
    ) -> Result<(), Error> {
        let connection = self.connection().await?;
        let (name, user) = purpose.columns();
        let sql = "INSERT INTO passkey_challenges (challenge_hash, purpose, user_id, expires_at) \
                   VALUES ($1, $2, $3, now() + make_interval(secs => $4))";
        let statement = connection.prepare_cached(sql).await?;
        let hash = Sha256::digest(challenge).to_vec();
        connection.execute(&statement, &[&hash, &name, &user, &life.as_secs_f64()]).await?;
        Ok(())
    }

    /// Takes a challenge. False: it was not given out for this, is over, or was taken before.
    pub(crate) async fn take_challenge(&self, challenge: &[u8], purpose: Purpose) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let (name, user) = purpose.columns();
        let sql = "DELETE FROM passkey_challenges WHERE challenge_hash = $1 AND purpose = $2 \
                   AND user_id IS NOT DISTINCT FROM $3 AND expires_at > now()";
        let statement = connection.prepare_cached(sql).await?;
        let hash = Sha256::digest(challenge).to_vec();
        Ok(connection.execute(&statement, &[&hash, &name, &user]).await? > 0)
    }

    /// An account's passkeys, the oldest first.
    pub(crate) async fn passkeys(&self, user: UserId) -> Result<Vec<Passkey>, Error> {
        let connection = self.connection().await?;
        let sql = format!("SELECT {PASSKEY} FROM passkeys WHERE user_id = $1 ORDER BY created_at, id");
        let statement = connection.prepare_cached(&sql).await?;
        Ok(connection.query(&statement, &[&user.uuid()]).await?.iter().map(passkey).collect())
    }

    /// Adds a passkey, and codes where there are none; whether these were put. Errors: one too many; somebody has it.
    pub(crate) async fn add_passkey(
        &self,
        user: UserId,
        (made, transports, name): (&Made, &[String], &str),
        most: u32,
        codes: &[Vec<u8>],
        letter: &Letter,
    ) -> Result<(Passkey, bool), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let had = factors::lock(&transaction, user).await?;
        if had.passkeys >= i64::from(most) {
            return Err(Error::TooManyPasskeys);
        }
        let sql = format!(
            "INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, name) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credential_id) DO NOTHING RETURNING {PASSKEY}"
        );
        let (id, count) = (Uuid::now_v7(), i64::from(made.sign_count));
        let row = transaction
            .query_opt(
                &sql,
                &[&id, &user.uuid(), &made.credential_id, &made.public_key, &count, &transports, &name],
            )
            .await?
            .ok_or(Error::InvalidPasskey)?;
        let fresh = had.recovery_codes == 0;
        if fresh {
            factors::put_codes(&transaction, user, codes).await?;
        }
        factors::tell(&transaction, user, letter).await?;
        transaction.commit().await?;
        Ok((passkey(&row), fresh))
    }

    /// Names a passkey of an account anew.
    pub(crate) async fn rename_passkey(&self, user: UserId, id: Uuid, name: &str) -> Result<Passkey, Error> {
        let connection = self.connection().await?;
        let sql = format!("UPDATE passkeys SET name = $3 WHERE user_id = $1 AND id = $2 RETURNING {PASSKEY}");
        let row = connection.query_opt(&sql, &[&user.uuid(), &id, &name]).await?;
        row.as_ref().map(passkey).ok_or(Error::PasskeyNotFound)
    }

    /// Removes a passkey of an account.
    pub(crate) async fn remove_passkey(
        &self,
        user: UserId,
        id: Uuid,
        letter: impl FnOnce(&str) -> Letter,
    ) -> Result<(), Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        factors::lock(&transaction, user).await?;
        let sql = "DELETE FROM passkeys WHERE user_id = $1 AND id = $2 RETURNING name";
        let row = transaction.query_opt(sql, &[&user.uuid(), &id]).await?.ok_or(Error::PasskeyNotFound)?;
        factors::drop_codes_of_none(&transaction, user).await?;
        factors::tell(&transaction, user, &letter(row.get(0))).await?;
        Ok(transaction.commit().await?)
    }

    /// The passkey of a credential's id, with its account.
    pub(crate) async fn answering(&self, credential_id: &[u8]) -> Result<Option<Answering>, Error> {
        let connection = self.connection().await?;
        let sql = format!(
            "SELECT p.id AS passkey, p.public_key, p.sign_count, u.* FROM passkeys p \
             JOIN (SELECT {COLUMNS} FROM users) u ON u.id = p.user_id WHERE p.credential_id = $1"
        );
        let statement = connection.prepare_cached(&sql).await?;
        let row = connection.query_opt(&statement, &[&credential_id]).await?;
        Ok(row.map(|row| Answering {
            id: row.get("passkey"),
            public_key: row.get("public_key"),
            sign_count: u32::try_from(row.get::<_, i64>("sign_count")).unwrap_or(u32::MAX),
            user: User::from_row(&row),
        }))
    }

    /// Notes a good answer and its count. False: it is gone, or another answer counted as far meanwhile.
    pub(crate) async fn passkey_used(&self, id: Uuid, count: u32) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let sql = "UPDATE passkeys SET sign_count = $2, last_used_at = now() WHERE id = $1 \
                   AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))";
        let statement = connection.prepare_cached(sql).await?;
        Ok(connection.execute(&statement, &[&id, &i64::from(count)]).await? > 0)
    }
}
