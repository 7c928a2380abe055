//! What requests under `/live` count, looked up once: a counter by its name costs a hash and a lock each time. docs/OPERATING.md lists them.

use crate::headers::{self, CLASSES};
use metrics::{Counter, counter};
use std::sync::OnceLock;

/// Handles to the metrics.
pub(crate) struct Meters {
    /// Media playlists given out.
    pub(crate) playlists: Counter,
    /// Bytes of media asked for, whole objects.
    pub(crate) media_bytes: Counter,
    /// Connections that asked for what the hot path does not answer.
    pub(crate) left: Counter,
    /// By class; each is made with the first answer of its class.
    answers: [OnceLock<Counter>; CLASSES.len()],
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            playlists: counter!("streamly_web_playlists_total"),
            media_bytes: counter!("streamly_web_media_bytes_total"),
            left: counter!("streamly_web_http_left_hot_path_total"),
            answers: Default::default(),
        }
    }
}

impl Meters {
    /// One more answer with that status.
    pub(crate) fn answered(&self, status: u16) {
        let class = headers::class(status);
        self.answers[class].get_or_init(|| headers::answers(class)).increment(1);
    }
}
