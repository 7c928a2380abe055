//! Against a Redis Cluster of three masters: every one is asked whether it is there, one that fell silent is left for its replica, what is
//! subscribed follows its slot, and what goes together is answered in order.
#![allow(clippy::unwrap_used)]

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::{AT_ONCE, Config, Delivery, Entry, Follower, Redis, Script, Subscriber, Value};
use streamly_testkit::{redis::RedisCluster, toxic::Proxy};

/// Longest wait for what takes a cluster some seconds.
const LONG: Duration = Duration::from_secs(60);

async fn by(cluster: &RedisCluster, readiness: &Readiness) -> Redis {
    connected(cluster.url(), readiness).await
}

async fn connected(url: String, readiness: &Readiness) -> Redis {
    // Above the second for which a reader of a stream waits.
    let command_timeout = streamly_config::Duration::from_millis(1_500);
    let config = Config { url, command_timeout, ..Config::default() };
    let redis = Redis::new(&config, readiness).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    redis
}

async fn until<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let since = Instant::now();
    while !so().await {
        assert!(since.elapsed() < LONG, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A hash tag for each master.
fn tags(cluster: &RedisCluster) -> Vec<String> {
    let of = |master: usize| {
        let mut tags = (0..1_000).map(|n| format!("tag{n}"));
        tags.find(|tag| cluster.master_of(tag).unwrap() == master).expect("one in three")
    };
    (0..cluster.masters.len()).map(of).collect()
}

/// Publishes by that command until the subscriber hears it. It renews its subscriptions only while somebody listens.
async fn until_heard(redis: &Redis, publish: &'static str, subscriber: &mut Subscriber, channel: &str) {
    let speaking = async {
        let since = Instant::now();
        while since.elapsed() < LONG {
            let _ = redis.call::<Value>(publish, [channel, "x"]).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let hearing = async {
        while let Some(delivery) = subscriber.next().await {
            if matches!(&delivery, Delivery::Message { channel: of, .. } if of == channel) {
                return true;
            }
        }
        false
    };
    tokio::select! {
        () = speaking => panic!("never heard on {channel}"),
        heard = hearing => assert!(heard, "the subscriber was closed"),
    }
}

/// A proxy before each master, whose port it announces, and the URL by them.
async fn behind_proxies(cluster: &RedisCluster) -> (Vec<Proxy>, String) {
    let mut proxies = Vec::new();
    for master in &cluster.masters {
        let proxy = Proxy::to_tcp(master.address()).await.unwrap();
        let port = proxy.address().port().to_string();
        master.command(&["CONFIG", "SET", "cluster-announce-port", &port]).unwrap();
        proxies.push(proxy);
    }
    for master in &cluster.masters {
        until("announced", || async {
            let slots = master.command(&["CLUSTER", "SLOTS"]).unwrap_or_default();
            let ports: Vec<&str> = slots.lines().collect();
            proxies.iter().all(|proxy| ports.contains(&proxy.address().port().to_string().as_str()))
        })
        .await;
    }
    let url = format!("redis-cluster://{}?node={}", proxies[0].address(), proxies[1].address());
    (proxies, url)
}

async fn until_followed(follower: &mut Follower) -> Vec<Entry> {
    let since = Instant::now();
    loop {
        match follower.next().await {
            Ok(entries) if !entries.is_empty() => return entries,
            other => assert!(since.elapsed() < LONG, "nothing comes: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_silent_is_noticed_and_named_whichever_it_is() {
    let cluster = RedisCluster::start(3, false).unwrap();
    let readiness = Readiness::new();
    let redis = by(&cluster, &readiness).await;
    for master in &cluster.masters {
        until("all are there", || async { readiness.is_ok("redis") }).await;
        master.pause().unwrap();
        until("missed", || async { !readiness.is_ok("redis") }).await;
        let detail = readiness.snapshot().0["redis"].detail.clone().unwrap();
        assert!(detail.contains(&master.address().to_string()), "{detail}");
        master.resume().unwrap();
    }
    until("all are there again", || async { readiness.is_ok("redis") }).await;
    assert!(redis.is_cluster() && redis.is_connected());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_fell_silent_is_left_for_its_replica_by_commands_readers_and_subscribers() {
    let cluster = RedisCluster::start(3, true).unwrap();
    let readiness = Readiness::new();
    let redis = by(&cluster, &readiness).await;
    // Two of them: what is asked without a key goes to one master, and would be enough for that one.
    for (master, tag) in cluster.masters.iter().zip(tags(&cluster)).take(2) {
        let (key, stream, channel) = (format!("{{{tag}}}:k"), format!("{{{tag}}}:s"), format!("{{{tag}}}:c"));
        let mut follower = Follower::new(&redis, &stream, "0").await.unwrap();
        let mut subscriber = redis.subscriber().await.unwrap();
        subscriber.subscriptions().ssubscribe(&channel).await.unwrap();
        until_heard(&redis, "SPUBLISH", &mut subscriber, &channel).await;
        // As a machine that lost its power: connections stay open, and nothing is said on them any more.
        master.pause().unwrap();
        until("written", || async { redis.call::<Value>("SET", [key.as_str(), "1"]).await.is_ok() }).await;
        let entry = [stream.as_str(), "*", "e", "x"];
        until("added", || async { redis.call::<Value>("XADD", entry).await.is_ok() }).await;
        until_heard(&redis, "SPUBLISH", &mut subscriber, &channel).await;
        assert_eq!(until_followed(&mut follower).await[0].field("e").unwrap().as_ref(), b"x");
        until("ready", || async { readiness.is_ok("redis") }).await;
        master.resume().unwrap();
        let is_replica = || async { master.command(&["ROLE"]).is_ok_and(|role| role.starts_with("slave")) };
        until("it is a replica", is_replica).await;
        assert_eq!(redis.call::<Option<String>>("GET", [key]).await.unwrap().as_deref(), Some("1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_network_forgot_are_made_anew_though_their_masters_stay() {
    let cluster = RedisCluster::start(3, false).unwrap();
    let (proxies, url) = behind_proxies(&cluster).await;
    let readiness = Readiness::new();
    let redis = connected(url, &readiness).await;
    for (proxy, tag) in proxies.iter().zip(tags(&cluster)).take(2) {
        let (key, stream, channel) = (format!("{{{tag}}}:k"), format!("{{{tag}}}:s"), format!("{{{tag}}}:c"));
        let mut follower = Follower::new(&redis, &stream, "0").await.unwrap();
        let mut subscriber = redis.subscriber().await.unwrap();
        subscriber.subscriptions().ssubscribe(&channel).await.unwrap();
        until_heard(&redis, "SPUBLISH", &mut subscriber, &channel).await;
        let (is_there, entry) = (AtomicBool::new(false), [stream.as_str(), "*", "e", "x"]);
        // What is sent on open connections arrives nowhere, now and later; new ones are taken.
        proxy.lose_open();
        let others = async {
            // Meanwhile the other masters are there: nothing waits for the one that is not.
            let other = tags(&cluster).into_iter().find(|other| *other != tag).unwrap();
            while !is_there.load(Relaxed) {
                redis.call::<Value>("SET", [other.as_str(), "1"]).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let written = async {
            let set = || async { redis.call::<Value>("SET", [key.as_str(), "1"]).await.is_ok() };
            until("written", set).await;
            is_there.store(true, Relaxed);
        };
        tokio::join!(others, written);
        until("added", || async { redis.call::<Value>("XADD", entry).await.is_ok() }).await;
        until_heard(&redis, "SPUBLISH", &mut subscriber, &channel).await;
        assert_eq!(until_followed(&mut follower).await[0].field("e").unwrap().as_ref(), b"x");
        until("ready", || async { readiness.is_ok("redis") }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_together_is_answered_in_order_whichever_master_has_each_key() {
    let cluster = RedisCluster::start(3, false).unwrap();
    let redis = by(&cluster, &Readiness::new()).await;
    let count = 2 * AT_ONCE + 3;
    let pairs = (0..count).map(|n| vec![format!("k{n}").into(), n.to_string().into()]).collect();
    let set: Vec<String> = redis.call_each("SET", pairs).await.unwrap();
    assert!(set.len() == count && set.iter().all(|said| said == "OK"));
    for master in &cluster.masters {
        let keys: usize = master.command(&["DBSIZE"]).unwrap().parse().unwrap();
        assert!(keys > count / 10, "{keys} of {count} on one");
    }
    let keys = (0..count).map(|n| vec![format!("k{n}").into()]).collect();
    let expected: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    assert_eq!(redis.call_each::<String>("GET", keys).await.unwrap(), expected);
    let script = Script::new("return redis.call('GET', KEYS[1]) .. ARGV[1]");
    // Known by no master, then by all.
    for mark in ["a", "b"] {
        let runs = (0..count).map(|n| (vec![format!("k{n}")], vec![mark.to_owned()])).collect();
        let answers = script.run_all(&redis, runs).await;
        let answers: Vec<_> = answers.into_iter().map(|a| a.unwrap().into_string().unwrap()).collect();
        assert_eq!(answers, (0..count).map(|n| format!("{n}{mark}")).collect::<Vec<_>>());
    }
    // What is of two slots is refused, and not done by halves.
    let tags = tags(&cluster);
    let [one, other, _] = &tags[..] else { panic!("three masters") };
    let both = script.run::<Value>(&redis, [one.clone(), other.clone()], ["x"]).await.unwrap_err();
    assert!(both.details().contains("CROSSSLOT") && !both.is_timeout(), "{both:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_subscribed_is_heard_whichever_master_says_it_and_follows_its_slot_to_another_one() {
    let cluster = RedisCluster::start(3, false).unwrap();
    let redis = by(&cluster, &Readiness::new()).await;
    let mut subscriber = redis.subscriber().await.unwrap();
    let (tags, subscriptions) = (tags(&cluster), subscriber.subscriptions());
    for tag in &tags {
        let plain = format!("plain:{{{tag}}}");
        subscriptions.subscribe(&plain).await.unwrap();
        until_heard(&redis, "PUBLISH", &mut subscriber, &plain).await;
    }
    subscriptions.ssubscribe(&tags[0]).await.unwrap();
    until_heard(&redis, "SPUBLISH", &mut subscriber, &tags[0]).await;
    cluster.move_slot(&tags[0], 1).unwrap();
    until_heard(&redis, "SPUBLISH", &mut subscriber, &tags[0]).await;
    // One that begins where the slot was until now.
    cluster.move_slot(&tags[2], 0).unwrap();
    subscriptions.ssubscribe(&tags[2]).await.unwrap();
    until_heard(&redis, "SPUBLISH", &mut subscriber, &tags[2]).await;
}
