//! The routes under `/live` where actix-web gets the request: what the hot path leaves to it, and what browsers ask before requests to another
//! origin.

use super::{
    Edge, answer, beacon,
    find::Worker,
    memory::Memory,
    playback::{self, Asked},
    qoe::{MAX_BODY, Told},
};
use crate::{address, config::Config};
use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{self, Data, Path},
};
use std::time::Duration;
use streamly_http::{Answer, Body, Problem, Result, Wants};
use streamly_status::Code;

/// A beacon's body must have come by then; without it whoever sends none holds a connection.
const BODY: Duration = Duration::from_secs(5);

/// Adds the routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let resource = |path: &str| {
        web::resource(path.to_owned())
            .route(web::method(Method::OPTIONS).to(preflight))
            .default_service(web::to(not_allowed))
    };
    config
        .service(
            resource("/live/b/{broadcast}/{rendition}/{name}")
                .route(web::get().to(file))
                .route(web::head().to(file)),
        )
        .service(resource("/live/b/{broadcast}/beacon").route(web::post().to(heard)))
        .service(
            resource("/live/{username}/index.m3u8")
                .route(web::get().to(multivariant))
                .route(web::head().to(multivariant)),
        )
        .route("/live", web::to(nothing))
        .route("/live/{tail:.*}", web::to(nothing));
}

async fn not_allowed() -> HttpResponse {
    answer::response(Err(Code::MethodNotAllowed.into()))
}

async fn nothing() -> HttpResponse {
    answer::response(Err(Code::NotFound.into()))
}

async fn preflight() -> HttpResponse {
    let answer = answer::open(Answer::new(204, Body::Empty))
        .with("access-control-allow-methods", "GET, HEAD, POST, OPTIONS")
        .with("access-control-allow-headers", "Range")
        .with("access-control-max-age", "86400");
    answer::response(Ok(answer))
}

async fn multivariant(
    edge: Data<Edge>,
    config: Data<Config>,
    request: HttpRequest,
    name: Path<String>,
) -> HttpResponse {
    let (wants, holder) = (Wants::of(&request), address::of(&request, &config).into());
    // By itself: connections of actix-web are few.
    let worker = Worker::default();
    let asked = Asked { query: request.query_string(), wants: &wants, holder, worker: &worker };
    answer::response(playback::multivariant(&edge, &name, &asked).await)
}

async fn file(
    edge: Data<Edge>,
    config: Data<Config>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> HttpResponse {
    let (wants, holder) = (Wants::of(&request), address::of(&request, &config).into());
    // By itself: connections of actix-web are few.
    let worker = Worker::default();
    let asked = Asked { query: request.query_string(), wants: &wants, holder, worker: &worker };
    let (broadcast, rendition, name) = &*path;
    let mut memory = Memory::default();
    answer::response(playback::file(&edge, (broadcast, rendition, name), &asked, &mut memory).await)
}

async fn heard(
    edge: Data<Edge>,
    request: HttpRequest,
    broadcast: Path<String>,
    body: web::Payload,
) -> HttpResponse {
    answer::response(beacon::heard(&edge, &broadcast, request.query_string(), read(body)).await)
}

/// What a beacon tells, once its body has come.
async fn read(body: web::Payload) -> Result<Option<Told>> {
    let wrong = |detail: String| Problem::new(Code::MalformedRequest).detail(detail);
    let read = tokio::time::timeout(BODY, body.to_bytes_limited(MAX_BODY)).await;
    let read = read.map_err(|_| wrong("The beacon's body did not come.".into()))?;
    let bytes = read
        .map_err(|_| beacon::too_large())?
        .map_err(|e| wrong(format!("The beacon's body did not come whole: {e}")))?;
    beacon::told(&bytes)
}
