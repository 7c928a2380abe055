//! A real S3 server for one test: one bucket in a folder of its own, on a free port of loopback, ended on drop.
//!
//! It checks signatures (AWS Signature Version 4) of its one account and answers others as S3 does. Addresses are path-style. It runs on a
//! thread of its own in this process; it can be stopped and started again on the same port with its data.

use anyhow::{Context, Result, bail};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::PathBuf,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

/// The bucket that is there.
pub const BUCKET: &str = "test";
/// Id of the account's key.
pub const ID: &str = "id";
/// Its secret.
pub const SECRET: &str = "secret";
/// Longest wait for a stop.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running server.
#[derive(Debug)]
pub struct S3Server {
    dir: TempDir,
    at: SocketAddr,
    runtime: Option<Runtime>,
}

impl S3Server {
    /// Starts one whose bucket is empty; when this returns it accepts.
    pub fn start() -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("streamly-s3-").tempdir()?;
        std::fs::create_dir(dir.path().join(BUCKET))?;
        let mut this = Self { dir, at: (Ipv4Addr::LOCALHOST, 0).into(), runtime: None };
        this.start_again()?;
        Ok(this)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// The files of the bucket: `PREFIX/KEY` of each object, in order.
    pub fn objects(&self) -> Result<Vec<String>> {
        let root = self.dir.path().join(BUCKET);
        let (mut folders, mut files) = (vec![root.clone()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(name(&root, path)?);
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// Stops it: when this returns connections are refused.
    pub fn stop(&mut self) -> Result<()> {
        let Some(runtime) = self.runtime.take() else { return Ok(()) };
        runtime.shutdown_background();
        let give_up = Instant::now() + PATIENCE;
        while TcpStream::connect(self.at).is_ok() {
            if Instant::now() > give_up {
                bail!("the S3 server did not stop");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Starts it (again) on the same data and port.
    pub fn start_again(&mut self) -> Result<()> {
        self.stop()?;
        let files = s3s_fs::FileSystem::new(self.dir.path()).ok().context("the folder cannot be used")?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ID, SECRET));
        let listener = std::net::TcpListener::bind(self.at)?;
        self.at = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let service = service.build();
        runtime.spawn(async move {
            if let Ok(listener) = TcpListener::from_std(listener) {
                serve(listener, service).await;
            }
        });
        self.runtime = Some(runtime);
        Ok(())
    }
}

fn name(root: &std::path::Path, path: PathBuf) -> Result<String> {
    Ok(path.strip_prefix(root)?.to_string_lossy().into_owned())
}

async fn serve(listener: TcpListener, service: S3Service) {
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
