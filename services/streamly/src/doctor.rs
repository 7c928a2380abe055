//! `streamly doctor`: what this machine has and lacks, each with what to do about it. Changes nothing.

use crate::{
    Failure, servers,
    settings::{ADMIN, CHAT, GRPC, INGEST, REST, RTMP, RTMPS, STREAM, Settings, USER, WEB},
};
use std::{
    net::{SocketAddr, TcpListener},
    process::ExitCode,
};
use streamly_config::EXIT_UNAVAILABLE;
use streamly_transcode::{WorkerCommand, probe};
use tokio::process::Command;

struct Report {
    failed: bool,
}

impl Report {
    fn line(&mut self, ok: bool, what: &str, detail: &str) {
        self.failed |= !ok;
        println!("  {} {what:<22} {detail}", if ok { "ok  " } else { "FAIL" });
    }
}

pub(crate) async fn run() -> Result<ExitCode, Failure> {
    let settings = Settings::from_env(streamly_config::process_env())?;
    let mut report = Report { failed: false };
    println!("Programs");
    match servers::postgres_bin() {
        Ok(bin) => report.line(true, "PostgreSQL", &bin.display().to_string()),
        Err(e) => report.line(false, "PostgreSQL", &e.to_string()),
    }
    redis(&mut report).await;
    match version("setpriv").await {
        Some(v) => report.line(true, "setpriv", &v),
        None => report.line(false, "setpriv", "not found: install the package `util-linux`"),
    }
    println!("Encoders (a real encode each)");
    encoders(&mut report).await?;
    println!("Ports");
    if runs(&settings) {
        println!("  ok   Streamly is running on {} and has them", settings.data.display());
    } else {
        ports(&settings, &mut report);
    }
    println!("Disk");
    disk(&settings, &mut report);
    Ok(if report.failed { ExitCode::from(EXIT_UNAVAILABLE) } else { ExitCode::SUCCESS })
}

async fn version(program: &str) -> Option<String> {
    let out = Command::new(program).arg("--version").output().await.ok()?;
    Some(String::from_utf8_lossy(&out.stdout).lines().next().unwrap_or_default().to_owned())
}

async fn redis(report: &mut Report) {
    let Some(v) = version("redis-server").await else {
        return report.line(false, "Redis", "not found: install the package `redis-server`");
    };
    let major: u32 =
        v.split("v=").nth(1).and_then(|t| t.split('.').next()).and_then(|n| n.parse().ok()).unwrap_or(0);
    let detail = if major >= 7 { v } else { format!("{v}: version 7 or newer is needed") };
    report.line(major >= 7, "Redis", &detail);
}

async fn encoders(report: &mut Report) -> Result<(), Failure> {
    let exe = std::env::current_exe()?;
    let worker = WorkerCommand { program: exe, args: vec!["transcode-worker".into()], registry: None };
    let probed = probe::run(&worker, &[], probe::TIMEOUT).await;
    for p in &probed.probed {
        println!("       {p}");
    }
    let usable = probed.usable();
    let detail = match usable.first() {
        Some(best) => format!("{best} is used"),
        None => "none works: install gstreamer1.0-plugins-ugly (x264enc); streams still play at their source quality".into(),
    };
    report.line(!usable.is_empty(), "H.264 encoder", &detail);
    Ok(())
}

/// Whether a launcher holds the data folder.
fn runs(settings: &Settings) -> bool {
    let lock = std::fs::File::open(settings.data.join("streamly.lock"));
    lock.is_ok_and(|file| file.try_lock().is_err())
}

fn ports(settings: &Settings, report: &mut Report) {
    let public = [("web", WEB), ("RTMP", RTMP), ("RTMPS", RTMPS)];
    let inner = [
        ("user", USER),
        ("user gRPC", USER + GRPC),
        ("stream", STREAM),
        ("stream gRPC", STREAM + GRPC),
        ("chat", CHAT),
        ("chat gRPC", CHAT + GRPC),
        ("chat REST", CHAT + REST),
        ("ingest", INGEST),
        ("ingest gRPC", INGEST + GRPC),
        ("web admin", WEB + ADMIN),
        ("user admin", USER + ADMIN),
        ("stream admin", STREAM + ADMIN),
        ("chat admin", CHAT + ADMIN),
        ("ingest admin", INGEST + ADMIN),
    ];
    let all = public
        .map(|(n, p)| (n, p, [0, 0, 0, 0]))
        .into_iter()
        .chain(inner.map(|(n, p)| (n, p, [127, 0, 0, 1])));
    for (name, base, ip) in all {
        let addr = SocketAddr::from((ip, settings.port(base)));
        match TcpListener::bind(addr) {
            Ok(_) => report.line(true, name, &format!("{} is free", addr.port())),
            Err(e) => report.line(
                false,
                name,
                &format!(
                    "{}: {e}. Stop what listens there (Streamly itself?), or set another STREAMLY_PORT_OFFSET",
                    addr.port()
                ),
            ),
        }
    }
}

fn disk(settings: &Settings, report: &mut Report) {
    let there = settings.data.ancestors().find(|p| p.exists()).unwrap_or(std::path::Path::new("."));
    match free_bytes(there) {
        Ok(free) => {
            let mib = free >> 20;
            let enough = mib > 1024;
            let remedy = if enough { "" } else { ": make room, or set STREAMLY_DATA_DIR" };
            report.line(enough, "free space", &format!("{mib} MiB at {}{remedy}", there.display()));
        }
        Err(e) => report.line(false, "free space", &format!("{}: {e}", there.display())),
    }
}

/// Bytes that an unprivileged account may still write at a path.
pub(crate) fn free_bytes(path: &std::path::Path) -> std::io::Result<u64> {
    let stat = nix::sys::statvfs::statvfs(path)?;
    Ok(stat.blocks_available() * stat.fragment_size())
}
