//! A small HTTP/1.1 server that stands for origins and services: notes what it was asked, answers by path.

use parking_lot::Mutex;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

/// What was asked, and gates that tests open.
pub struct Peer {
    pub address: SocketAddr,
    pub asked: Arc<Mutex<Vec<String>>>,
    /// Held playlists and parts are answered once it is true.
    pub open: watch::Sender<bool>,
    /// Once it is true the broadcast is not here any more.
    pub gone: watch::Sender<bool>,
    /// While it is true media is for who shows a token, whatever the index says.
    pub asks: watch::Sender<bool>,
    /// Each notification sends one event.
    pub event: Arc<Notify>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Peer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, event) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
        let (open, gate) = watch::channel(false);
        let (gone, lost) = watch::channel(false);
        let (asks, shut) = watch::channel(false);
        let (log, bell) = (asked.clone(), event.clone());
        let server = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(
                    socket,
                    log.clone(),
                    (gate.clone(), lost.clone(), shut.clone()),
                    bell.clone(),
                ));
            }
        });
        Self { address, asked, open, gone, asks, event, server }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests whose head contains the text.
    pub fn count(&self, text: &str) -> usize {
        self.asked.lock().iter().filter(|head| head.contains(text)).count()
    }
}

/// A machine that lost its power, as far as an edge can tell: connections are open, requests are acknowledged by the kernel, and nothing is
/// ever said.
pub struct Silent {
    pub address: SocketAddr,
    asked: Arc<Mutex<usize>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Silent {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Silent {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<usize>>::default());
        let count = asked.clone();
        let server = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let _ = socket.read(&mut [0; 2048]).await;
                *count.lock() += 1;
                open.push(socket);
            }
        });
        Self { address, asked, server }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests that came.
    pub fn count(&self) -> usize {
        *self.asked.lock()
    }
}

async fn serve(
    mut socket: TcpStream,
    log: Arc<Mutex<Vec<String>>>,
    (mut gate, lost, shut): (watch::Receiver<bool>, watch::Receiver<bool>, watch::Receiver<bool>),
    bell: Arc<Notify>,
) {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            match socket.read_buf(&mut buffer).await {
                Ok(n) if n > 0 => {}
                _ => return,
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        let length = head
            .to_ascii_lowercase()
            .split("content-length: ")
            .nth(1)
            .and_then(|t| t.split("\r\n").next()?.parse().ok())
            .unwrap_or(0);
        while buffer.len() < end + length {
            if socket.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = String::from_utf8_lossy(&buffer[end..end + length]).into_owned();
        buffer.drain(..end + length);
        log.lock().push(head.clone());
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if path.contains("_HLS_msn=") || path.ends_with("/1-9.0.m4s") {
            // Whoever was dropped says nothing more, not even what it held.
            if gate.wait_for(|open| *open).await.is_err() {
                return;
            }
        }
        if path.starts_with("/api/events") {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await;
            for n in 0.. {
                bell.notified().await;
                let event = format!("data: {n}\n\n");
                let _ = socket.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).await;
            }
        }
        if path.starts_with("/api/users/slow") {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        let missing = match (*lost.borrow(), path.starts_with("/live/b/")) {
            (true, true) => Some("broadcast_not_found"),
            (true, false) => Some("channel_offline"),
            (false, _) => path.contains("/nothing.m4s").then_some("not_found"),
        };
        if path.starts_with("/api/streams/slow") && gate.wait_for(|open| *open).await.is_err() {
            return;
        }
        let asks = *shut.borrow() && path.starts_with("/live/b/") && !head.contains("authorization: ");
        let (status, kind, text) = if asks {
            let code = "{\"code\":\"playback_token_required\"}".to_owned();
            ("401 Unauthorized", "application/problem+json", code)
        } else if let Some((status, text)) = told(&path) {
            (status, "application/json", text)
        } else if let Some(code) = missing {
            ("404 Not Found", "application/problem+json", format!("{{\"code\":\"{code}\"}}"))
        } else if path.starts_with("/live/alice/") {
            let sid = path.split("sid=").nth(1).and_then(|t| t.split('&').next()).unwrap_or("none");
            (
                "200 OK",
                "application/vnd.apple.mpegurl",
                format!(
                    "#EXTM3U\n/live/b/x/source/index.m3u8?sid={sid}\n/live/b/x/720p/index.m3u8?sid={sid}\n"
                ),
            )
        } else if path.contains("/1-7.") {
            ("200 OK", "video/mp4", "0123456789".repeat(7_000))
        } else if path.ends_with(".m4s") {
            ("200 OK", "video/mp4", "0123456789".repeat(100))
        } else if path.contains(".m3u8") {
            let lines = "#EXTINF:2.0,\n1-1.m4s\n".repeat(if path.contains("/long/") { 500 } else { 0 });
            ("200 OK", "application/vnd.apple.mpegurl", format!("#EXTM3U\n#EXT-X-VERSION:9\n{lines}"))
        } else if path == "/api/admin/limits/user" && !head.contains("authorization: Bearer staff\r\n") {
            ("403 Forbidden", "application/problem+json", "{\"code\":\"forbidden\"}".to_owned())
        } else if path.ends_with("openapi.json") {
            ("200 OK", "application/json", format!("{{\"paths\":{{\"{path}\":{{}}}}}}"))
        } else {
            ("200 OK", "text/plain", format!("{head}{body}"))
        };
        // As ingest says it of a channel that is open to everybody.
        let caching = match () {
            () if !status.starts_with("200") || !path.starts_with("/live/b/") => "",
            () if path.contains("_HLS_msn=") => "cache-control: public, max-age=1\r\n",
            () if path.contains(".m3u8") => "cache-control: no-cache\r\n",
            () => "cache-control: public, max-age=31536000, immutable\r\n",
        };
        let policy = match path.ends_with("/sandboxed") {
            true => "content-security-policy: default-src 'none'; sandbox\r\n",
            false => "",
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{policy}{caching}content-length: {}\r\netag: \"5\"\r\nset-cookie: a=1; Path=/\r\nset-cookie: b=2\r\n\r\n",
            text.len()
        );
        let text = if head.starts_with("HEAD") { String::new() } else { text };
        if socket.write_all(format!("{answer}{text}").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// What the stream service tells strangers of channels and categories.
fn told(path: &str) -> Option<(&'static str, String)> {
    const OK: &str = "200 OK";
    let evil = "\"/><script>alert(1)</script>'&";
    if let Some(slug) = path.strip_prefix("/api/categories/") {
        let category =
            serde_json::json!({"slug": "art", "name": "Art & Craft", "description": "", "picture_url": null});
        return Some(match slug {
            "art" => (OK, category.to_string()),
            "paint" => ("308 Permanent Redirect\r\nlocation: /api/categories/art", String::new()),
            _ => ("404 Not Found", r#"{"code":"category_not_found"}"#.into()),
        });
    }
    let name = path.strip_prefix("/api/streams/")?.strip_suffix("/card")?;
    let mut card = serde_json::json!({
        "username": name, "display_name": name.to_uppercase(), "listed": true, "open": true, "live": true, "title": "Building a keyboard",
        "category": "Crafts", "bio": "Wood and wire.", "still_url": "/live/b/1/stills/7.jpg", "banner_url": null, "avatar_url": null,
        "embedding": "everywhere", "embed_sites": ["https://a.example", "http://b.example:8080"],
    });
    match name {
        "alice" | "slow" => {}
        // As alice, but that nobody may frame it.
        "twin" => {
            (card["username"], card["display_name"], card["embedding"]) =
                ("alice".into(), "ALICE".into(), "nowhere".into());
        }
        "closed" => {
            (card["open"], card["listed"], card["still_url"]) =
                (false.into(), false.into(), serde_json::Value::Null);
        }
        "quiet" => card["live"] = false.into(),
        "sites" | "nowhere" => card["embedding"] = name.into(),
        "evil" => {
            (card["display_name"], card["title"], card["bio"]) = (evil.into(), evil.into(), evil.into())
        }
        "large" => card["bio"] = "x".repeat(100_000).into(),
        "broken" => return Some((OK, "{".into())),
        _ => return Some(("404 Not Found", r#"{"code":"channel_not_found"}"#.into())),
    }
    Some((OK, card.to_string()))
}
