//! PostgreSQL, Redis or `stream` away: at the start, and while people chat.

use crate::{
    app::{Platform, until},
    crowd::{lively, with_proxies},
    peers::{room_id, user_id},
};
use serde_json::json;
use std::time::{Duration, Instant};
use streamly_proto::chat::v1::{BanUserRequest, chat_service_client::ChatServiceClient};
use streamly_testkit::{postgres::Postgres, toxic::Toxic};

/// A PostgreSQL of one's own, stopped at the end even if it was started again.
pub struct Own(pub Postgres);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.signal("INT");
    }
}

/// Somebody's bans are asked for, and the answer waits for the lock. The rounds of the audit log, which wait for it as well, are not meant.
const ASKS: &str = "EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' \
                    AND query LIKE '%FROM bans WHERE room_id = $1 AND user_id%')";

/// A transaction that holds a lock of the database until it is released.
pub struct Lock(tokio_postgres::Client, tokio::task::JoinHandle<Result<(), tokio_postgres::Error>>);

impl Lock {
    /// Every statement on `bans` waits.
    async fn take(p: &Platform) -> Self {
        Self::with(p, "LOCK TABLE bans IN ACCESS EXCLUSIVE MODE").await
    }
    /// What the statement locks.
    pub async fn with(p: &Platform, sql: &str) -> Self {
        let c = &p.config.postgres;
        let settings = format!("host={} port={} user={} dbname={}", c.host, c.port, c.user, c.database);
        let (client, connection) = tokio_postgres::connect(&settings, tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        client.batch_execute(&format!("BEGIN; {sql}")).await.unwrap();
        Self(client, driver)
    }
    pub async fn release(self) {
        drop(self.0);
        self.1.await.unwrap().unwrap();
    }
}

async fn ban_bob(p: &Platform) -> Result<(), tonic::Code> {
    let request = BanUserRequest {
        room_id: room_id("ada"),
        user_id: user_id("bob"),
        actor_id: user_id("ada"),
        reason: String::new(),
        note: String::new(),
    };
    let peer = p.peer(0, "stream");
    let mut make = |t| {
        let request = request.clone();
        async move { ChatServiceClient::new(t).ban_user(request).await }
    };
    peer.once(&mut make).await.map(|_| ()).map_err(|s| s.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_waits_for_redis_and_postgresql_by_name_and_chat_outlives_postgresql() {
    let own = Own(Postgres::start().unwrap());
    let mut p = Platform::bare(own.0.clone());
    p.config.postgres.acquire_timeout = streamly_config::Duration::from_millis(500);
    p.config.redis.command_timeout = streamly_config::Duration::from_millis(500);
    own.0.signal("INT").unwrap();
    p.redis.kill();
    p.add_node();
    let at = p.nodes[0].at;
    assert_eq!(p.get(at.http, "/health").await, (503, json!({"status": "unavailable"})));
    assert_eq!(p.get(at.rest, "/health").await.0, 503);
    let (status, report) = p.get(at.admin, "/health").await;
    assert_eq!(status, 503);
    for name in ["redis", "postgres"] {
        assert_eq!(report["dependencies"][name]["ok"], false, "{report}");
    }
    assert_eq!(p.refusal(0, None).await, 503);
    assert_eq!(p.rest(0, "GET", "", None).await.0, 503);
    assert_eq!(ban_bob(&p).await, Err(tonic::Code::Unavailable));

    p.redis.start_again().unwrap();
    let ok = async |name: &str| p.get(at.admin, "/health").await.1["dependencies"][name]["ok"] == true;
    until("redis is there", async || ok("redis").await).await;
    assert!(!ok("postgres").await);
    assert_eq!(p.refusal(0, None).await, 503);
    until("PostgreSQL is there", async || own.0.start_again().is_ok()).await;
    p.until_ready(0).await;
    assert_eq!(p.get(at.http, "/health").await, (200, json!({"status": "ok"})));
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);

    own.0.signal("INT").unwrap();
    bob.said("chat goes on").await;
    assert_eq!(ada.wait_for("message").await["text"], "chat goes on");
    let asked = Instant::now();
    p.join(0, Some("cleo")).await.said("and people come in").await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(ban_bob(&p).await, Err(tonic::Code::Unavailable), "a ban is not promised");
    until("PostgreSQL is missed", async || !ok("postgres").await).await;
    // Sockets stay and more may come, so nobody is sent away from here.
    let (status, report) = p.get(at.admin, "/health").await;
    assert_eq!((status, &report["status"]), (200, &json!("degraded")), "{report}");
    assert_eq!(p.get(at.admin, "/health/ready").await.0, 200);
    assert_eq!(p.get(at.http, "/health").await, (200, json!({"status": "ok"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_redis_cannot_take_is_answered_within_two_seconds_and_said_once_when_repeated() {
    // Half the default, so that a busy machine has as much time again.
    let patience = streamly_config::Duration::from_millis(900);
    let mut p = Platform::with(1, |c| c.limits.say_patience = patience).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    let say = json!({"type":"say","room":"ada","text":"twice asked","nonce":"n1"});
    p.redis.kill();
    let asked = Instant::now();
    bob.send(say.clone()).await;
    let error = bob.wait_for("error").await;
    assert_eq!((&error["code"], &error["nonce"]), (&json!("unavailable"), &json!("n1")));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    p.redis.start_again().unwrap();
    until("Redis is there", async || {
        bob.send(say.clone()).await;
        bob.wait_for_text(&["message", "error"]).await.contains(r#""type":"message""#)
    })
    .await;
    assert_eq!(ada.wait_for("message").await["text"], "twice asked");
    bob.send(json!({"type":"say","room":"ada","text":"next","nonce":"n2"})).await;
    assert_eq!(ada.wait_for("message").await["text"], "next", "it came once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_holds_a_join_up_for_a_second_at_most() {
    let p = Platform::start(1).await;
    let lock = Lock::take(&p).await;
    let asked = Instant::now();
    p.join(0, Some("bob")).await.said("in").await;
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    lock.release().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_that_is_announced_while_a_join_asks_the_database_holds() {
    let p = Platform::start(1).await;
    let _ada = p.join(0, Some("ada")).await;
    let mut bob = p.hello(0, Some("bob")).await;
    let lock = Lock::take(&p).await;
    bob.send(json!({"type":"join","room":"ada"})).await;
    until("the join asks", async || p.holds(ASKS)).await;
    // As another node announces it, whose row this one's question is too early to see.
    let ban = [format!("chat:{{{}}}", room_id("ada")), format!("ban\n{}", user_id("bob"))];
    let redis = p.redis_client().await;
    assert_eq!(redis.call::<u64>("SPUBLISH", ban).await.unwrap(), 1);
    lock.release().await;
    assert_eq!(bob.wait_for("error").await["code"], "banned");
    assert_eq!(bob.close_code().await, Some(4003));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_away_requests_are_answered_503_and_a_stop_still_takes_two_seconds() {
    let mut p =
        Platform::with(1, |c| c.redis.command_timeout = streamly_config::Duration::from_millis(300)).await;
    let mut ada = p.join(0, Some("ada")).await;
    let id = ada.said("kept").await["id"].as_str().unwrap().to_owned();
    p.redis.kill();
    assert_eq!(p.rest(0, "GET", "", None).await.0, 503);
    assert_eq!(p.rest(0, "DELETE", &format!("/{id}"), Some("ada")).await.0, 503);
    assert_eq!(ban_bob(&p).await, Err(tonic::Code::Unavailable));
    let mut late = p.hello(0, None).await;
    late.send(json!({"type":"join","room":"cleo"})).await;
    assert_eq!(late.wait_for("error").await["code"], "unavailable");
    let stopped = Instant::now();
    p.nodes[0].stop.start();
    assert_eq!(ada.close_code().await, Some(1001));
    assert_eq!(late.close_code().await, Some(1001));
    drop((ada, late));
    p.nodes.remove(0).served.await.unwrap().unwrap();
    assert!(stopped.elapsed() < Duration::from_millis(3_500), "{:?}", stopped.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_and_roles_that_are_known_go_on_without_stream_and_unknown_ones_say_so() {
    let mut p = Platform::with(1, |c| {
        c.limits.directory_fresh = streamly_config::Duration::from_millis(1);
        c.stream.attempts = 1;
        c.user.attempts = 1;
    })
    .await;
    let mut ada = p.join(0, Some("ada")).await;
    p.stop_peers().await;
    let mut other = p.hello(0, None).await;
    other.send(json!({"type":"join","room":"cleo"})).await;
    assert_eq!(other.wait_for("error").await["code"], "unavailable");
    let message = ada.said("still the owner").await;
    assert_eq!(message["user"]["badges"], json!(["broadcaster"]));
    let mut bob = p.hello(0, Some("bob")).await;
    let joined = bob.join("ada").await;
    assert_eq!(joined["events"][0]["id"], message["id"]);
    bob.said("a known room takes new people").await;
    assert_eq!(p.rest(0, "GET", "", None).await.0, 200);
    assert_eq!(p.get(p.nodes[0].at.rest, "/api/chat/rooms/cleo/messages").await.0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_that_waited_for_redis_are_answered_once_for_each_socket() {
    let mut p = Platform::with(1, |c| {
        c.redis.command_timeout = streamly_config::Duration::from_millis(300);
        c.limits.join_interval = streamly_config::Duration::from_secs(0);
    })
    .await;
    let (mut ada, mut bob) = (p.hello(0, Some("ada")).await, p.hello(0, Some("bob")).await);
    p.redis.kill();
    for client in [&mut ada, &mut bob] {
        for _ in 0..4 {
            client.send(json!({"type":"join","room":"cleo"})).await;
            assert_eq!(client.wait_for("error").await["code"], "unavailable");
        }
    }
    p.redis.start_again().unwrap();
    for client in [&mut ada, &mut bob] {
        client.wait_for("joined").await;
        client.send(json!({"type":"leave","room":"cleo"})).await;
        let next = client.wait_for_text(&["joined", "left"]).await;
        assert!(next.starts_with(r#"{"type":"left""#), "{next}");
    }
}

/// A ban as a node made it whose announcement nobody here heard.
fn banned_elsewhere(p: &Platform, name: &str) {
    let sql = format!(
        "INSERT INTO bans (room_id, user_id, actor_id) VALUES ('{}', '{}', '{}')",
        room_id("ada"),
        user_id(name),
        user_id("ada")
    );
    p.postgres.execute(&p.config.postgres.database, &sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_in_while_the_database_hung_is_asked_about_again_within_seconds() {
    let p = Platform::with(1, |c| c.limits.frames_burst = 10_000).await;
    banned_elsewhere(&p, "bob");
    let lock = Lock::take(&p).await;
    // Nothing is known of them, and the room is public.
    let mut bob = p.join(0, Some("bob")).await;
    lock.release().await;
    until("bob is put out", async || {
        bob.send(json!({"type":"say","room":"ada","text":"still here"})).await;
        bob.wait_for_text(&["message", "error"]).await.contains("\"banned\"")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_out_that_is_announced_while_a_gap_has_everybody_asked_about_holds() {
    let p = Platform::start(1).await;
    let (mut bob, mut cleo) = (p.join(0, Some("bob")).await, p.join(0, Some("cleo")).await);
    banned_elsewhere(&p, "cleo");
    let lock = Lock::take(&p).await;
    let redis = p.redis_client().await;
    redis.call::<u64>("CLIENT", ["KILL", "TYPE", "pubsub"].map(str::to_owned)).await.unwrap();
    until("the room asks about those who are in it", async || p.holds(ASKS)).await;
    let channel = format!("chat:{{{}}}", room_id("ada"));
    let told = format!(
        "sanction\n{}\n{{\"kind\":\"timeout\",\"until_ms\":4102444800000,\"reason\":\"\"}}",
        user_id("bob")
    );
    // Behind it a frame for all, which shows that it was heard.
    for payload in [told, "emotes".to_owned()] {
        until("it is heard", async || {
            redis.call::<u64>("SPUBLISH", [channel.clone(), payload.clone()]).await.unwrap() == 1
        })
        .await;
    }
    bob.wait_for("emotes").await;
    lock.release().await;
    // The answers are in: the one about cleo counts, the one about bob is older than what was announced.
    assert_eq!(cleo.wait_for("error").await["code"], "banned");
    bob.say("no").await;
    let answer = bob.wait_for_text(&["message", "error"]).await;
    assert!(answer.contains("timed_out"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_that_a_node_could_not_hear_of_counts_within_a_second_of_its_coming_back() {
    let mut p = Platform::bare(Postgres::shared().unwrap());
    lively(&mut p);
    let (p, proxies) = with_proxies(p, 2).await;
    let mut ada = p.join(0, Some("ada")).await;
    let (mut bob, mut reader) = (p.join(1, Some("bob")).await, p.join(1, None).await);
    ada.said("before").await;
    reader.messages(1).await;
    // What node 1 is sent now is lost, and then its connections.
    proxies[1].set(Toxic::Swallow);
    ban_bob(&p).await.unwrap();
    ada.said("meanwhile").await;
    proxies[1].set(Toxic::Refuse);
    proxies[1].cut();
    proxies[1].set(Toxic::None);
    let (meanwhile, put_out) = tokio::join!(
        async {
            assert_eq!(reader.messages(1).await[0]["text"], "meanwhile");
            Instant::now()
        },
        async {
            assert_eq!(bob.wait_for("error").await["code"], "banned");
            Instant::now()
        }
    );
    let late = put_out.saturating_duration_since(meanwhile);
    assert!(late <= Duration::from_secs(1), "{late:?}");
    assert_eq!(bob.close_code().await, Some(4003));
}
