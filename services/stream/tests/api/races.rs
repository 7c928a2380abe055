//! What happens between reading a broadcast and changing it: the test holds the channels' locks until the service waits for them,
//! changes the rows, and lets go.

use crate::harness::{Streamer, TestApp, until};
use streamly_proto::stream::v1::State;
use tokio::task::JoinHandle;

/// Runs `change` under the locks of all channels once so many of the service's statements wait for them.
async fn once_waiting(app: &TestApp, waiters: u32, change: &str) -> JoinHandle<()> {
    let (pg, database) = (app.pg.clone(), app.database.clone());
    let sql = format!(
        "BEGIN; SELECT id FROM channels FOR UPDATE; \
         DO $$ BEGIN WHILE (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
         AND wait_event_type = 'Lock') < {waiters} LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$; \
         {change}; COMMIT"
    );
    let holding = tokio::task::spawn_blocking(move || pg.execute(&database, &sql).unwrap());
    until("locked", || async {
        app.pg.execute(&app.database, "SELECT id FROM channels FOR UPDATE NOWAIT").is_err()
    })
    .await;
    holding
}

/// The state once everything that waited for the channel's lock has had it. Whoever waited is inside a transaction until it has done its
/// work, so one moment without any says that it has; a request of our own could overtake it, since a free row is no queue.
async fn settled(app: &TestApp, who: &Streamer) -> String {
    let quiet = "SELECT 1 / (count(*) = 0)::int FROM pg_stat_activity WHERE datname = current_database() \
                 AND pid <> pg_backend_pid() AND state <> 'idle'";
    until("quiet", || async { app.pg.execute(&app.database, quiet).is_ok() }).await;
    let edited = app.send("PATCH", "me", &who.token, Some("{}")).await;
    assert_eq!(edited.0, 200);
    edited.1["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_late_end_of_an_old_session_does_not_touch_the_one_that_takes_over_meanwhile() {
    let app = TestApp::spawn().await;
    let (ada, bob, eve) = (app.streamer("ada").await, app.streamer("bob").await, app.streamer("eve").await);
    let (one, two, three) = (
        app.permit(&ada.key, "n1").await,
        app.permit(&bob.key, "n2").await,
        app.permit(&eve.key, "n3").await,
    );
    let (n1, n2, n3) = (app.live("n1", &one).await, app.live("n2", &two).await, app.node("n3").await);
    let takeover = once_waiting(&app, 3, "UPDATE broadcasts SET epoch = 2").await;
    n1.ended(&one, "clean", "", "").await;
    n2.ended(&two, "lost", "", "").await;
    n3.ended(&three, "lost", "", "").await;
    takeover.await.unwrap();
    assert_eq!(settled(&app, &ada).await, "live");
    assert_eq!(settled(&app, &bob).await, "live");
    assert_eq!(settled(&app, &eve).await, "starting");
    app.sql("SELECT 1 / count(*) FROM broadcasts WHERE state = 'starting' AND grace_until IS NULL");
    app.stop().await;
}

#[tokio::test]
async fn a_key_is_deleted_together_with_its_session_or_not_at_all_and_twice_is_as_once() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    app.sql(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
         CREATE TRIGGER fail BEFORE UPDATE ON broadcasts FOR EACH ROW EXECUTE FUNCTION fail()",
    );
    let path = format!("keys/{}", ada.key_id);
    assert!(app.send("DELETE", &path, &ada.token, None).await.0 >= 500);
    assert_eq!(app.get("keys", &ada.token).await.1["items"].as_array().unwrap().len(), 1);
    app.sql("DROP TRIGGER fail ON broadcasts");
    assert_eq!(app.send("DELETE", &path, &ada.token, None).await.0, 204);
    assert_eq!(node.end().await.2, "key_revoked");
    assert_eq!(app.send("DELETE", &path, &ada.token, None).await.0, 204);
    assert_eq!(app.send("DELETE", &path, &bob.token, None).await.0, 404);
    app.stop().await;
}

#[tokio::test]
async fn a_publisher_that_comes_back_while_the_reaper_waits_is_not_reaped() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let back = once_waiting(&app, 1, "UPDATE broadcasts SET state = 'live', grace_until = NULL").await;
    app.sql("UPDATE broadcasts SET state = 'reconnecting', grace_until = now() - interval '1 hour'");
    back.await.unwrap();
    assert_eq!(settled(&app, &ada).await, "live");
    node.beat(&permit, State::Live).await;
    app.stop().await;
}

#[tokio::test]
async fn the_end_of_a_broadcast_does_not_take_the_next_one_out_of_the_index() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    for (who, node, next) in [(&ada, "n1", true), (&bob, "n2", false)] {
        let permit = app.permit(&who.key, node).await;
        let _node = app.live(node, &permit).await;
        let key = format!("live:{}", who.channel);
        app.index_says(&key, &permit.broadcast_id).await;
        if next {
            // As the next broadcast's first heartbeat writes it, before the index hears of this one's end.
            let entry = r#"{"broadcast_id":"the next one","epoch":1}"#;
            app.bus.call::<streamly_redis::Value>("SET", [key.as_str(), entry]).await.unwrap();
        }
        assert_eq!(app.post("me/end", &who.token, "").await.0, 204);
        let entry: Option<String> = app.bus.call("GET", [key]).await.unwrap();
        assert_eq!(entry.is_some(), next, "{entry:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_late_heartbeat_leaves_a_newer_entry_of_the_index_as_it_is() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let (id, later, earlier) = (permit.broadcast_id.as_str(), u64::MAX >> 12, 1);
    let entry = |broadcast: &str, epoch: u64, read_at_ms: u64| {
        serde_json::json!({"broadcast_id": broadcast, "epoch": epoch, "read_at_ms": read_at_ms}).to_string()
    };
    let of_channel = format!("live:{}", ada.channel);
    let of_broadcast = format!("live:b:{id}");
    let cases = [
        (&of_channel, entry(id, 2, earlier), true),
        (&of_channel, entry(id, 1, later), true),
        (&of_channel, entry("the next one", 1, later), true),
        (&of_channel, entry("the one before", 9, earlier), false),
        (&of_channel, entry(id, 1, earlier), false),
        (&of_channel, "{}".into(), false),
        (&of_channel, "not JSON".into(), false),
        (&of_broadcast, entry(id, 2, earlier), true),
        (&of_broadcast, entry(id, 1, later), true),
        (&of_broadcast, entry(id, 1, earlier), false),
    ];
    for (key, entry, stays) in cases {
        app.bus.call::<streamly_redis::Value>("SET", [key, &entry]).await.unwrap();
        // Heartbeats are handled in turn: what the second has written, the first has written.
        for _ in 0..2 {
            let lease = format!("lease:{id}");
            app.bus.call::<streamly_redis::Value>("DEL", [&lease]).await.unwrap();
            node.beat(&permit, State::Live).await;
            until("handled", || async { app.bus.call::<u64>("EXISTS", [&lease]).await.unwrap() == 1 }).await;
        }
        let now: String = app.bus.call("GET", [key]).await.unwrap();
        assert_eq!(now == entry, stays, "{key} was {entry}, is {now}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_channel_that_many_ask_for_first_is_made_once_and_nobody_is_refused() {
    let app = TestApp::spawn().await;
    for round in 0..20 {
        let name = format!("ada{round}");
        let id = app.people.add(&name);
        let token = app.token(id, &name, crate::harness::now());
        let others = futures_util::future::join_all((0..6).map(|_| app.get(&name, "")));
        let owner = futures_util::future::join_all((0..6).map(|_| app.get("me", &token)));
        let (others, owner) = tokio::join!(others, owner);
        let answers = [others, owner].concat();
        for (status, body) in &answers {
            assert_eq!(*status, 200, "round {round}: {body}");
            assert_eq!(body["id"], answers[0].1["id"]);
        }
    }
    app.stop().await;
}
