//! Against a real redis-server on a unix socket: commands, scripts, pub/sub with gaps, followed streams, limits, a restart.
#![allow(clippy::unwrap_used)]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::{Config, Delivery, Follower, Limit, Limited, Redis, Script, Value};

struct Server(Child);
impl Server {
    fn start(dir: &Path) -> Self {
        let child = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket"])
            .arg(dir.join("r.sock"))
            .args(["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir"])
            .arg(dir)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn redis(dir: &Path) -> Redis {
    let config =
        Config { url: format!("redis+unix://{}", dir.join("r.sock").display()), ..Config::default() };
    let redis = Redis::new(&config, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    redis
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_scripts_and_followed_streams_work() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Server::start(dir.path());
    let redis = redis(dir.path()).await;
    redis.call::<Value>("SET", ["a", "1"]).await.unwrap();
    assert_eq!(redis.call::<Option<String>>("GET", ["a"]).await.unwrap().as_deref(), Some("1"));
    let script = Script::new("return redis.call('XADD', KEYS[1], '*', 'e', ARGV[1])");
    let mut follower = Follower::new(&redis, "s", "$").await.unwrap();
    let id: String = script.run(&redis, ["s".into()], ["hello"]).await.unwrap();
    let entries = loop {
        let entries = follower.next().await.unwrap();
        if !entries.is_empty() {
            break entries;
        }
    };
    assert_eq!(entries[0].id, id);
    assert_eq!(entries[0].field("e").unwrap().as_ref(), b"hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_gives_each_name_its_burst_also_while_the_server_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path());
    let redis = redis(dir.path()).await;
    let minute = std::time::Duration::from_secs(60);
    let limit = Limit::new("test", "calls", minute, std::num::NonZeroU32::new(3).unwrap());
    for who in ["ada", "bob"] {
        for _ in 0..3 {
            assert_eq!(limit.take(&redis, who).await, Ok(()), "{who}");
        }
        let Err(Limited { retry_after }) = limit.take(&redis, who).await else { panic!("let through") };
        assert!(retry_after <= minute && retry_after > minute / 2, "{retry_after:?}");
    }
    let left: i64 = redis.call("PTTL", ["gcra:test:calls:ada"]).await.unwrap();
    assert!((60_000..=180_000).contains(&left), "{left}");
    server.0.kill().unwrap();
    server.0.wait().unwrap();
    let mut through = 0;
    while limit.take(&redis, "ada").await.is_ok() {
        through += 1;
    }
    assert_eq!(through, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_of_the_server_the_subscriber_tells_of_a_gap_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let redis = redis(dir.path()).await;
    let mut subscriber = redis.subscriber().await.unwrap();
    subscriber.subscriptions().ssubscribe("c").await.unwrap();
    redis.call::<Value>("SPUBLISH", ["c", "one"]).await.unwrap();
    // The first connect may itself be told as a gap.
    let first = loop {
        match subscriber.next().await.unwrap() {
            Delivery::Gap => {}
            message => break message,
        }
    };
    assert_eq!(first, Delivery::Message { channel: "c".into(), payload: "one".into() });
    drop(server);
    let _server = Server::start(dir.path());
    assert_eq!(subscriber.next().await.unwrap(), Delivery::Gap);
    // The gap is told once the subscription is renewed: nothing published from now on is missed.
    redis.call::<Value>("SPUBLISH", ["c", "two"]).await.unwrap();
    assert_eq!(
        subscriber.next().await.unwrap(),
        Delivery::Message { channel: "c".into(), payload: "two".into() }
    );
}
