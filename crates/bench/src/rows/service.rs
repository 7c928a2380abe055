//! One service in a process of its own: by its own program, as containers have it, where that stands beside the platform's; else by the
//! platform's, which then holds all the others too.

use super::{Settings, place};
use crate::process::{Cores, Process};
use anyhow::{Context, ensure};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::process::Command;

/// How long it may take until it is ready.
const START: Duration = Duration::from_secs(30);
/// How often it is asked whether it is: how exactly its start is known.
const LOOK: Duration = Duration::from_millis(5);
/// An answer has come by then.
const ANSWER: Duration = Duration::from_secs(2);

/// A service's program.
pub(super) struct Program {
    name: &'static str,
    path: PathBuf,
    is_own: bool,
}

impl Program {
    /// Of that service.
    ///
    /// # Errors
    /// If it is not known where this program itself is.
    pub(super) fn of(settings: &Settings, name: &'static str) -> anyhow::Result<Self> {
        Ok(Self::beside(place::program(settings)?, name))
    }

    fn beside(platform: PathBuf, name: &'static str) -> Self {
        let own = platform.with_file_name(format!("streamly-{name}"));
        let is_own = own.is_file();
        Self { name, path: if is_own { own } else { platform }, is_own }
    }

    /// How it is run.
    pub(super) fn told(&self) -> String {
        let name = self.name;
        if self.is_own { format!("as streamly-{name}") } else { format!("as streamly service {name}") }
    }

    /// The command, with its configuration in that file. What it runs ends with this process.
    pub(super) fn command(&self, cores: Cores, config: &Path) -> Command {
        let mut command = cores.command("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(&self.path);
        if self.is_own {
            command.env("STREAMLY_CONFIG", config);
        } else {
            command.args(["service", self.name, "--config"]).arg(config);
        }
        command
    }
}

/// A service that is ready.
pub(super) struct Running {
    pub(super) process: Process,
    /// From the start of the process to its first "ready".
    pub(super) took: Duration,
}

/// Starts a service, what it says into a file, and waits until its admin listener says that it is ready.
///
/// # Errors
/// If it ends, or is not ready in time.
pub(super) async fn start(
    name: &str,
    mut command: Command,
    admin: SocketAddr,
    log: &Path,
) -> anyhow::Result<Running> {
    let client = reqwest::Client::builder().no_proxy().timeout(ANSWER).build()?;
    let url = format!("http://{admin}/health/ready");
    let begun = Instant::now();
    let mut process = Process::logged(name, &mut command, log)?;
    while !client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
        process.still_runs().with_context(|| format!("see {}", log.display()))?;
        ensure!(begun.elapsed() < START, "{name} is not ready; see {}", log.display());
        tokio::time::sleep(LOOK).await;
    }
    Ok(Running { process, took: begun.elapsed() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_s_own_program_goes_before_the_platform_s() {
        let folder = tempfile::tempdir().unwrap();
        let platform = folder.path().join("streamly");
        std::fs::write(folder.path().join("streamly-web"), "").unwrap();
        let [web, chat] = ["web", "chat"].map(|name| Program::beside(platform.clone(), name));
        let told = |program: &Program| {
            let command = program.command(Cores::All, Path::new("x.toml"));
            let args = command.as_std().get_args().map(|arg| arg.to_string_lossy().into_owned());
            (program.told(), args.skip(3).collect::<Vec<_>>().join(" "))
        };
        let path = |name: &str| folder.path().join(name).display().to_string();
        assert_eq!(told(&web), ("as streamly-web".to_owned(), path("streamly-web")));
        let whole = format!("{} service chat --config x.toml", path("streamly"));
        assert_eq!(told(&chat), ("as streamly service chat".to_owned(), whole));
    }
}
