//! Which encoders the transcode workers use: found out once at the start, or as configured.
//!
//! Until the trial is over x264 is assumed, so that a broadcast that starts meanwhile has its rungs. If nothing works there are no
//! rungs and the source goes on alone. What gave nothing in time then, as happens when a whole machine starts, is tried again after
//! `encoder_rest`, and so are all while none works. What fails later is put aside by the roster and tried again here when its time is over.

use crate::Config;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use streamly_transcode::{
    Roster, WorkerCommand,
    probe::{self, Report},
};

/// Used until the trial is over.
const ASSUMED: &str = "x264enc";

/// The worker's command and the encoders it is given. Clones share them.
#[derive(Clone)]
pub(crate) struct Encoders {
    worker: WorkerCommand,
    roster: Roster,
    configured: bool,
    rest: Duration,
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
            roster: Roster::new(first, config.encoder_rest.get()),
            configured,
            rest: config.encoder_rest.get(),
            own_registry,
        })
    }

    pub(crate) fn worker(&self) -> WorkerCommand {
        self.worker.clone()
    }

    /// For the transcoders.
    pub(crate) fn roster(&self) -> Roster {
        self.roster.clone()
    }

    /// Whether there is one at all; it may be put aside for now.
    pub(crate) fn has_any(&self) -> bool {
        self.roster.has_any()
    }

    /// Tries all candidates unless the configuration names some, then each one that was put aside when its time is over.
    pub(crate) async fn keep(&self) {
        let mut trial = match self.configured {
            true => None,
            false => self.found(probe::run(&self.worker, &[], probe::TIMEOUT).await),
        };
        let mut changes = self.roster.changes();
        loop {
            if trial.as_ref().is_some_and(|(_, at)| *at <= Instant::now())
                && let Some((report, _)) = trial.take()
            {
                trial = self.found(probe::again(&self.worker, report, probe::TIMEOUT).await);
            }
            while let Some(encoder) = self.roster.due(Instant::now()) {
                let report = probe::run(&self.worker, std::slice::from_ref(&encoder), probe::TIMEOUT).await;
                let works = report.usable().contains(&encoder);
                tracing::info!(encoder, works, "encoder tried again");
                self.roster.probed(&encoder, works, Instant::now());
            }
            let due = self.roster.next_due().into_iter().chain(trial.as_ref().map(|(_, at)| *at)).min();
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// What works is used from here on; the report and when it is to be completed, if it leaves anything open.
    fn found(&self, report: Report) -> Option<(Report, Instant)> {
        let usable = report.usable();
        match usable.first() {
            Some(best) => tracing::info!(encoder = %best, "encoder chosen"),
            None => tracing::warn!("no encoder works: broadcasts have their source rendition only"),
        }
        self.roster.replace(usable);
        report.is_open().then(|| (report, Instant::now() + self.rest))
    }

    pub(crate) fn clean_up(&self) {
        if let Some(path) = &self.own_registry {
            // It may never have been written.
            let _ = std::fs::remove_file(path);
        }
    }
}
