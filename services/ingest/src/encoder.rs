//! Which encoders the transcode workers use: found out once at the start, or as configured.
//!
//! Until the trial is over x264 is assumed, so that a broadcast that starts meanwhile has its rungs. If nothing works there are no
//! rungs and the source goes on alone.

use crate::Config;
use arc_swap::ArcSwap;
use std::{path::PathBuf, sync::Arc};
use streamly_transcode::{WorkerCommand, probe};

/// Used until the trial is over.
const ASSUMED: &str = "x264enc";

/// The worker's command and the encoders it is given. Clones share them.
#[derive(Clone)]
pub(crate) struct Encoders {
    worker: WorkerCommand,
    usable: Arc<ArcSwap<Vec<String>>>,
    configured: bool,
    /// Removed at the end.
    own_registry: Option<PathBuf>,
}

impl Encoders {
    pub(crate) fn new(config: &Config) -> Result<Self, String> {
        let (program, args) = match config.worker.split_first() {
            Some((program, args)) => (PathBuf::from(program), args.iter().map(Into::into).collect()),
            None => {
                let program = std::env::current_exe()
                    .map_err(|e| format!("worker: not set, and the running program is not known: {e}"))?;
                (program, vec![crate::WORKER_SUBCOMMAND.into()])
            }
        };
        let fresh = || {
            std::env::temp_dir().join(format!(
                "streamly-gst-{}-{}.bin",
                std::process::id(),
                rand::random::<u32>()
            ))
        };
        let own_registry = config.gst_registry.is_none().then(fresh);
        let registry = config.gst_registry.clone().or(own_registry.clone());
        let configured = !config.encoders.is_empty();
        let first = if configured { config.encoders.clone() } else { vec![ASSUMED.into()] };
        Ok(Self {
            worker: WorkerCommand { program, args, registry },
            usable: Arc::new(ArcSwap::from_pointee(first)),
            configured,
            own_registry,
        })
    }

    pub(crate) fn worker(&self) -> WorkerCommand {
        self.worker.clone()
    }

    /// Best first; empty if none works.
    pub(crate) fn usable(&self) -> Vec<String> {
        self.usable.load().to_vec()
    }

    /// Tries all candidates unless the configuration names some.
    pub(crate) async fn find(&self) {
        if self.configured {
            return;
        }
        let report = probe::run(&self.worker, &[], probe::TIMEOUT).await;
        for probed in &report.probed {
            tracing::debug!(%probed, "encoder tried");
        }
        let usable = report.usable();
        match usable.first() {
            Some(best) => tracing::info!(encoder = %best, "encoder chosen"),
            None => tracing::warn!("no encoder works: broadcasts have their source rendition only"),
        }
        self.usable.store(Arc::new(usable));
    }

    pub(crate) fn clean_up(&self) {
        if let Some(path) = &self.own_registry {
            // It may never have been written.
            let _ = std::fs::remove_file(path);
        }
    }
}
