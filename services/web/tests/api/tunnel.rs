//! `/ws`: frames of any size and number, pings and closes pass through, both ends end together.

use crate::{TestApp, until};
use futures_util::{SinkExt, StreamExt};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, time::timeout};
use tokio_tungstenite::{
    accept_async, connect_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// Echoes; "close" closes with 4003. Counts what is open.
pub async fn chat() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (address, open) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = open.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                let mut ws = accept_async(socket).await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                while let Some(Ok(message)) = ws.next().await {
                    if message == Message::text("close") {
                        let frame = CloseFrame { code: CloseCode::from(4003), reason: "banned".into() };
                        let _ = ws.close(Some(frame)).await;
                    } else if message.is_text() || message.is_binary() {
                        ws.send(message).await.unwrap();
                    }
                }
                count.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (address, open)
}

#[tokio::test(flavor = "multi_thread")]
async fn large_and_many_frames_pings_and_close_codes_pass_through() {
    let (address, open) = chat().await;
    let app = TestApp::spawn(address).await;
    let (ws, _) = connect_async(format!("ws://{}/ws", app.address)).await.unwrap();
    let (mut sink, mut stream) = ws.split();
    let large = vec![7u8; 3 << 20];
    let sent = large.clone();
    let sender = tokio::spawn(async move {
        sink.send(Message::binary(sent)).await.unwrap();
        for n in 0..2000 {
            sink.send(Message::text(format!("message {n}"))).await.unwrap();
        }
        sink.send(Message::Ping("p".into())).await.unwrap();
        sink
    });
    let mut next = async || timeout(Duration::from_secs(20), stream.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(next().await, Message::binary(large));
    for n in 0..2000 {
        assert_eq!(next().await, Message::text(format!("message {n}")));
    }
    assert_eq!(next().await, Message::Pong("p".into()));
    let mut sink = sender.await.unwrap();
    sink.send(Message::text("close")).await.unwrap();
    let Message::Close(Some(frame)) = next().await else { panic!("a close frame comes") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4003, "banned"));
    drop((sink, stream));
    until(|| open.load(Ordering::SeqCst) == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_vanishes_ends_its_socket_at_chat_and_a_stop_drains() {
    let (address, open) = chat().await;
    let app = TestApp::spawn(address).await;
    let (ws, _) = connect_async(format!("ws://{}/ws", app.address)).await.unwrap();
    until(|| open.load(Ordering::SeqCst) == 1).await;
    drop(ws);
    until(|| open.load(Ordering::SeqCst) == 0).await;
    let (mut ws, _) = connect_async(format!("ws://{}/ws", app.address)).await.unwrap();
    ws.send(Message::text("here")).await.unwrap();
    assert_eq!(ws.next().await.unwrap().unwrap(), Message::text("here"));
    app.stop().await;
    until(|| open.load(Ordering::SeqCst) == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_away_is_502_and_a_plain_request_is_400() {
    let app = TestApp::spawn(([127, 0, 0, 1], 9).into()).await;
    assert_eq!(app.get("/ws").await.status(), 400);
    let refused = connect_async(format!("ws://{}/ws", app.address)).await.unwrap_err();
    assert!(refused.to_string().contains("502"), "{refused}");
}
