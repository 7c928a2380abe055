//! Every setting of the service. The environment name of `password.memory` is `STREAMLY_USER__PASSWORD__MEMORY`.
//!
//! [`Config::check`] finds what the types cannot: missing secrets, impossible limits; all problems at once.

mod limits;
mod mail;
mod registration;
mod second_factor;

pub use limits::{Delay, Limits, Rate};
pub use mail::{MailConfig, SmtpConfig, Tls};
pub use registration::{Policy, Registration};
pub use second_factor::SecondFactorConfig;

use crate::{factor::vault::Vault, store::sessions::LISTED};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};
use streamly_auth::Ring;
use streamly_config::{ByteSize, Duration, Error, Network, Problem, Secret};
use streamly_http::{RequestsConfig, StartError};
use streamly_rpc::{PatienceConfig, Peer, PeerConfig};

/// Settings of `user`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// REST listener.
    pub http: SocketAddr,
    /// gRPC listener.
    pub grpc: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
    /// How long the REST listener waits for a request.
    pub requests: RequestsConfig,
    /// How long the gRPC listener waits for who says nothing.
    pub grpc_patience: PatienceConfig,
    /// The database; its name is `streamly_users` unless given.
    pub postgres: streamly_postgres::Config,
    /// Rate limits and the stream `events:user`.
    pub redis: streamly_redis::Config,
    /// Whether calls are traced, and where that is sent.
    pub tracing: streamly_telemetry::TracingConfig,
    /// Public keys of the services that may ask by gRPC.
    pub trust: streamly_rpc::TrustConfig,
    /// The stream service, asked for a person's own data and for which mails are still wanted; none: the first is missing, the second are all.
    pub stream: Option<PeerConfig>,
    /// The chat service, likewise.
    pub chat: Option<PeerConfig>,
    /// The private keys of access tokens: text of [`Ring`].
    pub signing_key: Option<Secret>,
    /// File with it.
    pub signing_key_file: Option<PathBuf>,
    /// The refresh cookie carries `Secure` also where `public_url` is not https (which alone is enough).
    pub secure_cookies: bool,
    /// Where people see the platform, `https://stream.example`; its origin may refresh and sign out.
    pub public_url: Option<String>,
    /// Whether strangers may register.
    pub registration: Registration,
    /// Mail to people.
    pub mail: MailConfig,
    /// How long after a sign-in the password, the address and the like may be changed, and mails be read, without the password.
    pub recent_sign_in: Duration,
    /// How long a closed account can be taken back before it is erased.
    pub deletion_grace: Duration,
    /// A sign-in from a browser or network that the account has not seen for 90 days is told by mail.
    pub sign_in_notice: bool,
    /// Most sign-ins of one account at a time, 1 to 200; with one more the one that was used longest ago ends. Without it they are more than are listed.
    pub sessions: u32,
    /// Most different errors of people's browsers that are kept for admins. Without it their table grows.
    pub browser_errors: u32,
    /// How long acts of staff are in the log; those by which somebody is suspended still stay. Without it the log grows.
    pub audit_keep: Duration,
    /// Who presents this token, signed in, becomes the first admin; counts only while there is none.
    pub first_admin_token: Option<Secret>,
    /// File with it.
    pub first_admin_token_file: Option<PathBuf>,
    /// When given, the account `demo` exists with this password after the start.
    pub demo_password: Option<Secret>,
    /// File with it.
    pub demo_password_file: Option<PathBuf>,
    /// Second factors.
    pub second_factor: SecondFactorConfig,
    /// How passwords are hashed.
    pub password: PasswordConfig,
    /// Off only for load measurements on loopback.
    pub rate_limits: bool,
    /// How many attempts are let through.
    pub limits: Limits,
    /// Peers, besides loopback, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Longest time a call may take, waits for PostgreSQL and the hash queue included; then 503.
    pub deadline: Duration,
    /// Threads that serve HTTP.
    pub workers: usize,
}

/// How new hashes are made; stored ones of the other algorithm are checked all the same, and made anew at the next sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// RFC 9106.
    Argon2id,
    /// For who must: it takes no more than 72 bytes of a password, and no memory from who guesses.
    Bcrypt,
}

/// Argon2id (RFC 9106); defaults are OWASP's minimum.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordConfig {
    /// How new hashes are made.
    pub algorithm: Algorithm,
    /// Memory of one hash of Argon2id.
    pub memory: ByteSize,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Rounds of a hash of bcrypt, as a power of two, 10 to 16.
    pub bcrypt_cost: u32,
    /// Hashes that run at once; 0: half of the cores, at least one. More take the processor from video.
    pub parallel: usize,
    /// Calls that wait for a hash; more are answered 503 at once.
    pub queue: usize,
    /// Longest wait for a hash, as the latest ones took; calls that would wait longer are answered 503 at once.
    pub longest_wait: Duration,
    /// New passwords on the list of the 10,000 most common ones are refused.
    pub refuse_common: bool,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            memory: ByteSize::new(19 << 20),
            passes: 2,
            lanes: 1,
            bcrypt_cost: 12,
            parallel: 0,
            queue: 64,
            longest_wait: Duration::from_millis(800),
            refuse_common: true,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            http: ([0, 0, 0, 0], 8080).into(),
            grpc: ([127, 0, 0, 1], 9080).into(),
            admin: ([127, 0, 0, 1], 10080).into(),
            requests: RequestsConfig::default(),
            grpc_patience: PatienceConfig::default(),
            postgres: streamly_postgres::Config::default(),
            redis: streamly_redis::Config::default(),
            tracing: streamly_telemetry::TracingConfig::default(),
            trust: streamly_rpc::TrustConfig::default(),
            stream: None,
            chat: None,
            signing_key: None,
            signing_key_file: None,
            secure_cookies: false,
            public_url: None,
            registration: Registration::default(),
            mail: MailConfig::default(),
            recent_sign_in: Duration::from_secs(600),
            deletion_grace: Duration::from_secs(14 * 86_400),
            sign_in_notice: true,
            sessions: 100,
            browser_errors: 500,
            audit_keep: Duration::from_secs(400 * 86_400),
            first_admin_token: None,
            first_admin_token_file: None,
            demo_password: None,
            demo_password_file: None,
            second_factor: SecondFactorConfig::default(),
            password: PasswordConfig::default(),
            rate_limits: true,
            limits: Limits::default(),
            trusted_proxies: Vec::new(),
            deadline: Duration::from_millis(3_800),
            workers: 1,
        }
    }
}

/// The secrets of a configuration, read and parsed.
#[derive(Debug)]
pub(crate) struct Secrets {
    pub(crate) ring: Ring,
    pub(crate) demo_password: Option<Secret>,
    pub(crate) smtp_password: Option<Secret>,
    pub(crate) first_admin_token: Option<Secret>,
    pub(crate) vault: Vault,
}

impl Config {
    /// Stream and chat, where they are configured. Errors: no key to call them with, an address that is none.
    pub(crate) fn peers(&self) -> Result<(Option<Peer>, Option<Peer>), StartError> {
        let peer = |name: &str, config: &Option<PeerConfig>| {
            let Some(config) = config else { return Ok(None) };
            let wrong = |detail: String| invalid(vec![problem(name, detail)]);
            let identity = self.trust.identity("user").map_err(wrong)?;
            Peer::new(config.clone(), name, identity).map(Some).map_err(|e| wrong(e.to_string()))
        };
        Ok((peer("stream", &self.stream)?, peer("chat", &self.chat)?))
    }

    /// Everything that the types let through but cannot work.
    pub(crate) fn check(&self) -> Result<Secrets, StartError> {
        let mut problems = Vec::new();
        let mut note = |key: &str, detail: String| problems.push(problem(key, detail));
        let ring = match secret("signing_key", self.signing_key.as_ref(), self.signing_key_file.as_deref()) {
            Ok(Some(text)) => Ring::parse(text.expose()).map_err(|e| note("signing_key", e.to_string())).ok(),
            Ok(None) => {
                note("signing_key", "signing_key or signing_key_file is needed".into());
                None
            }
            Err(e) => {
                note("signing_key_file", e);
                None
            }
        };
        let mut optional = |key: &str, value: &Option<Secret>, file: &Option<PathBuf>| {
            secret(key, value.as_ref(), file.as_deref()).unwrap_or_else(|e| {
                note(&format!("{key}_file"), e);
                None
            })
        };
        let smtp = &self.mail.smtp;
        let demo_password = optional("demo_password", &self.demo_password, &self.demo_password_file);
        let smtp_password = optional("mail.smtp.password", &smtp.password, &smtp.password_file);
        let first_admin_token =
            optional("first_admin_token", &self.first_admin_token, &self.first_admin_token_file);
        let factor = &self.second_factor;
        let sealing = optional("second_factor.sealing", &factor.sealing, &factor.sealing_file);
        let vault = sealing.and_then(|text| Vault::new(text.expose()));
        if vault.is_none() {
            note("second_factor.sealing", "sealing or sealing_file is needed: the base64 of 32 bytes".into());
        }
        for name in factor.wrong() {
            note(name, "more than zero".into());
        }
        if let Err(e) = crate::mail::post::sender(&self.mail.from) {
            note("mail.from", e);
        }
        if !smtp.host.is_empty() && self.public_url.is_none() {
            note("public_url", "needed for the links in mails".into());
        }
        if smtp.username.is_empty() == smtp_password.is_some() {
            note("mail.smtp.username", "a user name and a password, or neither".into());
        }
        let p = &self.password;
        if let Err(e) = crate::password::parameters(p) {
            note("password", e.to_string());
        }
        if !(10..=16).contains(&p.bcrypt_cost) {
            note("password.bcrypt_cost", "10 to 16".into());
        }
        for name in self.limits.wrong() {
            note(name, "all of it is more than zero".into());
        }
        if self.deletion_grace.is_zero() {
            note("deletion_grace", "more than zero: nobody could take an account back".into());
        }
        if self.audit_keep.is_zero() {
            note("audit_keep", "more than zero: nobody could see what staff did".into());
        }
        let shared = self.requests.problems().into_iter().chain(self.grpc_patience.problems());
        let stores = self.postgres.problems().into_iter().chain(self.redis.problems());
        for (key, detail) in shared.chain(self.tracing.problems()).chain(stores) {
            note(key, detail);
        }
        if !(1..=LISTED).contains(&self.sessions) {
            note("sessions", format!("1 to {LISTED}: so many are listed"));
        }
        // Who calls others needs a key of its own.
        if (self.stream.is_some() || self.chat.is_some())
            && let Err(detail) = self.trust.identity("user")
        {
            note("trust", detail);
        }
        if self.workers == 0 {
            note("workers", "at least one".into());
        }
        match (ring, vault) {
            (Some(ring), Some(vault)) if problems.is_empty() => {
                Ok(Secrets { ring, demo_password, smtp_password, first_admin_token, vault })
            }
            _ => Err(invalid(problems)),
        }
    }
}

fn secret(
    key: &str,
    value: Option<&Secret>,
    file: Option<&std::path::Path>,
) -> Result<Option<Secret>, String> {
    Secret::from_value_or_file(key, value, file)
}

pub(crate) fn problem(key: &str, detail: String) -> Problem {
    Problem { key: key.into(), detail }
}

pub(crate) fn invalid(problems: Vec<Problem>) -> StartError {
    StartError::Config(Error { service: "user".into(), problems })
}
