//! A process of a service whose folder of pictures is on a disk of its own, with room for a few kilobytes, beside a platform of processes.
//!
//! The disk is one in memory that nobody but the process sees. Where nothing can be mounted a limit on the size of files stands for it: what
//! is larger fails as it is written, and small ones go on. What the process says is not kept, since that limit counts for its log too.

use crate::{
    Platform,
    nodes::{free, ready},
    platform::binary,
};
use anyhow::{Context, Result};
use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// `$1` is the folder, the rest is what is run. Four pages of memory.
const MOUNTED: &str = r#"mount -t tmpfs -o size=16k none "$1" || exit 99; shift; exec "$@""#;
/// The same; in blocks of 512 bytes, or of 1024 by some shells.
const LIMITED: &str = r#"trap '' XFSZ; ulimit -f 16 || exit 99; shift; exec "$@""#;

/// See the module's head; killed when dropped.
pub struct Cramped {
    child: Child,
    rest: SocketAddr,
    _folder: TempDir,
}

impl Cramped {
    /// Starts one more `stream` or `chat`, and waits until it is ready.
    ///
    /// # Errors
    /// If it cannot be started, or is not ready in time.
    pub async fn start(platform: &Platform, service: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (rest, admin) = (free()?, free()?);
        let (around, script): (&[&str], _) = match mounts(folder.path()) {
            Some(way) => (way, MOUNTED),
            None => (&[], LIMITED),
        };
        let (program, arguments) = around.split_first().unwrap_or((&"sh", &[]));
        let mut command = Command::new(program);
        command.args(arguments);
        if !around.is_empty() {
            command.arg("sh");
        }
        let key = |name: &str| format!("STREAMLY_{}__{name}", service.to_uppercase());
        command
            .args(["-c", script, "sh"])
            .arg(folder.path())
            .arg(binary()?)
            .args(["service", service, "--config"])
            .arg(platform.data().join(format!("run/{service}.toml")))
            .env(key("GRPC"), free()?.to_string())
            .env(key("ADMIN"), admin.to_string())
            .env(key("STORAGE__DIR"), folder.path());
        // Of chat the first one is for sockets.
        if service == "chat" {
            command.env(key("HTTP"), free()?.to_string()).env(key("REST"), rest.to_string());
        } else {
            command.env(key("HTTP"), rest.to_string());
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut this = Self { child, rest, _folder: folder };
        ready(&mut this.child, admin, &platform.http)
            .await
            .with_context(|| format!("a cramped {service}"))?;
        Ok(this)
    }

    /// An address of its REST.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.rest)
    }
}

impl Drop for Cramped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a process gets mounts of its own here: as root, else in a user namespace. `None`: not at all.
pub fn mounts(dir: &Path) -> Option<&'static [&'static str]> {
    const WAYS: [&[&str]; 2] =
        [&["unshare", "--mount"], &["unshare", "--mount", "--user", "--map-root-user"]];
    WAYS.into_iter().find(|way| {
        let mut attempt = Command::new(way[0]);
        attempt.args(&way[1..]).args(["mount", "-t", "tmpfs", "-o", "size=4k", "none"]).arg(dir);
        attempt.output().is_ok_and(|out| out.status.success())
    })
}
