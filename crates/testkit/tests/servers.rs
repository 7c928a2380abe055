//! The servers of the test kit start, hold data over a restart and give each test its own database.

use streamly_testkit::{
    postgres::{self, Postgres},
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
