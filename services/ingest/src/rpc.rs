//! What peers may command: `streamly.ingest.v1.IngestService`.

use crate::node::{Ending, Node};
use std::{pin::Pin, sync::Arc};
use streamly_proto::{
    ingest::v1::{
        Broadcast, DrainRequest, DrainResponse, EndBroadcastRequest, EndBroadcastResponse, HandOverPiece,
        HandOverRequest, ListBroadcastsRequest, ListBroadcastsResponse, ingest_service_server::IngestService,
    },
    stream::v1::State,
};
use streamly_rpc::{Allow, status_of};
use streamly_status::Code;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

/// Callers and what they may call.
pub(crate) const ALLOW: Allow = &[("stream", "/streamly.ingest.v1.IngestService/")];

/// See the module's head.
pub(crate) struct Commands(pub(crate) Arc<Node>);

#[tonic::async_trait]
impl IngestService for Commands {
    async fn end_broadcast(
        &self,
        request: Request<EndBroadcastRequest>,
    ) -> Result<Response<EndBroadcastResponse>, Status> {
        let EndBroadcastRequest { broadcast_id, reason } = request.into_inner();
        let broadcast =
            self.0.registry.by_id(&broadcast_id).ok_or_else(|| status_of(Code::BroadcastNotFound))?;
        self.0.end(&broadcast, u64::MAX, Ending::Command { reason });
        Ok(Response::new(EndBroadcastResponse {}))
    }

    async fn list_broadcasts(
        &self,
        _: Request<ListBroadcastsRequest>,
    ) -> Result<Response<ListBroadcastsResponse>, Status> {
        let broadcasts = self.0.running().into_iter().map(|broadcast| {
            let state = match broadcast.state() {
                State::Starting => "starting",
                State::Live => "live",
                State::Reconnecting => "reconnecting",
                State::Offline | State::Unspecified => "offline",
            };
            Broadcast {
                broadcast_id: broadcast.id.clone(),
                channel_id: broadcast.channel_id.clone(),
                username: broadcast.username.clone(),
                epoch: broadcast.session().1,
                next_msn: broadcast.next_msn(),
                state: state.into(),
            }
        });
        Ok(Response::new(ListBroadcastsResponse { broadcasts: broadcasts.collect() }))
    }

    type HandOverStream = Pin<Box<dyn Stream<Item = Result<HandOverPiece, Status>> + Send>>;

    async fn hand_over(&self, _: Request<HandOverRequest>) -> Result<Response<Self::HandOverStream>, Status> {
        Err(status_of(Code::BroadcastNotFound))
    }

    async fn drain(&self, _: Request<DrainRequest>) -> Result<Response<DrainResponse>, Status> {
        self.0.drain();
        let running = u32::try_from(self.0.running().len()).unwrap_or(u32::MAX);
        Ok(Response::new(DrainResponse { running }))
    }
}
