//! A chat client for tests: joins a room and reads frames as a page does.

use crate::Person;
use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// An open chat connection.
pub type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// Connects, as somebody or as a guest, and joins a room.
pub async fn join(url: &str, person: Option<&Person>, room: &str) -> Result<Socket> {
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.with_context(|| url.to_owned())?;
    let hello = match person {
        Some(p) => json!({"type": "hello", "v": 1, "token": p.token}),
        None => json!({"type": "hello", "v": 1}),
    };
    socket.send(Message::text(hello.to_string())).await?;
    next(&mut socket, "welcome").await?;
    socket.send(Message::text(json!({"type": "join", "room": room}).to_string())).await?;
    next(&mut socket, "joined").await?;
    Ok(socket)
}

/// Says something; what the server answers to it: the message, or an error frame.
pub async fn say(socket: &mut Socket, room: &str, text: &str) -> Result<Value> {
    let nonce = text.replace(' ', "-");
    let frame = json!({"type": "say", "room": room, "text": text, "nonce": nonce});
    socket.send(Message::text(frame.to_string())).await?;
    first(socket, |frame| frame["nonce"] == nonce.as_str()).await.with_context(|| format!("say {text}"))
}

/// The next frame of that type; an error frame is an error.
pub async fn next(socket: &mut Socket, kind: &str) -> Result<Value> {
    let frame = first(socket, |frame| frame["type"] == kind || frame["type"] == "error").await;
    let frame = frame.with_context(|| format!("waiting for a {kind}"))?;
    ensure!(frame["type"] == kind, "{frame}");
    Ok(frame)
}

async fn first(socket: &mut Socket, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    let mut passed = Vec::new();
    let wait = async {
        while let Some(frame) = socket.next().await {
            if let Message::Text(text) = frame? {
                let value: Value = serde_json::from_str(&text)?;
                if wanted(&value) {
                    return Ok(value);
                }
                passed.push(text);
            }
        }
        bail!("the socket ended")
    };
    let found = tokio::time::timeout(Duration::from_secs(10), wait).await;
    found
        .unwrap_or_else(|_| bail!("no such frame in 10 s"))
        .with_context(|| format!("other frames: {passed:?}"))
}
