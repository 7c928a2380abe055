//! `GET /api/events`: server-sent events (WHATWG HTML §9.2), resumable by `Last-Event-ID`.
//!
//! Ids are those of the Redis Stream of facts; health and viewers come without one. A reader that resumes gets the facts that it missed
//! and how many watch by now; one that starts, or whose place is no longer kept, gets the present state of each topic first. A reader
//! that takes nothing for `event_patience` is cut off: it gets what was on its way, then the end. Its place is free only when its
//! connection has closed. A stream with an owner's topics ends with the token that opened it; its reader comes back with a fresh one.

//!
//! Of a private channel only who may watch it hears what goes on there; that is asked at the start and at each change of the channel, and
//! where it cannot be found out the answer is no.

use crate::{
    app::App,
    bus,
    error::Error,
    feed::{self, Item, Topic},
    notices::page::Wants,
    store::{broadcasts, broadcasts::Broadcast, channels, directory},
    view, visibility,
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use streamly_domain::{ChannelId, UserId};
use streamly_http::{MaybeAuthenticated, Problem};
use streamly_redis::{Entry, Value};
use streamly_status::Code;
use tokio::sync::{broadcast::error::RecvError, mpsc};
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
pub struct EventsQuery {
    /// `channel:ID`, `directory`, `health:ID`, `account:ID`, `notices:ID`, separated by commas.
    topics: String,
}

/// Events, until either side ends.
#[utoipa::path(get, path = "/api/events", params(EventsQuery), responses((status = 200, content_type = "text/event-stream")))]
pub async fn events(
    app: web::Data<App>,
    request: HttpRequest,
    who: MaybeAuthenticated,
    query: web::Query<EventsQuery>,
) -> Result<HttpResponse, Problem> {
    let topics = parse(&query.topics, app.config.max_topics)?;
    let mut until = None;
    for topic in &topics {
        if let Topic::Account(id) | Topic::Notices(id) = topic {
            until = who.0.as_ref().map(|claims| claims.exp);
            if who.0.as_ref().is_none_or(|claims| claims.sub.to_string() != *id) {
                return Err(Code::Forbidden.into());
            }
        }
        if let Topic::Health(id) = topic {
            until = who.0.as_ref().map(|claims| claims.exp);
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
    let (seat, receiver) = app.feed.join().ok_or(Code::Unavailable)?;
    let (frames, body) = mpsc::channel(QUEUE);
    let body = ReceiverStream::new(body).map(move |frame| {
        // The place goes with the connection, not with the task: a stuck connection still holds memory.
        let _ = &seat;
        frame
    });
    let (app, user) = (app.into_inner(), who.0.as_ref().map(|claims| claims.sub));
    let wants = user.filter(|_| topics.iter().any(|topic| matches!(topic, Topic::Notices(_)))).map(Wants::of);
    let reader =
        Reader { app: app.clone(), topics, user, wants, hidden: HashSet::new(), frames, sent: String::new() };
    let last = last.map(str::to_owned);
    app.tasks.spawn("events", async move {
        tokio::select! {
            () = reader.run(last, receiver) => {}
            () = expiry(until) => {}
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body))
}

/// Waits until that second since 1970; for ever without one.
async fn expiry(until: Option<u64>) {
    let Some(until) = until else { return std::future::pending().await };
    let end = UNIX_EPOCH + Duration::from_secs(until.min(u64::from(u32::MAX)));
    tokio::time::sleep(end.duration_since(SystemTime::now()).unwrap_or_default()).await;
}

fn parse(text: &str, max: usize) -> Result<Vec<Topic>, Problem> {
    let wrong = |detail: String| Problem::new(Code::MalformedRequest).detail(detail);
    let mut topics = HashSet::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()).take(max + 1) {
        let id = |id: &str| id.parse::<ChannelId>().map(|id| id.to_string());
        let topic = match name.split_once(':') {
            None if name == "directory" => Topic::Directory,
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
                    "Topics are channel:ID, health:ID, account:ID, notices:ID and directory.".into(),
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

struct Reader {
    app: Arc<App>,
    topics: Vec<Topic>,
    user: Option<UserId>,
    /// Of whom the user wants to be told, if that is a topic.
    wants: Option<Wants>,
    /// Channels that are private, and not for this reader.
    hidden: HashSet<String>,
    frames: Frames,
    sent: String,
}

/// The reader is gone or too slow.
struct Closed;

impl Reader {
    async fn run(mut self, last: Option<String>, mut receiver: tokio::sync::broadcast::Receiver<Arc<Item>>) {
        let stop = self.app.shutdown.clone();
        let work = async {
            for topic in &self.topics {
                if let Topic::Channel(id) = topic
                    && !may_know(&self.app, id, self.user).await
                {
                    self.hidden.insert(id.clone());
                }
            }
            match last {
                Some(last) => {
                    // Read before what was missed is given, which goes by it.
                    self.notices().await?;
                    self.resume(last).await?;
                }
                None => self.snapshot().await?,
            }
            loop {
                match tokio::time::timeout(self.app.config.event_keep_alive.get(), receiver.recv()).await {
                    Err(_) => self.send(": still here\n\n".into()).await?,
                    Ok(Ok(item)) => self.item(&item).await?,
                    Ok(Err(RecvError::Lagged(_))) => self.snapshot().await?,
                    Ok(Err(RecvError::Closed)) => return Ok::<(), Closed>(()),
                }
            }
        };
        tokio::select! {
            _ = work => {}
            () = stop.started() => {}
        }
    }

    async fn send(&self, text: String) -> Result<(), Closed> {
        match tokio::time::timeout(self.app.config.event_patience.get(), self.frames.send(Ok(text.into())))
            .await
        {
            Ok(Ok(())) => Ok(()),
            _ => Err(Closed),
        }
    }

    async fn item(&mut self, item: &Item) -> Result<(), Closed> {
        // Without an id the reader keeps the one it had: it resumes after the last fact.
        let mut place = String::new();
        if let Some(id) = &item.id {
            if !self.sent.is_empty() && !newer(id, &self.sent) {
                return Ok(());
            }
            self.sent.clone_from(id);
            place = format!("id: {id}\n");
        }
        if let Some(visibility) = feed::visibility_in(item)
            && self.topics.iter().any(|t| matches!(t, Topic::Channel(id) if *id == item.channel))
        {
            if visibility.is_known() || may_know(&self.app, &item.channel, self.user).await {
                self.hidden.remove(&item.channel);
            } else {
                self.hidden.insert(item.channel.clone());
            }
        }
        if self.wants.as_ref().is_some_and(|wants| wants.is_changed_by(item)) {
            self.notices().await?;
        }
        if let Some(wants) = &self.wants
            && let Some(data) = wants.notice(&self.app, item).await
        {
            self.send(format!("{place}event: notice\ndata: {data}\n\n")).await?;
        }
        for topic in &self.topics {
            let frame = match topic {
                Topic::Channel(id) if self.hidden.contains(id) => feed::frames_hidden(topic, item),
                _ => feed::frames(topic, item),
            };
            if let Some((name, data)) = frame {
                self.send(format!("{place}event: {name}\ndata: {data}\n\n")).await?;
            }
        }
        Ok(())
    }

    /// Reads what the user wants to be told, and tells the page of it. What cannot be read now is as it was.
    async fn notices(&mut self) -> Result<(), Closed> {
        let Some(wants) = &mut self.wants else { return Ok(()) };
        match wants.read(&self.app).await {
            Ok(data) => self.send(format!("event: notices\ndata: {data}\n\n")).await,
            Err(e) => {
                tracing::warn!(error = ?e, "an event stream goes by what its user wanted before");
                Ok(())
            }
        }
    }

    async fn resume(&mut self, last: String) -> Result<(), Closed> {
        let Some(missed) = missed(&self.app, &last).await else { return self.snapshot().await };
        self.sent = last;
        for item in missed {
            self.item(&item).await?;
        }
        // Health comes by itself each second; viewers only when they change. Without the store the facts still count.
        for topic in &self.topics {
            let Topic::Channel(id) = topic else { continue };
            if self.hidden.contains(id) {
                continue;
            }
            match viewers(&self.app, id).await {
                Ok(data) => self.send(format!("event: viewers\ndata: {data}\n\n")).await?,
                Err(e) => tracing::debug!(error = ?e, "viewers are told at their next change"),
            }
        }
        Ok(())
    }

    /// The present state of each topic, with the id of the newest event that it surely includes.
    async fn snapshot(&mut self) -> Result<(), Closed> {
        let newest: Option<Value> =
            self.app.redis.call("XREVRANGE", [bus::EVENTS.key, "+", "-", "COUNT", "1"]).await.ok();
        let newest = newest.and_then(|v| Entry::list(v).pop()).map_or_else(|| "0-0".into(), |e| e.id);
        let mut text = String::from("retry: 2000\n\n");
        for topic in &self.topics {
            let Ok(states) = present(&self.app, topic).await else { return Err(Closed) };
            let is_hidden = matches!(topic, Topic::Channel(id) if self.hidden.contains(id));
            for (name, mut data) in states {
                match name {
                    "stream" if is_hidden => data = view::hidden(&data),
                    _ if is_hidden => continue,
                    _ => {}
                }
                text.push_str(&format!("id: {newest}\nevent: {name}\ndata: {data}\n\n"));
            }
        }
        if let Some(wants) = &mut self.wants {
            let Ok(data) = wants.read(&self.app).await else { return Err(Closed) };
            text.push_str(&format!("id: {newest}\nevent: notices\ndata: {data}\n\n"));
        }
        self.sent = newest;
        self.send(text).await
    }
}

/// Whether somebody may know what goes on in a channel.
async fn may_know(app: &App, id: &str, user: Option<UserId>) -> bool {
    match channel(app, id).await {
        Ok(Some(channel)) => {
            channel.visibility.is_known() || visibility::may_watch(app, &channel, user).await.unwrap_or(false)
        }
        // Of none there is nothing to know.
        Ok(None) => true,
        Err(_) => false,
    }
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

/// How many watch a channel.
async fn viewers(app: &App, id: &str) -> Result<Json, Error> {
    let open = match id.parse() {
        Ok(channel) => broadcasts::open_of(&app.connection().await?, channel).await?,
        Err(_) => None,
    };
    Ok(viewers_of(id, open.as_ref()))
}

fn viewers_of(id: &str, open: Option<&Broadcast>) -> Json {
    json!({"channel_id": id, "viewers": open.map_or(0, |b| b.viewers)})
}

async fn present(app: &App, topic: &Topic) -> Result<Vec<(&'static str, Json)>, Error> {
    match topic {
        Topic::Channel(id) => {
            let Some(channel) = channel(app, id).await? else { return Ok(Vec::new()) };
            let db = app.db.get().await?;
            let open = broadcasts::open_of(&db, channel.id).await?;
            let stream = view::stream(&app.config.public_url, &channel, open.as_ref());
            let state = json!({"channel_id": id, "state": stream.state, "username": channel.username,
                               "broadcast_id": open.as_ref().map(|b| b.id)});
            let viewers = viewers_of(id, open.as_ref());
            Ok(vec![("state", state), ("stream", serde_json::to_value(stream)?), ("viewers", viewers)])
        }
        Topic::Health(id) => {
            let Ok(id) = id.parse() else { return Ok(Vec::new()) };
            let health = bus::health(&app.redis, id).await.unwrap_or_default();
            Ok(health.map(|h| ("health", h)).into_iter().collect())
        }
        // Of an account only what changes is told; of notices the reader itself knows.
        Topic::Account(_) | Topic::Notices(_) => Ok(Vec::new()),
        Topic::Directory => {
            let db = app.db.get().await?;
            let filter = directory::Filter { live: true, ..Default::default() };
            let ids = directory::live(&db, &filter, LISTED).await?;
            let mut shown = directory::shown(&db, &ids, true).await?;
            ids.iter()
                .filter_map(|id| shown.remove(id))
                .map(|(c, open)| {
                    let stream = view::stream(&app.config.public_url, &c, open.as_ref());
                    Ok(("directory", serde_json::to_value(stream)?))
                })
                .collect()
        }
    }
}
