//! Binds listeners before anything starts, so that a taken port is named and nothing is half-started.

use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// A listener could not be had.
#[derive(Debug, thiserror::Error)]
#[error("{name} cannot listen on {addr}: {}", why(source))]
pub struct BindError {
    /// What would have listened.
    pub name: String,
    /// Where.
    pub addr: SocketAddr,
    /// The system's answer.
    #[source]
    pub source: io::Error,
}

fn why(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::AddrInUse => "the port is taken by another program".into(),
        io::ErrorKind::PermissionDenied => "the port needs more rights (below 1024)".into(),
        _ => e.to_string(),
    }
}

/// Listens on `addr` with SO_REUSEADDR and a backlog of 1024; non-blocking. `name` goes into the error.
pub fn bind(name: &str, addr: SocketAddr) -> Result<TcpListener, BindError> {
    let attempt = || -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&addr.into())?;
        socket.listen(1024)?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    };
    attempt().map_err(|source| BindError { name: name.into(), addr, source })
}
