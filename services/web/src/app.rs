//! The service put together: ports first, then both listeners, then what writes viewer counts. The only module that knows all others.

use crate::{
    assets::Assets,
    cards::Cards,
    config::Config,
    document::Document,
    forward::Services,
    headers, listener,
    live::{
        Edge, hot::Viewers, index::Index, meters::Meters, origin::Origin, qoe::Totals, sessions::Sessions,
        sids::Sids, watchers::Watchers,
    },
    routes,
    tunnel::Tunnels,
};
use actix_web::{App, middleware::from_fn, web::Data};
use anyhow::Context;
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use streamly_http::{StartError, request_id};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::Redis;

/// Longest wait for background tasks at the stop.
const JOIN: Duration = Duration::from_secs(2);

/// Where the service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The public origin.
    pub http: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
}

/// The service with its ports, not yet serving.
pub struct Service {
    config: Config,
    readiness: Readiness,
    addresses: Addresses,
    http: TcpListener,
    admin: TcpListener,
}

impl Service {
    /// Checks the configuration and binds both listeners; connects to nothing. Errors: all problems of the configuration, or the port
    /// that is taken.
    pub fn bind(config: Config) -> Result<Self, StartError> {
        config.check()?;
        let http = streamly_http::bind("web", config.http)?;
        let admin = streamly_http::bind("web's admin listener", config.admin)?;
        // Accepted sockets inherit it: a peer that takes nothing for so long is cut off by the kernel (tcp(7)).
        socket2::SockRef::from(&http)
            .set_tcp_user_timeout(Some(config.stall_timeout.get()))
            .map_err(StartError::Socket)?;
        let address = |l: &TcpListener| l.local_addr().map_err(StartError::Socket);
        let addresses = Addresses { http: address(&http)?, admin: address(&admin)? };
        let readiness = Readiness::of("web");
        readiness.expect("redis");
        Ok(Self { config, readiness, addresses, http, admin })
    }

    /// Where it listens; the real ports where 0 was configured.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Its dependencies, live.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Serves until the stop, drains, joins its tasks. Errors: unusable Redis settings, a lost listener.
    pub async fn serve(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let Self { config, readiness, http, admin, .. } = self;
        let tasks = Tasks::new();
        let metrics = streamly_telemetry::metrics()?;
        let redis = Redis::new(&config.redis, &readiness).context("redis settings")?;
        let sid_key = match config.sid_key().map_err(anyhow::Error::msg)? {
            Some(key) => key.expose().as_bytes().to_vec(),
            None => rand::random::<[u8; 32]>().to_vec(),
        };
        let origin = Arc::new(Origin::new(&config)?);
        let edge = Edge {
            qoe: Arc::new(Totals::default()),
            index: Arc::new(Index::new(redis.clone(), config.origin_allow.clone(), tasks.clone())),
            origin: origin.clone(),
            sessions: Arc::new(Sessions::new(config.max_sessions, config.max_previews)),
            sids: Arc::new(Sids::new(&sid_key).context("sid_key")?),
            watchers: Arc::new(Watchers::new(
                redis.clone(),
                tasks.clone(),
                &config.stream_url,
                config.max_sessions,
            )?),
            meters: Arc::new(Meters::default()),
        };
        let (watchers, stop) = (edge.watchers.clone(), shutdown.clone());
        tasks.spawn("playback-keys", async move { watchers.keep_keys(stop).await });
        let (sessions, qoe) = (edge.sessions.clone(), edge.qoe.clone());
        let (stop, connecting) = (shutdown.clone(), tasks.clone());
        tasks.spawn("viewer-counts", async move {
            // Fails only when the stop comes first.
            if redis.start(&stop, &connecting).await.is_ok() {
                tokio::join!(sessions.write(redis.clone(), stop.clone()), qoe.write(redis, stop));
            }
        });
        let tunnels = Data::new(Tunnels::new(&config, shutdown.clone(), tasks.clone())?);
        let services = Data::new(Services::new(shutdown.clone())?);
        let cards = Data::new(Arc::new(Cards::new(&config, tasks.clone())?));
        let (assets, document) = (Data::new(Assets::default()), Data::new(Document::new()));
        let (ready, config) = (Data::new(readiness.clone()), Data::new(config));
        let hot = Viewers::new(edge.clone(), config.clone().into_inner());
        let edge = Data::new(edge);
        let served = listener::serve(http, config.clone().into_inner(), shutdown.clone(), hot, move || {
            App::new()
                .wrap(from_fn(headers::add))
                .wrap(from_fn(request_id))
                .app_data(config.clone())
                .app_data(edge.clone())
                .app_data(ready.clone())
                .app_data(tunnels.clone())
                .app_data(services.clone())
                .app_data(assets.clone())
                .app_data(cards.clone())
                .app_data(document.clone())
                .configure(routes::routes)
        });
        let admin = streamly_http::serve_admin(admin, readiness.clone(), metrics, shutdown.clone());
        let drain = async {
            shutdown.started().await;
            readiness.drain();
            anyhow::Ok(())
        };
        let served = tokio::try_join!(
            async { served.await.context("the http listener") },
            async { admin.await.context("the admin listener") },
            drain,
        );
        shutdown.start();
        origin.close().await;
        if !tasks.join(JOIN).await {
            tracing::warn!(left = tasks.len(), "tasks did not end in time");
        }
        served.map(|_| ())
    }
}
