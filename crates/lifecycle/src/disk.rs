//! How full the disk of a folder is, as metrics. It makes and removes nothing, and judges nothing: alerts do.
//!
//! Whoever writes to the folder measures, or lets [`Disk::watch`] do so. A folder that is not there yet counts as its nearest one that is;
//! a disk that cannot be asked keeps what was last known of it.

use crate::Shutdown;
use metrics::{Gauge, gauge};
use nix::sys::statvfs::statvfs;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Pause of [`Disk::watch`].
const LOOK: Duration = Duration::from_secs(15);

/// A folder's disk.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    free: Gauge,
    size: Gauge,
}

impl Disk {
    /// `name` is what the folder is for, `rewind` say: the metrics' label `folder`. Telemetry has to be there before.
    pub fn of(service: &'static str, name: &'static str, folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            free: gauge!("streamly_lifecycle_disk_free_bytes", "service" => service, "folder" => name),
            size: gauge!("streamly_lifecycle_disk_size_bytes", "service" => service, "folder" => name),
        }
    }

    /// Looks at the disk, which may take as long as the disk does. Errors: it cannot be asked.
    pub fn measure(&self) -> io::Result<()> {
        let there = self.folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(&self.folder);
        let stat = statvfs(there)?;
        // Of the blocks that are free, those that root alone may take are not counted.
        self.free.set(stat.blocks_available() as f64 * stat.fragment_size() as f64);
        self.size.set(stat.blocks() as f64 * stat.fragment_size() as f64);
        Ok(())
    }

    /// Measures now and every 15 s, until the stop. Never on a thread that serves.
    pub async fn watch(self, shutdown: Shutdown) {
        let this = Arc::new(self);
        while !shutdown.is_started() {
            let disk = this.clone();
            let measured = tokio::task::spawn_blocking(move || disk.measure());
            let measured = tokio::select! {
                () = shutdown.started() => return,
                measured = measured => measured,
            };
            if let Ok(Err(error)) = measured {
                tracing::debug!(folder = %this.folder.display(), %error, "how full the disk is cannot be seen");
            }
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_is_as_full_as_the_one_that_is() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let shown = recorder.handle();
        let folder = tempfile::tempdir().unwrap();
        metrics::with_local_recorder(&recorder, || {
            Disk::of("chat", "pictures", &folder.path().join("not/yet")).measure().unwrap();
        });
        let text = shown.render();
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| {
                line.strip_prefix(&format!(
                    "streamly_lifecycle_disk_{name}_bytes{{service=\"chat\",folder=\"pictures\"}} "
                ))
            });
            line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
        };
        assert!(value("free") > 0.0 && value("free") <= value("size"), "{text}");
    }
}
