//! What the service does: register, sign in, refresh, sign out, look users up. Names no HTTP or gRPC type.
//!
//! Refusals of a sign-in look and last alike, whether the account exists or not; only who knows the password learns that an
//! account is suspended. Each call takes at most `deadline`, then it is [`Error::Deadline`].

use crate::{
    config::{Config, Registration as Policy, Secrets},
    error::Error,
    input::{Login, Registration},
    limit::Limiter,
    password::Hasher,
    refresh::{Successors, Token},
    store::{
        Store,
        families::{Device, Outcome, Refreshed},
        users::{NewUser, User},
    },
};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use streamly_auth::{SigningKey, access};
use streamly_config::Secret;
use streamly_domain::{UserId, Username};
use streamly_redis::Redis;
use time::OffsetDateTime;
use tokio::sync::Notify;

/// Users that one gRPC call may ask for (proto/streamly/user/v1).
pub(crate) const MAX_BATCH: usize = 100;
/// The demo account's name, which nobody can register, and its display name.
const DEMO: (&str, &str) = ("demo", "Demo");

/// A sign-in: what the answer and the cookie are made of.
pub(crate) struct Session {
    pub(crate) user: User,
    pub(crate) access_token: String,
    pub(crate) refresh: Token,
}

/// The accounts. Shared by HTTP and gRPC.
pub(crate) struct Accounts {
    pub(crate) store: Store,
    /// Rung after each new fact.
    pub(crate) bell: Arc<Notify>,
    hasher: Hasher,
    limiter: Limiter,
    key: SigningKey,
    successors: Successors,
    policy: Policy,
    deadline: Duration,
    open: AtomicBool,
}

impl Accounts {
    /// Closed until [`Accounts::open`].
    pub(crate) fn new(
        config: &Config,
        secrets: &Secrets,
        store: Store,
        redis: Redis,
        hasher: Hasher,
    ) -> Self {
        Self {
            store,
            bell: Arc::default(),
            hasher,
            limiter: Limiter::new(redis, &config.limits, config.rate_limits),
            successors: Successors::new(&secrets.key),
            key: secrets.key.clone(),
            policy: config.registration,
            deadline: config.deadline.get(),
            open: AtomicBool::new(false),
        }
    }

    /// The database is migrated: calls are answered from now on.
    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// Bounds a call; before the start is over it is [`Error::Starting`].
    pub(crate) async fn within<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        if !self.open.load(Ordering::Acquire) {
            return Err(Error::Starting);
        }
        tokio::time::timeout(self.deadline, call).await.unwrap_or(Err(Error::Deadline))
    }

    /// Makes an account and signs it in.
    pub(crate) async fn register(&self, new: Registration, device: &Device) -> Result<Session, Error> {
        let done = self.try_register(new, device).await;
        count("streamly_user_registrations_total", &done);
        done
    }

    async fn try_register(&self, new: Registration, device: &Device) -> Result<Session, Error> {
        if self.policy == Policy::Closed {
            return Err(Error::RegistrationClosed);
        }
        self.limiter.register(&device.ip).await?;
        if new.username.is_reserved() {
            return Err(Error::UsernameTaken);
        }
        self.store.check_free(&new.username, new.email.as_str()).await?;
        let hash = self.hasher.hash(new.password).await?;
        let user = self
            .store
            .register(NewUser {
                username: &new.username,
                display_name: &new.display_name,
                email: new.email.as_str(),
                password_hash: &hash,
            })
            .await?;
        self.bell.notify_one();
        tracing::info!(user = %user.id, "registered");
        self.start_family(user, device).await
    }

    /// Signs in; `typed` is the account as typed, for the rate limit.
    pub(crate) async fn login(
        &self,
        login: &Login,
        typed: &str,
        password: Secret,
        device: &Device,
    ) -> Result<Session, Error> {
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
    ) -> Result<Session, Error> {
        self.limiter.login(&device.ip, typed).await?;
        let (user, hash) = self.store.by_login(login).await?.unzip();
        let right = self.hasher.verify(password, hash).await?;
        let user = user.filter(|_| right).ok_or(Error::InvalidCredentials)?;
        if user.suspended {
            return Err(Error::Suspended);
        }
        self.start_family(user, device).await
    }

    async fn start_family(&self, user: User, device: &Device) -> Result<Session, Error> {
        let refresh = Token::random()?;
        self.store.sign_in(user.id, &refresh, device).await?;
        let access_token = self.access_token(&user, OffsetDateTime::now_utc())?;
        Ok(Session { user, access_token, refresh })
    }

    /// Replaces a refresh token; see `store::families` for grace and reuse.
    pub(crate) async fn refresh(&self, token: Option<Token>, device: &Device) -> Result<Session, Error> {
        let done = self.try_refresh(token, device).await;
        count("streamly_user_refreshes_total", &done);
        done
    }

    async fn try_refresh(&self, token: Option<Token>, device: &Device) -> Result<Session, Error> {
        let token = token.ok_or(Error::InvalidRefreshToken)?;
        match self.store.rotate(&token, &self.successors, device).await? {
            Outcome::Refreshed(next) => {
                let Refreshed { token, user, auth_time } = *next;
                let access_token = self.access_token(&user, auth_time)?;
                Ok(Session { user, access_token, refresh: token })
            }
            Outcome::Unknown => Err(Error::InvalidRefreshToken),
            Outcome::Reused { user, family } => {
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

    /// The signed-in user.
    pub(crate) async fn me(&self, id: UserId) -> Result<User, Error> {
        let user = self.store.by_ids(&[id.uuid()]).await?.pop().ok_or(Error::Unauthenticated)?;
        if user.suspended { Err(Error::Suspended) } else { Ok(user) }
    }

    /// A user's public side. Suspended users have none.
    pub(crate) async fn profile(&self, name: &str) -> Result<User, Error> {
        let name = Username::parse(name).map_err(|_| Error::UserNotFound)?;
        let user = self.store.by_names(&[name.as_str()]).await?.pop();
        user.filter(|u| !u.suspended).ok_or(Error::UserNotFound)
    }

    /// Makes the demo account, or changes its password if it is another.
    pub(crate) async fn put_demo(&self, password: &Secret) -> Result<(), Error> {
        let username = Username::parse(DEMO.0).map_err(|_| Error::UserNotFound)?;
        if let Some((_, hash)) = self.store.by_login(&Login::Username(username.clone())).await?
            && self.hasher.verify(password.clone(), Some(hash)).await?
        {
            return Ok(());
        }
        let hash = self.hasher.hash(password.clone()).await?;
        self.store.put_demo(&username, DEMO.1, &hash).await?;
        self.bell.notify_one();
        Ok(())
    }

    fn access_token(&self, user: &User, auth_time: OffsetDateTime) -> Result<String, Error> {
        let seconds = |t: OffsetDateTime| u64::try_from(t.unix_timestamp()).unwrap_or(0);
        // A stored name is a valid one; if the database says otherwise nobody is signed in with it.
        let username = Username::parse(&user.username).map_err(|_| Error::Unauthenticated)?;
        let now = seconds(OffsetDateTime::now_utc());
        let claims = access::Claims::new(user.id, username, seconds(auth_time), now);
        Ok(access::sign(&self.key, &claims)?)
    }
}

fn count<T>(what: &'static str, done: &Result<T, Error>) {
    let outcome = done.as_ref().err().map_or("ok", Error::outcome);
    metrics::counter!(what, "outcome" => outcome).increment(1);
}
