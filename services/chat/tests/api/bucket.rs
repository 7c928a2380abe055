//! Pictures in a bucket of a real S3 server: uploaded, given out by every node, removed; the bucket away, and an account that it does not know.

use crate::{
    app::{Platform, until},
    pictures::{code, png},
};
use serde_json::{Value, json};
use streamly_config::{Duration, Secret};
use streamly_testkit::s3::{self, S3Server};

const EMOTES: &str = "/api/chat/rooms/ada/emotes";
const IMAGES: &str = "/api/chat/rooms/ada/images";

async fn platform(nodes: usize, server: &S3Server, secret: &str) -> Platform {
    let p = Platform::with(nodes, |c| {
        c.storage = streamly_storage::Config {
            bucket: Some(s3::BUCKET.into()),
            endpoint: Some(server.url()),
            access_key: Some(s3::ID.into()),
            secret_key: Some(Secret::new(secret)),
            prefix: Some("chat".into()),
            timeout: Duration::from_secs(2),
            ..streamly_storage::Config::default()
        };
    })
    .await;
    p.set("ada", &json!({"images": true}));
    p
}

async fn add(p: &Platform, name: &str, red: u8) -> (u16, Value) {
    p.sent("POST", &format!("{EMOTES}?name={name}"), Some("ada"), png(red)).await
}

async fn status(p: &Platform, node: usize, url: &Value) -> u16 {
    p.send(node, "GET", url.as_str().unwrap(), None, "").await.status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emote_and_an_image_are_in_the_bucket_for_as_long_as_they_are_there() {
    let server = S3Server::start().unwrap();
    let p = platform(2, &server, s3::SECRET).await;
    let (status_of, emote) = add(&p, "ada_hi", 1).await;
    assert_eq!(status_of, 201, "{emote}");
    let (_, image) = p.sent("POST", IMAGES, Some("ada"), png(2)).await;
    let mut ada = p.join(0, Some("ada")).await;
    ada.send(json!({"type":"say","room":"ada","text":":ada_hi:","image":image["id"]})).await;
    let said = ada.wait_for("message").await;
    assert_eq!(said["emotes"]["ada_hi"], emote["url"]);
    let names = [
        format!("chat/emotes/{}.png", emote["id"].as_str().unwrap()),
        format!("chat/images/{}.webp", image["id"].as_str().unwrap().replace('-', "")),
    ];
    assert_eq!(server.objects().unwrap(), names);
    for node in 0..2 {
        assert_eq!(
            (status(&p, node, &emote["url"]).await, status(&p, node, &image["url"]).await),
            (200, 200)
        );
    }
    assert_eq!(p.sent("DELETE", &format!("{EMOTES}/ada_hi"), Some("ada"), "").await.0, 204);
    assert_eq!(server.objects().unwrap(), names[1..]);
    let id = said["id"].as_str().unwrap();
    assert_eq!(p.rest(0, "DELETE", &format!("/{id}"), Some("ada")).await.0, 204);
    until("the image is swept", async || server.objects().unwrap().is_empty()).await;
    assert_eq!(status(&p, 0, &image["url"]).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_bucket_away_nothing_is_uploaded_and_everything_else_goes_on_and_its_return_is_enough() {
    let mut server = S3Server::start().unwrap();
    let p = platform(1, &server, s3::SECRET).await;
    let (_, before) = add(&p, "before", 1).await;
    let mut ada = p.join(0, Some("ada")).await;
    server.stop().unwrap();
    assert_eq!(code(&add(&p, "meanwhile", 2).await), (503, "unavailable"));
    assert_eq!(code(&p.sent("POST", IMAGES, Some("ada"), png(3)).await), (503, "unavailable"));
    assert_eq!(status(&p, 0, &before["url"]).await, 503, "not that there is none");
    assert_eq!(code(&p.sent("DELETE", &format!("{EMOTES}/before"), Some("ada"), "").await).0, 503);
    let said = ada.said(":before: :meanwhile: :wave:").await;
    let named: Vec<_> = said["emotes"].as_object().unwrap().keys().collect();
    assert_eq!(named, ["before", "wave"], "no name without a picture, and none without its name");
    server.start_again().unwrap();
    assert_eq!(status(&p, 0, &before["url"]).await, 200);
    assert_eq!(add(&p, "meanwhile", 2).await.0, 201);
    assert_eq!(p.sent("DELETE", &format!("{EMOTES}/before"), Some("ada"), "").await.0, 204);
    assert_eq!(server.objects().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_refuses_the_account_is_unavailable_and_nothing_of_it_is_told() {
    let server = S3Server::start().unwrap();
    let p = platform(1, &server, "guessed-secret").await;
    let answer = add(&p, "ada_hi", 1).await;
    assert_eq!(code(&answer), (503, "unavailable"));
    let told = answer.1.to_string();
    assert!(!told.contains("guessed-secret") && !told.contains("Signature"), "{told}");
    assert!(p.holds("NOT EXISTS (SELECT 1 FROM emotes)"), "no name without a picture");
    assert!(server.objects().unwrap().is_empty());
}
