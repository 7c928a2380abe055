//! A primary with a streaming standby, and what becomes of them: the primary lost, hung or closed to writes, the standby promoted.
//!
//! A commit is answered once the standby has it (`synchronous_standby_names`), so nothing that was answered may be missing after a promotion.
//! Both are real servers; the standby is a copy by `pg_basebackup` that follows by streaming.

use super::{PORT, Postgres, USER, bin_dir, folder, program, unprivileged};
use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// Longest wait for a server to do what it does at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two servers; both end when dropped.
#[derive(Debug)]
pub struct Pair {
    /// Takes writes until [`Pair::promote`].
    pub primary: Postgres,
    /// Takes them from then on.
    pub standby: Postgres,
    lost: AtomicBool,
}

impl Pair {
    /// Starts both and waits until commits wait for the standby.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not do as told.
    pub fn start() -> Result<Self> {
        let primary = Postgres::start()?;
        let standby = primary.follow()?;
        let this = Self { primary, standby, lost: AtomicBool::new(false) };
        // Of the primary alone, after the copy: a standby that was promoted waits for nobody.
        this.primary.psql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        this.primary.psql("postgres", "SELECT pg_reload_conf()")?;
        let in_step =
            "SELECT 1 / count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'";
        let give_up = Instant::now() + PATIENCE;
        while let Err(e) = this.primary.psql("postgres", in_step) {
            ensure!(Instant::now() < give_up, "the standby does not follow: {e:#}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(this)
    }

    /// `host` of a connection to whichever takes writes; the port is [`PORT`].
    pub fn host(&self) -> String {
        format!("{},{}", self.primary.host(), self.standby.host())
    }

    /// kill -9 to all of the primary.
    ///
    /// # Errors
    /// It does not run.
    pub fn lose_primary(&self) -> Result<()> {
        self.lost.store(true, Relaxed);
        self.primary.signal_all(Signal::SIGKILL)
    }

    /// The primary hangs: its connections stay open, new ones are taken by the kernel, nothing is answered.
    ///
    /// # Errors
    /// It does not run.
    pub fn freeze_primary(&self) -> Result<()> {
        self.primary.signal_all(Signal::SIGSTOP)
    }

    /// The primary takes no writes any more, on connections that are open either: how a switch-over is begun.
    ///
    /// # Errors
    /// It does not run.
    pub fn close_primary_to_writes(&self) -> Result<()> {
        self.primary.psql("postgres", "ALTER SYSTEM SET default_transaction_read_only = on")?;
        self.primary.psql("postgres", "SELECT pg_reload_conf()")
    }

    /// `pg_ctl promote`; returns when the standby takes writes.
    ///
    /// # Errors
    /// What it says.
    pub fn promote(&self) -> Result<()> {
        let done = program("pg_ctl", &self.standby.dir)?
            .args(["promote", "-w", "-D"])
            .arg(self.standby.dir.join("db"))
            .output()
            .context("pg_ctl")?;
        if !done.status.success() {
            bail!("pg_ctl promote: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // The number of a process that was killed may be another's by now.
        if !self.lost.load(Relaxed) {
            let _ = self.primary.signal_all(Signal::SIGCONT);
            let _ = self.primary.signal("INT");
        }
        let _ = self.standby.signal("INT");
    }
}

impl Postgres {
    /// A copy of this server that follows it.
    fn follow(&self) -> Result<Postgres> {
        let dir = folder()?;
        let made = program("pg_basebackup", &dir)?
            .args(["-h", &self.host(), "-p", &PORT.to_string(), "-U", USER])
            .args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"])
            .arg(dir.join("db"))
            .output()
            .context("pg_basebackup")?;
        if !made.status.success() {
            bail!("pg_basebackup: {}", String::from_utf8_lossy(&made.stderr));
        }
        let copy = Postgres { dir };
        copy.run_server(&bin_dir()?, unprivileged()?)?;
        Ok(copy)
    }
}
