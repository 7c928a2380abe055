//! The service put together: bind everything, serve until the stop, drain.
//!
//! At the stop: no new publisher; running broadcasts go on for [`Config::drain`]; then publishers are cut off and `stream` is told,
//! so that they may come back elsewhere; then origin and gRPC close. All tasks are joined.

use crate::{
    Config, broadcast::Settings, encoder::Encoders, http, lease, listener, meters::Meters, node::Node, rpc,
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use streamly_http::StartError;
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_proto::ingest::v1::ingest_service_server::IngestServiceServer;
use streamly_rpc::{Peer, Server};

/// This service's name to its peers.
const NAME: &str = "ingest";
/// Time to tell `stream` of the last facts.
const FAREWELL: Duration = Duration::from_millis(300);
/// Time for tasks to end after that.
const JOIN: Duration = Duration::from_secs(2);

/// Where a bound service listens.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// RTMP.
    pub rtmp: SocketAddr,
    /// The HLS origin.
    pub http: SocketAddr,
    /// gRPC.
    pub grpc: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
}

/// A service with all its listeners bound and nothing running.
pub struct Service {
    node: Arc<Node>,
    rtmp: TcpListener,
    http: TcpListener,
    grpc: TcpListener,
    admin: TcpListener,
    addresses: Addresses,
}

impl Service {
    /// Checks the configuration and binds all listeners; connects to nothing.
    ///
    /// # Errors
    /// [`StartError`], with every problem of the configuration at once.
    pub fn bind(config: Config) -> Result<Self, StartError> {
        let mut problems = config.problems();
        let mut keep = |problem: String| problems.push(problem);
        let identity = config.trust.identity(NAME).map_err(&mut keep).ok();
        let encoders = Encoders::new(&config).map_err(&mut keep).ok();
        let stream = identity.and_then(|identity| {
            Peer::new(config.stream.clone(), "stream", identity)
                .map_err(|e| keep(format!("stream.url: {e}")))
                .ok()
        });
        let (Some(encoders), Some(stream), true) = (encoders, stream, problems.is_empty()) else {
            return Err(StartError::Settings { service: "ingest", problems });
        };
        let rtmp = streamly_http::bind("RTMP", config.rtmp.bind)?;
        let http = streamly_http::bind("the HLS origin", config.http)?;
        let grpc = streamly_http::bind("ingest's gRPC", config.grpc)?;
        let admin = streamly_http::bind("ingest's admin listener", config.admin)?;
        let address = |listener: &TcpListener| listener.local_addr().map_err(StartError::Socket);
        let addresses = Addresses {
            rtmp: address(&rtmp)?,
            http: address(&http)?,
            grpc: address(&grpc)?,
            admin: address(&admin)?,
        };
        let settings = Arc::new(Settings::new(&config, encoders, Arc::new(Meters::default())));
        let node = Arc::new(Node::new(config, settings, stream, Readiness::new()));
        Ok(Self { node, rtmp, http, grpc, admin, addresses })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Whether it can serve, dependency by dependency.
    pub fn readiness(&self) -> Readiness {
        self.node.readiness.clone()
    }

    /// Serves until the stop, then drains.
    ///
    /// # Errors
    /// A listener that fails for good.
    pub async fn serve(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let Self { node, rtmp, http, grpc, admin, .. } = self;
        let metrics = streamly_telemetry::metrics()?;
        // What serves viewers and peers goes on while publishers drain.
        let late = Shutdown::new();
        let (keeper, finder) = (node.clone(), node.clone());
        node.tasks.spawn("lease", lease::keep(keeper));
        node.tasks.spawn("encoders", async move {
            tokio::select! {
                () = finder.settings.encoders.find() => {}
                () = finder.closing.cancelled() => {}
            }
        });
        let finder = node.clone();
        node.tasks.spawn("decoders", async move {
            tokio::select! {
                () = finder.settings.decoders.find() => {}
                () = finder.closing.cancelled() => {}
            }
        });
        let peers = node.config.trust.peers(NAME);
        let server = Server::new(peers, rpc::ALLOW, node.readiness.clone())
            .add(IngestServiceServer::new(rpc::Commands(node.clone())));
        let stopping = async {
            shutdown.started().await;
            node.drain();
            let ended = async {
                while !node.running().is_empty() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let _ = tokio::time::timeout(node.config.drain.get(), ended).await;
            node.cut_all();
            let told = async {
                while !node.outbox.is_empty() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            let _ = tokio::time::timeout(FAREWELL, told).await;
            node.closing.cancel();
            late.start();
        };
        let served = async {
            let served = tokio::try_join!(
                listener::serve(node.clone(), rtmp, shutdown.clone()),
                http::serve(node.clone(), http, late.clone()),
                server.serve(grpc, late.clone()),
                streamly_http::serve_admin(admin, node.readiness.clone(), metrics, late.clone()),
            );
            // One that failed takes the others with it.
            shutdown.start();
            served
        };
        let (served, ()) = tokio::join!(served, stopping);
        node.closing.cancel();
        if !node.tasks.join(JOIN).await {
            tracing::warn!(left = node.tasks.len(), "tasks did not end in time");
        }
        node.settings.encoders.clean_up();
        served?;
        Ok(())
    }
}
