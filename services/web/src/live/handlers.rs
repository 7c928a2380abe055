//! The routes under `/live`.

use super::{
    Edge, answer,
    find::{self, Asking},
    index::{Away, Entry, Key, Watching},
    origin::Keep,
    outcome::Failure,
    qoe::{MAX_BODY, Told},
    sessions::{Moment, TooSoon},
    sids::Kind,
    watchers::Grant,
};
use crate::{address, config::Config};
use actix_web::{
    Error, HttpRequest, HttpResponse,
    error::{InternalError, QueryPayloadError},
    http::{Method, header},
    web,
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use streamly_domain::{BroadcastId, Username};
use streamly_http::{Holder, Problem};
use streamly_status::Code;

/// Stands for a viewer's `sid` in what the origin writes.
const PLACEHOLDER: &str = "edge-sid-placeholder";
/// Highest `_HLS_part` that reaches an origin: a segment of 60 s has fewer parts, and each differing number is a request of its own.
const MAX_PART: u64 = 1000;
/// Longest rendition or object name.
const MAX_NAME: usize = 64;
/// A beacon's body must have come by then; without it whoever sends none holds a connection.
const BODY: Duration = Duration::from_secs(5);

/// The query parameters that reach the origin; everything else, `sid` first, stays here so that viewers share one request.
#[derive(Debug, Deserialize)]
pub(crate) struct Query {
    #[serde(rename = "_HLS_msn")]
    msn: Option<String>,
    #[serde(rename = "_HLS_part")]
    part: Option<String>,
    #[serde(rename = "_HLS_skip")]
    skip: Option<String>,
    ll: Option<String>,
    sid: Option<String>,
    token: Option<String>,
    preview: Option<String>,
}

/// Adds the routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let resource = |path: &str| {
        let refused = |e: QueryPayloadError, _: &HttpRequest| -> Error {
            let problem = Problem::new(Code::MalformedRequest).detail(format!("The query is wrong: {e}"));
            InternalError::from_response(e, answer::problem(&problem)).into()
        };
        web::resource(path.to_owned())
            .app_data(web::QueryConfig::default().error_handler(refused))
            .route(web::method(Method::OPTIONS).to(preflight))
            .default_service(web::to(not_allowed))
    };
    config
        .service(
            resource("/live/b/{broadcast}/{rendition}/{name}")
                .route(web::get().to(object))
                .route(web::head().to(object)),
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
    answer::problem(&Code::MethodNotAllowed.into())
}

async fn nothing() -> HttpResponse {
    answer::problem(&Code::NotFound.into())
}

async fn preflight() -> HttpResponse {
    let mut builder = HttpResponse::NoContent();
    answer::open(&mut builder);
    builder
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, OPTIONS"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "Range"))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

async fn multivariant(
    edge: web::Data<Edge>,
    config: web::Data<Config>,
    request: HttpRequest,
    name: web::Path<String>,
    web::Query(query): web::Query<Query>,
) -> HttpResponse {
    let Ok(username) = Username::parse(&name) else { return offline() };
    let plain = if query.ll.as_deref() == Some("0") { "&ll=0" } else { "" };
    // Shared per broadcast, not per name: a new broadcast has another list.
    let path =
        |at: &Entry| format!("/live/{username}/index.m3u8?sid={PLACEHOLDER}{plain}&b={}", at.broadcast_id);
    let key = Key::Name(username.as_str());
    let live = match edge.index.find(key).await {
        Ok(Some(live)) => live,
        Ok(None) => return offline(),
        Err(Away) => return answer::failure(&Failure::IndexAway),
    };
    let watching = match edge.index.watching(&live.broadcast_id).await {
        Ok(Some(watching)) => watching,
        Ok(None) | Err(Away) => Arc::new(Watching::of(&live)),
    };
    let grant = match watching.restricted {
        true => match edge.watchers.enter(query.token.as_deref(), &watching) {
            Ok(grant) => Some(grant),
            Err(_) if watching.hidden => return offline(),
            Err(refused) => return answer::problem(&refused),
        },
        false => None,
    };
    let asking = Asking {
        keep: Keep::Plain,
        holder: holder(&request, &config),
        grant: grant.as_ref().map(Grant::token),
    };
    let (entry, fetched) = match find::fetch(&edge, key, path, asking).await {
        Ok(found) => found,
        Err(None) => return offline(),
        Err(Some(e)) => return answer::failure(&e),
    };
    let Ok(text) = std::str::from_utf8(&fetched.body) else { return answer::failure(&Failure::Garbled) };
    let kind = if query.preview.as_deref() == Some("1") { Kind::Preview } else { Kind::Viewer };
    // A player that comes back with its sid, after a reload, is the session that it was.
    let own =
        query.sid.filter(|sid| edge.sids.read(&entry.broadcast_id, sid).is_some_and(|sid| sid.kind == kind));
    let mut sid = own.unwrap_or_else(|| edge.sids.issue(&entry.broadcast_id, kind));
    if let Some(grant) = &grant {
        edge.watchers.begin(&sid, grant);
        sid = format!("{sid}&token={}", grant.token());
    }
    let mut builder = HttpResponse::Ok();
    answer::open(&mut builder);
    builder
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type(fetched.content_type.as_str())
        .body(text.replace(PLACEHOLDER, &sid))
}

fn holder(request: &HttpRequest, config: &Config) -> Holder {
    address::of(request, config).into()
}

fn offline() -> HttpResponse {
    answer::problem(&Problem::new(Code::ChannelOffline))
}

async fn object(
    edge: web::Data<Edge>,
    config: web::Data<Config>,
    request: HttpRequest,
    path: web::Path<(String, String, String)>,
    query: web::Query<Query>,
) -> HttpResponse {
    let (broadcast, rendition, name) = path.into_inner();
    if broadcast.parse::<BroadcastId>().is_err() || !plain_name(&rendition) || !plain_name(&name) {
        return nothing().await;
    }
    let is_playlist = name.ends_with(".m3u8");
    let (path, keep) = match is_playlist {
        true => match playlist_path(&broadcast, &rendition, &name, &query) {
            Ok(asked) => asked,
            Err(refused) => return answer::problem(&refused),
        },
        false => (format!("/live/b/{broadcast}/{rendition}/{name}"), Keep::Immutable),
    };
    let watching = match edge.index.watching(&broadcast).await {
        Ok(Some(watching)) => watching,
        Ok(None) => return answer::problem(&Problem::new(Code::BroadcastNotFound)),
        Err(Away) => return answer::failure(&Failure::IndexAway),
    };
    let grant = match admit(&edge, &broadcast, &query, &watching).await {
        Ok(grant) => grant,
        Err(refused) => return answer::problem(&refused),
    };
    let path = if watching.restricted { apart(path, watching.version) } else { path };
    let asking = Asking { keep, holder: holder(&request, &config), grant: grant.as_ref().map(Grant::token) };
    match find::fetch(&edge, Key::Broadcast(&broadcast), |_| path.clone(), asking).await {
        Ok((_, fetched)) if is_playlist => {
            if let Some(sid) = query.sid.as_deref()
                && let Some(sid) = edge.sids.read(&broadcast, sid)
            {
                edge.sessions.saw(&broadcast, sid, Moment::now());
            }
            metrics::counter!("streamly_web_playlists_total").increment(1);
            match &grant {
                Some(grant) => {
                    answer::playlist(&request, &fetched.granted(&shown(grant, &broadcast, &edge, &query)))
                }
                None => answer::playlist(&request, &fetched),
            }
        }
        Ok((_, fetched)) => {
            metrics::counter!("streamly_web_media_bytes_total").increment(fetched.body.len() as u64);
            answer::media(&request, &fetched, grant.is_some())
        }
        Err(Some(e)) => answer::failure(&e),
        Err(None) => answer::problem(&Problem::new(Code::BroadcastNotFound)),
    }
}

/// A player says that somebody watches, though its session asks for nothing at present, and in its body how that somebody fares. Of a sid that
/// was given out here for a broadcast that its viewer may watch.
async fn beacon(
    edge: web::Data<Edge>,
    path: web::Path<String>,
    query: web::Query<Query>,
    body: web::Payload,
) -> HttpResponse {
    let broadcast = path.into_inner();
    let sid = query.sid.as_deref().and_then(|sid| edge.sids.read(&broadcast, sid));
    // Ids of broadcasts have one spelling under a sid's signature, so only those that were given out get past here.
    let Some(sid) = sid else { return nothing().await };
    let told = match read(body).await {
        Ok(told) => told,
        Err(wrong) => return answer::problem(&wrong),
    };
    let watching = match edge.index.watching(&broadcast).await {
        Ok(Some(watching)) => watching,
        Ok(None) => return answer::problem(&Problem::new(Code::BroadcastNotFound)),
        Err(Away) => return answer::failure(&Failure::IndexAway),
    };
    if let Err(refused) = admit(&edge, &broadcast, &query, &watching).await {
        return answer::problem(&refused);
    }
    let now = Moment::now();
    match edge.sessions.beacon(&broadcast, sid, now, told.as_ref()) {
        Ok(taken) => {
            if let Some(taken) = taken {
                edge.qoe.add(&broadcast, now.minute(), &taken);
            }
            let mut builder = HttpResponse::NoContent();
            answer::open(&mut builder);
            builder.insert_header((header::CACHE_CONTROL, "no-store")).finish()
        }
        Err(TooSoon) => answer::problem(&Problem::new(Code::RateLimited).retry_after(Duration::from_secs(2))),
    }
}

/// What a beacon tells, if anything. Whatever type it names: browsers ask before they send JSON to another origin, and not before plain text.
async fn read(body: web::Payload) -> Result<Option<Told>, Problem> {
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

/// The path under which what is not for everybody is kept apart from what is: who may fetch the one later finds nothing of the other here.
/// The origin does not look at it.
fn apart(path: String, version: u64) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}watch={version}")
}

/// What the origin is shown for that viewer; none: the channel is open.
async fn admit(
    edge: &Edge,
    broadcast: &str,
    query: &Query,
    watching: &Watching,
) -> Result<Option<Grant>, Problem> {
    if !watching.restricted {
        return Ok(None);
    }
    let sid = query.sid.as_deref();
    let known = sid.is_some_and(|sid| edge.sids.read(broadcast, sid).is_some());
    edge.watchers.admit(sid, known, query.token.as_deref(), watching).await.map(Some)
}

/// What lets a viewer in, as URLs of parts carry it: the sid if it was given out for this broadcast, for it is short and outlives a token.
fn shown(grant: &Grant, broadcast: &str, edge: &Edge, query: &Query) -> String {
    match query.sid.as_deref().filter(|sid| edge.sids.read(broadcast, sid).is_some()) {
        Some(sid) => format!("sid={sid}"),
        None => format!("token={}", grant.token()),
    }
}

/// The path with the parameters in one order. Errors: one of them is not of its form, or the part is beyond any segment's.
fn playlist_path(
    broadcast: &str,
    rendition: &str,
    name: &str,
    query: &Query,
) -> Result<(String, Keep), Problem> {
    let wrong = || Problem::new(Code::MalformedRequest).detail("A query parameter is not valid.");
    let number = |v: &Option<String>| match v {
        None => Ok(None),
        Some(t) if !t.is_empty() && t.len() <= 19 && t.bytes().all(|b| b.is_ascii_digit()) => {
            t.parse::<u64>().map(Some).map_err(|_| wrong())
        }
        Some(_) => Err(wrong()),
    };
    let (msn, part) = (number(&query.msn)?, number(&query.part)?);
    if part.is_some_and(|n| n > MAX_PART) {
        return Err(Code::PlaylistOutOfRange.into());
    }
    let mut parameters = Vec::new();
    parameters.extend(msn.map(|n| format!("_HLS_msn={n}")));
    parameters.extend(part.map(|n| format!("_HLS_part={n}")));
    match query.skip.as_deref() {
        None => {}
        Some(v @ ("YES" | "v2")) => parameters.push(format!("_HLS_skip={v}")),
        Some(_) => return Err(wrong()),
    }
    match query.ll.as_deref() {
        None | Some("1") => {}
        Some("0") => parameters.push("ll=0".into()),
        Some(_) => return Err(wrong()),
    }
    let keep = if msn.is_some() { Keep::Blocking } else { Keep::Plain };
    let mark = if parameters.is_empty() { "" } else { "?" };
    Ok((format!("/live/b/{broadcast}/{rendition}/{name}{mark}{}", parameters.join("&")), keep))
}

fn plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
