//! Media playlists, init sections, segments and parts of one rendition.

use super::{hold, range};
use crate::node::Node;
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
    web,
};
use streamly_hls::{Decision, MediaQuery, Resource, Variant, Window};
use streamly_http::{Problem, Result};
use streamly_status::Code;

/// Media type of playlists (RFC 8216, section 10).
pub(super) const PLAYLIST_TYPE: &str = "application/vnd.apple.mpegurl";
/// Names never get other bytes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Of an answer to a request that named a segment: it is right for as long as others ask for the same.
const VERSIONED: &str = "public, max-age=1";
/// Of any other playlist.
const FRESH: &str = "no-cache";

enum Answer {
    Ready,
    OutOfRange,
}

/// `GET …/{rendition}/index.m3u8`
pub(super) async fn playlist(
    node: web::Data<Node>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let query = query(&request)?;
    let (broadcast, rendition) = hold::rendition(&node, &path.0, &path.1).await?;
    if broadcast.gone().is_cancelled() {
        return Err(Problem::new(Code::BroadcastNotFound));
    }
    let decide = |window: &Window| match window.decide(&query) {
        Decision::Ready => Some(Answer::Ready),
        Decision::OutOfRange => Some(Answer::OutOfRange),
        Decision::WaitFor { .. } => None,
    };
    if query.ll && query.msn.is_none() && rendition.read(decide).is_some() {
        hold::newest(&node, &broadcast, &rendition).await;
    }
    let answer = hold::until(&node, &broadcast, &rendition, decide).await?;
    if let Answer::OutOfRange = answer {
        return Err(Problem::new(Code::PlaylistOutOfRange));
    }
    let others = broadcast.renditions().unwrap_or_default().iter();
    let reports: Vec<_> = if query.ll {
        others.filter(|other| other.name != rendition.name).filter_map(|other| other.report()).collect()
    } else {
        Vec::new()
    };
    let variant = match (query.ll, query.skip) {
        (false, _) => Variant::Plain,
        (true, true) => Variant::Delta,
        (true, false) => Variant::Full,
    };
    let rendered = rendition.read(|window| window.playlist(variant, &reports));
    let caching = if query.msn.is_some() { VERSIONED } else { FRESH };
    Ok(HttpResponse::Ok()
        .content_type(PLAYLIST_TYPE)
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::ETAG, format!("\"{:016x}\"", rendered.etag)))
        .body(rendered.body))
}

/// `GET …/{rendition}/{name}`
pub(super) async fn resource(
    node: web::Data<Node>,
    path: web::Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (broadcast, rendition) = hold::rendition(&node, &path.0, &path.1).await?;
    let name = &path.2;
    let found = hold::until(&node, &broadcast, &rendition, |window| match window.resource(name) {
        Resource::WaitFor { .. } => None,
        // A planned rung whose transcoder has not started yet.
        Resource::NotFound if window.position().msn.is_none() && window.ended().is_none() => None,
        Resource::Part(bytes) | Resource::Init(bytes) => Some(Some(vec![bytes])),
        Resource::Segment(pieces) => Some(Some(pieces)),
        Resource::NotFound | Resource::Gone => Some(None),
    })
    .await?;
    let pieces = found.ok_or_else(|| Problem::new(Code::NotFound).detail("There is no such segment."))?;
    Ok(answer(request.headers(), pieces))
}

fn answer(headers: &HeaderMap, pieces: Vec<bytes::Bytes>) -> HttpResponse {
    let total: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    match range::parse(asked, total) {
        range::Asked::All => whole(HttpResponse::Ok(), pieces),
        range::Asked::Unsatisfiable => HttpResponse::RangeNotSatisfiable()
            .insert_header((header::CONTENT_RANGE, format!("bytes */{total}")))
            .finish(),
        range::Asked::Part { first, last } => {
            let mut response = HttpResponse::PartialContent();
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{total}")));
            whole(response, range::slice(pieces, first, last))
        }
    }
}

fn whole(mut response: actix_web::HttpResponseBuilder, pieces: Vec<bytes::Bytes>) -> HttpResponse {
    response
        .content_type("video/mp4")
        .insert_header((header::CACHE_CONTROL, IMMUTABLE))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .body(super::body::Chain::new(pieces))
}

/// The query, or 400.
pub(super) fn query(request: &HttpRequest) -> Result<MediaQuery> {
    MediaQuery::parse(request.query_string())
        .map_err(|error| Problem::new(Code::MalformedRequest).detail(format!("The query is wrong: {error}.")))
}
