//! A hundred thousand requests for channels that do not exist, of a few names or of as many: answered at once, and all but nothing of it reaches
//! the database.

use crate::harness::TestApp;
use std::{net::SocketAddr, ops::Range, time::Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

const REQUESTS: usize = 100_000;
const NAMES: usize = 20;
const CONNECTIONS: usize = 8;
/// Requests that are sent before an answer is read.
const TOGETHER: usize = 50;
/// Names that are looked for in a second, where the test says so.
const PACE: u32 = 100;
/// From where all of it is asked, and from where others ask.
const FLOOD: &str = "192.0.2.1";
const OTHERS: &str = "198.51.100.7";
/// People whom others ask for meanwhile: fewer than a second's turns that are left to them.
const STRANGERS: u32 = 20;
/// Transactions a second of a service that nobody asks anything: relay, reaper, counts of viewers, events of others.
const IDLE: u64 = 60;

/// Transactions of the service's database so far: its connections tell of them once a second while they are used.
async fn transactions(app: &TestApp) -> u64 {
    let db = app.pool(1).get().await.unwrap();
    let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    let row = db.query_one(sql, &[]).await.unwrap();
    u64::try_from(row.get::<_, i64>(0)).unwrap()
}

/// Asks again and again on one connection, of so many names. All answers say that there is no such channel, or to come again: how many.
async fn ask(address: SocketAddr, numbers: Range<usize>, names: usize) -> usize {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let (mut answers, mut asked, mut refused) = (Vec::new(), numbers.start, 0);
    while asked < numbers.end {
        let requests: String = (asked..asked + TOGETHER)
            .map(|n| {
                let name = n % names;
                format!(
                    "GET /api/streams/nobody{name} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {FLOOD}\r\n\r\n"
                )
            })
            .collect();
        socket.write_all(requests.as_bytes()).await.unwrap();
        answers.clear();
        let (mut none, mut later) = (0, 0);
        while none + later < TOGETHER {
            assert!(socket.read_buf(&mut answers).await.unwrap() > 0, "closed after {asked} requests");
            let count = |status: &[u8]| answers.windows(status.len()).filter(|part| *part == status).count();
            (none, later) = (count(b"HTTP/1.1 404 "), count(b"HTTP/1.1 429 "));
        }
        asked += TOGETHER;
        refused += later;
    }
    let said = String::from_utf8_lossy(&answers);
    assert!(said.contains("channel_not_found") || said.contains("rate_limited"), "{said}");
    refused
}

/// All of them, on all connections; how many were asked to come again.
async fn ask_all(address: SocketAddr, names: usize) -> usize {
    let (mut askers, mut refused) = (JoinSet::new(), 0);
    for connection in 0..CONNECTIONS {
        let share = REQUESTS / CONNECTIONS;
        askers.spawn(ask(address, connection * share..(connection + 1) * share, names));
    }
    while let Some(done) = askers.join_next().await {
        refused += done.unwrap();
    }
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_requests_for_nobody_are_answered_without_the_database() {
    let app = TestApp::spawn().await;
    let (before, began) = (transactions(&app).await, Instant::now());
    assert_eq!(ask_all(app.at.http, NAMES).await, 0, "a few names have turns enough");
    let took = began.elapsed();
    let (asked, seconds) = (transactions(&app).await - before, took.as_secs() + 2);
    // Each name once a second; who comes while that is being asked asks too.
    let most = seconds * (NAMES * CONNECTIONS) as u64 + seconds * IDLE;
    assert!((1..=most.min(REQUESTS as u64 / 10)).contains(&asked), "{asked} transactions in {took:?}");
    app.stop().await;
}

/// What somebody there is told of a channel.
async fn status(app: &TestApp, name: &str, from: &str) -> u16 {
    let request = app.http.get(app.url(name)).header("x-forwarded-for", from);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_made_up_names_come_to_the_database_at_their_pace_and_who_is_there_is_found() {
    let app = TestApp::spawn_with(|c| c.names_per_second = PACE).await;
    app.streamer("ada").await;
    assert_eq!(status(&app, "ada", FLOOD).await, 200);
    let (before, began) = (transactions(&app).await, Instant::now());
    let others = async {
        for n in 0..STRANGERS {
            let name = format!("stranger{n}");
            app.person(&name);
            assert_eq!(status(&app, &name, OTHERS).await, 200, "{name}: nobody asked for them before");
            assert_eq!(status(&app, "ada", FLOOD).await, 200, "whatever is made up there");
        }
    };
    let (refused, ()) = tokio::join!(ask_all(app.at.http, REQUESTS), others);
    let took = began.elapsed();
    let (asked, seconds) = (transactions(&app).await - before, took.as_secs() + 2);
    // Half of the turns are all that one address has; and each who is found is read a few times.
    let most = seconds * (u64::from(PACE / 2) + IDLE) + u64::from(STRANGERS) * 20;
    assert!((1..=most).contains(&asked), "{asked} transactions in {took:?}");
    assert!(refused > REQUESTS / 2, "{refused} were asked to come again in {took:?}");
    app.stop().await;
}
