//! What is forgotten and what is not. Rows are made old behind the service's back.

use crate::harness::{TestApp, until};

/// Whoever leads looks for old rows at once: takes the lead from the replica, which gets it back within some seconds.
pub fn elect_again(app: &TestApp) {
    app.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
}

/// Whether there are so many rows of a table and condition.
pub fn rows(app: &TestApp, wanted: u32, from: &str) -> bool {
    app.pg.execute(&app.database, &format!("SELECT 1 / (count(*) = {wanted})::int FROM {from}")).is_ok()
}

#[tokio::test]
async fn old_rows_are_forgotten_and_what_a_running_broadcast_needs_is_kept() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    // Ada's has ended; Bob's runs, with a session that was taken over long ago.
    let (over, one) = (app.permit(&ada.key, "n1").await, app.permit(&bob.key, "n1").await);
    let node = app.live("n1", &over).await;
    node.ended(&over, "clean", "", "").await;
    until("ended", || async { rows(&app, 1, "broadcasts WHERE ended_at IS NOT NULL") }).await;
    let two = app.permit(&bob.key, "n1").await;
    assert_eq!((&two.broadcast_id, two.epoch), (&one.broadcast_id, one.epoch + 1));
    // More refusals than one statement removes; some rows are just young enough.
    app.sql(
        "UPDATE sessions SET ended_at = ended_at - interval '91 days'; \
         UPDATE broadcasts SET ended_at = ended_at - interval '91 days'; \
         INSERT INTO refusals (id, channel_id, key_name, code, detail, remote_addr, at) \
         SELECT gen_random_uuid(), id, 'k', 'old', '', '', now() - interval '31 days' FROM channels, generate_series(1, 250); \
         INSERT INTO refusals (id, channel_id, key_name, code, detail, remote_addr, at) \
         SELECT gen_random_uuid(), id, 'k', 'young', '', '', now() - interval '29 days' FROM channels; \
         INSERT INTO broadcasts (id, channel_id, state, epoch, session_id, node_id, origin_url, msn_reserved, ended_at) \
         SELECT gen_random_uuid(), id, 'offline', 1, gen_random_uuid(), 'young', '', 1, now() - interval '89 days' FROM channels",
    );
    elect_again(&app);
    until("forgotten", || async {
        rows(&app, 1, "sessions") && rows(&app, 3, "broadcasts") && rows(&app, 2, "refusals")
    })
    .await;
    assert!(rows(&app, 1, "sessions WHERE ended_at IS NULL AND epoch = 2"), "Bob's present session");
    assert!(rows(&app, 1, "broadcasts WHERE ended_at IS NULL"), "Bob's broadcast");
    assert!(rows(&app, 2, "broadcasts WHERE node_id = 'young'"));
    assert!(rows(&app, 2, "refusals WHERE code = 'young'"));
    assert_eq!(app.permit(&bob.key, "n1").await.epoch, 3, "it goes on");
    app.stop().await;
}

#[tokio::test]
async fn follows_that_ended_over_a_day_ago_are_forgotten_and_no_others() {
    let app = TestApp::spawn().await;
    app.streamer("ada").await;
    app.sql(
        "INSERT INTO follows SELECT gen_random_uuid(), id, now() - interval '9 days', now() - interval '25 hours' FROM channels, \
         generate_series(1, 250); \
         INSERT INTO follows SELECT gen_random_uuid(), id, now() - interval '9 days', now() - interval '23 hours' FROM channels; \
         INSERT INTO follows SELECT gen_random_uuid(), id, now() - interval '9 days' FROM channels",
    );
    elect_again(&app);
    until("forgotten", || async { rows(&app, 2, "follows") }).await;
    assert!(rows(&app, 1, "follows WHERE unfollowed_at IS NULL"), "who follows");
    app.stop().await;
}

#[tokio::test]
async fn facts_wait_for_redis_only_so_long() {
    let mut app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    app.redis.kill();
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"title":"old"}"#)).await.0, 200);
    app.sql("UPDATE outbox SET occurred_at = now() - interval '25 hours'");
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"title":"young"}"#)).await.0, 200);
    elect_again(&app);
    until("the old one is given up", || async { rows(&app, 0, "outbox WHERE payload->>'title' = 'old'") })
        .await;
    assert!(rows(&app, 1, "outbox WHERE payload->>'title' = 'young'"));
    app.stop().await;
}
