//! Publishers whose connection is over, or who read nothing: the node is done with them at once.

use crate::app::TestApp;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// The key that the recorded bytes publish with.
const KEY: &str = "key";
/// PingRequest on chunk stream 2 (RTMP 1.0, 7.1.7); the server answers each with as many bytes.
const PING: [u8; 18] = [2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0];
/// So long has no byte been taken: the node waits for us to read. It makes room for more only when half of its buffer is free.
const STUCK: Duration = Duration::from_secs(3);

/// Handshake and commands up to the publish, as kept by crates/rtmp's fuzzing.
fn publish() -> Vec<u8> {
    let file = "../../crates/rtmp/fuzz/corpus/connection/publish";
    let kept = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let metadata = b"@setDataFrame";
    let at = kept.windows(metadata.len()).position(|bytes| bytes == metadata).unwrap();
    // A chunk's header of twelve bytes and a text's of three; the first byte of the file is its own.
    let commands = &kept[1..at - 15];
    let mut bytes = vec![3];
    bytes.resize(1 + 2 * 1536, 0);
    bytes.extend_from_slice(commands);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_that_says_goodbye_while_its_publish_is_unanswered_is_gone_at_once_by_rtmp_and_rtmps() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(|config| {
        config.rtmps.bind = Some(([127, 0, 0, 1], 0).into());
        config.rtmps.own_dir = Some(folder.path().to_owned());
    })
    .await;
    app.stream.away.store(true, std::sync::atomic::Ordering::Relaxed);
    let certificate = std::fs::read(folder.path().join("rtmps.crt")).unwrap();
    let mut rest = Vec::new();
    let mut plain = TcpStream::connect(app.addresses.rtmp).await.unwrap();
    plain.write_all(&publish()).await.unwrap();
    app.stream.asked_so_often(KEY, 1).await;
    plain.shutdown().await.unwrap();
    let closed = timeout(Duration::from_secs(5), plain.read_to_end(&mut rest));
    // An error is an end too: what it sent last may be unread.
    let _ = closed.await.expect("closed, plain");
    let before = app.stream.asked(KEY);
    let mut secure =
        streamly_testkit::publisher::raw_tls(app.addresses.rtmps.unwrap(), &certificate).await.unwrap();
    secure.write_all(&publish()).await.unwrap();
    secure.flush().await.unwrap();
    app.stream.asked_so_often(KEY, before + 1).await;
    // TLS's own goodbye (close_notify) comes before the end of the connection.
    secure.shutdown().await.unwrap();
    let closed = timeout(Duration::from_secs(5), secure.read_to_end(&mut rest));
    let _ = closed.await.expect("closed, by TLS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_that_reads_nothing_is_closed_as_soon_as_another_takes_its_place() {
    let app = TestApp::spawn().await;
    app.stream.key(KEY, "ada");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    let mut deaf = socket.connect(app.addresses.rtmp).await.unwrap();
    deaf.write_all(&publish()).await.unwrap();
    let pings = PING.repeat(1000);
    while let Ok(written) = timeout(STUCK, deaf.write_all(&pings)).await {
        written.expect("it is taken, as long as there is room for the answers");
    }
    let taken = Instant::now();
    let second = app.publish(KEY).await.unwrap();
    let closed = async {
        while let Ok(()) = deaf.writable().await {
            match deaf.try_write(&PING) {
                Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => break,
                _ => {}
            }
        }
    };
    // Ten seconds are what any answer may wait.
    timeout(Duration::from_secs(5), closed).await.expect("its connection is over");
    assert!(taken.elapsed() < Duration::from_secs(5), "{:?}", taken.elapsed());
    drop(second);
}
