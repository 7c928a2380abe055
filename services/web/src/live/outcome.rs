//! What comes of asking an origin: its answer, or why there is none, and what that says of the place that was asked.

use bytes::Bytes;
use serde::Deserialize;
use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};
use streamly_http::encoding;
use streamly_status::Code;

/// An origin's answer, whole.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) content_type: Cow<'static, str>,
    pub(crate) cache_control: Option<Cow<'static, str>>,
    pub(crate) etag: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Bytes,
    /// Made at its first use.
    pub(super) zipped: OnceLock<Bytes>,
}

/// What of a problem document (RFC 9457) tells one answer from another.
#[derive(Deserialize)]
struct Told {
    code: String,
}

impl Fetched {
    /// Whether it says that the whole broadcast is not at that origin, rather than one thing of it.
    fn is_elsewhere(&self) -> bool {
        let gone = [Code::BroadcastNotFound, Code::ChannelOffline];
        let told = |told: Told| gone.iter().any(|code| code.name() == told.code);
        self.status == 404 && serde_json::from_slice(&self.body).is_ok_and(told)
    }

    /// The playlist for one session of a channel that is not open: `query` at all that is to be fetched.
    pub(crate) fn granted(&self, query: &str) -> Self {
        let text = String::from_utf8_lossy(&self.body);
        let body = streamly_hls::with_query(&text, query).into();
        let cache_control = Some(Cow::Borrowed("private, no-store"));
        Self { body, cache_control, zipped: OnceLock::new(), ..self.clone() }
    }

    /// The body in gzip, compressed once for everybody.
    pub(crate) fn zipped(&self) -> Bytes {
        self.zipped.get_or_init(|| encoding::gzip(&self.body)).clone()
    }
}

/// No usable answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// The origin answered with another status than 200: passed on, never kept.
    #[error("the origin answered {}", .0.status)]
    Refused(Arc<Fetched>),
    /// The origin could not be reached.
    #[error("the origin cannot be reached")]
    Unreachable,
    /// The origin did not answer in time, or broke off.
    #[error("the origin did not answer in time")]
    TimedOut,
    /// As many requests as may be are under way.
    #[error("too many requests to origins are under way")]
    Busy,
    /// Where the origin is cannot be told: the live index is away and nothing is known.
    #[error("the live index is away")]
    IndexAway,
    /// The live index says that the channel is open, and the origin asks for a token: it has not heard of that yet.
    #[error("the origin does not know yet that the channel is open")]
    Behind,
    /// The live index names an origin that does not have the broadcast: it is on its way to another one.
    #[error("the broadcast is not where the live index says")]
    Moving,
    /// The object is larger than any part may be.
    #[error("the origin's answer is too large")]
    TooLarge,
    /// Edges ask each other, and no origin.
    #[error("shields lead in a circle")]
    Circle,
    /// A playlist that is no text.
    #[error("the origin's answer cannot be read")]
    Garbled,
}

impl Failure {
    /// Whether another origin may know better.
    pub(crate) fn is_elsewhere(&self) -> bool {
        match self {
            Self::Refused(f) => f.status == 404,
            Self::Unreachable | Self::TimedOut => true,
            Self::TooLarge
            | Self::Circle
            | Self::Garbled
            | Self::Busy
            | Self::IndexAway
            | Self::Moving
            | Self::Behind => false,
        }
    }

    /// Whether the broadcast as a whole cannot be had from that origin.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Refused(f) => f.is_elsewhere(),
            failure => failure.is_elsewhere(),
        }
    }
}
