//! Settings of mail: the server it goes to, or the folder that stands in for one, and how long it is tried and kept.
//!
//! Neither server nor folder: mails stay in the table, where an admin reads them.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use streamly_config::{Duration, Secret};

/// How mail leaves.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The server; without a host there is none.
    pub smtp: SmtpConfig,
    /// The sender, `Name <address>` or an address.
    pub from: String,
    /// Where each mail is written as a file (`.eml`) while no server is set.
    pub folder: Option<PathBuf>,
    /// Pause after the first failure; doubles with each further one, to an hour at most.
    pub retry: Duration,
    /// A mail that could not be sent for so long is given up.
    pub give_up: Duration,
    /// Mails, sent or given up, are forgotten after so long; in the folder, too.
    pub keep: Duration,
    /// Pause after each mail that tells followers of a live channel; all other mail goes before these.
    pub notice_pace: Duration,
    /// Such a mail that could not be sent for so long is given up: who reads it later finds nobody live.
    pub notice_life: Duration,
}

/// A mail server (RFC 5321, submission: RFC 6409).
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its name; empty: none.
    pub host: String,
    /// Its port; 0: the usual one of `tls`, 587, 465 or 25.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// File with one more certificate (PEM) that is trusted, of a server with a certificate of its own.
    pub ca_file: Option<PathBuf>,
    /// For the login; empty: none.
    pub username: String,
    /// For the login.
    pub password: Option<Secret>,
    /// File with it.
    pub password_file: Option<PathBuf>,
    /// Longest time of one step of the conversation.
    pub timeout: Duration,
}

/// Encryption of the connection to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// By STARTTLS, demanded (RFC 3207).
    Starttls,
    /// From the first byte (RFC 8314).
    Implicit,
    /// None.
    Off,
}

impl SmtpConfig {
    /// The port, or the usual one.
    pub(crate) fn port(&self) -> u16 {
        match (self.port, self.tls) {
            (0, Tls::Starttls) => 587,
            (0, Tls::Implicit) => 465,
            (0, Tls::Off) => 25,
            (port, _) => port,
        }
    }
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            smtp: SmtpConfig::default(),
            from: "Streamly <streamly@localhost>".into(),
            folder: None,
            retry: Duration::from_secs(30),
            give_up: Duration::from_secs(3 * 86_400),
            keep: Duration::from_secs(7 * 86_400),
            notice_pace: Duration::from_millis(50),
            notice_life: Duration::from_secs(3_600),
        }
    }
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 0,
            tls: Tls::Starttls,
            ca_file: None,
            username: String::new(),
            password: None,
            password_file: None,
            timeout: Duration::from_secs(15),
        }
    }
}
