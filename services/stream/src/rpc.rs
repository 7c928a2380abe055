//! The gRPC edge: permits and leases for ingest; channels and people in them for chat, in `channels`; what is known
//! of a person, and which mails are wanted, for user, in `export` and `notices`; what operators do, in `operator`. No SQL in here.

mod channels;
mod export;
mod notices;
mod operator;

pub use channels::channel_service;
pub use export::export_service;
pub use notices::notice_service;
pub use operator::operator_service;

use crate::{
    admission::{self, Attempt, Outcome},
    app::App,
    key::StreamKey,
    lease_stream, refusal, visibility,
};
use std::{pin::Pin, sync::Arc};
use streamly_proto::stream::v1::{
    AuthorizeRequest, AuthorizeResponse, NodeCommand, NodeReport, Permit, Refusal, authorize_response,
    publish_service_server::{PublishService, PublishServiceServer},
};
use streamly_rpc::Allow;
use streamly_telemetry::trace::Span;
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

/// Who may call what.
pub const ALLOW: Allow = &[
    ("ingest", "/streamly.stream.v1.PublishService/"),
    ("chat", "/streamly.stream.v1.ChannelService/"),
    ("user", "/streamly.stream.v1.ExportService/"),
    ("user", "/streamly.stream.v1.NoticeService/"),
    ("operator", "/streamly.stream.v1.OperatorService/"),
];

/// Longest key, node id, address and encoder that are looked at.
const MAX_TEXT: usize = 512;
/// Longest encoder name kept (bytes).
const MAX_ENCODER: usize = 200;

struct Publish(Arc<App>);

/// The service for ingest.
pub fn publish_service(app: Arc<App>) -> PublishServiceServer<impl PublishService> {
    PublishServiceServer::new(Publish(app))
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
                let guard = visibility::guard(&permit.channel, permit.test);
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
                    restricted: guard.restricted,
                    watch_version: guard.version,
                    hidden: guard.hidden,
                })
            }
        };
        if let authorize_response::Outcome::Permit(permit) = &outcome {
            Span::current().text("streamly.broadcast.id", &permit.broadcast_id);
        }
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
