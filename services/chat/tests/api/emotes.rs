//! Emotes: the set for all, a channel's own by REST, and messages that name them.

use crate::{
    app::{Platform, until},
    pictures::{code, gif, picture, png},
};
use image::ImageFormat;
use serde_json::json;
use std::collections::BTreeSet;

const MINE: &str = "/api/chat/rooms/ada/emotes";

async fn add(p: &Platform, name: &str, bytes: Vec<u8>) -> (u16, serde_json::Value) {
    p.sent("POST", &format!("{MINE}?name={name}"), Some("ada"), bytes).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emote_is_uploaded_named_on_another_node_and_removed() {
    let p = Platform::start(2).await;
    let mut bob = p.join(1, Some("bob")).await;
    assert!(bob.said("hi :ada_hi: :wave:").await["emotes"].get("ada_hi").is_none());
    let (status, made) = add(&p, "ada_hi", gif()).await;
    assert_eq!(
        (status, made["name"].as_str(), made["animated"].as_bool()),
        (201, Some("ada_hi"), Some(true))
    );
    assert_eq!((made["width"].as_u64(), made["height"].as_u64()), (Some(112), Some(56)));
    assert_eq!(bob.wait_for("emotes").await["room"], crate::peers::room_id("ada"));
    let said = bob.said("again :ada_hi: :wave: at 12:30:45 :nobody:").await;
    let named: BTreeSet<_> = said["emotes"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(named, ["ada_hi".to_owned(), "wave".to_owned()].into());
    assert_eq!(said["emotes"]["ada_hi"], made["url"]);
    assert!(bob.said("none").await.get("emotes").is_none());

    let url = made["url"].as_str().unwrap();
    for node in 0..2 {
        let answer = p.send(node, "GET", url, None, "").await;
        assert_eq!(answer.status(), 200);
        for (name, value) in [
            ("content-type", "image/png"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
            ("cache-control", "public, max-age=31536000, immutable"),
        ] {
            assert_eq!(answer.headers()[name], value);
        }
        let etag = answer.headers()["etag"].clone();
        assert!(answer.bytes().await.unwrap().windows(4).any(|w| w == b"acTL"), "it moves");
        let known = reqwest::Client::new().get(format!("http://{}{url}", p.nodes[node].at.rest));
        let known = known.header("if-none-match", etag).send().await.unwrap();
        assert_eq!((known.status().as_u16(), known.bytes().await.unwrap().len()), (304, 0));
    }
    let wave = said["emotes"]["wave"].as_str().unwrap();
    assert_eq!(p.send(0, "GET", wave, None, "").await.status(), 200);
    let all = p.get(p.nodes[1].at.rest, MINE).await.1;
    assert_eq!((all["global"].as_array().unwrap().len(), &all["channel"]), (24, &json!([made])));
    assert_eq!(p.get(p.nodes[0].at.rest, "/api/chat/emotes").await.1["global"], all["global"]);

    assert_eq!(p.sent("DELETE", &format!("{MINE}/ada_hi"), Some("ada"), "").await.0, 204);
    bob.wait_for("emotes").await;
    assert!(bob.said("gone :ada_hi:").await.get("emotes").is_none());
    assert_eq!(code(&p.sent("GET", url, None, "").await), (404, "emote_not_found"));
    assert_eq!(p.stored("emotes"), Vec::<std::path::PathBuf>::new());
    let noted = "(SELECT string_agg(action || ' ' || target, ',' ORDER BY id) FROM audit) = 'emote_add ada_hi,emote_remove ada_hi'";
    assert!(p.holds(noted));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_keeps_order_adds_emotes_and_only_pictures_of_good_names() {
    let p = Platform::start(1).await;
    let bytes = png(1);
    for (name, expected) in [
        (None, (401, "unauthenticated")),
        (Some("bob"), (403, "forbidden")),
        (Some("dan"), (403, "account_suspended")),
    ] {
        assert_eq!(
            code(&p.sent("POST", &format!("{MINE}?name=fine"), name, bytes.clone()).await),
            expected,
            "{name:?}"
        );
        assert_eq!(code(&p.sent("DELETE", &format!("{MINE}/fine"), name, "").await), expected, "{name:?}");
    }
    let nowhere =
        p.sent("POST", "/api/chat/rooms/nobody_here/emotes?name=fine", Some("ada"), bytes.clone()).await;
    assert_eq!(code(&nowhere), (404, "channel_not_found"));
    for name in ["", "x", "Fine", "a-b", "a%20b", "a%00b", "%3Cb%3E", "..%2F..", "aaaaaaaaaaaaaaaaaaaaaaaaa"]
    {
        let answer = add(&p, name, bytes.clone()).await;
        assert_eq!(
            (code(&answer), answer.1["errors"][0]["field"].as_str()),
            ((422, "validation_failed"), Some("name")),
            "{name}"
        );
    }
    assert_eq!(code(&p.sent("POST", MINE, Some("ada"), bytes.clone()).await).0, 422, "no name");
    assert_eq!(code(&add(&p, "wave", bytes.clone()).await), (409, "emote_taken"), "one for all");
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec();
    let page = [b"<html><script>alert(1)</script>".as_slice(), &bytes].concat();
    let cut = bytes[..bytes.len() / 2].to_vec();
    let wide = picture(ImageFormat::Png, (4097, 2), 1);
    for (what, bytes) in
        [("nothing", Vec::new()), ("svg", svg), ("a page before it", page), ("cut", cut), ("wide", wide)]
    {
        assert_eq!(code(&add(&p, "fine", bytes).await), (422, "invalid_picture"), "{what}");
    }
    assert_eq!(code(&add(&p, "fine", vec![0; (512 << 10) + 1]).await), (413, "payload_too_large"));
    let stream = futures_util::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(vec![0; 64 << 10])));
    let stream = reqwest::Body::wrap_stream(stream);
    let unannounced = p.sent("POST", &format!("{MINE}?name=fine"), Some("ada"), stream).await;
    assert_eq!(code(&unannounced), (413, "payload_too_large"));
    assert!(
        p.holds("NOT EXISTS (SELECT 1 FROM emotes)") && p.stored("emotes").is_empty(),
        "nothing is left of any"
    );
    assert_eq!(add(&p, "fine", bytes.clone()).await.0, 201);
    assert_eq!(code(&add(&p, "fine", png(2)).await), (409, "emote_taken"));
    assert_eq!(
        code(&p.sent("DELETE", &format!("{MINE}/other"), Some("ada"), "").await),
        (404, "emote_not_found")
    );
    for id in ["x", "..", "..%2F..%2Fetc%2Fpasswd", &"0".repeat(32), &"a".repeat(33)] {
        assert_eq!(p.sent("GET", &format!("/api/chat/emotes/{id}"), None, "").await.0, 404, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_two_channels_stays_until_the_last_has_removed_it() {
    let p = Platform::start(1).await;
    let (_, mine) = add(&p, "same", png(7)).await;
    let theirs = "/api/chat/rooms/bob/emotes";
    let (_, other) = p.sent("POST", &format!("{theirs}?name=other"), Some("bob"), png(7)).await;
    assert_eq!(mine["id"], other["id"]);
    assert_eq!(p.stored("emotes").len(), 1);
    let url = mine["url"].as_str().unwrap();
    assert_eq!(p.sent("DELETE", &format!("{MINE}/same"), Some("ada"), "").await.0, 204);
    assert_eq!(p.send(0, "GET", url, None, "").await.status(), 200);
    assert_eq!(p.sent("DELETE", &format!("{theirs}/other"), Some("bob"), "").await.0, 204);
    assert_eq!(p.send(0, "GET", url, None, "").await.status(), 404);
    assert!(p.stored("emotes").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_has_so_many_emotes_and_no_more_and_a_person_so_many_uploads() {
    let p = Platform::with(2, |c| {
        c.pictures.emotes_per_room = 3;
        c.pictures.upload_interval = streamly_config::Duration::from_secs(3600);
        c.pictures.upload_burst = 9;
        c.rate_limits = true;
    })
    .await;
    let p = &p;
    let uploads = (0u8..6).map(|n| async move {
        let path = format!("{MINE}?name=e{n}");
        p.send(usize::from(n % 2), "POST", &path, Some("ada"), png(n)).await.status().as_u16()
    });
    let mut all = futures_util::future::join_all(uploads).await;
    all.sort_unstable();
    assert_eq!(all, [201, 201, 201, 409, 409, 409]);
    assert_eq!((p.holds("(SELECT count(*) FROM emotes) = 3"), p.stored("emotes").len()), (true, 3));
    for _ in 6..9 {
        assert_eq!(code(&add(p, "more", png(9)).await), (409, "too_many_emotes"));
    }
    let answer = p.send(1, "POST", &format!("{MINE}?name=more"), Some("ada"), png(9)).await;
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (429, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_emotes_may_be_said_the_channels_own_count() {
    let p = Platform::start(1).await;
    add(&p, "ada_hi", png(1)).await;
    let mut ada = p.join(0, Some("ada")).await;
    ada.send(json!({"type":"say","room":"ada","text":"/emoteonly on"})).await;
    ada.wait_for("done").await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.send(json!({"type":"say","room":"ada","text":":ada_hi: :wave: 🎉"})).await;
    assert_eq!(bob.wait_for("message").await["text"], ":ada_hi: :wave: 🎉");
    for text in ["hello", ":ada_hi: hello", ":nobody:"] {
        bob.say(text).await;
        assert_eq!(bob.wait_for("error").await["code"], "emote_only", "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_that_fails_or_is_not_set_refuses_uploads_and_nothing_else() {
    let p = Platform::start(1).await;
    let folder = p.config.storage.dir.clone().unwrap();
    std::fs::write(folder.join("emotes"), "a file where the folder should be").unwrap();
    assert_eq!(code(&add(&p, "fine", png(1)).await), (503, "unavailable"));
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM emotes)"), "no name without a picture");
    std::fs::remove_file(folder.join("emotes")).unwrap();
    assert_eq!(add(&p, "fine", png(1)).await.0, 201);

    let p = Platform::with(1, |c| c.storage.dir = None).await;
    assert_eq!(code(&add(&p, "fine", png(1)).await), (503, "unavailable"));
    let said = p.join(0, Some("bob")).await.said(":wave:").await;
    assert_eq!(p.send(0, "GET", said["emotes"]["wave"].as_str().unwrap(), None, "").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_database_away_the_last_known_emotes_are_named() {
    let own = crate::outages::Own(streamly_testkit::postgres::Postgres::start().unwrap());
    let mut p = Platform::bare(own.0.clone());
    p.config.postgres.acquire_timeout = streamly_config::Duration::from_millis(500);
    p.add_node();
    p.until_ready(0).await;
    add(&p, "ada_hi", png(1)).await;
    let mut bob = p.join(0, Some("bob")).await;
    assert!(bob.said(":ada_hi: 1").await["emotes"].get("ada_hi").is_some());
    p.postgres.signal("KILL").unwrap();
    until("away", async || add(&p, "other", png(2)).await.0 == 503).await;
    bob.send(json!({"type":"say","room":"ada","text":":ada_hi: :wave: 2"})).await;
    let named = bob.wait_for("message").await["emotes"].as_object().unwrap().len();
    assert_eq!(named, 2);
}
