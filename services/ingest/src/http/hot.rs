//! Playlists, parts and segments on the hot path: all that viewers and edges ask for, from the playlist where they start on, on the same
//! connections; and what there is not under `/live`, for a mistaken path shall not cost a connection its hot path.

use super::{media, multivariant};
use crate::node::Node;
use std::sync::Arc;
use streamly_http::{Answer, Hot, Problem, Request, Result};
use streamly_status::Code;

/// Fields of every answer: any page may play.
pub(super) const ALWAYS: [(&str, &str); 2] = [
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "Content-Length, Content-Range, Date, ETag, X-Request-Id"),
];

/// The same as they are sent.
const LINES: &str = "access-control-allow-origin: *\r\n\
    access-control-expose-headers: Content-Length, Content-Range, Date, ETag, X-Request-Id\r\n";

/// See the module's head.
#[derive(Clone)]
pub(super) struct Origin(pub(super) Arc<Node>);

/// What a path names; as [`super::routes`] has it.
#[derive(Debug, PartialEq)]
pub(super) enum Route<'p> {
    /// The multivariant playlist of a channel.
    Channel(&'p str),
    /// A file of a broadcast's rendition.
    File((&'p str, &'p str), &'p str),
    Nothing,
}

impl Hot for Origin {
    type Route<'p> = Route<'p>;
    type Worker = ();
    type Memory = ();

    fn always(&self) -> &str {
        LINES
    }

    fn route<'p>(&self, path: &'p str) -> Option<Route<'p>> {
        route(path)
    }

    fn leaves(&self) {
        metrics::counter!("streamly_ingest_http_left_hot_path_total").increment(1);
    }

    async fn answer(
        &self,
        route: Self::Route<'_>,
        request: &Request<'_>,
        (): &(),
        (): &mut (),
    ) -> Result<Answer> {
        match route {
            Route::Channel(username) => {
                multivariant::playlist(&self.0, username, request.query, &request.wants).await
            }
            Route::File(rendition, "index.m3u8") => {
                media::playlist(&self.0, rendition, request.query, &request.wants).await
            }
            Route::File(rendition, "iframes.m3u8") => {
                media::iframes(&self.0, rendition, request.query, &request.wants).await
            }
            Route::File(rendition, name) => {
                media::resource(&self.0, rendition, (name, request.query), &request.wants, true).await
            }
            Route::Nothing => Err(Problem::new(Code::NotFound)),
        }
    }
}

/// `None`: it is not under `/live/`.
fn route(path: &str) -> Option<Route<'_>> {
    let mut names = path.strip_prefix("/live/")?.split('/');
    let first_four = [names.next(), names.next(), names.next(), names.next()];
    Some(match first_four {
        [Some(username), Some("index.m3u8"), None, None] if !username.is_empty() => Route::Channel(username),
        [Some("b"), Some(broadcast), Some(rendition), Some(name)]
            if names.next().is_none() && ![broadcast, rendition, name].contains(&"") =>
        {
            Route::File((broadcast, rendition), name)
        }
        _ => Route::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_under_live_is_answered_here() {
        for (path, named) in [
            ("/live/ada/index.m3u8", Some(Route::Channel("ada"))),
            ("/live/b/index.m3u8", Some(Route::Channel("b"))),
            ("/live/b/1/source/index.m3u8", Some(Route::File(("1", "source"), "index.m3u8"))),
            ("/live/b/1/source/1-2.m4s", Some(Route::File(("1", "source"), "1-2.m4s"))),
            ("/live/b/1/index.m3u8", Some(Route::Nothing)),
            ("/live/b/1/source/", Some(Route::Nothing)),
            ("/live/b//source/x", Some(Route::Nothing)),
            ("/live/b/1/source/x/y", Some(Route::Nothing)),
            ("/live/ada", Some(Route::Nothing)),
            ("/live//index.m3u8", Some(Route::Nothing)),
            ("/live/", Some(Route::Nothing)),
            ("/live", None),
            ("/health", None),
        ] {
            assert_eq!(route(path), named, "{path}");
        }
    }

    #[test]
    fn the_fields_of_every_answer_are_the_same_both_ways() {
        let lines: String = ALWAYS.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        assert_eq!(lines, LINES);
    }
}
