//! How many attempts are let through, and how the rest is slowed down.

use serde::{Deserialize, Serialize};
use streamly_config::Duration;

/// GCRA: `burst` attempts at once, then one every `interval`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Attempts at once, at least 1.
    pub burst: u32,
    /// One more after each.
    pub interval: Duration,
}

/// A pause that doubles with each failed attempt.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// Failed attempts without a pause.
    pub free: u32,
    /// The first pause.
    pub first: Duration,
    /// The longest.
    pub most: Duration,
}

/// Rate limits. Where they count by address, of IPv6 by /56, which one customer has.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Sign-ins of one account from one address. Without it passwords can be guessed.
    pub login: Rate,
    /// Sign-ins from one address to whatever accounts. Without it one password is tried on all, and the hash queue is filled.
    pub login_address: Rate,
    /// Failed sign-ins of one account from one address. Without it a password is guessed slowly.
    pub login_delay: Delay,
    /// Failed sign-ins of one account from browsers that it does not know, from all addresses together. Without it a password is guessed
    /// from many machines; short, since others' attempts slow down the owner's at a new browser.
    pub login_account_delay: Delay,
    /// Second factors tried for one account from one address.
    pub second_step: Rate,
    /// Wrong codes for one account from one address. Without it a code is guessed slowly.
    pub second_step_delay: Delay,
    /// Wrong codes of apps for one account from browsers that it does not know, from all addresses together. Without it who knows the
    /// password guesses the code from many machines; recovery codes and passkeys, which nobody guesses, are not slowed down.
    pub second_step_account_delay: Delay,
    /// Renewals of one sign-in, each a row that is kept for 30 days. Without it one account fills the disk.
    pub refresh: Rate,
    /// Ends of sign-ins from afar, of one account. Each voids tokens, the next of which name a later second: without it they lie hours ahead.
    pub session_end: Rate,
    /// Registrations from one address. Without it one machine takes all names.
    pub register: Rate,
    /// Calls that cause a mail, from one address or of one account, or to one person whom others name. Without it people are sent mails without
    /// end.
    pub mail: Rate,
    /// Documents of one's own data. Without it one account makes all services read their tables.
    pub export: Rate,
    /// Links followed and invitations tried from one address. Without it they fill the database's time.
    pub link: Rate,
    /// Changes of how a name is written, of one account. Without it one person has every service told all the time.
    pub profile: Rate,
    /// Errors that pages tell of, from one address. Without it one machine pushes all others' out of the list.
    pub browser_error: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        let rate = |burst, s| Rate { burst, interval: Duration::from_secs(s) };
        let delay =
            |free, most| Delay { free, first: Duration::from_secs(1), most: Duration::from_secs(most) };
        Self {
            login: rate(10, 10),
            login_address: rate(60, 1),
            login_delay: delay(10, 900),
            login_account_delay: delay(100, 30),
            second_step: rate(10, 10),
            second_step_delay: delay(5, 900),
            second_step_account_delay: delay(10, 300),
            refresh: rate(60, 5),
            session_end: rate(30, 2),
            register: rate(50, 20),
            mail: rate(10, 60),
            export: rate(3, 600),
            link: rate(30, 2),
            profile: rate(10, 10),
            browser_error: rate(20, 30),
        }
    }
}

impl Limits {
    /// Names of those that let nothing through.
    pub(crate) fn wrong(&self) -> Vec<&'static str> {
        let rates = [
            ("limits.login", self.login),
            ("limits.login_address", self.login_address),
            ("limits.second_step", self.second_step),
            ("limits.refresh", self.refresh),
            ("limits.session_end", self.session_end),
            ("limits.register", self.register),
            ("limits.mail", self.mail),
            ("limits.export", self.export),
            ("limits.link", self.link),
            ("limits.profile", self.profile),
            ("limits.browser_error", self.browser_error),
        ];
        let delays = [
            ("limits.login_delay", self.login_delay),
            ("limits.login_account_delay", self.login_account_delay),
            ("limits.second_step_delay", self.second_step_delay),
            ("limits.second_step_account_delay", self.second_step_account_delay),
        ];
        let rates = rates.into_iter().filter(|(_, r)| r.burst == 0 || r.interval.is_zero()).map(|(n, _)| n);
        let delays = delays.into_iter().filter(|(_, d)| d.free == 0 || d.first.is_zero()).map(|(n, _)| n);
        rates.chain(delays).collect()
    }
}
