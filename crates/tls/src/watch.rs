//! Looks at the certificate's files from time to time and serves what has changed.

use crate::{Certificates, files::Version};
use std::{sync::Arc, time::Duration};

impl Certificates {
    /// Serves changed files to new connections, for ever. Each change is tried once: what cannot be used is logged and not served.
    pub async fn watch(self: Arc<Self>, interval: Duration) {
        let mut seen = self.opened;
        loop {
            tokio::time::sleep(interval).await;
            let this = self.clone();
            // Files may lie on a slow disk.
            let looked = tokio::task::spawn_blocking(move || this.look(seen)).await;
            match looked {
                Ok(version) => seen = version,
                Err(error) => tracing::error!(%error, "the certificate's files could not be looked at"),
            }
        }
    }

    /// Takes what is other than it was; what it is now.
    pub(crate) fn look(&self, seen: Version) -> Version {
        let version = self.files.version();
        let listener = self.told.listener;
        if version != seen {
            match self.files.load() {
                Ok(key) => {
                    self.served.store(Arc::new(key));
                    self.tell();
                    tracing::info!(file = %self.files.cert.display(), "new certificate for {listener}");
                }
                Err(error) => {
                    tracing::error!(%error, "the new certificate for {listener} is of no use: the last one stays");
                }
            }
        }
        version
    }
}
