//! How long a public listener waits for a request: the settings `requests.*` of every service.

use crate::Limits;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use streamly_config::{Duration, out_of_bounds};

/// What `head_timeout` may be: below, phones on a bad network are cut off.
const HEAD: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(300);
/// What `body_timeout` may be.
const BODY: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);

/// See the module's head.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestsConfig {
    /// The head of a request must have arrived by then; of the first one since its connection was opened. Default 10 s, at most 5 min. Without it
    /// a byte now and then keeps a connection for as long as its client likes.
    pub head_timeout: Duration,
    /// Its body must have, from the end of its head. Default 60 s, at most an hour. Without it likewise.
    pub body_timeout: Duration,
}

impl Default for RequestsConfig {
    fn default() -> Self {
        Self { head_timeout: Duration::from_secs(10), body_timeout: Duration::from_secs(60) }
    }
}

impl RequestsConfig {
    /// The usual limits of a listener, with these.
    pub fn limits(&self) -> Limits {
        let (head_timeout, body_timeout) = (self.head_timeout.get(), self.body_timeout.get());
        Limits { head_timeout, body_timeout, ..Limits::default() }
    }

    /// What is out of its bounds: the whole key, and what it may be.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        out_of_bounds([
            ("requests.head_timeout", self.head_timeout, HEAD),
            ("requests.body_timeout", self.body_timeout, BODY),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_itself_it_is_what_a_listener_has_by_itself() {
        let (set, usual) = (RequestsConfig::default().limits(), Limits::default());
        assert_eq!((set.head_timeout, set.body_timeout), (usual.head_timeout, usual.body_timeout));
        assert!(RequestsConfig::default().problems().is_empty());
    }

    #[test]
    fn what_is_set_counts_and_has_bounds() {
        let set = RequestsConfig { head_timeout: Duration::from_secs(3), ..RequestsConfig::default() };
        assert_eq!(set.limits().head_timeout, std::time::Duration::from_secs(3));
        let wrong =
            RequestsConfig { head_timeout: Duration::from_secs(0), body_timeout: Duration::from_secs(3601) };
        let keys: Vec<_> = wrong.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["requests.head_timeout", "requests.body_timeout"]);
    }
}
