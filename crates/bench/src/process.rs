//! Child processes of the bench, and what /proc says of them: CPU time and resident memory, workers included.
//! Where a server is to have a core of its own, `taskset` starts it and its load on different ones.
//!
//! A child dies with its handle, asked first and killed after a while, so that nothing is left behind whatever a row runs into.

use anyhow::{Context, bail};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// Linux tells CPU times in these, whatever the kernel's own tick is (USER_HZ, `proc(5)`).
pub const TICKS_PER_SECOND: f64 = 100.0;
/// How long a child may take to say what it was started for.
const START_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a child may take to end whose handle is dropped.
const DROP_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a process may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cores {
    /// Anywhere.
    All,
    /// The first core: the measured server's.
    First,
    /// All but the first: the load's.
    Others,
}

impl Cores {
    /// The program, which `taskset` becomes. With a single core nothing can be kept apart.
    pub fn command(self, program: impl AsRef<OsStr>) -> Command {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let list = match self {
            Self::First if cores > 1 => "0".to_owned(),
            Self::Others if cores > 1 => format!("1-{}", cores - 1),
            _ => return Command::new(program),
        };
        let mut command = Command::new("taskset");
        command.args(["-c", &list]).arg(program);
        command
    }
}

/// The program, which `setpriv` becomes: it gets the signal when this process ends, however that happens.
///
/// The signal follows the thread that spawns (prctl(2), PR_SET_PDEATHSIG): spawn on the main one.
pub fn dependent(program: impl AsRef<OsStr>, signal: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal, "--"]).arg(program);
    command
}

/// Puts all threads of a running process on the first core; with a single core nothing is kept apart.
///
/// # Errors
/// If there is no such process.
pub async fn pin_to_first(pid: u32) -> anyhow::Result<()> {
    if std::thread::available_parallelism().map_or(1, usize::from) > 1 {
        let pinned = Command::new("taskset").args(["-a", "-c", "-p", "0", &pid.to_string()]).output().await?;
        anyhow::ensure!(pinned.status.success(), "taskset: {}", String::from_utf8_lossy(&pinned.stderr));
    }
    Ok(())
}

/// A running child.
pub struct Process {
    name: String,
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Process {
    /// Starts it with stdin piped (a bench child ends when that closes) and stdout read by lines.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn spawn(name: &str, command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        Ok(Self { name: name.to_owned(), child, lines })
    }

    /// Starts one whose output goes to a file.
    ///
    /// # Errors
    /// If the program cannot be started, or the file not be written.
    pub fn logged(name: &str, command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Self { name: name.to_owned(), child, lines: None })
    }

    /// This program with other arguments.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn own(name: &str, cores: Cores, args: &[&str]) -> anyhow::Result<Self> {
        Self::spawn(name, cores.command(std::env::current_exe()?).args(args))
    }

    /// Says a line to it; the next line it says.
    ///
    /// # Errors
    /// If it has ended, or says nothing.
    pub async fn ask(&mut self, line: &str) -> anyhow::Result<String> {
        self.tell(line).await?;
        self.line().await
    }

    /// Says a line to it.
    ///
    /// # Errors
    /// If it has ended.
    pub async fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        let stdin = self.child.stdin.as_mut().context("stdin is closed")?;
        stdin.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(stdin.flush().await?)
    }

    /// The next line on stdout; an error if it ends or takes too long.
    ///
    /// # Errors
    /// See above.
    pub async fn line(&mut self) -> anyhow::Result<String> {
        let lines = self.lines.as_mut().context("stdout is not read")?;
        let read = timeout(START_TIMEOUT, lines.next_line()).await;
        let line = read.with_context(|| format!("{} says nothing", self.name))??;
        line.with_context(|| format!("{} ended", self.name))
    }

    /// Fails if it has ended by itself.
    ///
    /// # Errors
    /// See above.
    pub fn still_runs(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended by itself: {status}", self.name),
            None => Ok(()),
        }
    }

    /// Process id.
    ///
    /// # Errors
    /// If it has ended.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }

    /// SIGKILL, and waits for its end.
    ///
    /// # Errors
    /// If it cannot be killed.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to stop and waits for it.
    ///
    /// # Errors
    /// If it does not stop in time.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        if let Some(pid) = self.child.id() {
            nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(pid as i32),
                nix::sys::signal::Signal::SIGTERM,
            )?;
        }
        timeout(Duration::from_secs(15), self.child.wait())
            .await
            .with_context(|| format!("{} does not stop", self.name))??;
        Ok(())
    }
}

impl Drop for Process {
    /// Waits: what the child started itself is to end with it.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let Some(pid) = self.child.id() else { return };
        let asked =
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid as i32), nix::sys::signal::Signal::SIGTERM);
        let begun = Instant::now();
        while asked.is_ok() && begun.elapsed() < DROP_TIMEOUT && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// CPU seconds a process has used, in user and kernel.
///
/// # Errors
/// If there is no such process.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let ticks = |field: usize| {
        stat(pid).and_then(|fields| Ok(fields.get(field).context("short stat")?.parse::<f64>()?))
    };
    // Fields 14 and 15 of proc(5), counted from behind the name.
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// Resident memory of a process, bytes.
///
/// # Errors
/// If there is no such process.
pub fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(PathBuf::from(format!("/proc/{pid}/status")))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

/// Processes whose parent is this one.
///
/// # Errors
/// If /proc cannot be read.
pub fn children(pid: u32) -> anyhow::Result<Vec<u32>> {
    let all =
        fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    Ok(all.filter(|child| stat(*child).is_ok_and(|fields| fields.get(1) == Some(&pid.to_string()))).collect())
}

/// The fields behind the name: state, parent, …
fn stat(pid: u32) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = text.rsplit_once(')').context("no name in stat")?;
    Ok(rest.split_whitespace().map(str::to_owned).collect())
}

/// CPU time of processes over a while.
pub struct CpuMeter {
    pids: Vec<u32>,
    begun: Instant,
    used: f64,
}

impl CpuMeter {
    /// Starts measuring.
    ///
    /// # Errors
    /// If one is gone.
    pub fn start(pids: Vec<u32>) -> anyhow::Result<Self> {
        let used = Self::sum(&pids)?;
        Ok(Self { pids, begun: Instant::now(), used })
    }

    /// CPU seconds since the start.
    ///
    /// # Errors
    /// If one is gone.
    pub fn seconds(&self) -> anyhow::Result<f64> {
        Ok(Self::sum(&self.pids)? - self.used)
    }

    /// Percent of one core since the start.
    ///
    /// # Errors
    /// If one is gone.
    pub fn percent(&self) -> anyhow::Result<f64> {
        Ok(self.seconds()? / self.begun.elapsed().as_secs_f64() * 100.0)
    }

    fn sum(pids: &[u32]) -> anyhow::Result<f64> {
        pids.iter().map(|pid| cpu_seconds(*pid)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_process_has_memory_and_used_time() {
        let own = std::process::id();
        assert!(resident_bytes(own).unwrap() > 1 << 20);
        assert!(cpu_seconds(own).unwrap() >= 0.0);
    }

    #[tokio::test]
    async fn a_child_is_found_by_its_parent_and_dies_with_its_handle() {
        let process = Process::spawn("sleep", Command::new("sleep").arg("600")).unwrap();
        let pid = process.pid().unwrap();
        assert!(children(std::process::id()).unwrap().contains(&pid));
        process.stop().await.unwrap();
        assert!(!children(std::process::id()).unwrap().contains(&pid));
    }
}
