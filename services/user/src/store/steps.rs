//! The table `second_steps`: proofs of a password that wait for a second factor. Bounded in time and tries, good once.

use super::{
    Store, mails,
    users::{COLUMNS, User},
};
use crate::{error::Error, mail::Letter, refresh::Token};
use sha2::{Digest, Sha256};
use std::time::Duration;
use streamly_domain::UserId;
use uuid::Uuid;

/// A proof that waits.
pub(crate) struct Waiting {
    pub(crate) user: User,
    /// The password hash that was proved.
    pub(crate) proved: String,
    /// The sign-in that is to be recent; none: a new one.
    pub(crate) session: Option<Uuid>,
    /// SHA-256 of what a passkey has to sign.
    pub(crate) challenge_hash: Vec<u8>,
}

impl Store {
    /// Lets a proof wait for so long.
    pub(crate) async fn put_step(
        &self,
        token: &Token,
        (user, proved, session): (UserId, &str, Option<Uuid>),
        challenge: &[u8],
        life: Duration,
    ) -> Result<(), Error> {
        let connection = self.connection().await?;
        let sql = "INSERT INTO second_steps (token_hash, user_id, proved, session, challenge_hash, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))";
        let statement = connection.prepare_cached(sql).await?;
        let hash = Sha256::digest(challenge).to_vec();
        let life = life.as_secs_f64();
        connection
            .execute(&statement, &[&token.hash(), &user.uuid(), &proved, &session, &hash, &life])
            .await?;
        Ok(())
    }

    /// The proof that waits under a token, if it is not over.
    pub(crate) async fn step(&self, token: &Token) -> Result<Option<Waiting>, Error> {
        let connection = self.connection().await?;
        let sql = format!(
            "SELECT s.proved, s.session, s.challenge_hash, u.* FROM second_steps s \
             JOIN (SELECT {COLUMNS} FROM users) u ON u.id = s.user_id WHERE s.token_hash = $1 AND s.expires_at > now()"
        );
        let statement = connection.prepare_cached(&sql).await?;
        let row = connection.query_opt(&statement, &[&token.hash()]).await?;
        Ok(row.map(|row| Waiting {
            user: User::from_row(&row),
            proved: row.get("proved"),
            session: row.get("session"),
            challenge_hash: row.get("challenge_hash"),
        }))
    }

    /// Begins a try, which counts at once. False: the proof is over, or was tried too often.
    pub(crate) async fn count_try(&self, token: &Token, most: u32) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let sql = "UPDATE second_steps SET attempts = attempts + 1 \
                   WHERE token_hash = $1 AND expires_at > now() AND attempts < $2";
        let statement = connection.prepare_cached(sql).await?;
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        Ok(connection.execute(&statement, &[&token.hash(), &most]).await? > 0)
    }

    /// A second factor was wrong after a right password. The `at`th time within a day its owner gets the letter; says whether.
    pub(crate) async fn wrong_second_factor(
        &self,
        user: &User,
        at: u32,
        letter: &Letter,
    ) -> Result<bool, Error> {
        let mut connection = self.connection().await?;
        let transaction = connection.transaction().await?;
        let sql = "INSERT INTO wrong_second_factors AS w (user_id, count) VALUES ($1, 1) ON CONFLICT (user_id) DO UPDATE SET \
                   count = CASE WHEN w.since < now() - interval '1 day' THEN 1 ELSE least(w.count, 1000000) + 1 END, \
                   since = CASE WHEN w.since < now() - interval '1 day' THEN now() ELSE w.since END RETURNING count";
        let count: i32 = transaction.query_one(sql, &[&user.id.uuid()]).await?.get(0);
        let tells = u32::try_from(count).ok() == Some(at);
        if let Some(address) = user.email.as_deref().filter(|_| tells) {
            mails::put(&transaction, user.id, address, letter).await?;
        }
        transaction.commit().await?;
        Ok(tells)
    }

    /// A second factor was right: the wrong ones before it were its owner's.
    pub(crate) async fn right_second_factor(&self, user: UserId) -> Result<(), Error> {
        let connection = self.connection().await?;
        let statement =
            connection.prepare_cached("DELETE FROM wrong_second_factors WHERE user_id = $1").await?;
        connection.execute(&statement, &[&user.uuid()]).await?;
        Ok(())
    }

    /// Takes a proof whose second factor was right. False: another try took it.
    pub(crate) async fn finish_step(&self, token: &Token) -> Result<bool, Error> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached("DELETE FROM second_steps WHERE token_hash = $1").await?;
        Ok(connection.execute(&statement, &[&token.hash()]).await? > 0)
    }
}
