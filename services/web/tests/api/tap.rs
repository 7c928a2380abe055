//! What stands between a proxy and the edge, passes everything on as it is, and notes the head of each request: what came to the edge, by the
//! bytes and not by what the proxy says of itself. For requests without bodies.

use parking_lot::Mutex;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// See the module's head.
pub struct Tap {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Tap {
    pub async fn before(edge: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let log = asked.clone();
        let server = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(pass(socket, edge, log.clone()));
            }
        });
        Self { address, asked, server }
    }

    /// Requests whose head contains the text.
    pub fn count(&self, text: &str) -> usize {
        self.heads(text).len()
    }

    /// Their heads, in the order in which they came.
    pub fn heads(&self, text: &str) -> Vec<String> {
        self.asked.lock().iter().filter(|head| head.contains(text)).cloned().collect()
    }

    /// From here on there is no way to the edge: connections are closed, and new ones refused.
    pub fn cut(&self) {
        self.server.abort();
    }
}

async fn pass(proxy: TcpStream, edge: SocketAddr, log: Arc<Mutex<Vec<String>>>) {
    let Ok(edge) = TcpStream::connect(edge).await else { return };
    for socket in [&proxy, &edge] {
        let _ = socket.set_nodelay(true);
    }
    let (mut from_proxy, mut to_proxy) = proxy.into_split();
    let (mut from_edge, mut to_edge) = edge.into_split();
    let there = async {
        let (mut bytes, mut unread) = ([0; 4096], Vec::new());
        while let Ok(count @ 1..) = from_proxy.read(&mut bytes).await {
            unread.extend_from_slice(&bytes[..count]);
            while let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = unread.drain(..end + 4).collect();
                log.lock().push(String::from_utf8_lossy(&head).into_owned());
            }
            // Noted first: whoever has the answer finds the request noted.
            if to_edge.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
        let _ = to_edge.shutdown().await;
    };
    let back = async {
        let _ = tokio::io::copy(&mut from_edge, &mut to_proxy).await;
        let _ = to_proxy.shutdown().await;
    };
    tokio::join!(there, back);
}
