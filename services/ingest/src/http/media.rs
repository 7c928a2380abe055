//! Media playlists, init sections, segments and parts of one rendition.

use super::{disk, hold, range};
use crate::{broadcast::Rendition, node::Node, rewind};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::MessageBody,
    http::header::{self, HeaderMap},
    web,
};
use streamly_hls::{Decision, MediaQuery, Rendered, Resource, SegmentId, Variant, Window};
use streamly_http::{Problem, Result, encoding};
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
    let (broadcast, rendition) = hold::listed(&node, &path.0, &path.1).await?;
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
    Ok(tell(&request, &rendition, rendered, caching))
}

/// `GET …/{rendition}/iframes.m3u8`
pub(super) async fn iframes(
    node: web::Data<Node>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (broadcast, rendition) = hold::listed(&node, &path.0, &path.1).await?;
    let there = |window: &Window| window.has_iframes().then(|| window.playlist(Variant::Iframes, &[]));
    let rendered = hold::until(&node, &broadcast, &rendition, there).await?;
    Ok(tell(&request, &rendition, rendered, FRESH))
}

/// The playlist, in gzip to who takes it; or 304 to who has it.
fn tell(
    request: &HttpRequest,
    rendition: &Rendition,
    rendered: Rendered,
    caching: &'static str,
) -> HttpResponse {
    let headers = request.headers();
    let zips = encoding::takes_gzip(headers, rendered.body.len());
    let etag = format!("\"{:016x}{}\"", rendered.etag, if zips { "-gz" } else { "" });
    let has = encoding::is_known(headers, &etag);
    let mut response = if has { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .content_type(PLAYLIST_TYPE)
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::VARY, "Accept-Encoding"));
    response.insert_header((header::ETAG, etag));
    match (has, zips) {
        (true, _) => response.finish(),
        (false, true) => {
            response.insert_header((header::CONTENT_ENCODING, "gzip")).body(rendition.zipped(&rendered))
        }
        (false, false) => response.body(rendered.body),
    }
}

/// What stands behind a name, once it is there.
enum Found {
    Memory(Vec<bytes::Bytes>),
    Disk(SegmentId, u64),
    /// Its file is still on its way from the node that had the broadcast before.
    Awaited(SegmentId),
    Nothing,
}

/// `GET …/{rendition}/{name}`
pub(super) async fn resource(
    node: web::Data<Node>,
    path: web::Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (broadcast, rendition) = hold::rendition(&node, &path.0, &path.1).await?;
    let name = &path.2;
    let look = |window: &Window| match window.resource(name) {
        Resource::WaitFor { .. } => None,
        // A planned rung whose transcoder has not started yet.
        Resource::NotFound if window.position().msn.is_none() && window.ended().is_none() => None,
        Resource::Part(bytes) | Resource::Init(bytes) => Some(Found::Memory(vec![bytes])),
        Resource::Segment(pieces) => Some(Found::Memory(pieces)),
        Resource::Stored { id, size } => Some(Found::Disk(id, size)),
        Resource::Awaited { id, .. } => Some(Found::Awaited(id)),
        Resource::NotFound | Resource::Gone => Some(Found::Nothing),
    };
    let mut found = hold::until(&node, &broadcast, &rendition, look).await?;
    if let Found::Awaited(id) = found {
        if !rewind::comes(&node, &broadcast, &rendition, id).await {
            return Err(hold::timed_out());
        }
        found = rendition.read(look).unwrap_or(Found::Nothing);
    }
    match found {
        Found::Memory(pieces) => {
            let total = pieces.iter().map(|piece| piece.len() as u64).sum();
            let asked = asked(request.headers(), total);
            let pieces = match asked {
                range::Asked::Part { first, last } => range::slice(pieces, first, last),
                range::Asked::All | range::Asked::Unsatisfiable => pieces,
            };
            Ok(answer(&asked, total, super::body::Chain::new(pieces)))
        }
        Found::Disk(id, size) => {
            let asked = asked(request.headers(), size);
            let place = (broadcast.id.as_str(), rendition.name.as_str());
            let body = disk::body(&node, place, id, size, &asked).await?;
            Ok(answer(&asked, size, body))
        }
        Found::Awaited(_) | Found::Nothing => {
            Err(Problem::new(Code::NotFound).detail("There is no such segment."))
        }
    }
}

fn asked(headers: &HeaderMap, total: u64) -> range::Asked {
    range::parse(headers.get(header::RANGE).and_then(|value| value.to_str().ok()), total)
}

/// `body` is what is asked for of `total` bytes.
fn answer(asked: &range::Asked, total: u64, body: impl MessageBody + 'static) -> HttpResponse {
    match asked {
        range::Asked::All => whole(HttpResponse::Ok(), body),
        range::Asked::Unsatisfiable => HttpResponse::RangeNotSatisfiable()
            .insert_header((header::CONTENT_RANGE, format!("bytes */{total}")))
            .finish(),
        range::Asked::Part { first, last } => {
            let mut response = HttpResponse::PartialContent();
            response.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{total}")));
            whole(response, body)
        }
    }
}

fn whole(mut response: HttpResponseBuilder, body: impl MessageBody + 'static) -> HttpResponse {
    response
        .content_type("video/mp4")
        .insert_header((header::CACHE_CONTROL, IMMUTABLE))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .body(body)
}

/// The query, or 400.
pub(super) fn query(request: &HttpRequest) -> Result<MediaQuery> {
    MediaQuery::parse(request.query_string())
        .map_err(|error| Problem::new(Code::MalformedRequest).detail(format!("The query is wrong: {error}.")))
}
