//! The directory beside a real standby: read from there while it is close behind, and from the primary while it is not, or is away.

use crate::harness::{TestApp, until};
use serde_json::Value;
use streamly_testkit::postgres::Pair;

/// Reads that were done there so far; nobody else in this program has a standby.
fn reads(at: &str) -> u64 {
    let line = format!("streamly_stream_directory_reads_total{{at=\"{at}\"}} ");
    let metrics = streamly_telemetry::metrics().unwrap().render();
    metrics.lines().find_map(|l| l.strip_prefix(&line)?.parse().ok()).unwrap_or_default()
}

/// Who is in the answer to a question; it is answered, whatever becomes of standbys.
async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let (status, page): (u16, Value) = app.get(query, "").await;
    assert_eq!(status, 200, "{query}: {page}");
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["username"].as_str().unwrap().to_owned()).collect()
}

async fn has(app: &TestApp, query: &str, name: &str) -> bool {
    names(app, query).await.iter().any(|found| found == name)
}

/// Waits until lists are read from the standby.
async fn until_close(app: &TestApp) {
    let before = reads("standby");
    until("the standby is read", || async {
        names(app, "?live=true").await;
        reads("standby") > before
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_live_and_what_a_search_finds_come_from_a_standby_that_is_close_and_else_from_the_primary() {
    let pair = Pair::start().unwrap();
    let standby = pair.standby.host();
    let app = TestApp::spawn_on(pair.primary.clone(), |config| {
        config.directory.replicas = Some(standby);
    })
    .await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let permit = app.permit(&ada.key, "n1").await;
    let _hers = app.live("n1", &permit).await;
    until_close(&app).await;
    until("what the standby has replayed is listed", || has(&app, "?live=true", "ada")).await;
    until("a search is read there too", || async {
        let before = reads("standby");
        has(&app, "?q=ada", "ada").await && reads("standby") > before
    })
    .await;

    // It has everything, and replays nothing any more: it is as far behind as there is news.
    pair.standby.execute("postgres", "SELECT pg_wal_replay_pause()").unwrap();
    let permit = app.permit(&bob.key, "n2").await;
    let _his = app.live("n2", &permit).await;
    until("who is new is listed all the same", || async {
        let before = reads("standby");
        has(&app, "?live=true", "bob").await && has(&app, "?q=bob", "bob").await && reads("standby") == before
    })
    .await;
    let (at_standby, at_primary) = (reads("standby"), reads("primary"));
    assert!(has(&app, "?live=true", "bob").await && has(&app, "?q=bob", "bob").await);
    assert_eq!(reads("standby"), at_standby, "it is left alone");
    assert!(reads("primary") > at_primary);

    pair.standby.execute("postgres", "SELECT pg_wal_replay_resume()").unwrap();
    until_close(&app).await;
    until("it has that as well", || has(&app, "?live=true", "bob")).await;

    // Commits wait for it no more; then it is away.
    pair.primary.execute("postgres", "ALTER SYSTEM SET synchronous_standby_names = ''").unwrap();
    pair.primary.execute("postgres", "SELECT pg_reload_conf()").unwrap();
    pair.standby.signal("INT").unwrap();
    let gone = std::path::Path::new(&pair.standby.host()).join("db/postmaster.pid");
    // Each of these is answered, the one in the middle of which it went too.
    until("it has stopped", || async { has(&app, "?live=true", "bob").await && !gone.exists() }).await;
    let at_standby = reads("standby");
    for _ in 0..20 {
        assert!(has(&app, "?live=true", "bob").await && has(&app, "?q=ada", "ada").await);
    }
    assert_eq!(reads("standby"), at_standby);
    app.stop().await;
}

#[tokio::test]
async fn names_that_are_none_and_a_lag_that_nobody_could_hold_are_refused() {
    let mut config = streamly_stream::Config::default();
    config.directory.replicas = Some("a,,b".into());
    config.directory.replica_lag = streamly_config::Duration::from_millis(10);
    let Err(error) = streamly_stream::Service::bind(config) else { panic!("started") };
    let streamly_http::StartError::Settings { problems, .. } = error else { panic!("{error}") };
    for key in ["directory.replicas", "directory.replica_lag"] {
        assert!(problems.iter().any(|problem| problem.contains(key)), "{key}: {problems:?}");
    }
}
