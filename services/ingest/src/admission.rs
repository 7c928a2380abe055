//! Admission: a stream key into a [`Permit`] or a refusal, by asking `stream`.
//!
//! While `stream` is away the publish stays unanswered and is asked for again; when the time is over there is no verdict, and
//! the caller closes without a status: BadName would tell the publisher that its key is wrong.

use crate::{broadcast::Targets, node::Node};
use backon::{BackoffBuilder, ExponentialBuilder};
use std::{net::SocketAddr, time::Duration};
use streamly_proto::stream::v1::{
    self as proto, AuthorizeRequest, authorize_response::Outcome,
    publish_service_client::PublishServiceClient,
};
use streamly_rtmp::StreamKey;

/// First pause between two attempts; doubles up to [`MAX_PAUSE`].
const MIN_PAUSE: Duration = Duration::from_millis(200);
/// Longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// Longest encoder text told to `stream`, bytes.
const MAX_ENCODER: usize = 200;

/// The right to publish.
#[derive(Debug, Clone)]
pub(crate) struct Permit {
    pub(crate) channel_id: String,
    pub(crate) username: String,
    pub(crate) broadcast_id: String,
    pub(crate) session_id: String,
    pub(crate) epoch: u64,
    pub(crate) first_msn: u64,
    pub(crate) msn_reserved_until: u64,
    pub(crate) grace: Duration,
    pub(crate) last_gop_ms: u32,
    /// What viewers were told of the broadcast before.
    pub(crate) targets: Option<Targets>,
    pub(crate) ladder: Vec<String>,
    pub(crate) resumed: bool,
    /// By whom it is to be watched; none: everybody may.
    pub(crate) watched: Option<Watched>,
    /// The session it is for came by RTMPS.
    pub(crate) secure: bool,
    /// The node that has the broadcast until now hands its window over.
    pub(crate) hand_over: Option<HandOverFrom>,
}

/// By whom a broadcast that is not open to everybody is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Whoever has a playback token of that version, or a later one.
    pub(crate) version: u64,
    /// Nobody else is told that it is there.
    pub(crate) hidden: bool,
}

impl Permit {
    /// Whether it is for a test: for the channel's team alone, until it goes live.
    pub(crate) fn is_test(&self) -> bool {
        self.watched.is_some_and(Watched::is_test)
    }
}

impl Watched {
    /// Whether it is a test: for the channel's team alone, until it goes live.
    pub(crate) fn is_test(self) -> bool {
        self.version & streamly_auth::playback::TEST != 0
    }

    /// As `stream` says it.
    pub(crate) fn told(restricted: bool, version: u64, hidden: bool) -> Option<Self> {
        restricted.then_some(Self { version, hidden })
    }
}

/// Where a window is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandOverFrom {
    /// gRPC of the node that drains.
    pub(crate) url: String,
    /// Its last epoch.
    pub(crate) epoch: u64,
}

/// What `stream` says.
#[derive(Debug)]
pub(crate) enum Verdict {
    Granted(Permit),
    /// The key may not publish; the sentence is for the encoder's log.
    Refused {
        code: String,
        detail: String,
    },
    /// Nobody could say.
    Unknown,
}

impl From<proto::Permit> for Permit {
    fn from(permit: proto::Permit) -> Self {
        Self {
            channel_id: permit.channel_id,
            username: permit.username,
            broadcast_id: permit.broadcast_id,
            session_id: permit.session_id,
            epoch: permit.epoch,
            first_msn: permit.first_msn,
            msn_reserved_until: permit.msn_reserved_until,
            grace: Duration::from_millis(u64::from(permit.grace_ms)),
            last_gop_ms: permit.last_gop_ms,
            targets: Targets::told(permit.target_duration_ms, permit.part_target_us),
            ladder: permit.ladder,
            resumed: permit.resumed,
            watched: Watched::told(permit.restricted, permit.watch_version, permit.hidden),
            secure: false,
            hand_over: (!permit.hand_over_url.is_empty())
                .then_some(HandOverFrom { url: permit.hand_over_url, epoch: permit.hand_over_epoch }),
        }
    }
}

/// Asks, in the turn of its address, until there is an answer or the configured time is over.
pub(crate) async fn ask(
    node: &Node,
    key: &StreamKey,
    remote: SocketAddr,
    encoder: &str,
    secure: bool,
) -> Verdict {
    let Some(turn) = node.turn(remote) else {
        tracing::warn!(%remote, "too many publishes of one address");
        return Verdict::Unknown;
    };
    let request = AuthorizeRequest {
        attempt_id: uuid::Uuid::now_v7().to_string(),
        stream_key: key.expose().to_owned(),
        node_id: node.config.node_id.clone(),
        origin_url: node.config.origin_url.clone(),
        remote_addr: remote.to_string(),
        encoder: cut(encoder, MAX_ENCODER).to_owned(),
        secure,
    };
    let mut pauses = ExponentialBuilder::default()
        .with_min_delay(MIN_PAUSE)
        .with_max_delay(MAX_PAUSE)
        .with_jitter()
        .without_max_times()
        .build();
    let asking = async {
        tokio::time::sleep(turn).await;
        loop {
            let answer = node
                .stream
                .call(|transport| {
                    let request = request.clone();
                    async move { PublishServiceClient::new(transport).authorize(request).await }
                })
                .await;
            match answer.map(|answer| answer.outcome) {
                Ok(Some(Outcome::Permit(permit))) => {
                    return Verdict::Granted(reachable(node, Permit { secure, ..permit.into() }));
                }
                Ok(Some(Outcome::Refusal(refusal))) => {
                    return Verdict::Refused { code: refusal.code, detail: refusal.detail };
                }
                Ok(None) => tracing::error!("stream answered an authorize with neither permit nor refusal"),
                Err(status) => {
                    tracing::warn!(code = ?status.code(), said = status.message(), "authorize failed")
                }
            }
            tokio::time::sleep(pauses.next().unwrap_or(MAX_PAUSE)).await;
        }
    };
    tokio::time::timeout(node.config.rtmp.authorize_timeout.get(), asking).await.unwrap_or(Verdict::Unknown)
}

/// Without a window to fetch, if that were to be fetched from where this node must not call.
fn reachable(node: &Node, mut permit: Permit) -> Permit {
    let told = permit.hand_over.take();
    permit.hand_over = told.filter(|from| {
        let allowed = streamly_rpc::address::allowed(&from.url, &node.config.hand_over_allow);
        if !allowed {
            node.meters.hand_overs_failed.increment(1);
            tracing::warn!(
                broadcast = permit.broadcast_id,
                url = from.url,
                "a window is said to be outside hand_over_allow; it is not fetched"
            );
        }
        allowed
    });
    permit
}

fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("aäb", 2), "a");
        assert_eq!(cut("aäb", 3), "aä");
        assert_eq!(cut("ab", 9), "ab");
    }
}
