//! Images shared in rooms: uploaded, said once, and gone with their messages.

use crate::{
    app::{Platform, until},
    peers::{room_id, user_id},
    pictures::{code, picture, png},
};
use image::ImageFormat;
use serde_json::{Value, json};

const HERE: &str = "/api/chat/rooms/ada/images";

async fn platform(nodes: usize) -> Platform {
    let p = Platform::start(nodes).await;
    p.set("ada", &json!({"images": true}));
    p
}

/// Somebody who wrote here before, for whom images are not held.
async fn regular(p: &Platform, node: usize, name: &str) -> crate::client::Client {
    let mut client = p.join(node, Some(name)).await;
    client.said(&format!("{name} is here")).await;
    client
}

async fn upload(p: &Platform, name: &str) -> Value {
    let (status, image) = p.sent("POST", HERE, Some(name), picture(ImageFormat::Jpeg, (1600, 800), 9)).await;
    assert_eq!(status, 201, "{image}");
    image
}

fn saying(image: &Value, text: &str, nonce: &str) -> Value {
    json!({"type":"say","room":"ada","text":text,"nonce":nonce,"image":image["id"]})
}

async fn status(p: &Platform, node: usize, image: &Value) -> u16 {
    p.send(node, "GET", image["url"].as_str().unwrap(), None, "").await.status().as_u16()
}

/// It is gone on every node, from storage too.
async fn until_gone(p: &Platform, image: &Value) {
    let name = image["id"].as_str().unwrap().replace('-', "");
    until("removed from storage", async || {
        !p.stored("images").iter().any(|f| f.to_string_lossy().contains(&name))
    })
    .await;
    let no_row = format!("NOT EXISTS (SELECT 1 FROM images WHERE id = '{}')", image["id"].as_str().unwrap());
    until("forgotten", async || p.holds(&no_row)).await;
    assert_eq!(status(p, 0, image).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_said_once_by_who_uploaded_it_where_it_was_uploaded() {
    let p = platform(2).await;
    p.set("cleo", &json!({"images": true}));
    let image = upload(&p, "bob").await;
    assert_eq!((image["width"].as_u64(), image["height"].as_u64()), (Some(1280), Some(640)));
    let (mut bob, mut ada) = (regular(&p, 0, "bob").await, p.join(1, Some("ada")).await);
    bob.join("cleo").await;
    bob.send(json!({"type":"say","room":"cleo","text":"here too"})).await;
    bob.wait_for("message").await;
    ada.send(saying(&image, "mine", "n1")).await;
    assert_eq!(ada.wait_for("error").await["code"], "image_not_found");
    for (room, id) in
        [("cleo", image["id"].as_str().unwrap()), ("ada", "01932f00-0000-4000-8000-000000000001")]
    {
        bob.send(json!({"type":"say","room":room,"text":"x","image":id})).await;
        assert_eq!(bob.wait_for("error").await["code"], "image_not_found", "{room}");
    }
    bob.send(json!({"type":"say","room":"ada","text":"x","image":"../x"})).await;
    assert_eq!(bob.wait_for("error").await["code"], "invalid_frame");

    bob.send(saying(&image, "", "n2")).await;
    let said = bob.wait_for("message").await;
    assert_eq!((&said["image"], said["text"].as_str()), (&image, Some("")));
    assert_eq!(ada.wait_for("message").await["image"], image);
    bob.send(saying(&image, "", "n2")).await;
    assert_eq!(bob.wait_for("message").await["id"], said["id"], "a repeat is the same message");
    bob.send(saying(&image, "once more", "n3")).await;
    assert_eq!(bob.wait_for("error").await["code"], "image_not_found", "it was used");

    for node in 0..2 {
        let answer = p.send(node, "GET", image["url"].as_str().unwrap(), None, "").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "image/webp");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(
            answer.headers()["content-security-policy"],
            "default-src 'none'; frame-ancestors 'none'; sandbox"
        );
        assert!(answer.headers()["cache-control"].to_str().unwrap().starts_with("private"));
        let seen = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!((seen.width(), seen.height()), (1280, 640));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_go_with_their_messages_however_those_go() {
    let p = platform(2).await;
    let mut bob = regular(&p, 0, "bob").await;
    let mut ada = p.join(1, Some("ada")).await;
    let mut all = Vec::new();
    for n in 0..4 {
        let image = upload(&p, "bob").await;
        bob.send(saying(&image, "look", &format!("n{n}"))).await;
        let id = bob.wait_for("message").await["id"].as_str().unwrap().to_owned();
        all.push((image, id));
    }
    let other = upload(&p, "cleo").await;
    let mut cleo = regular(&p, 0, "cleo").await;
    cleo.send(saying(&other, "mine stays", "c1")).await;
    cleo.wait_for("message").await;

    assert_eq!(p.rest(0, "DELETE", &format!("/{}", all[0].1), Some("bob")).await.0, 204);
    until_gone(&p, &all[0].0).await;
    ada.send(json!({"type":"say","room":"ada","text":format!("/delete {}", all[1].1)})).await;
    ada.wait_for("done").await;
    until_gone(&p, &all[1].0).await;
    assert_eq!(status(&p, 1, &all[2].0).await, 200);
    ada.send(json!({"type":"say","room":"ada","text":format!("/ban {} rude", user_id("bob"))})).await;
    ada.wait_for("done").await;
    until_gone(&p, &all[2].0).await;
    until_gone(&p, &all[3].0).await;
    assert_eq!(status(&p, 1, &other).await, 200, "others' stay");
    ada.send(json!({"type":"say","room":"ada","text":"/clear"})).await;
    ada.wait_for("done").await;
    until_gone(&p, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_message_has_is_swept_and_what_one_has_is_found() {
    let p = platform(1).await;
    let mut bob = regular(&p, 0, "bob").await;
    let mut images = Vec::new();
    for _ in 0..5 {
        images.push(upload(&p, "bob").await);
    }
    let mut ids = Vec::new();
    for (n, image) in images.iter().enumerate().take(3) {
        bob.send(saying(image, "look", &format!("n{n}"))).await;
        ids.push(bob.wait_for("message").await["id"].as_str().unwrap().to_owned());
    }
    let id = |n: usize| images[n]["id"].as_str().unwrap();
    // 0: it was said, which could not be noted. 1: taken, and never said. 3: never taken. 4: too young.
    p.sql(&format!(
        "UPDATE images SET message_id = NULL, used_at = now() - interval '1 hour' WHERE id IN ('{}', '{}')",
        id(0),
        id(1)
    ));
    p.sql(&format!("UPDATE images SET created_at = now() - interval '1 hour' WHERE id = '{}'", id(3)));
    let redis = p.redis_client().await;
    let key = format!("chat:{{{}}}:log", room_id("ada"));
    let (ms, seq) =
        (u64::from_str_radix(&ids[1][..12], 16).unwrap(), u32::from_str_radix(&ids[1][12..], 16).unwrap());
    let removed: i64 = redis.call("XDEL", [key, format!("{ms}-{seq}")]).await.unwrap();
    assert_eq!(removed, 1);
    bob.send(saying(&images[3], "too late", "n9")).await;
    assert_eq!(bob.wait_for("error").await["code"], "image_not_found");
    // A deletion wakes the sweep.
    assert_eq!(p.rest(0, "DELETE", &format!("/{}", ids[2]), Some("bob")).await.0, 204);
    for gone in [1, 2, 3] {
        until_gone(&p, &images[gone]).await;
    }
    assert!(p.holds(&format!("(SELECT message_id FROM images WHERE id = '{}') = '{}'", id(0), ids[0])));
    assert_eq!((status(&p, 0, &images[0]).await, status(&p, 0, &images[4]).await), (200, 200));
    p.sql(&format!("UPDATE images SET created_at = now() - interval '31 days' WHERE id = '{}'", id(0)));
    assert_eq!(p.rest(0, "DELETE", &format!("/{}", ids[0]), Some("bob")).await.0, 204);
    until_gone(&p, &images[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_refused_where_they_are_off_and_from_who_may_not_write() {
    let p = platform(1).await;
    let elsewhere = "/api/chat/rooms/bob/images";
    for (path, name, expected) in [
        (HERE, None, (401, "unauthenticated")),
        (HERE, Some("dan"), (403, "account_suspended")),
        (elsewhere, Some("bob"), (403, "images_off")),
        ("/api/chat/rooms/nobody_here/images", Some("bob"), (404, "channel_not_found")),
    ] {
        assert_eq!(code(&p.sent("POST", path, name, png(1)).await), expected, "{path} {name:?}");
    }
    assert_eq!(code(&p.sent("POST", HERE, Some("bob"), "<svg/>").await), (422, "invalid_picture"));
    assert_eq!(
        code(&p.sent("POST", HERE, Some("bob"), vec![0; (5 << 20) + 1]).await),
        (413, "payload_too_large")
    );
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM images)") && p.stored("images").is_empty());
    for _ in 0..10 {
        assert_eq!(p.sent("POST", HERE, Some("bob"), png(1)).await.0, 201);
    }
    assert_eq!(
        code(&p.sent("POST", HERE, Some("bob"), png(1)).await),
        (429, "rate_limited"),
        "ten of them wait"
    );
    let image = upload(&p, "cleo").await;
    let mut cleo = p.join(0, Some("cleo")).await;
    cleo.join("bob").await;
    cleo.send(json!({"type":"say","room":"bob","text":"x","image":image["id"]})).await;
    assert_eq!(cleo.wait_for("error").await["code"], "images_off");
    let mut ada = p.join(0, Some("ada")).await;
    ada.send(json!({"type":"say","room":"ada","text":format!("/timeout {} 60", user_id("cleo"))})).await;
    ada.wait_for("done").await;
    assert_eq!(code(&p.sent("POST", HERE, Some("cleo"), png(1)).await), (403, "forbidden"));
    assert!(p.holds(&format!("(SELECT count(*) FROM images WHERE user_id = '{}') = 1", user_id("cleo"))));
    for id in ["x", "..", "01932f00-0000-4000-8000-000000000001"] {
        assert_eq!(code(&p.sent("GET", &format!("/api/chat/images/{id}"), None, "").await).0, 404, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_image_of_somebody_new_waits_for_a_moderator_and_goes_with_the_verdict() {
    let p = platform(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    let mut bob = p.join(0, Some("bob")).await;
    let mut seen = Vec::new();
    for n in 0..2 {
        let image = upload(&p, "bob").await;
        bob.send(saying(&image, "look", &format!("n{n}"))).await;
        let (own, theirs) = (bob.wait_for("held").await, ada.wait_for("held").await);
        assert_eq!(
            (&own["image"], &theirs["image"], theirs["reason"].as_str()),
            (&image, &image, Some("image"))
        );
        assert_eq!(status(&p, 0, &image).await, 200, "for those who have its address");
        seen.push((image, theirs["hold_id"].as_str().unwrap().to_owned()));
    }
    let verdict = async |n: usize, verdict: &str| {
        let path = format!("/api/chat/rooms/ada/holds/{}/{verdict}", seen[n].1);
        let url = format!("http://{}{path}", p.nodes[0].at.rest);
        let request = reqwest::Client::new().post(url).bearer_auth(p.token("ada", 900)).json(&json!({}));
        assert_eq!(request.send().await.unwrap().status(), 200, "{verdict}");
    };
    // As if both had waited long: the sweep leaves alone what is held.
    p.sql("UPDATE images SET used_at = now() - interval '1 hour'");
    verdict(0, "deny").await;
    until_gone(&p, &seen[0].0).await;
    verdict(1, "approve").await;
    let said = bob.wait_for("message").await;
    assert_eq!(said["image"], seen[1].0);
    assert_eq!(p.rest(0, "DELETE", &format!("/{}", said["id"].as_str().unwrap()), Some("bob")).await.0, 204);
    until_gone(&p, &seen[1].0).await;
}
