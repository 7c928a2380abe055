//! Media playlists, init sections, segments and parts of one rendition: what is answered to whom, whichever way the request came.

use super::{
    disk, hold, range, stills,
    watching::{self, Let},
};
use crate::{
    broadcast::{Flat, Rendition},
    node::Node,
    rewind,
};
use bytes::Bytes;
use std::sync::Arc;
use streamly_hls::{Decision, MediaQuery, Rendered, Resource, SegmentId, Variant, Window};
use streamly_http::{Answer, Body, FileRange, Problem, Result, Wants};
use streamly_status::Code;

/// Media type of playlists (RFC 8216, section 10).
pub(super) const PLAYLIST_TYPE: &str = "application/vnd.apple.mpegurl";
/// Media type of segments, parts and init sections.
const MEDIA_TYPE: &str = "video/mp4";
/// Names never get other bytes.
pub(super) const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Of an answer to a request that named a segment: it is right for as long as others ask for the same.
const VERSIONED: &str = "public, max-age=1";
/// Of any other playlist.
const FRESH: &str = "no-cache";

/// Whether a playlist can be told.
enum Told {
    Ready,
    OutOfRange,
}

/// `GET …/{rendition}/index.m3u8`
pub(super) async fn playlist(
    node: &Node,
    (broadcast, name): (&str, &str),
    query: &str,
    wants: &Wants<'_>,
) -> Result<Answer> {
    let (asked, query) = (query, parse(query)?);
    let (broadcast, rendition) = hold::listed(node, broadcast, name).await?;
    let admitted = watching::admit(node, &broadcast, asked, wants)?;
    if broadcast.gone().is_cancelled() {
        return Err(Problem::new(Code::BroadcastNotFound));
    }
    let decide = |window: &Window| match window.decide(&query) {
        Decision::Ready => Some(Told::Ready),
        Decision::OutOfRange => Some(Told::OutOfRange),
        Decision::WaitFor { .. } => None,
    };
    if query.ll && query.msn.is_none() && rendition.read(decide).is_some() {
        hold::newest(node, &broadcast, &rendition).await;
    }
    let told = hold::until(node, &broadcast, &rendition, decide).await?;
    if let Told::OutOfRange = told {
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
    Ok(tell(wants, &rendition, rendered, caching, admitted))
}

/// `GET …/{rendition}/iframes.m3u8`
pub(super) async fn iframes(
    node: &Node,
    (broadcast, name): (&str, &str),
    query: &str,
    wants: &Wants<'_>,
) -> Result<Answer> {
    let (broadcast, rendition) = hold::listed(node, broadcast, name).await?;
    let admitted = watching::admit(node, &broadcast, query, wants)?;
    let there = |window: &Window| window.has_iframes().then(|| window.playlist(Variant::Iframes, &[]));
    let rendered = hold::until(node, &broadcast, &rendition, there).await?;
    Ok(tell(wants, &rendition, rendered, FRESH, admitted))
}

/// The playlist, in gzip to who takes it; or 304 to who has it.
fn tell(
    wants: &Wants<'_>,
    rendition: &Rendition,
    rendered: Rendered,
    caching: &'static str,
    admitted: Let<'_>,
) -> Answer {
    if let Let::Viewer(token) = admitted {
        let text = String::from_utf8_lossy(&rendered.body);
        let body = streamly_hls::with_query(&text, &format!("token={token}"));
        return Answer::new(200, Body::Bytes(body.into()))
            .with("content-type", PLAYLIST_TYPE)
            .with("cache-control", "private, no-store");
    }
    let zips = wants.gzip(rendered.body.len());
    let etag = format!("\"{:016x}{}\"", rendered.etag, if zips { "-gz" } else { "" });
    let answer = match (wants.knows(&etag), zips) {
        (true, _) => Answer::new(304, Body::Empty),
        (false, true) => {
            Answer::new(200, Body::Bytes(rendition.zipped(&rendered))).with("content-encoding", "gzip")
        }
        (false, false) => Answer::new(200, Body::Bytes(rendered.body)),
    };
    // What an edge gets on its word is for its viewers, and for no cache on the way (RFC 9111, 3.5).
    let caching = match admitted {
        Let::Open => caching,
        _ => "private, no-cache",
    };
    answer
        .with("content-type", PLAYLIST_TYPE)
        .with("cache-control", caching)
        .with("vary", "Accept-Encoding")
        .with("etag", etag)
}

/// What stands behind a name, once it is there.
enum Found {
    /// A part or an init section.
    Piece(Bytes),
    /// A whole segment.
    Segment(Vec<Bytes>),
    Disk(SegmentId, u64),
    /// Its file is still on its way from the node that had the broadcast before.
    Awaited(SegmentId),
    Nothing,
}

/// `GET …/{rendition}/{name}`. `flat`: a segment that many ask for may come as a file in memory.
pub(super) async fn resource(
    node: &Node,
    (broadcast, rendition): (&str, &str),
    (name, query): (&str, &str),
    wants: &Wants<'_>,
    flat: bool,
) -> Result<Answer> {
    if rendition == stills::FOLDER {
        return stills::still(node, broadcast, (name, query), wants);
    }
    let (broadcast, rendition) = hold::rendition(node, broadcast, rendition).await?;
    let caching = match watching::admit(node, &broadcast, query, wants)?.is_open() {
        true => IMMUTABLE,
        false => watching::PRIVATE,
    };
    let flat = SegmentId::of_name(name).filter(|_| flat);
    if let Some(flat) = flat.and_then(|id| rendition.flat(id)) {
        return Ok(of_flat(&flat, wants, caching));
    }
    let look = |window: &Window| match window.resource(name) {
        Resource::WaitFor { .. } => None,
        // A planned rung whose transcoder has not started yet.
        Resource::NotFound if window.position().msn.is_none() && window.ended().is_none() => None,
        Resource::Part(bytes) | Resource::Init(bytes) => Some(Found::Piece(bytes)),
        Resource::Segment(pieces) => Some(Found::Segment(pieces)),
        Resource::Stored { id, size } => Some(Found::Disk(id, size)),
        Resource::Awaited { id, .. } => Some(Found::Awaited(id)),
        Resource::NotFound | Resource::Gone => Some(Found::Nothing),
    };
    let mut found = hold::until(node, &broadcast, &rendition, look).await?;
    if let Found::Awaited(id) = found {
        if !rewind::comes(node, &broadcast, &rendition, id).await {
            return Err(hold::timed_out());
        }
        found = rendition.read(look).unwrap_or(Found::Nothing);
    }
    match found {
        Found::Piece(bytes) => Ok(answer(wants, bytes.len() as u64, (MEDIA_TYPE, caching), |part| {
            Body::Bytes(
                part.map_or(bytes.clone(), |(first, last)| bytes.slice(first as usize..=last as usize)),
            )
        })),
        Found::Segment(pieces) => {
            // Who wants the head alone, or some of it, is not whom it pays for.
            if let Some(id) = flat.filter(|_| wants.whole())
                && let Some(flat) = laid_out(&rendition, id, &pieces).await
            {
                return Ok(of_flat(&flat, wants, caching));
            }
            let total = pieces.iter().map(|piece| piece.len() as u64).sum();
            Ok(answer(wants, total, (MEDIA_TYPE, caching), |part| {
                Body::Pieces(match part {
                    Some((first, last)) => range::slice(pieces, first, last),
                    None => pieces,
                })
            }))
        }
        Found::Disk(id, size) => {
            let file = disk::open(node, (&broadcast.id, &rendition.name), id).await?;
            Ok(answer(wants, size, (MEDIA_TYPE, caching), |part| {
                Body::File(of_file(file, size, part, false))
            }))
        }
        Found::Awaited(_) | Found::Nothing => {
            Err(Problem::new(Code::NotFound).detail("There is no such segment."))
        }
    }
}

/// The segment as a file in memory, for the second who asks: megabytes are copied, on a thread that nobody else waits for.
async fn laid_out(rendition: &Arc<Rendition>, id: SegmentId, pieces: &[Bytes]) -> Option<Arc<Flat>> {
    if !rendition.is_to_be_flat(id) {
        return None;
    }
    let (rendition, pieces) = (rendition.clone(), pieces.to_vec());
    // It goes on to its end, and the file is kept, also if the client has gone meanwhile.
    tokio::task::spawn_blocking(move || rendition.flatten(id, &pieces)).await.ok().flatten()
}

fn of_flat(flat: &Arc<Flat>, wants: &Wants<'_>, caching: &'static str) -> Answer {
    answer(wants, flat.size, (MEDIA_TYPE, caching), |part| {
        Body::File(of_file(flat.file.clone(), flat.size, part, true))
    })
}

fn of_file(file: Arc<std::fs::File>, size: u64, part: Option<(u64, u64)>, in_memory: bool) -> FileRange {
    let (first, last) = part.unwrap_or((0, size.saturating_sub(1)));
    FileRange { file, first, length: (last + 1 - first).min(size), in_memory }
}

/// What is asked for of `total` bytes of that type. `body` gives all of them, or those between two places, both inclusive.
pub(super) fn answer(
    wants: &Wants<'_>,
    total: u64,
    (kind, caching): (&'static str, &'static str),
    body: impl FnOnce(Option<(u64, u64)>) -> Body,
) -> Answer {
    let (answer, range) = match range::parse(wants.range(), total) {
        range::Asked::Unsatisfiable => {
            return Answer::new(416, Body::Empty).with("content-range", format!("bytes */{total}"));
        }
        range::Asked::All => (Answer::new(200, body(None)), None),
        range::Asked::Part { first, last } => {
            (Answer::new(206, body(Some((first, last)))), Some(format!("bytes {first}-{last}/{total}")))
        }
    };
    let answer =
        answer.with("content-type", kind).with("cache-control", caching).with("accept-ranges", "bytes");
    match range {
        Some(range) => answer.with("content-range", range),
        None => answer,
    }
}

/// The query, or 400.
pub(super) fn parse(query: &str) -> Result<MediaQuery> {
    MediaQuery::parse(query)
        .map_err(|error| Problem::new(Code::MalformedRequest).detail(format!("The query is wrong: {error}.")))
}
