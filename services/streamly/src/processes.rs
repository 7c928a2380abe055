//! The services in processes of their own (`up --processes`): this binary again, with the configuration in a file of mode 0600.

use crate::{
    Failure, compose,
    plan::{Planned, SERVICES},
};
use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
    time::Duration,
};
use streamly_lifecycle::{Shutdown, raise_file_limit, until_stopped};
use tokio::process::{Child, Command};

/// A process that ends by itself is started again after this.
const RESTART: Duration = Duration::from_millis(500);

/// The child processes.
pub(crate) struct Processes {
    children: Vec<(&'static str, Child)>,
    run_dir: PathBuf,
    log: PathBuf,
}

impl Processes {
    /// Starts one process a service.
    pub(crate) fn start(planned: &[Planned], run_dir: &Path, log: &Path) -> Result<Self> {
        std::fs::create_dir_all(run_dir)?;
        let mut this = Self { children: Vec::new(), run_dir: run_dir.to_owned(), log: log.to_owned() };
        for p in planned {
            let file = this.config_of(p.name);
            let mut out = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&file)?;
            out.write_all(p.toml.as_bytes())?;
            let child = this.spawn(p.name)?;
            this.children.push((p.name, child));
        }
        Ok(this)
    }

    fn config_of(&self, name: &str) -> PathBuf {
        self.run_dir.join(format!("{name}.toml"))
    }

    fn spawn(&self, name: &'static str) -> Result<Child> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        Command::new(std::env::current_exe()?)
            .args(["service", name, "--config"])
            .arg(self.config_of(name))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("the service {name} cannot be started"))
    }

    /// Starts again whatever ends by itself, for ever. Cancel-safe.
    pub(crate) async fn keep(&mut self) {
        loop {
            tokio::time::sleep(RESTART).await;
            for at in 0..self.children.len() {
                let (name, child) = &mut self.children[at];
                let Ok(Some(status)) = child.try_wait() else { continue };
                let name = *name;
                tracing::error!(service = name, %status, "a service's process ended and is started again");
                match self.spawn(name) {
                    Ok(child) => self.children[at].1 = child,
                    Err(e) => tracing::error!(service = name, error = %e, "cannot be started"),
                }
            }
        }
    }

    /// SIGTERM to the one named `first`, after its end (or `head_start`) to the others; reaped within `patience`, killed after it.
    pub(crate) async fn stop(mut self, first: &str, head_start: Duration, patience: Duration) {
        let all = async {
            for of_first in [true, false] {
                let ending = self.children.iter_mut().filter(|(name, _)| (*name == first) == of_first);
                let mut ending: Vec<_> = ending.map(|(_, child)| child).collect();
                for child in &ending {
                    if let Some(pid) = child.id() {
                        let _ = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGTERM);
                    }
                }
                let ended = async {
                    for child in &mut ending {
                        let _ = child.wait().await;
                    }
                };
                let limit = if of_first { head_start } else { patience };
                let _ = tokio::time::timeout(limit, ended).await;
            }
        };
        // Who has not ended by now is killed; for the others that is nothing.
        let _ = tokio::time::timeout(patience, all).await;
        for (_, child) in &mut self.children {
            let _ = child.kill().await;
        }
    }
}

/// `streamly service NAME --config FILE`.
pub(crate) async fn service(name: String, config: PathBuf) -> Result<ExitCode, Failure> {
    streamly_telemetry::init("info", streamly_telemetry::Format::Auto)?;
    raise_file_limit();
    let text =
        std::fs::read_to_string(&config).with_context(|| format!("{} cannot be read", config.display()))?;
    let name =
        SERVICES.into_iter().find(|s| *s == name).with_context(|| format!("there is no service `{name}`"))?;
    let planned = Planned { name, toml: text, admin: ([127, 0, 0, 1], 0).into() };
    let bound = compose::bind(&planned, &streamly_config::process_env())?;
    let shutdown = Shutdown::new();
    until_stopped(&shutdown, bound.serve(shutdown.clone())).await??;
    Ok(ExitCode::SUCCESS)
}
