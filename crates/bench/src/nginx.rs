//! The peer of the passthrough rows: Debian's nginx with its RTMP module, writing HLS to a folder in memory.

use crate::process::Process;
use anyhow::Context;
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::Command;

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

/// Starts it with its files below `folder`, segments of 2 s and playlists of 30 s as Streamly's.
///
/// # Errors
/// If it is not installed or does not start.
pub async fn start(folder: &Path) -> anyhow::Result<Nginx> {
    let rtmp = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let hls = folder.join("hls");
    std::fs::create_dir_all(&hls)?;
    let at = folder.display();
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    let text = format!(
        "load_module {MODULE};\ndaemon off;\nmaster_process off;\n{user}\npid {at}/nginx.pid;\nerror_log {at}/nginx.log error;\n\
         events {{ worker_connections 512; }}\n\
         rtmp {{ server {{ listen {rtmp}; chunk_size 4096; access_log off; application live {{ live on; hls on; \
         hls_path {}; hls_fragment 2s; hls_playlist_length 30s; }} }} }}\n",
        hls.display()
    );
    let config = folder.join("nginx.conf");
    std::fs::write(&config, text)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&config).arg("-p").arg(folder).arg("-e").arg(folder.join("nginx.log"));
    let mut process =
        Process::spawn("nginx", &mut command).context("packages nginx and libnginx-mod-rtmp are needed")?;
    for _ in 0..START_TRIES {
        process.still_runs().with_context(|| format!("see {at}/nginx.log"))?;
        if TcpStream::connect(rtmp).is_ok() {
            return Ok(Nginx { process, rtmp, hls });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("nginx does not listen")
}
