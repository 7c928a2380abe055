//! What pages say before the app runs, what oEmbed says of them, and who may frame a player.

use crate::{TestApp, peers::Peer};
use std::time::{Duration, Instant};

async fn app(peer: &Peer) -> TestApp {
    TestApp::spawn_with(peer.address, |c| c.public_url = "https://tv.example/".into()).await
}

/// Status, policy and text of a page.
async fn page(app: &TestApp, path: &str) -> (u16, String, String) {
    let answer = app.get(path).await;
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{path}");
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), policy, answer.text().await.unwrap())
}

/// The contents of the meta elements with that name or property.
fn meta(html: &str, name: &str) -> Vec<String> {
    let key = format!("=\"{name}\" content=\"");
    html.split(&key).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_channel_shows_title_picture_and_description_whatever_the_host_is_called() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let answer = app.client.get(app.url("/Alice")).header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let html = answer.text().await.unwrap();
    assert!(html.contains("<title>ALICE \u{b7} Streamly</title>"), "{html}");
    for (name, content) in [
        ("og:title", "ALICE: Building a keyboard"),
        ("og:description", "Building a keyboard \u{b7} Crafts \u{b7} Wood and wire."),
        ("description", "Building a keyboard \u{b7} Crafts \u{b7} Wood and wire."),
        ("og:url", "https://tv.example/alice"),
        ("og:image", "https://tv.example/live/b/1/stills/7.jpg"),
        ("og:site_name", "Streamly"),
        ("twitter:card", "summary_large_image"),
    ] {
        assert_eq!(meta(&html, name), [content], "{name}");
    }
    assert_eq!(meta(&html, "robots").len(), 0);
    assert!(!html.contains("evil.example"), "{html}");
    assert!(html.contains("<link rel=\"canonical\" href=\"https://tv.example/alice\" />"));
    assert!(html.contains("type=\"application/json+oembed\" href=\"https://tv.example/oembed?format=json&amp;url=https%3A%2F%2Ftv.example%2Falice\""));
    // Other pages, too.
    let (status, _, art) = page(&app, "/category/Paint").await;
    assert_eq!((status, meta(&art, "og:title")), (200, vec!["Art &amp; Craft".to_owned()]));
    assert_eq!(meta(&art, "og:url"), ["https://tv.example/category/art"]);
    assert_eq!(meta(&art, "og:image"), ["https://tv.example/icons/share.png"]);
    for (path, url) in [("/", "https://tv.example/"), ("/browse", "https://tv.example/browse")] {
        let (status, _, html) = page(&app, path).await;
        assert_eq!((status, meta(&html, "og:url")), (200, vec![url.to_owned()]), "{path}");
    }
    let (status, _, login) = page(&app, "/login").await;
    assert_eq!((status, meta(&login, "robots")), (200, vec!["noindex".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_titles_cannot_leave_their_attributes_and_no_policy_is_loosened_for_them() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let (status, policy, html) = page(&app, "/evil").await;
    assert_eq!(status, 200);
    // Those of the page are files.
    let mut scripts = html.split("<script").skip(1).filter_map(|rest| rest.split('>').next());
    assert!(scripts.all(|tag| tag.contains(" src=\"/")), "{html}");
    assert!(!html.contains("alert(1)</script") && html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_404_with_the_app_s_page_and_is_asked_for_once() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    for path in [
        "/nobody",
        "/nobody/",
        "/embed/nobody",
        "/popout/nobody/chat",
        "/nobody",
        "/category/none",
        "/a/b/c",
        "/ab",
        "/category/a%20b",
    ] {
        let (status, _, html) = page(&app, path).await;
        assert_eq!((status, meta(&html, "robots")), (404, vec!["noindex".to_owned()]), "{path}");
        assert!(html.contains("<title>Not found \u{b7} Streamly</title>"), "{path}: {html}");
    }
    // A file that is not there: a page for who follows a link, a problem for a program.
    for (accept, kind) in
        [("text/html,*/*;q=0.8", "text/html; charset=utf-8"), ("*/*", "application/problem+json")]
    {
        for path in ["/old.php", "/a/b.html"] {
            let answer = app.client.get(app.url(path)).header("accept", accept).send().await.unwrap();
            let told = answer.headers()["content-type"].to_str().unwrap().to_owned();
            assert_eq!((answer.status().as_u16(), told.as_str()), (404, kind), "{path}");
        }
    }
    let answer =
        app.client.get(app.url("/assets/old.js")).header("accept", "text/html").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!((peer.count("/api/streams/nobody/card"), peer.count("/api/categories/none")), (1, 1));
    assert_eq!(peer.count("GET /api/streams/ab/"), 0, "that is no name");
    for _ in 0..10 {
        assert_eq!(page(&app, "/alice").await.0, 200);
    }
    assert_eq!(peer.count("/api/streams/alice/card"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_of_names_is_not_one_of_the_service_behind_it() {
    let peer = Peer::start().await;
    let app = TestApp::spawn_with(peer.address, |c| c.max_lookups = 20).await;
    let (begun, mut asked) = (Instant::now(), 0);
    while asked < 300 {
        let many = (asked..asked + 50).map(|n| app.client.get(app.url(&format!("/nobody_{n}"))).send());
        for answer in futures_util::future::join_all(many).await {
            assert!(matches!(answer.unwrap().status().as_u16(), 200 | 404));
        }
        asked += 50;
    }
    let seconds = begun.elapsed().as_secs() as usize + 2;
    let reached = peer.count("/card");
    // One address has half of them.
    assert!(reached > 0 && reached <= seconds * 10, "{reached} in {seconds} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_or_broken_service_costs_a_page_its_description_and_a_moment() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let begun = Instant::now();
    let (status, _, html) = page(&app, "/slow").await;
    let took = begun.elapsed();
    assert_eq!((status, meta(&html, "og:title").len(), meta(&html, "robots").len()), (200, 0, 0));
    assert!(took < Duration::from_millis(900), "{took:?}");
    for path in ["/broken", "/large"] {
        let (status, _, html) = page(&app, path).await;
        assert_eq!((status, meta(&html, "og:title").len()), (200, 0), "{path}");
    }
    // Its answer is not lost: the next page has it.
    peer.open.send(true).unwrap();
    let end = Instant::now() + Duration::from_secs(5);
    while meta(&page(&app, "/slow").await.2, "og:title").is_empty() {
        assert!(Instant::now() < end, "never");
    }
    assert_eq!(peer.count("/api/streams/slow/card"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_asked_for_again_by_its_etag_and_comes_compressed() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let first = app.get("/alice").await;
    // Without a built app there is nothing to be asked for again.
    if first.headers()["cache-control"] == "no-store" {
        return;
    }
    assert_eq!(first.headers()["cache-control"], "no-cache");
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    let html = first.text().await.unwrap();
    let again = app.client.get(app.url("/alice")).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!((again.status().as_u16(), again.headers()["etag"].to_str().unwrap()), (304, etag.as_str()));
    assert!(again.headers().contains_key("content-security-policy"));
    let other = app.client.get(app.url("/browse")).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(other.status(), 200);
    // The same page under another policy is another page: a browser would go on with the headers that it has.
    // Written so, neither page names the call that the app begins with.
    let (embed, twin) = (app.get("/Embed/alice").await, app.get("/Embed/twin").await);
    let etags = [&embed, &twin].map(|answer| answer.headers()["etag"].clone());
    assert_eq!(embed.text().await.unwrap(), twin.text().await.unwrap());
    assert_ne!(etags[0], etags[1]);
    let small = app.client.get(app.url("/alice")).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(small.headers()["content-encoding"], "gzip");
    assert!(small.bytes().await.unwrap().len() < html.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_s_files_come_in_the_smallest_form_that_is_taken() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let html = app.get("/").await.text().await.unwrap();
    // Without a built app there are none.
    let Some(script) = html.split("\" data-app").next().filter(|head| head.len() < html.len()) else {
        return;
    };
    let script = script.rsplit('"').next().unwrap();
    let mut sizes = Vec::new();
    for (taken, coded) in [
        ("gzip, deflate, br, zstd", Some("br")),
        ("gzip", Some("gzip")),
        ("br;q=0, gzip", Some("gzip")),
        ("identity", None),
    ] {
        let answer = app.client.get(app.url(script)).header("accept-encoding", taken).send().await.unwrap();
        let seen = answer.headers().get("content-encoding").map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(seen.as_deref(), coded, "{taken}");
        assert_eq!(answer.headers()["vary"], "Accept-Encoding");
        assert!(answer.headers()["content-type"].to_str().unwrap().contains("javascript"));
        sizes.push(answer.bytes().await.unwrap().len());
    }
    assert!(sizes[0] < sizes[1] && sizes[1] == sizes[2] && sizes[2] < sizes[3], "{sizes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_its_bar_before_the_app_runs_where_it_has_one() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let built = app.get("/").await.headers()["cache-control"] == "no-cache";
    for (path, bar) in [
        ("/", true),
        ("/alice", true),
        ("/moderation/alice", true),
        ("/nobody", true),
        ("/popout/alice/player", false),
        ("/Popout/alice/chat", false),
        ("/overlay/alice/chat", false),
        ("/embed/alice", false),
        ("/embed/nobody", false),
    ] {
        let (_, _, html) = page(&app, path).await;
        assert_eq!(html.contains("<!--bar-->"), bar && built, "{path}");
        assert!(!built || html.contains("<div id=\"root\">"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_live_channel_says_so_and_the_app_asks_for_its_player_at_once() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    for (path, live) in [("/alice", true), ("/embed/alice", true), ("/quiet", false), ("/nobody", false)] {
        let (_, _, html) = page(&app, path).await;
        assert_eq!(html.contains("<meta name=\"live\""), live, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_is_framed_by_whom_its_owner_lets_and_nothing_else_is_by_anybody() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let frames =
        |policy: &str| policy.split("frame-ancestors ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    for (path, ancestors) in [
        ("/embed/alice", "*"),
        ("/embed/closed", "*"),
        ("/embed/sites", "https://a.example http://b.example:8080"),
        ("/embed/nowhere", "'none'"),
        ("/embed/sites/", "https://a.example http://b.example:8080"),
        ("/EMBED/nowhere", "'none'"),
        ("/alice", "'none'"),
        ("/popout/alice/player", "'none'"),
        ("/popout/alice/chat", "'none'"),
        ("/overlay/alice/chat", "'none'"),
        ("/embed/alice/more", "'none'"),
        ("/", "'none'"),
    ] {
        let answer = app.get(path).await;
        let refused = answer.headers().get("x-frame-options").is_some_and(|v| v == "DENY");
        assert_eq!(
            frames(answer.headers()["content-security-policy"].to_str().unwrap()),
            ancestors,
            "{path}"
        );
        assert_eq!(refused, ancestors == "'none'", "{path}");
    }
    let (_, _, html) = page(&app, "/embed/alice").await;
    assert_eq!(meta(&html, "robots"), ["noindex"]);
    assert_eq!(meta(&html, "og:url"), ["https://tv.example/alice"]);
    // Nobody knows who may: nobody may.
    let away = TestApp::spawn(([127, 0, 0, 1], 9).into()).await;
    let answer = away.get("/embed/alice").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(frames(answer.headers()["content-security-policy"].to_str().unwrap()), "'none'");
    assert_eq!(away.get("/alice").await.status(), 200);
    // The platform's own word counts beside the channel's.
    let strict = TestApp::spawn_with(peer.address, |c| c.embed_ancestors = "https://a.example".into()).await;
    let answer = strict.get("/embed/sites").await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert_eq!(policy.matches("frame-ancestors").count(), 2, "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_was_allowed_stays_so_while_the_service_is_away_for_a_moment() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    assert_eq!(app.get("/embed/sites").await.status(), 200);
    drop(peer);
    // For longer than what is remembered counts as fresh.
    let end = Instant::now() + Duration::from_secs(6);
    while Instant::now() < end {
        let answer = app.get("/embed/sites").await;
        assert_eq!(answer.status(), 200);
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors https://a.example "), "{policy}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oembed_gives_the_player_of_channels_that_are_for_everybody() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let ask = async |query: &str| {
        let answer = app.get(&format!("/oembed?{query}")).await;
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (status, text) = ask("url=https%3A%2F%2Ftv.example%2FAlice&maxwidth=320&format=json").await;
    let told = json(&text);
    assert_eq!(
        (status, &told["type"], &told["width"], &told["height"]),
        (200, &"video".into(), &320.into(), &180.into())
    );
    assert_eq!((&told["version"], &told["title"]), (&"1.0".into(), &"ALICE: Building a keyboard".into()));
    assert!(
        told["html"]
            .as_str()
            .unwrap()
            .starts_with("<iframe src=\"https://tv.example/embed/alice\" width=\"320\""),
        "{told}"
    );
    let (status, text) = ask("url=https%3A%2F%2Ftv.example%2Fnowhere").await;
    assert_eq!((status, &json(&text)["type"], json(&text).get("html")), (200, &"link".into(), None));
    for (query, status) in [
        ("url=https%3A%2F%2Ftv.example%2Fclosed", 401),
        ("url=https%3A%2F%2Ftv.example%2Fnobody", 404),
        ("url=https%3A%2F%2Ftv.example%2F", 404),
        ("url=https%3A%2F%2Felsewhere.example%2Falice", 404),
        ("url=https%3A%2F%2Ftv.example%2Falice&format=xml", 501),
        ("url=https%3A%2F%2Ftv.example%2Falice&maxwidth=wide", 422),
        ("url=https%3A%2F%2Ftv.example%2Falice&maxheight=0", 422),
        ("url=a&url=b", 400),
        ("", 422),
        ("url=", 422),
    ] {
        assert_eq!(ask(query).await.0, status, "{query}");
    }
    let private = ask("url=https%3A%2F%2Ftv.example%2Fclosed").await.1;
    assert!(!private.contains("keyboard") && !private.contains("CLOSED"), "{private}");
    let away = TestApp::spawn(([127, 0, 0, 1], 9).into()).await;
    assert_eq!(away.get("/oembed?url=http%3A%2F%2Flocalhost%3A3000%2Falice").await.status(), 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_manager_finds_where_passwords_are_changed() {
    let peer = Peer::start().await;
    let app = app(&peer).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.get(app.url("/.well-known/change-password")).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (302, "/settings/account")
    );
}
