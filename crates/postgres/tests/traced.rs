//! Statements of a traced call against the real PostgreSQL: what is recorded of them and what never is; and that transactions and connections
//! which are seen so end as those that are not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use streamly_lifecycle::Readiness;
use streamly_postgres::{Config, Connection, Database, GenericClient};
use streamly_telemetry::{TracingConfig, trace::Traces};
use streamly_testkit::{
    postgres::{self, Postgres},
    traces::TraceReceiver,
};

/// A value that nobody may find in a span.
const VALUE: &str = "what-somebody-typed";
const TABLE: &str = "CREATE TABLE things (name text UNIQUE)";
const INSERT: &str = "INSERT INTO things (name) VALUES ($1)";
const COUNT: &str = "SELECT count(*) FROM things";

/// A new database with room for one connection.
fn database() -> Database {
    let server = Postgres::shared().unwrap();
    let config = Config {
        host: server.host(),
        port: postgres::PORT,
        user: postgres::USER.into(),
        database: server.database().unwrap(),
        max_connections: 1,
        ..Config::default()
    };
    Database::new(&config, &Readiness::new()).unwrap()
}

/// As a store asks that does not decide what is atomic, by a statement that the connection keeps.
async fn count(db: &impl GenericClient) -> i64 {
    let statement = db.prepare_cached(COUNT).await.unwrap();
    db.query_one(&statement, &[]).await.unwrap().get(0)
}

async fn pid(db: &Connection) -> i32 {
    db.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_statement_is_seen_with_its_text_and_without_values_and_an_error_by_its_code_alone() {
    let receiver = TraceReceiver::start().await.unwrap();
    let settings =
        TracingConfig { otlp_endpoint: receiver.url(), sample_ratio: 1.0, ..TracingConfig::default() };
    let traces = Traces::start(&settings, "test", "1").unwrap();
    let database = database();
    let mut connection = database.get().await.unwrap();
    // In nobody's call: it has no span.
    connection.batch_execute(TABLE).await.unwrap();

    let call = traces.server(|| "PUT /things".into(), None);
    let asked = async {
        let transaction = connection.transaction().await.unwrap();
        assert_eq!(transaction.execute(INSERT, &[&VALUE]).await.unwrap(), 1);
        assert_eq!(count(&transaction).await, 1);
        transaction.commit().await.unwrap();
        let again = connection.execute(INSERT, &[&VALUE]).await.unwrap_err();
        assert!(format!("{again:?}").contains(VALUE), "the server quotes it: {again:?}");
    };
    call.clone().scope(asked).await;
    call.end();
    let all = receiver.until("the call", |all| all.iter().any(|span| span.is_server)).await.unwrap();
    traces.close().await;
    assert_eq!(receiver.spans().len(), all.len(), "{all:?}");

    let operations: Vec<&str> = all.iter().filter_map(|span| span.name.split(' ').next()).collect();
    assert_eq!(operations, ["BEGIN", "INSERT", "SELECT", "COMMIT", "INSERT", "PUT"]);
    let (call, statements) = all.split_last().unwrap();
    for span in statements {
        assert!(span.is_client && span.parent == call.id, "{span:?}");
        assert_eq!(span.attribute("db.system.name"), "postgresql");
        assert!(!span.raw.contains(VALUE), "{span:?}");
    }
    assert_eq!(statements[1].attribute("db.query.text"), INSERT);
    assert_eq!(statements[2].attribute("db.query.text"), COUNT);
    let failed: Vec<bool> = statements.iter().map(|span| span.failed).collect();
    assert_eq!(failed, [false, false, false, false, true]);
    // `unique_violation` (PostgreSQL, Appendix A).
    assert_eq!(statements[4].attribute("error.type"), "23505");
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_a_connection_that_is_taken_makes_room_for_another() {
    let database = database();
    let mut connection = database.get().await.unwrap();
    connection.batch_execute(TABLE).await.unwrap();
    let transaction = connection.transaction().await.unwrap();
    transaction.execute(INSERT, &[&VALUE]).await.unwrap();
    assert_eq!(count(&transaction).await, 1);
    drop(transaction);
    assert_eq!(count(&connection).await, 0);

    let first = pid(&connection).await;
    drop(connection);
    let connection = database.get().await.unwrap();
    assert_eq!(pid(&connection).await, first, "it was in the pool");
    let own = Connection::take(connection);
    let other = database.get().await.unwrap();
    assert_eq!(pid(&own).await, first);
    assert_ne!(pid(&other).await, first);
}
