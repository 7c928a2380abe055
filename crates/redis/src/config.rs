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
    /// others are found); no password in it.
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

impl Config {
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
