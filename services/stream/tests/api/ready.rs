//! A permit finds its statements prepared on whatever connection it gets, by what the real PostgreSQL was asked.

use crate::harness::TestApp;
use std::collections::{BTreeSet, HashMap};
use streamly_proto::stream::v1::authorize_response::Outcome;
use streamly_testkit::postgres::Postgres;

/// The server writes each step of a statement, and on which connection.
const SETTINGS: [&str; 3] = [
    "ALTER SYSTEM SET log_min_duration_statement = 0",
    "ALTER SYSTEM SET log_line_prefix = 'by %p '",
    "SELECT pg_reload_conf()",
];

/// "by PID LOG:  duration: 0.1 ms  execute s7: SELECT …" as PID, "execute" and the text. Others: "parse s7", "statement".
fn step(line: &str) -> Option<(&str, &str, &str)> {
    let (pid, said) = line.strip_prefix("by ")?.split_once(' ')?;
    let (how, text) = said.split_once(" ms  ")?.1.split_once(": ")?;
    Some((pid, how.split(' ').next()?, text))
}

/// What was asked in transactions that opened a broadcast, and where keys are looked up.
fn asked_for_permits(log: &str) -> BTreeSet<&str> {
    let (mut begun, mut all) = (HashMap::<_, Vec<&str>>::new(), BTreeSet::new());
    for (pid, how, text) in log.lines().filter_map(step) {
        match (how, text) {
            ("statement", "COMMIT") => {
                let texts = begun.remove(pid).unwrap_or_default();
                if texts.iter().any(|text| text.starts_with("INSERT INTO broadcasts")) {
                    all.extend(texts);
                }
            }
            ("statement", "BEGIN") => _ = begun.insert(pid, Vec::new()),
            ("execute", text) if text.contains("key_secrets") => _ = all.insert(text),
            ("execute", text) => begun.entry(pid).or_default().push(text),
            _ => {}
        }
    }
    all
}

#[tokio::test]
async fn the_first_permits_prepare_nothing_whichever_connections_they_get() {
    let app = TestApp::spawn_on(Postgres::start().unwrap(), |_| {}).await;
    let mut streamers = Vec::new();
    for n in 0..8 {
        streamers.push(app.streamer(&format!("ada{n}")).await);
    }
    SETTINGS.iter().for_each(|sql| app.sql(sql));
    let attempts = streamers.iter().map(|who| app.authorize(app.attempt(&who.key, "n1", "n1:1")));
    for answer in futures_util::future::join_all(attempts).await {
        assert!(matches!(answer, Ok(Outcome::Permit(_))), "{answer:?}");
    }
    let log = app.pg.log();
    let asked = asked_for_permits(&log);
    assert!(asked.len() >= 10, "{asked:#?}\n{log}");
    // A connection that is new has all of them before anything else is asked.
    let (mut used, mut late) = (BTreeSet::new(), Vec::new());
    for (pid, how, text) in log.lines().filter_map(step) {
        match how {
            "parse" if used.contains(pid) && asked.contains(text) => late.push(text),
            "parse" => {}
            _ => _ = used.insert(pid),
        }
    }
    assert_eq!(late, Vec::<&str>::new());
    app.stop().await;
}
