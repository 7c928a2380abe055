//! A client of the WebSocket: hello, join, say, and waiting for frames and closes.

use crate::app::{PATIENCE, Platform};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

pub struct Client(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    /// A client that has the kernel buffer as little as it can.
    pub async fn with_small_buffers(p: &Platform, node: usize) -> Self {
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.set_recv_buffer_size(4096).unwrap();
        let tcp = MaybeTlsStream::Plain(tcp.connect(p.nodes[node].at.http).await.unwrap());
        Self(tokio_tungstenite::client_async(p.request(node, None), tcp).await.unwrap().0)
    }

    pub async fn hello(&mut self, token: Option<String>) -> Value {
        self.send(json!({"type":"hello","v":1,"token":token})).await;
        self.wait_for("welcome").await
    }

    pub async fn join(&mut self, room: &str) -> Value {
        self.send(json!({"type":"join","room":room})).await;
        self.wait_for("joined").await
    }

    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// Says it in ada's room, with itself (without blanks) as the nonce.
    pub async fn say(&mut self, text: &str) {
        self.send(json!({"type":"say","room":"ada","text":text,"nonce":text.replace(' ', "_")})).await;
    }

    /// Says it and gives the message that came of it.
    pub async fn said(&mut self, text: &str) -> Value {
        self.say(text).await;
        loop {
            let answer = self.wait_for_text(&["message", "error"]).await;
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["type"], "message", "{answer}");
            if answer["text"] == text {
                return answer;
            }
        }
    }

    /// The next frame, or the code of the close.
    async fn next(&mut self) -> Result<String, Option<u16>> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|f| f.code.into())),
                Some(Ok(_)) => {}
                _ => return Err(None),
            }
        }
    }

    /// The next frame, however long it takes; `None` at the close.
    pub async fn read_text(&mut self) -> Option<String> {
        self.next().await.ok()
    }

    /// The next frame of that type; others are skipped.
    pub async fn wait_for(&mut self, kind: &str) -> Value {
        serde_json::from_str(&self.wait_for_text(&[kind]).await).unwrap()
    }

    /// The next frame of one of the types, as it was on the wire.
    pub async fn wait_for_text(&mut self, kinds: &[&str]) -> String {
        let found = async {
            loop {
                let text = match self.next().await {
                    Ok(text) => text,
                    Err(code) => panic!("closed with {code:?} while waiting for {kinds:?}"),
                };
                let frame: Value = serde_json::from_str(&text).unwrap();
                if kinds.iter().any(|k| frame["type"] == *k) {
                    return text;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no {kinds:?} came"))
    }

    pub async fn messages(&mut self, count: usize) -> Vec<Value> {
        let mut all = Vec::new();
        while all.len() < count {
            all.push(self.wait_for("message").await);
        }
        all
    }

    /// Reads to the close: its code.
    pub async fn close_code(&mut self) -> Option<u16> {
        let closed = async {
            loop {
                if let Err(code) = self.next().await {
                    return code;
                }
            }
        };
        tokio::time::timeout(PATIENCE, closed).await.expect("closed in time")
    }

    pub async fn close_after(mut self, message: Message, times: usize) -> Option<u16> {
        for _ in 0..times {
            let _ = self.0.send(message.clone()).await;
        }
        self.close_code().await
    }
}

pub fn id_list<'a>(frames: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    frames.into_iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect()
}
