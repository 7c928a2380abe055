//! Password hashing: Argon2id (RFC 9106) off the async threads, few at once, with a bounded queue. Hashes of bcrypt, which other systems
//! made, are checked too, and outdated.
//!
//! A check against no account takes as long as one against an account: [`Hasher::verify`] then hashes for a password nobody
//! knows; while there are accounts with bcrypt, each check costs both. Passwords are never logged or kept. A full queue is
//! [`Error::HashQueueFull`], told as 503.

use crate::{config::PasswordConfig, error::Error};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{self, phc},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use streamly_config::Secret;
use tokio::sync::Semaphore;

/// In place of an account's hash of bcrypt, of the cost that those have, 12. Never matches: what comes of it does not count.
const NOBODY_BCRYPT: &str = "$2b$12$HCxULGwd8pNj58b7EcAPNOw/RlBSht4SJS3/jCxGyMb3bC4AcqIxy";

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
    argon2: Argon2<'static>,
    /// Hash of a random password, in place of an unknown account's.
    nobody: Arc<str>,
    /// Whether accounts have hashes of bcrypt.
    bcrypt: Arc<AtomicBool>,
    /// Running and waiting calls.
    tickets: Arc<Semaphore>,
    /// Running ones.
    slots: Arc<Semaphore>,
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
            argon2,
            nobody: nobody.into(),
            bcrypt: Arc::default(),
            tickets: Arc::new(Semaphore::new(slots.saturating_add(config.queue).min(Semaphore::MAX_PERMITS))),
            slots: Arc::new(Semaphore::new(slots)),
        })
    }

    /// The PHC string of a password with a new salt.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, Error> {
        let argon2 = self.argon2.clone();
        self.run(move || Ok(hash(&argon2, password.expose().as_bytes())?)).await
    }

    /// Whether the password is that of `stored`; without one it takes the same time and is not.
    pub(crate) async fn verify(&self, password: Secret, stored: Option<String>) -> Result<Verified, Error> {
        let this = self.clone();
        self.run(move || this.check(password.expose().as_bytes(), stored.as_deref())).await
    }

    /// Whether there are accounts with hashes of bcrypt.
    pub(crate) fn expect_bcrypt(&self, there: bool) {
        self.bcrypt.store(there, Ordering::Relaxed);
    }

    /// The same work whoever it is about: a hash of each algorithm that is in use, of nobody's where the account has none.
    fn check(&self, password: &[u8], stored: Option<&str>) -> Result<Verified, Error> {
        let old = stored.filter(|hash| hash.starts_with("$2"));
        let new = stored.filter(|_| old.is_none());
        if old.is_some() {
            self.expect_bcrypt(true);
        }
        let by_bcrypt = self.bcrypt.load(Ordering::Relaxed)
            && bcrypt::verify(password, old.unwrap_or(NOBODY_BCRYPT)).map_err(|_| Error::HashOfBcrypt)?;
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
        Ok(Verified {
            right: (old.is_some() && by_bcrypt) || (new.is_some() && by_argon2),
            outdated: old.is_some() || !ours,
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let ticket = self.tickets.clone().try_acquire_owned().map_err(|_| Error::HashQueueFull)?;
        let slot = self.slots.clone().acquire_owned().await.expect("the semaphore is never closed");
        // The permits go along: a caller that hangs up does not free a place whose hash still runs.
        tokio::task::spawn_blocking(move || {
            let _held = (ticket, slot);
            let started = Instant::now();
            let done = work();
            metrics::histogram!("streamly_user_password_hash_seconds").record(started.elapsed());
            done
        })
        .await?
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> password_hash::Result<String> {
    let phc: phc::PasswordHash = argon2.hash_password(password)?;
    Ok(phc.to_string())
}

#[cfg(test)]
mod tests;
