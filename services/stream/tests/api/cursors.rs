//! Cursors of the directory under whatever happens, and whatever somebody sends for one; and that one caller keeps nobody from searching.

use crate::harness::{TestApp, until};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// Live channels at the beginning, and others.
const LIVE: u32 = 60;
const OTHERS: u32 = 20;

/// What happens between two pages.
#[derive(Debug, Clone)]
enum Change {
    /// Everybody's viewers are others.
    Viewers(u32),
    Ends(u32),
    /// One of the others goes live, watched by more than anybody.
    Begins(u32),
    Renamed(u32),
    Retitled(u32),
}

fn change() -> impl Strategy<Value = Change> {
    let live = 1..=LIVE;
    let others = LIVE + 1..=LIVE + OTHERS;
    prop_oneof![
        any::<u32>().prop_map(Change::Viewers),
        live.clone().prop_map(Change::Ends),
        others.prop_map(Change::Begins),
        live.clone().prop_map(Change::Renamed),
        live.prop_map(Change::Retitled),
    ]
}

impl Change {
    /// Channels are meant by the number that their first name had, which their display name keeps.
    fn sql(&self) -> String {
        let whose = |n: &u32| format!("WHERE display_name = 'U{n}'");
        match self {
            Self::Viewers(seed) => {
                format!("UPDATE broadcasts SET viewers = abs(hashtext(id::text || '{seed}')) % 1000")
            }
            Self::Ends(n) => format!(
                "UPDATE broadcasts SET ended_at = now(), ended_how = 'owner_ended' WHERE ended_at IS NULL \
                 AND channel_id = (SELECT id FROM channels {})",
                whose(n)
            ),
            Self::Begins(n) => format!(
                "WITH c AS (SELECT id FROM channels {} AND NOT EXISTS (SELECT 1 FROM broadcasts WHERE channel_id = channels.id AND ended_at IS NULL)), \
                 b AS (INSERT INTO broadcasts (id, channel_id, state, epoch, session_id, node_id, origin_url, msn_reserved, viewers) \
                 SELECT gen_random_uuid(), id, 'live', 1, gen_random_uuid(), 'm', 'http://n', 1024, 9999 FROM c RETURNING id, session_id, channel_id) \
                 INSERT INTO sessions (id, broadcast_id, key_id, attempt_id, epoch, node_id, remote_addr, encoder, first_msn, msn_reserved, \
                 takeover, resumed) SELECT b.session_id, b.id, k.id, gen_random_uuid(), 1, 'm', '', '', 0, 1024, false, false \
                 FROM b JOIN stream_keys k USING (channel_id)",
                whose(n)
            ),
            Self::Renamed(n) => {
                format!("UPDATE channels SET username = 'v{n}', search = 'v{n}' {}", whose(n))
            }
            Self::Retitled(n) => format!("UPDATE channels SET title = title || '!' {}", whose(n)),
        }
    }
}

/// Pages through all; how often each channel was seen, by its number.
async fn paged(app: &TestApp, query: &str, changes: &[Vec<Change>]) -> BTreeMap<u32, u32> {
    let (mut seen, mut cursor) = (BTreeMap::new(), String::new());
    for page in 0.. {
        let (status, answer) = app.get(&format!("{query}&cursor={cursor}"), "").await;
        assert_eq!(status, 200, "{answer}");
        for item in answer["items"].as_array().unwrap() {
            let number = item["display_name"].as_str().unwrap()[1..].parse().unwrap();
            *seen.entry(number).or_default() += 1;
        }
        for change in changes.get(page).into_iter().flatten() {
            app.sql(&change.sql());
        }
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    seen
}

#[tokio::test]
async fn whatever_happens_meanwhile_whoever_pages_on_sees_each_channel_that_stays_once_and_none_twice() {
    let mut runner = TestRunner::new(Config::default());
    let changes = proptest::collection::vec(proptest::collection::vec(change(), 0..4), 4..8);
    for (query, all) in [("?live=true&limit=9", LIVE), ("?limit=13", LIVE + OTHERS)] {
        for _ in 0..4 {
            let app = TestApp::spawn().await;
            app.crowd(LIVE, OTHERS).await;
            let changes = changes.new_tree(&mut runner).unwrap().current();
            let seen = paged(&app, query, &changes).await;
            let happened = format!("{query}: {seen:?} after {changes:?}");
            assert!(seen.values().all(|times| *times == 1), "twice: {happened}");
            // Where all are listed, a channel that ends is one that stays.
            let left: BTreeSet<u32> = changes
                .iter()
                .flatten()
                .filter_map(|change| match change {
                    Change::Ends(n) if all == LIVE => Some(*n),
                    _ => None,
                })
                .collect();
            for n in (1..=all).filter(|n| !left.contains(n)) {
                assert!(seen.contains_key(&n), "{n} stayed and was not seen: {happened}");
            }
            app.stop().await;
        }
    }
}

/// Texts that look more or less like a cursor.
fn garbage(real: &str) -> impl Strategy<Value = String> + use<> {
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(real).unwrap()).unwrap();
    let changed = (0..plain.len(), any::<char>()).prop_map({
        let plain = plain.clone();
        move |(at, by)| {
            let text: String = plain.char_indices().map(|(n, c)| if n == at { by } else { c }).collect();
            URL_SAFE_NO_PAD.encode(text)
        }
    });
    let shape = "[12]:[loeax]:[0-9a-f]{30,33}:(|-?[0-9]{1,25}|[0-9a-f-]{36})";
    prop_oneof![
        "\\PC{1,60}",
        "[A-Za-z0-9_-]{1,120}",
        shape.prop_map(|text| URL_SAFE_NO_PAD.encode(text)),
        changed,
        // None at all is no cursor, but the first page.
        (1..real.len()).prop_map({
            let real = real.to_owned();
            move |length| real[..length].to_owned()
        }),
        proptest::collection::vec(any::<u8>(), 1..60).prop_map(|bytes| URL_SAFE_NO_PAD.encode(bytes)),
    ]
}

#[tokio::test]
async fn whatever_is_sent_for_a_cursor_is_told_to_be_none_and_breaks_nothing() {
    let app = TestApp::spawn().await;
    app.crowd(LIVE, OTHERS).await;
    let first = app.get("?limit=10", "").await.1;
    let real = first["next_cursor"].as_str().unwrap().to_owned();
    let mut runner = TestRunner::new(Config::default());
    let garbage = garbage(&real);
    let fixed = [
        "2:l:00112233445566778899aabbccddeeff:0",
        "2:l:00112233445566778899aabbccddeeff:18446744073709551615",
        "2:o:00112233445566778899aabbccddeeff:",
        "2:e:2147483647:00000000-0000-0000-0000-000000000000",
        "2:a:-2147483648:ffffffff-ffff-ffff-ffff-ffffffffffff",
    ]
    .map(|text| URL_SAFE_NO_PAD.encode(text));
    let made = (0..150).map(|_| garbage.new_tree(&mut runner).unwrap().current());
    for cursor in fixed.into_iter().chain(made) {
        let sent: String = cursor.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for query in ["?live=true", "?limit=5", "?q=u1"] {
            let (status, answer) = app.get(&format!("{query}&cursor={sent}"), "").await;
            // A changed place in a real list, or after a match, is a place; no cursor at all is the first page.
            let is_known = status == 200 && answer["items"].is_array();
            assert!(is_known || [400, 422].contains(&status), "{query} {cursor:?}: {status} {answer}");
            let is_ours = String::from_utf8(URL_SAFE_NO_PAD.decode(&cursor).unwrap_or_default())
                .is_ok_and(|text| text.starts_with("2:"));
            assert!(is_ours || status == 400, "{query} {cursor:?}: {status} {answer}");
        }
    }
    app.stop().await;
}

/// Whether a condition of SQL is true.
async fn holds(app: &TestApp, condition: &str) -> bool {
    let (pg, database) = (app.pg.clone(), app.database.clone());
    let sql = format!("SELECT 1 / ({condition})::int");
    tokio::task::spawn_blocking(move || pg.execute(&database, &sql)).await.unwrap().is_ok()
}

async fn asks(app: &TestApp, who: &str, query: &str) -> (u16, Value) {
    let request = app.http.get(app.url(query)).header("x-forwarded-for", who);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn who_searches_for_what_is_slow_keeps_nobody_else_from_lists_and_is_told_to_wait() {
    // An answer is kept here, so that lists need nothing of the database that hangs.
    let app = Arc::new(
        TestApp::spawn_with(|config| {
            config.directory.fresh = streamly_config::Duration::from_secs(3600);
            config.directory.searches_of_one = 3;
        })
        .await,
    );
    app.crowd(5, 0).await;
    assert_eq!(app.get("?live=true", "").await.1["items"].as_array().unwrap().len(), 5);
    let (pg, database) = (app.pg.clone(), app.database.clone());
    let lock = "BEGIN; LOCK TABLE channels; SELECT pg_sleep(5); COMMIT";
    let lock = tokio::task::spawn_blocking(move || pg.execute(&database, lock));
    let is_locked = "(SELECT count(*) FROM pg_locks WHERE relation = 'channels'::regclass AND mode = 'AccessExclusiveLock' AND granted) = 1";
    until("locked", || holds(&app, is_locked)).await;
    let many = (0..6).map(|n| {
        let app = app.clone();
        async move { asks(&app, "192.0.2.1", &format!("?q=slow{n}")).await.0 }
    });
    let other = async {
        let other = asks(&app, "192.0.2.2", "?q=other").await.0;
        let listed = app.get("?live=true&limit=4", "").await.0;
        (other, listed)
    };
    let (told, (other, listed)) = tokio::join!(futures_util::future::join_all(many), other);
    let of = |status: u16| told.iter().filter(|told| **told == status).count();
    assert_eq!((of(429), of(503)), (3, 3), "{told:?}");
    assert_eq!((other, listed), (503, 200), "the other one had a turn, whose statement then hung");
    lock.await.unwrap().unwrap();
    until("searched", || async { asks(&app, "192.0.2.1", "?q=u1").await.0 == 200 }).await;
}

#[tokio::test]
async fn nobody_waits_while_what_is_live_is_read_anew() {
    let fresh = Duration::from_millis(200);
    let app = Arc::new(
        TestApp::spawn_with(|c| c.directory.fresh = streamly_config::Duration::from_millis(200)).await,
    );
    app.crowd(5, 0).await;
    assert_eq!(app.get("?live=true", "").await.1["items"].as_array().unwrap().len(), 5);
    let known = Instant::now();
    let (pg, database) = (app.pg.clone(), app.database.clone());
    let lock = "BEGIN; LOCK TABLE broadcasts; SELECT pg_sleep(5); COMMIT";
    let lock = tokio::task::spawn_blocking(move || pg.execute(&database, lock));
    let is_locked = "(SELECT count(*) FROM pg_locks WHERE relation = 'broadcasts'::regclass AND mode = 'AccessExclusiveLock' AND granted) = 1";
    until("locked", || holds(&app, is_locked)).await;
    // What is known is not fresh by then, and cannot be read. Nobody asked for that page yet.
    tokio::time::sleep(fresh.saturating_sub(known.elapsed())).await;
    let (status, page) = app.get("?live=true&limit=4", "").await;
    assert_eq!((status, page["items"].as_array().map(Vec::len)), (200, Some(4)), "{page}");
    lock.await.unwrap().unwrap();
    app.sql("UPDATE broadcasts SET ended_at = now(), ended_how = 'owner_ended'");
    until("read anew", || async { app.get("?live=true", "").await.1["items"] == json!([]) }).await;
}

#[tokio::test]
async fn only_so_many_orders_are_stored_and_their_cursors_are_good_here_all_the_same() {
    let app = TestApp::spawn_with(|config| config.directory.stored_per_second = 0).await;
    app.crowd(30, 0).await;
    let mut cursors = Vec::new();
    for n in 0..30 {
        app.sql(&Change::Viewers(n).sql());
        let page = app.get("?live=true&limit=10", "").await.1;
        cursors.push(page["next_cursor"].as_str().unwrap().to_owned());
    }
    // As many as may be at once.
    assert!(holds(&app, "(SELECT count(*) FROM listings) = 20").await);
    for cursor in cursors {
        let page = app.get(&format!("?live=true&limit=10&cursor={cursor}"), "").await;
        assert_eq!(page.0, 200, "{}", page.1);
    }
    app.stop().await;
}
