//! What other edges ask this one for instead of an origin (ADR 0058): the same paths, and from what is kept and shared here the same answers.
//!
//! Nobody is counted here, has a `sid` or is asked for a token: the edge before has done that, and names whom its request counts for. So none
//! but edges may connect (`inner.allow`); everybody else's connections are closed before a byte is read. An edge says in its query how many
//! edges a request has passed and for how long it waits; who asks for what has passed too many is in a circle, and is told so.

use super::{
    Edge, answer,
    find::{self, Asking, Worker},
    hot,
    index::{Entry, Key},
    object::{self, Object, Place},
    origin::Keep,
    outcome::{Failure, Fetched},
    query::Query,
    shields,
};
use crate::{
    config::Config,
    headers::{self, CLASSES},
    listener::Seldom,
};
use actix_web::{App, dev::Extensions, middleware::from_fn, rt::net::TcpStream};
use bytes::Bytes;
use std::{
    io,
    net::{IpAddr, TcpListener},
    result,
    str::FromStr,
    sync::Arc,
    time::Duration,
};
use streamly_domain::{BroadcastId, Username};
use streamly_http::{
    Answer, Body, Holder, Hot, Problem, Request, Result, defaults, request_id, serve_hot_admitted,
};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_status::Code;

/// To the edge whose request has come round; it tells its viewers in words of its own.
const CAME_ROUND: &[u8] =
    b"Edges ask each other in a circle: this request has passed more of them than inner.max_passed says.\n";

/// See the module's head.
#[derive(Clone)]
pub(crate) struct Edges {
    edge: Edge,
    config: Arc<Config>,
    readiness: Readiness,
    circles: Arc<Seldom>,
}

/// What a path names.
pub(crate) enum Route<'p> {
    Health,
    /// As viewers name it.
    Playback(hot::Route<'p>),
}

/// What an edge says beside what it asks for.
#[derive(Debug, PartialEq, Eq)]
struct Said<'q> {
    passed: u32,
    within: Duration,
    /// The watch version of a channel that is not open to everybody.
    watch: Option<u64>,
    broadcast: Option<&'q str>,
}

impl<'q> Said<'q> {
    /// Errors: 400, no edge writes so.
    fn read(query: &'q str) -> Result<Self> {
        let mut said = Self { passed: 1, within: Duration::MAX, watch: None, broadcast: None };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "passed" => said.passed = number::<u32>(value)?.max(1),
                "within" => said.within = Duration::from_millis(number(value)?),
                "watch" => said.watch = Some(number(value)?),
                "b" => said.broadcast = Some(value),
                _ => {}
            }
        }
        Ok(said)
    }

    fn asking<'a>(&self, keep: Keep, grant: Option<&'a str>, request: &Request<'_>) -> Asking<'a> {
        Asking { keep, holder: holder(request), grant, passed: self.passed, within: self.within }
    }
}

impl Edges {
    pub(crate) fn new(edge: Edge, config: Arc<Config>, readiness: Readiness) -> Self {
        Self { edge, config, readiness, circles: Arc::default() }
    }

    /// Serves them until the stop, then drains.
    pub(crate) async fn serve(self, listener: TcpListener, shutdown: Shutdown) -> io::Result<()> {
        let limits = self.config.limits();
        let (allow, strangers) = (self.config.inner.allow.clone(), Seldom::default());
        let admit = move |socket: &TcpStream, _: &mut Extensions| {
            let address = socket.peer_addr().ok().map(|peer| peer.ip());
            let is_edge = address.is_some_and(|ip| allow.iter().any(|network| network.contains(ip)));
            if !is_edge {
                metrics::counter!("streamly_web_inner_connections_refused_total").increment(1);
                if strangers.is_due() {
                    tracing::warn!(
                        ?address,
                        "the inner listener is for edges alone (inner.allow); others are closed at once"
                    );
                }
            }
            is_edge
        };
        // Edges ask for nothing that the hot path does not answer.
        let app = || App::new().wrap(from_fn(request_id)).configure(defaults);
        serve_hot_admitted(listener, limits, shutdown, self, admit, app).await
    }

    fn health(&self) -> Answer {
        let (status, said) = match self.readiness.is_ready() {
            true => (200, "ok"),
            false => (503, "unavailable"),
        };
        Answer::new(status, Body::Bytes(format!("{{\"status\":\"{said}\"}}").into()))
            .with("cache-control", "no-store")
            .with("content-type", "application/json")
    }

    /// `GET /live/{username}/index.m3u8`, of the broadcast that the edge names: it may know of a new one a moment before this one does.
    async fn multivariant(&self, name: &str, request: &Request<'_>, worker: &Worker) -> Result<Answer> {
        let offline = || Problem::new(Code::ChannelOffline);
        let (query, said) = (Query::parse(request.query)?, Said::read(request.query)?);
        let username = Username::parse(name).map_err(|_| offline())?;
        let named = said.broadcast.filter(|id| id.parse::<BroadcastId>().is_ok());
        let broadcast = named.ok_or_else(offline)?;
        let path = |_: &Entry, url: &mut String| {
            object::push_start(url, &username, query.is_plain(), broadcast);
            self.edge.origin.mark(url, said.passed);
        };
        let asking = said.asking(Keep::Plain, request.wants.bearer(), request);
        match self.fetch(worker, broadcast, &path, asking).await {
            Ok(fetched) => Ok(Answer::new(200, Body::Bytes(fetched.body.clone()))
                .with("cache-control", "no-store")
                .with("content-type", fetched.content_type.clone())),
            Err(failure) => refused(failure, Code::ChannelOffline),
        }
    }

    /// `GET /live/b/{broadcast}/{rendition}/{name}`
    async fn file(&self, place: Place<'_>, request: &Request<'_>, worker: &Worker) -> Result<Answer> {
        let (query, said) = (Query::parse(request.query)?, Said::read(request.query)?);
        let object = Object::read(place, &query, false)?;
        let path = |_: &Entry, url: &mut String| {
            object.push(url, said.watch);
            self.edge.origin.mark(url, said.passed);
        };
        // Without a version it would be kept for everybody.
        let grant = request.wants.bearer().filter(|_| said.watch.is_some());
        let asking = said.asking(object.keep(), grant, request);
        match self.fetch(worker, object.broadcast, &path, asking).await {
            Ok(fetched) if object.is_playlist => Ok(answer::playlist(&request.wants, &fetched)),
            Ok(fetched) => Ok(answer::media(&request.wants, &fetched, false)),
            Err(failure) => refused(failure, Code::BroadcastNotFound),
        }
    }

    /// As for a viewer, in the time that the edge before waits. `Err(None)`: there certainly is no such broadcast.
    async fn fetch(
        &self,
        worker: &Worker,
        broadcast: &str,
        path: &impl Fn(&Entry, &mut String),
        asking: Asking<'_>,
    ) -> result::Result<Arc<Fetched>, Option<Failure>> {
        let max_passed = self.config.inner.max_passed;
        if asking.passed > max_passed {
            metrics::counter!("streamly_web_inner_circles_total").increment(1);
            if self.circles.is_due() {
                tracing::warn!(
                    passed = asking.passed,
                    max_passed,
                    "edges ask each other in a circle: shields.urls of one of them leads back to it. Where there are so many tiers, set inner.max_passed"
                );
            }
            return Err(Some(Failure::Circle));
        }
        let place = (Key::Broadcast(broadcast), self.edge.index.known(broadcast));
        let found = find::fetch(&self.edge, worker, place, path, asking);
        let found = tokio::time::timeout(asking.within, found).await;
        found.unwrap_or(Err(Some(Failure::TimedOut))).map(|(_, fetched)| fetched)
    }
}

impl Hot for Edges {
    type Route<'p> = Route<'p>;
    type Worker = Worker;
    type Memory = ();

    fn route<'p>(&self, path: &'p str) -> Option<Route<'p>> {
        Some(match path {
            "/health" => Route::Health,
            path => Route::Playback(hot::route(path).unwrap_or(hot::Route::Nothing)),
        })
    }

    fn always(&self) -> &str {
        ""
    }

    fn answered(&self, status: u16) {
        let class = CLASSES[headers::class(status)];
        metrics::counter!("streamly_web_inner_answers_total", "status" => class).increment(1);
    }

    async fn answer(
        &self,
        route: Self::Route<'_>,
        request: &Request<'_>,
        worker: &Worker,
        (): &mut (),
    ) -> Result<Answer> {
        match route {
            Route::Health => Ok(self.health()),
            Route::Playback(hot::Route::Channel(name)) => {
                Box::pin(self.multivariant(name, request, worker)).await
            }
            Route::Playback(hot::Route::File(place)) => Box::pin(self.file(place, request, worker)).await,
            Route::Playback(hot::Route::Beacon(_) | hot::Route::Nothing) => Err(Problem::new(Code::NotFound)),
        }
    }
}

/// `none`: there is no such broadcast.
fn refused(failure: Option<Failure>, none: Code) -> Result<Answer> {
    match failure {
        None => Err(none.into()),
        Some(Failure::Circle) => {
            Ok(Answer::new(shields::CIRCLE, Body::Bytes(Bytes::from_static(CAME_ROUND)))
                .with("cache-control", "no-store")
                .with("content-type", "text/plain"))
        }
        Some(failure) => answer::failure(&failure),
    }
}

/// Whom it counts for: the viewer whom the edge names, or the edge.
fn holder(request: &Request<'_>) -> Holder {
    let line = request.forwarded_for.first().and_then(|line| std::str::from_utf8(line).ok());
    let said = line.and_then(|line| line.split(',').next()?.trim().parse::<IpAddr>().ok());
    let peer = request.peer.map(|peer| peer.ip());
    said.or(peer).unwrap_or(IpAddr::from([0, 0, 0, 0])).into()
}

fn number<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Problem::new(Code::MalformedRequest).detail("A number in the query is none."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_edge_says_is_read_and_nothing_else_is_taken_for_it() {
        let said = Said::read("_HLS_msn=7&watch=3&passed=2&within=33000").unwrap();
        let within = Duration::from_secs(33);
        assert_eq!(said, Said { passed: 2, within, watch: Some(3), broadcast: None });
        let none = Said { passed: 1, within: Duration::MAX, watch: None, broadcast: None };
        assert_eq!(Said::read("").unwrap(), none);
        assert_eq!(Said::read("sid=x&ll=0&passed=0&unpassed=9").unwrap(), none);
        assert_eq!(Said::read("sid=x&b=1&passed=1").unwrap(), Said { broadcast: Some("1"), ..none });
        for wrong in ["passed=", "passed=x", "passed=-1", "passed=4294967296", "within=1s", "watch=0x1"] {
            assert!(Said::read(wrong).is_err(), "{wrong}");
        }
    }
}
