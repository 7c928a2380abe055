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

/// Variables a worker gets of this process's: where programs, libraries and drivers are, and how to talk. Everything else, the service's
/// secrets first of all, is not its business: it decodes what strangers send.
const KEPT: [&str; 13] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "RUST_BACKTRACE",
];

/// The same by their beginnings: GStreamer and its code generator, the drivers of graphics devices, folders of the user.
const KEPT_PREFIXES: [&str; 17] = [
    "LC_", "XDG_", "GST_", "ORC_", "LIBVA_", "VDPAU_", "CUDA_", "NVIDIA_", "__NV", "__GL", "DRI_", "MESA_",
    "LIBGL_", "EGL_", "VK_", "MFX_", "ONEVPL_",
];

/// Whether a worker gets the variable.
fn is_kept(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
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
    /// The command with the worker's own arguments, all three standard streams piped, with no more of the environment than it needs.
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

    #[test]
    fn drivers_and_libraries_are_found_and_no_setting_of_a_service_is_told() {
        for name in
            ["PATH", "GST_DEBUG", "LIBVA_DRIVER_NAME", "XDG_RUNTIME_DIR", "LC_ALL", "CUDA_VISIBLE_DEVICES"]
        {
            assert!(is_kept(OsStr::new(name)), "{name}");
        }
        for name in
            ["STREAMLY_INGEST__TRUST__KEY", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "MY_PATH", "HOMES", ""]
        {
            assert!(!is_kept(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 5 0 100 9999 10 184467";
        assert_eq!(parse_stat(stat), Some((Duration::from_secs(3), 10 * page_bytes())));
        assert_eq!(parse_stat("garbage"), None);
        assert_eq!(parse_stat("1 (x) S"), None);
    }
}
