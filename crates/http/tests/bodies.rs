//! A JSON body that may be left out: what is taken for none, and what is refused although it may be.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use actix_web::{App, HttpResponse, http::header, test, web};
use serde::Deserialize;
use streamly_http::{MaybeJson, defaults};

#[derive(Deserialize)]
struct Why {
    #[serde(default)]
    reason: String,
}

async fn end(MaybeJson(why): MaybeJson<Why>) -> HttpResponse {
    HttpResponse::Ok().body(why.map_or_else(|| "none".to_owned(), |why| format!("because {}", why.reason)))
}

/// Status and text of the answer to a body of a type.
async fn sent(kind: Option<&str>, body: impl Into<web::Bytes>) -> (u16, String) {
    let app = test::init_service(App::new().configure(defaults).route("/", web::delete().to(end))).await;
    let mut request = test::TestRequest::delete().uri("/").set_payload(body);
    if let Some(kind) = kind {
        request = request.insert_header((header::CONTENT_TYPE, kind));
    }
    let answer = test::call_service(&app, request.to_request()).await;
    let status = answer.status().as_u16();
    (status, String::from_utf8(test::read_body(answer).await.to_vec()).unwrap())
}

#[actix_web::test]
async fn no_body_is_none_and_one_that_is_there_is_read() {
    let json = Some("application/json");
    for kind in [None, json, Some("text/plain")] {
        assert_eq!(sent(kind, "").await, (200, "none".into()), "{kind:?}");
    }
    assert_eq!(sent(json, "null").await, (200, "none".into()));
    assert_eq!(sent(json, "{}").await, (200, "because ".into()));
    assert_eq!(sent(json, r#"{"reason":"spam","more":1}"#).await, (200, "because spam".into()));
    // Longer than what a connection reads at once, and all of it arrives.
    let long = "x".repeat(60 << 10);
    let (status, text) = sent(json, format!(r#"{{"reason":"{long}"}}"#)).await;
    assert_eq!((status, text.len()), (200, "because ".len() + long.len()));
}

#[actix_web::test]
async fn what_cannot_be_read_is_refused_and_not_taken_for_none() {
    let json = Some("application/json");
    for (kind, body, status, code) in [
        (json, "{", 400, "malformed_request"),
        (json, " ", 400, "malformed_request"),
        (json, r#"{"reason":7}"#, 422, "validation_failed"),
        (json, r#""spam""#, 422, "validation_failed"),
        (Some("text/plain"), r#"{"reason":"spam"}"#, 415, "unsupported_media_type"),
        (None, r#"{"reason":"spam"}"#, 415, "unsupported_media_type"),
    ] {
        let (answered, text) = sent(kind, body).await;
        assert!(answered == status && text.contains(code), "{kind:?} {body}: {answered} {text}");
    }
    let (status, text) = sent(json, format!(r#"{{"reason":"{}"}}"#, "x".repeat(64 << 10))).await;
    assert!(status == 413 && text.contains("payload_too_large"), "{status} {text}");
}
