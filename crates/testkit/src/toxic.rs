//! A TCP proxy that does what networks do: cuts, stalls, delays, swallows. Between a service and one of its servers.
//!
//! Runs in the tokio runtime it was started in; ends with it or on drop. What was read from one side before a toxic began is still passed on.

use anyhow::Result;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// Bytes read at once.
const CHUNK: usize = 16 << 10;

/// What the proxy does to bytes, both ways, also those of connections that are open already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toxic {
    /// Passes them on.
    None,
    /// Holds them back: connections stay open and silent, what was sent arrives afterwards.
    Stall,
    /// Passes each chunk on after this time.
    Delay(Duration),
    /// Throws them away: a machine without power, a route that is gone.
    Swallow,
    /// Closes new connections at once; open ones are passed on.
    Refuse,
}

/// Where bytes go.
#[derive(Debug, Clone)]
enum Upstream {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

#[derive(Debug, Clone, Copy)]
struct State {
    toxic: Toxic,
    /// Connections of an older number are closed.
    cut: u64,
    /// What comes on connections of an older number is thrown away.
    lost: u64,
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    upstream: Arc<Mutex<Upstream>>,
    state: watch::Sender<State>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// To a TCP address.
    pub async fn to_tcp(upstream: SocketAddr) -> Result<Self> {
        Self::start(Upstream::Tcp(upstream)).await
    }

    /// To a unix socket.
    pub async fn to_unix(upstream: &Path) -> Result<Self> {
        Self::start(Upstream::Unix(upstream.to_owned())).await
    }

    async fn start(upstream: Upstream) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let upstream = Arc::new(Mutex::new(upstream));
        let (state, seen) = watch::channel(State { toxic: Toxic::None, cut: 0, lost: 0 });
        let task = tokio::spawn(accept(listener, upstream.clone(), seen));
        Ok(Self { address, upstream, state, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on.
    pub fn set(&self, toxic: Toxic) {
        self.state.send_modify(|s| s.toxic = toxic);
    }

    /// Closes every open connection.
    pub fn cut(&self) {
        self.state.send_modify(|s| s.cut += 1);
    }

    /// Connections that are open stay so, and nothing passes on them any more, ever; new ones are as good as any.
    pub fn lose_open(&self) {
        self.state.send_modify(|s| s.lost += 1);
    }

    /// New connections go elsewhere; open ones stay.
    pub fn lead_new_to(&self, upstream: SocketAddr) {
        *self.upstream.lock().unwrap_or_else(PoisonError::into_inner) = Upstream::Tcp(upstream);
    }

    /// New connections go elsewhere (what an address does whose server was replaced); open ones are cut.
    pub fn lead_to(&self, upstream: SocketAddr) {
        self.lead_new_to(upstream);
        self.cut();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, upstream: Arc<Mutex<Upstream>>, state: watch::Receiver<State>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        if state.borrow().toxic == Toxic::Refuse {
            continue;
        }
        let _ = client.set_nodelay(true);
        let to = upstream.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let state = state.clone();
        tokio::spawn(async move {
            match to {
                Upstream::Tcp(at) => {
                    if let Ok(server) = TcpStream::connect(at).await {
                        let _ = server.set_nodelay(true);
                        both(client, server, state).await;
                    }
                }
                Upstream::Unix(at) => {
                    if let Ok(server) = UnixStream::connect(at).await {
                        both(client, server, state).await;
                    }
                }
            }
        });
    }
}

async fn both(
    client: impl AsyncRead + AsyncWrite,
    server: impl AsyncRead + AsyncWrite,
    state: watch::Receiver<State>,
) {
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    let began = state.borrow().cut;
    let mut cut = state.clone();
    tokio::select! {
        _ = cut.wait_for(|s| s.cut != began) => {}
        () = pass(from_client, to_server, state.clone()) => {}
        () = pass(from_server, to_client, state) => {}
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
) {
    let began = state.borrow().lost;
    let mut chunk = vec![0; CHUNK];
    while let Ok(n @ 1..) = from.read(&mut chunk).await {
        let State { toxic, lost, .. } = *state.borrow();
        if lost != began {
            continue;
        }
        match toxic {
            Toxic::None | Toxic::Refuse => {}
            Toxic::Stall => {
                if state.wait_for(|s| s.toxic != Toxic::Stall).await.is_err() {
                    return;
                }
            }
            Toxic::Delay(by) => tokio::time::sleep(by).await,
            Toxic::Swallow => continue,
        }
        if to.write_all(&chunk[..n]).await.is_err() {
            return;
        }
    }
}
