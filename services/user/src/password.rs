//! Password hashing: Argon2id (RFC 9106) off the async threads, few at once, with a bounded queue.
//!
//! A check against no account takes as long as one against an account: [`Hasher::verify`] then hashes for a password nobody
//! knows. Passwords are never logged or kept. A full queue is [`Error::HashQueueFull`], told as 503.

use crate::{config::PasswordConfig, error::Error};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{self, phc},
};
use std::{sync::Arc, time::Instant};
use streamly_config::Secret;
use tokio::sync::Semaphore;

/// Hashes and checks passwords. Clones share the queue.
#[derive(Clone)]
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    /// Hash of a random password, in place of an unknown account's.
    nobody: Arc<str>,
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
            tickets: Arc::new(Semaphore::new(slots.saturating_add(config.queue).min(Semaphore::MAX_PERMITS))),
            slots: Arc::new(Semaphore::new(slots)),
        })
    }

    /// The PHC string of a password with a new salt.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, Error> {
        self.run(move |argon2| Ok(hash(argon2, password.expose().as_bytes())?)).await
    }

    /// Whether the password is that of `stored`, a PHC string; without one it takes the same time and is not.
    pub(crate) async fn verify(&self, password: Secret, stored: Option<String>) -> Result<bool, Error> {
        let nobody = self.nobody.clone();
        self.run(move |argon2| check(argon2, password.expose().as_bytes(), stored.as_deref(), &nobody)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let ticket = self.tickets.clone().try_acquire_owned().map_err(|_| Error::HashQueueFull)?;
        let slot = self.slots.clone().acquire_owned().await.expect("the semaphore is never closed");
        let argon2 = self.argon2.clone();
        // The permits go along: a caller that hangs up does not free a place whose hash still runs.
        tokio::task::spawn_blocking(move || {
            let _held = (ticket, slot);
            let started = Instant::now();
            let done = work(&argon2);
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

/// One hash whoever it is about: against `nobody`'s if there is nothing stored, and that never matches.
fn check(argon2: &Argon2<'_>, password: &[u8], stored: Option<&str>, nobody: &str) -> Result<bool, Error> {
    let parsed = phc::PasswordHash::new(stored.unwrap_or(nobody)).map_err(password_hash::Error::from)?;
    match argon2.verify_password(password, &parsed) {
        Ok(()) => Ok(stored.is_some()),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_config::ByteSize;

    fn hasher(parallel: usize, queue: usize) -> Hasher {
        let config = PasswordConfig { memory: ByteSize::new(64 << 10), passes: 1, parallel, queue, lanes: 1 };
        Hasher::new(&config).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_account_never_matches() {
        let h = hasher(1, 1);
        let stored = h.hash(Secret::new("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        assert!(h.verify(Secret::new("correct horse"), Some(stored.clone())).await.unwrap());
        assert!(!h.verify(Secret::new("wrong horse"), Some(stored)).await.unwrap());
        assert!(!h.verify(Secret::new("correct horse"), None).await.unwrap());
    }

    /// Processor time of this thread, seconds: what others do on this machine is not in it.
    fn spent() -> f64 {
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
        std::time::Duration::from(now).as_secs_f64()
    }

    #[test]
    fn a_check_against_nobody_is_the_same_work_as_one_against_an_account() {
        let config =
            PasswordConfig { memory: ByteSize::new(1 << 20), passes: 4, ..PasswordConfig::default() };
        let h = Hasher::new(&config).unwrap();
        let stored = hash(&h.argon2, b"correct horse").unwrap();
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..201 {
            for turn in 0..2 {
                let who = (turn + round) % 2;
                let account = [Some(stored.as_str()), None][who];
                let before = spent();
                assert!(!check(&h.argon2, b"wrong horse", account, &h.nobody).unwrap());
                times[who].push(spent() - before);
            }
        }
        let [account, nobody] = times.map(|mut all| {
            all.sort_unstable_by(f64::total_cmp);
            all[all.len() / 2]
        });
        assert!((0.9..1.1).contains(&(nobody / account)), "{nobody} s and {account} s");
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let h = hasher(1, 1);
        let running = h.slots.clone().acquire_owned().await.unwrap();
        let ticket = h.tickets.clone().try_acquire_owned().unwrap();
        let waiting = tokio::spawn({
            let h = h.clone();
            async move { h.hash(Secret::new("one")).await }
        });
        while h.tickets.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(h.hash(Secret::new("two")).await, Err(Error::HashQueueFull)));
        drop((running, ticket));
        assert!(waiting.await.unwrap().is_ok());
    }
}
