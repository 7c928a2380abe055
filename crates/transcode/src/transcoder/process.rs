//! Starting worker processes and reading what they use.
//!
//! Every worker is started from one thread that lives as long as this process: the kernel sends the parent-death signal a worker
//! asks for when the *thread* that started it ends (prctl(2), PR_SET_PDEATHSIG), and an async runtime ends threads at will.
//! What a worker uses is read from `/proc`, so it is known of a hanging worker too; elsewhere than on Linux it reads as 0.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Starts waiting for the thread; more at one instant are refused and tried again later.
const STARTS_WAITING_MAX: usize = 64;

/// What a worker gets of the service's environment: what GStreamer, its drivers and the loader look at. The rest is the service's own,
/// secrets among it, and a worker reads what strangers send.
const KEPT: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "LANG",
    "TZ",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "G_DEBUG",
    "G_SLICE",
];
/// The same by how their names begin.
const KEPT_PREFIXES: [&str; 18] = [
    "GST_", "LD_", "LC_", "XDG_", "LIBVA_", "VDPAU_", "CUDA_", "NVIDIA_", "MESA_", "LIBGL_", "EGL_", "__GL",
    "DRI_", "INTEL_", "ONEVPL_", "MFX_", "ORC_", "MALLOC_",
];

fn is_kept(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    KEPT.iter().any(|kept| name == kept.as_bytes())
        || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

/// How to run a program that calls [`worker::main`](crate::worker::main).
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The executable, absolute.
    pub program: PathBuf,
    /// Arguments in front of the worker's own, e.g. its subcommand.
    pub args: Vec<OsString>,
    /// File of GStreamer's plugin registry (`GST_REGISTRY`). It remembers "no GPU", so give each boot a fresh one; the probe fills it.
    /// `None`: GStreamer's own place.
    pub registry: Option<PathBuf>,
}

impl WorkerCommand {
    /// The command with the worker's own arguments, all three standard streams piped, and of the environment what it needs.
    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).args(more);
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| is_kept(name)));
        if let Some(registry) = &self.registry {
            command.env("GST_REGISTRY", registry);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C in a terminal reaches the service, which ends its workers in order.
        command.process_group(0).kill_on_drop(true);
        command
    }
}

struct Start {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

/// Starts the command from the long-lived thread.
pub(crate) async fn start(command: Command) -> io::Result<Child> {
    static STARTER: OnceLock<SyncSender<Start>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (sender, starts) = sync_channel::<Start>(STARTS_WAITING_MAX);
        let run = move || {
            for mut start in starts {
                let _in_runtime = start.runtime.enter();
                // A caller that went away drops the child, which kills it.
                let _ = start.reply.send(start.command.spawn());
            }
        };
        // Where no thread can be made, `starts` is dropped and every start is refused below.
        let _ = std::thread::Builder::new().name("worker-starter".to_owned()).spawn(run);
        sender
    });
    let (reply, started) = oneshot::channel();
    let start = Start { command, runtime: Handle::current(), reply };
    starter.try_send(start).map_err(|_| io::Error::from(io::ErrorKind::WouldBlock))?;
    started.await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::BrokenPipe)))
}

/// CPU time so far and resident bytes of a process; `None` where it is gone or the system does not tell.
pub(super) fn usage(pid: u32) -> Option<(Duration, u64)> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    parse_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// How long all threads of a process have waited for the processor (second field of `/proc/pid/task/tid/schedstat`), and whether a
/// signal stopped it. `None` where the system does not tell.
pub(super) fn waiting(pid: u32) -> Option<(Duration, bool)> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let is_stopped = matches!(stat.rsplit_once(')')?.1.trim_start().chars().next(), Some('T' | 't'));
    let mut waited = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        // A thread that ended meanwhile waits for nothing.
        let Ok(text) = std::fs::read_to_string(task.path().join("schedstat")) else { continue };
        waited += text.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()?;
    }
    Some((Duration::from_nanos(waited), is_stopped))
}

/// Reads `utime`, `stime` and `rss` of proc(5) `/proc/pid/stat`. The kernel counts in ticks of 1/100 s and pages.
fn parse_stat(stat: &str) -> Option<(Duration, u64)> {
    const TICKS_PER_SECOND: u64 = 100;
    // The name in parentheses may hold spaces: fields are counted after its end; the first is field 3.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let ticks = field(14)? + field(15)?;
    let cpu = Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND);
    Some((cpu, field(24)? * page_bytes()))
}

fn page_bytes() -> u64 {
    static PAGE: OnceLock<u64> = OnceLock::new();
    *PAGE.get_or_init(|| {
        let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
        size.and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_worker_gets_nothing_of_the_environment_but_what_it_needs() {
        let own = |name: &OsStr| !is_kept(name) && name != "GST_REGISTRY";
        assert!(std::env::vars_os().any(|(name, _)| own(&name)), "cargo gives tests variables of its own");
        let registry = PathBuf::from("/tmp/registry");
        let command =
            WorkerCommand { program: "/usr/bin/env".into(), args: Vec::new(), registry: Some(registry) };
        let said = command.command(&[]).output().await.unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let lines: Vec<_> = said.lines().filter_map(|line| line.split_once('=')).collect();
        assert!(lines.contains(&("GST_REGISTRY", "/tmp/registry")), "{lines:?}");
        assert!(lines.iter().any(|(name, _)| *name == "PATH"), "{lines:?}");
        assert!(lines.iter().all(|(name, _)| !own(OsStr::new(name))), "{lines:?}");
        assert!(!is_kept(OsStr::new("STREAMLY_INGEST__TRUST__KEY")) && !is_kept(OsStr::new("PATHS")));
    }

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 5 0 100 9999 10 184467";
        assert_eq!(parse_stat(stat), Some((Duration::from_secs(3), 10 * page_bytes())));
        assert_eq!(parse_stat("garbage"), None);
        assert_eq!(parse_stat("1 (x) S"), None);
    }
}
