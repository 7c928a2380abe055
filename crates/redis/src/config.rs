//! Where Redis is.

use crate::client::{self, Error};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use streamly_config::{Duration, Secret};

/// Connection settings.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `redis://host:port/db`, `redis+unix:///path/to.sock`, `redis-cluster://host:port?node=host:port&node=…` (some masters of a cluster; the
    /// others are found). A name before the host is one of Redis's users; a password there is refused, since addresses are logged.
    pub url: String,
    /// Password, where the server asks for one.
    pub password: Option<Secret>,
    /// File with the password.
    pub password_file: Option<PathBuf>,
    /// Longest wait for an answer.
    pub command_timeout: Duration,
    /// Pub/sub messages buffered for a slow reader; more is a gap, which costs a read of the stream.
    pub pubsub_buffer: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: "redis://127.0.0.1:6379".into(),
            password: None,
            password_file: None,
            command_timeout: Duration::from_secs(3),
            pubsub_buffer: 8192,
        }
    }
}

/// Why there is no password in `url`. Without the address: whoever reads this may not know the password.
pub(crate) const OPEN_PASSWORD: &str = "url: there is a password in it, which logs would show; write it into password, or into a file that password_file names";

impl Config {
    /// Whether something secret stands before the host: `redis://:secret@host`, `redis://user:secret@host`, `redis+unix://:secret@/path`.
    pub(crate) fn has_open_password(&self) -> bool {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        // A path may have both signs in it.
        !rest.starts_with('/') && rest.rsplit_once('@').is_some_and(|(before, _)| before.contains(':'))
    }

    /// What of it cannot be used: the key, and why, for who lists all problems before anything is begun. Reads the password's file; connects to
    /// nothing.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        match client::settings(self) {
            Ok(_) => Vec::new(),
            Err(Error::Settings(why)) => vec![("redis", why)],
            Err(e) => vec![("redis", e.to_string())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Redis;
    use streamly_lifecycle::Readiness;

    fn at(url: &str) -> Config {
        Config { url: url.into(), ..Config::default() }
    }

    #[tokio::test]
    async fn a_password_in_the_address_is_refused_by_name_and_is_in_no_message() {
        for url in [
            "redis://:hush@127.0.0.1:6379",
            "redis://ada:hush@127.0.0.1:6379/0",
            "redis://:hu/sh@127.0.0.1",
            "redis+unix://:hush@/run/redis.sock",
            "redis-cluster://ada:hush@127.0.0.1:1?node=127.0.0.1:2",
        ] {
            let told = at(url).problems();
            let [(key, why)] = &told[..] else { panic!("{url}: {told:?}") };
            assert_eq!(*key, "redis");
            assert!(why.contains("password_file"), "{why}");
            assert!(!why.contains("hush") && !why.contains("hu/sh"), "{why}");
            let error = Redis::new(&at(url), &Readiness::new()).expect_err("there is no client");
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }

    #[tokio::test]
    async fn who_asks_is_no_secret_nor_is_a_path() {
        assert!(!at("redis+unix:///run/a:b@c.sock").has_open_password());
        for url in ["redis://ada@127.0.0.1:6379", "redis-cluster://127.0.0.1:1?node=127.0.0.1:2"] {
            assert_eq!(at(url).problems(), Vec::new(), "{url}");
        }
        let config = Config { password: Some(Secret::new("hush")), ..at("redis://127.0.0.1:1") };
        assert!(!format!("{config:?}").contains("hush"), "{config:?}");
        assert!(!format!("{:?}", Redis::new(&config, &Readiness::new()).unwrap()).contains("hush"));
    }
}
