//! The private PostgreSQL and Redis servers: child processes of the installed packages on unix sockets, on data of their own.
//!
//! They run as [`Account`] says, in a process group of their own (Ctrl-C reaches the launcher only), and end with the launcher
//! however it ends (`setpriv --pdeathsig`; that signal follows the thread that spawns, so [`Server::keep`] runs on the main thread).
//! One that dies is started again: services name it as away meanwhile.

mod kept;

pub(crate) use kept::Server;

use crate::account::{Account, name_of};
use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::process::Command;

/// The number in PostgreSQL's socket name; nothing listens on TCP.
pub(crate) const PG_PORT: u16 = 5432;
/// PostgreSQL's role for the services.
pub(crate) const PG_ROLE: &str = "streamly";
/// Longest path of a unix socket, bytes (sun_path is 108 with its NUL).
const MAX_SOCKET_PATH: usize = 107;
/// How long a server may take to accept its first connection (crash recovery included).
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Where the servers' files are.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) postgres_data: PathBuf,
    pub(crate) redis_data: PathBuf,
    /// Folder of both sockets.
    pub(crate) sockets: PathBuf,
    pub(crate) logs: PathBuf,
}

impl Layout {
    /// Makes the folders. `data` is absolute.
    pub(crate) fn make(account: &Account, data: &Path) -> Result<Self> {
        let base = account.servers_dir(data);
        std::fs::create_dir_all(&base)
            .with_context(|| format!("the folder {} cannot be made", base.display()))?;
        let inside = base.join("run");
        let fits = inside.join(format!(".s.PGSQL.{PG_PORT}.lock")).as_os_str().len() <= MAX_SOCKET_PATH;
        let sockets = if fits { inside } else { PathBuf::from(format!("/tmp/streamly-{}", name_of(&base))) };
        let layout = Self {
            postgres_data: base.join("postgres"),
            redis_data: base.join("redis"),
            sockets,
            logs: base.join("server-logs"),
        };
        for dir in [&layout.postgres_data, &layout.redis_data, &layout.logs] {
            account.private_dir(dir)?;
        }
        match fits {
            true => account.private_dir(&layout.sockets)?,
            false => account.private_dir_among_strangers(&layout.sockets)?,
        }
        Ok(layout)
    }

    pub(crate) fn postgres_socket(&self) -> PathBuf {
        self.sockets.join(format!(".s.PGSQL.{PG_PORT}"))
    }

    pub(crate) fn redis_socket(&self) -> PathBuf {
        self.sockets.join("redis.sock")
    }
}

/// `setpriv …  PROGRAM`: other account, and death with this thread.
fn guarded(account: &Account, signal: &str, program: impl Into<OsString>) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec!["setpriv".into()];
    if let Some(user) = &account.drop_to {
        command.extend([
            format!("--reuid={}", user.uid).into(),
            format!("--regid={}", user.gid).into(),
            "--clear-groups".into(),
        ]);
    }
    command.extend(["--pdeathsig".into(), signal.into(), "--".into(), program.into()]);
    command
}

/// Folder of the newest installed PostgreSQL's programs.
pub(crate) fn postgres_bin() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, e.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    Ok(found.pop().context("PostgreSQL is not installed: install the package `postgresql`")?.1)
}

/// Makes the cluster if there is none. It is made beside and renamed: a start that is broken off leaves no half of one.
async fn make_cluster(account: &Account, bin: &Path, data: &Path) -> Result<()> {
    if data.join("PG_VERSION").exists() {
        return Ok(());
    }
    let fresh = data.with_extension("new");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).with_context(|| format!("{} cannot be removed", fresh.display()))?;
    }
    account.private_dir(&fresh)?;
    let mut command = guarded(account, "KILL", bin.join("initdb"));
    command.extend(["-A", "trust", "-U", PG_ROLE, "-E", "UTF8", "--locale=C", "-D"].map(Into::into));
    command.push(fresh.clone().into());
    let out = Command::new(&command[0])
        .args(&command[1..])
        .current_dir("/")
        .kill_on_drop(true)
        .output()
        .await
        .context("initdb")?;
    if !out.status.success() {
        bail!(
            "PostgreSQL could not make its cluster in {}: {}",
            fresh.display(),
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    // The folder of the layout is empty: rename replaces it.
    std::fs::rename(&fresh, data).with_context(|| format!("{} cannot be put in place", data.display()))
}

/// Starts PostgreSQL, with a new cluster at the first time, and makes the databases that are missing.
pub(crate) async fn postgres(account: &Account, layout: &Layout, databases: &[&str]) -> Result<Server> {
    let bin = postgres_bin()?;
    let data = &layout.postgres_data;
    make_cluster(account, &bin, data).await?;
    let mut command = guarded(account, "INT", bin.join("postgres"));
    command.extend([
        "-D".into(),
        data.into(),
        "-k".into(),
        layout.sockets.clone().into(),
        "-p".into(),
        PG_PORT.to_string().into(),
    ]);
    for setting in
        ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=100", "shared_buffers=64MB"]
    {
        command.extend(["-c".into(), setting.into()]);
    }
    let log = layout.logs.join("postgres.log");
    let mut server = Server::spawn("PostgreSQL", command, log.clone(), &[Signal::SIGINT, Signal::SIGQUIT])?;
    let settings = format!("host={} port={PG_PORT} user={PG_ROLE} dbname=postgres", layout.sockets.display());
    let since = Instant::now();
    let client = loop {
        if let Ok((client, connection)) = tokio_postgres::connect(&settings, tokio_postgres::NoTls).await {
            break (client, tokio::spawn(connection));
        }
        if let Ok(Some(status)) = server.try_wait() {
            bail!("PostgreSQL ended at once ({status}); the reason is at the end of {}", log.display());
        }
        if since.elapsed() > START_TIMEOUT {
            bail!("PostgreSQL does not accept connections; see {}", log.display());
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    };
    let (client, driver) = client;
    for database in databases {
        if client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[database]).await?.is_none() {
            client.batch_execute(&format!("CREATE DATABASE {database}")).await?;
        }
    }
    drop(client);
    driver.await.context("the connection's task")??;
    Ok(server)
}

/// Starts Redis with an append-only file.
pub(crate) async fn redis(account: &Account, layout: &Layout) -> Result<Server> {
    let socket = layout.redis_socket();
    let mut command = guarded(account, "TERM", "redis-server");
    command.extend(
        [
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--unixsocketperm",
            "700",
        ]
        .map(Into::into),
    );
    command.extend([
        "--unixsocket".into(),
        socket.clone().into(),
        "--dir".into(),
        layout.redis_data.clone().into(),
    ]);
    let log = layout.logs.join("redis.log");
    let _ = std::fs::remove_file(&socket);
    let mut server = Server::spawn("Redis", command, log.clone(), &[Signal::SIGTERM])?;
    let since = Instant::now();
    while tokio::net::UnixStream::connect(&socket).await.is_err() {
        if let Ok(Some(status)) = server.try_wait() {
            bail!("Redis ended at once ({status}); the reason is at the end of {}", log.display());
        }
        if since.elapsed() > START_TIMEOUT {
            bail!("Redis does not accept connections; see {}", log.display());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(server)
}
