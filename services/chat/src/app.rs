//! Puts the service together: binds every listener first, then waits for PostgreSQL and Redis, serves, and drains at the stop.

use crate::{
    accounts::Accounts,
    bans::Bans,
    blocks::Blocks,
    bots::Bots,
    bus::{Counts, Log, People, Said, Terms},
    chatters::Chatters,
    config::Config,
    departures::Departures,
    directory::Directory,
    emotes::Emotes,
    facts,
    holds::Holds,
    http,
    hub::{self, Hub},
    images::{self, Images},
    listener::{self, Door},
    moderation::Moderation,
    notices::Notices,
    pace::Pace,
    pins::Pins,
    polls::Polls,
    queue,
    record::Record,
    reports::Reports,
    rpc,
    screen::Screen,
    session::Context,
    settings,
    sockets::Sockets,
    store, terms,
    unban_requests::UnbanRequests,
};
use actix_web::{App, middleware::from_fn, web};
use anyhow::Context as _;
use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, OnceLock},
    time::Duration,
};
use streamly_http::{
    AccessKeys, Calls, Follows, JwksSource, SettingList, StartError, Traced, bind, defaults, look_first,
    request_id, serve, serve_admin,
};
use streamly_lifecycle::{Disk, Readiness, Shutdown, Tasks, raise_file_limit};
use streamly_picture::Uploads;
use streamly_postgres::Database;
use streamly_proto::chat::v1::{
    chat_service_server::ChatServiceServer, export_service_server::ExportServiceServer,
};
use streamly_redis::Redis;
use streamly_rpc::Peer;
use streamly_storage::Store;
use streamly_telemetry::trace::Traces;
use tonic::transport::Endpoint;

/// This service's name in metrics.
const NAME: &str = "chat";
/// Longest wait for tasks after the sockets were told to go.
const JOIN: Duration = Duration::from_secs(4);
/// Open files besides sockets: connections of others, logs, with room to spare.
const FILES_BESIDES: u64 = 200;
/// Pace of forgetting idle people in the in-process limit.
const TIDY: Duration = Duration::from_secs(60);

/// Where the service listens.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// WebSocket and `/health`.
    pub http: SocketAddr,
    /// REST.
    pub rest: SocketAddr,
    /// gRPC.
    pub grpc: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
}

/// The service with its ports taken and nothing connected yet.
pub struct Service {
    config: Config,
    readiness: Readiness,
    redis: Redis,
    db: Database,
    storage: Option<Store>,
    stream: Peer,
    user: Peer,
    addresses: Addresses,
    http: TcpListener,
    rest: TcpListener,
    grpc: TcpListener,
    admin: TcpListener,
}

impl Service {
    /// Validates the settings (all problems at once) and takes the ports; connects to nothing.
    pub fn bind(mut config: Config) -> Result<Self, StartError> {
        // A configuration that names some of `postgres` and not the database still means this service's own.
        if config.postgres.database.is_empty() {
            config.postgres.database = "streamly_chat".into();
        }
        let readiness = Readiness::of(NAME);
        let mut problems: Vec<String> = config.problems().iter().map(|(k, p)| format!("{k}: {p}")).collect();
        let mut note = |e: String| problems.push(e);
        let identity = config.trust.identity("chat").map_err(&mut note).ok();
        let redis = Redis::new(&config.redis, &readiness).map_err(|e| note(e.to_string())).ok();
        let db = Database::new(&config.postgres, &readiness).map_err(|e| note(e.to_string())).ok();
        let storage = Store::new(&config.storage).map_err(|e| note(e.to_string())).ok().flatten();
        let mut peers = Vec::new();
        for (name, peer) in [("stream", &config.stream), ("user", &config.user)] {
            if let Err(e) = Endpoint::from_shared(peer.url.clone()) {
                note(format!("{name}.url: {e}"));
            } else if let Some(identity) = &identity {
                match Peer::new(peer.clone(), name, identity.clone()) {
                    Ok(peer) => peers.push(peer),
                    Err(e) => note(format!("{name}.url: {e}")),
                }
            }
        }
        let (Some(_), Some(redis), Some(db), Some(user), Some(stream), true) =
            (identity, redis, db, peers.pop(), peers.pop(), problems.is_empty())
        else {
            return Err(StartError::Settings { service: "chat", problems });
        };
        let http = bind("chat WebSocket", config.http)?;
        let rest = bind("chat REST", config.rest)?;
        let grpc = bind("chat gRPC", config.grpc)?;
        let admin = bind("chat admin", config.admin)?;
        let local = |l: &TcpListener| l.local_addr().map_err(StartError::Socket);
        let addresses = Addresses {
            http: local(&http)?,
            rest: local(&rest)?,
            grpc: local(&grpc)?,
            admin: local(&admin)?,
        };
        Ok(Self { config, readiness, redis, db, storage, stream, user, addresses, http, rest, grpc, admin })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// What it waits for.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Serves until the stop: 503 at once, everything when PostgreSQL and Redis are there. Errors: a listener or a migration failed.
    pub async fn serve(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let tasks = Tasks::new();
        let traces = Traces::start(&self.config.tracing, NAME, env!("CARGO_PKG_VERSION"))?;
        let done = Box::pin(self.run(&traces, &shutdown, &tasks)).await;
        shutdown.start();
        if !tasks.join(JOIN).await {
            tracing::warn!(left = tasks.len(), "tasks did not end in time");
        }
        traces.close().await;
        done
    }

    async fn run(self, traces: &Traces, shutdown: &Shutdown, tasks: &Tasks) -> anyhow::Result<()> {
        let Self { config, readiness, redis, db, storage, stream, user, http, rest, grpc, admin, .. } = self;
        let (files, sockets) = (raise_file_limit(), config.limits.max_connections as u64);
        if files < sockets.saturating_add(FILES_BESIDES) {
            // No fault of a machine for few: the settings are made for many.
            tracing::info!(
                files,
                sockets,
                "the limit of open files is below limits.max_connections: sockets beyond it are not accepted"
            );
        }
        // Expected before Redis is there, so that no moment looks ready without it.
        readiness.expect(hub::PUBSUB);
        let metrics = streamly_telemetry::metrics()?;
        // The first one of a kind is a rise.
        metrics::counter!("streamly_chat_lost_events_total").increment(0);
        metrics::counter!("streamly_chat_unreplicated_total").increment(0);
        if let Some(folder) = &config.storage.dir {
            tasks.spawn("disk", Disk::of(NAME, "pictures", folder).watch(shutdown.clone()));
        }
        let keys = JwksSource { url: config.jwks_url.clone(), cache: config.jwks_cache.clone() }
            .start(&readiness, shutdown, tasks);
        let door = Arc::new(Door::new(config.clone(), readiness.clone(), shutdown.clone(), tasks.clone()));
        let shared = web::Data::new(http::Rest {
            context: OnceLock::new(),
            proxies: config.trusted_proxies.clone(),
            limits: SettingList::new(&config, &Config::default())?,
        });
        let rpc_context = Arc::new(OnceLock::new());
        let chat = rpc::Chat { context: rpc_context.clone() };
        let server = streamly_rpc::Server::new(config.trust.peers("chat"), rpc::ALLOW, readiness.clone())
            .with_patience(config.grpc_patience.get())
            .add(ChatServiceServer::new(chat.clone()))
            .add(ExportServiceServer::new(chat))
            .traced(traces.clone());

        let stop = {
            let (r, s) = (readiness.clone(), shutdown.clone());
            async move {
                s.started().await;
                r.drain()
            }
        };
        tasks.spawn("drain-mark", stop);
        http.set_nonblocking(true).context("WebSocket listener")?;
        let sockets = tokio::net::TcpListener::from_std(http).context("WebSocket listener")?;
        tasks.spawn("listener", listener::run(sockets, door.clone()));

        let start = async {
            let up = async {
                redis.start(shutdown, tasks).await.map_err(anyhow::Error::from)?;
                db.start(store::runner(), shutdown, tasks).await.map_err(anyhow::Error::from)
            };
            if let Err(e) = up.await {
                // A stop while waiting is no failure.
                return if shutdown.is_started() { Ok(()) } else { Err(e) };
            }
            let bots = Bots::new(db.clone());
            let parts = Parts {
                config: &config,
                keys: keys.clone(),
                redis: &redis,
                db: db.clone(),
                storage,
                bans: Bans::new(db.clone()),
                bots: bots.clone(),
                directory: Directory::new(stream, user, bots, config.limits.directory_fresh.get()),
                traces,
            };
            let context = parts.open(&readiness, shutdown, tasks)?;
            let _ = rpc_context.set(context.clone());
            let _ = shared.context.set(context.clone());
            let _ = door.context.set(Arc::new(context));
            // From here on PostgreSQL is asked for bans only, and what is known of them goes on counting.
            readiness.spare(streamly_postgres::NAME);
            shutdown.started().await;
            Ok(())
        };
        let (app_keys, app_ready, app_rest) =
            (web::Data::new(keys.clone()), web::Data::new(readiness.clone()), shared.clone());
        let calls = web::Data::new(Calls::of(NAME));
        let follows = Follows::Proxies(config.trusted_proxies.clone());
        let traced = web::Data::new(Traced::new(traces.clone(), follows));
        let rest = serve(rest, config.requests.limits(), shutdown.clone(), move || {
            App::new()
                .wrap(from_fn(http::look_first))
                .wrap(from_fn(look_first))
                .wrap(from_fn(request_id))
                .app_data(app_keys.clone())
                .app_data(app_ready.clone())
                .app_data(app_rest.clone())
                .app_data(calls.clone())
                .app_data(traced.clone())
                .configure(http::routes)
                .configure(defaults)
        });
        let rest = async { rest.await.context("REST listener") };
        let grpc = async { server.serve(grpc, shutdown.clone()).await.context("gRPC listener") };
        let admin = async {
            serve_admin(admin, readiness.clone(), metrics, shutdown.clone()).await.context("admin listener")
        };
        tokio::try_join!(start, rest, grpc, admin).map(|_| ())
    }
}

/// What the sessions' context is made of.
struct Parts<'a> {
    config: &'a Config,
    keys: AccessKeys,
    redis: &'a Redis,
    db: Database,
    storage: Option<Store>,
    bans: Bans,
    bots: Bots,
    directory: Directory,
    traces: &'a Traces,
}

impl Parts<'_> {
    /// Opens the hub and starts the tasks that follow Redis.
    fn open(self, readiness: &Readiness, shutdown: &Shutdown, tasks: &Tasks) -> anyhow::Result<Context> {
        let Self { config, keys, redis, db, storage, bans, bots, directory, traces } = self;
        let (limits, pictures) = (&config.limits, &config.pictures);
        let log_terms = Terms {
            node: uuid::Uuid::now_v7().simple().to_string(),
            keep_count: limits.keep_count,
            keep_age: limits.keep_age.get(),
            settle: limits.settle.get(),
            presence: limits.presence_interval.get() * hub::PRESENCE_VALID,
            patience: limits.say_patience.get(),
            replica: limits.replica_wait.get(),
            together: limits.say_together.get(),
        };
        let (people, node) =
            (People::new(redis.clone(), log_terms.node.clone(), log_terms.presence), log_terms.node.clone());
        let log = Log::new(redis, log_terms)?;
        tasks.spawn("message-counts", log.tally().run(redis.clone(), node, shutdown.clone()));
        let settings = settings::Known::new(db.clone());
        let terms = terms::Known::new(db.clone(), limits.max_terms);
        let pace = (pictures.upload_burst, pictures.upload_interval.get());
        let uploads =
            Uploads::new(redis.clone(), "chat", config.rate_limits.then_some(pace), pictures.decoders);
        let emotes = Emotes::new(db.clone(), storage.clone(), uploads.clone(), pictures);
        let images = Images::new(db.clone(), storage, uploads.clone(), pictures);
        tasks.spawn("image-sweep", images::sweep(images.clone(), log.clone(), shutdown.clone()));
        let known = hub::Known {
            people: people.clone(),
            bans: bans.clone(),
            bots: bots.clone(),
            settings: settings.clone(),
            terms: terms.clone(),
            emotes: emotes.clone(),
        };
        let sockets = Sockets::default();
        let hub =
            Hub::new(log.clone(), known, limits.clone(), traces.clone(), tasks.clone(), shutdown.clone());
        let pace = config.rate_limits.then(|| Pace::new(redis, limits));
        {
            let (hub, redis, readiness) = (hub.clone(), redis.clone(), readiness.clone());
            let sockets = sockets.clone();
            tasks.spawn("pubsub", async move { hub.follow(&redis, &sockets, &readiness).await });
        }
        let record = Record::new(db.clone(), log.clone(), config.recording.clone());
        tasks.spawn("record", record.clone().run(shutdown.clone()));
        let notices = Notices::new(log.clone(), hub.clone());
        if let Some(pace) = pace.clone() {
            let stop = shutdown.clone();
            tasks.spawn("pace-tidy", async move {
                loop {
                    tokio::select! {
                        () = stop.started() => return,
                        () = tokio::time::sleep(TIDY) => pace.tidy(),
                    }
                }
            });
        }
        let pins = Pins::new(db.clone(), log.clone(), hub.clone());
        let moderation = Moderation {
            db: db.clone(),
            log: log.clone(),
            hub: hub.clone(),
            bans: bans.clone(),
            settings: settings.clone(),
            directory: directory.clone(),
            record: record.clone(),
            pins: pins.clone(),
            images: images.clone(),
            email_verification: config.email_verification,
        };
        let departures =
            Departures { db: db.clone(), moderation: moderation.clone(), emotes: emotes.clone() };
        let hearers = facts::Hearers {
            hub: hub.clone(),
            directory: directory.clone(),
            record: record.clone(),
            notices,
            departures,
        };
        tasks.spawn("facts", facts::follow(redis.clone(), hearers, shutdown.clone()));
        let polls = Polls::new(moderation.clone());
        tasks.spawn("polls", polls.clone().run(shutdown.clone()));
        let accounts = Accounts { directory: directory.clone(), hub: hub.clone(), sockets: sockets.clone() };
        tasks.spawn("accounts", accounts.follow(redis.clone(), shutdown.clone()));
        let chatters = Chatters::new(db.clone());
        let limits = Arc::new(limits.clone());
        let holds =
            Holds { moderation: moderation.clone(), chatters: chatters.clone(), limits: limits.clone() };
        tasks.spawn("holds", holds.clone().sweep(shutdown.clone()));
        let keep = queue::Keep { resolved: limits.resolved_keep.get(), audit: limits.audit_keep.get() };
        tasks.spawn("queue-tidy", queue::tidy(db.clone(), keep, shutdown.clone()));
        Ok(Context {
            screen: Screen {
                terms,
                counts: Counts::new(redis.clone()),
                chatters: chatters.clone(),
                rules: config.rules.clone(),
            },
            holds,
            reports: Reports { moderation: moderation.clone(), max_open: limits.max_reports },
            unban_requests: UnbanRequests { moderation: moderation.clone(), limits: limits.clone() },
            blocks: Blocks { db, max: limits.max_blocks },
            hub,
            sockets,
            log,
            said: Said::new(redis.clone()),
            pace,
            directory,
            bans,
            bots,
            chatters,
            people,
            pins,
            polls,
            settings,
            emotes,
            images,
            uploads,
            pictures: Arc::new(pictures.clone()),
            moderation,
            keys,
            limits,
            traces: traces.clone(),
            shutdown: shutdown.clone(),
        })
    }
}
