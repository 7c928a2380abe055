//! What an operator can set about notices of live channels: when they go out, how often, and the key that signs Web Push.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use streamly_config::{Duration, Secret};

/// Bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notices {
    /// How long a broadcast is live before mails and pushes go out. Without it a test of ten seconds is told to everybody.
    pub settle: Duration,
    /// A broadcast that is live for longer is not told any more: after an outage.
    pub late: Duration,
    /// At most one mail about a channel to a person in this time.
    pub mail_pause: Duration,
    /// At most one round of pushes about a channel in this time.
    pub push_pause: Duration,
    /// How far back the list of notices goes.
    pub listed: Duration,
    /// Browsers of one person that are pushed to; of more the newest.
    pub max_browsers: u32,
    /// Pushes on their way at once to browsers that took the last one.
    pub push_at_once: usize,
    /// And to the others, which anybody may name: they wait for one another alone.
    pub push_unproved_at_once: usize,
    /// Longest wait for a push service's answer; one that says nothing keeps a place for so long.
    pub push_patience: Duration,
    /// How long a browser rests whose push service took nothing twice; doubles with each further time, to a day at most.
    pub push_rest: Duration,
    /// A browser whose push service took nothing for so long, five times at least, is forgotten.
    pub push_give_up: Duration,
    /// How long a push service keeps a push for a browser that is off.
    pub push_ttl: Duration,
    /// Base64 of the 32 bytes of the private key that signs pushes (VAPID); without it there is no Web Push.
    pub vapid_key: Option<Secret>,
    /// File with it.
    pub vapid_key_file: Option<PathBuf>,
    /// Whom push services ask when pushes go wrong, `mailto:…` or `https://…`; none: `public_url`, if it is https.
    pub contact: Option<String>,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(10),
            late: Duration::from_secs(3_600),
            mail_pause: Duration::from_secs(4 * 3_600),
            push_pause: Duration::from_secs(30 * 60),
            listed: Duration::from_secs(7 * 86_400),
            max_browsers: 10,
            push_at_once: 16,
            push_unproved_at_once: 8,
            push_patience: Duration::from_secs(3),
            push_rest: Duration::from_secs(600),
            push_give_up: Duration::from_secs(7 * 86_400),
            push_ttl: Duration::from_secs(3_600),
            vapid_key: None,
            vapid_key_file: None,
            contact: None,
        }
    }
}
