//! Notices in the page, and settings: who is told, at once and in the list, who is not, and the link that stops mails.

use crate::harness::{Events, Streamer, TestApp};
use serde_json::{Value, json};
use streamly_proto::stream::v1::State;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

async fn follow(app: &TestApp, token: &str, name: &str) {
    assert_eq!(app.send("PUT", &format!("{name}/follow"), token, None).await.0, 204);
}
async fn set(app: &TestApp, who: &Streamer, body: &str) {
    assert_eq!(app.send("PATCH", "me", &who.token, Some(body)).await.0, 200);
}
async fn items(app: &TestApp, token: &str) -> Vec<Value> {
    app.get("me/notices", token).await.1["items"].as_array().unwrap().clone()
}
/// The next notice; what comes before it but `notices` is a failure.
async fn notice(page: &mut Events) -> Value {
    loop {
        let frame = page.next().await.expect("goes on");
        match frame.event.as_str() {
            "notice" => return frame.data,
            "notices" | "" => {}
            other => panic!("{other}: {}", frame.data),
        }
    }
}
/// What the page is told of its settings, the next time it is.
async fn news(page: &mut Events) -> Value {
    page.find("notices", |_| true).await.data
}

#[tokio::test]
async fn a_followers_open_page_is_told_at_once_and_nobody_elses_is() {
    let app = TestApp::spawn().await;
    let (ada, cleo) = (app.streamer("ada").await, app.streamer("cleo").await);
    let ((bob, token), (_, eve)) = (app.person("bob"), app.person("eve"));
    let topic = format!("notices:{bob}");
    for (who, path, is) in [("", &*topic, 403), (&eve, &topic, 403), (&token, "notices:none", 400)] {
        let answer = app.get(&format!("/api/events?topics={path}"), who).await;
        assert_eq!(answer.0, is, "{path}");
    }
    follow(&app, &token, "ada").await;
    let mut page = Events::open(&app, &topic, &token, None).await;
    assert_eq!(news(&mut page).await, json!({"page": true, "seen_at": null, "live": []}));
    set(&app, &ada, r#"{"title":"Engines"}"#).await;
    // Whom bob does not follow he hears nothing of: the first notice is ada's.
    let (first, second) = (app.permit(&cleo.key, "n1").await, app.permit(&ada.key, "n2").await);
    let mut other = app.live("n1", &first).await;
    let mut node = app.live("n2", &second).await;
    let told = notice(&mut page).await;
    assert_eq!(
        (&told["username"], &told["display_name"], &told["title"], &told["broadcast_id"], &told["ended_at"]),
        (&json!("ada"), &json!("ADA"), &json!("Engines"), &json!(second.broadcast_id), &Value::Null)
    );
    // The list says the same.
    let listed = items(&app, &token).await;
    assert_eq!(listed.len(), 1);
    for field in ["broadcast_id", "channel_id", "title", "started_at", "ended_at"] {
        assert_eq!(listed[0][field], told[field], "{field}");
    }
    assert_eq!(app.get("me/notices", &token).await.1["unread"], 1);
    // A reconnect, and a take-over by another node, are no news; the next broadcast is.
    node.beat(&second, State::Reconnecting).await;
    node.beat(&second, State::Live).await;
    node.settled().await;
    let taken = app.permit(&ada.key, "n3").await;
    assert_eq!(taken.broadcast_id, second.broadcast_id);
    let mut third = app.live("n3", &taken).await;
    third.ended(&taken, "clean", "", "").await;
    third.settled().await;
    other.ended(&first, "clean", "", "").await;
    other.settled().await;
    let next = app.permit(&ada.key, "n3").await;
    third.beat(&next, State::Live).await;
    assert_eq!(notice(&mut page).await["broadcast_id"], next.broadcast_id);
    // One that was over before the list was asked for says so, and nothing of what it was about.
    let listed = items(&app, &token).await;
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[1]["title"], listed[1]["ended_at"].is_string()), (&json!(""), true));
    app.stop().await;
}

#[tokio::test]
async fn a_page_goes_by_what_its_user_follows_now_in_whatever_tab() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    let (bob, token) = app.person("bob");
    let topic = format!("notices:{bob}");
    let mut page = Events::open(&app, &topic, &token, None).await;
    news(&mut page).await;
    let mut node = app.node("n1").await;
    // Each time the channel goes live; whether the page was told is seen by who comes next.
    let mut live = async |told: bool, page: &mut Events| {
        let permit = app.permit(&ada.key, "n1").await;
        node.beat(&permit, State::Live).await;
        node.settled().await;
        app.relayed().await;
        // What is said after it comes after it.
        app.send("POST", "me/notices/seen", &token, Some("{}")).await;
        let mut notices = 0;
        loop {
            let frame = page.next().await.expect("goes on");
            match frame.event.as_str() {
                "notice" => notices += 1,
                "notices" if frame.data["seen_at"].is_string() => break,
                _ => {}
            }
        }
        node.ended(&permit, "clean", "", "").await;
        node.settled().await;
        app.sql("UPDATE notice_settings SET seen_at = NULL");
        assert_eq!(notices, u32::from(told));
    };
    live(false, &mut page).await;
    follow(&app, &token, "ada").await;
    news(&mut page).await;
    live(true, &mut page).await;
    // The bell of the channel.
    for (body, told) in [(r#"{"notify":false}"#, false), (r#"{"notify":true}"#, true)] {
        let answer = app.send("PATCH", "me/following/ADA", &token, Some(body)).await;
        assert_eq!((answer.0, &answer.1["notify"]), (200, &json!(told)));
        news(&mut page).await;
        live(told, &mut page).await;
        assert_eq!(app.get("ada/follow", &token).await.1["notify"], told);
        assert_eq!(app.get("me/following", &token).await.1["items"][0]["notify"], told);
        assert_eq!(items(&app, &token).await.is_empty(), !told);
    }
    // The page as a whole.
    for told in [false, true] {
        let answer =
            app.send("PATCH", "me/notices/settings", &token, Some(&json!({"page": told}).to_string())).await;
        assert_eq!((answer.0, &answer.1["page"]), (200, &json!(told)));
        assert_eq!(news(&mut page).await["page"], told);
        live(told, &mut page).await;
    }
    assert_eq!(app.send("DELETE", "ada/follow", &token, None).await.0, 204);
    news(&mut page).await;
    live(false, &mut page).await;
    assert!(items(&app, &token).await.is_empty(), "what is not followed any more");
    app.stop().await;
}

#[tokio::test]
async fn only_who_may_watch_is_told_and_an_unlisted_channel_tells_nobody() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    let ((bob, token), (mod_id, moderator), (_, admitted)) =
        (app.person("bob"), app.person("mod"), app.person("let_in"));
    for who in [&token, &moderator, &admitted] {
        follow(&app, who, "ada").await;
    }
    let made = app.send("PUT", "me/members/mod", &ada.token, Some(r#"{"role":"moderator"}"#)).await;
    assert_eq!(made.0, 204);
    let mut pages = Vec::new();
    for (id, token) in [(bob, &token), (mod_id, &moderator), (app.people.id("let_in"), &admitted)] {
        let mut page = Events::open(&app, &format!("notices:{id}"), token, None).await;
        news(&mut page).await;
        pages.push(page);
    }
    let mut node = app.node("n1").await;
    // (visibility, bob, the moderator, who showed the password)
    for (body, told) in [
        (r#"{"visibility":"followers"}"#, [true, true, true]),
        (r#"{"visibility":"unlisted"}"#, [false, false, false]),
        (r#"{"visibility":"password","password":"open sesame"}"#, [false, true, true]),
        (r#"{"visibility":"private"}"#, [false, true, false]),
        (r#"{"visibility":"public"}"#, [true, true, true]),
    ] {
        set(&app, &ada, body).await;
        if body.contains("sesame") {
            let shown = app.post("ada/playback-token", &admitted, r#"{"password":"open sesame"}"#).await;
            assert_eq!(shown.0, 200);
        }
        let permit = app.permit(&ada.key, "n1").await;
        node.beat(&permit, State::Live).await;
        node.settled().await;
        app.relayed().await;
        for ((page, told), token) in pages.iter_mut().zip(told).zip([&token, &moderator, &admitted]) {
            let is_listed =
                items(&app, token).await.first().is_some_and(|n| n["broadcast_id"] == permit.broadcast_id);
            assert_eq!(is_listed, told, "{body}");
            let mut notices = Vec::new();
            if told {
                let notice = page.find("notice", |_| true).await;
                notices.push(notice.data["broadcast_id"].clone());
            }
            app.send("POST", "me/notices/seen", token, Some("{}")).await;
            loop {
                let frame = page.next().await.expect("goes on");
                match frame.event.as_str() {
                    "notice" => notices.push(frame.data["broadcast_id"].clone()),
                    "notices" => break,
                    _ => {}
                }
            }
            assert_eq!(notices, if told { vec![json!(permit.broadcast_id)] } else { Vec::new() }, "{body}");
        }
        node.ended(&permit, "clean", "", "").await;
        node.settled().await;
    }
    app.stop().await;
}

#[tokio::test]
async fn settings_begin_as_documented_and_what_was_seen_never_goes_back() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ((_, bob), (_, eve)) = (app.person("bob"), app.person("eve"));
    for (method, path) in [
        ("GET", "me/notices"),
        ("GET", "me/notices/settings"),
        ("PATCH", "me/notices/settings"),
        ("POST", "me/notices/seen"),
        ("GET", "me/notices/browsers"),
        ("POST", "me/notices/browsers"),
        ("POST", "me/notices/browsers/test"),
        ("DELETE", "me/notices/browsers/x"),
        ("PATCH", "me/following/ada"),
    ] {
        let body = (method != "GET").then_some("{}");
        assert_eq!(code(&app.send(method, path, "", body).await), (401, "unauthenticated"), "{path}");
    }
    let defaults = json!({"page": true, "push": true, "mail": false, "seen_at": null});
    assert_eq!(app.get("me/notices/settings", &bob).await.1, defaults);
    for (body, now) in [
        (r#"{"mail":true}"#, json!({"page": true, "push": true, "mail": true, "seen_at": null})),
        (
            r#"{"page":false,"push":false}"#,
            json!({"page": false, "push": false, "mail": true, "seen_at": null}),
        ),
        ("{}", json!({"page": false, "push": false, "mail": true, "seen_at": null})),
    ] {
        let answer = app.send("PATCH", "me/notices/settings", &bob, Some(body)).await;
        assert_eq!((answer.0, &answer.1), (200, &now), "{body}");
    }
    assert_eq!(app.get("me/notices/settings", &eve).await.1, defaults, "another's are theirs");
    let seen = async |body: &str| app.post("me/notices/seen", &bob, body).await.1["seen_at"].clone();
    assert_eq!(seen(r#"{"until":"2026-01-01T00:00:00Z"}"#).await, "2026-01-01T00:00:00Z");
    assert_eq!(seen(r#"{"until":"2025-01-01T00:00:00Z"}"#).await, "2026-01-01T00:00:00Z");
    let far = seen(r#"{"until":"2999-01-01T00:00:00Z"}"#).await;
    assert!(far.as_str().unwrap() < "2999", "{far}");
    assert_eq!(
        code(&app.send("PATCH", "me/following/nobody", &bob, Some("{}")).await),
        (404, "channel_not_found")
    );
    app.people.add("ada");
    let bell = app.send("PATCH", "me/following/ada", &bob, Some(r#"{"notify":true}"#)).await;
    assert_eq!(code(&bell), (404, "not_following"));
    app.stop().await;
}

#[tokio::test]
async fn the_link_in_a_mail_stops_them_by_a_post_and_by_nothing_else() {
    let app = TestApp::spawn_with(|c| {
        c.notices.settle = streamly_config::Duration::from_secs(0);
        c.public_url = "https://stream.example".into();
    })
    .await;
    let ada = app.streamer("ada").await;
    let (_, token) = app.person("bob");
    follow(&app, &token, "ada").await;
    app.send("PATCH", "me/notices/settings", &token, Some(r#"{"mail":true}"#)).await;
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    crate::harness::until("a mail", || async { !app.people.mails().calls.is_empty() }).await;
    let link = app.people.mails().calls[0].recipients[0].stop_url.clone();
    let path = link.strip_prefix("https://stream.example").unwrap().to_owned();
    let wants = async || app.get("me/notices/settings", &token).await.1["mail"] == true;
    // Whoever looks at it changes nothing.
    let page = app.http.get(app.url(&path)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let head = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert!(head("content-type").starts_with("text/html"));
    assert!(head("content-security-policy").contains("default-src 'none'"));
    assert_eq!(
        (head("cache-control").as_str(), head("referrer-policy").as_str()),
        ("no-store", "no-referrer")
    );
    assert!(page.text().await.unwrap().contains(r#"<form method="post">"#));
    for (accept, tag, button) in
        [("de-AT, en;q=0.5", "de", "Diese Mails ausschalten"), ("fr", "en", "Stop these mails")]
    {
        let page = app.http.get(app.url(&path)).header("accept-language", accept).send().await.unwrap();
        assert_eq!(page.headers()["content-language"], tag);
        let html = page.text().await.unwrap();
        assert!(html.contains(&format!("<html lang=\"{tag}\">")) && html.contains(button), "{html}");
    }
    assert_eq!(app.http.head(app.url(&path)).send().await.unwrap().status(), 405);
    assert!(wants().await);
    // Another's, a shortened one, none.
    let (body, end) = path.split_at(path.len() - 1);
    let other = if end == "A" { "B" } else { "A" };
    for bad in [&*format!("{body}{other}"), body, "/api/streams/me/notices/stop/x"] {
        assert_eq!(app.http.post(app.url(bad)).send().await.unwrap().status(), 404, "{bad}");
    }
    assert!(wants().await);
    // As a mail program does (RFC 8058, 3.2): no cookie, no token, a form.
    let one_click = app.http.post(app.url(&path)).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(one_click.body("List-Unsubscribe=One-Click").send().await.unwrap().status(), 200);
    assert!(!wants().await);
    assert_eq!(app.http.post(app.url(&path)).send().await.unwrap().status(), 200, "twice is as once");
    // Not over and over: each is written and told to open pages.
    let mut last = 200;
    for _ in 0..40 {
        last = app.http.post(app.url(&path)).send().await.unwrap().status().as_u16();
        if last != 200 {
            break;
        }
    }
    assert_eq!(last, 429);
    app.stop().await;
}

#[tokio::test]
async fn what_is_known_of_somebodys_notices_is_exported_without_secrets_and_erased_with_the_account() {
    let app = TestApp::spawn_with(crate::pushes::reachable).await;
    app.people.add("ada");
    let (bob, token) = app.person("bob");
    follow(&app, &token, "ada").await;
    app.send("PATCH", "me/notices/settings", &token, Some(r#"{"mail":true}"#)).await;
    let browser = crate::pushes::Browser::new("http://127.0.0.1:9/secret-place");
    assert_eq!(app.post("me/notices/browsers", &token, &browser.body("Firefox on Linux")).await.0, 201);
    let all = app.export("user", bob, "").await.unwrap().items;
    let of = |kind: &str| -> Vec<Value> {
        all.iter().filter(|i| i.kind == kind).map(|i| serde_json::from_str(&i.json).unwrap()).collect()
    };
    assert_eq!(of("notice_settings")[0]["mail"], true);
    assert_eq!(of("browsers")[0]["name"], "Firefox on Linux");
    assert_eq!(of("follows")[0]["notify"], true);
    assert!(!all.iter().any(|i| i.json.contains("secret-place") || i.json.contains("sealed")), "{all:?}");
    app.user_fact("user.deleted", bob, r#"{"username":"bob"}"#).await;
    for table in ["notice_settings", "push_subscriptions", "follows"] {
        let sql =
            format!("DO $$ BEGIN ASSERT NOT EXISTS (SELECT 1 FROM {table} WHERE user_id = '{bob}'); END $$");
        crate::harness::until(table, || async { app.pg.execute(&app.database, &sql).is_ok() }).await;
    }
    app.stop().await;
}
