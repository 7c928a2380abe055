//! The pool of one database, its migrations and its health watch.

use crate::{Config, meters::Meters};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use std::time::{Duration, Instant};
use streamly_config::Secret;
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use tokio_postgres::NoTls;

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
    /// The stop began before the database was there.
    #[error("stopped before the database was there")]
    Stopped,
}

impl Error {
    /// Whether the database is away (rather than the statement wrong): worth a retry, answered with 503.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Acquire(_) | Self::Stopped => true,
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

/// SQLSTATE classes 57P (operator intervention), 08 (connection), 53 (resources), and 57014: `statement_timeout` passed.
fn is_outage(state: &tokio_postgres::error::SqlState) -> bool {
    ["57P", "57014", "08", "53"].iter().any(|class| state.code().starts_with(class))
}

/// One database. Clones share the pool.
#[derive(Debug, Clone)]
pub struct Database {
    pool: Pool,
    readiness: Readiness,
    meters: Meters,
}

impl Database {
    /// Makes the pool; connects to nothing yet. Errors: unusable settings.
    pub fn new(config: &Config, readiness: &Readiness) -> Result<Self, Error> {
        let password =
            Secret::from_value_or_file("password", config.password.as_ref(), config.password_file.as_deref())
                .map_err(Error::Settings)?;
        let mut pg = tokio_postgres::Config::new();
        pg.host(&config.host)
            .port(config.port)
            .user(&config.user)
            .dbname(&config.database)
            .connect_timeout(config.acquire_timeout.get());
        pg.options(format!("-c statement_timeout={} -c timezone=UTC", config.statement_timeout.as_millis()));
        pg.application_name("streamly");
        if let Some(p) = password {
            pg.password(p.expose());
        }
        let manager =
            Manager::from_config(pg, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let wait = Some(config.acquire_timeout.get());
        let pool = Pool::builder(manager)
            .max_size(config.max_connections)
            .wait_timeout(wait)
            .create_timeout(wait)
            .recycle_timeout(wait)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| Error::Settings(e.to_string()))?;
        readiness.expect(NAME);
        let meters = Meters::of(readiness.service());
        meters.pool(&pool.status());
        Ok(Self { pool, readiness: readiness.clone(), meters })
    }

    /// A connection. Errors: none to be had in time.
    pub async fn get(&self) -> Result<Object, Error> {
        let since = Instant::now();
        let got = self.pool.get().await;
        self.meters.waited(since.elapsed());
        got.map_err(|e| {
            self.meters.failed(&e);
            self.readiness.set(NAME, Err(reason(&e)));
            Error::Acquire(Box::new(e))
        })
    }

    /// The same for who can come again: none after `patience`, which says nothing of the database. Errors: none to be had in time.
    pub async fn get_within(&self, patience: Duration) -> Result<Option<Object>, Error> {
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
    /// watches the database's health until the stop. Errors: the stop began first, or a migration failed.
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
        loop {
            let pause = if self.readiness.is_ok(NAME) { WATCH } else { WATCH / 10 };
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(pause) => {}
            }
            // Before it waits itself.
            self.meters.pool(&self.pool.status());
            if let Ok(connection) = self.get().await {
                let state = connection.simple_query("").await.map(|_| ()).map_err(|e| e.to_string());
                self.readiness.set(NAME, state);
            }
        }
    }
}

async fn migrate(connection: &mut Object, runner: refinery::Runner) -> Result<(), Error> {
    connection.batch_execute("SET statement_timeout = 0").await?;
    connection.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    let done = runner.run_async(&mut ***connection).await;
    connection.execute("SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
    connection.batch_execute("RESET statement_timeout").await?;
    done.map(|_| ()).map_err(|e| Error::Migration(Box::new(e)))
}

fn reason(e: &PoolError) -> String {
    match e {
        PoolError::Backend(e) => {
            std::error::Error::source(e).map_or_else(|| e.to_string(), |s| format!("{e}: {s}"))
        }
        e => e.to_string(),
    }
}

fn reason_of(e: &Error) -> String {
    match e {
        Error::Acquire(e) => reason(e),
        e => e.to_string(),
    }
}
