//! PostgreSQL and Redis stopped in the middle, and what the logs hold afterwards.

use crate::harness::{Events, Node, TestApp, until};
use parking_lot::Mutex;
use std::{
    io::Write,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use streamly_proto::stream::v1::{Permit, State, node_command::Command};
use streamly_testkit::postgres::Postgres;
use tonic::Code;

/// A PostgreSQL of one's own, stopped at the end even if it was started again.
struct Own(Postgres);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.signal("INT");
    }
}

#[tokio::test]
async fn without_postgresql_calls_say_so_leases_go_on_and_it_recovers() {
    let own = Own(Postgres::start().unwrap());
    let pg = &own.0;
    let app = TestApp::spawn_on(pg.clone(), |c| {
        c.postgres.statement_timeout = streamly_config::Duration::from_secs(1);
    })
    .await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    // It takes statements and answers none, then nobody is there at all.
    let (locked, database) = (pg.clone(), app.database.clone());
    let lock = "BEGIN; LOCK TABLE channels; SELECT pg_sleep(6); COMMIT";
    let lock = tokio::task::spawn_blocking(move || locked.execute(&database, lock));
    until("locked", || async { refused(&app, &bob.key).await }).await;
    assert!(refused(&app, &bob.key).await);
    unavailable(&app, &ada.token).await;
    lock.await.unwrap().unwrap();
    until("an answer", || async { app.get("ada", "").await.0 == 200 }).await;
    pg.signal("INT").unwrap();
    until("refused", || async { refused(&app, &bob.key).await }).await;
    unavailable(&app, &ada.token).await;
    until("event streams say so", || async {
        let topics = app.url("/api/events?topics=directory");
        app.http.get(topics).send().await.is_ok_and(|answer| answer.status() == 503)
    })
    .await;
    // Running broadcasts go on (fail static); an end is kept until it can be stored.
    node.beat(&permit, State::Live).await;
    assert!(matches!(node.command().await, Command::Renewed(_)));
    until("seen as away", || async { !app.readiness.is_ok("postgres") }).await;
    assert!(app.readiness.is_ready() && app.readiness.is_degraded(), "balancers go on leading people here");
    node.ended(&permit, "clean", "", "").await;
    let pid = std::path::Path::new(&pg.host()).join("db/postmaster.pid");
    until("it has stopped", || async { !pid.exists() }).await;
    pg.start_again().unwrap();
    until("there again", || async { app.readiness.is_ok("postgres") }).await;
    until("the end is stored", || async {
        node.reports.send(heartbeat()).await.unwrap();
        app.get("ada", "").await.1["state"] == "offline"
    })
    .await;
    let again = app.permit(&ada.key, "n1").await;
    assert_ne!(again.broadcast_id, permit.broadcast_id);
    app.stop().await;
}

/// Whether a publisher is told to come again, in time.
async fn refused(app: &TestApp, key: &str) -> bool {
    let asked = Instant::now();
    let answer = app.authorize(app.attempt(key, "n1", "n1:1")).await;
    assert!(asked.elapsed() < Duration::from_millis(2_500), "{:?}", asked.elapsed());
    answer.is_err_and(|e| e.code() == Code::Unavailable)
}

async fn unavailable(app: &TestApp, token: &str) {
    for (path, token) in [("keys", token), ("ada", "")] {
        let answer = app.get(path, token).await;
        assert_eq!((answer.0, answer.1["code"].as_str()), (503, Some("unavailable")), "{path}");
    }
}

fn heartbeat() -> streamly_proto::stream::v1::NodeReport {
    use streamly_proto::stream::v1::{Heartbeat, NodeReport, node_report::Report};
    NodeReport { report: Some(Report::Heartbeat(Heartbeat::default())) }
}

#[tokio::test]
async fn redis_killed_and_back_has_the_live_index_and_the_waiting_facts_again() {
    let mut app = TestApp::spawn_with(|c| {
        c.redis.command_timeout = streamly_config::Duration::from_millis(500);
    })
    .await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    app.redis.kill();
    node.beat(&permit, State::Live).await;
    assert!(matches!(node.command().await, Command::Renewed(_)));
    assert_eq!(app.get("ada", "").await.1["state"], "live");
    // A change meanwhile waits in the outbox.
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"title":"meanwhile"}"#)).await.0, 200);
    app.redis.start_again().unwrap();
    let del: Result<streamly_redis::Value, _> = app.bus.call("DEL", [format!("live:{}", ada.channel)]).await;
    drop(del);
    until("the live index is back", || async {
        node.beat(&permit, State::Live).await;
        let index: Result<Option<String>, _> = app.bus.call("GET", [format!("live:{}", ada.channel)]).await;
        index.is_ok_and(|i| i.is_some_and(|i| i.contains(&permit.broadcast_id)))
    })
    .await;
    let mut events = Events::open(&app, &format!("channel:{}", ada.channel), "", None).await;
    events.find("stream", |d| d["title"] == "meanwhile").await;
    node.ended(&permit, "clean", "", "").await;
    events.find("state", |d| d["state"] == "offline").await;
    app.stop().await;
}

#[tokio::test]
async fn a_node_hears_of_an_end_while_redis_takes_commands_and_answers_none() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    app.bus.call::<streamly_redis::Value>("CLIENT", ["PAUSE", "6000", "ALL"]).await.unwrap();
    node.beat(&permit, State::Live).await;
    assert!(matches!(node.command().await, Command::Renewed(_)));
    let asked = Instant::now();
    let heard = async { (node.end().await.2, asked.elapsed()) };
    let ((reason, after), ended) = tokio::join!(heard, app.post("me/end", &ada.token, ""));
    assert_eq!((reason.as_str(), ended.0), ("owner_ended", 204));
    assert!(after < Duration::from_secs(2), "{after:?}");
    app.stop().await;
}

#[tokio::test]
async fn whoever_counts_viewers_holds_no_database_connection_while_redis_is_slow() {
    let app = TestApp::spawn_with(|c| {
        c.postgres.max_connections = 1;
        c.redis.command_timeout = streamly_config::Duration::from_secs(10);
    })
    .await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    // Facts on their way hold the connection too; they are not what this is about.
    let relayed = "SELECT 1 / (CASE WHEN EXISTS (SELECT FROM outbox) THEN 0 ELSE 1 END)";
    until("relayed", || async { app.pg.execute(&app.database, relayed).is_ok() }).await;
    app.bus.call::<streamly_redis::Value>("CLIENT", ["PAUSE", "4000", "ALL"]).await.unwrap();
    // Longer than the pause between two counts.
    let paused = Instant::now();
    while paused.elapsed() < Duration::from_millis(2_500) {
        let asked = Instant::now();
        assert_eq!(app.get("ada", "").await.0, 200);
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    }
    app.stop().await;
}

#[derive(Clone)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn logs_hold_no_stream_key() {
    static LOGS: OnceLock<Captured> = OnceLock::new();
    let logs = LOGS.get_or_init(|| Captured(Arc::default())).clone();
    let writer = logs.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    app.post(&format!("keys/{}/reveal", ada.key_id), &ada.token, "").await;
    let second = app.post(&format!("keys/{}/rotate", ada.key_id), &ada.token, "").await.1;
    app.refusal(&ada.key, "n1").await;
    let second = second["key"].as_str().unwrap().to_owned();
    app.permit(&second, "n1").await;
    app.stop().await;
    let logs = String::from_utf8_lossy(&logs.0.lock()).into_owned();
    assert!(logs.contains("a stream key was shown"), "logs are captured");
    let ours: Vec<&str> = logs.lines().filter(|l| l.contains(&ada.key) || l.contains(&second)).collect();
    assert!(ours.is_empty(), "{ours:#?}");
}

/// How many watch Ada, as everybody is told.
async fn viewers(app: &TestApp) -> Option<u64> {
    app.get("ada", "").await.1["live"]["viewers"].as_u64()
}

/// Empties Redis, as soon as it takes that.
async fn flush(app: &TestApp) {
    until("it is emptied", || async {
        app.bus.call::<streamly_redis::Value>("FLUSHALL", Vec::<String>::new()).await.is_ok()
    })
    .await;
}

/// Three watch Ada, and that is known.
async fn three_watch(app: &TestApp, broadcast: &str) {
    let key = format!("viewers:{{{broadcast}}}:{}", crate::harness::now() / 5);
    let args = [key, "1".into(), "2".into(), "3".into()];
    app.bus.call::<streamly_redis::Value>("PFADD", args).await.unwrap();
    until("counted", || async { viewers(app).await == Some(3) }).await;
}

/// They are known to have left, not sooner than edges would have told of them again. The node holds its lease meanwhile.
async fn three_are_out(app: &TestApp, node: &mut Node, permit: &Permit, since: Instant) {
    let beats = async {
        let mut pace = tokio::time::interval(Duration::from_secs(1));
        loop {
            pace.tick().await;
            node.beat(permit, State::Live).await;
            assert!(matches!(node.command().await, Command::Renewed(_) | Command::Elsewhere(_)));
        }
    };
    tokio::select! {
        () = until("those who left are out", || async { viewers(app).await == Some(0) }) => {}
        () = beats => {}
    }
    assert!(since.elapsed() >= Duration::from_secs(12), "not told again yet: {:?}", since.elapsed());
}

#[tokio::test]
async fn while_redis_is_away_viewers_stay_as_last_known_and_afterwards_they_do_not_fall_at_once() {
    let mut app = TestApp::spawn_with(|c| {
        c.redis.command_timeout = streamly_config::Duration::from_secs(2);
    })
    .await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    three_watch(&app, &permit.broadcast_id).await;
    app.redis.kill();
    until("it is seen to be away", || async { !app.readiness.is_ok("redis") }).await;
    assert!(app.readiness.is_ready(), "balancers go on leading people here");
    assert_eq!(viewers(&app).await, Some(3));
    let back = Instant::now();
    app.redis.start_again().unwrap();
    flush(&app).await;
    three_are_out(&app, &mut node, &permit, back).await;
    app.stop().await;
}

#[tokio::test]
async fn a_redis_that_is_emptied_between_two_counts_takes_nobody_away_at_once() {
    let app = TestApp::spawn_with(|_| {}).await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    three_watch(&app, &permit.broadcast_id).await;
    let emptied = Instant::now();
    flush(&app).await;
    three_are_out(&app, &mut node, &permit, emptied).await;
    app.stop().await;
}
