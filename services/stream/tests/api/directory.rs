//! The directory: who is listed in which order, pages while everything changes, and what a search finds.

use crate::harness::{TestApp, until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|s| s["username"].as_str().unwrap()).collect()
}

async fn found(app: &TestApp, query: &str) -> BTreeSet<String> {
    let (status, page) = app.get(query, "").await;
    assert_eq!(status, 200, "{query}: {page}");
    names(&page).into_iter().map(str::to_owned).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

/// Pages through all; between two pages `change` happens. How often each name was seen.
async fn paged(app: &TestApp, query: &str, mut change: impl FnMut(usize)) -> BTreeMap<String, u32> {
    let mut seen = BTreeMap::new();
    let (mut cursor, mut pages) = (String::new(), 0);
    loop {
        let (status, page) = app.get(&format!("{query}&cursor={cursor}"), "").await;
        assert_eq!(status, 200, "{page}");
        for name in names(&page) {
            *seen.entry(name.to_owned()).or_default() += 1;
        }
        pages += 1;
        change(pages);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert!(pages >= 4, "{pages}");
    seen
}

#[tokio::test]
async fn whoever_pages_sees_each_channel_that_stays_once_whatever_viewers_do() {
    let app = TestApp::spawn().await;
    app.crowd(120, 5).await;
    // Whoever was listed falls to the end, whoever was not rises to the top, each time others; some end, one begins.
    let change = |page: usize| {
        app.sql(&format!(
            "UPDATE broadcasts SET viewers = (abs(hashtext(id::text || '{page}')) % 1000); \
             UPDATE broadcasts SET ended_at = now(), ended_how = 'owner_ended' \
             WHERE channel_id = (SELECT id FROM channels WHERE username = 'u' || ({page} * 7))"
        ));
    };
    let seen = paged(&app, "?live=true&limit=25", change).await;
    assert!(seen.values().all(|n| *n == 1), "twice: {seen:?}");
    let ended: BTreeSet<String> = (1..=6).map(|page| format!("u{}", page * 7)).collect();
    for n in 1..=120 {
        let name = format!("u{n}");
        assert!(ended.contains(&name) || seen.contains_key(&name), "{name} stayed and was not seen");
    }
    assert!(!seen.contains_key("u121"), "offline");
    app.stop().await;
}

#[tokio::test]
async fn all_channels_are_paged_live_ones_first_and_each_once_also_who_goes_live_meanwhile() {
    let app = TestApp::spawn().await;
    app.crowd(40, 40).await;
    let first = app.get("?limit=10", "").await.1;
    assert!(["u39", "u40"].contains(&names(&first)[0]), "most watched");
    assert!(first["items"].as_array().unwrap().iter().all(|s| s["live"].is_object()));
    // Somebody of those to come later is live from the second page on.
    let change = |page: usize| {
        if page == 1 {
            app.sql(
                "WITH c AS (SELECT id FROM channels WHERE username = 'u60'), b AS (INSERT INTO broadcasts (id, channel_id, state, epoch, session_id, \
                 node_id, origin_url, msn_reserved, viewers) SELECT gen_random_uuid(), id, 'live', 1, gen_random_uuid(), 'm', 'http://n', 1024, 9999 \
                 FROM c RETURNING id, session_id, channel_id) INSERT INTO sessions (id, broadcast_id, key_id, attempt_id, epoch, node_id, remote_addr, \
                 encoder, first_msn, msn_reserved, takeover, resumed) SELECT b.session_id, b.id, k.id, gen_random_uuid(), 1, 'm', '', '', 0, 1024, \
                 false, false FROM b JOIN stream_keys k USING (channel_id)",
            );
        }
    };
    let seen = paged(&app, "?limit=15", change).await;
    assert_eq!((seen.len(), seen.values().max()), (80, Some(&1)), "{seen:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_cursor_is_good_at_another_replica_and_after_a_restart_and_none_is_made_up() {
    let app = TestApp::spawn().await;
    app.crowd(30, 0).await;
    let page = app.get("?live=true&limit=20", "").await.1;
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let other = TestApp::spawn_on(app.pg.clone(), |config| {
        config.postgres.database.clone_from(&app.database);
    })
    .await;
    let rest = other.get(&format!("?live=true&limit=20&cursor={cursor}"), "").await.1;
    assert_eq!((names(&rest).len(), &rest["next_cursor"]), (10, &Value::Null));
    let (first, rest) = (names(&page), names(&rest));
    assert!(rest.iter().all(|name| !first.contains(name)));
    // What is forgotten is told so.
    app.sql("DELETE FROM listings");
    let third = TestApp::spawn_on(app.pg.clone(), |config| {
        config.postgres.database.clone_from(&app.database);
    })
    .await;
    let answer = third.get(&format!("?live=true&cursor={cursor}"), "").await;
    assert_eq!((answer.0, &answer.1["code"]), (400, &json!("invalid_cursor")));
    for app in [third, other, app] {
        app.stop().await;
    }
}

#[tokio::test]
async fn filters_are_category_tag_and_language() {
    let app = TestApp::spawn().await;
    app.crowd(20, 5).await;
    assert_eq!(found(&app, "?limit=100&category=music").await.len(), 12);
    assert_eq!(found(&app, "?limit=100&live=true&category=Music").await.len(), 10);
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let edit = json!({"category": "retro-games", "tags": ["Speed  Run", "speed run", "日本語"], "language": "pt-br"});
    let edited = app.send("PATCH", "me", &ada.token, Some(&edit.to_string())).await.1;
    assert_eq!(
        (&edited["category"], &edited["category_slug"]),
        (&json!("Retro Games"), &json!("retro-games"))
    );
    assert_eq!((&edited["tags"], &edited["language"]), (&json!(["Speed  Run", "日本語"]), &json!("pt-BR")));
    let edit = json!({"category": "Something Else", "tags": ["speedrun"], "language": "pt", "mature": true});
    let edited = app.send("PATCH", "me", &bob.token, Some(&edit.to_string())).await.1;
    assert_eq!((&edited["category"], &edited["category_slug"]), (&json!("Something Else"), &Value::Null));
    assert_eq!(edited["mature"], true);
    for (query, expected) in [
        ("?category=Retro%20Games", set(&["ada"])),
        ("?category=retro-games", set(&["ada"])),
        ("?category=something%20else", set(&["bob"])),
        ("?category=nothing", set(&[])),
        ("?tag=SPEED%20run", set(&["ada"])),
        ("?tag=%E6%97%A5%E6%9C%AC%E8%AA%9E", set(&["ada"])),
        ("?language=pt", set(&["ada", "bob"])),
        ("?language=pt-BR", set(&["ada"])),
        ("?language=pt&tag=speedrun", set(&["bob"])),
        ("?language=pt&live=true", set(&[])),
    ] {
        assert_eq!(found(&app, query).await, expected, "{query}");
    }
    assert_eq!(app.get("?language=xx", "").await.0, 422);
    app.stop().await;
}

#[tokio::test]
async fn a_search_finds_what_was_typed_and_else_what_is_like_it() {
    let app = TestApp::spawn().await;
    app.crowd(0, 125).await;
    let (ada, bob, eve) =
        (app.streamer("ada_music").await, app.streamer("bob").await, app.streamer("eve").await);
    for (who, title, tags) in [
        (&ada, "Piano for Beginners", json!(["quiet"])),
        (&bob, "Minecraft: a castle", json!(["Café", "building"])),
        (&eve, "音楽生放送 every day", json!(["go"])),
    ] {
        let edit = json!({"title": title, "tags": tags});
        assert_eq!(app.send("PATCH", "me", &who.token, Some(&edit.to_string())).await.0, 200);
    }
    for (q, expected) in [
        ("u12", (0..=125).filter(|n| n.to_string().starts_with("12")).map(|n| format!("u{n}")).collect()),
        ("minecraft", set(&["bob"])),
        ("mincraft", set(&["bob"])),
        ("mineccraft castel", set(&["bob"])),
        ("CASTLE minecraft", set(&["bob"])),
        ("castle piano", set(&[])),
        ("cafe", set(&["bob"])),
        ("pinao", set(&["ada_music"])),
        ("ada_m", set(&["ada_music"])),
        ("music", set(&["ada_music"])),
        ("ad", set(&["ada_music"])),
        ("go", set(&["eve"])),
        ("音楽", set(&["eve"])),
        ("生放", set(&["eve"])),
        ("%", set(&[])),
        ("_", set(&[])),
        ("'; DROP TABLE channels; --", set(&[])),
    ] {
        let q: String = q.bytes().map(|b| format!("%{b:02x}")).collect();
        assert_eq!(found(&app, &format!("?limit=100&q={q}")).await, expected, "{q}");
    }
    // The name itself first.
    assert_eq!(names(&app.get("?q=u12", "").await.1)[0], "u12");
    // A search is paged like everything else.
    let seen = paged(&app, "?limit=2&q=u12", |_| {}).await;
    assert_eq!((seen.len(), seen.values().max()), (7, Some(&1)));
    // A new name is searched by.
    app.people.change(bob.id, |u| u.username = "robert".into());
    let token = app.token(bob.id, "robert", crate::harness::now());
    assert_eq!(app.get("me", &token).await.0, 200);
    assert_eq!(found(&app, "?q=robert").await, set(&["robert"]));
    app.stop().await;
}

#[tokio::test]
async fn a_short_name_is_found_with_two_letters_swapped_and_the_whole_name_before_longer_ones() {
    let app = TestApp::spawn().await;
    for name in ["mira", "mira2", "mira_plays", "maria"] {
        app.streamer(name).await;
    }
    // "mria" has a fifth of the trigrams of "mira", and three of those of "maria".
    let all = set(&["mira", "mira2", "mira_plays", "maria"]);
    assert_eq!(found(&app, "?q=mria").await, all);
    let (_, page) = app.get("?q=MRIA", "").await;
    assert_eq!((names(&page)[0], names(&page)[3]), ("mira", "maria"), "{page}");
    let seen = paged(&app, "?limit=1&q=mria", |_| {}).await;
    assert_eq!((seen.len(), seen.values().max()), (4, Some(&1)), "{seen:?}");
    assert_eq!(found(&app, "?q=imra").await, set(&["mira", "mira2", "mira_plays"]));
    // Not two errors, nor one in each of two words.
    for other in ["mrixa", "rmai", "mria%20plyas"] {
        assert_eq!(found(&app, &format!("?q={other}")).await, set(&[]), "{other}");
    }
    // Of three letters the whole name alone: "amx" begins nothing.
    for name in ["max", "max_plays"] {
        app.streamer(name).await;
    }
    assert_eq!(found(&app, "?q=amx").await, set(&["max"]));
    app.stop().await;
}

#[tokio::test]
async fn a_suspended_channel_is_not_listed() {
    let app = TestApp::spawn().await;
    app.crowd(3, 0).await;
    app.sql("UPDATE channels SET suspended = true WHERE username = 'u2'");
    for query in ["?live=true", "?limit=9", "?q=u2", "?category=music"] {
        assert!(!found(&app, query).await.contains("u2"), "{query}");
    }
    assert_eq!(found(&app, "?live=true").await.len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn an_answer_is_made_once_for_all_who_ask_within_a_moment() {
    let app = TestApp::spawn_with(|c| c.directory.fresh = streamly_config::Duration::from_secs(3600)).await;
    app.crowd(3, 0).await;
    assert_eq!(found(&app, "?live=true").await.len(), 3);
    app.crowd_ends("u2");
    assert_eq!(found(&app, "?live=true").await.len(), 3, "as a moment ago");
    assert_eq!(found(&app, "?live=true&limit=10").await.len(), 3, "what is live was read then, too");
    app.stop().await;
}

#[tokio::test]
async fn what_is_kept_of_a_channel_is_read_anew_when_anything_shown_of_it_changes() {
    let app = TestApp::spawn_with(|c| c.directory.fresh = streamly_config::Duration::from_millis(100)).await;
    app.crowd(4, 0).await;
    app.sql(
        "INSERT INTO categories (id, slug, name, name_key) VALUES ('00000000-0000-7000-8000-0000000000aa', 'goes', 'Goes', 'goes'); \
         UPDATE channels SET category_id = '00000000-0000-7000-8000-0000000000aa' WHERE username = 'u1'",
    );
    let first = async || {
        let items = app.get("?live=true", "").await.1["items"].clone();
        items.as_array().unwrap().iter().find(|item| item["username"] == "u1").cloned()
    };
    until("listed", || async { first().await.is_some_and(|u1| u1["category_slug"] == "goes") }).await;
    app.sql("UPDATE channels SET title = 'another' WHERE username = 'u1'");
    until("the channel's title", || async { first().await.is_some_and(|u1| u1["title"] == "another") }).await;
    app.sql("UPDATE categories SET slug = 'went' WHERE slug = 'goes'");
    until("its category's slug", || async { first().await.is_some_and(|u1| u1["category_slug"] == "went") })
        .await;
    app.sql("UPDATE broadcasts SET still = 7");
    let still = |u1: Value| u1["live"]["still_url"].as_str().is_some_and(|url| url.ends_with("/7.jpg"));
    until("its broadcast's still", || async { first().await.is_some_and(still) }).await;
    app.sql("UPDATE channels SET suspended = true WHERE username = 'u1'");
    until("it is not listed", || async { first().await.is_none() }).await;
    app.stop().await;
}

#[tokio::test]
async fn ten_thousand_live_channels_are_searched_and_paged_within_bounds() {
    let app = TestApp::spawn().await;
    app.sql(
        "INSERT INTO channels (id, owner_id, username, display_name, title, category, search, tag_keys) \
         SELECT gen_random_uuid(), gen_random_uuid(), 'user' || n, 'User' || n, 'the title ' || md5(n::text), 'Games', \
         'user' || n || ' the title ' || md5(n::text), ARRAY['t' || n % 100] FROM generate_series(1, 10000) n; \
         INSERT INTO stream_keys (id, channel_id, name) SELECT gen_random_uuid(), id, 'k' FROM channels; \
         INSERT INTO broadcasts (id, channel_id, state, epoch, session_id, node_id, origin_url, msn_reserved, viewers, ended_at) \
         SELECT gen_random_uuid(), id, 'live', 1, gen_random_uuid(), 'n', 'http://n', 1024, substr(username, 5)::int, NULL FROM channels; \
         INSERT INTO sessions (id, broadcast_id, key_id, attempt_id, epoch, node_id, remote_addr, encoder, first_msn, \
         msn_reserved, takeover, resumed) SELECT b.session_id, b.id, k.id, gen_random_uuid(), 1, 'n', '', '', 0, 1024, false, false \
         FROM broadcasts b JOIN stream_keys k USING (channel_id); ANALYZE",
    );
    for query in [
        "?live=true",
        "?live=true&tag=t7",
        "?q=the",
        "?q=titel",
        "?live=true&q=user77",
        "?q=usre77",
        "?limit=100",
    ] {
        let begun = Instant::now();
        assert!(!found(&app, query).await.is_empty(), "{query}");
        eprintln!("{query}: {:?}", begun.elapsed());
        // A bound for what hangs, on a machine that does much else: all that is live is read anew for each here, by a debug build.
        assert!(begun.elapsed() < Duration::from_secs(60), "{query}: {:?}", begun.elapsed());
    }
    app.stop().await;
}
