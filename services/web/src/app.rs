//! The service put together: ports first, then all listeners, then what writes viewer counts. The only module that knows all others.

use crate::{
    assets::Assets,
    cards::Cards,
    config::{Config, TOLD},
    document::Document,
    forward::Services,
    headers,
    listener::{self, Entrance},
    live::{
        Edge, hot::Viewers, index::Index, inner::Edges, meters::Meters, origin::Origin, qoe::Totals,
        sessions::Sessions, sids::Sids, watchers::Watchers,
    },
    redirect::{self, Door},
    routes,
    tunnel::Tunnels,
};
use actix_web::{App, middleware::from_fn, web::Data};
use anyhow::Context;
use rustls::{ServerConfig, crypto::aws_lc_rs::Ticketer};
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use streamly_http::{Follows, SettingList, StartError, Traced, request_id};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_redis::Redis;
use streamly_telemetry::trace::Traces;
use streamly_tls::{Certificates, Files};

/// Longest wait for background tasks at the stop.
const JOIN: Duration = Duration::from_secs(2);

/// Where the service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The public origin.
    pub http: SocketAddr,
    /// The same by TLS.
    pub https: Option<SocketAddr>,
    /// For other edges.
    pub inner: Option<SocketAddr>,
    /// Health and metrics.
    pub admin: SocketAddr,
}

/// The service with its ports, not yet serving.
pub struct Service {
    config: Config,
    readiness: Readiness,
    addresses: Addresses,
    http: TcpListener,
    https: Option<Https>,
    inner: Option<TcpListener>,
    admin: TcpListener,
}

/// The listener by TLS.
struct Https {
    listener: TcpListener,
    certificates: Arc<Certificates>,
    tls: ServerConfig,
}

impl Https {
    /// None where none is configured. Errors: the certificate, which the configuration's check has seen before; the port.
    fn bind(config: &Config) -> Result<Option<Self>, StartError> {
        let (Some(listen), Some(files)) = (config.https.listen, config.https.files()) else {
            return Ok(None);
        };
        let (certificates, tls) = shown(files).map_err(|error| StartError::Settings {
            service: "web",
            problems: vec![format!("https: {error}")],
        })?;
        let listener = streamly_http::bind("web by https", listen)?;
        Ok(Some(Self { listener, certificates, tls }))
    }
}

/// The certificate and the settings that show it. Who comes back within hours resumes by a ticket, which nothing here remembers.
fn shown(files: Files) -> Result<(Arc<Certificates>, ServerConfig), streamly_tls::Error> {
    let certificates = Arc::new(Certificates::open(files, TOLD)?);
    let mut tls = certificates.server()?;
    tls.ticketer = Ticketer::new()?;
    Ok((certificates, tls))
}

impl Service {
    /// Checks the configuration and binds all listeners; connects to nothing. Errors: all problems of the configuration, or the port
    /// that is taken.
    pub fn bind(config: Config) -> Result<Self, StartError> {
        config.check()?;
        let http = streamly_http::bind("web", config.http)?;
        let https = Https::bind(&config)?;
        let inner =
            config.inner.listen.map(|at| streamly_http::bind("web for other edges", at)).transpose()?;
        let admin = streamly_http::bind("web's admin listener", config.admin)?;
        let secure = https.as_ref().map(|https| &https.listener);
        // Accepted sockets inherit it: a peer that takes nothing for so long is cut off by the kernel (tcp(7)).
        for listener in [Some(&http), secure, inner.as_ref()].into_iter().flatten() {
            socket2::SockRef::from(listener)
                .set_tcp_user_timeout(Some(config.stall_timeout.get()))
                .map_err(StartError::Socket)?;
        }
        let address = |l: &TcpListener| l.local_addr().map_err(StartError::Socket);
        let addresses = Addresses {
            http: address(&http)?,
            https: secure.map(address).transpose()?,
            inner: inner.as_ref().map(address).transpose()?,
            admin: address(&admin)?,
        };
        let readiness = Readiness::of("web");
        readiness.expect(streamly_redis::NAME);
        Ok(Self { config, readiness, addresses, http, https, inner, admin })
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
        let Self { config, readiness, http, https, inner, admin, .. } = self;
        let tasks = Tasks::new();
        let metrics = streamly_telemetry::metrics()?;
        let traces = Traces::start(&config.tracing, "web", env!("CARGO_PKG_VERSION"))?;
        let traced = Data::new(Traced::new(traces.clone(), Follows::Nobody));
        if let Some(https) = &https {
            https.certificates.tell();
        }
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
            sessions: Arc::new(Sessions::new(config.max_sessions, config.max_previews, config.max_beacons)),
            sids: Arc::new(Sids::new(&sid_key).context("sid_key")?),
            watchers: Arc::new(Watchers::new(
                redis.clone(),
                tasks.clone(),
                &config.stream_url,
                config.max_sessions,
            )?),
            meters: Arc::new(Meters::default()),
            low_latency_sessions: config.low_latency_sessions,
        };
        let (watchers, stop) = (edge.watchers.clone(), shutdown.clone());
        tasks.spawn("playback-keys", async move { watchers.keep_keys(stop).await });
        let (sessions, qoe) = (edge.sessions.clone(), edge.qoe.clone());
        let (stop, connecting, spared) = (shutdown.clone(), tasks.clone(), readiness.clone());
        tasks.spawn("viewer-counts", async move {
            // Fails only when the stop comes first.
            if redis.start(&stop, &connecting).await.is_ok() {
                // From here on what is known plays on without it, and pages and calls need none: balancers shall send nobody away.
                spared.spare(streamly_redis::NAME);
                tokio::join!(sessions.write(redis.clone(), stop.clone()), qoe.write(redis, stop));
            }
        });
        let tunnels = Data::new(Tunnels::new(&config, shutdown.clone(), tasks.clone())?);
        let services = Data::new(Services::new(shutdown.clone())?);
        let cards = Data::new(Arc::new(Cards::new(&config, tasks.clone())?));
        let (assets, document) = (Data::new(Assets::default()), Data::new(Document::new()));
        let limits = Data::new(SettingList::new(&config, &Config::default())?);
        let (ready, config) = (Data::new(readiness.clone()), Data::new(config));
        let hot = Viewers::new(edge.clone(), config.clone().into_inner());
        let edges = Edges::new(edge.clone(), config.clone().into_inner(), readiness.clone());
        let edge = Data::new(edge);
        if let Some(https) = &https {
            let (watched, stop) = (https.certificates.clone(), shutdown.clone());
            let interval = config.https.reload_interval.get();
            tasks.spawn("certificates", async move {
                tokio::select! {
                    () = watched.watch(interval) => {}
                    () = stop.started() => {}
                }
            });
        }
        let entrance = Arc::new(Entrance::new(config.clone().into_inner()));
        let app = move |door: Door| {
            let (config, edge, ready, tunnels) =
                (config.clone(), edge.clone(), ready.clone(), tunnels.clone());
            let (services, assets, cards, document) =
                (services.clone(), assets.clone(), cards.clone(), document.clone());
            let (limits, traced) = (limits.clone(), traced.clone());
            move || {
                App::new()
                    .wrap(from_fn(headers::add))
                    .wrap(from_fn(redirect::to_https))
                    .wrap(from_fn(request_id))
                    .app_data(door)
                    .app_data(config.clone())
                    .app_data(edge.clone())
                    .app_data(ready.clone())
                    .app_data(tunnels.clone())
                    .app_data(services.clone())
                    .app_data(assets.clone())
                    .app_data(cards.clone())
                    .app_data(document.clone())
                    .app_data(limits.clone())
                    .app_data(traced.clone())
                    .configure(routes::routes)
            }
        };
        let served = listener::serve(http, entrance.clone(), shutdown.clone(), hot, app(Door::Plain));
        let secured = async {
            let Some(Https { listener, tls, .. }) = https else { return Ok(()) };
            // Boxed: who has no listener by TLS does not pay for its size.
            let (stop, app) = (shutdown.clone(), app(Door::Secure));
            Box::pin(listener::serve_secure(listener, tls, entrance, stop, app)).await
        };
        let inner = async {
            let Some(listener) = inner else { return Ok(()) };
            Box::pin(edges.serve(listener, shutdown.clone())).await
        };
        let admin = streamly_http::serve_admin(admin, readiness.clone(), metrics, shutdown.clone());
        let drain = async {
            shutdown.started().await;
            readiness.drain();
            anyhow::Ok(())
        };
        let served = tokio::try_join!(
            async { served.await.context("the http listener") },
            async { secured.await.context("the https listener") },
            async { inner.await.context("the listener for other edges") },
            async { admin.await.context("the admin listener") },
            drain,
        );
        shutdown.start();
        origin.close().await;
        if !tasks.join(JOIN).await {
            tracing::warn!(left = tasks.len(), "tasks did not end in time");
        }
        traces.close().await;
        served.map(|_| ())
    }
}
