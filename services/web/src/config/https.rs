//! Settings of the public listener by TLS.

use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};
use streamly_config::{Duration, Problem};
use streamly_tls::{Files, Told};

/// What logs and metrics call the certificate.
pub(crate) const TOLD: Told =
    Told { listener: "https", not_after: "streamly_web_https_certificate_not_after_seconds" };

/// HTTPS; without `listen` there is none.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpsConfig {
    /// Where browsers connect by TLS.
    pub listen: Option<SocketAddr>,
    /// PEM file: the certificate, its issuers behind it.
    pub cert_file: Option<PathBuf>,
    /// PEM file with its key.
    pub key_file: Option<PathBuf>,
    /// How often the files are looked at for a change.
    pub reload_interval: Duration,
    /// Whether the plain listener sends everybody here, but for `/health` and what a trusted proxy says came by https.
    pub redirect: bool,
    /// A TLS handshake must have ended by then; without it who never ends one keeps a connection.
    pub handshake_timeout: Duration,
    /// Requests under way at once on one connection by HTTP/2; without it one connection could have any number of them.
    pub max_streams: u32,
}

impl Default for HttpsConfig {
    fn default() -> Self {
        Self {
            listen: None,
            cert_file: None,
            key_file: None,
            reload_interval: Duration::from_secs(10),
            redirect: true,
            handshake_timeout: Duration::from_secs(10),
            max_streams: 128,
        }
    }
}

impl HttpsConfig {
    /// The certificate, where both files are given.
    pub(crate) fn files(&self) -> Option<Files> {
        let (cert, key) = (self.cert_file.clone()?, self.key_file.clone()?);
        Some(Files { cert, key })
    }

    /// Whether what comes by plain HTTP is sent to https.
    pub(crate) fn redirects(&self) -> bool {
        self.listen.is_some() && self.redirect
    }

    /// All problems; reads the files. `is_https`: whether `public_url` is.
    pub(super) fn problems(&self, is_https: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, detail: String| problems.push(Problem { key: key.into(), detail });
        let files = [("https.cert_file", &self.cert_file), ("https.key_file", &self.key_file)];
        match self.listen {
            Some(_) => {
                for (key, _) in files.iter().filter(|(_, file)| file.is_none()) {
                    wrong(key, "is needed for https.listen: a PEM file".into());
                }
                if !is_https {
                    wrong("public_url", "is not https, as https.listen wants it: links begin with it".into());
                }
            }
            None if files.iter().any(|(_, file)| file.is_some()) => {
                wrong("https.listen", "is needed for a certificate: an address such as 0.0.0.0:443".into());
            }
            None => {}
        }
        for error in self.files().iter().flat_map(Files::problems) {
            wrong("https", error.to_string());
        }
        for (key, interval) in [
            ("https.reload_interval", self.reload_interval),
            ("https.handshake_timeout", self.handshake_timeout),
        ] {
            if interval.is_zero() {
                wrong(key, "is zero".into());
            }
        }
        if self.max_streams == 0 {
            wrong("https.max_streams", "0 lets nobody in".into());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::HttpsConfig;
    use crate::config::Config;
    use std::{fs, path::Path};
    use streamly_config::Duration;

    /// A certificate for localhost and its key, in this folder.
    fn certified(folder: &Path) -> HttpsConfig {
        let (cert, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        fs::write(&cert, made.cert.pem()).unwrap();
        HttpsConfig {
            listen: Some(([127, 0, 0, 1], 0).into()),
            cert_file: Some(cert),
            key_file: Some(key),
            ..HttpsConfig::default()
        }
    }

    fn said(public_url: &str, https: HttpsConfig) -> Vec<(String, String)> {
        let config = Config { public_url: public_url.into(), https, ..Config::default() };
        let problems = config.check().err().map(|error| error.problems).unwrap_or_default();
        problems.into_iter().map(|problem| (problem.key, problem.detail)).collect()
    }

    fn keys(said: &[(String, String)]) -> Vec<&str> {
        said.iter().map(|(key, _)| key.as_str()).collect()
    }

    #[test]
    fn a_certificate_with_its_key_under_an_https_address_is_good() {
        let folder = tempfile::tempdir().unwrap();
        let problems = said("https://s.example", certified(folder.path()));
        assert!(problems.is_empty(), "{problems:?}");
        assert!(certified(folder.path()).redirects(), "unless told otherwise");
        assert!(!HttpsConfig::default().redirects(), "there is nowhere to send people");
    }

    #[test]
    fn half_a_configuration_is_named_with_all_that_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let whole = certified(folder.path());
        let alone = HttpsConfig { cert_file: None, key_file: None, ..whole.clone() };
        let lacking = said("http://s.example", alone);
        assert_eq!(keys(&lacking), ["https.cert_file", "https.key_file", "public_url"]);
        let no_key = HttpsConfig { key_file: None, max_streams: 0, ..whole.clone() };
        assert_eq!(keys(&said("https://s.example", no_key)), ["https.key_file", "https.max_streams"]);
        let nowhere = HttpsConfig { listen: None, reload_interval: Duration::from_secs(0), ..whole };
        let lacking = said("http://s.example", nowhere);
        assert_eq!(keys(&lacking), ["https.listen", "https.reload_interval"]);
    }

    #[test]
    fn files_of_no_use_are_each_named() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (good, foreign) = (certified(folder.path()), certified(other.path()));
        let mixed = HttpsConfig { key_file: foreign.key_file, ..good.clone() };
        let unfit = said("https://s.example", mixed);
        assert_eq!(keys(&unfit), ["https"]);
        assert!(unfit[0].1.contains("cannot be used"), "{unfit:?}");
        let none = |name: &str| Some(folder.path().join(name));
        let missing = HttpsConfig { cert_file: none("no-chain"), key_file: none("no-key"), ..good };
        let missing = said("https://s.example", missing);
        assert_eq!(keys(&missing), ["https", "https"]);
        assert!(missing[0].1.contains("no-chain cannot be read"), "{missing:?}");
        assert!(missing[1].1.contains("no-key cannot be read"), "{missing:?}");
    }
}
