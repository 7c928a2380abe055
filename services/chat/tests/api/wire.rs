//! The WebSocket below the frames: breaches of RFC 6455, readers that have stopped, rooms where more is said than is given out.

use crate::{
    app::{Platform, until},
    client::{Client, id_list},
    peers::room_id,
};
use serde_json::{Value, json};
use streamly_config::{ByteSize, Duration};
use streamly_proto::chat::v1::{GetRoomStateRequest, chat_service_client::ChatServiceClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{
    MaybeTlsStream, connect_async,
    tungstenite::{
        Message,
        protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

/// Bytes as they are, past tungstenite.
async fn raw(client: &mut Client, bytes: &[u8]) {
    let MaybeTlsStream::Plain(tcp) = client.0.get_mut() else { panic!("no TLS here") };
    let _ = tcp.write_all(bytes).await;
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}

/// Sockets in ada's room, on all nodes' word.
async fn sockets(p: &Platform) -> u64 {
    let request = GetRoomStateRequest { room_id: room_id("ada") };
    let peer = p.peer(0, "stream");
    let state = peer.call(|t| {
        let request = request.clone();
        async move { ChatServiceClient::new(t).get_room_state(request).await }
    });
    state.await.unwrap().sockets
}

#[tokio::test(flavor = "multi_thread")]
async fn breaches_of_the_framing_are_closed_with_4009() {
    let p = Platform::start(1).await;
    let ping = br#"{"type":"ping"}"#;
    for (what, bytes) in [
        ("a compressed message", masked(0xC1, ping)),
        ("a reserved opcode", masked(0x83, ping)),
        ("no mask", [&[0x81, ping.len() as u8], &ping[..]].concat()),
        ("a continuation of nothing", masked(0x80, ping)),
        ("a new message inside another", [masked(0x01, ping), masked(0x81, ping)].concat()),
        ("a ping in fragments", masked(0x09, b"")),
        ("no UTF-8", masked(0x81, &[0xFF])),
        ("a close code that is not to be sent", masked(0x88, &1005u16.to_be_bytes())),
    ] {
        let mut client = p.hello(0, None).await;
        raw(&mut client, &bytes).await;
        assert_eq!(client.close_code().await, Some(4009), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_without_end_are_bounded_in_bytes_and_in_number() {
    let p = Platform::with(1, |c| c.limits.frames_burst = 60).await;
    let mut large = p.hello(0, None).await;
    // 150 fragments fit into the burst of nobody, so each is large: 4 of them are more than 16 KiB.
    for n in 0..5 {
        let code = OpCode::Data(if n == 0 { Data::Text } else { Data::Continue });
        let fragment = Message::Frame(Frame::message(vec![b'x'; 4 << 10], code, false));
        let _ = futures_util::SinkExt::send(&mut large.0, fragment).await;
    }
    assert_eq!(large.close_code().await, Some(1009));
    let mut many = p.hello(0, None).await;
    raw(&mut many, &masked(0x01, b"")).await;
    raw(&mut many, &masked(0x00, b"").repeat(100)).await;
    assert_eq!(many.close_code().await, Some(4029));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_fragments_with_a_ping_between_is_one_message_and_the_ping_is_answered() {
    let p = Platform::start(1).await;
    let mut client = p.hello(0, None).await;
    let bytes = [masked(0x01, br#"{"type""#), masked(0x89, b"there?"), masked(0x80, br#":"ping"}"#)].concat();
    // Byte by byte, with whatever the other side makes of it.
    for byte in bytes {
        raw(&mut client, &[byte]).await;
    }
    let pong = futures_util::StreamExt::next(&mut client.0).await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong(b"there?".to_vec().into()));
    client.wait_for("pong").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_come_with_the_request_are_answered_in_their_order() {
    let p = Platform::start(1).await;
    let mut tcp = tokio::net::TcpStream::connect(p.nodes[0].at.http).await.unwrap();
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let frames = [
        masked(0x81, br#"{"type":"hello","v":1}"#),
        masked(0x81, br#"{"type":"join","room":"ada"}"#),
        masked(0x81, br#"{"type":"ping"}"#),
    ];
    tcp.write_all(&[request.as_bytes(), &frames.concat()].concat()).await.unwrap();
    let mut answer = Vec::new();
    let place = |answer: &[u8], of: &str| String::from_utf8_lossy(answer).find(of);
    until("all is answered", async || {
        assert!(tcp.read_buf(&mut answer).await.unwrap() > 0);
        place(&answer, "presence").is_some() && place(&answer, "pong").is_some()
    })
    .await;
    // The room answers the join: the pong may come before that.
    for order in [vec!["HTTP/1.1 101", "welcome", "joined", "stream", "presence"], vec!["welcome", "pong"]] {
        assert!(
            order.iter().map(|of| place(&answer, of)).is_sorted(),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    tcp.write_all(&masked(0x88, &1000u16.to_be_bytes())).await.unwrap();
    tokio::time::timeout(crate::app::PATIENCE, tcp.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer[answer.len() - 4..], [0x88, 2, 3, 0xE8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn compression_that_is_asked_for_is_not_negotiated() {
    let p = Platform::start(1).await;
    let asked =
        p.request(0, Some(("sec-websocket-extensions", "permessage-deflate; client_max_window_bits")));
    let (_socket, answer) = connect_async(asked).await.unwrap();
    assert_eq!(answer.headers().get("sec-websocket-extensions"), None);
    let asked = p.request(0, Some(("sec-websocket-version", "8")));
    assert!(connect_async(asked).await.is_err_and(|e| e.to_string().contains("426")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_stopped_is_cut_though_its_kernel_takes_everything() {
    let p = Platform::with(1, |c| {
        c.limits.frames_burst = 10_000;
        (c.limits.max_unheard, c.limits.pong_timeout) = (ByteSize::new(4 << 10), Duration::from_millis(700));
    })
    .await;
    let (mut ada, mut reader, mut stopped) =
        (p.join(0, Some("ada")).await, p.join(0, None).await, p.join(0, None).await);
    assert_eq!(sockets(&p).await, 3);
    let mut sent = 0;
    until("the reader that has stopped is out of the room", async || {
        ada.send(json!({"type":"say","room":"ada","text":"x".repeat(400)})).await;
        let said = ada.wait_for("message").await["id"].clone();
        let heard = reader.wait_for("message").await;
        assert_eq!(heard["id"], said);
        sent += heard.to_string().len();
        sockets(&p).await == 2
    })
    .await;
    assert!(sent > 4 << 10, "some 4 KiB before the question, {sent} bytes");
    assert_eq!(stopped.close_code().await, Some(4008));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_of_what_waits_is_cut_before_its_queue_is_full() {
    let p = Platform::with(1, |c| {
        (c.limits.frames_burst, c.limits.queue_frames) = (10_000, 100_000);
        (c.limits.max_unheard, c.limits.stalled) = (ByteSize::new(1 << 30), Duration::from_millis(700));
        (c.limits.send_buffer, c.limits.queue_bytes) = (ByteSize::new(4 << 10), ByteSize::new(1 << 30));
        c.limits.close_timeout = Duration::from_secs(15);
    })
    .await;
    let mut stopped = Client::with_small_buffers(&p, 0).await;
    stopped.hello(None).await;
    stopped.join("ada").await;
    let (mut ada, mut reader) = (p.join(0, Some("ada")).await, p.join(0, None).await);
    let long = "€".repeat(490);
    until("the reader that has stopped is out of the room", async || {
        ada.send(json!({"type":"say","room":"ada","text":long})).await;
        let said = ada.wait_for("message").await;
        assert_eq!(reader.wait_for("message").await["id"], said["id"]);
        sockets(&p).await == 2
    })
    .await;
    assert_eq!(stopped.close_code().await, Some(4008));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_where_too_much_is_said_is_sampled_alike_for_all_but_the_author_and_kept_whole() {
    const SAID: usize = 60;
    let p = Platform::with(1, |c| {
        c.limits.frames_burst = 10_000;
        c.limits.deliver_per_second = 10;
    })
    .await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    let (mut one, mut other) = (p.join(0, None).await, p.join(0, Some("cleo")).await);
    for n in 0..SAID {
        // Every second one without a nonce: own all the same.
        let nonce = (n % 2 == 0).then(|| format!("n{n}"));
        ada.send(json!({"type":"say","room":"ada","text":n.to_string(),"nonce":nonce})).await;
    }
    let own = ada.messages(SAID).await;
    assert!(id_list(&own).is_sorted());
    // What is not a message is never left out.
    let id = own[SAID - 1]["id"].as_str().unwrap();
    assert_eq!(p.rest(0, "DELETE", &format!("/{id}"), Some("ada")).await.0, 204);
    let mut seen = Vec::new();
    for client in [&mut one, &mut other, &mut bob] {
        let (mut given, mut left_out, mut deleted) = (Vec::new(), 0, false);
        while given.len() + left_out < SAID || !deleted {
            let frame: Value =
                serde_json::from_str(&client.wait_for_text(&["message", "skipped", "deleted"]).await)
                    .unwrap();
            match frame["type"].as_str().unwrap() {
                "skipped" => left_out += frame["count"].as_u64().unwrap() as usize,
                "deleted" => deleted = true,
                _ => given.push(frame),
            }
        }
        assert_eq!(given.len() + left_out, SAID);
        assert!(left_out > 0, "{left_out}");
        let ids = id_list(&given);
        assert!(ids.is_sorted() && ids.iter().all(|id| own.iter().any(|m| m["id"] == **id)));
        seen.push(ids);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let (status, page) = p.rest(0, "GET", "?limit=200", None).await;
    assert_eq!((status, page["items"].as_array().unwrap().len()), (200, SAID - 1));
}
