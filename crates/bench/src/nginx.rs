//! The peers of the rows: Debian's nginx with its RTMP module, writing HLS to a folder in memory, and nginx serving files from there.

use crate::process::{Cores, Process};
use anyhow::Context;
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

/// Where Debian puts the module.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
const START_TRIES: u32 = 100;

/// A running nginx.
pub struct Nginx {
    /// One process: `master_process off`, so that it dies with its handle; the work is the same.
    pub process: Process,
    /// RTMP.
    pub rtmp: SocketAddr,
    /// Where playlists and segments appear.
    pub hls: PathBuf,
}

/// How the RTMP server is run.
#[derive(Debug, Clone, Copy)]
pub struct Rtmp {
    /// Where.
    pub cores: Cores,
    /// Seconds its playlists list.
    pub playlist_seconds: u64,
}

impl Default for Rtmp {
    /// As Streamly's window is by default.
    fn default() -> Self {
        Self { cores: Cores::All, playlist_seconds: 30 }
    }
}

/// Starts it with its files below `folder`, segments of 2 s.
///
/// # Errors
/// If it is not installed or does not start.
pub async fn start(folder: &Path, how: Rtmp) -> anyhow::Result<Nginx> {
    let rtmp = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let hls = folder.join("hls");
    std::fs::create_dir_all(&hls)?;
    let body = format!(
        "load_module {MODULE};\nrtmp {{ server {{ listen {rtmp}; chunk_size 4096; access_log off; application live {{ live on; hls on; \
         hls_path {}; hls_fragment 2s; hls_playlist_length {}s; }} }} }}\n",
        hls.display(),
        how.playlist_seconds
    );
    let process = run(folder, how.cores, &body, rtmp).await.context("with libnginx-mod-rtmp")?;
    Ok(Nginx { process, rtmp, hls })
}

/// Starts one that serves the files below `root` by HTTP, as an administrator who wants it fast has it. The process and its address.
///
/// # Errors
/// If it is not installed or does not start.
pub async fn files(folder: &Path, root: &Path, cores: Cores) -> anyhow::Result<(Process, SocketAddr)> {
    let http = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    std::fs::create_dir_all(folder)?;
    let body = format!(
        "http {{ access_log off; sendfile on; tcp_nopush on; keepalive_timeout 75s; keepalive_requests 1000000000; \
         open_file_cache max=1000; types {{ video/mp4 m4s; }} server {{ listen {http}; root {}; }} }}\n",
        root.display()
    );
    Ok((run(folder, cores, &body, http).await?, http))
}

/// One process: `master_process off`.
async fn run(folder: &Path, cores: Cores, body: &str, listens: SocketAddr) -> anyhow::Result<Process> {
    let at = folder.display();
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    // Modules are loaded first of all.
    let (load, body) =
        body.split_once('\n').filter(|_| body.starts_with("load_module")).unwrap_or(("", body));
    let text = format!(
        "{load}\ndaemon off;\nmaster_process off;\n{user}\npid {at}/nginx.pid;\nerror_log {at}/nginx.log error;\n\
         events {{ worker_connections 8192; }}\n{body}"
    );
    let config = folder.join("nginx.conf");
    std::fs::write(&config, text)?;
    let mut command = cores.command(program());
    command.arg("-c").arg(&config).arg("-p").arg(folder).arg("-e").arg(folder.join("nginx.log"));
    let mut process = Process::spawn("nginx", &mut command).context("package nginx is needed")?;
    for _ in 0..START_TRIES {
        process.still_runs().with_context(|| format!("see {at}/nginx.log"))?;
        if TcpStream::connect(listens).is_ok() {
            return Ok(process);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("nginx does not listen")
}

/// Debian has it where not everybody's PATH goes.
fn program() -> &'static str {
    let debian = "/usr/sbin/nginx";
    if Path::new(debian).exists() { debian } else { "nginx" }
}
