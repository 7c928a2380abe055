//! Rate limits, each a [`streamly_redis::Limit`]: shared by replicas, in this process while Redis is away. Pauses that grow with failed
//! sign-ins are [`streamly_redis::Failures`]. What counts by address counts by who holds it: of IPv6 one customer has very many.
//!
//! A sign-in passes several: one per address and account, so that a password cannot be guessed, and one per address, so that one machine
//! can neither try a password on every account nor fill the queue of hashes; then the pauses. `who` is hashed: no address or name stands
//! in Redis.

use crate::{
    config::{Delay, Limits, Rate},
    error::Error,
};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, net::IpAddr, num::NonZeroU32};
use streamly_http::Holder;
use streamly_redis::{Failures, Limit, Redis};

/// All limits of the service.
pub(crate) struct Limiter {
    redis: Redis,
    login: Limit,
    login_address: Limit,
    login_failures: Failures,
    account_failures: Failures,
    second_step: Limit,
    second_step_failures: Failures,
    second_step_account_failures: Failures,
    refresh: Limit,
    session_end: Limit,
    register: Limit,
    mail: Limit,
    export: Limit,
    link: Limit,
    profile: Limit,
    browser_error: Limit,
    enabled: bool,
}

/// Who tries to sign in.
pub(crate) struct Attempt<'a> {
    pub(crate) address: &'a str,
    /// As typed.
    pub(crate) account: &'a str,
    /// Whether the browser signed in to this account before: then other people's failures are not its own.
    pub(crate) known: bool,
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
        let failures = |what, delay: Delay| {
            let Delay { free, first, most } = delay;
            let delay = streamly_redis::Delay { free, first: first.get(), most: most.get() };
            Failures::new("user", what, delay)
        };
        Self {
            redis,
            login: limit("login", limits.login),
            login_address: limit("login_address", limits.login_address),
            login_failures: failures("login_delay", limits.login_delay),
            account_failures: failures("login_account_delay", limits.login_account_delay),
            second_step: limit("second_step", limits.second_step),
            second_step_failures: failures("second_step_delay", limits.second_step_delay),
            second_step_account_failures: failures(
                "second_step_account_delay",
                limits.second_step_account_delay,
            ),
            refresh: limit("refresh", limits.refresh),
            session_end: limit("session_end", limits.session_end),
            register: limit("register", limits.register),
            mail: limit("mail", limits.mail),
            export: limit("export", limits.export),
            link: limit("link", limits.link),
            profile: limit("profile", limits.profile),
            browser_error: limit("browser_error", limits.browser_error),
            enabled,
        }
    }

    /// One try to sign in from `address`, to whatever account.
    pub(crate) async fn login_address(&self, address: &str) -> Result<(), Error> {
        self.pass(&self.login_address, &who(&[&holder(address)])).await
    }

    /// One try to sign in to an account. It counts as failed until [`Limiter::succeeded`], so that many at once cannot slip through.
    pub(crate) async fn login(&self, attempt: &Attempt<'_>) -> Result<(), Error> {
        let (account, here) = (attempt.account(), attempt.here());
        self.pass(&self.login, &here).await?;
        self.begin(&self.login_failures, &here).await?;
        if attempt.known { Ok(()) } else { self.begin(&self.account_failures, &who(&[&account])).await }
    }

    /// The password was right: failures before it count no more.
    pub(crate) async fn succeeded(&self, attempt: &Attempt<'_>) {
        let account = attempt.account();
        if self.enabled {
            self.login_failures.forget(&self.redis, &attempt.here()).await;
            // Those of others are not a known browser's to forget either.
            if !attempt.known {
                self.account_failures.forget(&self.redis, &who(&[&account])).await;
            }
        }
    }

    /// One try of a second factor, which counts as failed until [`Limiter::second_step_succeeded`]. What can be guessed is slowed down for
    /// all browsers together that the account does not know.
    pub(crate) async fn second_step(&self, attempt: &Attempt<'_>, guessable: bool) -> Result<(), Error> {
        let (account, here) = (attempt.account(), attempt.here());
        self.pass(&self.second_step, &here).await?;
        self.begin(&self.second_step_failures, &here).await?;
        if attempt.known || !guessable {
            return Ok(());
        }
        self.begin(&self.second_step_account_failures, &who(&[&account])).await
    }

    /// The second factor was right: failures before it count no more, those of others as in [`Limiter::succeeded`].
    pub(crate) async fn second_step_succeeded(&self, attempt: &Attempt<'_>, guessable: bool) {
        let account = attempt.account();
        if self.enabled {
            self.second_step_failures.forget(&self.redis, &attempt.here()).await;
            if guessable && !attempt.known {
                self.second_step_account_failures.forget(&self.redis, &who(&[&account])).await;
            }
        }
    }

    /// One renewal of a sign-in.
    pub(crate) async fn refresh(&self, session: &str) -> Result<(), Error> {
        self.pass(&self.refresh, &who(&[session])).await
    }

    /// Some of an account's sign-ins are ended from afar.
    pub(crate) async fn session_end(&self, account: &str) -> Result<(), Error> {
        self.pass(&self.session_end, &who(&[account])).await
    }

    /// One registration from `address`.
    pub(crate) async fn register(&self, address: &str) -> Result<(), Error> {
        self.pass(&self.register, &who(&[&holder(address)])).await
    }

    /// One mail because of `cause`: who asks, an address or an account, or whom it goes to, where anybody may name them.
    pub(crate) async fn mail(&self, cause: &str) -> Result<(), Error> {
        self.pass(&self.mail, &who(&[&holder(cause)])).await
    }

    /// One document of an account's own data.
    pub(crate) async fn export(&self, account: &str) -> Result<(), Error> {
        self.pass(&self.export, &who(&[account])).await
    }

    /// One link or code tried from `address`.
    pub(crate) async fn link(&self, address: &str) -> Result<(), Error> {
        self.pass(&self.link, &who(&[&holder(address)])).await
    }

    /// One change of what everybody sees of an account.
    pub(crate) async fn profile(&self, account: &str) -> Result<(), Error> {
        self.pass(&self.profile, &who(&[account])).await
    }

    /// One error that a page at `address` tells of.
    pub(crate) async fn browser_error(&self, address: &str) -> Result<(), Error> {
        self.pass(&self.browser_error, &who(&[&holder(address)])).await
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

    async fn begin(&self, failures: &Failures, who: &str) -> Result<(), Error> {
        if !self.enabled {
            return Ok(());
        }
        failures.begin(&self.redis, who).await.map_err(|pause| {
            metrics::counter!("streamly_user_rate_limited_total", "what" => failures.what()).increment(1);
            Error::RateLimited(pause)
        })
    }
}

impl Attempt<'_> {
    fn account(&self) -> String {
        self.account.trim().to_lowercase()
    }

    /// This account, tried from this address.
    fn here(&self) -> String {
        who(&[&holder(self.address), &self.account()])
    }
}

/// Who has an address, as [`Holder`] counts; whatever is no address stays as it is.
fn holder(address: &str) -> String {
    address.parse::<IpAddr>().map_or_else(|_| address.to_owned(), |ip| Holder::from(ip).to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_customer_counts_once_by_whichever_of_its_addresses() {
        let attempt = |address, account| Attempt { address, account, known: false }.here();
        assert_eq!(attempt("2001:db8:1:200::1", "ada"), attempt("2001:db8:1:2ff:ffff::9", " ADA"));
        assert_ne!(attempt("2001:db8:1:200::1", "ada"), attempt("2001:db8:1:300::1", "ada"));
        assert_ne!(attempt("2001:db8:1:200::1", "ada"), attempt("2001:db8:1:200::1", "bob"));
        assert_ne!(attempt("192.0.2.1", "ada"), attempt("192.0.2.2", "ada"));
        for as_it_is in ["unknown", "ada@example.org", "01923e4e-0000-7000-8000-000000000000"] {
            assert_eq!(holder(as_it_is), as_it_is);
        }
    }
}
