//! The service on a Redis Cluster of three masters: limits that replicas share, facts and revocations, whichever master has their keys, and
//! while one of them gives way to its replica.

use crate::app::{PASSWORD, TestApp};
use prost::Message;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_proto::event::v1::Event;
use streamly_redis::{Follower, Redis};
use streamly_testkit::{postgres::Postgres, redis::RedisCluster};
use streamly_user::config::{Config, Delay, Rate};

/// Longest wait for a fact, a master that gives way included.
const LONG: Duration = Duration::from_secs(60);
/// Enough for keys on more than one master.
const ACCOUNTS: usize = 12;

/// Only registrations and failures of one address count; hashes cost little.
fn limited(c: &mut Config) {
    c.rate_limits = true;
    (c.password.memory, c.password.passes) = (streamly_config::ByteSize::new(8 << 10), 1);
    c.limits.register = Rate { burst: 3, interval: Setting::from_secs(60) };
    c.limits.login.burst = 1_000;
    c.limits.login_address.burst = 1_000;
    let pause = |free| Delay { free, first: Setting::from_secs(60), most: Setting::from_secs(300) };
    c.limits.login_delay = pause(3);
    c.limits.login_account_delay = pause(1_000);
}

async fn connected(app: &TestApp) -> Redis {
    let redis = Redis::new(&app.config.redis, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    redis
}

/// Facts about users, one after the other.
struct Facts {
    follower: Follower,
    waiting: VecDeque<Event>,
}

impl Facts {
    async fn of(redis: &Redis) -> Self {
        Self { follower: Follower::new(redis, "events:user", "0").await.unwrap(), waiting: VecDeque::new() }
    }
    /// Reads on until one is of this kind and about this user.
    async fn until(&mut self, kind: &str, user: &str) {
        let since = Instant::now();
        loop {
            while let Some(event) = self.waiting.pop_front() {
                if event.r#type == kind && event.subject == user {
                    return;
                }
            }
            assert!(since.elapsed() < LONG, "never told: {kind} of {user}");
            let entries = self.follower.next().await.unwrap_or_default();
            self.waiting.extend(entries.iter().map(|e| Event::decode(&e.field("e").unwrap()[..]).unwrap()));
        }
    }
}

/// On how many masters there are keys of this pattern.
fn masters_with(cluster: &RedisCluster, pattern: &str) -> usize {
    let has = |keys: String| !keys.is_empty();
    cluster.masters.iter().filter(|master| has(master.command(&["KEYS", pattern]).unwrap())).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_three_masters_replicas_count_attempts_together_whichever_has_the_account() {
    let cluster = RedisCluster::start(3, false).unwrap();
    let one = TestApp::spawn_with(|c| {
        limited(c);
        c.redis.url = cluster.url();
    })
    .await;
    let two = TestApp::spawn_on(one.postgres.clone(), |c| {
        limited(c);
        c.postgres.database.clone_from(&one.config.postgres.database);
        c.redis.url = cluster.url();
    });
    two.until_ready().await;
    // Registrations of one address.
    for (app, name) in [(&one, "ada"), (&two, "bob"), (&one, "cleo")] {
        assert_eq!(app.register(name).await.status, 201, "{name}");
    }
    assert_eq!(two.register("dan").await.code(), "rate_limited");
    // Failed sign-ins to each account.
    for n in 0..ACCOUNTS {
        let name = format!("nobody{n}");
        for app in [&one, &two, &one] {
            assert_eq!(app.login(&name, "wrong").await.code(), "invalid_credentials", "{name}");
        }
        for app in [&two, &one] {
            assert_eq!(app.login(&name, "wrong").await.code(), "rate_limited", "{name}");
        }
    }
    for pattern in ["failures:user:login_delay:*", "gcra:user:login:*"] {
        assert!(masters_with(&cluster, pattern) > 1, "{pattern}");
    }
    // A success forgets them, at the other one too.
    for _ in 0..2 {
        assert_eq!(one.login("ada", "wrong").await.status, 401);
    }
    assert_eq!(two.login("ada", PASSWORD).await.status, 200);
    for _ in 0..3 {
        assert_eq!(one.login("ada", "wrong").await.status, 401);
    }
    assert_eq!(two.login("ada", PASSWORD).await.code(), "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_reaches_the_others_also_while_the_master_of_the_facts_gives_way_to_its_replica() {
    let mut cluster = RedisCluster::start(3, true).unwrap();
    let app = TestApp::spawn_on(Postgres::shared().unwrap(), |c| c.redis.url = cluster.url());
    app.until_ready().await;
    let redis = connected(&app).await;
    let mut facts = Facts::of(&redis).await;
    let ids = [app.register("ada").await, app.register("bob").await];
    let ids = ids.map(|session| session.body["user"]["id"].as_str().unwrap().to_owned());
    for id in &ids {
        facts.until("user.registered", id).await;
    }
    let long_ago = 1;
    assert_eq!(redis.asked_void(&ids[0], long_ago).await, Some(false));
    app.sql("UPDATE users SET suspended_at = now() WHERE username = 'ada'");
    facts.until("user.suspended", &ids[0]).await;
    // Written before the fact is out, whichever master has it.
    assert_eq!(redis.asked_void(&ids[0], long_ago).await, Some(true));

    let master = cluster.master_of("events:user").unwrap();
    cluster.masters[master].kill();
    app.sql("UPDATE users SET suspended_at = now() WHERE username = 'bob'");
    let grace = app.register("grace").await;
    assert_eq!(grace.status, 201, "{grace:?}");
    facts.until("user.suspended", &ids[1]).await;
    facts.until("user.registered", grace.body["user"]["id"].as_str().unwrap()).await;
    app.until("there again", || app.readiness.is_ok("redis")).await;
    let gone = "DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM outbox); END $$";
    app.until("emptied", || app.postgres.execute(&app.config.postgres.database, gone).is_ok()).await;
}
