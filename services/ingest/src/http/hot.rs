//! The media files of a rendition on the hot path: playlists, parts and segments are nearly all that viewers ask for.

use super::media;
use crate::node::Node;
use std::sync::Arc;
use streamly_http::{Answer, Hot, Request, Result};

/// Fields of every answer: any page may play.
pub(super) const ALWAYS: [(&str, &str); 2] = [
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "Content-Length, Content-Range, Date, ETag, X-Request-Id"),
];

/// See the module's head.
#[derive(Clone)]
pub(super) struct Origin(pub(super) Arc<Node>);

/// A file of a rendition.
pub(super) struct File<'p> {
    rendition: (&'p str, &'p str),
    name: &'p str,
}

impl Hot for Origin {
    type Route<'p> = File<'p>;

    const ALWAYS: &'static str = "access-control-allow-origin: *\r\n\
        access-control-expose-headers: Content-Length, Content-Range, Date, ETag, X-Request-Id\r\n";

    fn route<'p>(&self, path: &'p str) -> Option<File<'p>> {
        let mut names = path.strip_prefix("/live/b/")?.split('/');
        let rendition = (names.next()?, names.next()?);
        let name = names.next()?;
        let whole = names.next().is_none() && ![rendition.0, rendition.1, name].contains(&"");
        whole.then_some(File { rendition, name })
    }

    async fn answer(&self, file: Self::Route<'_>, request: &Request<'_>) -> Result<Answer> {
        let File { rendition, name } = file;
        match name {
            "index.m3u8" => media::playlist(&self.0, rendition, request.query, &request.wants).await,
            "iframes.m3u8" => media::iframes(&self.0, rendition, &request.wants).await,
            name => media::resource(&self.0, rendition, name, &request.wants, true).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_every_answer_are_the_same_both_ways() {
        let lines: String = ALWAYS.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        assert_eq!(lines, Origin::ALWAYS);
    }
}
