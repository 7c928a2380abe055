//! A real nginx (Debian's package `nginx`) for one test: with the configuration that the test gives, on a free port of loopback and in a folder
//! of its own, ended on drop.
//!
//! It is one process (`master_process off`), so that it ends with its handle and leaves no worker behind; what it does with requests and with
//! its cache is the same. Nothing is thrown out of that cache, for that is another process's work.

use anyhow::{Context, Result, bail};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Longest wait for it to listen.
const PATIENCE: Duration = Duration::from_secs(15);
/// Debian has it where not everybody's PATH goes.
const DEBIAN: &str = "/usr/sbin/nginx";
/// Its log, in its folder.
const LOG: &str = "nginx.log";
/// Where it puts what does not fit into memory. Those that it was built with only root may write to.
const SPILLS: [&str; 5] = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Nginx {
    /// Starts one and waits until it accepts. `http` writes what its block `http` has, of the address where it is to listen and of a folder for
    /// its files.
    ///
    /// # Errors
    /// If it is not installed, does not take the configuration, or does not listen within 15 s; what it said is in the error.
    pub fn start(http: impl FnOnce(SocketAddr, &Path) -> String) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("streamly-nginx-").tempdir()?;
        let at = folder.path();
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let config = at.join("nginx.conf");
        std::fs::write(&config, configuration(at, &http(address, at)))?;
        let program = if Path::new(DEBIAN).exists() { DEBIAN } else { "nginx" };
        let child = Command::new(program)
            .arg("-c")
            .arg(&config)
            .arg("-p")
            .arg(at)
            .arg("-e")
            .arg(at.join(LOG))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("nginx is not installed: see scripts/packages")?;
        let mut this = Self { address, child, folder };
        this.listens()?;
        Ok(this)
    }

    /// Its warnings and errors so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default()
    }

    fn listens(&mut self) -> Result<()> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            if self.child.try_wait()?.is_some() || Instant::now() > give_up {
                bail!("nginx did not start: {}", self.said());
            }
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All of it, around what the test has in `http`.
fn configuration(folder: &Path, http: &str) -> String {
    let at = folder.display();
    // Folders that it makes itself are given to that user.
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    let spills: String = SPILLS.iter().map(|name| format!("{name}_temp_path {at}/{name};\n")).collect();
    format!(
        "daemon off;\nmaster_process off;\n{user}\npid {at}/nginx.pid;\nerror_log {at}/{LOG} warn;\n\
         events {{ worker_connections 1024; }}\nhttp {{\naccess_log off;\n{spills}{http}\n}}\n"
    )
}
