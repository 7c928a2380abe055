//! Categories: the set to begin with, who keeps them, and links that stay good.

use crate::harness::{Streamer, TestApp, until};
use serde_json::{Value, json};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

async fn slugs(app: &TestApp) -> Vec<String> {
    let list = app.get("/api/categories", "").await.1;
    list["items"].as_array().unwrap().iter().map(|c| c["slug"].as_str().unwrap().to_owned()).collect()
}

async fn choose(app: &TestApp, who: &Streamer, category: &str) {
    let edit = json!({"category": category}).to_string();
    assert_eq!(app.send("PATCH", "me", &who.token, Some(&edit)).await.0, 200);
}

fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(40, 30, image::Rgb([200, 30, 90]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn a_platform_begins_with_categories_once_and_counts_what_is_live() {
    let app = TestApp::spawn().await;
    app.crowd(6, 3).await;
    let list = app.get("/api/categories", "").await.1;
    let items = list["items"].as_array().unwrap();
    assert!(items.len() >= 30, "{}", items.len());
    let counted = |slug: &str| {
        let c = items.iter().find(|c| c["slug"] == slug).unwrap();
        (c["live_channels"].as_u64().unwrap(), c["viewers"].as_u64().unwrap())
    };
    assert_eq!((counted("music"), counted("games"), counted("art")), ((3, 3), (3, 2), (0, 0)));
    assert!(["music", "games"].contains(&items[0]["slug"].as_str().unwrap()), "most watched first");
    // Who removes one has it removed for good.
    let (_, token) = app.admin("root1");
    assert_eq!(app.send("DELETE", "/api/admin/categories/chess", &token, None).await.0, 204);
    let again = TestApp::spawn_on(app.pg.clone(), |c| c.postgres.database.clone_from(&app.database)).await;
    assert!(!slugs(&again).await.contains(&"chess".to_owned()));
    again.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn a_list_that_was_being_read_while_they_changed_is_not_kept() {
    let app = TestApp::spawn_with(|c| c.directory.fresh = streamly_config::Duration::from_secs(3600)).await;
    let (_, token) = app.admin("root1");
    let pool = app.pool(2);
    let (db, look) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    db.batch_execute("BEGIN; LOCK TABLE broadcasts").await.unwrap();
    let changing = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' \
                       AND query LIKE 'SELECT c.category_id,%'";
        until("it has read the categories, and waits for what is live", || async {
            look.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0
        })
        .await;
        // Duties that wait for the same table may have all connections: then it is refused for now, and nothing is done.
        until("one is added", || async {
            let name = Some(r#"{"name":"Kites"}"#);
            let (status, said) = app.send("POST", "/api/admin/categories", &token, name).await;
            assert!([201, 503].contains(&status), "{status} {said}");
            status == 201
        })
        .await;
        db.batch_execute("COMMIT").await.unwrap();
    };
    let (before, ()) = tokio::join!(slugs(&app), changing);
    assert!(!before.contains(&"kites".to_owned()), "it was read before");
    assert!(slugs(&app).await.contains(&"kites".to_owned()), "the one after it is new");
    app.stop().await;
}

#[tokio::test]
async fn only_admins_keep_categories() {
    let app = TestApp::spawn().await;
    let (_, user) = app.person("ada");
    let (moderator, token) = app.person("mod");
    app.people.change(moderator, |u| u.platform_role = "moderator".into());
    let (former, suspended) = app.admin("eve");
    app.people.change(former, |u| u.suspended = true);
    let before = slugs(&app).await;
    for (method, path, body) in [
        ("POST", "/api/admin/categories", Some(r#"{"name":"New One"}"#)),
        ("GET", "/api/admin/categories", None),
        ("PATCH", "/api/admin/categories/music", Some(r#"{"name":"Noise"}"#)),
        ("POST", "/api/admin/categories/music/merge", Some(r#"{"into":"art"}"#)),
        ("DELETE", "/api/admin/categories/music", None),
        ("PUT", "/api/admin/categories/music/picture", None),
        ("DELETE", "/api/admin/categories/music/picture", None),
    ] {
        for token in [&user, &token, &suspended] {
            assert_eq!(
                code(&app.send(method, path, token, body).await),
                (403, "forbidden"),
                "{method} {path}"
            );
        }
        assert_eq!(
            code(&app.send(method, path, "", body).await),
            (401, "unauthenticated"),
            "{method} {path}"
        );
    }
    assert_eq!(slugs(&app).await, before);
    app.stop().await;
}

#[tokio::test]
async fn a_renamed_category_keeps_its_channels_and_its_old_address_leads_to_it() {
    let app = TestApp::spawn().await;
    let (_, admin) = app.admin("root1");
    let ada = app.streamer("ada").await;
    choose(&app, &ada, "retro-games").await;
    let edit = r#"{"name":"Classic Games","slug":"classics","description":"From before 2000"}"#;
    let edited = app.send("PATCH", "/api/admin/categories/retro-games", &admin, Some(edit)).await;
    assert_eq!(
        (edited.0, &edited.1["name"], &edited.1["slug"]),
        (200, &json!("Classic Games"), &json!("classics"))
    );
    let stream = app.get("ada", "").await.1;
    assert_eq!(
        (&stream["category"], &stream["category_slug"]),
        (&json!("Classic Games"), &json!("classics"))
    );
    for query in ["?category=retro-games", "?category=classics", "?category=classic%20games", "?q=classic"] {
        assert_eq!(app.get(query, "").await.1["items"].as_array().unwrap().len(), 1, "{query}");
    }
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let old = plain.get(app.url("/api/categories/retro-games")).send().await.unwrap();
    assert_eq!(
        (old.status().as_u16(), &old.headers()["location"]),
        (308, &"/api/categories/classics".parse().unwrap())
    );
    assert_eq!(app.get("/api/categories/retro-games", "").await.1["name"], "Classic Games");
    // Back to what it was: no circle.
    let back =
        app.send("PATCH", "/api/admin/categories/classics", &admin, Some(r#"{"slug":"retro-games"}"#)).await;
    assert_eq!(back.0, 200);
    let now = plain.get(app.url("/api/categories/retro-games")).send().await.unwrap();
    assert_eq!(now.status().as_u16(), 200);
    assert_eq!(code(&app.get("/api/categories/nothing", "").await), (404, "category_not_found"));
    app.stop().await;
}

#[tokio::test]
async fn a_merged_category_gives_its_channels_and_all_its_addresses() {
    let app = TestApp::spawn().await;
    let (_, admin) = app.admin("root1");
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    choose(&app, &ada, "Chess").await;
    choose(&app, &bob, "Board Games").await;
    let rename =
        app.send("PATCH", "/api/admin/categories/chess", &admin, Some(r#"{"slug":"royal-game"}"#)).await;
    assert_eq!(rename.0, 200);
    let merged =
        app.post("/api/admin/categories/royal-game/merge", &admin, r#"{"into":"board-games"}"#).await;
    assert_eq!((merged.0, &merged.1["slug"]), (200, &json!("board-games")));
    for slug in ["chess", "royal-game", "board-games"] {
        assert_eq!(app.get(&format!("/api/categories/{slug}"), "").await.1["slug"], "board-games", "{slug}");
        assert_eq!(
            app.get(&format!("?category={slug}"), "").await.1["items"].as_array().unwrap().len(),
            2,
            "{slug}"
        );
    }
    assert_eq!(app.get("ada", "").await.1["category"], "Board Games");
    let own = app.post("/api/admin/categories/chess/merge", &admin, r#"{"into":"board-games"}"#).await;
    assert_eq!(code(&own), (422, "validation_failed"), "into itself");
    let removed = app.send("DELETE", "/api/admin/categories/board-games", &admin, None).await;
    assert_eq!(removed.0, 204);
    let stream = app.get("ada", "").await.1;
    assert_eq!((&stream["category"], &stream["category_slug"]), (&json!(""), &Value::Null));
    let acts = app.get("/api/admin/categories", &admin).await.1;
    let acts: Vec<_> = acts["items"].as_array().unwrap().iter().map(|a| a["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["remove", "merge", "change"]);
    app.stop().await;
}

#[tokio::test]
async fn what_was_done_to_categories_is_paged_each_act_once() {
    let app = TestApp::spawn().await;
    let (_, admin) = app.admin("root1");
    // Times in their ids, as the service makes them.
    let fill = |from: u32, to: u32| {
        app.sql(&format!(
            "INSERT INTO category_acts (id, actor_id, actor_name, act, slug) SELECT \
             ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, gen_random_uuid(), 'root1', 'change', 's' || n \
             FROM generate_series({from}, {to}) n"
        ));
    };
    let page = async |cursor: &str| {
        let (status, page) = app.get(&format!("/api/admin/categories?cursor={cursor}"), &admin).await;
        assert_eq!(status, 200, "{page}");
        let slugs = page["items"].as_array().unwrap().iter().map(|a| a["slug"].as_str().unwrap().to_owned());
        (slugs.collect::<Vec<_>>(), page["next_cursor"].clone())
    };
    fill(1, 100);
    let (all, next) = page("").await;
    assert_eq!((all.len(), &next), (100, &Value::Null), "all on one page");
    fill(101, 230);
    let (mut seen, mut next) = page("").await;
    // What is done meanwhile is on no later page.
    fill(231, 231);
    while let Some(cursor) = next.as_str() {
        let (more, after) = page(cursor).await;
        seen.extend(more);
        next = after;
    }
    let expected: Vec<_> = (1..=230).rev().map(|n| format!("s{n}")).collect();
    assert_eq!(seen, expected);
    for wrong in ["x", "Mg"] {
        let refused = app.get(&format!("/api/admin/categories?cursor={wrong}"), &admin).await;
        assert_eq!(code(&refused), (400, "invalid_cursor"), "{wrong}");
    }
    app.stop().await;
}

#[tokio::test]
async fn names_that_look_alike_and_slugs_that_are_taken_or_reserved_are_refused() {
    let app = TestApp::spawn().await;
    let (_, admin) = app.admin("root1");
    let made = app.post("/api/admin/categories", &admin, r#"{"name":" Knitting & Sewing "}"#).await;
    assert_eq!(
        (made.0, &made.1["slug"], &made.1["name"]),
        (201, &json!("knitting-sewing"), &json!("Knitting & Sewing"))
    );
    for (body, status, name) in [
        (json!({"name": "KNITTING & SEWING"}), 409, "category_taken"),
        (json!({"name": "Mus\u{456}c"}), 409, "category_taken"),
        (json!({"name": "Other", "slug": "music"}), 409, "category_taken"),
        (json!({"name": "New"}), 422, "validation_failed"),
        (json!({"name": "音楽"}), 422, "validation_failed"),
        (json!({"name": "!!!"}), 422, "validation_failed"),
        (json!({"name": "x".repeat(61)}), 422, "validation_failed"),
        (json!({"name": "a\nb"}), 422, "validation_failed"),
        (json!({"name": "Fine", "slug": "../etc"}), 422, "validation_failed"),
        (json!({"name": "Fine", "description": "x".repeat(301)}), 422, "validation_failed"),
    ] {
        assert_eq!(
            code(&app.post("/api/admin/categories", &admin, &body.to_string()).await),
            (status, name),
            "{body}"
        );
    }
    let japanese = app
        .post("/api/admin/categories", &admin, &json!({"name": "音楽", "slug": "ongaku"}).to_string())
        .await;
    assert_eq!(japanese.0, 201);
    let taken = app.send("PATCH", "/api/admin/categories/ongaku", &admin, Some(r#"{"name":"music"}"#)).await;
    assert_eq!(code(&taken), (409, "category_taken"));
    let html = json!({"name": "<script>alert(1)</script>", "slug": "html"}).to_string();
    assert_eq!(
        app.post("/api/admin/categories", &admin, &html).await.1["name"],
        "<script>alert(1)</script>",
        "text is text"
    );
    app.stop().await;
}

#[tokio::test]
async fn as_many_categories_as_may_be() {
    let app = TestApp::spawn_with(|c| c.max_categories = 37).await;
    let (_, admin) = app.admin("root1");
    let answers = async |name: &str| {
        let body = json!({"name": name}).to_string();
        app.post("/api/admin/categories", &admin, &body).await
    };
    assert_eq!(answers("First More").await.0, 201);
    assert_eq!(code(&answers("Second More").await), (409, "too_many_categories"));
    app.stop().await;
}

#[tokio::test]
async fn a_category_gets_a_picture_and_loses_the_former_one() {
    let app = TestApp::spawn().await;
    let (_, admin) = app.admin("root1");
    let put = app.upload("PUT", "/api/admin/categories/music/picture", &admin, png()).await;
    assert_eq!(put.0, 200, "{}", put.1);
    let url = put.1["picture_url"].as_str().unwrap().to_owned();
    assert_eq!(app.http.get(app.url(&url)).send().await.unwrap().status(), 200);
    let gone = app.send("DELETE", "/api/admin/categories/music/picture", &admin, None).await;
    assert_eq!((gone.0, &gone.1["picture_url"]), (200, &Value::Null));
    assert_eq!(app.http.get(app.url(&url)).send().await.unwrap().status(), 404);
    let html = b"<svg onload=alert(1)>".to_vec();
    assert_eq!(
        code(&app.upload("PUT", "/api/admin/categories/music/picture", &admin, html).await),
        (422, "invalid_picture")
    );
    app.stop().await;
}

#[tokio::test]
async fn what_was_uploaded_for_a_category_and_came_to_nothing_goes_and_what_is_shown_stays() {
    let app = TestApp::spawn_with(|c| c.pictures.unused = streamly_config::Duration::from_secs(3)).await;
    let (_, admin) = app.admin("root1");
    let files = || std::fs::read_dir(app.pictures.path().join("channels")).map_or(0, Iterator::count);
    let put = app.upload("PUT", "/api/admin/categories/music/picture", &admin, png()).await;
    assert_eq!(put.0, 200, "{}", put.1);
    // Broken off after the bytes were kept, as it was noted before them: here because there is no such category.
    let other = {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_pixel(40, 40, image::Rgb([9, 99, 199]));
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let refused = app.upload("PUT", "/api/admin/categories/nothing-like-it/picture", &admin, other).await;
    assert_eq!(code(&refused), (404, "category_not_found"));
    assert_eq!(files(), 2);
    crate::harness::until("swept", || async { files() == 1 }).await;
    let url = put.1["picture_url"].as_str().unwrap().to_owned();
    assert_eq!(app.http.get(app.url(&url)).send().await.unwrap().status(), 200);
    // The file goes first: what is noted is looked for again.
    let none = "SELECT 1 / (count(*) = 0)::int FROM cover_uploads";
    crate::harness::until("nothing is noted", || async { app.pg.execute(&app.database, none).is_ok() }).await;
    app.stop().await;
}
