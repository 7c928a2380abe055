//! A receiver of webhooks: HTTP over a real socket, with the answers that a test wants.

use parking_lot::Mutex;
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// How it answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status, further header lines, body.
    Say(u16, &'static str, String),
    /// Takes the request and says nothing for as long as the connection lives.
    Hang,
    /// 200 and a body without end.
    Endless,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::Say(status, "", String::new())
    }
}

/// What came.
#[derive(Debug, Clone)]
pub struct Got {
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<Got>>,
    next: Mutex<VecDeque<Reply>>,
    always: Mutex<Option<Reply>>,
}

/// Listens until it is dropped.
pub struct Receiver {
    pub at: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub async fn start() -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into()).await
    }
    /// At an address that was another's before.
    pub async fn start_at(at: SocketAddr) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let (at, shared) = (listener.local_addr().unwrap(), Arc::new(Shared::default()));
        let all = shared.clone();
        let task = tokio::spawn(async move {
            let mut each = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                each.spawn(serve(socket, all.clone()));
            }
        });
        Self { at, shared, task }
    }
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.at)
    }
    /// The next requests are answered so, one each; others get 204.
    pub fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.next.lock().extend(replies);
    }
    /// All others are answered so.
    pub fn always(&self, reply: Reply) {
        *self.shared.always.lock() = Some(reply);
    }
    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().clone()
    }
    /// So many requests of this type came.
    pub async fn has(&self, kind: &str, number: usize) -> Vec<Got> {
        let of = || self.got().into_iter().filter(|got| got.json()["type"] == kind).collect::<Vec<_>>();
        crate::harness::until(kind, || async { of().len() >= number }).await;
        of()
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    while bytes.len() < head + 4 + length {
        if socket.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let body = String::from_utf8(bytes[head + 4..].to_vec()).unwrap();
    let reply = {
        shared.got.lock().push(Got { path, headers, body });
        let always = shared.always.lock().clone();
        shared.next.lock().pop_front().or(always).unwrap_or(Reply::status(204))
    };
    match reply {
        Reply::Say(status, fields, body) => {
            let text =
                format!("HTTP/1.1 {status} So\r\n{fields}content-length: {}\r\n\r\n{body}", body.len());
            let _ = socket.write_all(text.as_bytes()).await;
        }
        Reply::Hang => while socket.read_buf(&mut bytes).await.is_ok_and(|n| n > 0) {},
        Reply::Endless => {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while socket.write_all(&[b'x'; 4096]).await.is_ok() {}
        }
    }
}
