//! Profiles: bio, links, panels and pictures; and what bad uploads come to.

use crate::harness::TestApp;
use serde_json::{Value, json};
use std::io::Cursor;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

fn png(width: u32, height: u32, red: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture =
        image::RgbImage::from_fn(width, height, |x, y| image::Rgb([red, (x % 256) as u8, (y % 256) as u8]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Files in storage.
fn kept(app: &TestApp) -> usize {
    std::fs::read_dir(app.pictures.path().join("channels")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_channel_says_what_it_is_in_plain_texts() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let nothing = app.get("ada/about", "").await;
    assert_eq!((nothing.0, &nothing.1["bio"], &nothing.1["panels"]), (200, &json!(""), &json!([])));
    let picture = app.upload("POST", "me/pictures", &ada.token, png(900, 300, 9)).await;
    assert_eq!((picture.0, &picture.1["width"], &picture.1["height"]), (201, &json!(800), &json!(267)));
    let script = "<script>alert('x')</script>'; DROP TABLE channels; --";
    let edit = json!({
        "bio": format!("First line\r\n{script}"),
        "links": [{"title": script, "url": "https://example.org/?a='b"}],
        "panels": [{"title": "Rules", "text": "Be kind", "picture": picture.1["id"]}, {"text": script, "url": "https://example.org"}],
    });
    let edited = app.send("PATCH", "me", &ada.token, Some(&edit.to_string())).await;
    assert_eq!(edited.0, 200, "{}", edited.1);
    let about = app.get("ada/about", "").await.1;
    assert_eq!(about["bio"], format!("First line\n{script}"));
    assert_eq!(about["links"], json!([{"title": script, "url": "https://example.org/?a='b"}]));
    assert_eq!(
        (&about["panels"][0]["picture_url"], &about["panels"][0]["width"]),
        (&picture.1["url"], &json!(800))
    );
    assert_eq!(
        (&about["panels"][1]["text"], &about["panels"][1]["picture_url"]),
        (&json!(script), &Value::Null)
    );
    // Fields left out stay; another's call changes nothing here.
    let bob = app.streamer("bob").await;
    for token in [&ada.token, &bob.token] {
        assert_eq!(app.send("PATCH", "me", token, Some(r#"{"title":"x"}"#)).await.0, 200);
    }
    assert_eq!(app.get("ada/about", "").await.1, about);
    assert_eq!(app.get("bob/about", "").await.1["bio"], "");
    assert_eq!(code(&app.get("nobody/about", "").await), (404, "channel_not_found"));
    for (edit, field) in [
        (json!({"bio": "x".repeat(501)}), "bio"),
        (json!({"bio": "a\u{0}b"}), "bio"),
        (json!({"links": [{"title": "x", "url": "javascript:alert(1)"}]}), "links.0.url"),
        (json!({"links": vec![json!({"title": "x", "url": "https://a.b"}); 6]}), "links"),
        (json!({"panels": vec![json!({"title": "x"}); 11]}), "panels"),
        (json!({"panels": [{}]}), "panels.0"),
        (json!({"panels": [{"title": "x", "url": "data:text/html,x"}]}), "panels.0.url"),
        (json!({"language": "Klingon"}), "language"),
    ] {
        let answer = app.send("PATCH", "me", &ada.token, Some(&edit.to_string())).await;
        assert_eq!(
            (code(&answer), &answer.1["errors"][0]["field"]),
            ((422, "validation_failed"), &json!(field)),
            "{edit}"
        );
    }
    for edit in [
        json!({"links": "x"}),
        json!({"panels": [7]}),
        json!({"mature": "yes"}),
        json!({"links": [{"title": "x"}]}),
    ] {
        assert_eq!(
            code(&app.send("PATCH", "me", &ada.token, Some(&edit.to_string())).await),
            (422, "validation_failed"),
            "{edit}"
        );
    }
    assert_eq!(app.get("ada/about", "").await.1, about);
    app.stop().await;
}

#[tokio::test]
async fn nobody_shows_a_picture_that_somebody_else_uploaded() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let id = app.upload("POST", "me/pictures", &ada.token, png(50, 50, 1)).await.1["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for picture in [id.as_str(), "00000000000000000000000000000000.webp", "../../etc/passwd", "x"] {
        let edit = json!({"panels": [{"title": "x", "picture": picture}]}).to_string();
        let answer = app.send("PATCH", "me", &bob.token, Some(&edit)).await;
        assert_eq!(
            (code(&answer), &answer.1["errors"][0]["field"]),
            ((422, "validation_failed"), &json!("panels.0.picture"))
        );
    }
    let edit = json!({"panels": [{"title": "x", "picture": id}]}).to_string();
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(&edit)).await.0, 200);
    for (method, path) in [("PUT", "me/avatar"), ("PUT", "me/banner"), ("POST", "me/pictures")] {
        assert_eq!(code(&app.upload(method, path, "no-token", png(9, 9, 1)).await), (401, "unauthenticated"));
    }
    app.stop().await;
}

#[tokio::test]
async fn pictures_are_made_anew_and_given_out_for_ever_as_nothing_but_pictures() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let avatar = app.upload("PUT", "me/avatar", &ada.token, png(700, 400, 3)).await;
    assert_eq!(
        (avatar.0, &avatar.1["width"], &avatar.1["height"]),
        (200, &json!(256), &json!(256)),
        "{}",
        avatar.1
    );
    let banner = app.upload("PUT", "me/banner", &ada.token, png(2000, 500, 3)).await;
    assert_eq!((banner.0, &banner.1["width"], &banner.1["height"]), (200, &json!(1600), &json!(400)));
    assert_eq!(app.get("ada", "").await.1["avatar_url"], avatar.1["url"]);
    assert_eq!(app.get("ada/about", "").await.1["banner_url"], banner.1["url"]);
    let url = app.url(avatar.1["url"].as_str().unwrap());
    let given = app.http.get(&url).send().await.unwrap();
    let header = |name: &str| given.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(given.status(), 200);
    assert!(header("content-type").starts_with("image/"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    assert!(header("cache-control").contains("immutable"));
    let again = app.http.get(&url).header("if-none-match", header("etag")).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let bytes = given.bytes().await.unwrap();
    assert!(image::load_from_memory(&bytes).is_ok());
    // What was uploaded has more in it than pixels; what is kept has not.
    let tail = [png(80, 80, 4), b"PK\x03\x04SECRET<script>alert(1)</script>".to_vec()].concat();
    let made = app.upload("PUT", "me/avatar", &ada.token, tail).await;
    let bytes =
        app.http.get(app.url(made.1["url"].as_str().unwrap())).send().await.unwrap().bytes().await.unwrap();
    assert!(!bytes.windows(6).any(|w| w == b"SECRET"));
    assert_eq!(app.send("DELETE", "me/avatar", &ada.token, None).await.0, 204);
    assert_eq!(app.get("ada", "").await.1["avatar_url"], Value::Null);
    for file in [
        "x",
        "..%2f..%2fetc%2fpasswd",
        "00000000000000000000000000000000.webp",
        "00000000000000000000000000000000.svg",
    ] {
        assert_eq!(
            code(&app.get(&format!("/api/pictures/{file}"), "").await),
            (404, "picture_not_found"),
            "{file}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_picture_or_too_much_of_one_is_refused_and_leaves_nothing() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    let html = b"<!doctype html><script>alert(1)</script>".to_vec();
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let mut bomb = png(8, 8, 1);
    // A header of 30,000 pixels a side, with the sum that belongs to it (PNG §5.5, §11.2.1).
    bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let crc = !bomb[12..29].iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
    });
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let cut = png(300, 300, 1)[..200].to_vec();
    let gif_in_html = [html.clone(), b"GIF89a".to_vec()].concat();
    for path in ["me/avatar", "me/banner"] {
        for (name, bytes) in [
            ("html", &html),
            ("svg", &svg),
            ("bomb", &bomb),
            ("cut", &cut),
            ("polyglot", &gif_in_html),
            ("nothing", &Vec::new()),
        ] {
            assert_eq!(
                code(&app.upload("PUT", path, &ada.token, bytes.clone()).await),
                (422, "invalid_picture"),
                "{name}"
            );
        }
    }
    let big = app.http.put(app.url("me/avatar")).bearer_auth(&ada.token).body(vec![0; 50 << 20]).send().await;
    // Refused by its length alone: the connection may end before all of it is sent.
    if let Ok(answer) = big {
        assert_eq!(answer.status(), 413);
    }
    assert_eq!((app.get("ada", "").await.1["avatar_url"].clone(), kept(&app)), (Value::Null, 0));
    app.stop().await;
}

#[tokio::test]
async fn uploads_have_a_pace_and_a_channel_has_a_bound() {
    let app = TestApp::spawn_with(|c| {
        c.pictures.per_channel = 2;
        c.pictures.upload_burst = 5;
    })
    .await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let mut answers = Vec::new();
    for n in 0..6 {
        answers.push(app.upload("POST", "me/pictures", &ada.token, png(20, 20, n)).await);
    }
    let codes: Vec<_> = answers.iter().map(|a| a.1["code"].as_str().unwrap_or("made")).collect();
    assert_eq!(
        codes,
        ["made", "made", "too_many_pictures", "too_many_pictures", "too_many_pictures", "rate_limited"]
    );
    assert_eq!(app.upload("POST", "me/pictures", &bob.token, png(20, 20, 9)).await.0, 201);
    app.stop().await;
}

#[tokio::test]
async fn without_storage_nothing_is_uploaded_and_the_rest_works() {
    let app = TestApp::spawn_with(|c| c.storage.dir = None).await;
    let ada = app.streamer("ada").await;
    assert_eq!(code(&app.upload("PUT", "me/avatar", &ada.token, png(9, 9, 1)).await), (503, "unavailable"));
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"bio":"x"}"#)).await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn pictures_that_nobody_shows_are_swept_and_shared_ones_stay() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let shared = png(64, 64, 7);
    let url = app.upload("PUT", "me/avatar", &ada.token, shared.clone()).await.1["url"].clone();
    assert_eq!(app.upload("PUT", "me/avatar", &bob.token, shared).await.1["url"], url, "one file");
    let panel = app.upload("POST", "me/pictures", &ada.token, png(64, 64, 8)).await.1;
    app.upload("POST", "me/pictures", &ada.token, png(64, 64, 9)).await;
    let edit = json!({"panels": [{"picture": panel["id"]}]}).to_string();
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(&edit)).await.0, 200);
    app.send("DELETE", "me/avatar", &ada.token, None).await;
    assert_eq!(kept(&app), 3);
    app.sql("UPDATE channel_pictures SET added_at = now() - interval '2 days'");
    // The duty of a replica that starts now begins with a round.
    app.shutdown.start();
    let dir = app.pictures.path().to_owned();
    let next = TestApp::spawn_on(app.pg.clone(), |c| {
        c.postgres.database.clone_from(&app.database);
        c.storage.dir = Some(dir);
    })
    .await;
    crate::harness::until("swept", || async { kept(&app) == 2 }).await;
    for url in [url.as_str().unwrap(), panel["url"].as_str().unwrap()] {
        assert_eq!(next.http.get(next.url(url)).send().await.unwrap().status(), 200, "{url}");
    }
    next.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn a_name_that_is_written_otherwise_is_so_on_the_channel_too() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    assert_eq!(app.get("ada", "").await.1["display_name"], "ADA");
    app.people.change(ada.id, |u| u.display_name = "aDa".into());
    app.user_fact("user.updated", ada.id, r#"{"suspended":false}"#).await;
    crate::harness::until("renamed", || async { app.get("ada", "").await.1["display_name"] == "aDa" }).await;
    // It is seen before others are told.
    crate::harness::until("told", || async {
        let told = app.facts("stream.updated", &ada.channel).await;
        told.last().is_some_and(|told| told["display_name"] == "aDa")
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn an_erased_accounts_pictures_go_but_for_those_that_somebody_else_shows_too() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let own = app.upload("POST", "me/pictures", &ada.token, png(900, 300, 9)).await.1;
    let shared = app.upload("POST", "me/pictures", &ada.token, png(900, 300, 8)).await.1;
    assert_eq!(app.upload("POST", "me/pictures", &bob.token, png(900, 300, 8)).await.1["id"], shared["id"]);
    assert_eq!(kept(&app), 2);
    app.people.change(ada.id, |u| u.suspended = true);
    app.user_fact("user.deleted", ada.id, r#"{"username":"ada"}"#).await;
    crate::harness::until("hers is gone", || async { kept(&app) == 1 }).await;
    let status = async |url: &Value| {
        app.http.get(app.url(url.as_str().unwrap())).send().await.unwrap().status().as_u16()
    };
    crate::harness::until("not given out either", || async { status(&own["url"]).await == 404 }).await;
    assert_eq!(status(&shared["url"]).await, 200);
    app.stop().await;
}

#[tokio::test]
async fn of_a_suspended_or_closed_account_nothing_is_shown_but_its_name_save_to_staff() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    let (_, eve) = app.person("eve");
    let (_, staff) = app.admin("boss");
    let avatar = app.upload("PUT", "me/avatar", &ada.token, png(300, 300, 9)).await.1;
    let edit = json!({"title": "Buy pills", "category": "Music", "tags": ["pills"], "bio": "Evil words",
                      "links": [{"title": "Evil", "url": "https://evil.example/"}]});
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(&edit.to_string())).await.0, 200);
    let entry = json!({"time_zone": "UTC", "entries": [{"title": "Evil hour", "starts_at": "2026-01-05T20:00", "minutes": 60, "weekly": true}]});
    app.send("PUT", "me/schedule", &ada.token, Some(&entry.to_string())).await;
    let picture = avatar["url"].as_str().unwrap().to_owned();
    let before = app.get("ada", &eve).await.1;
    assert_eq!((&before["title"], &before["avatar_url"]), (&json!("Buy pills"), &avatar["url"]));
    let is = async |suspended: bool| {
        app.people.change(ada.id, |u| u.suspended = suspended);
        let said = json!({"suspended": suspended}).to_string();
        app.user_fact("user.updated", ada.id, &said).await;
        let sql =
            format!("SELECT 1 / count(*) FROM channels WHERE username = 'ada' AND suspended = {suspended}");
        crate::harness::until("it is noted", || async { app.pg.execute(&app.database, &sql).is_ok() }).await;
    };
    is(true).await;
    for token in ["", &eve] {
        let seen = app.get("ada", token).await;
        assert_eq!((seen.0, &seen.1["username"], &seen.1["state"]), (200, &json!("ada"), &json!("offline")));
        let bare = json!(["", "", null, [], null]);
        let of =
            |s: &Value| json!([s["title"], s["category"], s["category_slug"], s["tags"], s["avatar_url"]]);
        assert_eq!(of(&seen.1), bare, "{}", seen.1);
        for path in ["ada/about", "ada/schedule", "ada/broadcasts"] {
            assert_eq!(code(&app.get(path, token).await), (404, "channel_not_found"), "{path}");
        }
    }
    assert_eq!(code(&app.get("ada/schedule.ics", "").await), (404, "channel_not_found"));
    assert_eq!(code(&app.get(&picture, "").await), (404, "picture_not_found"));
    // Staff sees what it is about.
    assert_eq!(app.get("ada", &staff).await.1["title"], "Buy pills");
    assert_eq!(app.get("ada/about", &staff).await.1["bio"], "Evil words");
    // Whoever opens the page hears no more by it.
    let mut page = crate::harness::Events::open(&app, &format!("channel:{}", ada.channel), "", None).await;
    let told = page.find("stream", |_| true).await.data;
    assert_eq!((&told["title"], &told["avatar_url"]), (&json!(""), &Value::Null), "{told}");
    is(false).await;
    assert_eq!(app.get("ada", &eve).await.1["title"], "Buy pills");
    assert_eq!(app.get("ada/about", "").await.1["bio"], "Evil words");
    app.stop().await;
}
