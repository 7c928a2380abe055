//! One instance of a service: a process with listeners of its own, which is told to stop, started anew at the same place, and asked whether
//! it is ready.
//!
//! Its configuration is its service's; what is its own it is told by the environment. A process ends with its handle, and with the thread
//! that started it (prctl(2), PR_SET_PDEATHSIG): start instances where a runtime's own threads, or the main one, are.

use super::balancer::{Place, Standing};
use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs,
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

/// Between two looks at its readiness.
const LOOK: Duration = Duration::from_millis(100);
/// What asks for its readiness waits so long for an answer (`timeoutSeconds` in k8s/base).
const ANSWER: Duration = Duration::from_secs(3);
/// From the start of its process until it is ready, on a loaded machine.
const READY: Duration = Duration::from_secs(60);
/// From being led to no more until it is told to stop: a connection that was led there a moment ago has arrived (`preStop` in k8s/base).
const LEAD: Duration = Duration::from_millis(250);
/// From SIGTERM to its end. An ingest waits until its publishers and its rewind are elsewhere.
const STOP: Duration = Duration::from_secs(60);
/// Lines of its log that are told with an error.
const TOLD: usize = 10;

/// A service, as instances of it differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Keys of its listeners but the admin one, by their names in the environment.
    pub(super) listeners: &'static [&'static str],
}

/// See the module's head.
#[derive(Debug)]
pub struct Instance {
    kind: Kind,
    number: usize,
    listeners: Vec<(&'static str, SocketAddr)>,
    admin: SocketAddr,
    folder: PathBuf,
    standing: Arc<Standing>,
    child: Option<Child>,
    looking: JoinHandle<()>,
}

impl Instance {
    /// Chooses its ports, at that address of loopback, and looks from now on whether it is ready; nothing is started.
    pub(super) fn new(kind: Kind, number: usize, address: Ipv4Addr, folder: &Path) -> Result<Self> {
        let admin = TcpListener::bind((address, 0))?;
        // All of them at once, so that no two have one port.
        let mut held = Vec::new();
        for key in kind.listeners {
            held.push((*key, TcpListener::bind((address, 0))?));
        }
        let mut listeners = Vec::new();
        for (key, listener) in &held {
            listeners.push((*key, listener.local_addr()?));
        }
        let (admin, standing) = (admin.local_addr()?, Arc::<Standing>::default());
        let looking = tokio::spawn(look(admin, standing.clone()));
        Ok(Self { kind, number, listeners, admin, folder: folder.to_owned(), standing, child: None, looking })
    }

    /// `chat-1`.
    pub fn name(&self) -> String {
        format!("{}-{}", self.kind.name, self.number)
    }

    /// The service's name.
    pub fn service(&self) -> &'static str {
        self.kind.name
    }

    /// One of its listeners, by its key in the environment: `HTTP`.
    pub fn address(&self, key: &str) -> Option<SocketAddr> {
        self.listeners.iter().find(|(name, _)| *name == key).map(|(_, address)| *address)
    }

    /// The same, as a balancer leads to it.
    pub(super) fn place(&self, key: &str) -> Option<Place> {
        Some(Place { address: self.address(key)?, standing: self.standing.clone() })
    }

    /// Whether it is led to.
    pub fn takes(&self) -> bool {
        self.standing.takes()
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name()))
    }

    /// What it does not share with the other instances.
    fn environment(&self) -> Vec<(String, String)> {
        let variable = |key: &str| format!("STREAMLY_{}__{key}", self.kind.name.to_uppercase());
        let mut all: Vec<_> =
            self.listeners.iter().map(|(key, address)| (variable(key), address.to_string())).collect();
        all.push((variable("ADMIN"), self.admin.to_string()));
        if self.kind.name == "ingest" {
            let url = |key: &str| self.address(key).map_or_else(String::new, |at| format!("http://{at}"));
            all.extend([
                (variable("NODE_ID"), self.name()),
                (variable("ORIGIN_URL"), url("HTTP")),
                (variable("GRPC_URL"), url("GRPC")),
                // A node deletes what it finds there.
                (variable("REWIND_DIR"), self.folder.join(self.name()).display().to_string()),
            ]);
        }
        all
    }

    /// Starts it by a program of the platform, and waits until it is led to: how long that took.
    ///
    /// # Errors
    /// If it ends, or is not ready in time; with the end of what it said.
    pub(super) async fn start(&mut self, program: &Path) -> Result<Duration> {
        let began = Instant::now();
        let mut log = fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        writeln!(log, "started as {}", program.display())?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(["service", self.kind.name, "--config"])
            .arg(self.folder.join(format!("{}.toml", self.kind.name)))
            .envs(self.environment())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started by setpriv", self.name()))?;
        self.child = Some(child);
        self.standing.leaves(false);
        while !self.takes() {
            if let Some(status) = self.child.as_mut().map(Child::try_wait).transpose()?.flatten() {
                bail!("{} ended at once with {status}; it said:\n{}", self.name(), self.said());
            }
            ensure!(began.elapsed() < READY, "{} is not ready; it said:\n{}", self.name(), self.said());
            tokio::time::sleep(LOOK).await;
        }
        Ok(began.elapsed())
    }

    /// Leads nobody there any more, tells it to stop and waits for its end: how long that took.
    ///
    /// # Errors
    /// If it does not end in time, or not well; with the end of what it said.
    pub(super) async fn stop(&mut self) -> Result<Duration> {
        let mut child = self.child.take().with_context(|| format!("{} does not run", self.name()))?;
        self.standing.leaves(true);
        tokio::time::sleep(LEAD).await;
        let began = Instant::now();
        let pid = child.id().with_context(|| format!("{} has ended by itself", self.name()))?;
        kill(Pid::from_raw(pid.cast_signed()), Signal::SIGTERM)?;
        let status = timeout(STOP, child.wait())
            .await
            .with_context(|| format!("{} runs on; it said:\n{}", self.name(), self.said()))??;
        ensure!(status.success(), "{} ended with {status}; it said:\n{}", self.name(), self.said());
        // It is not asked any more before it is there again.
        self.standing.ready(false);
        Ok(began.elapsed())
    }

    /// Warnings and errors of its log, the newest ones.
    pub fn said(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let mut lines: Vec<&str> =
            log.lines().rev().filter(|line| !line.contains("INFO")).take(TOLD).collect();
        lines.reverse();
        lines.join("\n")
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Keeps what a balancer goes by.
async fn look(admin: SocketAddr, standing: Arc<Standing>) {
    loop {
        let is_ready = timeout(ANSWER, is_ready(admin)).await.is_ok_and(|asked| asked.unwrap_or(false));
        standing.ready(is_ready);
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether `/health/ready` is answered 200.
async fn is_ready(admin: SocketAddr) -> std::io::Result<bool> {
    let mut socket = TcpStream::connect(admin).await?;
    let request = format!("GET /health/ready HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut begins = [0; 12];
    socket.read_exact(&mut begins).await?;
    Ok(begins == *b"HTTP/1.1 200")
}

#[cfg(test)]
mod tests {
    use super::*;

    const INGEST: Kind = Kind { name: "ingest", listeners: &["HTTP", "GRPC", "RTMP__BIND"] };

    #[tokio::test]
    async fn an_instance_is_told_its_own_place_by_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let instance = Instance::new(INGEST, 1, Ipv4Addr::new(127, 0, 0, 9), folder.path()).unwrap();
        let environment = instance.environment();
        let value = |key: &str| {
            let name = format!("STREAMLY_INGEST__{key}");
            environment.iter().find(|(found, _)| *found == name).map(|(_, value)| value.clone())
        };
        let http = instance.address("HTTP").unwrap();
        assert_eq!(http.ip(), Ipv4Addr::new(127, 0, 0, 9));
        assert_eq!(value("HTTP"), Some(http.to_string()));
        assert_eq!(value("ORIGIN_URL"), Some(format!("http://{http}")));
        assert_eq!(value("NODE_ID").as_deref(), Some("ingest-1"));
        assert!(value("ADMIN").is_some() && value("RTMP__BIND").is_some(), "{environment:?}");
        assert!(!instance.takes() && instance.address("REST").is_none());
    }

    #[tokio::test]
    async fn who_answers_200_is_ready_and_nobody_else() {
        for (answer, ready) in [("200 OK", true), ("503 Service Unavailable", false)] {
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let admin = listener.local_addr().unwrap();
            let serving = tokio::spawn(async move {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut asked = [0; 256];
                assert!(socket.read(&mut asked).await.unwrap() > 0);
                let head = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
                socket.write_all(head.as_bytes()).await.unwrap();
            });
            assert_eq!(is_ready(admin).await.unwrap(), ready);
            serving.await.unwrap();
        }
        let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        assert!(is_ready(gone).await.is_err());
    }
}
