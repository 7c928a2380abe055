//! Puts the service together: ports first, then listeners, then whatever it waits for. The only module that knows all others.
//!
//! [`Service::bind`] connects to nothing. While PostgreSQL is awaited the listeners answer: `/health` and every call 503.

use crate::{
    accounts::{self, Accounts},
    bus::Relay,
    config::{self, Config, Secrets},
    export::Exports,
    http::{Edge, routes},
    mail::{
        Site,
        delivery::{self, Delivery},
        post::Post,
    },
    password::Hasher,
    rpc::{ALLOW, Users},
    store::{Store, migrations, retention::Keep, users},
};
use actix_web::{App, middleware::from_fn, web::Data};
use anyhow::Context;
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use streamly_config::Secret;
use streamly_http::{
    Calls, Follows, Limits, SettingList, StartError, Traced, bind, defaults, request_id, serve, serve_admin,
};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_postgres::Database;
use streamly_proto::user::v1::user_service_server::UserServiceServer;
use streamly_redis::Redis;
use streamly_rpc::{Peer, Server};
use streamly_telemetry::trace::Traces;

/// This service's name in metrics.
const NAME: &str = "user";
/// Name in readiness of migrations and the demo account.
const SETUP: &str = "accounts";
/// The database, unless another is configured.
const DATABASE: &str = "streamly_users";
/// Pause between tries to make the demo account.
const DEMO_RETRY: Duration = Duration::from_millis(500);
/// Longest wait for background tasks at the stop.
const JOIN: Duration = Duration::from_secs(2);

/// Where the service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// REST.
    pub http: SocketAddr,
    /// gRPC.
    pub grpc: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
}

/// The service with its ports, not yet serving.
pub struct Service {
    config: Config,
    secrets: Secrets,
    hasher: Hasher,
    post: Post,
    /// Stream and chat, where they are configured.
    peers: (Option<Peer>, Option<Peer>),
    readiness: Readiness,
    addresses: Addresses,
    http: TcpListener,
    grpc: TcpListener,
    admin: TcpListener,
    database: Database,
}

impl Service {
    /// Checks the configuration and binds all listeners. Errors: all problems of the configuration, or the port that is taken.
    pub fn bind(mut config: Config) -> Result<Self, StartError> {
        if config.postgres.database.is_empty() {
            DATABASE.clone_into(&mut config.postgres.database);
        }
        let secrets = config.check()?;
        let readiness = Readiness::of(NAME);
        readiness.expect(SETUP);
        readiness.expect(streamly_redis::NAME);
        let database = Database::new(&config.postgres, &readiness)
            .map_err(|e| config::invalid(vec![config::problem("postgres", e.to_string())]))?;
        let (http, grpc) = (bind("user http", config.http)?, bind("user grpc", config.grpc)?);
        let admin = bind("user admin", config.admin)?;
        let hasher = Hasher::new(&config.password)
            .map_err(|why| StartError::Broken { what: "password hashing", why })?;
        let post = Post::new(&config.mail, secrets.smtp_password.as_ref())
            .map_err(|e| config::invalid(vec![config::problem("mail", e)]))?;
        let peers = config.peers()?;
        let address = |l: &TcpListener| l.local_addr().map_err(StartError::Socket);
        let addresses = Addresses { http: address(&http)?, grpc: address(&grpc)?, admin: address(&admin)? };
        Ok(Self { config, secrets, hasher, post, peers, readiness, addresses, http, grpc, admin, database })
    }

    /// Where it listens; the real ports where 0 was configured.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Its dependencies, live.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Serves until the stop, drains, joins its tasks. Errors: unusable Redis settings, a failed migration, a lost listener.
    pub async fn serve(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let tasks = Tasks::new();
        let redis = Redis::new(&self.config.redis, &self.readiness).context("redis settings")?;
        let store = Store::new(self.database.clone());
        let stream = self.peers.0.clone();
        let exports = Exports::new(store.clone(), self.peers, tasks.clone());
        let accounts = Arc::new(Accounts::new(
            &self.config,
            &self.secrets,
            store.clone(),
            redis.clone(),
            self.hasher,
            exports,
        ));

        let limits = Limits { workers: self.config.workers, ..self.config.requests.limits() };
        let (shared, edge) = (Data::from(accounts.clone()), Data::new(Edge::new(&self.config)));
        let keys = Data::new(accounts.signing.verify());
        let ready = Data::new(self.readiness.clone());
        let calls = Data::new(Calls::of(NAME));
        let traces = Traces::start(&self.config.tracing, NAME, env!("CARGO_PKG_VERSION"))?;
        let follows = Follows::Proxies(self.config.trusted_proxies.clone());
        let traced = Data::new(Traced::new(traces.clone(), follows));
        let in_force = Data::new(SettingList::new(&self.config, &Config::default())?);
        let http = serve(self.http, limits, shutdown.clone(), move || {
            App::new()
                .wrap(from_fn(request_id))
                .app_data(shared.clone())
                .app_data(edge.clone())
                .app_data(keys.clone())
                .app_data(ready.clone())
                .app_data(calls.clone())
                .app_data(traced.clone())
                .app_data(in_force.clone())
                .configure(defaults)
                .configure(routes)
        });
        let metrics = streamly_telemetry::metrics()?;
        accounts::count_from_zero();
        delivery::count_from_zero();
        let admin = serve_admin(self.admin, self.readiness.clone(), metrics, shutdown.clone());
        let grpc = Server::new(self.config.trust.peers("user"), ALLOW, self.readiness.clone())
            .with_patience(self.config.grpc_patience.get())
            .add(UserServiceServer::new(Users(accounts.clone())))
            .traced(traces.clone())
            .serve(self.grpc, shutdown.clone());

        let (for_redis, stop, redis_tasks) = (redis.clone(), shutdown.clone(), tasks.clone());
        let spared = self.readiness.clone();
        tasks.spawn("redis-start", async move {
            // Fails only when the stop comes first.
            if for_redis.start(&stop, &redis_tasks).await.is_ok() {
                // From here on limits are this process's own while it is away, and facts wait: people sign in, so nobody is sent away.
                spared.spare(streamly_redis::NAME);
            }
        });
        let (signing, stop) = (accounts.signing.clone(), shutdown.clone());
        tasks.spawn("signing-keys", async move { signing.follow(stop).await });
        let setup = Setup {
            database: self.database,
            accounts: accounts.clone(),
            demo_password: self.secrets.demo_password,
            readiness: self.readiness.clone(),
        };
        let relay = Relay {
            store: store.clone(),
            redis,
            bell: accounts.bell.clone(),
            keep: Keep { mails: self.config.mail.keep.get(), acts: self.config.audit_keep.get() },
        };
        let delivery = Delivery {
            store,
            post: self.post,
            site: Site::new(self.config.public_url.as_deref()),
            config: self.config.mail,
            bell: accounts.mail_bell.clone(),
            stream,
        };
        let background = background(setup, relay, delivery, shutdown.clone(), tasks.clone());
        let drain = async {
            shutdown.started().await;
            self.readiness.drain();
            anyhow::Ok(())
        };
        let served = tokio::try_join!(
            async { http.await.context("the http listener") },
            async { admin.await.context("the admin listener") },
            async { grpc.await.context("the grpc listener") },
            background,
            drain,
        );
        shutdown.start();
        if !tasks.join(JOIN).await {
            tracing::warn!(left = tasks.len(), "tasks did not end in time");
        }
        traces.close().await;
        served.map(|_| ())
    }
}

/// What happens once PostgreSQL is there.
struct Setup {
    database: Database,
    accounts: Arc<Accounts>,
    demo_password: Option<Secret>,
    readiness: Readiness,
}

async fn background(
    setup: Setup,
    relay: Relay,
    delivery: Delivery,
    shutdown: Shutdown,
    tasks: Tasks,
) -> anyhow::Result<()> {
    match setup.database.start(migrations(), &shutdown, &tasks).await {
        Ok(()) => {}
        Err(streamly_postgres::Error::Stopped) => return Ok(()),
        Err(e) => return Err(e).context("the database could not be prepared"),
    }
    setup.database.keep_ready(vec![users::by_ids()]);
    setup.accounts.open();
    let stop = shutdown.clone();
    tasks.spawn("outbox-relay", async move { relay.run(stop).await });
    let (closing, stop) = (setup.accounts.clone(), shutdown.clone());
    tasks.spawn("closed-accounts", async move { closing.erase(stop).await });
    let stop = shutdown.clone();
    tasks.spawn("mail", async move { delivery.run(stop).await });
    if let Err(e) = setup.accounts.look_for_bcrypt().await {
        tracing::warn!(cause = ?e, "old password hashes were not looked for");
    }
    if let Some(password) = setup.demo_password {
        while let Err(e) = setup.accounts.put_demo(&password).await {
            tracing::warn!(cause = ?e, "the demo account could not be made yet");
            tokio::select! {
                () = shutdown.started() => return Ok(()),
                () = tokio::time::sleep(DEMO_RETRY) => {}
            }
        }
    }
    // From here on calls that need it are answered 503 with `Retry-After`, and keys for tokens as ever: a Service without pods says neither.
    setup.readiness.spare(streamly_postgres::NAME);
    setup.readiness.set(SETUP, Ok(()));
    Ok(())
}
