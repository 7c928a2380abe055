//! What is asked for below a broadcast: a playlist, part, segment, init segment or still, as viewers and other edges name it alike.
//!
//! Judged by its name and query alone, before anything is looked up. Its URL at an origin is the key by which requests are shared, so there is
//! one spelling of it.

use super::{
    origin::Keep,
    query::{Query, Wanted},
};
use std::fmt::Write;
use streamly_domain::{BroadcastId, Username};
use streamly_http::Result;
use streamly_status::Code;

/// Stands for a viewer's `sid` in what the origin writes; the same at all edges, for one may ask another.
pub(crate) const PLACEHOLDER: &str = "edge-sid-placeholder";
/// Longest rendition or object name.
const MAX_NAME: usize = 64;

/// Broadcast, rendition, name.
pub(crate) type Place<'a> = (&'a str, &'a str, &'a str);

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(crate) broadcast: &'a str,
    rendition: &'a str,
    name: &'a str,
    wanted: Wanted,
    pub(crate) is_playlist: bool,
}

impl<'a> Object<'a> {
    /// `is_id`: that the broadcast's is one was seen before. Errors: 404, there is nothing of such a name; 400, a playlist is asked for in a way that
    /// there is not.
    pub(crate) fn read(
        (broadcast, rendition, name): Place<'a>,
        query: &Query<'_>,
        is_id: bool,
    ) -> Result<Self> {
        let is_id = is_id || broadcast.parse::<BroadcastId>().is_ok();
        if !is_id || !plain_name(rendition) || !plain_name(name) {
            return Err(Code::NotFound.into());
        }
        let is_playlist = name.ends_with(".m3u8");
        let wanted = if is_playlist { query.wanted()? } else { Wanted::default() };
        Ok(Self { broadcast, rendition, name, wanted, is_playlist })
    }

    /// How long an answer may be shared.
    pub(crate) fn keep(&self) -> Keep {
        match (self.is_playlist, self.wanted.is_blocking()) {
            (false, _) => Keep::Immutable,
            (true, true) => Keep::Blocking,
            (true, false) => Keep::Plain,
        }
    }

    /// Appends its path and query at an origin. `version`: the watch version of a channel that is not open to everybody; the origin does not look
    /// at it. It keeps what is not for everybody apart from what is: who may fetch the one later finds nothing of the other here.
    pub(crate) fn push(&self, url: &mut String, version: Option<u64>) {
        for piece in ["/live/b/", self.broadcast, "/", self.rendition, "/", self.name] {
            url.push_str(piece);
        }
        self.wanted.push(url);
        if let Some(version) = version {
            let mark = if self.wanted == Wanted::default() { '?' } else { '&' };
            let _ = write!(url, "{mark}watch={version}");
        }
    }
}

/// Appends path and query of a channel's multivariant playlist at an origin. Shared per broadcast, not per name: a new broadcast has another list.
/// `plain`: the lists that it names are to be without parts.
pub(crate) fn push_start(url: &mut String, username: &Username, plain: bool, broadcast: &str) {
    let plain = if plain { "&ll=0" } else { "" };
    let _ = write!(url, "/live/{username}/index.m3u8?sid={PLACEHOLDER}{plain}&b={broadcast}");
}

fn plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
