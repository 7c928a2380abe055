//! Against a real redis-server on a unix socket: commands, scripts, pub/sub with gaps, followed streams, limits, void tokens, a restart.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::{Config, Delivery, Follower, Limit, Limited, Redis, Replicas, Script, Value};
use streamly_testkit::{
    redis::RedisServer,
    toxic::{Proxy, Toxic},
};

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
async fn tokens_are_void_from_before_the_latest_moment_whatever_is_told_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Server::start(dir.path());
    let redis = redis(dir.path()).await;
    let minute = Duration::from_secs(60);
    assert_eq!(redis.asked_void("ada", 1).await, Some(false));
    for before in [100, 90, 100] {
        redis.void("ada", before, minute).await.unwrap();
        assert!(redis.is_void("ada", 99).await && !redis.is_void("ada", 100).await, "{before}");
    }
    assert!(!redis.is_void("bob", 99).await);
    // While a token could be good that names a second to come.
    let ahead = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 100;
    redis.void("ada", ahead, minute).await.unwrap();
    assert!(redis.is_void("ada", ahead - 1).await);
    let left: u64 = redis.call("TTL", ["rev:ada"]).await.unwrap();
    assert!((150..=160).contains(&left), "{left}");
    // What is no moment counts for nothing, and gives way to one.
    redis.call::<Value>("SET", ["rev:ada", "soon"]).await.unwrap();
    assert!(!redis.is_void("ada", 1).await);
    redis.void("ada", 2, minute).await.unwrap();
    assert!(redis.is_void("ada", 1).await);
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
    let many: Vec<String> = (0..600).map(|n| format!("c{n}")).collect();
    for channel in &many {
        subscriber.subscriptions().ssubscribe(channel).await.unwrap();
    }
    drop(server);
    let _server = Server::start(dir.path());
    let gap = tokio::time::timeout(Duration::from_secs(3), subscriber.next()).await;
    assert_eq!(gap.expect("at once, not by luck"), Some(Delivery::Gap));
    for channel in &many {
        assert_eq!(redis.call::<u64>("SPUBLISH", [channel, "x"]).await.unwrap(), 1, "{channel}");
        assert!(
            matches!(subscriber.next().await, Some(Delivery::Message { channel: c, .. }) if c == *channel)
        );
    }
    // The gap is told once the subscription is renewed: nothing published from now on is missed.
    redis.call::<Value>("SPUBLISH", ["c", "two"]).await.unwrap();
    assert_eq!(
        subscriber.next().await.unwrap(),
        Delivery::Message { channel: "c".into(), payload: "two".into() }
    );
}

async fn by(url: String) -> Redis {
    let command_timeout = streamly_config::Duration::from_millis(500);
    let redis = Redis::new(&Config { url, command_timeout, ..Config::default() }, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    redis
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_do_not_wait_for_one_another_and_are_sent_again_to_a_server_that_forgot_them() {
    let mut server = RedisServer::start().unwrap();
    let proxy = Proxy::to_unix(&server.socket()).await.unwrap();
    let redis = by(format!("redis://{}", proxy.address())).await;
    let script = Script::new("return redis.call('INCR', KEYS[1])");
    assert_eq!(script.run::<u64>(&redis, ["n".into()], [""; 0]).await.unwrap(), 1);
    proxy.set(Toxic::Delay(Duration::from_millis(40)));
    let asked = Instant::now();
    let many = (0..20).map(|_| script.run::<u64>(&redis, ["n".into()], [""; 0]));
    let all = futures_util::future::join_all(many).await;
    assert_eq!(all.into_iter().map(Result::unwrap).max(), Some(21));
    assert!(asked.elapsed() < Duration::from_millis(600), "20 one by one take 1.6 s: {:?}", asked.elapsed());
    proxy.set(Toxic::None);
    server.command(&["SCRIPT", "FLUSH"]).unwrap();
    assert_eq!(script.run::<u64>(&redis, ["n".into()], [""; 0]).await.unwrap(), 22);
    server.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_became_silent_are_made_anew() {
    let server = RedisServer::start().unwrap();
    let proxy = Proxy::to_unix(&server.socket()).await.unwrap();
    let redis = by(format!("redis://{}", proxy.address())).await;
    let mut subscriber = redis.subscriber().await.unwrap();
    subscriber.subscriptions().ssubscribe("c").await.unwrap();
    // The route is gone: what is sent on the open connections arrives nowhere, now and later. New ones are taken.
    proxy.lose_open();
    let gap = tokio::time::timeout(Duration::from_secs(15), subscriber.next()).await.expect("noticed");
    assert_eq!(gap, Some(Delivery::Gap));
    let told = tokio::time::timeout(Duration::from_secs(15), async {
        while redis.call::<Value>("SPUBLISH", ["c", "back"]).await.is_err() {}
        loop {
            if let Some(Delivery::Message { payload, .. }) = subscriber.next().await {
                return payload;
            }
        }
    });
    assert_eq!(told.await.expect("both connections").as_ref(), b"back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_replicas_tells_whether_they_have_it() {
    let master = RedisServer::on_tcp().unwrap();
    let replica = RedisServer::on_tcp().unwrap();
    replica.follow(&master).unwrap();
    let config = Config {
        url: master.url(),
        command_timeout: streamly_config::Duration::from_secs(20),
        ..Config::default()
    };
    let redis = Redis::new(&config, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    let replicas = Replicas::new(&redis).unwrap();
    redis.call::<Value>("SET", ["a", "1"]).await.unwrap();
    assert_eq!(replicas.wait("a", 1, Duration::from_secs(5)).await.unwrap(), 1);
    replica.pause().unwrap();
    redis.call::<Value>("SET", ["a", "2"]).await.unwrap();
    assert_eq!(
        replicas.wait("a", 1, Duration::from_millis(50)).await.unwrap(),
        0,
        "written by another connection"
    );
    replica.resume().unwrap();
    assert_eq!(replicas.wait("a", 1, Duration::from_secs(5)).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_a_replica_is_left_for_the_one_that_took_over() {
    let (old, new) = (RedisServer::on_tcp().unwrap(), RedisServer::on_tcp().unwrap());
    let proxy = Proxy::to_tcp(old.address()).await.unwrap();
    let redis = by(format!("redis://{}", proxy.address())).await;
    redis.call::<Value>("SET", ["a", "1"]).await.unwrap();
    proxy.lead_new_to(new.address());
    old.follow(&new).unwrap();
    let give_up = Instant::now() + Duration::from_secs(10);
    while redis.call::<Value>("SET", ["a", "2"]).await.is_err() {
        assert!(Instant::now() < give_up, "still at the replica");
    }
    assert_eq!(new.command(&["GET", "a"]).unwrap(), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_so_often_has_its_answers_in_order_and_ends_with_the_first_error() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let redis = redis(dir.path()).await;
    let count = 2 * streamly_redis::AT_ONCE + 3;
    let keys = || -> Vec<Vec<Value>> { (0..count).map(|n| vec![format!("k{n}").into()]).collect() };
    let pairs = (0..count).map(|n| vec![format!("k{n}").into(), n.to_string().into()]).collect();
    let set: Vec<String> = redis.call_each("SET", pairs).await.unwrap();
    assert!(set.len() == count && set.iter().all(|said| said == "OK"));
    let expected: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    assert_eq!(redis.call_each::<String>("GET", keys()).await.unwrap(), expected);
    assert!(redis.call_each::<String>("GET", Vec::new()).await.unwrap().is_empty());
    // One of the second go is no text: what stands before it was deleted, and of the third go nothing was.
    let odd = streamly_redis::AT_ONCE + 1;
    redis.call::<Value>("DEL", [format!("k{odd}")]).await.unwrap();
    redis.call::<Value>("RPUSH", [format!("k{odd}"), "x".to_owned()]).await.unwrap();
    let refused = redis.call_each::<Value>("GETDEL", keys()).await.unwrap_err();
    assert!(refused.details().contains("WRONGTYPE") && !refused.is_unavailable(), "{refused:?}");
    let left: Vec<i64> = redis.call_each("EXISTS", keys()).await.unwrap();
    assert_eq!((left[0], left[odd], left[count - 1]), (0, 1, 1));
    drop(server);
    assert!(redis.call_each::<Value>("GET", keys()).await.unwrap_err().is_unavailable());
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_go_together_have_answers_in_their_order_and_an_error_each_when_the_server_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let redis = redis(dir.path()).await;
    let script =
        Script::new("if ARGV[1] == '3' then return redis.error_reply('ERR three') end return ARGV[1]");
    let runs = || (0..6).map(|n| (vec![format!("k{n}")], vec![n.to_string()])).collect();
    for _ in 0..2 {
        let answers = script.run_all(&redis, runs()).await;
        let answers: Vec<_> = answers.into_iter().map(|a| a.ok().and_then(Value::into_string)).collect();
        let expected: Vec<_> = (0..6).map(|n| (n != 3).then(|| n.to_string())).collect();
        assert_eq!(answers, expected, "the script not known, and known");
    }
    drop(server);
    let answers = script.run_all(&redis, runs()).await;
    assert_eq!(answers.len(), 6);
    assert!(answers.iter().all(|a| a.as_ref().is_err_and(streamly_redis::Error::is_unavailable)));
}
