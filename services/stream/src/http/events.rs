//! `GET /api/events`: server-sent events (WHATWG HTML §9.2), resumable by `Last-Event-ID`.
//!
//! Ids are those of the Redis Stream of facts; health and viewers come without one. A reader that resumes gets the facts that it missed
//! and how many watch by now; one that starts, or whose place is no longer kept, gets the present state of each topic first. A reader
//! that takes nothing for `event_patience` is cut off: it gets what was on its way, then the end. Its place is free only when its
//! connection has closed. Of a private channel only who may watch it hears what goes on there; where that cannot be found out the answer
//! is no. Who came by a channel's secret link without an account shows its playback token in `X-Playback-Token`.

mod reader;

use crate::{
    app::App,
    bus,
    error::Error,
    feed::{Item, Topic, keys_for},
    store::{broadcasts, broadcasts::Broadcast, channels, directory},
    view, visibility,
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use reader::Reader;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use streamly_domain::{ChannelId, UserId};
use streamly_http::{MaybeAuthenticated, Problem};
use streamly_redis::{Entry, Value};
use streamly_status::Code;
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};

/// Frames that wait for a slow reader.
const QUEUE: usize = 64;
/// Most events read again for a reader that resumes; beyond that it starts from the present state.
const MISSED: usize = 1000;
/// Live channels in the first state of the directory.
const LISTED: i64 = 100;

type Frames = mpsc::Sender<Result<web::Bytes, std::convert::Infallible>>;

/// What to hear.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// `channel:ID`, `directory` (who is live), `stills` (pictures of these, each about every half a minute), `health:ID`, `account:ID`,
    /// `notices:ID`, separated by commas.
    topics: String,
}

/// The playback token of who came by a channel's link, for its events. Not in the address, which logs keep.
const PLAYBACK_TOKEN: &str = "x-playback-token";

/// Events, until either side ends.
#[utoipa::path(get, path = "/api/events", security((), ("bearer" = [])),
    params(EventsQuery, ("X-Playback-Token" = Option<String>, Header, description = "The playback token of who may watch a channel by its link: its events are told as its viewers hear them. One that does not hold counts as none.")), responses((status = 200, content_type = "text/event-stream")))]
pub async fn events(
    app: web::Data<App>,
    request: HttpRequest,
    who: MaybeAuthenticated,
    query: web::Query<EventsQuery>,
) -> Result<HttpResponse, Problem> {
    let topics = parse(&query.topics, app.config.max_topics)?;
    for topic in &topics {
        if let Topic::Account(id) | Topic::Notices(id) = topic
            && who.0.as_ref().is_none_or(|claims| claims.sub.to_string() != *id)
        {
            return Err(Code::Forbidden.into());
        }
        if let Topic::Health(id) = topic {
            let channel = channel(&app, id).await?.ok_or(Code::Forbidden)?;
            if who.0.as_ref().is_none_or(|claims| claims.sub != channel.owner_id) {
                return Err(Code::Forbidden.into());
            }
        }
    }
    let last = request.headers().get("last-event-id").and_then(|v| v.to_str().ok()).filter(|id| is_id(id));
    if last.is_none() {
        // The present state needs the store: said now, while it can be said.
        drop(app.connection().await?);
    }
    let keys = keys_for(&topics, who.0.as_ref().map(|claims| claims.sub));
    let (seat, post) = app.feed.join(keys).ok_or(Code::Unavailable)?;
    let (frames, body) = mpsc::channel(QUEUE);
    let body = ReceiverStream::new(body).map(move |frame| {
        // The place goes with the connection, not with the task: a stuck connection still holds memory.
        let _ = &seat;
        frame
    });
    let app = app.into_inner();
    let shown = request.headers().get(PLAYBACK_TOKEN).and_then(|v| v.to_str().ok());
    let pass = shown.and_then(|token| app.tokens.pass(token, reader::unix_now()));
    let reader = Reader::new(app.clone(), topics, who.0.as_ref(), pass, frames);
    let last = last.map(str::to_owned);
    app.tasks.spawn("events", reader.run(last, post));
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body))
}

fn parse(text: &str, max: usize) -> Result<Vec<Topic>, Problem> {
    let wrong = |detail: String| Problem::new(Code::MalformedRequest).detail(detail);
    let mut topics = HashSet::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()).take(max + 1) {
        let id = |id: &str| id.parse::<ChannelId>().map(|id| id.to_string());
        let topic = match name.split_once(':') {
            None if name == "directory" => Topic::Directory,
            None if name == "stills" => Topic::Stills,
            Some(("channel", rest)) => {
                Topic::Channel(id(rest).map_err(|_| wrong("A channel's id is not valid.".into()))?)
            }
            Some(("health", rest)) => {
                Topic::Health(id(rest).map_err(|_| wrong("A channel's id is not valid.".into()))?)
            }
            Some((kind @ ("account" | "notices"), rest)) => {
                let id = rest.parse::<UserId>().map_err(|_| wrong("A user's id is not valid.".into()))?;
                if kind == "account" {
                    Topic::Account(id.to_string())
                } else {
                    Topic::Notices(id.to_string())
                }
            }
            _ => {
                return Err(wrong(
                    "Topics are channel:ID, health:ID, account:ID, notices:ID, directory and stills.".into(),
                ));
            }
        };
        topics.insert(topic);
    }
    if topics.is_empty() || topics.len() > max {
        return Err(wrong(format!("Ask for 1 to {max} topics.")));
    }
    Ok(topics.into_iter().collect())
}

/// Whether the text is an id of a Redis Stream: `ms-seq`.
fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(ms, seq)| ms.parse::<u64>().is_ok() && seq.parse::<u64>().is_ok())
}

/// Order of two ids.
fn newer(a: &str, b: &str) -> bool {
    let parts = |id: &str| {
        let (ms, seq) = id.split_once('-').unwrap_or((id, "0"));
        (ms.parse::<u64>().unwrap_or(0), seq.parse::<u64>().unwrap_or(0))
    };
    parts(a) > parts(b)
}

async fn channel(app: &App, id: &str) -> Result<Option<channels::Channel>, Error> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let db = app.db.get().await?;
    channels::find(&db, channels::By::Id(id)).await
}

/// Events after `last`; `None` if some may not be kept any more, or are too many.
async fn missed(app: &App, last: &str) -> Option<Vec<Item>> {
    let oldest: Value = app.redis.call("XRANGE", [bus::EVENTS.key, "-", "+", "COUNT", "1"]).await.ok()?;
    let oldest = Entry::list(oldest).pop()?;
    if newer(&oldest.id, last) {
        return None;
    }
    let newest: Value = app.redis.call("XREVRANGE", [bus::EVENTS.key, "+", "-", "COUNT", "1"]).await.ok()?;
    // An id that was never given out here: its reader would wait for ever.
    if newer(last, &Entry::list(newest).pop()?.id) {
        return None;
    }
    let (after, count) = (format!("({last}"), MISSED.to_string());
    let entries: Value =
        app.redis.call("XRANGE", [bus::EVENTS.key, &after, "+", "COUNT", &count]).await.ok()?;
    let entries = Entry::list(entries);
    (entries.len() < MISSED)
        .then(|| entries.iter().filter_map(|entry| Item::from_entry(entry, true)).collect())
}

/// What a channel has on air, for whomever that is.
async fn on_air(app: &App, id: &str) -> Result<Option<Broadcast>, Error> {
    match id.parse() {
        Ok(channel) => broadcasts::open_of(&app.connection().await?, channel).await,
        Err(_) => Ok(None),
    }
}

fn viewers_of(id: &str, open: Option<&Broadcast>) -> Json {
    json!({"channel_id": id, "viewers": open.map_or(0, |b| b.viewers)})
}

/// The present state of a topic, as named objects, and the channel that they are of.
#[derive(Default)]
struct Present {
    channel: Option<channels::Channel>,
    /// It has a test on air, of which the reader may know.
    test: bool,
    states: Vec<(&'static str, Json)>,
}

impl Present {
    fn of_nobody(states: Vec<(&'static str, Json)>) -> Self {
        Self { channel: None, test: false, states }
    }
}

async fn present(app: &App, topic: &Topic, user: Option<UserId>) -> Result<Present, Error> {
    match topic {
        Topic::Channel(id) => {
            let Some(channel) = channel(app, id).await? else { return Ok(Present::default()) };
            let db = app.db.get().await?;
            let open = broadcasts::open_of(&db, channel.id).await?;
            drop(db);
            let open = visibility::on_air_for(app, open, user).await;
            let stream = match &open {
                Some(b) if b.test => view::for_team(&app.config.public_url, &channel, open.as_ref()),
                _ => view::stream(&app.config.public_url, &channel, open.as_ref()),
            };
            let state = json!({"channel_id": id, "state": stream.state, "username": channel.username,
                               "broadcast_id": open.as_ref().map(|b| b.id)});
            let viewers = viewers_of(id, open.as_ref());
            let states =
                vec![("state", state), ("stream", serde_json::to_value(stream)?), ("viewers", viewers)];
            Ok(Present { channel: Some(channel), test: open.is_some_and(|b| b.test), states })
        }
        Topic::Health(id) => {
            let Ok(id) = id.parse() else { return Ok(Present::default()) };
            let health = bus::health(&app.redis, id).await.unwrap_or_default();
            Ok(Present::of_nobody(health.map(|h| ("health", h)).into_iter().collect()))
        }
        // Of an account only what changes is told; what its notices are the reader asks itself; the directory says which stills are the present
        // ones.
        Topic::Account(_) | Topic::Notices(_) | Topic::Stills => Ok(Present::default()),
        Topic::Directory => {
            let db = app.db.get().await?;
            let filter = directory::Filter { live: true, ..Default::default() };
            let ids = directory::live(&db, &filter, LISTED).await?;
            let mut shown = directory::shown(&db, &ids, true).await?;
            let listed = ids.iter().filter_map(|id| shown.remove(id)).map(|(c, open)| {
                let stream = view::stream(&app.config.public_url, &c, open.as_ref());
                Ok(("directory", serde_json::to_value(stream)?))
            });
            Ok(Present::of_nobody(listed.collect::<Result<_, Error>>()?))
        }
    }
}
