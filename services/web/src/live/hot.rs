//! Playback on the hot path (ADR 0056): the playlist where players start, a rendition's files, their beacons, and what there is not under
//! `/live`, for a mistaken path shall not cost a connection its hot path. All else is actix-web's.

use super::{
    Edge, answer, beacon,
    find::Worker,
    memory::Memory,
    object::Place,
    playback::{self, Asked},
};
use crate::{address, config::Config, headers};
use std::sync::Arc;
use streamly_http::{Answer, Hot, Problem, Request, Result};
use streamly_status::Code;

/// See the module's head.
#[derive(Clone)]
pub(crate) struct Viewers {
    edge: Edge,
    config: Arc<Config>,
    /// Header lines of every answer.
    always: Arc<str>,
}

impl Viewers {
    pub(crate) fn new(edge: Edge, config: Arc<Config>) -> Self {
        let fields = [answer::ANY_PAGE].into_iter().chain(headers::everywhere(config.is_https()));
        let always: String = fields.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        Self { edge, config, always: always.into() }
    }

    /// Whether this is for what comes by plain HTTP. Not beside a listener by TLS: actix-web's middleware leads it there, or leaves out what is not
    /// to be said in the clear ([`crate::redirect`]).
    fn is_open(&self) -> bool {
        self.config.https.listen.is_none()
    }
}

/// What a path names; as [`super::handlers::routes`] has it.
#[derive(Debug, PartialEq)]
pub(crate) enum Route<'p> {
    /// The multivariant playlist of a channel.
    Channel(&'p str),
    /// A file of a broadcast's rendition.
    File(Place<'p>),
    /// What a player of that broadcast says of itself.
    Beacon(&'p str),
    Nothing,
}

impl Hot for Viewers {
    type Route<'p> = Route<'p>;
    type Worker = Worker;
    type Memory = Memory;

    fn route<'p>(&self, path: &'p str) -> Option<Route<'p>> {
        self.is_open().then(|| route(path))?
    }

    fn posted<'p>(&self, path: &'p str) -> Option<Route<'p>> {
        self.is_open().then(|| posted(path))?
    }

    fn always(&self) -> &str {
        &self.always
    }

    fn leaves(&self) {
        self.edge.meters.left.increment(1);
    }

    fn answered(&self, status: u16) {
        self.edge.meters.answered(status);
    }

    async fn answer(
        &self,
        route: Self::Route<'_>,
        request: &Request<'_>,
        worker: &Worker,
        memory: &mut Memory,
    ) -> Result<Answer> {
        let said = request.forwarded_for.iter().copied();
        let client = address::behind(request.peer, said, &self.config);
        let (query, wants, holder) = (request.query, &request.wants, client.into());
        let asked = Asked { query, wants, holder, worker };
        match route {
            // Boxed: it is asked for once by each player, and waits in many places.
            Route::Channel(name) => Box::pin(playback::multivariant(&self.edge, name, &asked)).await,
            Route::File(place) => playback::file(&self.edge, place, &asked, memory).await,
            Route::Beacon(broadcast) => {
                let told = async { beacon::told(request.body.unwrap_or_default()) };
                Box::pin(beacon::heard(&self.edge, broadcast, request.query, told)).await
            }
            Route::Nothing => Err(Problem::new(Code::NotFound)),
        }
    }
}

/// `None`: it is not under `/live/`, or has methods of its own.
pub(super) fn route(path: &str) -> Option<Route<'_>> {
    let mut names = path.strip_prefix("/live/")?.split('/');
    let first_four = [names.next(), names.next(), names.next(), names.next()];
    match first_four {
        [Some(username), Some("index.m3u8"), None, None] if !username.is_empty() => {
            Some(Route::Channel(username))
        }
        [Some("b"), Some(broadcast), Some("beacon"), None] if !broadcast.is_empty() => None,
        [Some("b"), Some(broadcast), Some(rendition), Some(name)]
            if names.next().is_none() && ![broadcast, rendition, name].contains(&"") =>
        {
            Some(Route::File((broadcast, rendition, name)))
        }
        _ => Some(Route::Nothing),
    }
}

/// The same of a POST.
fn posted(path: &str) -> Option<Route<'_>> {
    let broadcast = path.strip_prefix("/live/b/")?.strip_suffix("/beacon")?;
    (!broadcast.is_empty() && !broadcast.contains('/')).then_some(Route::Beacon(broadcast))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_players_get_is_answered_here() {
        for (path, named) in [
            ("/live/ada/index.m3u8", Some(Route::Channel("ada"))),
            ("/live/b/index.m3u8", Some(Route::Channel("b"))),
            ("/live/b/1/source/index.m3u8", Some(Route::File(("1", "source", "index.m3u8")))),
            ("/live/b/1/source/1-2.m4s", Some(Route::File(("1", "source", "1-2.m4s")))),
            ("/live/b/1/beacon/x", Some(Route::File(("1", "beacon", "x")))),
            ("/live/b/1/beacon", None),
            ("/live/b//beacon", Some(Route::Nothing)),
            ("/live/b/beacon", Some(Route::Nothing)),
            ("/live/b/1/index.m3u8", Some(Route::Nothing)),
            ("/live/b/1/source/", Some(Route::Nothing)),
            ("/live/b//source/x", Some(Route::Nothing)),
            ("/live/b/1/source/x/y", Some(Route::Nothing)),
            ("/live/ada", Some(Route::Nothing)),
            ("/live//index.m3u8", Some(Route::Nothing)),
            ("/live/", Some(Route::Nothing)),
            ("/live", None),
            ("/health", None),
            ("/lived/ada/index.m3u8", None),
            ("/", None),
        ] {
            assert_eq!(route(path), named, "{path}");
        }
    }

    #[test]
    fn beacons_are_all_that_is_posted_here() {
        assert_eq!(posted("/live/b/1/beacon"), Some(Route::Beacon("1")));
        for path in ["/live/b//beacon", "/live/b/beacon", "/live/b/1/x/beacon", "/live/b/1/beacon/", "/api"] {
            assert_eq!(posted(path), None, "{path}");
        }
    }
}
