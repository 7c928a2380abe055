//! Looks at the certificate's files from time to time and serves what has changed.

use super::{Certificates, Files};
use std::{fs, os::unix::fs::MetadataExt, path::Path, sync::Arc, time::Duration};

/// What tells one version of the files from another; names may be links that are moved on.
type Version = [Option<(u64, i64, i64, u64)>; 2];

impl Files {
    fn version(&self) -> Version {
        let of = |path: &Path| {
            let meta = fs::metadata(path).ok()?;
            Some((meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.size()))
        };
        [of(&self.cert), of(&self.key)]
    }
}

impl Certificates {
    /// Serves changed files to new connections, for ever. Each change is tried once: what cannot be used is logged and not served.
    pub(crate) async fn watch(self: Arc<Self>, interval: Duration) {
        let mut seen = self.files.version();
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

    fn look(&self, seen: Version) -> Version {
        let version = self.files.version();
        if version != seen {
            match self.files.load() {
                Ok(loaded) => {
                    loaded.tell(&self.files);
                    self.served.store(Arc::new(loaded.config));
                    tracing::info!(file = %self.files.cert.display(), "new certificate for rtmps");
                }
                Err(error) => {
                    tracing::error!(%error, "the new certificate for rtmps is of no use: the last one stays");
                }
            }
        }
        version
    }
}
