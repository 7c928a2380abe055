//! Where a service's database is.

use crate::hosts;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use streamly_config::{Duration, Secret};

/// Connection settings; a `host` may be the folder of a unix socket.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Host name, address, or an absolute folder with the socket; or several with commas between them, a primary and its standbys, of which
    /// the one is used that takes writes.
    pub host: String,
    /// TCP port, and the number in the socket's file name.
    pub port: u16,
    /// Role.
    pub user: String,
    /// Database.
    pub database: String,
    /// Password, where the server asks for one.
    pub password: Option<Secret>,
    /// File with the password.
    pub password_file: Option<PathBuf>,
    /// Most connections of this process.
    pub max_connections: usize,
    /// Longest wait for a free connection or a new one.
    pub acquire_timeout: Duration,
    /// `statement_timeout`: a statement that takes longer is cancelled by the server.
    pub statement_timeout: Duration,
    /// A connection whose server, or its machine, says nothing for so long is given up, and those that are as old with it. Looked at every
    /// five seconds; there a server has `statement_timeout`, if that is longer.
    pub silence_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 5432,
            user: "streamly".into(),
            database: String::new(),
            password: None,
            password_file: None,
            max_connections: 8,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            silence_timeout: Duration::from_secs(5),
        }
    }
}

/// Why `silence_timeout` is not zero.
pub(crate) const NO_TIME: &str = "silence_timeout: 0 s is no time for an answer";

impl Config {
    /// What of it cannot be used: the key, and why, for who lists all problems before anything is begun. Reads the password's file; connects to
    /// nothing.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let (value, file) = (self.password.as_ref(), self.password_file.as_deref());
        let found = [
            hosts::names(&self.host).err(),
            self.silence_timeout.is_zero().then(|| NO_TIME.to_owned()),
            Secret::from_value_or_file("password", value, file).err(),
        ];
        found.into_iter().flatten().map(|why| ("postgres", why)).collect()
    }
}
