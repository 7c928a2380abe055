//! What an operator can set about requests to addresses that users chose.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use streamly_config::{Duration, Network};

/// What may be asked, and bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Networks that may be asked though they are not of the public internet: an intranet's.
    pub allow: Vec<Network>,
    /// Networks that may not be asked though they are: the operator's own, where they have public addresses.
    pub refuse: Vec<Network>,
    /// Whether `http://` is refused.
    pub https_only: bool,
    /// Ports that may be asked; none: all.
    pub ports: Vec<u16>,
    /// PEM file of the certificates that are trusted instead of Mozilla's.
    pub ca_file: Option<PathBuf>,
    /// Longest wait for a TCP connection.
    pub connect_timeout: Duration,
    /// Longest wait for a place, and then for the answer.
    pub timeout: Duration,
    /// Requests at once. Sockets.
    pub at_once: usize,
    /// Of them to one host; without it a slow one holds up all others.
    pub per_host: usize,
    /// Of them for one person or channel; without it one account takes all of them.
    pub per_owner: usize,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            refuse: Vec::new(),
            https_only: true,
            ports: vec![443, 8443],
            ca_file: None,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            at_once: 64,
            per_host: 16,
            per_owner: 8,
        }
    }
}
