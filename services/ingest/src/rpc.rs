//! What peers may command: `streamly.ingest.v1.IngestService`.

use crate::{
    hand_over,
    node::{Ending, Node},
    rewind,
};
use std::{pin::Pin, sync::Arc, time::Duration};
use streamly_proto::{
    ingest::v1::{
        Broadcast, DrainRequest, DrainResponse, EndBroadcastRequest, EndBroadcastResponse, HandOverPiece,
        HandOverRequest, ListBroadcastsRequest, ListBroadcastsResponse, RewindPiece, TakeRewindRequest,
        ingest_service_server::IngestService,
    },
    stream::v1::State,
};
use streamly_rpc::{Allow, status_of};
use streamly_status::Code;
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

/// Callers and what they may call.
pub(crate) const ALLOW: Allow = &[
    ("stream", "/streamly.ingest.v1.IngestService/"),
    ("ingest", "/streamly.ingest.v1.IngestService/HandOver"),
    ("ingest", "/streamly.ingest.v1.IngestService/TakeRewind"),
    ("operator", "/streamly.ingest.v1.IngestService/Drain"),
    ("operator", "/streamly.ingest.v1.IngestService/ListBroadcasts"),
];

/// Pieces of a window that wait for the reader: as many MiB.
const PIECES: usize = 4;
/// How long the RTMP listener may take to close.
const DEAF: Duration = Duration::from_secs(1);

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

    async fn hand_over(
        &self,
        request: Request<HandOverRequest>,
    ) -> Result<Response<Self::HandOverStream>, Status> {
        let request = request.into_inner();
        let epoch = request.epoch;
        let unknown = || status_of(Code::BroadcastNotFound);
        let broadcast = self.0.registry.by_id(&request.broadcast_id).ok_or_else(unknown)?;
        if !self.0.drain.is_begun() {
            return Err(Status::failed_precondition("this node does not drain"));
        }
        if broadcast.session().1 > epoch {
            return Err(Status::failed_precondition("a higher epoch was here"));
        }
        // Before the fence, so that nobody is sent elsewhere before the window is there.
        let export = broadcast.leaving().export();
        self.0.give_up(&broadcast, epoch);
        if !broadcast.leaving().is_fenced() {
            // It is over, not elsewhere.
            return Err(unknown());
        }
        self.0.meters.hand_overs_given.increment(1);
        let (pieces, given) = mpsc::channel(PIECES);
        self.0.spawn("hand-over", hand_over::give(broadcast, request, pieces, export));
        Ok(Response::new(Box::pin(ReceiverStream::new(given))))
    }

    type TakeRewindStream = Pin<Box<dyn Stream<Item = Result<RewindPiece, Status>> + Send>>;

    async fn take_rewind(
        &self,
        request: Request<Streaming<TakeRewindRequest>>,
    ) -> Result<Response<Self::TakeRewindStream>, Status> {
        let mut requests = request.into_inner();
        let first = requests.message().await?.unwrap_or_default();
        let unknown = || status_of(Code::BroadcastNotFound);
        let broadcast = self.0.registry.leaving(&first.broadcast_id).ok_or_else(unknown)?;
        let taking = broadcast.leaving().take_rewind();
        let taking = taking.ok_or_else(|| Status::failed_precondition("no rewind was handed over"))?;
        let (pieces, given) = mpsc::channel(PIECES);
        self.0.spawn("rewind", rewind::give(self.0.clone(), broadcast, first, requests, pieces, taking));
        Ok(Response::new(Box::pin(ReceiverStream::new(given))))
    }

    async fn drain(&self, _: Request<DrainRequest>) -> Result<Response<DrainResponse>, Status> {
        self.0.drain();
        // Answered when no new connection can come; where the listener is gone for another reason, after that time.
        let _ = tokio::time::timeout(DEAF, self.0.drain.is_deaf()).await;
        let running = u32::try_from(self.0.running().len()).unwrap_or(u32::MAX);
        Ok(Response::new(DrainResponse { running }))
    }
}
