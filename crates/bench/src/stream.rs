//! A `stream` service that permits every key, so that ingest can be measured alone: a key is its own channel.
//!
//! Nothing is stored but which broadcast a key has. Only for the bench host, on loopback.

use parking_lot::Mutex;
use std::{collections::HashMap, net::TcpListener, pin::Pin, sync::Arc};
use streamly_auth::{SigningKey, service::Peers};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_proto::stream::v1::{
    AuthorizeRequest, AuthorizeResponse, NodeCommand, NodeReport, Permit,
    authorize_response::Outcome,
    publish_service_server::{PublishService, PublishServiceServer},
};
use streamly_rpc::{Allow, Server};
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

const ALLOW: Allow = &[("ingest", "/streamly.stream.v1.PublishService/")];
/// Numbers reserved at once; more than any run uses.
const RESERVED: u64 = 1_000_000;
const LEASE_TTL_MS: u32 = 15_000;
const GRACE_MS: u32 = 60_000;
/// The keyframe interval of the recorded stream.
const GOP_MS: u32 = 2_000;

#[derive(Clone, Default)]
struct Permits {
    /// Broadcast id and last epoch, by key.
    broadcasts: Arc<Mutex<HashMap<String, (String, u64)>>>,
}

/// The id of a key's channel.
pub fn channel(key: &str) -> String {
    format!("channel-{key}")
}

/// Serves on a free port until the stop; its URL.
pub fn start(ingest: &SigningKey, shutdown: &Shutdown) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let jwk = ingest.jwk();
    let peers = Peers::new("stream", [("ingest", &jwk)]);
    let server =
        Server::new(peers, ALLOW, Readiness::new()).add(PublishServiceServer::new(Permits::default()));
    tokio::spawn(server.serve(listener, shutdown.clone()));
    Ok(url)
}

#[tonic::async_trait]
impl PublishService for Permits {
    async fn authorize(
        &self,
        request: Request<AuthorizeRequest>,
    ) -> Result<Response<AuthorizeResponse>, Status> {
        let request = request.into_inner();
        let mut broadcasts = self.broadcasts.lock();
        let resumed = broadcasts.contains_key(&request.stream_key);
        let entry = broadcasts
            .entry(request.stream_key.clone())
            .or_insert_with(|| (uuid::Uuid::now_v7().to_string(), 0));
        entry.1 += 1;
        let permit = Permit {
            channel_id: channel(&request.stream_key),
            username: request.stream_key,
            broadcast_id: entry.0.clone(),
            session_id: request.attempt_id,
            epoch: entry.1,
            first_msn: 0,
            msn_reserved_until: RESERVED,
            lease_ttl_ms: LEASE_TTL_MS,
            grace_ms: GRACE_MS,
            last_gop_ms: GOP_MS,
            ladder: Vec::new(),
            resumed,
            ..Permit::default()
        };
        Ok(Response::new(AuthorizeResponse { outcome: Some(Outcome::Permit(permit)) }))
    }

    type LeaseStream = Pin<Box<dyn Stream<Item = Result<NodeCommand, Status>> + Send>>;

    async fn lease(
        &self,
        request: Request<Streaming<NodeReport>>,
    ) -> Result<Response<Self::LeaseStream>, Status> {
        let mut reports = request.into_inner();
        let (open, commands) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Some(Ok(_)) = reports.next().await {}
            // Ingest takes the end of the commands as the end of the lease.
            drop(open);
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(commands))))
    }
}
