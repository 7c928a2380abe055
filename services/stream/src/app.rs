//! The service put together: what is shared, what is bound before anything starts, what runs until the stop.

use crate::{
    bus, categories, channel,
    config::Config,
    directory::{self, Directory},
    duties,
    error::Error,
    feed::Feed,
    http, key, lease_stream,
    limit::Limits,
    names::Names,
    notices::pushes::Testing,
    outbound,
    people::Standings,
    pictures::Pictures,
    playback::Tokens,
    rpc, store,
    web_push::Vapid,
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use streamly_config::Secret;
use streamly_http::{Follows, JwksSource, SettingList, StartError, Traced, bind};
use streamly_lifecycle::{CancellationToken, Disk, Readiness, Shutdown, Tasks};
use streamly_postgres::{Database, Replicas};
use streamly_redis::Redis;
use streamly_rpc::{Identity, Peer};
use streamly_storage::Store;
use streamly_telemetry::trace::Traces;
use tokio::sync::{Notify, broadcast};

/// This service's name in metrics.
const NAME: &str = "stream";
/// Ends that wait for a slow lease stream; it learns of lost ones from its next heartbeat.
const ENDINGS: usize = 256;
/// Longest wait for a database connection where the caller can come again.
const PATIENCE: Duration = Duration::from_secs(1);
/// Answers about all categories that are kept: the present one, and those that were being made while something changed.
const CATEGORY_LISTS: u64 = 16;
/// Longest wait for tasks at the stop.
const DRAIN: Duration = Duration::from_secs(2);

/// Where it listens.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Addresses {
    pub http: SocketAddr,
    pub grpc: SocketAddr,
    pub admin: SocketAddr,
}

/// What handlers share.
pub struct App {
    /// Settings.
    pub config: Config,
    /// Hashes and seals stream keys.
    pub vault: key::Vault,
    /// PostgreSQL.
    pub db: Database,
    /// Standbys that the directory is read from, where there are some.
    pub replicas: Option<Replicas>,
    /// Redis.
    pub redis: Redis,
    /// The user service.
    pub users: Peer,
    /// Names that are asked for.
    pub names: Names,
    /// What people are on the platform, as last heard.
    pub standings: Standings,
    /// Lists and answers of the directory.
    pub directory: Directory,
    /// The answer about all categories, for a moment; by how often they had changed when it was asked for, so that one that was being made
    /// meanwhile is nobody's.
    pub category_list: moka::future::Cache<u64, String>,
    /// How often categories have changed here.
    pub category_changes: AtomicU64,
    /// Pictures of profiles and categories.
    pub pictures: Pictures,
    /// Asks addresses that users chose.
    pub outbound: outbound::Client,
    /// Broadcasts ended here or by another replica, for the lease streams.
    pub endings: broadcast::Sender<bus::Ending>,
    /// Cancelled once the tables are there, as this version knows them.
    pub migrated: CancellationToken,
    /// Wakes the relay after a commit.
    pub committed: Notify,
    /// Wakes the sender of deliveries to webhooks.
    pub deliveries: Notify,
    /// Events as they come, for the event streams.
    pub feed: Feed,
    /// Rate limits of people's calls and publishes.
    pub limits: Limits,
    /// Playback tokens and channels' passwords.
    pub tokens: Tokens,
    /// Signs pushes; none: there is no Web Push.
    pub vapid: Option<Vapid>,
    /// Who tests browsers at this moment.
    pub testing: Testing,
    /// Tracked tasks.
    pub tasks: Tasks,
    /// The stop.
    pub shutdown: Shutdown,
}

/// Whom push services may ask: what is set, else the platform itself where it has an address that they take.
fn contact(config: &Config) -> Option<String> {
    config.notices.contact.clone().or_else(|| {
        Some(config.public_url.trim_end_matches('/').to_owned()).filter(|url| url.starts_with("https://"))
    })
}

impl App {
    /// A database connection within a second, or [`Error::Busy`].
    pub async fn connection(&self) -> Result<streamly_postgres::Connection, Error> {
        self.db.get_within(PATIENCE).await?.ok_or(Error::Busy)
    }
}

/// The service, bound and not yet serving.
pub struct Service {
    config: Config,
    vault: key::Vault,
    identity: Identity,
    http: TcpListener,
    grpc: TcpListener,
    admin: TcpListener,
    addresses: Addresses,
    readiness: Readiness,
    db: Database,
    replicas: Option<Replicas>,
    redis: Redis,
    storage: Option<Store>,
    disk: Option<Disk>,
    vapid: Option<Vapid>,
    outbound: outbound::Client,
}

impl Service {
    /// Checks the settings and binds all listeners; connects to nothing. Must be called inside a Tokio runtime.
    pub fn bind(mut config: Config) -> Result<Self, StartError> {
        // A configuration that names some of `postgres` and not the database still means this service's own.
        if config.postgres.database.is_empty() {
            config.postgres.database = "streamly_streams".into();
        }
        let readiness = Readiness::of(NAME);
        let mut problems = Vec::new();
        let mut secret = |name: &str, value: &Option<Secret>, file: &Option<std::path::PathBuf>| {
            match Secret::from_value_or_file(name, value.as_ref(), file.as_deref()) {
                Ok(Some(secret)) => Some(secret),
                Ok(None) => {
                    problems.push(format!("{name} or {name}_file is needed"));
                    None
                }
                Err(e) => {
                    problems.push(e);
                    None
                }
            }
        };
        let pepper = secret("key_pepper", &config.key_pepper, &config.key_pepper_file);
        let sealing = secret("key_sealing", &config.key_sealing, &config.key_sealing_file);
        let vapid = {
            let (key, file) = (&config.notices.vapid_key, config.notices.vapid_key_file.as_deref());
            match Secret::from_value_or_file("notices.vapid_key", key.as_ref(), file) {
                Ok(found) => found.and_then(|key| {
                    Vapid::new(key.expose(), contact(&config)).map_err(|e| problems.push(e.to_string())).ok()
                }),
                Err(e) => {
                    problems.push(e);
                    None
                }
            }
        };
        let (pepper, sealing) = (pepper.as_ref().map(Secret::expose), sealing.as_ref().map(Secret::expose));
        problems.extend(key::InvalidSecret::all(pepper, sealing).iter().map(ToString::to_string));
        let vault = pepper.zip(sealing).and_then(|(p, s)| key::Vault::new(p, s).ok());
        let mut keep = |e: String| problems.push(e);
        let identity = config.trust.identity("stream").map_err(&mut keep).ok();
        let db = Database::new(&config.postgres, &readiness).map_err(|e| keep(e.to_string())).ok();
        let replicas = config.directory.replicas.as_deref().and_then(|hosts| {
            let made = Replicas::new(&config.postgres, hosts, config.directory.replica_lag.get());
            made.map_err(|e| keep(format!("directory.replicas: {e}"))).ok()
        });
        let redis = Redis::new(&config.redis, &readiness).map_err(|e| keep(e.to_string())).ok();
        let storage = Store::new(&config.storage).map_err(|e| keep(e.to_string())).ok().flatten();
        let disk = config.storage.dir.as_deref().map(|folder| Disk::of(NAME, "pictures", folder));
        if tonic::transport::Endpoint::from_shared(config.user.url.clone()).is_err() {
            keep("user.url is not a URL".into());
        }
        if config.keep_refusals.get() > config.keep_broadcasts.get() {
            let why = "keep_refusals is longer than keep_broadcasts: refusals that a good broadcast settled would be shown again once \
                       it is forgotten; shorten the first or lengthen the second";
            keep(why.into());
        }
        for (key, why) in config.tracing.problems() {
            keep(format!("{key} {why}"));
        }
        if config.broadcast_points == 0 {
            keep("broadcast_points is 0: nothing of a broadcast's course would be kept apart".into());
        }
        if config.names_per_second == 0 {
            keep("names_per_second is 0: no channel would be found; leave it out for the default".into());
        }
        if config.event_backlog == 0 {
            keep(
                "event_backlog is 0: no event could wait for its reader; leave it out for the default".into(),
            );
        }
        let bounds = config.requests.problems().into_iter().chain(config.grpc_patience.problems());
        for (key, detail) in bounds.chain(config.directory.problems()) {
            keep(format!("{key} {detail}"));
        }
        let outbound = outbound::Client::new(&config.outbound).map_err(&mut keep).ok();
        let (Some(vault), Some(identity), Some(db), Some(redis), Some(outbound)) =
            (vault, identity, db, redis, outbound)
        else {
            return Err(StartError::Settings { service: "stream", problems });
        };
        if !problems.is_empty() {
            return Err(StartError::Settings { service: "stream", problems });
        }
        let http = bind("stream http", config.http)?;
        let grpc = bind("stream grpc", config.grpc)?;
        let admin = bind("stream admin", config.admin)?;
        let at = |listener: &TcpListener, asked: SocketAddr| listener.local_addr().unwrap_or(asked);
        let addresses = Addresses {
            http: at(&http, config.http),
            grpc: at(&grpc, config.grpc),
            admin: at(&admin, config.admin),
        };
        Ok(Self {
            config,
            vault,
            identity,
            http,
            grpc,
            admin,
            addresses,
            readiness,
            db,
            replicas,
            redis,
            storage,
            disk,
            vapid,
            outbound,
        })
    }

    /// Where it listens; real ports where 0 was asked for.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }
    /// Its dependencies' state.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Serves until the stop. PostgreSQL and Redis are waited for as long as it takes, with `/health` at 503 meanwhile.
    pub async fn serve(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let (tasks, readiness) = (Tasks::new(), self.readiness);
        readiness.expect("start");
        let traces = Traces::start(&self.config.tracing, NAME, env!("CARGO_PKG_VERSION"))?;
        let follows = Follows::Proxies(self.config.trusted_proxies.clone());
        let traced = Traced::new(traces.clone(), follows);
        let keys = JwksSource { url: self.config.jwks_url.clone(), cache: self.config.jwks_cache.clone() }
            .start(&readiness, &shutdown, &tasks);
        let tokens = Tokens::new(self.identity.key())?;
        let peers = self.config.trust.peers("stream");
        let users = Peer::new(self.config.user.clone(), "user", self.identity)?;
        let (fresh, life) = (self.config.directory.fresh.get(), self.config.directory.cursor_life.get());
        let per_second = self.config.rate_limits.then_some(self.config.names_per_second);
        let app = Arc::new(App {
            directory: Directory::new(fresh, life, self.config.directory.at_once),
            category_changes: AtomicU64::new(0),
            category_list: moka::future::Cache::builder()
                .max_capacity(CATEGORY_LISTS)
                .time_to_live(fresh.max(Duration::from_millis(1)))
                .build(),
            pictures: Pictures::new(
                self.storage,
                self.redis.clone(),
                &self.config.pictures,
                self.config.rate_limits,
            ),
            outbound: self.outbound,
            feed: Feed::new(self.config.max_event_streams, self.config.event_backlog),
            limits: Limits::new(
                self.config.rate_limits,
                (self.config.publish_burst, self.config.publish_interval.get()),
            ),
            config: self.config,
            vault: self.vault,
            db: self.db,
            replicas: self.replicas,
            redis: self.redis,
            users,
            names: Names::new(per_second),
            standings: Standings::default(),
            endings: broadcast::channel(ENDINGS).0,
            migrated: CancellationToken::new(),
            committed: Notify::new(),
            deliveries: Notify::new(),
            tokens,
            vapid: self.vapid,
            testing: Testing::default(),
            tasks: tasks.clone(),
            shutdown: shutdown.clone(),
        });
        channel::count_from_zero();
        directory::count_from_zero();
        if let Some(disk) = self.disk {
            tasks.spawn("disk", disk.watch(shutdown.clone()));
        }
        let (metrics, admin_ready) = (streamly_telemetry::metrics()?, readiness.clone());
        let (admin, admin_stop) = (self.admin, shutdown.clone());
        let limits = SettingList::new(&app.config, &Config::default())?;
        let public = http::serve(self.http, app.clone(), keys, readiness.clone(), limits, traced);
        let grpc = streamly_rpc::Server::new(peers, rpc::ALLOW, readiness.clone())
            .with_patience(app.config.grpc_patience.get())
            .add(rpc::publish_service(app.clone()))
            .add(rpc::channel_service(app.clone()))
            .add(rpc::export_service(app.clone()))
            .add(rpc::notice_service(app.clone()))
            .add(rpc::operator_service(app.clone()))
            .traced(traces.clone())
            .serve(self.grpc, shutdown.clone());
        let started = async {
            let ready = async {
                app.db.start(store::runner(), &shutdown, &tasks).await?;
                app.db.keep_ready(store::permit::statements());
                categories::seed(&app).await?;
                app.migrated.cancel();
                app.redis.start(&shutdown, &tasks).await?;
                anyhow::Ok(())
            };
            match ready.await {
                Ok(()) => {
                    tasks.spawn("duties", duties::run(app.clone()));
                    tasks.spawn("directory", directory::run(app.clone()));
                    if let Some(replicas) = app.replicas.clone() {
                        tasks.spawn("replicas", replicas.watch(app.db.clone(), shutdown.clone()));
                    }
                    tasks.spawn("endings", lease_stream::follow_endings(app.clone()));
                    tasks.spawn("feed", crate::feed::follow(app.clone()));
                    tasks.spawn("webhooks", crate::webhooks::sender::run(app.clone()));
                    // From here on everything but counts, pushes and what is new in the live index goes on without it.
                    readiness.spare(streamly_redis::NAME);
                    // Nor does it leave without the database: leases are renewed, event streams run on, and the rest is answered 503.
                    readiness.spare(streamly_postgres::NAME);
                    readiness.set("start", Ok(()));
                }
                Err(_) if shutdown.is_started() => {}
                Err(e) => {
                    shutdown.start();
                    return Err(e);
                }
            }
            shutdown.started().await;
            readiness.drain();
            Ok(())
        };
        let failed = |e: std::io::Error| {
            shutdown.start();
            anyhow::Error::from(e)
        };
        let (started, public, grpc, admin) = tokio::join!(
            started,
            async { public.await.map_err(failed) },
            async { grpc.await.map_err(failed) },
            async {
                streamly_http::serve_admin(admin, admin_ready, metrics, admin_stop).await.map_err(failed)
            },
        );
        if !tasks.join(DRAIN).await {
            tracing::warn!(left = tasks.len(), "tasks did not end in time");
        }
        traces.close().await;
        started.and(public).and(grpc).and(admin)
    }
}
