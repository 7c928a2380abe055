//! The gRPC edge for who runs the platform (`streamlyctl`): what is on air and where, and its end. No SQL in here.
//!
//! Whatever the visibility of a channel: the caller has the operator's key. What is done is logged with whom it met.

use crate::{
    app::App,
    bus, channel,
    error::Error,
    names::Asker,
    on_air::{self, Loaded},
    revocation,
    store::{
        broadcasts::{self, Broadcast},
        keys,
    },
};
use serde_json::Value;
use std::sync::Arc;
use streamly_domain::{BroadcastId, StreamState};
use streamly_proto::stream::v1::{
    EndBroadcastRequest, EndBroadcastResponse, IngestNode, ListBroadcastsRequest, ListBroadcastsResponse,
    ListKeysRequest, ListKeysResponse, ListNodesRequest, ListNodesResponse, LiveBroadcast, LiveRendition,
    Machine, OwnedKey, RevokeKeysRequest, RevokeKeysResponse, State,
    end_broadcast_request::Which,
    operator_service_server::{OperatorService, OperatorServiceServer},
};
use streamly_status::Code;
use tonic::{Request, Response, Status};

/// How a broadcast ends that an operator ends.
const OPERATOR_ENDED: &str = "operator_ended";

struct Operator(Arc<App>);

/// The service for operators.
pub fn operator_service(app: Arc<App>) -> OperatorServiceServer<impl OperatorService> {
    OperatorServiceServer::new(Operator(app))
}

#[tonic::async_trait]
impl OperatorService for Operator {
    async fn list_broadcasts(
        &self,
        request: Request<ListBroadcastsRequest>,
    ) -> Result<Response<ListBroadcastsResponse>, Status> {
        let cursor = Some(request.into_inner().cursor).filter(|cursor| !cursor.is_empty());
        let before = cursor.map(|text| text.parse()).transpose();
        let before = before.map_err(|_| Status::invalid_argument("cursor is not valid"))?;
        let page = on_air::page(&self.0, before).await?;
        let next_cursor = page.next.map(|id| id.to_string()).unwrap_or_default();
        let broadcasts = page.items.into_iter().map(|(b, seen)| live(b, &seen.unwrap_or_default())).collect();
        Ok(Response::new(ListBroadcastsResponse { broadcasts, next_cursor }))
    }

    async fn list_nodes(&self, _: Request<ListNodesRequest>) -> Result<Response<ListNodesResponse>, Status> {
        let nodes = on_air::nodes(&self.0).await?.into_iter().map(node).collect();
        Ok(Response::new(ListNodesResponse { nodes }))
    }

    async fn end_broadcast(
        &self,
        request: Request<EndBroadcastRequest>,
    ) -> Result<Response<EndBroadcastResponse>, Status> {
        let app = &self.0;
        let open = match request.into_inner().which {
            Some(Which::Username(name)) => {
                let channel = channel::by_name(app, &name, Asker::Free).await?;
                broadcasts::open_of(&app.connection().await?, channel.id).await?
            }
            Some(Which::BroadcastId(id)) => Some(known(app, &id).await?),
            None => return Err(Status::invalid_argument("a channel's name or a broadcast id is needed")),
        };
        let open = open.ok_or(Error::Told(Code::ChannelOffline))?;
        let same = |now: &Broadcast| now.id == open.id;
        if !channel::end_if(app, open.channel.id, OPERATOR_ENDED, true, same).await? {
            return Err(Error::Told(Code::ChannelOffline).into());
        }
        let (broadcast, username) = (open.id, open.channel.username);
        tracing::warn!(%broadcast, channel = %open.channel.id, username, "an operator ended a broadcast");
        Ok(Response::new(EndBroadcastResponse { broadcast_id: broadcast.to_string(), username }))
    }

    async fn list_keys(
        &self,
        request: Request<ListKeysRequest>,
    ) -> Result<Response<ListKeysResponse>, Status> {
        let channel = channel::by_name(&self.0, &request.into_inner().username, Asker::Free).await?;
        let all = keys::list(&self.0.connection().await?, channel.id).await?;
        let shown = |key: keys::Key| OwnedKey {
            key_id: key.id.to_string(),
            name: key.name,
            created_at_ms: bus::unix_ms(key.created_at),
            last_used_at_ms: key.last_used_at.map_or(0, bus::unix_ms),
            expires_at_ms: key.expires_at.map_or(0, bus::unix_ms),
            encoder: key.encoder,
            remote_addr: key.remote_addr,
        };
        Ok(Response::new(ListKeysResponse { keys: all.into_iter().map(shown).collect() }))
    }

    async fn revoke_keys(
        &self,
        request: Request<RevokeKeysRequest>,
    ) -> Result<Response<RevokeKeysResponse>, Status> {
        let RevokeKeysRequest { username, key_id } = request.into_inner();
        let channel = channel::by_name(&self.0, &username, Asker::Free).await?;
        let revoked = if key_id.is_empty() {
            revocation::all(&self.0, channel.id).await?
        } else {
            let key = key_id.parse().map_err(|_| Error::Told(Code::KeyNotFound))?;
            revocation::one(&self.0, channel.id, key).await?
        };
        let ended = revoked.ended.map(|open| open.id.to_string()).unwrap_or_default();
        tracing::warn!(
            channel = %channel.id,
            username = channel.username,
            keys = revoked.keys,
            broadcast = ended,
            "an operator revoked stream keys"
        );
        Ok(Response::new(RevokeKeysResponse { revoked: revoked.keys, broadcast_id: ended }))
    }
}

/// Errors: `broadcast_not_found`.
async fn known(app: &App, id: &str) -> Result<Broadcast, Error> {
    let id: BroadcastId = id.parse().map_err(|_| Code::BroadcastNotFound)?;
    let found = broadcasts::by_ids(&app.connection().await?, &[id.0]).await?;
    Ok(found.into_iter().next().ok_or(Code::BroadcastNotFound)?)
}

fn live(b: Broadcast, seen: &Value) -> LiveBroadcast {
    let state = match b.state {
        StreamState::Starting => State::Starting,
        StreamState::Live => State::Live,
        StreamState::Reconnecting => State::Reconnecting,
        StreamState::Offline => State::Offline,
    };
    let made = seen["renditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let pixels = |value: &Value| value.as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
    let rendition = |r: &Value| LiveRendition {
        name: r["name"].as_str().unwrap_or_default().to_owned(),
        width: pixels(&r["width"]),
        height: pixels(&r["height"]),
        fps: r["fps"].as_f64().unwrap_or_default(),
        shed: r["shed"].as_bool().unwrap_or_default(),
    };
    LiveBroadcast {
        broadcast_id: b.id.to_string(),
        channel_id: b.channel.id.to_string(),
        username: b.channel.username,
        title: b.channel.title,
        visibility: b.channel.visibility.as_str().to_owned(),
        test: b.test,
        state: state.into(),
        started_at_ms: bus::unix_ms(b.live_at.unwrap_or(b.started_at)),
        viewers: b.viewers,
        node_id: b.node_id,
        video_bitrate_bps: seen["health"]["video_bitrate_bps"].as_u64().unwrap_or_default(),
        renditions: made.iter().map(rendition).collect(),
    }
}

fn node(Loaded { heard, broadcasts, viewers }: Loaded) -> IngestNode {
    let machine = heard.node.machine.map(|m| Machine {
        cores: m.cores,
        busy_permille: m.busy_permille,
        memory_bytes: m.memory_bytes,
        memory_available_bytes: m.memory_available_bytes,
        encoders: m.encoders,
        encoders_at_rest: m.encoders_at_rest,
        publishers: m.publishers,
        max_publishers: m.max_publishers,
    });
    IngestNode {
        node_id: heard.id,
        origin_url: heard.node.origin_url,
        grpc_url: heard.node.grpc_url,
        rtmps: heard.node.rtmps,
        draining: heard.node.draining,
        heard_ms_ago: u64::try_from(heard.ago.as_millis()).unwrap_or(u64::MAX),
        broadcasts,
        viewers,
        machine,
    }
}
