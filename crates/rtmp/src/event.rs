//! What a connection tells its driver: past-tense facts, in the order they happened on the wire.
//!
//! Nothing here decides anything. Secrets (stream key, query, URL) do not show in `Debug`.

use std::fmt;

use bytes::Bytes;

use crate::{Metadata, StreamKey};

/// One fact from the publisher.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// `connect` came and was answered.
    Connected(Connect),
    /// `publish` came and waits for [`crate::Connection::accept_publish`] or [`crate::Connection::reject_publish`].
    /// Nothing behind it is read before the answer.
    PublishRequested {
        /// The publishing name, whole; may be empty, which admission refuses like any wrong key.
        key: StreamKey,
        /// Publishing type "live" (also when none was sent); false for "record", "append" and anything else.
        live: bool,
    },
    /// onMetaData, as often as the publisher sends it.
    Metadata(Metadata),
    /// One FLV video tag body.
    Video {
        /// Milliseconds as sent, wrapping at 2^32 (or at 2^31 with OBS and ffmpeg).
        timestamp: u32,
        /// The body, never empty; shares no memory with other messages (but for aggregates).
        data: Bytes,
    },
    /// One FLV audio tag body.
    Audio {
        /// Milliseconds as sent, wrapping at 2^32 (or at 2^31 with OBS and ffmpeg).
        timestamp: u32,
        /// The body, never empty.
        data: Bytes,
    },
    /// The accepted publish ended by FCUnpublish, closeStream or deleteStream; once per accepted publish. Another
    /// `publish` may follow on the same connection. A socket that closes without it is the driver's to notice.
    PublishEnded,
}

/// What a peer said of itself in `connect`. Every text is the peer's word: show it escaped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Connect {
    /// Application name without query and without a final slash, for example "live".
    pub app: String,
    /// What stood behind `?` in the application name; may hold credentials, hidden in `Debug`.
    pub query: String,
    /// `tcUrl` as sent; people paste keys into it, so it is hidden in `Debug`.
    pub tc_url: String,
    /// `flashVer`, for example "FMLE/3.0 (compatible; FMSc/1.0)"; cut to 200 characters, without control characters.
    pub flash_ver: String,
    /// Codecs that the peer named by Enhanced RTMP: `fourCcList`, then the names in the two `FourCcInfoMap`s that it lacks; "*" is any.
    /// Empty with older publishers.
    pub four_cc_list: Vec<String>,
    /// Speaks Enhanced RTMP: it named codecs, or capabilities (`capsEx`). It is told which codecs are taken.
    pub enhanced: bool,
    /// Whether [`crate::Connection::request_reconnect`] will be understood (OBS).
    pub supports_go_away: bool,
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("app", &self.app)
            .field("flash_ver", &self.flash_ver)
            .field("four_cc_list", &self.four_cc_list)
            .field("supports_go_away", &self.supports_go_away)
            .finish_non_exhaustive()
    }
}
