//! A hundred thousand requests for channels that do not exist: answered at once, and all but nothing of it reaches the database.

use crate::harness::TestApp;
use std::time::Instant;
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
/// Transactions a second of a service that nobody asks anything: relay, reaper, counts of viewers, events of others.
const IDLE: u64 = 60;

/// Transactions of the service's database so far: its connections tell of them once a second while they are used.
async fn transactions(app: &TestApp) -> u64 {
    let db = app.pool(1).get().await.unwrap();
    let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    let row = db.query_one(sql, &[]).await.unwrap();
    u64::try_from(row.get::<_, i64>(0)).unwrap()
}

/// Asks again and again on one connection; all answers say that there is no such channel.
async fn ask(address: std::net::SocketAddr, count: usize) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let (mut answers, mut asked) = (Vec::new(), 0);
    while asked < count {
        let requests: String = (asked..asked + TOGETHER)
            .map(|n| format!("GET /api/streams/nobody{} HTTP/1.1\r\nhost: x\r\n\r\n", n % NAMES))
            .collect();
        socket.write_all(requests.as_bytes()).await.unwrap();
        answers.clear();
        let mut told = 0;
        while told < TOGETHER {
            assert!(socket.read_buf(&mut answers).await.unwrap() > 0, "closed after {asked} requests");
            told = answers.windows(13).filter(|part| *part == b"HTTP/1.1 404 ").count();
        }
        asked += TOGETHER;
    }
    assert!(String::from_utf8_lossy(&answers).contains("channel_not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_requests_for_nobody_are_answered_without_the_database() {
    let app = TestApp::spawn().await;
    let (before, began) = (transactions(&app).await, Instant::now());
    let mut askers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        askers.spawn(ask(app.at.http, REQUESTS / CONNECTIONS));
    }
    while let Some(done) = askers.join_next().await {
        done.unwrap();
    }
    let took = began.elapsed();
    let (asked, seconds) = (transactions(&app).await - before, took.as_secs() + 2);
    // Each name once a second; who comes while that is being asked asks too.
    let most = seconds * (NAMES * CONNECTIONS) as u64 + seconds * IDLE;
    assert!((1..=most.min(REQUESTS as u64 / 10)).contains(&asked), "{asked} transactions in {took:?}");
    app.stop().await;
}
