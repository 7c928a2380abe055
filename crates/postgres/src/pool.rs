//! The pool of one database, its migrations and its health watch.

use crate::{
    Config, Connection,
    config::NO_TIME,
    hosts::{self, Hosts},
    meters::Meters,
    ready::Ready,
    renewal::Renewal,
};
use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_config::Secret;
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use tokio_postgres::SimpleQueryMessage;

/// Name of the dependency in readiness.
pub const NAME: &str = "postgres";
/// Migrations of all replicas of all services queue behind this advisory lock.
const MIGRATION_LOCK: i64 = 0x5354_524d;
/// How often health is looked at while all is well; twice a second while it is away.
const WATCH: Duration = Duration::from_secs(5);

/// What can go wrong with the database as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings do not make a connection string.
    #[error("database settings: {0}")]
    Settings(String),
    /// No connection could be had in time.
    #[error("no database connection")]
    Acquire(#[source] Box<PoolError>),
    /// A statement failed.
    #[error("database statement failed")]
    Statement(#[from] tokio_postgres::Error),
    /// A migration failed.
    #[error("database migration failed")]
    Migration(#[source] Box<refinery::Error>),
    /// The server takes no writes: it is no primary (any more).
    #[error("the server takes no writes")]
    ReadOnly,
    /// The stop began before the database was there.
    #[error("stopped before the database was there")]
    Stopped,
}

impl Error {
    /// Whether the database is away (rather than the statement wrong): worth a retry, answered with 503.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Acquire(_) | Self::ReadOnly | Self::Stopped => true,
            Self::Statement(e) => e.is_closed() || e.code().is_none() || e.code().is_some_and(is_outage),
            Self::Settings(_) | Self::Migration(_) => false,
        }
    }
    /// Whether a unique constraint was violated, and which.
    pub fn unique_violation(&self) -> Option<&str> {
        match self {
            Self::Statement(e) => e
                .as_db_error()
                .filter(|d| *d.code() == tokio_postgres::error::SqlState::UNIQUE_VIOLATION)
                .and_then(|d| d.constraint()),
            _ => None,
        }
    }
}

/// SQLSTATE classes 57P (operator intervention), 08 (connection), 53 (resources); 57014: `statement_timeout` passed; 25006: the server takes
/// no writes, as one that is no primary (any more).
fn is_outage(state: &tokio_postgres::error::SqlState) -> bool {
    ["57P", "57014", "08", "53", "25006"].iter().any(|class| state.code().starts_with(class))
}

/// One database. Clones share the pool.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool,
    /// Its name.
    name: Arc<str>,
    readiness: Readiness,
    meters: Meters,
    renewal: Renewal,
    ready: Ready,
    /// See `silence_timeout` of [`Config`]. Not below `statement_timeout`: what a caller left under way is waited for, and no sign of a server that
    /// hangs.
    silence: Duration,
}

impl Database {
    /// Makes the pool; connects to nothing yet. Errors: unusable settings.
    pub fn new(config: &Config, readiness: &Readiness) -> Result<Self, Error> {
        let names = hosts::names(&config.host).map_err(Error::Settings)?;
        let pg = settings(config)?;
        let (renewal, ready) = (Renewal::new(), Ready::default());
        let hosts = Hosts::new(&names, &pg, config.acquire_timeout.get(), renewal.clone());
        let manager =
            Manager::from_connect(pg, hosts, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let wait = Some(config.acquire_timeout.get());
        let pool = Pool::builder(manager)
            .max_size(config.max_connections)
            .wait_timeout(wait)
            .create_timeout(wait)
            .recycle_timeout(wait)
            .post_create(ready.hook(config.acquire_timeout.get()))
            .pre_recycle(renewal.hook())
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| Error::Settings(e.to_string()))?;
        readiness.expect(NAME);
        let meters = Meters::of(readiness.service());
        meters.pool(&pool.status());
        let silence = config.silence_timeout.get().max(config.statement_timeout.get());
        let name = config.database.as_str().into();
        Ok(Self { pool, name, readiness: readiness.clone(), meters, renewal, ready, silence })
    }

    /// From now on each new connection has these statements prepared before it is given out, and those that there are give way to new ones. For what
    /// has to be quick the first time, too; once, when the migrations are done. Texts as they are prepared later.
    pub fn keep_ready(&self, statements: Vec<String>) {
        self.ready.keep(statements);
        self.renewal.renew(Instant::now());
    }

    /// A connection. Errors: none to be had in time.
    pub async fn get(&self) -> Result<Connection, Error> {
        let since = Instant::now();
        let got = self.pool.get().await;
        self.meters.waited(since.elapsed());
        let named = |object| Connection::pooled(object, self.name.clone());
        got.map(named).map_err(|e| {
            self.meters.failed(&e);
            self.readiness.set(NAME, Err(reason(&e)));
            Error::Acquire(Box::new(e))
        })
    }

    /// The same for who can come again: none after `patience`, which says nothing of the database. Errors: none to be had in time.
    pub async fn get_within(&self, patience: Duration) -> Result<Option<Connection>, Error> {
        match tokio::time::timeout(patience, self.get()).await {
            Ok(got) => got.map(Some),
            Err(_) => {
                self.meters.waited(patience);
                self.meters.timed_out();
                Ok(None)
            }
        }
    }

    /// Waits for the database as long as it takes, runs the migrations under an advisory lock on the same connection, then
    /// watches the database's health until the stop. A database that a newer version has migrated is taken as it is: in the middle of an
    /// upgrade, and on the way back from one, this version starts as well. Errors: the stop began first, or a migration failed.
    pub async fn start(
        &self,
        migrations: refinery::Runner,
        shutdown: &Shutdown,
        tasks: &Tasks,
    ) -> Result<(), Error> {
        loop {
            match self.get().await {
                Ok(mut connection) => {
                    migrate(&mut connection, migrations).await?;
                    break;
                }
                Err(e) => tracing::warn!(error = %reason_of(&e), "waiting for the database"),
            }
            tokio::select! {
                () = shutdown.started() => return Err(Error::Stopped),
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
            }
        }
        self.readiness.set(NAME, Ok(()));
        let (this, shutdown) = (self.clone(), shutdown.clone());
        tasks.spawn("postgres-watch", async move { this.watch(shutdown).await });
        Ok(())
    }

    async fn watch(&self, shutdown: Shutdown) {
        // Since when it is away.
        let mut away = None;
        loop {
            let pause = if self.readiness.is_ok(NAME) { WATCH } else { WATCH / 10 };
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let asked = Instant::now();
            let is_there = tokio::select! {
                () = shutdown.started() => return,
                is_there = self.look() => is_there,
            };
            if !is_there {
                away.get_or_insert(asked);
            } else if let Some(since) = away.take() {
                // Whoever waited on an older one for nothing put it back, and it looks as good as any.
                self.renewal.renew(since);
            }
        }
    }

    /// Whether a connection was to be had that answers and takes writes.
    async fn look(&self) -> bool {
        // Before it waits itself.
        self.meters.pool(&self.pool.status());
        let Ok(connection) = self.get().await else { return false };
        let state = self.probe(connection).await;
        let is_there = state.is_ok();
        self.readiness.set(NAME, state);
        is_there
    }

    /// Whether a connection answers in time and takes writes. One that does not is given up, and all that are as old with it.
    async fn probe(&self, connection: Connection) -> Result<(), String> {
        let asked = Instant::now();
        let why = match tokio::time::timeout(self.silence, takes_writes(&connection)).await {
            Ok(Ok(())) => return Ok(()),
            // It is closed, and looks it.
            Ok(Err(Error::Statement(e))) => return Err(hosts::reason(&e)),
            Ok(Err(e)) => e.to_string(),
            Err(_) => format!("no answer in {:?}", self.silence),
        };
        // Its place in the pool is for a new one.
        drop(Connection::take(connection));
        self.renewal.renew(asked);
        tracing::warn!(error = %why, "connections to the database are made anew");
        Err(why)
    }
}

/// What all connections of a service have in common, wherever they lead. Errors: unusable settings.
pub(crate) fn settings(config: &Config) -> Result<tokio_postgres::Config, Error> {
    let silence = config.silence_timeout.get();
    if silence.is_zero() {
        return Err(Error::Settings(NO_TIME.into()));
    }
    let password =
        Secret::from_value_or_file("password", config.password.as_ref(), config.password_file.as_deref())
            .map_err(Error::Settings)?;
    let mut pg = tokio_postgres::Config::new();
    pg.port(config.port).user(&config.user).dbname(&config.database);
    // The kernel asks a silent machine by itself, in whole seconds.
    let second = Duration::from_secs(1);
    pg.tcp_user_timeout(silence)
        .keepalives_idle((silence / 2).max(second))
        .keepalives_interval((silence / 4).max(second));
    pg.options(format!("-c statement_timeout={} -c timezone=UTC", config.statement_timeout.as_millis()));
    pg.application_name("streamly");
    if let Some(p) = password {
        pg.password(p.expose());
    }
    Ok(pg)
}

/// Asks a server whether it takes writes: for who keeps a connection out of the pool, which nobody else looks after. A lock on a server that takes
/// none any more is a lock on nothing, and what is read there is old.
///
/// # Errors
/// [`Error::ReadOnly`]: it takes none. [`Error::Statement`]: it did not answer.
pub async fn takes_writes(connection: &tokio_postgres::Client) -> Result<(), Error> {
    let answer = connection.simple_query("SHOW transaction_read_only").await?;
    if says_on(&answer) { Err(Error::ReadOnly) } else { Ok(()) }
}

/// Whether a row of an answer begins with "on".
fn says_on(answer: &[SimpleQueryMessage]) -> bool {
    answer.iter().any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("on")))
}

async fn migrate(connection: &mut Connection, runner: refinery::Runner) -> Result<(), Error> {
    connection.batch_execute("SET statement_timeout = 0").await?;
    connection.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    let done = bring_up(connection, runner).await;
    connection.execute("SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
    connection.batch_execute("RESET statement_timeout").await?;
    done
}

/// Applies what is missing; nothing where a newer version than this one has been: it only adds (docs/OPERATING.md, "Upgrading").
async fn bring_up(connection: &mut Connection, runner: refinery::Runner) -> Result<(), Error> {
    let own = runner.get_migrations().iter().map(|migration| migration.version()).max();
    let there = newest(connection).await?;
    if there > own {
        tracing::info!(?there, ?own, "a newer version has migrated the database");
        return Ok(());
    }
    let done = runner.run_async(&mut ***connection).await;
    done.map(|_| ()).map_err(|e| Error::Migration(Box::new(e)))
}

/// The newest migration that was applied; none to an empty database.
async fn newest(connection: &Connection) -> Result<Option<i32>, Error> {
    let has_any = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !connection.query_one(has_any, &[]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    Ok(connection.query_one("SELECT max(version) FROM refinery_schema_history", &[]).await?.get(0))
}

/// Why there is no connection.
pub(crate) fn reason(e: &PoolError) -> String {
    match e {
        PoolError::Backend(e) => hosts::reason(e),
        e => e.to_string(),
    }
}

fn reason_of(e: &Error) -> String {
    match e {
        Error::Acquire(e) => reason(e),
        e => e.to_string(),
    }
}
