//! Where objects are kept.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use streamly_config::{Duration, Secret};

/// Settings of a store: a folder, or a bucket. With neither nothing can be stored.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of this machine; made if it is not there.
    pub dir: Option<PathBuf>,
    /// Bucket of S3 or of a server that speaks as S3 does.
    pub bucket: Option<String>,
    /// `https://host[:port]` of that server; none: Amazon's, of the region.
    pub endpoint: Option<String>,
    /// The bucket's region.
    pub region: String,
    /// Account: the id of the access key.
    pub access_key: Option<String>,
    /// Its secret.
    pub secret_key: Option<Secret>,
    /// File with the secret.
    pub secret_key_file: Option<PathBuf>,
    /// Before every key, without slashes at its ends: several platforms share a bucket.
    pub prefix: Option<String>,
    /// File of PEM certificates that sign the endpoint's, instead of the public authorities.
    pub ca_file: Option<PathBuf>,
    /// Longest time of one request to the bucket; without it uploads hang with it.
    pub timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dir: None,
            bucket: None,
            endpoint: None,
            region: "us-east-1".into(),
            access_key: None,
            secret_key: None,
            secret_key_file: None,
            prefix: None,
            ca_file: None,
            timeout: Duration::from_secs(10),
        }
    }
}

impl Config {
    pub(crate) fn secret(&self) -> Result<Option<Secret>, Error> {
        Secret::from_value_or_file(
            "storage.secret_key",
            self.secret_key.as_ref(),
            self.secret_key_file.as_deref(),
        )
        .map_err(|detail| Error::Settings { key: "storage.secret_key", detail })
    }
}
