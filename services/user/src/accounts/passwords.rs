//! Passwords that are forgotten, changed, and asked for once more.

use super::{Accounts, count};
use crate::{
    error::Error,
    input::{self, Again, Email},
    limit::Attempt,
    refresh::Token,
    store::{families::Device, users::User},
};
use serde_json::Value;
use streamly_auth::access::Claims;
use streamly_config::Secret;
use time::OffsetDateTime;

impl Accounts {
    /// Sends a link to whoever has this address. Neither the answer nor its time tells whether anybody has: the delivery looks it up.
    pub(crate) async fn forgot(&self, email: &Email, device: &Device) -> Result<(), Error> {
        self.limiter.mail(&device.ip).await?;
        self.store.forgot(email.as_str(), device.language).await?;
        self.mail_bell.notify_one();
        Ok(())
    }

    /// Sets a password by a link; all sign-ins end, and access tokens are void within a second. Errors: the link, and only then the password.
    pub(crate) async fn reset(
        &self,
        token: &Token,
        password: Option<Value>,
        device: &Device,
    ) -> Result<(), Error> {
        self.limiter.link(&device.ip).await?;
        if !self.store.is_reset(token).await? {
            return Err(Error::InvalidLink);
        }
        let password = input::new_password(password, self.refuse_common)?;
        let hash = self.hasher.hash(password).await?;
        let user = self.store.reset_password(token, &hash, &self.site, device.language).await?;
        self.ring();
        tracing::info!(%user, "a password was reset by a link");
        Ok(())
    }

    /// Changes the caller's password; all other sign-ins end. The answer is a new access token, since those that are out are void.
    pub(crate) async fn change_password(
        &self,
        claims: &Claims,
        password: Option<Value>,
    ) -> Result<(User, String), Error> {
        let mut user = self.recent_caller(claims).await?;
        let session = claims.sid.ok_or(Error::Unauthenticated)?;
        let password = input::new_password(password, self.refuse_common)?;
        self.limiter.mail(&user.id.to_string()).await?;
        let hash = self.hasher.hash(password).await?;
        let letter = self.site.password_changed(user.reader(None));
        let good_from = self.store.set_password(&user, &hash, Some(session), &letter).await?;
        self.ring();
        tracing::info!(user = %user.id, "a password was changed");
        user.tokens_void_before = Some(good_from);
        let auth_time = OffsetDateTime::from_unix_timestamp(i64::try_from(claims.auth_time).unwrap_or(0))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let token = self.access_token(&user, session, auth_time)?;
        Ok((user, token))
    }

    /// The caller proves again who they are: an access token of the same sign-in that is recent.
    pub(crate) async fn prove_again(
        &self,
        claims: &Claims,
        again: Again,
        device: &Device,
    ) -> Result<(User, String), Error> {
        let done = match again {
            Again::Password(password) => self.try_prove_again(claims, password, device).await,
            Again::Step(token, proof) => self.second_step_again(claims, &token, proof, device).await,
            Again::Passkey(credential) => self.passkey_again(claims, &credential, device).await,
        };
        count("streamly_user_reauths_total", &done);
        done
    }

    async fn try_prove_again(
        &self,
        claims: &Claims,
        password: Secret,
        device: &Device,
    ) -> Result<(User, String), Error> {
        let user = self.caller(claims).await?;
        let session = claims.sid.ok_or(Error::Unauthenticated)?;
        let known = self.is_known(user.id, device).await?;
        let attempt = Attempt { address: &device.ip, account: &user.username.clone(), known };
        self.limiter.login_address(&device.ip).await?;
        self.limiter.login(&attempt).await?;
        let hash = self.store.hash_of(user.id).await?.ok_or(Error::Unauthenticated)?;
        let (user, hash) = self.prove(Some((user, hash)), password).await?;
        self.limiter.succeeded(&attempt).await;
        self.ask_second(&user, &hash, Some(session)).await?;
        self.recent_again(user, session).await
    }

    /// There are facts and mails to be sent.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
        self.mail_bell.notify_one();
    }
}
