//! The service put together: bind everything, serve until the stop, drain.
//!
//! At the stop the node drains (`stop`), then origin and gRPC close. All tasks are joined.

use crate::{
    Config,
    broadcast::Settings,
    budget, drain,
    encoder::Encoders,
    http, lease,
    listener::{self, Door},
    meters::Meters,
    node::Node,
    rewind::{self, Spool},
    rpc, stills, stop,
    tls::Certificates,
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
use streamly_telemetry::trace::Traces;

/// This service's name to its peers.
const NAME: &str = "ingest";
/// Time for tasks to end after the stop.
const JOIN: Duration = Duration::from_secs(2);

/// Where a bound service listens.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// RTMP.
    pub rtmp: SocketAddr,
    /// RTMPS, if it is taken.
    pub rtmps: Option<SocketAddr>,
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
    rtmps: Option<(TcpListener, Arc<Certificates>)>,
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
        let stream = identity.clone().and_then(|identity| {
            Peer::new(config.stream.clone(), "stream", identity)
                .map_err(|e| keep(format!("stream.url: {e}")))
                .ok()
        });
        let certificates = config.rtmps.bind.filter(|_| problems.is_empty()).and_then(|_| {
            let opened = Certificates::open(&config.rtmps);
            opened.map_err(|error| problems.push(format!("rtmps: {error}"))).ok().map(Arc::new)
        });
        let (Some(encoders), Some(stream), Some(identity), true) =
            (encoders, stream, identity, problems.is_empty())
        else {
            return Err(StartError::Settings { service: "ingest", problems });
        };
        let shared = config.rtmp.share_port;
        let rtmp = listener::bind("RTMP", config.rtmp.bind, shared)?;
        let rtmps = match (config.rtmps.bind, certificates) {
            (Some(bind), Some(certificates)) => Some((listener::bind("RTMPS", bind, shared)?, certificates)),
            _ => None,
        };
        let http = streamly_http::bind("the HLS origin", config.http)?;
        let grpc = streamly_http::bind("ingest's gRPC", config.grpc)?;
        let admin = streamly_http::bind("ingest's admin listener", config.admin)?;
        let address = |listener: &TcpListener| listener.local_addr().map_err(StartError::Socket);
        let addresses = Addresses {
            rtmp: address(&rtmp)?,
            rtmps: rtmps.as_ref().map(|(listener, _)| address(listener)).transpose()?,
            http: address(&http)?,
            grpc: address(&grpc)?,
            admin: address(&admin)?,
        };
        let settings = Arc::new(Settings::new(&config, encoders, Arc::new(Meters::default())));
        let node = Arc::new(Node::new(config, settings, stream, identity, Readiness::of(NAME)));
        Ok(Self { node, rtmp, rtmps, http, grpc, admin, addresses })
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
        let Self { node, rtmp, rtmps, http, grpc, admin, .. } = self;
        let metrics = streamly_telemetry::metrics()?;
        let traces = Traces::start(&node.config.tracing, NAME, env!("CARGO_PKG_VERSION"))?;
        if let Some((_, certificates)) = &rtmps {
            certificates.tell();
        }
        // What serves viewers and peers goes on while publishers drain.
        let late = Shutdown::new();
        let (keeper, finder) = (node.clone(), node.clone());
        node.tasks.spawn("lease", lease::keep(keeper));
        if let Some(spool) = Spool::new(&node.config) {
            node.tasks.spawn("rewind", rewind::keep(node.clone(), spool));
        }
        node.tasks.spawn("encoders", async move {
            tokio::select! {
                () = finder.settings.encoders.keep() => {}
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
        node.tasks.spawn("stills", stills::keep(node.clone()));
        let rtmps = rtmps.map(|(listener, certificates)| {
            let (watched, closing) = (certificates.clone(), node.closing.clone());
            let interval = node.config.rtmps.reload_interval.get();
            node.tasks.spawn("certificates", async move {
                tokio::select! {
                    () = watched.watch(interval) => {}
                    () = closing.cancelled() => {}
                }
            });
            Door { listener, certificates: Some(certificates) }
        });
        let rtmp = Door { listener: rtmp, certificates: None };
        node.spawn("drain", drain::move_publishers(node.clone()));
        node.tasks.spawn("budget", budget::keep(node.clone()));
        let peers = node.config.trust.peers(NAME);
        let server = Server::new(peers, rpc::ALLOW, node.readiness.clone())
            .with_patience(node.config.grpc_patience.get())
            .add(IngestServiceServer::new(rpc::Commands(node.clone())))
            .traced(traces.clone());
        let stopping = async {
            shutdown.started().await;
            stop::run(&node).await;
            node.closing.cancel();
            late.start();
        };
        let served = async {
            let served = tokio::try_join!(
                listener::serve(node.clone(), rtmp, rtmps),
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
        traces.close().await;
        node.settings.encoders.clean_up();
        served?;
        Ok(())
    }
}
