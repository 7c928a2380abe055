//! A way between two nodes that a test can close, or make narrow.

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub struct Proxy {
    pub address: SocketAddr,
    open: watch::Sender<bool>,
}

impl Proxy {
    /// To `target`, closed at first: connections are taken and nothing passes. `bytes_per_second`: of what comes from there.
    pub fn start(target: SocketAddr, bytes_per_second: Option<u64>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (open, is_open) = watch::channel(false);
        tokio::spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(pass(socket, target, bytes_per_second, is_open.clone()));
            }
        });
        Self { address, open }
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn pass(
    mut socket: TcpStream,
    target: SocketAddr,
    bytes_per_second: Option<u64>,
    mut is_open: watch::Receiver<bool>,
) {
    if is_open.wait_for(|open| *open).await.is_err() {
        return;
    }
    let mut other = TcpStream::connect(target).await.unwrap();
    let ((mut from, mut to), (mut back, mut forth)) = (socket.split(), other.split());
    let returning = async {
        let mut buffer = [0; 16 << 10];
        while let Ok(count @ 1..) = back.read(&mut buffer).await {
            if to.write_all(&buffer[..count]).await.is_err() {
                return;
            }
            if let Some(rate) = bytes_per_second {
                tokio::time::sleep(Duration::from_secs_f64(count as f64 / rate as f64)).await;
            }
        }
    };
    tokio::select! {
        _ = copy(&mut from, &mut forth) => {}
        () = returning => {}
    }
}
