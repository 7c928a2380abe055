//! Second factors: what keeps them secret in the database, and how long a proof that is half done waits.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use streamly_config::{Duration, Secret};

/// Apps' codes, recovery codes, passkeys.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecondFactorConfig {
    /// Base64 of the 32 bytes under which apps' secrets are sealed and recovery codes hashed.
    pub sealing: Option<Secret>,
    /// File with it.
    pub sealing_file: Option<PathBuf>,
    /// How long a sign-in waits for its second factor after the password.
    pub step_life: Duration,
    /// Tries of a second factor after one password.
    pub step_attempts: u32,
    /// After so many wrong second factors within a day, each behind the right password, the owner gets a mail; 0: none.
    pub notice_after: u32,
    /// How long a page may take to have a challenge signed by a passkey.
    pub challenge_life: Duration,
    /// Passkeys of one account.
    pub passkeys: u32,
}

impl Default for SecondFactorConfig {
    fn default() -> Self {
        Self {
            sealing: None,
            sealing_file: None,
            step_life: Duration::from_secs(600),
            step_attempts: 5,
            notice_after: 5,
            challenge_life: Duration::from_secs(300),
            passkeys: 20,
        }
    }
}

impl SecondFactorConfig {
    /// Names of those that let nothing through.
    pub(crate) fn wrong(&self) -> Vec<&'static str> {
        let all = [
            ("second_factor.step_life", self.step_life.is_zero()),
            ("second_factor.step_attempts", self.step_attempts == 0),
            ("second_factor.challenge_life", self.challenge_life.is_zero()),
            ("second_factor.passkeys", self.passkeys == 0),
        ];
        all.into_iter().filter_map(|(name, wrong)| wrong.then_some(name)).collect()
    }
}
