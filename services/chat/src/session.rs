//! One WebSocket connection: its writer, its reader and what its frames do.
//!
//! The writer alone writes, from the socket's queue; the reader handles one frame at a time, so a client's own frames keep their
//! order. Both end when [`Socket::end`] is called; the close frame goes out within the close time-out, then the rest is discarded.

mod held;
mod pace;
mod say;
mod state;
mod vote;

pub use state::Context;

use crate::{
    frame::Server,
    listener::Connection,
    socket::{Close, Socket},
};
use futures_util::{SinkExt, StreamExt, stream::SplitSink, stream::SplitStream};
use pace::Pace;
use state::Session;
use std::{sync::Arc, time::Duration};
use streamly_http::Holder;
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, sync::mpsc, time::Instant};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes, error::CapacityError, protocol::CloseFrame};

/// Bytes of a refused client that are read away after the close frame, so that it arrives.
const MAX_DISCARD: usize = 8 << 20;

/// Runs the connection from that address to its end.
pub async fn run(connection: Connection, id: u64, address: Option<Holder>, context: Context) {
    let (socket, queue) = Socket::new(id, &context.limits);
    let socket = Arc::new(socket);
    let (sink, stream) = connection.split();
    let mut session = Session::new(socket.clone(), address, context.clone());
    let drain = async {
        tokio::select! {
            () = context.shutdown.started() => leave_elsewhere(&socket, &context).await,
            () = socket.ended() => {}
        }
    };
    let (sink, stream, ()) =
        tokio::join!(write(sink, queue, &socket, &context), read(stream, &mut session), drain);
    session.leave_all().await;
    if let Ok(mut connection) = sink.reunite(stream) {
        discard(&mut connection, context.limits.close_timeout.get()).await;
    }
}

/// Tells the client to go elsewhere, each socket at another time.
async fn leave_elsewhere(socket: &Socket, context: &Context) {
    let spread = |over: Duration| {
        let part = socket.id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        over.mul_f64(part as f64 / (1u64 << 24) as f64)
    };
    let after_ms = spread(context.limits.reconnect_spread.get()).as_millis() as u64;
    socket.send(Server::Reconnect { after_ms }.encode());
    tokio::time::sleep(spread(context.limits.drain.get())).await;
    socket.end(Close::AWAY);
}

async fn write(
    mut sink: SplitSink<Connection, Message>,
    mut queue: mpsc::Receiver<Utf8Bytes>,
    socket: &Socket,
    context: &Context,
) -> SplitSink<Connection, Message> {
    let mut beat = tokio::time::interval(context.limits.heartbeat.get());
    beat.tick().await;
    let mut batch: Vec<Utf8Bytes> = Vec::new();
    loop {
        let written = tokio::select! {
            biased;
            () = socket.ended() => break,
            written = async {
                tokio::select! {
                    _ = beat.tick() => sink.send(Message::Ping(Default::default())).await,
                    n = queue.recv_many(&mut batch, 64) => {
                        for text in batch.drain(..n) {
                            let bytes = text.len();
                            sink.feed(Message::Text(text)).await?;
                            socket.written(bytes);
                        }
                        sink.flush().await
                    }
                }
            } => written,
        };
        if written.is_err() {
            socket.end(Close::NORMAL);
            return sink;
        }
    }
    let reason = socket.reason().unwrap_or(Close::NORMAL);
    let last_words = async {
        if reason != Close::TOO_SLOW {
            while let Ok(text) = queue.try_recv() {
                sink.feed(Message::Text(text)).await?;
            }
        }
        let frame = CloseFrame { code: reason.0.into(), reason: reason.1.into() };
        sink.send(Message::Close(Some(frame))).await
    };
    let _ = tokio::time::timeout(context.limits.close_timeout.get(), last_words).await;
    sink
}

async fn read(mut stream: SplitStream<Connection>, session: &mut Session) -> SplitStream<Connection> {
    let limits = session.limits().clone();
    let socket = session.socket().clone();
    let mut pace = Pace::new(limits.frames_per_second, limits.frames_burst);
    let silence = limits.heartbeat.get().mul_f64(2.5);
    let mut heard = Instant::now();
    loop {
        let deadline = session.deadline().map_or(heard + silence, |d| d.min(heard + silence));
        let message = tokio::select! {
            biased;
            () = socket.ended() => return stream,
            message = stream.next() => message,
            () = tokio::time::sleep_until(deadline) => {
                if Instant::now() >= heard + silence {
                    socket.end(Close::TOO_SLOW);
                }
                session.on_time();
                continue;
            }
        };
        heard = Instant::now();
        match message {
            Some(Ok(message)) => {
                if !pace.allow(heard) {
                    socket.end(Close::FLOODING);
                    return stream;
                }
                match message {
                    Message::Text(text) => tokio::select! {
                        () = session.on_text(&text) => {}
                        () = socket.ended() => return stream,
                    },
                    Message::Binary(_) => {
                        socket.end(Close::PROTOCOL);
                    }
                    Message::Close(_) => {
                        socket.end(Close::NORMAL);
                    }
                    Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                }
            }
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => {
                socket.end(Close::TOO_LARGE);
            }
            Some(Err(Error::Protocol(_) | Error::Utf8(_))) => {
                socket.end(Close::PROTOCOL);
            }
            Some(Err(_)) | None => {
                socket.end(Close::NORMAL);
            }
        }
    }
}

/// Closing a TCP connection with unread bytes would reset it, and the client would not see why it was closed.
async fn discard(connection: &mut Connection, at_most: Duration) {
    let tcp = connection.get_mut();
    let _ = tokio::time::timeout(at_most, async {
        let _ = tcp.shutdown().await;
        let (mut buffer, mut total) = ([0u8; 2048], 0);
        while let Ok(n @ 1..) = tcp.read(&mut buffer).await {
            total += n;
            if total > MAX_DISCARD {
                break;
            }
        }
    })
    .await;
}
