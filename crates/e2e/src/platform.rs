//! Starting and stopping the platform, and the people on it.

use crate::people;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// From start to "Streamly is ready", on a loaded machine.
const READY: Duration = Duration::from_secs(90);
/// Public and inner ports whose offset must be free.
const PORTS: [u16; 17] = [
    1935, 1936, 3000, 5000, 8000, 8080, 8082, 8084, 9000, 9080, 9082, 9084, 10000, 10080, 10082, 10084, 11084,
];

/// One platform at a time in a test process: two cores carry no more with honest times.
static ONE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);

/// A running platform.
pub struct Platform {
    child: Child,
    data: TempDir,
    offset: u16,
    /// For the web origin; keeps no cookies.
    pub http: reqwest::Client,
    // Held until the platform has stopped: two platforms never take one offset.
    _reserved: fs::File,
    _turn: tokio::sync::SemaphorePermit<'static>,
}

/// Somebody with an account.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account's name.
    pub username: String,
    /// A valid access token.
    pub token: String,
}

impl Platform {
    /// Starts it with the given arguments of `up`.
    pub async fn start(arguments: &[&str]) -> Result<Self> {
        Self::start_with(arguments, &[]).await
    }

    /// With more settings of the environment.
    pub async fn start_with(arguments: &[&str], env: &[(&str, &str)]) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("streamly-e2e-").tempdir()?;
        // The servers' unprivileged account must get through when the test runs as root.
        fs::set_permissions(data.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        Self::start_on(data, arguments, env).await
    }

    /// On a data folder that an earlier run may have left.
    pub async fn start_on(data: TempDir, arguments: &[&str], env: &[(&str, &str)]) -> Result<Self> {
        let binary = binary()?;
        let turn = ONE.acquire().await?;
        let (offset, reserved) = free_offset()?;
        let mut child = Command::new(&binary)
            .arg("up")
            .args(arguments)
            .env("STREAMLY_DATA_DIR", data.path())
            .env("STREAMLY_PORT_OFFSET", offset.to_string())
            .env("STREAMLY_RATE_LIMITS", "off")
            .env_remove("STREAMLY_PUBLIC_URL")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .process_group(0)
            .spawn()
            .with_context(|| format!("{}", binary.display()))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut this =
            Self { child, data, offset, http: reqwest::Client::new(), _reserved: reserved, _turn: turn };
        let told = tokio::task::spawn_blocking(move || {
            let since = Instant::now();
            let mut all = String::new();
            while let Ok(line) = told.recv_timeout(READY.saturating_sub(since.elapsed())) {
                if line.starts_with("Streamly is ready: http://") {
                    return Ok(());
                }
                all.push_str(&line);
                all.push('\n');
            }
            Err(all)
        })
        .await?;
        if let Err(said) = told {
            let log = fs::read_to_string(this.data.path().join("streamly.log")).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            let _ = this.child.kill();
            bail!(
                "the platform did not get ready; it said:\n{said}\nlog, newest first:\n{}",
                tail.join("\n")
            );
        }
        Ok(this)
    }

    /// `http://localhost:PORT` of the web origin.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", 3000 + self.offset)
    }
    /// What is added to every port.
    pub fn offset(&self) -> u16 {
        self.offset
    }
    /// A port with the offset.
    pub fn port(&self, base: u16) -> u16 {
        base + self.offset
    }
    /// Where publishers connect.
    pub fn rtmp(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port(1935)).into()
    }
    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.data.path().to_owned()
    }
    /// The launcher's process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Registers an account.
    pub async fn register(&self, username: &str) -> Result<Person> {
        people::register(&self.http, &self.url(""), username).await
    }

    /// Makes a stream key: the key itself.
    pub async fn stream_key(&self, person: &Person) -> Result<String> {
        people::stream_key(&self.http, &self.url(""), person).await
    }

    /// The public `stream` object.
    pub async fn stream(&self, username: &str) -> Result<Value> {
        people::stream(&self.http, &self.url(""), username).await
    }

    /// Waits until the channel's state is the wanted one; how long it took. (For tests only: pages are told by push.)
    pub async fn wait_state(&self, username: &str, wanted: &str, limit: Duration) -> Result<Duration> {
        let since = Instant::now();
        people::wait_state(&self.http, &self.url(""), username, wanted, limit).await?;
        Ok(since.elapsed())
    }

    /// SIGTERM, then waits for the end: how long it took, and the data folder for a look at what is left.
    pub async fn stop(self) -> Result<(Duration, TempDir)> {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)?;
        self.ended().await
    }

    /// Ctrl-C: SIGINT to the launcher's whole process group, as a terminal sends it. Then as [`Platform::stop`].
    pub async fn interrupt(self) -> Result<(Duration, TempDir)> {
        let group = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGINT)?;
        self.ended().await
    }

    async fn ended(mut self) -> Result<(Duration, TempDir)> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the launcher ended with {status}");
                break;
            }
            ensure!(since.elapsed() < Duration::from_secs(30), "the launcher does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let took = since.elapsed();
        let data = std::mem::replace(&mut self.data, TempDir::new()?);
        Ok((took, data))
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

/// The launcher beside this test's binary (`target/debug/streamly`).
pub fn binary() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let dir =
        here.parent().and_then(|deps| deps.parent()).context("a test binary lies in target/PROFILE/deps")?;
    let binary = dir.join("streamly");
    ensure!(binary.exists(), "{} is not there: run `cargo build --workspace` first", binary.display());
    Ok(binary)
}

/// An offset that no other test holds while the file is open, and whose ports are free.
pub fn free_offset() -> Result<(u16, fs::File)> {
    for offset in (100..=900u16).step_by(100) {
        let path = std::env::temp_dir().join(format!("streamly-e2e-offset-{offset}.lock"));
        let file = fs::OpenOptions::new().create(true).append(true).open(&path)?;
        if file.try_lock().is_err() {
            continue;
        }
        if PORTS.iter().all(|port| TcpListener::bind(("0.0.0.0", port + offset)).is_ok()) {
            return Ok((offset, file));
        }
    }
    bail!("no port offset is free")
}
