//! The gRPC edge: permits and leases for ingest, channels and capabilities for chat. No SQL in here.

use crate::{
    admission::{self, Attempt, Outcome},
    app::App,
    channel,
    error::Error,
    key::StreamKey,
    lease_stream, refusal,
    store::{broadcasts, channels},
};
use std::{pin::Pin, sync::Arc};
use streamly_domain::{ChannelId, StreamState};
use streamly_proto::stream::v1::{
    AuthorizeRequest, AuthorizeResponse, Capabilities, Channel, GetCapabilitiesRequest, NodeCommand,
    NodeReport, Permit, Refusal, ResolveChannelRequest, State, authorize_response,
    channel_service_server::{ChannelService, ChannelServiceServer},
    publish_service_server::{PublishService, PublishServiceServer},
    resolve_channel_request::By,
};
use streamly_rpc::Allow;
use streamly_status::Code;
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

/// Who may call what.
pub const ALLOW: Allow =
    &[("ingest", "/streamly.stream.v1.PublishService/"), ("chat", "/streamly.stream.v1.ChannelService/")];

/// Longest key, node id, address and encoder that are looked at.
const MAX_TEXT: usize = 512;
/// Longest encoder name kept (bytes).
const MAX_ENCODER: usize = 200;

struct Publish(Arc<App>);
struct Channels(Arc<App>);

/// The service for ingest.
pub fn publish_service(app: Arc<App>) -> PublishServiceServer<impl PublishService> {
    PublishServiceServer::new(Publish(app))
}
/// The service for chat.
pub fn channel_service(app: Arc<App>) -> ChannelServiceServer<impl ChannelService> {
    ChannelServiceServer::new(Channels(app))
}

#[tonic::async_trait]
impl PublishService for Publish {
    async fn authorize(
        &self,
        request: Request<AuthorizeRequest>,
    ) -> Result<Response<AuthorizeResponse>, Status> {
        let request = request.into_inner();
        let id =
            request.attempt_id.parse().map_err(|_| Status::invalid_argument("attempt_id is not a UUID"))?;
        let too_long = |text: &str| text.len() > MAX_TEXT;
        if request.node_id.is_empty()
            || [&request.node_id, &request.origin_url, &request.remote_addr].into_iter().any(|t| too_long(t))
        {
            return Err(Status::invalid_argument(
                "node_id, origin_url and remote_addr have at most 512 bytes",
            ));
        }
        let mut encoder = request.encoder;
        encoder.truncate(encoder.floor_char_boundary(MAX_ENCODER));
        // PostgreSQL takes no NUL in a text.
        encoder.retain(|c| !c.is_control());
        let attempt = Attempt {
            id,
            key: StreamKey::presented(request.stream_key),
            node_id: request.node_id,
            origin_url: request.origin_url,
            remote_addr: request.remote_addr,
            encoder,
        };
        let outcome = match admission::authorize(&self.0, &attempt).await? {
            Outcome::Refused(code) => {
                let detail = refusal::for_encoder(&code).to_owned();
                authorize_response::Outcome::Refusal(Refusal { code, detail })
            }
            Outcome::Permitted(permit) => {
                let grace_ms = millis(permit.channel.grace(self.0.config.grace.get()));
                let (hand_over_url, hand_over_epoch) =
                    permit.session.hand_over.map(|old| (old.url, old.epoch)).unwrap_or_default();
                let (target_duration_ms, part_target_us) =
                    permit.targets.map(|targets| (targets.segment_ms, targets.part_us)).unwrap_or_default();
                authorize_response::Outcome::Permit(Permit {
                    channel_id: permit.channel.id.to_string(),
                    username: permit.channel.username,
                    broadcast_id: permit.session.broadcast.to_string(),
                    session_id: permit.session.id.to_string(),
                    epoch: permit.session.epoch,
                    first_msn: permit.session.first_msn,
                    msn_reserved_until: permit.session.msn_reserved,
                    lease_ttl_ms: millis(self.0.config.lease_ttl.get()),
                    grace_ms,
                    last_gop_ms: permit.last_gop_ms,
                    ladder: permit.channel.ladder,
                    resumed: permit.session.resumed,
                    hand_over_url,
                    hand_over_epoch,
                    target_duration_ms,
                    part_target_us,
                })
            }
        };
        Ok(Response::new(AuthorizeResponse { outcome: Some(outcome) }))
    }

    type LeaseStream = Pin<Box<dyn Stream<Item = Result<NodeCommand, Status>> + Send>>;

    async fn lease(
        &self,
        request: Request<Streaming<NodeReport>>,
    ) -> Result<Response<Self::LeaseStream>, Status> {
        let (commands, answers) = mpsc::channel(lease_stream::QUEUE);
        let app = self.0.clone();
        self.0.tasks.spawn("lease", async move {
            // Nothing can be said of what a node reports before the tables are there.
            tokio::select! {
                () = app.migrated.cancelled() => {}
                () = app.shutdown.started() => return,
            }
            lease_stream::run(app, request.into_inner(), commands).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }
}

fn millis(d: std::time::Duration) -> u32 {
    u32::try_from(d.as_millis()).unwrap_or(u32::MAX)
}

#[tonic::async_trait]
impl ChannelService for Channels {
    async fn resolve_channel(
        &self,
        request: Request<ResolveChannelRequest>,
    ) -> Result<Response<Channel>, Status> {
        let app = &self.0;
        let found = match request.into_inner().by {
            Some(By::Username(name)) => channel::by_name(app, &name).await?,
            Some(By::ChannelId(id)) => by_id(app, &id).await?,
            None => return Err(Status::invalid_argument("a channel id or a user name is needed")),
        };
        let db = app.db.get().await.map_err(Error::from)?;
        let open = broadcasts::open_of(&db, found.id).await?;
        let state = match open.as_ref().map(|b| b.state) {
            Some(StreamState::Starting) => State::Starting,
            Some(StreamState::Live) => State::Live,
            Some(StreamState::Reconnecting) => State::Reconnecting,
            Some(StreamState::Offline) | None => State::Offline,
        };
        Ok(Response::new(Channel {
            id: found.id.to_string(),
            owner_id: found.owner_id.to_string(),
            username: found.username,
            display_name: found.display_name,
            title: found.title,
            state: state.into(),
            broadcast_id: open.as_ref().map(|b| b.id.to_string()).unwrap_or_default(),
            viewers: open.map_or(0, |b| b.viewers),
        }))
    }

    async fn get_capabilities(
        &self,
        request: Request<GetCapabilitiesRequest>,
    ) -> Result<Response<Capabilities>, Status> {
        let request = request.into_inner();
        let found = by_id(&self.0, &request.channel_id).await?;
        let own = found.owner_id.to_string() == request.user_id;
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Ok(Response::new(if own {
            Capabilities {
                roles: list(&["owner"]),
                capabilities: list(&["chat.say", "chat.moderate", "stream.manage", "stream.health"]),
            }
        } else {
            Capabilities { roles: Vec::new(), capabilities: list(&["chat.say"]) }
        }))
    }
}

async fn by_id(app: &App, id: &str) -> Result<channels::Channel, Error> {
    let id: ChannelId = id.parse().map_err(|_| Code::ChannelNotFound)?;
    let db = app.db.get().await?;
    Ok(channels::find(&db, channels::By::Id(id)).await?.ok_or(Code::ChannelNotFound)?)
}
