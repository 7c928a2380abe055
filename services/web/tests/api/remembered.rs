//! What an edge remembers of a connection is not believed longer than it is so: broadcasts that move and end, channels that close and open,
//! sessions that are ended, and viewers who share a connection.

use crate::{
    TestApp,
    edge::media,
    hot::Said,
    peers::Peer,
    viewers::until_counted,
    watching::{Says, Stream, edge, enter, index},
};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Everything becomes so within this.
const SOON: Duration = Duration::from_secs(15);
/// Who may watch no more is cut off within this.
const CUT_OFF: Duration = Duration::from_secs(3);

/// One connection, on which one request comes behind the other.
struct Line(TcpStream);

impl Line {
    async fn to(app: &TestApp) -> Self {
        Self(TcpStream::connect(app.address).await.unwrap())
    }

    async fn get(&mut self, path: &str) -> Said {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            if let Some((said, behind)) = Said::first(&bytes, false) {
                assert!(behind.is_empty(), "{path}: {} bytes behind its answer", behind.len());
                return said;
            }
            assert_ne!(self.0.read_buf(&mut bytes).await.unwrap(), 0, "closed at {path}");
        }
    }

    async fn status(&mut self, path: &str) -> u16 {
        self.get(path).await.status
    }

    /// Asks until it is answered so; how long that took.
    async fn until(&mut self, path: &str, status: u16) -> Duration {
        let begun = Instant::now();
        loop {
            let said = self.status(path).await;
            if said == status {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < SOON, "{path}: {said}, not {status}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_follow_a_broadcast_that_moves_whichever_of_them_was_led_there() {
    let (old, new) = (Peer::start().await, Peer::start().await);
    let app = TestApp::spawn(old.address).await;
    app.live(&old.url(), 1).await;
    let (mut one, mut other) = (Line::to(&app).await, Line::to(&app).await);
    for line in [&mut one, &mut other] {
        assert_eq!(line.status(&media("1-1.m4s")).await, 200);
    }
    old.gone.send_replace(true);
    app.live(&new.url(), 2).await;
    assert_eq!(one.status(&media("1-2.m4s")).await, 200);
    assert_eq!(other.status(&media("1-3.m4s")).await, 200);
    assert_eq!(one.status(&media("1-4.m4s")).await, 200);
    let asked = |n: u32| [&old, &new].map(|peer| peer.count(&format!("1-{n}.m4s")));
    assert_eq!([1, 2, 3, 4].map(asked), [[1, 0], [1, 1], [0, 1], [0, 1]]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_hears_that_its_broadcast_has_ended_and_that_it_is_there_again() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let (mut line, list) = (Line::to(&app).await, media("index.m3u8"));
    assert_eq!(line.status(&list).await, 200);
    origin.gone.send_replace(true);
    app.redis::<streamly_redis::Value>("DEL", &["live:c1"]).await;
    line.until(&list, 404).await;
    assert!(String::from_utf8(line.get(&list).await.body).unwrap().contains("broadcast_not_found"));
    origin.gone.send_replace(false);
    app.live(&origin.url(), 2).await;
    line.until(&list, 200).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_told_within_seconds_that_its_channel_is_not_open_any_more_or_open_again() {
    let (origin, stream) = (Peer::start().await, Stream::start());
    let app = edge(&stream, |_| {}).await;
    index(&app, &stream, &origin, 0).await;
    let (mut line, list, part) = (Line::to(&app).await, media("index.m3u8"), media("1-1.m4s"));
    for path in [&list, &part] {
        assert_eq!(line.status(path).await, 200);
    }
    index(&app, &stream, &origin, 1).await;
    assert!(line.until(&part, 401).await < CUT_OFF);
    assert_eq!(line.status(&list).await, 401);
    let path = enter(&app, &stream.token(|_| {})).await;
    assert_eq!(line.status(&path).await, 200);
    // Of tokens of another version.
    index(&app, &stream, &origin, 2).await;
    assert!(line.until(&path, 403).await < CUT_OFF);
    index(&app, &stream, &origin, 0).await;
    assert!(line.until(&part, 200).await < CUT_OFF);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_gets_nothing_more_on_the_connection_that_it_had() {
    let (origin, stream) = (Peer::start().await, Stream::start());
    let app = edge(&stream, |_| {}).await;
    index(&app, &stream, &origin, 1).await;
    let path = enter(&app, &stream.token(|c| c.exp = c.iat + 4)).await;
    let sid = path.split("sid=").nth(1).unwrap().split('&').next().unwrap();
    let (list, part) = (media(&format!("index.m3u8?sid={sid}")), media(&format!("1-1.m4s?sid={sid}")));
    let mut line = Line::to(&app).await;
    for path in [&list, &part] {
        assert_eq!(line.status(path).await, 200);
    }
    // Others on the same connection are not taken for it.
    let last = if sid.ends_with('0') { "1" } else { "0" };
    for wrong in ["index.m3u8".to_owned(), format!("index.m3u8?sid={}{last}", &sid[..31])] {
        assert_eq!(line.status(&media(&wrong)).await, 401, "{wrong}");
        assert_eq!(line.status(&part).await, 200, "behind {wrong}");
    }
    stream.say(Says::No);
    line.until(&list, 403).await;
    assert_eq!(line.status(&part).await, 403);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_who_come_by_one_connection_are_counted_each() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let sids = [app.sid().await, app.sid().await, app.sid().await];
    let mut line = Line::to(&app).await;
    // The last one was given out by nobody.
    for sid in [&sids[0], &sids[1], &sids[0], &sids[2], &"0123456789abcdef".repeat(2)] {
        assert_eq!(line.status(&media(&format!("index.m3u8?sid={sid}"))).await, 200);
    }
    until_counted(&app, 3..=3).await;
    app.stop().await;
}
