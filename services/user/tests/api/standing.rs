//! Changes of an account that an operator makes in the database: other services learn of them, and a suspension voids access tokens.

use crate::app::{Answer, TestApp};
use prost::Message;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_proto::event::v1::Event;
use streamly_redis::{Follower, Redis};

/// Longest time until a suspension is known everywhere.
const SOON: Duration = Duration::from_secs(1);

async fn redis(app: &TestApp) -> Redis {
    let redis = Redis::new(&app.config.redis, &Readiness::new()).unwrap();
    redis.start(&Shutdown::new(), &Tasks::new()).await.unwrap();
    redis
}

/// Facts about users from now on, one after the other.
struct Facts {
    follower: Follower,
    waiting: std::collections::VecDeque<Event>,
}

impl Facts {
    async fn of(redis: &Redis) -> Self {
        Self {
            follower: Follower::new(redis, "events:user", "0").await.unwrap(),
            waiting: Default::default(),
        }
    }
    async fn next(&mut self) -> (String, String, Value) {
        while self.waiting.is_empty() {
            let entries = tokio::time::timeout(Duration::from_secs(20), self.follower.next());
            let entries = entries.await.expect("a fact").unwrap();
            self.waiting.extend(entries.iter().map(|e| Event::decode(&e.field("e").unwrap()[..]).unwrap()));
        }
        let event = self.waiting.pop_front().unwrap();
        (event.r#type, event.subject, serde_json::from_slice(&event.payload).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_is_known_within_a_second_and_voids_the_tokens_that_are_out() {
    let app = TestApp::spawn().await;
    let redis = redis(&app).await;
    let mut facts = Facts::of(&redis).await;
    let session = app.register("ada").await;
    let id = session.body["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(facts.next().await.0, "user.registered");
    app.sql("UPDATE users SET suspended_at = now() WHERE username = 'ada'");
    let asked = Instant::now();
    let suspended = json!({"username": "ada", "closed": false});
    assert_eq!(facts.next().await, ("user.suspended".into(), id.clone(), suspended));
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    let void: u64 = redis.call::<String>("GET", [format!("rev:{id}")]).await.unwrap().parse().unwrap();
    let jwks = app.get("/.well-known/jwks.json").await.body;
    let verifier = streamly_auth::access::Verifier::new(&serde_json::from_value(jwks).unwrap());
    let iat = verifier.verify(session.access()).unwrap().iat;
    assert!(iat < void && void <= iat + 60, "a token of {iat} is void before {void}");
    let left: u64 = redis.call("TTL", [format!("rev:{id}")]).await.unwrap();
    // And a second more where the moment is the next one.
    assert!((890..=906).contains(&left), "{left} s: as long as a token");
    let (kind, _, now) = facts.next().await;
    assert_eq!((kind.as_str(), &now["suspended"]), ("user.updated", &json!(true)));
    // Again is no news; the end of it is.
    app.sql("UPDATE users SET suspended_at = now() - interval '1 hour' WHERE username = 'ada'");
    app.sql("UPDATE users SET suspended_at = NULL WHERE username = 'ada'");
    let (kind, subject, now) = facts.next().await;
    assert_eq!((kind.as_str(), subject, &now["suspended"]), ("user.updated", id, &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_suspends_or_closes_an_account_voids_its_tokens_also_while_nobody_relays_facts() {
    let app = TestApp::spawn().await;
    let redis = redis(&app).await;
    let boss = crate::staff::with_role(&app, "boss", "moderator").await;
    let (ada, eve) = (app.register("ada").await, app.register("eve").await);
    let id = |who: &Answer| who.body["user"]["id"].as_str().unwrap().to_owned();
    // The relay's connection is lost, and somebody else has its lock, who does nothing.
    let other = app.connection().await;
    let take = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1970496882 \
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()); \
                SELECT pg_advisory_lock(1970496882)";
    other.batch_execute(take).await.unwrap();
    let path = format!("/api/admin/users/{}/suspension", id(&ada));
    let suspended = app.call(reqwest::Method::PUT, &path, &boss.access, json!({"reason": "spam"})).await;
    assert_eq!(suspended.status, 200, "{suspended:?}");
    let closed = app.call(reqwest::Method::DELETE, "/api/auth/me", eve.access(), Value::Null).await;
    assert_eq!(closed.status, 200, "{closed:?}");
    app.sql("DO $$ BEGIN ASSERT (SELECT count(*) FROM outbox WHERE type = 'user.suspended') = 2; END $$");
    let jwks = app.get("/.well-known/jwks.json").await.body;
    let verifier = streamly_auth::access::Verifier::new(&serde_json::from_value(jwks).unwrap());
    for who in [&ada, &eve] {
        let iat = verifier.verify(who.access()).unwrap().iat;
        assert!(redis.is_void(id(who), iat).await, "{who:?}");
    }
    // Told late, it takes nothing back.
    let late = 7;
    redis.void(id(&ada), late, Duration::from_secs(60)).await.unwrap();
    let iat = verifier.verify(ada.access()).unwrap().iat;
    assert!(redis.is_void(id(&ada), iat).await);
    // It ends with the suspension: who signs in then has a token that is good everywhere.
    let lifted = app.call(reqwest::Method::DELETE, &path, &boss.access, json!({})).await;
    assert_eq!(lifted.status, 200, "{lifted:?}");
    let back = app.login("ada", crate::app::PASSWORD).await;
    let iat = verifier.verify(back.access()).unwrap().iat;
    assert!(!redis.is_void(id(&ada), iat).await);
    drop(other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_voids_tokens_that_name_a_second_to_come_too() {
    let app = TestApp::spawn().await;
    let redis = redis(&app).await;
    let boss = crate::staff::with_role(&app, "boss", "moderator").await;
    let ada = app.register("ada").await;
    let id = ada.body["user"]["id"].as_str().unwrap();
    // As after very many sign-ins that were ended.
    app.sql("UPDATE users SET tokens_void_before = date_trunc('second', now()) + interval '100 s' WHERE username = 'ada'");
    let ahead = app.refresh(&ada.token()).await;
    let jwks = app.get("/.well-known/jwks.json").await.body;
    let verifier = streamly_auth::access::Verifier::new(&serde_json::from_value(jwks).unwrap());
    let iat = verifier.verify(ahead.access()).unwrap().iat;
    assert!(!redis.is_void(id, iat).await);
    let path = format!("/api/admin/users/{id}/suspension");
    let suspended = app.call(reqwest::Method::PUT, &path, &boss.access, json!({"reason": "spam"})).await;
    assert_eq!(suspended.status, 200, "{suspended:?}");
    assert!(redis.is_void(id, iat).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_goes_is_told_as_suspended_then_as_deleted_and_again_a_day_later() {
    let app = TestApp::spawn_with(|c| c.deletion_grace = streamly_config::Duration::from_millis(200)).await;
    let redis = redis(&app).await;
    let mut facts = Facts::of(&redis).await;
    let session = app.register("ada").await;
    let id = session.body["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(facts.next().await.0, "user.registered");
    let closed =
        app.call(reqwest::Method::DELETE, "/api/auth/me", session.access(), serde_json::Value::Null).await;
    assert_eq!(closed.status, 200, "{closed:?}");
    let (kind, _, told) = facts.next().await;
    assert_eq!((kind.as_str(), &told["closed"]), ("user.suspended", &json!(true)));
    let void: Option<String> = redis.call("GET", [format!("rev:{id}")]).await.unwrap();
    assert!(void.is_some());
    let mut seen = Vec::new();
    while seen.last().is_none_or(|kind| kind != "user.deleted") {
        let (kind, subject, _) = facts.next().await;
        assert_eq!(subject, id);
        seen.push(kind);
    }
    app.sql("UPDATE users SET deletion_told_at = now() - interval '25 hours'");
    assert_eq!(facts.next().await.0, "user.deleted");
    app.sql("UPDATE users SET deletion_told_at = now() - interval '25 hours', deleted_at = now() - interval '31 days'");
    app.sql("UPDATE users SET display_name = 'Nobody'");
    assert_eq!(facts.next().await.0, "user.updated");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_see_of_an_account_is_told_when_it_changes_and_nothing_else_is() {
    let app = TestApp::spawn().await;
    let redis = redis(&app).await;
    let mut facts = Facts::of(&redis).await;
    let session = app.register("ada").await;
    let id = session.body["user"]["id"].as_str().unwrap();
    assert_eq!(facts.next().await.0, "user.registered");
    app.sql("UPDATE users SET password_hash = 'x', email = 'new@example.org', role = 'user'");
    app.sql("UPDATE users SET role = 'moderator'");
    let seen = json!({"username": "ada", "display_name": "ada", "suspended": false, "email_verified": false,
                      "platform_role": "moderator"});
    let (kind, _, told) = facts.next().await;
    assert_eq!((kind.as_str(), told), ("user.updated", seen));
    app.sql("UPDATE users SET email_verified_at = now()");
    assert_eq!(facts.next().await.2["email_verified"], true);
    app.sql("UPDATE users SET display_name = 'Ada'");
    assert_eq!(facts.next().await.2["display_name"], "Ada");
    let void: Option<String> = redis.call("GET", [format!("rev:{id}")]).await.unwrap();
    assert_eq!(void, None, "nobody was suspended");
}
