//! How this service's connections to others notice that a machine is gone: one that lost its power, or was cut off, closes nothing and says
//! nothing.
//!
//! Kept connections to it would each cost a request its whole time before it fails, for a minute and longer. A process that is merely busy has a
//! kernel that answers, and is waited for as long as its caller's own time-out says.

use reqwest::ClientBuilder;
use socket2::{SockRef, TcpKeepalive};
use std::{io, time::Duration};
use tokio::net::TcpStream;

/// So long after the last word the kernel asks (tcp(7), keepalive), and again: also on connections that are kept for later.
const KEEPALIVE: Duration = Duration::from_secs(1);
/// Questions without an answer that end a connection; on Linux it is `unanswered` that does so (tcp(7), TCP_USER_TIMEOUT).
const PROBES: u32 = 3;

/// The same client with such connections. `unanswered`: what is sent, and a question, have to be acknowledged by then (TCP_USER_TIMEOUT); for requests
/// with bodies long enough for a service that is slow to take one, since a closed window counts as well.
pub(crate) fn watched(client: ClientBuilder, unanswered: Duration) -> ClientBuilder {
    client
        .tcp_user_timeout(unanswered)
        .tcp_keepalive(KEEPALIVE)
        .tcp_keepalive_interval(KEEPALIVE)
        .tcp_keepalive_retries(PROBES)
}

/// The same of a connection that is no client's, and that there may be very many of: after `quiet` without a word the kernel asks, and again each
/// half of it. What is sent, and a question, have to be acknowledged within `unanswered`; for longer the other one may not leave its window closed
/// either. Errors: the kernel refuses it.
pub(crate) fn watch(stream: &TcpStream, quiet: Duration, unanswered: Duration) -> io::Result<()> {
    let asking = TcpKeepalive::new().with_time(quiet).with_interval(quiet / 2).with_retries(PROBES);
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&asking)?;
    socket.set_tcp_user_timeout(Some(unanswered))
}
