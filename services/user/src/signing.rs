//! The keys that sign access tokens, read again from their file every two seconds, so that they follow one another while the service runs.
//!
//! What a text of keys means is `streamly_auth::Ring`'s. A file that cannot be read or does not parse is logged once, and the last good
//! keys stay. Keys that are given as a value stay until the end of the process.

use crate::refresh::Successors;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use streamly_auth::{Jwks, Ring};
use streamly_http::AccessKeys;
use streamly_lifecycle::Shutdown;

/// Between two looks. Longer than the lead of a rotation, and replicas sign with keys that others do not publish.
const LOOK: Duration = Duration::from_secs(2);

/// The keys of now.
pub(crate) struct Signing {
    ring: RwLock<Arc<Ring>>,
    /// The same, for who calls this service.
    verify: AccessKeys,
    file: Option<PathBuf>,
}

impl Signing {
    /// `file`: where the keys came from.
    pub(crate) fn new(ring: Ring, file: Option<&Path>) -> Self {
        let verify = AccessKeys::fixed(&ring.jwks(now()));
        Self { ring: RwLock::new(Arc::new(ring)), verify, file: file.map(Into::into) }
    }

    /// All keys.
    pub(crate) fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is published.
    pub(crate) fn jwks(&self) -> Jwks {
        self.ring().jwks(now())
    }

    /// What verifies this service's callers.
    pub(crate) fn verify(&self) -> AccessKeys {
        self.verify.clone()
    }

    /// How refresh tokens follow one another.
    pub(crate) fn successors(&self) -> Successors {
        let ring = self.ring();
        Successors::new(ring.signing(now()), ring.keys())
    }

    /// Reads the file until the stop.
    pub(crate) async fn follow(&self, shutdown: Shutdown) {
        let (mut last, mut wrong) = (self.ring().to_text(), String::new());
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Some(file) = &self.file {
                let read = tokio::fs::read_to_string(file).await.map_err(|e| e.to_string());
                match read.and_then(|text| Ring::parse(&text).map_err(|e| e.to_string())) {
                    Ok(ring) => {
                        wrong.clear();
                        let text = ring.to_text();
                        if text != last {
                            let keys: Vec<_> = ring.keys().map(|key| key.kid().to_owned()).collect();
                            tracing::info!(?keys, "the signing keys are others now");
                            last = text;
                            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
                        }
                    }
                    Err(why) if why != wrong => {
                        tracing::warn!(file = %file.display(), %why, "the signing keys stay as they are: their file cannot be used");
                        wrong = why;
                    }
                    Err(_) => {}
                }
            }
            // Also without a new text: the time of a key comes.
            self.verify.replace(&self.jwks());
        }
    }
}

/// Unix seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
