//! The life of a process: shutdown, tracked tasks, readiness, the disks that it fills.
//!
//! Start: config, telemetry, pools, bind, ready. Stop: not ready, stop accepting, drain to a deadline, close. A task that is not
//! spawned through [`Tasks`] is a defect: nothing is fired and forgotten.

mod background;
mod disk;
mod file_limit;
mod ready;
mod signal;

pub use background::{Background, Panicked};
pub use disk::Disk;
pub use file_limit::raise_file_limit;
pub use ready::{Check, Readiness};
pub use signal::{until_stop_signal, until_stopped};

use std::{future::Future, time::Duration};
pub use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tells everybody to stop, and by when. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
}

impl Shutdown {
    /// Not stopping yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Starts the stop; idempotent.
    pub fn start(&self) {
        self.token.cancel();
    }
    /// Waits for the start of the stop. Cancel-safe.
    pub async fn started(&self) {
        self.token.cancelled().await;
    }
    /// Whether the stop has started.
    pub fn is_started(&self) -> bool {
        self.token.is_cancelled()
    }
    /// A token for libraries that take one; cancelled when the stop starts.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

/// The tasks of a service. Clones share one set.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
}

impl Tasks {
    /// No task yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Spawns a tracked task; a panic in it is logged by name and ends only that task.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(async move {
            if let Err(e) = tokio::spawn(future).await
                && e.is_panic()
            {
                tracing::error!(task = name, "a task panicked");
            }
        });
    }
    /// How many run.
    pub fn len(&self) -> usize {
        self.tracker.len()
    }
    /// Whether none runs.
    pub fn is_empty(&self) -> bool {
        self.tracker.is_empty()
    }
    /// Waits until all have ended or the deadline passed; says whether all ended.
    pub async fn join(&self, deadline: Duration) -> bool {
        self.tracker.close();
        tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok()
    }
}
