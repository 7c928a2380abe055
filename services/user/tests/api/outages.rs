//! PostgreSQL and Redis away, at the start and later; the outbox on its way through that.

use crate::app::{PASSWORD, TestApp};
use prost::Message;
use reqwest::header;
use std::time::{Duration, Instant};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_proto::event::v1::Event;
use streamly_redis::{Follower, Redis};
use streamly_testkit::postgres::Postgres;

/// A PostgreSQL of one's own, stopped at the end even if it was started again.
struct Own(Postgres);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.signal("INT");
    }
}

/// Makes every statement on `users` wait.
struct Lock(tokio_postgres::Client, tokio::task::JoinHandle<()>);

impl Lock {
    async fn take(app: &TestApp) -> Self {
        let c = &app.config.postgres;
        let settings = format!("host={} port={} user={} dbname={}", c.host, c.port, c.user, c.database);
        let (client, connection) = tokio_postgres::connect(&settings, tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(async move { connection.await.unwrap() });
        client.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
        Self(client, driver)
    }
    async fn release(self) {
        drop(self.0);
        self.1.await.unwrap();
    }
}

async fn events(app: &TestApp, count: usize) -> Vec<Event> {
    let redis = Redis::new(&app.config.redis, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    let mut follower = Follower::new(&redis, "events:user", "0").await.unwrap();
    let mut events = Vec::new();
    let give_up = Instant::now() + Duration::from_secs(30);
    while events.len() < count {
        assert!(Instant::now() < give_up, "only {events:?}");
        for entry in follower.next().await.unwrap() {
            events.push(Event::decode(entry.field("e").unwrap().clone()).unwrap());
        }
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_appears_in_the_events_of_user_in_order() {
    let app = TestApp::spawn().await;
    let ada = app.register("ada").await;
    app.register("grace").await;
    let events = events(&app, 2).await;
    assert_eq!((events[0].r#type.as_str(), events[0].version), ("user.registered", 1));
    assert_eq!(events[0].subject, ada.body["user"]["id"]);
    let payload: serde_json::Value = serde_json::from_slice(&events[0].payload).unwrap();
    assert_eq!(payload, serde_json::json!({"username": "ada"}));
    assert!(events[0].occurred_at_ms > 1_700_000_000_000);
    assert!(events[1].payload.windows(5).any(|w| w == b"grace"));
    let gone = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM outbox); END $$";
    app.until("emptied", || app.postgres.execute(&app.config.postgres.database, gone).is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_away_people_sign_in_are_still_limited_and_facts_wait() {
    let mut app = TestApp::spawn_with(|c| c.rate_limits = true).await;
    app.redis.kill();
    let started = Instant::now();
    let session = app.register("ada").await;
    assert_eq!(session.status, 201);
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
    assert_eq!(app.refresh(&session.token()).await.status, 200);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    let mut last = app.login("ada", "not the password").await;
    for _ in 0..10 {
        last = app.login("ada", "not the password").await;
    }
    assert_eq!(last.code(), "rate_limited");
    app.until("seen as away", || !app.readiness.is_ok("redis")).await;
    // Since it does all that, balancers go on leading people here.
    assert!(app.readiness.is_ready() && app.readiness.is_degraded());
    assert_eq!(app.get("/health").await.status, 200);
    app.redis.start_again().unwrap();
    assert!(events(&app, 1).await.iter().all(|e| e.subject == session.body["user"]["id"]));
    app.until("there again", || app.readiness.is_ok("redis")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_disk_of_postgres_full_calls_are_503_as_a_whole_and_with_that_of_redis_facts_wait() {
    let app = TestApp::spawn().await;
    let ada = app.register("ada").await;
    assert_eq!(ada.status, 201);
    assert_eq!(events(&app, 1).await.len(), 1);
    // As PostgreSQL says it (SQLSTATE 53100), at the last that a registration writes: the fact for the others.
    app.sql(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$; \
         CREATE TRIGGER full_disk BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION full_disk()",
    );
    let refused = app.register("grace").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "unavailable"));
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    app.sql("SELECT 1 / (count(*) = 1)::int FROM users");
    for part in ["mails", "email_tokens", "refresh_tokens"] {
        app.sql(&format!(
            "SELECT 1 / (count(*) = 1)::int FROM (SELECT DISTINCT user_id FROM {part}) AS whose"
        ));
    }
    // What writes no fact goes on, and so does all the rest once there is room.
    assert_eq!(app.me(ada.access()).await.status, 200);
    assert_eq!(app.refresh(&ada.token()).await.status, 200);
    app.sql("DROP TRIGGER full_disk ON outbox");
    assert_eq!(app.register("grace").await.status, 201);
    assert_eq!(events(&app, 2).await.len(), 2);

    // Redis refuses writes and answers reads: its disk or its memory is full.
    app.redis.command(&["CONFIG", "SET", "maxmemory", "1"]).unwrap();
    assert_eq!(app.register("linus").await.status, 201);
    app.sql("SELECT 1 / (count(*) = 1)::int FROM outbox");
    app.redis.command(&["CONFIG", "SET", "maxmemory", "0"]).unwrap();
    let gone = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM outbox); END $$";
    app.until("emptied", || app.postgres.execute(&app.config.postgres.database, gone).is_ok()).await;
    assert_eq!(events(&app, 3).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_postgres_away_calls_are_503_in_time_and_recover_by_themselves() {
    let own = Own(Postgres::start().unwrap());
    let app = TestApp::spawn_on(own.0.clone(), |_| {});
    app.until_ready().await;
    let session = app.register("ada").await;
    assert_eq!(session.status, 201);

    let lock = Lock::take(&app).await;
    let started = Instant::now();
    let (login, me) = tokio::join!(app.login("ada", PASSWORD), app.me(session.access()));
    assert_eq!((login.code(), me.code()), ("unavailable", "unavailable"), "statements that hang");
    assert!(started.elapsed() < Duration::from_millis(4_500), "{:?}", started.elapsed());
    lock.release().await;

    own.0.signal("INT").unwrap();
    let socket = std::path::PathBuf::from(own.0.host()).join(".s.PGSQL.5999");
    app.until("stopped", || !socket.exists()).await;
    let (started, token) = (Instant::now(), session.token());
    let (login, refresh) = tokio::join!(app.login("ada", PASSWORD), app.refresh(&token));
    assert_eq!((login.status.as_u16(), login.code()), (503, "unavailable"));
    assert_eq!(refresh.code(), "unavailable");
    assert!(login.headers.contains_key(header::RETRY_AFTER));
    assert!(started.elapsed() < Duration::from_millis(4_500), "{:?}", started.elapsed());
    assert_eq!(app.get("/.well-known/jwks.json").await.status, 200, "keys need no database");
    app.until("seen as away", || !app.readiness.is_ok("postgres")).await;
    // Balancers go on leading people here: what they are told is when to come again.
    assert!(app.readiness.is_ready() && app.readiness.is_degraded());
    assert_eq!(app.get("/health").await.status, 200);

    own.0.start_again().unwrap();
    app.until_ready().await;
    assert_eq!(app.login("ada", PASSWORD).await.status, 200);
    assert_eq!(app.refresh(&session.token()).await.status, 200);
    app.register("grace").await;
    assert!(events(&app, 2).await.len() >= 2, "the relay recovers too");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_postgres_is_there_calls_are_503_and_the_stop_works() {
    let mut app = TestApp::spawn_on(Postgres::shared().unwrap(), |c| c.postgres.host = "/nonexistent".into());
    app.until("named", || app.readiness.snapshot().0["postgres"].detail.is_some()).await;
    let answer = app.register("ada").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "unavailable"));
    assert_eq!(app.get("/health").await.status, 503);
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_registrations_around_a_restart_of_postgres_each_is_there_as_a_whole_or_was_refused() {
    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    };
    const ALL: usize = 1_000;
    let own = Own(Postgres::start().unwrap());
    let app = TestApp::spawn_on(own.0.clone(), |c| {
        (c.password.memory, c.password.passes) = (streamly_config::ByteSize::new(8 << 10), 1);
        c.password.parallel = 2;
    });
    app.until_ready().await;
    let (next, done, told) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let register = async || loop {
        let n = next.fetch_add(1, Relaxed);
        if n >= ALL {
            return;
        }
        let answer = app.register(&format!("person{n}")).await;
        told.lock().unwrap().push((
            n,
            answer.status.as_u16(),
            answer.body["code"].as_str().unwrap_or_default().to_owned(),
        ));
        done.fetch_add(1, Relaxed);
    };
    let restart = async {
        app.until("under way", || done.load(Relaxed) >= ALL / 3).await;
        let socket = std::path::PathBuf::from(own.0.host()).join(".s.PGSQL.5999");
        own.0.signal("INT").unwrap();
        app.until("stopped", || !socket.exists()).await;
        own.0.start_again().unwrap();
    };
    let registering =
        async { tokio::join!(register(), register(), register(), register(), register(), register()) };
    tokio::join!(registering, restart);
    app.until_ready().await;
    let told = told.into_inner().unwrap();
    let (made, refused): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, status, _)| *status == 201);
    let odd: Vec<_> =
        refused.iter().filter(|(_, status, code)| (*status, code.as_str()) != (503, "unavailable")).collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert!(made.len() > ALL / 3, "{} {}", made.len(), refused.len());
    // Who was told that there is an account has one. Who was told to come again may have one, too, if the answer to the commit was lost.
    let names: Vec<String> = made.iter().map(|(n, ..)| format!("'person{n}'")).collect();
    app.sql(&format!(
        "SELECT 1 / (count(*) = {})::int FROM users WHERE username IN ({})",
        made.len(),
        names.join(",")
    ));
    app.sql(&format!("SELECT 1 / (count(*) BETWEEN {} AND {ALL})::int FROM users", made.len()));
    // And each as a whole: what is written with it is there, and who was told so is signed in.
    let without = |part: &str| {
        format!(
            "SELECT 1 / (count(*) = 0)::int FROM users u WHERE NOT EXISTS (SELECT FROM {part} p WHERE p.user_id = u.id)"
        )
    };
    for part in ["mails", "email_tokens"] {
        app.sql(&without(part));
    }
    app.sql(&format!("{} AND username IN ({})", without("refresh_tokens"), names.join(",")));
    let first = format!("person{}", made[0].0);
    assert_eq!(app.login(&first, PASSWORD).await.status, 200);
    // Whoever was refused comes again, and has one account then.
    if let Some((n, ..)) = refused.first() {
        let again = app.register(&format!("person{n}")).await;
        assert!(matches!(again.status.as_u16(), 201 | 409), "{again:?}");
    }
    // Each is told to the others.
    let database = app.config.postgres.database.clone();
    let relayed = "SELECT 1 / (count(*) = 0)::int FROM outbox";
    app.until("relayed", || app.postgres.execute(&database, relayed).is_ok()).await;
    assert!(events(&app, made.len()).await.len() >= made.len());
}
