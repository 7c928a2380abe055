//! The client for commands: one multiplexed connection with reconnect (in a cluster one to each master), and the health watch.
//!
//! A server that does not answer in time is connected to anew (a machine that lost its power closes nothing), and so is one that
//! says that it is a replica now.

use crate::{
    Config,
    config::OPEN_PASSWORD,
    masters::Missed,
    spans::{asked, told},
    subscriber::Subscriber,
    successor::{Successor, end_after},
};
use fred::{
    clients::Client,
    error::ErrorKind,
    interfaces::{ClientLike, EventInterface},
    types::{
        ClusterHash, ConnectHandle, CustomCommand, FromValue, Value,
        config::{ClusterDiscoveryPolicy, ConnectionConfig, ReconnectPolicy, ServerConfig, TcpConfig},
    },
};
use metrics::{Histogram, histogram};
use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};
use streamly_config::Secret;
use streamly_lifecycle::{Readiness, Shutdown, Tasks};

/// What a service calls it among its dependencies.
pub const NAME: &str = "redis";
/// How often a connection is tried.
pub(crate) const WATCH: Duration = Duration::from_secs(2);
/// Shortest time between two renewals of a connection, longer than one takes.
const RENEWED: Duration = Duration::from_secs(5);

/// Events that a client keeps for who looks at them, of each kind. fred makes room for all of them at once, half a kilobyte for one of
/// every kind (ADR 0054), and nobody looks at those of a client for commands.
const EVENTS: usize = 16;

/// Of commands that go together: some milliseconds of work between two turns of others.
pub const AT_ONCE: usize = 128;

/// What can go wrong with Redis.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings are not usable.
    #[error("redis settings: {0}")]
    Settings(String),
    /// A command failed or timed out; a write may still have happened.
    #[error("redis command failed")]
    Command(#[source] fred::error::Error),
    /// Redis is there, and what is asked of it is not yet: the caller may ask again soon.
    #[error("not ready: {0}")]
    NotReady(&'static str),
    /// The stop began before Redis was there.
    #[error("stopped before redis was there")]
    Stopped,
}

impl Error {
    /// Whether Redis is away (rather than the command wrong).
    pub fn is_unavailable(&self) -> bool {
        use ErrorKind as K;
        match self {
            Self::Command(e) => {
                matches!(
                    e.kind(),
                    K::IO | K::Timeout | K::Canceled | K::Backpressure | K::Cluster | K::Unknown
                ) || ["LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN"]
                    .iter()
                    .any(|word| e.details().starts_with(word))
            }
            Self::Stopped | Self::NotReady(_) => true,
            Self::Settings(_) => false,
        }
    }
    /// Whether there was no answer in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Command(e) if *e.kind() == ErrorKind::Timeout)
    }
    /// The same for each of so many who waited for it.
    pub fn of_each(self, count: usize) -> impl Iterator<Item = Self> {
        let e = match self {
            Self::Command(e) => e,
            e => fred::error::Error::new(ErrorKind::Unknown, e.to_string()),
        };
        std::iter::repeat_n(e, count).map(Self::Command)
    }
    /// The server's own words, for the log.
    pub fn details(&self) -> String {
        match self {
            Self::Command(e) => e.to_string(),
            e => e.to_string(),
        }
    }
}

/// A connection for commands. Clones share it.
#[derive(Clone)]
pub struct Redis {
    /// Of a cluster another one may take its place.
    client: Arc<RwLock<Client>>,
    pub(crate) config: Config,
    readiness: Readiness,
    renewal: Renewal,
    ping: Histogram,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // There is no password in it: with one there would be no client.
        write!(f, "Redis({})", self.config.url)
    }
}

impl Redis {
    /// Makes the client and starts connecting in the background. Errors: unusable settings.
    pub fn new(config: &Config, readiness: &Readiness) -> Result<Self, Error> {
        readiness.expect(NAME);
        let client = Arc::new(RwLock::new(build(config)?));
        let ping = histogram!("streamly_redis_ping_seconds", "service" => readiness.service());
        let (config, readiness, renewal) = (config.clone(), readiness.clone(), Renewal::default());
        Ok(Self { client, config, readiness, renewal, ping })
    }

    /// Waits for Redis as long as it takes, then watches its health until the stop. Errors: the stop began first.
    pub async fn start(&self, shutdown: &Shutdown, tasks: &Tasks) -> Result<(), Error> {
        let connection = self.client().connect();
        loop {
            match self.look().await {
                Ok(()) => break,
                Err(missed) => self.readiness.set(NAME, Err(missed.to_string())),
            }
            tracing::warn!("waiting for redis");
            tokio::select! {
                () = shutdown.started() => return Err(Error::Stopped),
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
            }
        }
        self.readiness.set(NAME, Ok(()));
        let (this, stop) = (self.clone(), shutdown.clone());
        tasks.spawn("redis-watch", async move { this.watch(stop, connection).await });
        Ok(())
    }

    /// The client in use.
    pub(crate) fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `connection`: the task of the client in use.
    async fn watch(&self, shutdown: Shutdown, mut connection: ConnectHandle) {
        let mut successor = Successor::default();
        loop {
            tokio::select! {
                () = shutdown.started() => break,
                () = tokio::time::sleep(WATCH) => {}
            }
            let since = Instant::now();
            let looked = self.look().await;
            // Also of one that was not answered: a Redis that hangs is not a fast one.
            self.ping.record(since.elapsed());
            let is_silent = looked.as_ref().is_err_and(Missed::is_timeout);
            let is_there = looked.is_ok();
            self.readiness.set(NAME, looked.map_err(|missed| missed.to_string()));
            if is_there {
                successor.retire();
            } else if is_silent && !self.is_cluster() {
                self.renewal.of(&self.client());
            } else if is_silent && self.is_connected() {
                let next = tokio::select! {
                    () = shutdown.started() => break,
                    next = successor.get(&self.config) => next,
                };
                if let Some((client, task)) = next {
                    *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
                    let old = std::mem::replace(&mut connection, task);
                    end_after(old, self.config.command_timeout.get());
                }
            }
        }
        // Others may still say their last words on this connection: it closes with the last clone.
    }

    /// One command, `call::<Option<String>>("GET", [key])`. The first argument is taken as the key for cluster routing.
    pub async fn call<T: FromValue>(
        &self,
        command: &'static str,
        args: impl IntoIterator<Item = impl Into<Value>>,
    ) -> Result<T, Error> {
        let args: Vec<Value> = args.into_iter().map(Into::into).collect();
        let hash = if args.is_empty() { ClusterHash::Random } else { ClusterHash::FirstKey };
        let span = asked(command, 1);
        let answer: Result<Value, Error> = self
            .client()
            .custom(CustomCommand::new_static(command, hash, false), args)
            .await
            .map_err(|e| self.heed(Error::Command(e)));
        told(&span, answer.as_ref());
        answer?.convert().map_err(Error::Command)
    }

    /// The same command so often, [`AT_ONCE`] in one go: one write, and mostly one read; in a cluster one of each node. Answers in the
    /// order of `asks`. Errors: the first one; nothing more is asked then.
    pub async fn call_each<T: FromValue>(
        &self,
        command: &'static str,
        asks: Vec<Vec<Value>>,
    ) -> Result<Vec<T>, Error> {
        let mut answers = Vec::with_capacity(asks.len());
        for some in asks.chunks(AT_ONCE) {
            for answer in self.pipe(command, ClusterHash::FirstKey, some).await {
                answers.push(answer?.convert().map_err(Error::Command)?);
            }
        }
        Ok(answers)
    }

    /// The same command with each of `asks`, in one write, and mostly one read. Answers in their order, each with an error of its own; where
    /// the connection is lost, all that are without an answer.
    pub(crate) async fn pipe(
        &self,
        command: &'static str,
        hash: ClusterHash,
        asks: &[Vec<Value>],
    ) -> Vec<Result<Value, Error>> {
        let span = asked(command, asks.len());
        let answers = self.piped(command, hash, asks).await;
        let failed = answers.iter().find_map(|answer| answer.as_ref().err());
        told(&span, failed.map_or(Ok(&()), Err));
        answers
    }

    async fn piped(
        &self,
        command: &'static str,
        hash: ClusterHash,
        asks: &[Vec<Value>],
    ) -> Vec<Result<Value, Error>> {
        let pipeline = self.client().pipeline();
        for args in asks {
            let command = CustomCommand::new_static(command, hash.clone(), false);
            if let Err(e) = pipeline.custom::<(), Value>(command, args.clone()).await {
                return Error::Command(e).of_each(asks.len()).map(Err).collect();
            }
        }
        let answers = pipeline.try_all::<Value>().await;
        if answers.len() != asks.len() {
            // One for all: there was no answer.
            let e = answers.into_iter().find_map(Result::err);
            let e = e.unwrap_or_else(|| fred::error::Error::new(ErrorKind::Protocol, "answers are missing"));
            return self.heed(Error::Command(e)).of_each(asks.len()).map(Err).collect();
        }
        answers.into_iter().map(|answer| answer.map_err(|e| self.heed(Error::Command(e)))).collect()
    }

    /// What the server said of a part of a script's work; heeded as what it says of a whole one.
    pub fn said(&self, words: &str) -> Error {
        self.heed(Error::Command(fred::error::Error::new(ErrorKind::Unknown, words.to_owned())))
    }

    /// A server that became a replica takes no writes: the one that took over is looked for, at most once at a time.
    pub(crate) fn heed(&self, e: Error) -> Error {
        if e.details().contains("READONLY") {
            self.renewal.of(&self.client());
        }
        e
    }

    /// A second connection for pub/sub, with room for `pubsub_buffer` messages that are not read yet.
    pub async fn subscriber(&self) -> Result<Subscriber, Error> {
        Subscriber::connect(self, self.config.pubsub_buffer).await
    }

    /// The same for channels on which little is said, with room for `buffer` messages.
    pub async fn quiet_subscriber(&self, buffer: usize) -> Result<Subscriber, Error> {
        Subscriber::connect(self, buffer).await
    }

    /// Whether rooms of keys are on several servers: what is done at once has to be in one slot.
    pub fn is_cluster(&self) -> bool {
        self.client().is_clustered()
    }

    /// Whether the connection is up now.
    pub fn is_connected(&self) -> bool {
        self.client().is_connected()
    }
}

/// fred's configuration from ours. Errors: a file that cannot be read, an address that is none, or one with a password in it.
pub(crate) fn settings(config: &Config) -> Result<fred::types::config::Config, Error> {
    if config.has_open_password() {
        return Err(Error::Settings(OPEN_PASSWORD.into()));
    }
    let password =
        Secret::from_value_or_file("password", config.password.as_ref(), config.password_file.as_deref())
            .map_err(Error::Settings)?;
    let mut settings =
        fred::types::config::Config::from_url(&config.url).map_err(|e| Error::Settings(e.to_string()))?;
    settings.fail_fast = false;
    // Any server that is known leads to the others, should those that were named be gone.
    if let ServerConfig::Clustered { policy, .. } = &mut settings.server {
        *policy = ClusterDiscoveryPolicy::UseCache;
    }
    if let Some(p) = password {
        settings.password = Some(p.expose().to_owned());
    }
    Ok(settings)
}

/// How connections are made, whatever they are for: who does not answer in this time is passed over for the next server of a cluster, or tried
/// again.
pub(crate) fn connecting(c: &mut ConnectionConfig) {
    c.connection_timeout = Duration::from_secs(3);
    c.internal_command_timeout = Duration::from_secs(3);
    c.max_command_attempts = 2;
    c.tcp = TcpConfig { nodelay: Some(true), ..Default::default() };
}

/// A client with connections of its own, for commands that block, and the task that holds them; it connects in the background. Errors:
/// unusable settings.
pub(crate) fn dedicated(config: &Config) -> Result<(Client, ConnectHandle), Error> {
    let client = build(config)?;
    let task = client.connect();
    Ok((client, task))
}

fn build(config: &Config) -> Result<Client, Error> {
    let client = fred::types::Builder::from_config(settings(config)?)
        .with_performance_config(|p| {
            p.default_command_timeout = config.command_timeout.get();
            p.broadcast_channel_capacity = EVENTS;
        })
        .with_connection_config(connecting)
        .set_policy(reconnect())
        .build()
        .map_err(|e| Error::Settings(e.to_string()))?;
    drop(client.on_error(|(e, _)| async move {
        tracing::debug!(error = %e, "redis connection");
        Ok(())
    }));
    Ok(client)
}

/// Makes one client's connection anew, not more than once in [`RENEWED`]: what is asked for while one is made would tear down what was just
/// made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Renewal(Arc<Mutex<Option<Instant>>>);

impl Renewal {
    /// Closes the client's connection and makes a new one, in the background; one that is being made already is left alone.
    /// In a cluster it asks who serves which slots, and leaves the connections to masters that still are ones.
    pub(crate) fn of<C: ClientLike + 'static>(&self, client: &C) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !client.is_connected() || last.is_some_and(|at| at.elapsed() < RENEWED) {
            return;
        }
        *last = Some(Instant::now());
        let client = client.clone();
        tokio::spawn(async move { client.force_reconnection().await });
    }
}

/// For ever, 50 ms doubling to half a second: who has been away longest decides when all go on.
pub(crate) fn reconnect() -> ReconnectPolicy {
    ReconnectPolicy::new_exponential(0, 50, 500, 2)
}
