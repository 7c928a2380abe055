//! The smallest driver of a connection: one socket, no time-outs, everything kept for comparing.

use std::net::SocketAddr;

use streamly_rtmp::{Connect, Connection, Error, Event, Limits, Metadata};
use streamly_testkit::flv::{Kind, Tag};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What one publish brought.
#[derive(Default)]
pub struct Received {
    pub connect: Option<Connect>,
    pub requests: Vec<Event>,
    pub metadata: Vec<Metadata>,
    pub media: Vec<Tag>,
    pub ended: bool,
    pub reset: bool,
    pub error: Option<Error>,
}

/// Accepts one connection, and one key.
pub struct Server {
    pub address: SocketAddr,
    task: JoinHandle<Received>,
}

impl Server {
    pub async fn start(key: &str) -> Self {
        Self::spawn(key, false).await
    }

    /// Asks the publisher to reconnect as soon as it publishes.
    pub async fn start_draining(key: &str) -> Self {
        Self::spawn(key, true).await
    }

    async fn spawn(key: &str, drain: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let key = key.to_owned();
        let task = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            serve(socket, &key, drain).await
        });
        Self { address, task }
    }

    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits for the peer's close; what it had sent.
    pub async fn finish(self) -> Received {
        self.task.await.unwrap()
    }
}

async fn serve(mut socket: TcpStream, key: &str, drain: bool) -> Received {
    let mut received = Received::default();
    let mut connection = Connection::new(Limits::default());
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = match socket.read(&mut buffer).await {
            Ok(0) => return received,
            Ok(count) => count,
            Err(_) => {
                received.reset = true;
                return received;
            }
        };
        let mut result = connection.handle_input(&buffer[..count]);
        while let Some(event) = connection.poll_event() {
            match event {
                Event::Connected(connect) => received.connect = Some(connect),
                Event::PublishRequested { key: ref asked, .. } => {
                    if asked.expose() == key {
                        result = connection.accept_publish();
                        if drain {
                            connection.request_reconnect();
                        }
                    } else {
                        connection.reject_publish("no such key").unwrap();
                    }
                    received.requests.push(event);
                }
                Event::Metadata(metadata) => received.metadata.push(metadata),
                Event::Video { timestamp, data } => {
                    received.media.push(Tag { kind: Kind::Video, timestamp, data });
                }
                Event::Audio { timestamp, data } => {
                    received.media.push(Tag { kind: Kind::Audio, timestamp, data });
                }
                Event::PublishEnded => received.ended = true,
            }
        }
        while let Some(bytes) = connection.poll_output() {
            if socket.write_all(&bytes).await.is_err() {
                received.reset = true;
                return received;
            }
        }
        if let Err(error) = result {
            received.error = Some(error);
            return received;
        }
    }
}
