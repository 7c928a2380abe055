//! The log of what staff did: kept for its time, and longer while somebody is suspended by it.

use crate::{app::TestApp, staff::with_role};
use reqwest::Method;
use serde_json::json;
use streamly_config::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn acts_are_forgotten_after_their_time_unless_somebody_is_suspended_by_them() {
    let app = TestApp::spawn_with(|c| c.audit_keep = Duration::from_secs(86_400)).await;
    let chief = with_role(&app, "chief", "admin").await;
    for (name, methods) in [
        ("ada", &[Method::PUT, Method::DELETE][..]),
        ("grace", &[Method::PUT][..]),
        ("mallory", &[Method::PUT][..]),
    ] {
        let session = app.register(name).await;
        let path = format!("/api/admin/users/{}/suspension", session.body["user"]["id"].as_str().unwrap());
        for method in methods {
            let done = app.call(method.clone(), &path, &chief.access, json!({"reason": "spam"})).await;
            assert_eq!(done.status, 200, "{done:?}");
        }
    }
    // Who is erased is marked as suspended still.
    app.sql("UPDATE users SET deleted_at = now(), deletion_told_at = now() WHERE username = 'grace'");
    // More than one statement removes.
    app.sql(
        "UPDATE audit SET at = now() - interval '25 hours'; \
         INSERT INTO audit (id, at, actor_id, actor_name, act) SELECT gen_random_uuid(), now() - interval '25 hours', \
         gen_random_uuid(), 'chief', 'mail_read' FROM generate_series(1, 450); \
         INSERT INTO audit (id, at, actor_id, actor_name, act, subject_name) \
         VALUES (gen_random_uuid(), now() - interval '23 hours', gen_random_uuid(), 'chief', 'mail_read', 'young')",
    );
    // Whoever relays cleans up at once: the right to is taken away, and somebody gets it within some seconds.
    app.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    let database = app.config.postgres.database.clone();
    let left = "SELECT 1 / (count(*) = 2)::int FROM audit";
    app.until("cleaned up", || app.postgres.execute(&database, left).is_ok()).await;
    app.sql("SELECT 1 / (count(*) = 1)::int FROM audit WHERE act = 'suspended' AND subject_name = 'mallory'");
    app.sql("SELECT 1 / (count(*) = 1)::int FROM audit WHERE subject_name = 'young'");
}
