//! Statements that are kept ready, against the real PostgreSQL: prepared on each connection before anybody has it, and no hindrance where one cannot
//! be prepared.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use streamly_lifecycle::Readiness;
use streamly_postgres::{Config, Connection, Database};
use streamly_testkit::postgres::{self, Postgres};

const COUNT: &str = "SELECT count(*) FROM pg_class WHERE relname = $1";
const WRONG: &str = "SELECT * FROM what_there_is_not";

fn database() -> Database {
    let server = Postgres::shared().unwrap();
    let config = Config {
        host: server.host(),
        port: postgres::PORT,
        user: postgres::USER.into(),
        database: server.database().unwrap(),
        ..Config::default()
    };
    Database::new(&config, &Readiness::new()).unwrap()
}

async fn prepared(db: &Connection) -> Vec<String> {
    let rows = db.query("SELECT statement FROM pg_prepared_statements", &[]).await.unwrap();
    // This one is prepared, too, while it is asked.
    rows.iter()
        .map(|row| row.get(0))
        .filter(|text: &String| !text.contains("pg_prepared_statements"))
        .collect()
}

#[tokio::test]
async fn each_connection_has_them_before_anybody_has_it_and_older_ones_give_way() {
    let database = database();
    let (one, other) = tokio::join!(database.get(), database.get());
    assert_eq!(prepared(&one.unwrap()).await, Vec::<String>::new());
    drop(other);
    database.keep_ready(vec![COUNT.into()]);
    let (one, other) = tokio::join!(database.get(), database.get());
    for connection in [one.unwrap(), other.unwrap()] {
        assert_eq!(prepared(&connection).await, [COUNT]);
        let statement = connection.prepare_cached(COUNT).await.unwrap();
        connection.query_one(&statement, &[&"pg_class"]).await.unwrap();
        assert_eq!(prepared(&connection).await, [COUNT], "it is the one that was there");
    }
}

#[tokio::test]
async fn one_that_cannot_be_prepared_fails_where_it_is_asked_and_nowhere_else() {
    let database = database();
    database.keep_ready(vec![WRONG.into(), COUNT.into()]);
    let connection = database.get().await.unwrap();
    assert_eq!(prepared(&connection).await, [COUNT]);
    assert!(connection.prepare_cached(WRONG).await.is_err());
    connection.query_one("SELECT 1", &[]).await.unwrap();
}
