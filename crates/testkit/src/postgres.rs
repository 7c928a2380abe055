//! A real PostgreSQL for tests: one server per test process on a unix socket in a folder of its own, a fresh database per test.
//!
//! The server ends with the test process, however that ends: a shell that waits for the end of its stdin stops it. Nothing listens
//! on TCP. `initdb` refuses root, so as root the server runs as `postgres` or `nobody`.

mod pair;

pub use pair::Pair;

use anyhow::{Context, Result, bail};
use nix::{sys::signal::Signal, unistd::Pid};
use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};

/// The port in the socket's name.
pub const PORT: u16 = 5999;
/// The superuser.
pub const USER: &str = "streamly";

static SHARED: OnceLock<Mutex<Option<Postgres>>> = OnceLock::new();

/// A running server.
#[derive(Debug, Clone)]
pub struct Postgres {
    dir: PathBuf,
}

impl Postgres {
    /// The server of this test process, started at the first call.
    pub fn shared() -> Result<Postgres> {
        let mut slot =
            SHARED.get_or_init(Mutex::default).lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(Self::start()?);
        }
        slot.clone().context("just started")
    }

    /// A server of its own, for tests that stop it.
    pub fn start() -> Result<Postgres> {
        let bin = bin_dir()?;
        let (account, dir) = (unprivileged()?, folder()?);
        let made = program("initdb", &dir)?
            .args(["-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(dir.join("db"))
            .output()
            .context("initdb")?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr));
        }
        let this = Postgres { dir };
        this.run_server(&bin, account)?;
        Ok(this)
    }

    fn run_server(&self, bin: &Path, account: Option<(u32, u32)>) -> Result<()> {
        // The shell holds the server: it stops it, and removes the folder, when this process (the other end of its stdin) is gone.
        let script = format!(
            "'{bin}/postgres' -D '{dir}/db' -k '{dir}' -p {PORT} -c listen_addresses= -c fsync=off -c max_connections=300 >'{dir}/log' 2>&1 & pid=$!; \
             echo $pid >'{dir}/pid'; cat >/dev/null; kill -INT $pid 2>/dev/null; wait $pid; rm -rf '{dir}'",
            bin = bin.display(),
            dir = self.dir.display(),
        );
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.process_group(0).current_dir("/");
        if let Some((uid, gid)) = account {
            shell.uid(uid).gid(gid);
        }
        let mut child = shell.spawn()?;
        // Kept open until this process ends: the write end closes with it.
        std::mem::forget(child.stdin.take());
        self.wait_ready()
    }

    fn wait_ready(&self) -> Result<()> {
        let give_up = Instant::now() + Duration::from_secs(30);
        while Instant::now() < give_up {
            if self.psql("postgres", "SELECT 1").is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("PostgreSQL did not start: {}", self.log())
    }

    /// What the server wrote until now, of all that use it.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    fn psql(&self, database: &str, sql: &str) -> Result<()> {
        let out = Command::new(bin_dir()?.join("psql"))
            .args([
                "-h",
                &self.dir.display().to_string(),
                "-p",
                &PORT.to_string(),
                "-U",
                USER,
                "-d",
                database,
                "-v",
                "ON_ERROR_STOP=1",
                "-qc",
                sql,
            ])
            .current_dir("/")
            .output()?;
        if out.status.success() { Ok(()) } else { bail!("{}", String::from_utf8_lossy(&out.stderr)) }
    }

    /// The folder of the socket: `host` of a connection.
    pub fn host(&self) -> String {
        self.dir.display().to_string()
    }

    /// Makes an empty database and gives its name.
    pub fn database(&self) -> Result<String> {
        let name = format!("t{}", uuid::Uuid::now_v7().simple());
        self.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        Ok(name)
    }

    /// Runs SQL in a database: for tests that look behind the service.
    pub fn execute(&self, database: &str, sql: &str) -> Result<()> {
        self.psql(database, sql)
    }

    /// Sends a signal to the server: `"INT"` (fast stop), `"STOP"`, `"CONT"`, `"KILL"`. Only for a server of one's own.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let pid = std::fs::read_to_string(self.dir.join("pid"))?;
        let done = Command::new("kill").args([&format!("-{signal}"), pid.trim()]).status()?;
        if done.success() { Ok(()) } else { bail!("no server to signal") }
    }

    /// The same to the server and to each of its processes, which have process groups of their own: what a machine that is lost, or stands
    /// still, does to all of them at once.
    pub fn signal_all(&self, signal: Signal) -> Result<()> {
        let server: i32 = std::fs::read_to_string(self.dir.join("pid"))?.trim().parse()?;
        let send = |pid: i32, signal: Signal| nix::sys::signal::kill(Pid::from_raw(pid), signal);
        // It makes no more of them while they are looked for.
        send(server, Signal::SIGSTOP).context("no server to signal")?;
        let below = children(server)?;
        for pid in std::iter::once(server).chain(below) {
            match send(pid, signal) {
                // It ended meanwhile.
                Err(nix::errno::Errno::ESRCH) => {}
                sent => sent?,
            }
        }
        Ok(())
    }

    /// Copies the data of this (stopped) server to a new one and starts that at the same socket folder.
    pub fn start_again(&self) -> Result<()> {
        let bin = bin_dir()?;
        let account = unprivileged()?;
        let mut server = Command::new(bin.join("postgres"));
        server.arg("-D").arg(self.dir.join("db")).arg("-k").arg(&self.dir).args(["-p", &PORT.to_string()]);
        server.args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=300"]);
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        if let Some((uid, gid)) = account {
            server.uid(uid).gid(gid);
        }
        let child = server.spawn()?;
        std::fs::write(self.dir.join("pid"), child.id().to_string()).ok();
        self.wait_ready()
    }
}

/// A folder for a server, which the account it runs as may write.
fn folder() -> Result<PathBuf> {
    let dir = tempfile::Builder::new().prefix("streamly-pg-").tempdir()?.keep();
    if let Some((uid, gid)) = unprivileged()? {
        std::os::unix::fs::chown(&dir, Some(uid), Some(gid))?;
    }
    Ok(dir)
}

/// One of PostgreSQL's programs, run in a folder as the account that servers run as.
fn program(name: &str, dir: &Path) -> Result<Command> {
    let mut command = Command::new(bin_dir()?.join(name));
    if let Some((uid, gid)) = unprivileged()? {
        command.uid(uid).gid(gid);
    }
    command.current_dir(dir);
    Ok(command)
}

/// The processes whose parent is `parent`, from /proc: the fourth field of proc_pid_stat(5).
fn children(parent: i32) -> Result<Vec<i32>> {
    let parent_of =
        |stat: &str| -> Option<i32> { stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok() };
    let processes = std::fs::read_dir("/proc")?.flatten();
    Ok(processes
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            (parent_of(&stat)? == parent).then_some(pid)
        })
        .collect())
}

fn bin_dir() -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .context("PostgreSQL is not installed")?
        .flatten()
        .map(|e| e.path().join("bin"))
        .filter(|p| p.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().context("PostgreSQL is not installed")
}

/// Uid and gid to drop to, when this is root.
fn unprivileged() -> Result<Option<(u32, u32)>> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = nix::unistd::User::from_name(name)? {
            return Ok(Some((user.uid.as_raw(), user.gid.as_raw())));
        }
    }
    bail!("no unprivileged account to run PostgreSQL as")
}
