//! The routes under `/live` where actix-web gets the request: what the hot path leaves to it, beacons, and requests from other origins that
//! browsers ask about first.

use super::{
    Edge, answer,
    index::Away,
    outcome::Failure,
    playback::{self, Asked},
    qoe::{MAX_BODY, Told},
    query::Query,
    sessions::{Moment, TooSoon},
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
        .service(resource("/live/b/{broadcast}/beacon").route(web::post().to(beacon)))
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
    let asked = Asked { query: request.query_string(), wants: &wants, holder };
    answer::response(playback::multivariant(&edge, &name, &asked).await)
}

async fn file(
    edge: Data<Edge>,
    config: Data<Config>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> HttpResponse {
    let (wants, holder) = (Wants::of(&request), address::of(&request, &config).into());
    let asked = Asked { query: request.query_string(), wants: &wants, holder };
    let (broadcast, rendition, name) = &*path;
    answer::response(playback::file(&edge, (broadcast, rendition, name), &asked).await)
}

async fn beacon(
    edge: Data<Edge>,
    request: HttpRequest,
    broadcast: Path<String>,
    body: web::Payload,
) -> HttpResponse {
    answer::response(heard(&edge, &broadcast, request.query_string(), body).await)
}

/// A player says that somebody watches, though its session asks for nothing at present, and in its body how that somebody fares. Of a sid that
/// was given out here for a broadcast that its viewer may watch.
async fn heard(edge: &Edge, broadcast: &str, query: &str, body: web::Payload) -> Result<Answer> {
    let query = Query::parse(query)?;
    let sid = query.sid.as_deref().and_then(|sid| edge.sids.read(broadcast, sid));
    // Ids of broadcasts have one spelling under a sid's signature, so only those that were given out get past here.
    let sid = sid.ok_or(Code::NotFound)?;
    let told = read(body).await?;
    let watching = match edge.index.watching(broadcast).await {
        Ok(Some(watching)) => watching,
        Ok(None) => return Err(Code::BroadcastNotFound.into()),
        Err(Away) => return answer::failure(&Failure::IndexAway),
    };
    playback::admit(edge, broadcast, &query, &watching).await?;
    let now = Moment::now();
    let taken = edge.sessions.beacon(broadcast, sid, now, told.as_ref());
    let too_soon = |TooSoon| Problem::new(Code::RateLimited).retry_after(Duration::from_secs(2));
    if let Some(taken) = taken.map_err(too_soon)? {
        edge.qoe.add(broadcast, now.minute(), &taken);
    }
    Ok(answer::open(Answer::new(204, Body::Empty)).with("cache-control", "no-store"))
}

/// What a beacon tells, if anything. Whatever type it names: browsers ask before they send JSON to another origin, and not before plain text.
async fn read(body: web::Payload) -> Result<Option<Told>> {
    let wrong = |detail: String| Problem::new(Code::MalformedRequest).detail(detail);
    let read = tokio::time::timeout(BODY, body.to_bytes_limited(MAX_BODY)).await;
    let read = read.map_err(|_| wrong("The beacon's body did not come.".into()))?;
    let bytes = read
        .map_err(|_| {
            Problem::new(Code::PayloadTooLarge).detail(format!("A beacon has at most {MAX_BODY} bytes."))
        })?
        .map_err(|e| wrong(format!("The beacon's body did not come whole: {e}")))?;
    Told::read(&bytes).map_err(wrong)
}
