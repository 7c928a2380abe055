//! The servers of the test kit start, hold data over a restart and give each test its own database.

use streamly_testkit::{
    postgres::{self, Pair, Postgres},
    redis::RedisServer,
};

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let pg = Postgres::shared().unwrap();
    let (a, b) = (pg.database().unwrap(), pg.database().unwrap());
    assert_ne!(a, b);
    pg.execute(&a, "CREATE TABLE t (x int)").unwrap();
    assert!(pg.execute(&b, "SELECT * FROM t").is_err());
    let (client, connection) = tokio_postgres::connect(
        &format!("host={} port={} user={} dbname={a}", pg.host(), postgres::PORT, postgres::USER),
        tokio_postgres::NoTls,
    )
    .await
    .unwrap();
    let driver = tokio::spawn(connection);
    assert_eq!(client.query("SELECT 1", &[]).await.unwrap().len(), 1);
    drop(client);
    driver.await.unwrap().unwrap();
}

#[test]
fn a_redis_server_starts_and_starts_again() {
    let mut redis = RedisServer::start().unwrap();
    redis.kill();
    redis.start_again().unwrap();
    assert!(redis.url().starts_with("redis+unix:///"));
}

#[test]
fn what_a_lost_primary_answered_its_promoted_standby_has() {
    let pair = Pair::start().unwrap();
    let name = pair.primary.database().unwrap();
    pair.primary.execute(&name, "CREATE TABLE t (x int)").unwrap();
    for n in 0..50 {
        pair.primary.execute(&name, &format!("INSERT INTO t VALUES ({n})")).unwrap();
    }
    assert!(pair.standby.execute(&name, "INSERT INTO t VALUES (50)").is_err(), "it takes no writes yet");
    pair.lose_primary().unwrap();
    pair.promote().unwrap();
    assert!(pair.primary.execute(&name, "SELECT 1").is_err(), "it is gone");
    pair.standby.execute(&name, "SELECT 1 / (count(*) = 50)::int FROM t").unwrap();
    pair.standby.execute(&name, "INSERT INTO t VALUES (50)").unwrap();
}
