//! What is asked of the stream service: its `OperatorService`, each call with what its refusals mean.
//!
//! A call that must not be done twice has one attempt; the others are repeated while nobody answers, as often as the settings say.

use crate::{
    command::Which,
    error::{Asked, Error, root},
};
use streamly_proto::stream::v1::{
    EndBroadcastRequest, EndBroadcastResponse, IngestNode, ListBroadcastsRequest, ListKeysRequest,
    ListNodesRequest, LiveBroadcast, OwnedKey, RevokeKeysRequest, RevokeKeysResponse, end_broadcast_request,
    operator_service_client::OperatorServiceClient,
};
use streamly_rpc::{Identity, Peer, PeerConfig, Transport, code_of};
use streamly_status::Code as Told;
use tonic::{Code, Response, Status};

/// Most pages of what is on air: 100,000 broadcasts. Without a bound a fault of the service would never end.
const MAX_PAGES: usize = 2_000;

/// The stream service.
pub(crate) struct Stream {
    asked: Asked,
    peer: Peer,
}

impl Stream {
    /// Connects at the first call. Errors: the address is none.
    pub(crate) fn new(config: PeerConfig, identity: Identity) -> Result<Self, Error> {
        let hint = "is STREAMLY_CTL__STREAM__URL right?";
        let asked = Asked { name: "stream".into(), url: config.url.clone(), hint };
        match Peer::new(config, "stream", identity) {
            Ok(peer) => Ok(Self { asked, peer }),
            Err(e) => Err(Error::NotThere { said: root(&e), asked }),
        }
    }

    async fn ask<T, F, Fut>(&self, make: F) -> Result<T, Error>
    where
        F: FnMut(Transport) -> Fut,
        Fut: Future<Output = Result<Response<T>, Status>>,
    {
        self.peer.call(make).await.map_err(|status| Error::of(&self.asked, &status))
    }

    /// What is on air, the newest first.
    pub(crate) async fn broadcasts(&self) -> Result<Vec<LiveBroadcast>, Error> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        for _ in 0..MAX_PAGES {
            let request = ListBroadcastsRequest { cursor };
            let page = self
                .ask(|t| {
                    let request = request.clone();
                    async move { OperatorServiceClient::new(t).list_broadcasts(request).await }
                })
                .await?;
            all.extend(page.broadcasts);
            cursor = page.next_cursor;
            if cursor.is_empty() {
                return Ok(all);
            }
        }
        Err(Error::Endless { name: self.asked.name.clone() })
    }

    /// The ingest nodes that have been heard, by name.
    pub(crate) async fn nodes(&self) -> Result<Vec<IngestNode>, Error> {
        let list =
            |t: Transport| async move { OperatorServiceClient::new(t).list_nodes(ListNodesRequest {}).await };
        Ok(self.ask(list).await?.nodes)
    }

    /// Ends a broadcast; a second attempt would find it ended.
    pub(crate) async fn end(&self, which: &Which) -> Result<EndBroadcastResponse, Error> {
        let named = match which {
            Which::Channel(name) => end_broadcast_request::Which::Username(name.clone()),
            Which::Broadcast(id) => end_broadcast_request::Which::BroadcastId(id.to_string()),
        };
        let request = EndBroadcastRequest { which: Some(named) };
        let mut end = |t: Transport| {
            let request = request.clone();
            async move { OperatorServiceClient::new(t).end_broadcast(request).await }
        };
        self.peer.once(&mut end).await.map_err(|status| not_ended(&self.asked, which, &status))
    }

    /// The channel's keys, the oldest first.
    pub(crate) async fn keys(&self, channel: &str) -> Result<Vec<OwnedKey>, Error> {
        let request = ListKeysRequest { username: channel.to_owned() };
        let list = |t: Transport| {
            let request = request.clone();
            async move { OperatorServiceClient::new(t).list_keys(request).await }
        };
        let answer = self.peer.call(list).await;
        Ok(answer.map_err(|status| no_key(&self.asked, (channel, None), &status))?.keys)
    }

    /// Ends one key of the channel, or all.
    pub(crate) async fn revoke(&self, channel: &str, key: Option<&str>) -> Result<RevokeKeysResponse, Error> {
        let key_id = key.unwrap_or_default().to_owned();
        let request = RevokeKeysRequest { username: channel.to_owned(), key_id };
        let revoke = |t: Transport| {
            let request = request.clone();
            async move { OperatorServiceClient::new(t).revoke_keys(request).await }
        };
        let answer = self.peer.call(revoke).await;
        answer.map_err(|status| no_key(&self.asked, (channel, key), &status))
    }
}

/// Why a broadcast was not ended.
fn not_ended(asked: &Asked, which: &Which, status: &Status) -> Error {
    match (code_of(status), status.code(), which) {
        (Some(Told::ChannelOffline), ..) | (_, Code::FailedPrecondition, _) => {
            Error::NotOnAir { which: which.clone() }
        }
        (_, Code::NotFound, Which::Channel(name)) => Error::NoChannel { channel: name.clone() },
        (_, Code::NotFound, Which::Broadcast(id)) => Error::NoBroadcast { id: *id },
        _ => Error::of(asked, status),
    }
}

/// Why there is nothing to say or do about the channel's key, or about all.
fn no_key(asked: &Asked, (channel, key): (&str, Option<&str>), status: &Status) -> Error {
    let channel = channel.to_owned();
    match (status.code(), code_of(status), key) {
        (Code::NotFound, None | Some(Told::KeyNotFound), Some(key)) => {
            Error::NoKey { channel, key: key.to_owned() }
        }
        (Code::NotFound, ..) => Error::NoChannel { channel },
        _ => Error::of(asked, status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_rpc::status_of;
    use uuid::Uuid;

    fn asked() -> Asked {
        Asked { name: "stream".into(), url: "http://stream:9082".into(), hint: "?" }
    }

    #[test]
    fn what_cannot_be_ended_is_said_to_be_none_or_not_on_air() {
        let (channel, broadcast) = (Which::Channel("ada".into()), Which::Broadcast(Uuid::nil()));
        let why = |which, status| not_ended(&asked(), which, &status);
        for which in [&channel, &broadcast] {
            let offline = why(which, status_of(Told::ChannelOffline));
            assert!(matches!(offline, Error::NotOnAir { .. }), "{offline}");
            let other = why(which, Status::failed_precondition("another one"));
            assert!(matches!(other, Error::NotOnAir { .. }), "{other}");
            let away = why(which, Status::unavailable(""));
            assert!(matches!(away, Error::NotThere { .. }), "{away}");
        }
        let none = why(&channel, status_of(Told::ChannelNotFound));
        assert_eq!(none.to_string(), r#"there is no channel "ada""#);
        let none = why(&broadcast, status_of(Told::BroadcastNotFound));
        assert!(matches!(none, Error::NoBroadcast { .. }), "{none}");
    }

    #[test]
    fn a_key_that_is_not_found_is_told_from_a_channel_that_is_not() {
        let why = |key, status| no_key(&asked(), ("ada", key), &status);
        let is_key = |error: Error| matches!(error, Error::NoKey { .. });
        let is_channel = |error: Error| matches!(error, Error::NoChannel { .. });
        assert!(is_key(why(Some("k"), status_of(Told::KeyNotFound))));
        assert!(is_key(why(Some("k"), Status::not_found(""))));
        assert!(is_channel(why(Some("k"), status_of(Told::ChannelNotFound))));
        assert!(is_channel(why(None, Status::not_found(""))));
        let denied = why(Some("k"), Status::permission_denied(""));
        assert!(matches!(denied, Error::NotAllowed { .. }), "{denied}");
    }
}
