//! Signing in, renewing, signing out.
//!
//! Refusals of a sign-in look and last alike, whether the account exists or not; only who knows the password learns that an
//! account is suspended.

use super::{Accounts, SignedIn, count};
use crate::{
    device,
    error::Error,
    input::Login,
    limit::Attempt,
    refresh::Token,
    store::{
        families::{Device, Outcome, Refreshed, SignIn},
        users::User,
    },
};
use streamly_config::Secret;
use streamly_domain::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

impl Accounts {
    /// Signs in; `typed` is the account as typed, for the rate limit.
    pub(crate) async fn login(
        &self,
        login: &Login,
        typed: &str,
        password: Secret,
        device: &Device,
    ) -> Result<SignedIn, Error> {
        let done = self.try_login(login, typed, password, device).await;
        count("streamly_user_logins_total", &done);
        done
    }

    async fn try_login(
        &self,
        login: &Login,
        typed: &str,
        password: Secret,
        device: &Device,
    ) -> Result<SignedIn, Error> {
        self.limiter.login_address(&device.ip).await?;
        let found = self.store.by_login(login).await?;
        // Asked for nobody, too, so that time does not tell.
        let known = match &device.browser {
            Some(browser) => {
                let user = found.as_ref().map_or_else(UserId::new, |(user, _)| user.id);
                self.store.knows(user, browser).await?
            }
            None => false,
        };
        let attempt = Attempt { address: &device.ip, account: typed, known };
        self.limiter.login(&attempt).await?;
        let (user, hash) = self.prove(found, password).await?;
        self.limiter.succeeded(&attempt).await;
        if let Some(barred) = user.barred() {
            self.way_back(&user).await;
            return Err(barred);
        }
        self.ask_second(&user, &hash, None).await?;
        self.start_family(user, Some(&hash), device).await
    }

    /// The account, if this is its password, with its hash, which is made anew if it is outdated.
    pub(super) async fn prove(
        &self,
        found: Option<(User, String)>,
        password: Secret,
    ) -> Result<(User, String), Error> {
        let (user, hash) = found.unzip();
        let verified = self.hasher.verify(password.clone(), hash.clone()).await?;
        let (Some(user), Some(hash), true) = (user, hash, verified.right) else {
            return Err(Error::InvalidCredentials);
        };
        if !verified.outdated {
            return Ok((user, hash));
        }
        let renewed = self.hasher.hash(password).await?;
        if !self.store.renew_hash(user.id, &hash, &renewed).await? {
            return Err(Error::InvalidCredentials);
        }
        tracing::info!(user = %user.id, "a password hash was made anew");
        Ok((user, renewed))
    }

    /// `proved`: the hash whose password was shown; none where a passkey was.
    pub(super) async fn start_family(
        &self,
        user: User,
        proved: Option<&str>,
        device: &Device,
    ) -> Result<SignedIn, Error> {
        let (refresh, session, now) = (Token::random()?, Uuid::now_v7(), OffsetDateTime::now_utc());
        let browser = match &device.browser {
            Some(token) => token.clone(),
            None => Token::random()?,
        };
        let notice = self.sign_in_notice.then(|| {
            let words = device::read(device.user_agent.as_deref());
            self.site.new_sign_in(user.reader(device.language), words, &device.ip, now)
        });
        let (token, most) = (&refresh, self.sessions);
        let new = SignIn { user: &user, proved, session, token, device, browser: &browser, notice, most };
        self.store.sign_in(new).await?;
        self.mail_bell.notify_one();
        let access_token = self.access_token(&user, session, now)?;
        Ok(SignedIn { user, access_token, refresh, browser: Some(browser) })
    }

    /// Replaces a refresh token; see `store::families` for grace and reuse.
    pub(crate) async fn refresh(&self, token: Option<Token>, device: &Device) -> Result<SignedIn, Error> {
        let done = self.try_refresh(token, device).await;
        count("streamly_user_refreshes_total", &done);
        done
    }

    async fn try_refresh(&self, token: Option<Token>, device: &Device) -> Result<SignedIn, Error> {
        let token = token.ok_or(Error::InvalidRefreshToken)?;
        // A replaced one is not counted: whoever renews without end must not keep its reuse from being noticed.
        if let Some(family) = self.store.grows(&token).await? {
            self.limiter.refresh(&family.to_string()).await?;
        }
        match self.store.rotate(&token, &self.signing.successors(), device).await? {
            Outcome::Refreshed(next) => {
                let Refreshed { token, user, auth_time, session } = *next;
                let access_token = self.access_token(&user, session, auth_time)?;
                Ok(SignedIn { user, access_token, refresh: token, browser: None })
            }
            Outcome::Unknown => Err(Error::InvalidRefreshToken),
            Outcome::Reused { user, family } => {
                self.bell.notify_one();
                tracing::warn!(%user, %family, ip = device.ip, "a replaced refresh token was used again: its family was ended");
                metrics::counter!("streamly_user_refresh_reuse_total").increment(1);
                Err(Error::InvalidRefreshToken)
            }
        }
    }

    /// Ends the sign-in of a token, if there is one.
    pub(crate) async fn logout(&self, token: Option<Token>) -> Result<(), Error> {
        match token {
            Some(token) => self.store.sign_out(&token).await,
            None => Ok(()),
        }
    }
}
