//! How the kernel notices that a publisher's machine is gone: TCP keepalive, and a limit on unanswered data.
//!
//! They end sockets that no time-out of ours would: ours end a publisher that sends nothing.

use crate::config::RtmpConfig;
use nix::sys::socket::{
    setsockopt,
    sockopt::{KeepAlive, TcpKeepCount, TcpKeepIdle, TcpKeepInterval, TcpUserTimeout},
};
use tokio::net::TcpStream;

/// Probes without an answer after which the peer is gone.
const PROBES: u32 = 3;

/// Tells the kernel. Whatever it refuses costs only that the loss is noticed later.
pub(super) fn watch(socket: &TcpStream, config: &RtmpConfig) {
    let idle = u32::try_from(config.keepalive.as_secs()).unwrap_or(u32::MAX);
    let unanswered = u32::try_from(config.user_timeout.as_millis()).unwrap_or(u32::MAX);
    let told = || -> nix::Result<()> {
        if idle > 0 {
            setsockopt(socket, KeepAlive, &true)?;
            setsockopt(socket, TcpKeepIdle, &idle)?;
            setsockopt(socket, TcpKeepInterval, &idle.div_ceil(PROBES))?;
            setsockopt(socket, TcpKeepCount, &PROBES)?;
        }
        setsockopt(socket, TcpUserTimeout, &unanswered)
    };
    if let Err(error) = told() {
        tracing::debug!(%error, "keepalive could not be set");
    }
}
