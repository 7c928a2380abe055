//! Who may fetch what of a channel that is not open to everybody: a playback token, checked by `stream`'s public key, for this channel and not
//! of an older watch version than the present one.
//!
//! An edge shows the token of whoever asked in `Authorization`, and gets what it may share among those whom it lets in. A viewer who comes
//! here has it in the query, and gets playlists whose URLs carry it on; nobody renews it here. Of an open channel nothing is looked at but
//! one number. Of a private one who comes without a good token is told what he is told while nothing is on air. A token is in no log.

use crate::{admission::Watched, broadcast::Broadcast, node::Node};
use std::time::{SystemTime, UNIX_EPOCH};
use streamly_auth::{InvalidToken, playback};
use streamly_http::{Problem, Result, Wants};
use streamly_status::Code;

/// How long a viewer's own cache may keep media that is not for everybody; no other cache may.
pub(super) const PRIVATE: &str = "private, max-age=600, immutable";

/// How a request is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Let<'a> {
    /// Everybody is.
    Open,
    /// An edge, for one of its viewers.
    Edge,
    /// A viewer, whose token has to be in each URL.
    Viewer(&'a str),
}

impl Let<'_> {
    pub(super) fn is_open(self) -> bool {
        self == Self::Open
    }
}

/// Lets a request in, or says why not: 401, 403, 503.
pub(super) fn admit<'a>(
    node: &Node,
    broadcast: &Broadcast,
    query: &'a str,
    wants: &Wants<'a>,
) -> Result<Let<'a>> {
    let Some(Watched { version, .. }) = broadcast.watched() else { return Ok(Let::Open) };
    let in_query = query.split('&').find_map(|pair| pair.strip_prefix("token="));
    let shown = wants.bearer().map(|token| (token, Let::Edge));
    let (token, admitted) = shown
        .or(in_query.map(|token| (token, Let::Viewer(token))))
        .ok_or_else(|| Problem::new(Code::PlaybackTokenRequired))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    match node.playback.verify(token, now) {
        // A later version than is known here is a sign that this node is behind: `stream` signed it.
        Ok(claims) if is_for(&claims, broadcast) && claims.ver >= version => Ok(admitted),
        Err(InvalidToken::Expired) => Err(Problem::new(Code::PlaybackTokenRequired)),
        Ok(_) | Err(InvalidToken::Rejected) => Err(Problem::new(Code::PlaybackDenied)),
    }
}

/// The same at the door of a channel, before anything is waited for: a private one is offline to whom it is not for.
pub(super) fn at_door(node: &Node, broadcast: &Broadcast, query: &str, wants: &Wants<'_>) -> Result<()> {
    match admit(node, broadcast, query, wants) {
        Err(_) if broadcast.watched().is_some_and(|w| w.hidden) => Err(Problem::new(Code::ChannelOffline)),
        _ => Ok(()),
    }
}

fn is_for(claims: &playback::Claims, broadcast: &Broadcast) -> bool {
    claims.sub.to_string() == broadcast.channel_id
}
