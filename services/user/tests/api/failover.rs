//! A primary with its standby: lost, hung, closed to writes, and a way to the server on which nothing passes. The service goes on by itself.

use crate::app::{Answer, PASSWORD, TestApp};
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use streamly_config::ByteSize;
use streamly_testkit::{
    postgres::{self, Pair, Postgres},
    toxic::Proxy,
};
use streamly_user::Config;

/// From the end of a promotion until registrations are answered again: a look at the database, a silence, and a new connection.
const BACK: Duration = Duration::from_secs(25);
/// Fails while facts wait.
const RELAYED: &str = "SELECT 1 / (count(*) = 0)::int FROM outbox";

/// The service knows both servers; passwords cost little.
fn on(pair: &Pair) -> TestApp {
    let host = pair.host();
    TestApp::spawn_on(pair.primary.clone(), |config| {
        config.postgres.host = host;
        cheap(config);
    })
}

fn cheap(config: &mut Config) {
    (config.password.memory, config.password.passes) = (ByteSize::new(8 << 10), 1);
    config.password.parallel = 2;
}

fn is_away(answer: &Answer) -> bool {
    (answer.status.as_u16(), answer.body["code"].as_str()) == (503, Some("unavailable"))
}

/// Beside everything else that goes on.
async fn promote(pair: &Arc<Pair>) {
    let pair = pair.clone();
    tokio::task::spawn_blocking(move || pair.promote()).await.unwrap().unwrap();
}

/// Registers again and again until it is answered; every other answer says that the service is away. How long it took.
async fn until_registered(app: &TestApp, name: &str) -> Duration {
    let since = Instant::now();
    loop {
        let answer = app.register(name).await;
        // A commit whose answer was lost counts all the same.
        if answer.status == 201 || answer.body["code"] == "username_taken" {
            return since.elapsed();
        }
        assert!(is_away(&answer), "{answer:?}");
        assert!(since.elapsed() < BACK, "no registration in {BACK:?}: {:?}", app.readiness.snapshot());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_registrations_around_the_loss_of_the_primary_each_that_was_answered_is_on_the_promoted_standby() {
    let pair = Arc::new(Pair::start().unwrap());
    let app = on(&pair);
    app.until_ready().await;
    let (next, answered, told) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (promoted, enough) = (AtomicBool::new(false), AtomicBool::new(false));
    let register = async || {
        while !enough.load(Relaxed) {
            let n = next.fetch_add(1, Relaxed);
            // Begun on the new primary: what comes of it is what a person sees after a failover.
            let after = promoted.load(Relaxed);
            let answer = app.register(&format!("person{n}")).await;
            answered.fetch_add(usize::from(answer.status == 201), Relaxed);
            told.lock().unwrap().push((n, after, answer));
        }
    };
    let failover = async {
        app.until("under way", || answered.load(Relaxed) >= 100).await;
        pair.lose_primary().unwrap();
        promote(&pair).await;
        promoted.store(true, Relaxed);
        let (since, before) = (Instant::now(), answered.load(Relaxed));
        while answered.load(Relaxed) < before + 100 {
            assert!(since.elapsed() < BACK, "{} of 100 registrations", answered.load(Relaxed) - before);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        enough.store(true, Relaxed);
    };
    let registering = async { tokio::join!(register(), register(), register(), register()) };
    tokio::join!(registering, failover);
    app.until_ready().await;

    let told = told.into_inner().unwrap();
    let (made, refused): (Vec<_>, Vec<_>) = told.iter().partition(|(_, _, answer)| answer.status == 201);
    let odd: Vec<_> = refused.iter().filter(|(_, _, answer)| !is_away(answer)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert!(made.iter().any(|(_, after, _)| *after) && made.len() >= 200, "{} made", made.len());
    let names: Vec<String> = made.iter().map(|(n, _, _)| format!("'person{n}'")).collect();
    let database = &app.config.postgres.database;
    let there = format!(
        "SELECT 1 / (count(*) = {})::int FROM users u WHERE username IN ({}) AND EXISTS (SELECT FROM refresh_tokens r WHERE r.user_id = u.id)",
        made.len(),
        names.join(",")
    );
    pair.standby.execute(database, &there).unwrap();
    assert_eq!(app.login(&format!("person{}", made[0].0), PASSWORD).await.status, 200);
    // The one that relays facts is chosen anew, on the new primary.
    app.until("relayed", || pair.standby.execute(database, RELAYED).is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_standby_named_first_the_service_starts_on_the_primary() {
    let pair = Arc::new(Pair::start().unwrap());
    let host = format!("{}, {}", pair.standby.host(), pair.primary.host());
    let app = TestApp::spawn_on(pair.primary.clone(), |config| config.postgres.host = host);
    app.until_ready().await;
    assert_eq!(app.register("ada").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_hangs_is_left_for_the_promoted_standby_though_its_connections_stay_open() {
    let pair = Arc::new(Pair::start().unwrap());
    let app = on(&pair);
    app.until_ready().await;
    assert_eq!(app.register("ada").await.status, 201);
    pair.freeze_primary().unwrap();
    assert!(is_away(&app.register("grace").await));
    promote(&pair).await;
    until_registered(&app, "grace").await;
    app.until_ready().await;
    all_are_good(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_takes_no_writes_any_more_is_away_and_left_for_the_promoted_standby() {
    let pair = Arc::new(Pair::start().unwrap());
    let app = on(&pair);
    app.until_ready().await;
    pair.close_primary_to_writes().unwrap();
    let mut registered = 0;
    loop {
        let answer = app.register(&format!("person{registered}")).await;
        if answer.status != 201 {
            assert!(is_away(&answer), "not as a fault of the service: {answer:?}");
            break;
        }
        registered += 1;
        assert!(registered < 10_000, "it takes writes all the same");
    }
    app.until("seen", || !app.readiness.is_ok("postgres")).await;
    let detail = app.readiness.snapshot().0["postgres"].detail.clone().unwrap();
    assert!(detail.contains("writes"), "{detail}");
    promote(&pair).await;
    until_registered(&app, "grace").await;
    app.until_ready().await;
    all_are_good(&app).await;
    // Nor is the former primary, which still runs, the one whose facts are relayed.
    let database = &app.config.postgres.database;
    app.until("relayed", || pair.standby.execute(database, RELAYED).is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_on_which_nothing_passes_any_more_are_given_up() {
    let postgres = Postgres::shared().unwrap();
    let socket = PathBuf::from(postgres.host()).join(format!(".s.PGSQL.{}", postgres::PORT));
    let proxy = Proxy::to_unix(&socket).await.unwrap();
    let at = proxy.address();
    let app = TestApp::spawn_on(postgres, |config| {
        (config.postgres.host, config.postgres.port) = (at.ip().to_string(), at.port());
        cheap(config);
    });
    app.until_ready().await;
    all_are_good(&app).await;
    proxy.lose_open();
    // They look open for ever; new ones are as good as any.
    assert!(is_away(&app.register("grace").await));
    until_registered(&app, "grace").await;
    app.until_ready().await;
    all_are_good(&app).await;
}

/// As many calls at once as the pool has connections, twice.
async fn all_are_good(app: &TestApp) {
    for round in 0..2 {
        let calls = (0..8).map(|n| async move { app.login(&format!("nobody{round}{n}"), PASSWORD).await });
        for answer in futures_util::future::join_all(calls).await {
            assert_eq!(answer.body["code"], "invalid_credentials", "{answer:?}");
        }
    }
}
