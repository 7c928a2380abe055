//! Password hashing: Argon2id (RFC 9106), or bcrypt where that is set, off the async threads, few at once, with a bounded queue. Hashes of
//! the other algorithm, which other systems or another setting made, are checked too, and outdated.
//!
//! A check against no account takes as long as one against an account: [`Hasher::verify`] then hashes for a password nobody
//! knows; while there are accounts with bcrypt, each check costs both. Passwords are never logged or kept. A queue that is full, or would keep
//! the caller waiting for too long, is [`Error::HashQueueFull`], told as 503.

use crate::{
    config::{Algorithm as Kind, PasswordConfig},
    error::Error,
};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{self, phc},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use streamly_config::Secret;
use streamly_lifecycle::Background;
use streamly_status::FieldError;
use tokio::sync::Semaphore;

/// What stands for an account's hash of bcrypt, after `$2b$COST$`. Never matches: what comes of it does not count.
const NOBODY_BCRYPT: &str = "HCxULGwd8pNj58b7EcAPNOw/RlBSht4SJS3/jCxGyMb3bC4AcqIxy";
/// Most bytes of a password that bcrypt looks at.
const BCRYPT_MAX: usize = 72;

/// Calls that may wait for each slot, however long hashes take: a slow machine is no rush.
const WAITING_ALWAYS: usize = 4;

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verified {
    /// It is the password.
    pub(crate) right: bool,
    /// The stored hash is of another algorithm or parameters than new ones.
    pub(crate) outdated: bool,
}

/// Hashes and checks passwords. Clones share the queue.
#[derive(Clone)]
pub(crate) struct Hasher {
    kind: Kind,
    argon2: Argon2<'static>,
    bcrypt_cost: u32,
    /// In place of an account's hash of bcrypt, of the present cost.
    nobody_bcrypt: Arc<str>,
    /// Hash of a random password, in place of an unknown account's.
    nobody: Arc<str>,
    /// Whether accounts have hashes of bcrypt.
    bcrypt: Arc<AtomicBool>,
    /// Running and waiting calls.
    tickets: Arc<Semaphore>,
    /// Running ones.
    slots: Arc<Semaphore>,
    line: Arc<Line>,
    /// As many threads as slots, nicer than those that answer.
    background: Arc<Background>,
}

/// How long somebody who comes now would wait.
struct Line {
    /// Running and waiting calls, at most.
    most: usize,
    /// Running ones, at most.
    slots: usize,
    longest: Duration,
    /// What a hash takes, microseconds, mostly by the latest ones; 0: not known yet.
    takes_us: AtomicU64,
}

impl Line {
    /// Whether one more may wait behind so many that run or wait.
    fn takes(&self, ahead: usize) -> bool {
        let waiting = ahead.saturating_sub(self.slots);
        let wait =
            self.takes_us.load(Ordering::Relaxed).saturating_mul(waiting as u64 + 1) / self.slots as u64;
        waiting < WAITING_ALWAYS * self.slots || Duration::from_micros(wait) <= self.longest
    }

    /// One took so long.
    fn took(&self, time: Duration) {
        let (before, now) =
            (self.takes_us.load(Ordering::Relaxed), u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        let next = if before == 0 { now } else { before - before / 8 + now / 8 };
        // Two at once: one of them does not count.
        self.takes_us.store(next, Ordering::Relaxed);
    }
}

/// Argon2's parameters of a configuration. Errors: outside of what RFC 9106 allows.
pub(crate) fn parameters(config: &PasswordConfig) -> Result<Params, argon2::Error> {
    let kib = u32::try_from(config.memory.bytes() / 1024).unwrap_or(u32::MAX);
    Params::new(kib, config.passes, config.lanes, None)
}

impl Hasher {
    /// Makes one hash on the way, which proves that hashing works with these parameters.
    pub(crate) fn new(config: &PasswordConfig) -> Result<Self, String> {
        let params = parameters(config).map_err(|e| e.to_string())?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut unknown = [0u8; 32];
        aws_lc_rs::rand::fill(&mut unknown).map_err(|_| "no random bytes".to_owned())?;
        let nobody = hash(&argon2, &unknown).map_err(|e| e.to_string())?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let slots = if config.parallel == 0 { (cores / 2).max(1) } else { config.parallel };
        Ok(Self {
            kind: config.algorithm,
            argon2,
            bcrypt_cost: config.bcrypt_cost,
            nobody_bcrypt: format!("$2b${:02}${NOBODY_BCRYPT}", config.bcrypt_cost).into(),
            nobody: nobody.into(),
            bcrypt: Arc::new(AtomicBool::new(config.algorithm == Kind::Bcrypt)),
            tickets: Arc::new(Semaphore::new(slots.saturating_add(config.queue).min(Semaphore::MAX_PERMITS))),
            slots: Arc::new(Semaphore::new(slots)),
            line: Arc::new(Line {
                most: slots.saturating_add(config.queue).min(Semaphore::MAX_PERMITS),
                slots,
                longest: config.longest_wait.get(),
                takes_us: AtomicU64::new(0),
            }),
            background: Arc::new(Background::start("password-hash", slots).map_err(|e| e.to_string())?),
        })
    }

    /// The hash of a password with a new salt. Errors: bcrypt does not take one as long.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, Error> {
        if self.kind == Kind::Bcrypt && password.expose().len() > BCRYPT_MAX {
            let detail = format!("A password has at most {BCRYPT_MAX} bytes here.");
            return Err(Error::Invalid(vec![FieldError {
                field: "password".into(),
                code: "too_long",
                detail,
            }]));
        }
        let (kind, argon2, cost) = (self.kind, self.argon2.clone(), self.bcrypt_cost);
        self.run(move || match kind {
            Kind::Argon2id => Ok(hash(&argon2, password.expose().as_bytes())?),
            Kind::Bcrypt => bcrypt::hash(password.expose(), cost).map_err(|_| Error::HashOfBcrypt),
        })
        .await
    }

    /// Whether the password is that of `stored`; without one it takes the same time and is not.
    pub(crate) async fn verify(&self, password: Secret, stored: Option<String>) -> Result<Verified, Error> {
        let this = self.clone();
        self.run(move || this.check(password.expose().as_bytes(), stored.as_deref())).await
    }

    /// Whether there are accounts with hashes of bcrypt, or soon will be.
    pub(crate) fn expect_bcrypt(&self, there: bool) {
        self.bcrypt.store(there || self.kind == Kind::Bcrypt, Ordering::Relaxed);
    }

    /// The same work whoever it is about: a hash of each algorithm that is in use, of nobody's where the account has none.
    fn check(&self, password: &[u8], stored: Option<&str>) -> Result<Verified, Error> {
        let old = stored.filter(|hash| hash.starts_with("$2"));
        let new = stored.filter(|_| old.is_none());
        if old.is_some() {
            self.expect_bcrypt(true);
        }
        let by_bcrypt = self.bcrypt.load(Ordering::Relaxed)
            && bcrypt::verify(password, old.unwrap_or(&self.nobody_bcrypt))
                .map_err(|_| Error::HashOfBcrypt)?;
        let parsed =
            phc::PasswordHash::new(new.unwrap_or(&self.nobody)).map_err(password_hash::Error::from)?;
        let by_argon2 = match self.argon2.verify_password(password, &parsed) {
            Ok(()) => true,
            Err(password_hash::Error::PasswordInvalid) => false,
            Err(e) => return Err(e.into()),
        };
        let ours = Params::try_from(&parsed).is_ok_and(|p| {
            let now = self.argon2.params();
            (p.m_cost(), p.t_cost(), p.p_cost()) == (now.m_cost(), now.t_cost(), now.p_cost())
        });
        let outdated = match self.kind {
            Kind::Argon2id => old.is_some() || !ours,
            Kind::Bcrypt => {
                let own = format!("{:02}", self.bcrypt_cost);
                old.is_none_or(|hash| hash.split('$').nth(2) != Some(own.as_str()))
            }
        };
        Ok(Verified { right: (old.is_some() && by_bcrypt) || (new.is_some() && by_argon2), outdated })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if !self.line.takes(self.line.most.saturating_sub(self.tickets.available_permits())) {
            return Err(Error::HashQueueFull);
        }
        let ticket = self.tickets.clone().try_acquire_owned().map_err(|_| Error::HashQueueFull)?;
        let line = self.line.clone();
        let slot = self.slots.clone().acquire_owned().await.expect("the semaphore is never closed");
        // The permits go along: a caller that hangs up does not free a place whose hash still runs.
        let done = self.background.run(move || {
            let _held = (ticket, slot);
            let started = Instant::now();
            let done = work();
            line.took(started.elapsed());
            metrics::histogram!("streamly_user_password_hash_seconds").record(started.elapsed());
            done
        });
        done.await?
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> password_hash::Result<String> {
    let phc: phc::PasswordHash = argon2.hash_password(password)?;
    Ok(phc.to_string())
}

#[cfg(test)]
mod tests;
