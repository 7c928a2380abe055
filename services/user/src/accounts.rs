//! What the service does: sign in, refresh, sign out, look users up; register, passwords, second factors, addresses, sessions and
//! staff are in modules of it.
//! Names no HTTP or gRPC type.
//!
//! Refusals of a sign-in look and last alike, whether the account exists or not; only who knows the password learns that an
//! account is suspended. Each call takes at most `deadline`, then it is [`Error::Deadline`].

mod address;
mod browser_errors;
mod closure;
mod demo;
mod export;
mod live_notices;
mod own_profile;
mod passkeys;
mod passwords;
mod registration;
mod second_factor;
mod second_step;
mod sessions;
mod sign_in;
pub(crate) mod staff;

use crate::{
    bus::VOID_FOR,
    config::{Config, Registration as Policy, SecondFactorConfig, Secrets},
    error::Error,
    export::Exports,
    factor::vault::Vault,
    limit::Limiter,
    mail::Site,
    password::Hasher,
    refresh::Token,
    signing::Signing,
    store::{Store, users::User},
    webauthn::RelyingParty,
};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use streamly_auth::access::{self, Claims};
use streamly_config::Secret;
use streamly_domain::{UserId, Username};
use streamly_redis::Redis;
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

pub(crate) use live_notices::LiveTold;
pub(crate) use registration::Registered;
pub(crate) use second_factor::NewApp;
pub(crate) use second_step::SecondStep;
pub(crate) use sessions::Session;

/// Users that one gRPC call may ask for (proto/streamly/user/v1).
pub(crate) const MAX_BATCH: usize = 100;
/// Longest wait for Redis to have it that tokens are void; the relay of facts sees to it all the same.
const VOID_PATIENCE: Duration = Duration::from_millis(250);

/// A sign-in: what the answer and the cookies are made of.
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) access_token: String,
    pub(crate) refresh: Token,
    /// What the browser is known by from now on; none where that stays as it is.
    pub(crate) browser: Option<Token>,
}

/// The accounts. Shared by HTTP and gRPC.
pub(crate) struct Accounts {
    pub(crate) store: Store,
    /// Rung after each new fact.
    pub(crate) bell: Arc<Notify>,
    /// Rung after each new mail.
    pub(crate) mail_bell: Arc<Notify>,
    site: Site,
    redis: Redis,
    hasher: Hasher,
    exports: Exports,
    limiter: Limiter,
    /// The keys of access tokens.
    pub(crate) signing: Arc<Signing>,
    policy: Policy,
    first_admin: Option<Secret>,
    /// Whether common passwords are refused.
    pub(crate) refuse_common: bool,
    /// Whether a mail server is set: without one mails wait for the operator.
    pub(crate) sends_mail: bool,
    recent: Duration,
    second_factor: SecondFactorConfig,
    vault: Vault,
    relying_party: RelyingParty,
    /// Between the closing of an account and its end.
    grace: Duration,
    sign_in_notice: bool,
    /// Most sign-ins of one account.
    sessions: u32,
    /// Most different errors of browsers that are kept.
    browser_errors: u32,
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
        exports: Exports,
    ) -> Self {
        Self {
            store,
            bell: Arc::default(),
            mail_bell: Arc::default(),
            site: Site::new(config.public_url.as_deref()),
            redis: redis.clone(),
            hasher,
            exports,
            limiter: Limiter::new(redis, &config.limits, config.rate_limits),
            signing: Arc::new(Signing::new(secrets.ring.clone(), config.signing_key_file.as_deref())),
            policy: config.registration,
            first_admin: secrets.first_admin_token.clone(),
            refuse_common: config.password.refuse_common,
            sends_mail: !config.mail.smtp.host.is_empty(),
            recent: config.recent_sign_in.get(),
            second_factor: config.second_factor.clone(),
            vault: secrets.vault.clone(),
            relying_party: RelyingParty::new(&Site::new(config.public_url.as_deref()).origin()),
            grace: config.deletion_grace.get(),
            sign_in_notice: config.sign_in_notice,
            sessions: config.sessions,
            browser_errors: config.browser_errors,
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

    /// The user of an access token that is neither void nor a suspended account's.
    pub(crate) async fn caller(&self, claims: &Claims) -> Result<User, Error> {
        let user =
            self.store.caller(claims.sub, claims.iat, claims.sid).await?.ok_or(Error::Unauthenticated)?;
        user.barred().map_or(Ok(user), Err)
    }

    /// The same, soon after the person proved who they are.
    async fn recent_caller(&self, claims: &Claims) -> Result<User, Error> {
        let user = self.caller(claims).await?;
        let age = seconds(OffsetDateTime::now_utc()).saturating_sub(claims.auth_time);
        if age > self.recent.as_secs() { Err(Error::ReauthRequired) } else { Ok(user) }
    }

    /// Voids the access tokens of somebody who may do nothing any more, at once: also while no process relays facts, which would do so, too.
    /// `good_from`: what the database says by now. By no other clock: who is let in again is signed tokens from that moment on, by whatever
    /// process, and Redis takes no earlier one after a later one.
    async fn void_now(&self, user: UserId, good_from: OffsetDateTime) {
        let voided = self.redis.void(user, seconds(good_from), VOID_FOR);
        if !matches!(tokio::time::timeout(VOID_PATIENCE, voided).await, Ok(Ok(()))) {
            tracing::warn!(%user, "access tokens are void only once the fact of it is relayed");
        }
    }

    /// A user's public side. Suspended users have none.
    pub(crate) async fn profile(&self, name: &str) -> Result<User, Error> {
        let name = Username::parse(name).map_err(|_| Error::UserNotFound)?;
        let user = self.store.by_names(&[name.as_str()]).await?.pop();
        user.filter(|u| u.barred().is_none()).ok_or(Error::UserNotFound)
    }

    /// Never void, also if the user's tokens were voided in this very second.
    fn access_token(&self, user: &User, session: Uuid, auth_time: OffsetDateTime) -> Result<String, Error> {
        // A stored name is a valid one; if the database says otherwise nobody is signed in with it.
        let username = Username::parse(&user.username).map_err(|_| Error::Unauthenticated)?;
        let good_from = user.tokens_void_before.map_or(0, seconds);
        let now = seconds(OffsetDateTime::now_utc()).max(good_from);
        let mut claims = Claims::new(user.id, username, seconds(auth_time), now);
        claims.sid = Some(session);
        Ok(access::sign(self.signing.ring().signing(now), &claims)?)
    }
}

fn seconds(t: OffsetDateTime) -> u64 {
    u64::try_from(t.unix_timestamp()).unwrap_or(0)
}

/// Names what sign-ins come to, so that the first one of a kind is a rise.
pub(crate) fn count_from_zero() {
    for outcome in [
        "ok",
        "mfa_required",
        "invalid_credentials",
        "rate_limited",
        "account_suspended",
        "account_closed",
        "unavailable",
        "internal",
    ] {
        metrics::counter!("streamly_user_logins_total", "outcome" => outcome).increment(0);
    }
    for outcome in ["ok", "invalid_second_factor", "invalid_credentials", "rate_limited"] {
        metrics::counter!("streamly_user_second_steps_total", "outcome" => outcome).increment(0);
    }
}

fn count<T>(what: &'static str, done: &Result<T, Error>) {
    let outcome = done.as_ref().err().map_or("ok", Error::outcome);
    metrics::counter!(what, "outcome" => outcome).increment(1);
}
