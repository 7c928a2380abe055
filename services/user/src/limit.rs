//! Rate limits of sign-in and registration, each a [`streamly_redis::Limit`]: shared by replicas, in this process while Redis is away.
//!
//! A sign-in passes two: one per address and account, so that a password cannot be guessed, and one per address, so that one machine can
//! neither try a password on every account nor fill the queue of hashes. `who` is hashed: no address or name stands in Redis.

use crate::{
    config::{Limits, Rate},
    error::Error,
};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, num::NonZeroU32};
use streamly_redis::{Limit, Redis};

/// All limits of the service.
pub(crate) struct Limiter {
    redis: Redis,
    login: Limit,
    login_address: Limit,
    register: Limit,
    enabled: bool,
}

impl Limiter {
    /// `enabled` false lets everything through.
    pub(crate) fn new(redis: Redis, limits: &Limits, enabled: bool) -> Self {
        let limit = |what, rate: Rate| {
            Limit::new(
                "user",
                what,
                rate.interval.get(),
                NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN),
            )
        };
        Self {
            redis,
            login: limit("login", limits.login),
            login_address: limit("login_address", limits.login_address),
            register: limit("register", limits.register),
            enabled,
        }
    }

    /// One try to sign in to `account` (as typed) from `address`.
    pub(crate) async fn login(&self, address: &str, account: &str) -> Result<(), Error> {
        let account = account.trim().to_lowercase();
        self.pass(&self.login_address, &who(&[address])).await?;
        self.pass(&self.login, &who(&[address, &account])).await
    }

    /// One registration from `address`.
    pub(crate) async fn register(&self, address: &str) -> Result<(), Error> {
        self.pass(&self.register, &who(&[address])).await
    }

    async fn pass(&self, limit: &Limit, who: &str) -> Result<(), Error> {
        if !self.enabled {
            return Ok(());
        }
        limit.take(&self.redis, who).await.map_err(|limited| {
            metrics::counter!("streamly_user_rate_limited_total", "what" => limit.what()).increment(1);
            Error::RateLimited(limited.retry_after)
        })
    }
}

/// 128 bits of a hash of the parts, as hex.
fn who(parts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    sha.finalize()[..16].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
