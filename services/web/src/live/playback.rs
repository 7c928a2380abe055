//! What players ask for: the multivariant playlist where they start, and a rendition's playlists, parts and segments. The same whichever way
//! the request came, by the hot path (`hot`) or by actix-web (`handlers`).
//!
//! Of what is remembered here, a broadcast's place and the object, nothing is waited for; all that may wait is boxed, so that an idle
//! connection does not pay for its size.

use super::{
    Edge, answer,
    find::{self, Asking, Worker},
    index::{Away, Entry, Key, Watching},
    memory::Memory,
    object::{self, Object, PLACEHOLDER, Place},
    origin::Keep,
    outcome::Failure,
    query::Query,
    sessions::Moment,
    sids::Kind,
    watchers::Grant,
};
use std::{sync::Arc, time::Duration};
use streamly_domain::Username;
use streamly_http::{Answer, Body, Holder, Problem, Result, Wants};
use streamly_status::Code;

/// How something is asked for.
pub(crate) struct Asked<'a> {
    /// Behind the `?`, as it was sent.
    pub(crate) query: &'a str,
    pub(crate) wants: &'a Wants<'a>,
    /// Whom a request to an origin counts for.
    pub(crate) holder: Holder,
    /// What the worker has of its own.
    pub(crate) worker: &'a Worker,
}

impl Asked<'_> {
    /// The same to an origin. A viewer waits for as long as it does.
    fn of<'g>(&self, keep: Keep, grant: Option<&'g Grant>) -> Asking<'g> {
        let grant = grant.map(Grant::token);
        Asking { keep, holder: self.holder, grant, passed: 0, within: Duration::MAX }
    }
}

/// `GET /live/{username}/index.m3u8`
pub(crate) async fn multivariant(edge: &Edge, name: &str, asked: &Asked<'_>) -> Result<Answer> {
    let query = Query::parse(asked.query)?;
    let username = Username::parse(name).map_err(|_| offline())?;
    let key = Key::Name(username.as_str());
    let live = match edge.index.find(key).await {
        Ok(Some(live)) => live,
        Ok(None) => return Err(offline()),
        Err(Away) => return answer::failure(&Failure::IndexAway),
    };
    let watching = match edge.index.watching(&live.broadcast_id).await {
        Ok(Some(watching)) => watching,
        Ok(None) | Err(Away) => Arc::new(Watching::of(&live)),
    };
    let grant = match watching.restricted {
        true => match edge.watchers.enter(query.token.as_deref(), &watching) {
            Ok(grant) => Some(grant),
            Err(_) if watching.hidden => return Err(offline()),
            Err(refused) => return Err(refused),
        },
        false => None,
    };
    // Who comes back to the broadcast, after a reload say, is not new.
    let is_back = query.sid.as_deref().is_some_and(|sid| edge.sids.read(&live.broadcast_id, sid).is_some());
    let is_plain = query.is_plain() || (edge.is_over_budget() && !is_back);
    let path = |at: &Entry, url: &mut String| {
        object::push_start(url, &username, is_plain, &at.broadcast_id);
    };
    let asking = asked.of(Keep::Plain, grant.as_ref());
    let (entry, fetched) = match find::fetch(edge, asked.worker, (key, None), &path, asking).await {
        Ok(found) => found,
        Err(None) => return Err(offline()),
        Err(Some(failure)) => return answer::failure(&failure),
    };
    let Ok(text) = std::str::from_utf8(&fetched.body) else { return answer::failure(&Failure::Garbled) };
    if is_plain && !query.is_plain() {
        metrics::counter!("streamly_web_viewers_without_parts_total").increment(1);
    }
    let broadcast = entry.broadcast_id.as_str();
    let kind = if query.is_preview() { Kind::Preview } else { Kind::Viewer };
    // A player that comes back with its sid, after a reload, is the session that it was.
    let is_own = |sid: &&str| edge.sids.read(broadcast, sid).is_some_and(|sid| sid.kind == kind);
    let own = query.sid.as_deref().filter(is_own).map(str::to_owned);
    let mut sid = own.unwrap_or_else(|| edge.sids.issue(broadcast, kind));
    if let Some(grant) = &grant {
        edge.watchers.begin(&sid, grant);
        sid = format!("{sid}&token={}", grant.token());
    }
    Ok(answer::open(Answer::new(200, Body::Bytes(text.replace(PLACEHOLDER, &sid).into())))
        .with("cache-control", "no-store")
        .with("content-type", fetched.content_type.clone()))
}

fn offline() -> Problem {
    Problem::new(Code::ChannelOffline)
}

/// `GET /live/b/{broadcast}/{rendition}/{name}`
pub(crate) async fn file(
    edge: &Edge,
    place: Place<'_>,
    asked: &Asked<'_>,
    memory: &mut Memory,
) -> Result<Answer> {
    let query = Query::parse(asked.query)?;
    // Of none but an id is anything remembered.
    let object = Object::read(place, &query, memory.is_of(place.0))?;
    let broadcast = object.broadcast;
    let known = match memory.known(&edge.index, broadcast).await {
        Ok(Some(known)) => known,
        Ok(None) => return Err(Code::BroadcastNotFound.into()),
        Err(Away) => return answer::failure(&Failure::IndexAway),
    };
    let watching = known.watching;
    let sid = match object.is_playlist || watching.restricted {
        true => query.sid.as_deref().and_then(|sid| memory.sid(&edge.sids, broadcast, sid)),
        false => None,
    };
    let grant = match watching.restricted {
        true => Box::pin(admit(edge, &query, sid.is_some(), &watching)).await?,
        false => None,
    };
    let version = watching.restricted.then_some(watching.version);
    let path = |_: &Entry, url: &mut String| object.push(url, version);
    let asking = asked.of(object.keep(), grant.as_ref());
    let at = (Key::Broadcast(broadcast), known.at);
    let fetched = match find::fetch(edge, asked.worker, at, &path, asking).await {
        Ok((_, fetched)) => fetched,
        Err(Some(failure)) => return answer::failure(&failure),
        Err(None) => return Err(Code::BroadcastNotFound.into()),
    };
    if !object.is_playlist {
        edge.meters.media_bytes.increment(fetched.body.len() as u64);
        return Ok(answer::media(asked.wants, &fetched, grant.is_some()));
    }
    if let Some(sid) = sid {
        edge.sessions.saw(broadcast, sid, Moment::now());
    }
    edge.meters.playlists.increment(1);
    Ok(match &grant {
        Some(grant) => {
            let own = query.sid.as_deref().filter(|_| sid.is_some());
            answer::playlist(asked.wants, &fetched.granted(&shown(grant, own)))
        }
        None => answer::playlist(asked.wants, &fetched),
    })
}

/// What the origin is shown for that viewer; none: the channel is open. `known`: the sid was given out for this broadcast.
pub(crate) async fn admit(
    edge: &Edge,
    query: &Query<'_>,
    known: bool,
    watching: &Watching,
) -> Result<Option<Grant>> {
    if !watching.restricted {
        return Ok(None);
    }
    let (sid, token) = (query.sid.as_deref(), query.token.as_deref());
    edge.watchers.admit(sid, known, token, watching).await.map(Some)
}

/// What lets a viewer in, as URLs of parts carry it: the sid if one was given out for this broadcast, for it is short and outlives a token.
fn shown(grant: &Grant, sid: Option<&str>) -> String {
    match sid {
        Some(sid) => format!("sid={sid}"),
        None => format!("token={}", grant.token()),
    }
}
