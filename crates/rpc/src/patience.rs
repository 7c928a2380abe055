//! How long a gRPC server waits for who says nothing: the settings `grpc_patience.*` of every service that has one.

use serde::{Deserialize, Serialize};
use std::{ops::RangeInclusive, time};
use streamly_config::{Duration, out_of_bounds};

/// What `greeting` may be.
const GREETING: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
/// What `ping` and `pong` may be: below a second every pause of a peer is its end.
const SIGN: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);

/// How long a server waits for who says nothing. Without these, connections of nobody stay and take the file descriptors of all others.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until a new connection has begun as HTTP/2 does.
    pub greeting: time::Duration,
    /// After which a silent connection is asked for a sign of life.
    pub ping: time::Duration,
    /// Until that has to be there.
    pub pong: time::Duration,
}

impl Default for Patience {
    fn default() -> Self {
        PatienceConfig::default().get()
    }
}

/// The same as settings.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatienceConfig {
    /// A new connection must have begun as HTTP/2 does by then. Default 10 s, at most a minute. Without it one that says nothing keeps a file
    /// descriptor for as long as it likes.
    pub greeting: Duration,
    /// After so much silence a connection is asked for a sign of life. Default 20 s, at most 10 min: many times what a call may take.
    pub ping: Duration,
    /// By when that has to be there. Default 20 s, at most 10 min. Without it machines that lost their power are waited for.
    pub pong: Duration,
}

impl Default for PatienceConfig {
    fn default() -> Self {
        let (greeting, ping, pong) =
            (Duration::from_secs(10), Duration::from_secs(20), Duration::from_secs(20));
        Self { greeting, ping, pong }
    }
}

impl PatienceConfig {
    /// For a server.
    pub fn get(&self) -> Patience {
        Patience { greeting: self.greeting.get(), ping: self.ping.get(), pong: self.pong.get() }
    }

    /// What is out of its bounds: the whole key, and what it may be.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        out_of_bounds([
            ("grpc_patience.greeting", self.greeting, GREETING),
            ("grpc_patience.ping", self.ping, SIGN),
            ("grpc_patience.pong", self.pong, SIGN),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_settings_have_bounds() {
        assert!(PatienceConfig::default().problems().is_empty());
        let wrong = PatienceConfig {
            greeting: Duration::from_secs(61),
            ping: Duration::from_millis(999),
            pong: Duration::from_secs(601),
        };
        let keys: Vec<_> = wrong.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["grpc_patience.greeting", "grpc_patience.ping", "grpc_patience.pong"]);
    }
}
