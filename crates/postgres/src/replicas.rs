//! Standbys for reads of what may be a little old: each has a pool of its own, and is used while it has replayed what the primary had written a
//! moment ago.
//!
//! No clock of theirs is asked, nor whether they say that they are connected: the primary's place in its log is noted each second, and a standby
//! is close while it has come as far as what was noted within the last `lag`. One that lost its primary, or replays no more, falls behind and is
//! passed over. While the primary is away the last note counts, since nothing is written meanwhile. It is asked on each connection that is given
//! out, so that a name may lead to several standbys. Nobody is made to wait here: who gets no connection asks the primary, and a reader whose
//! standby failed says so ([`Replicas::leave`]).

use crate::{Config, Connection, Database, Error, hosts, pool::settings};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use futures_util::future::join_all;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use streamly_lifecycle::Shutdown;
use tokio_postgres::NoTls;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// A server that says nothing for so long is passed over.
const ANSWER: Duration = Duration::from_secs(2);
/// Where the primary is in its log. Fails on a server that is none.
const WRITTEN: &str = "SELECT pg_current_wal_lsn()::text";
/// Whether a server is a standby, and has come as far as a place.
const REPLAYED: &str =
    "SELECT coalesce(pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)";

/// See the module's head. Clones are the same.
#[derive(Debug, Clone)]
pub struct Replicas(Arc<Standbys>);

#[derive(Debug)]
struct Standbys {
    /// Never empty.
    each: Vec<Standby>,
    /// Whose turn it is.
    turn: AtomicUsize,
    lag: Duration,
    /// How far one must have come, as of the last look; none before the first.
    wanted: Mutex<Option<Arc<str>>>,
    /// The database's name.
    name: Arc<str>,
}

#[derive(Debug)]
struct Standby {
    host: String,
    pool: Pool,
    is_close: AtomicBool,
}

impl Replicas {
    /// Makes the pools, of as many connections each as the primary's; connects to nothing, and knows of none yet that it is close. `hosts`: names
    /// as in `host` of `config`, which says the rest. `lag`: at least twice the second between two looks, or a standby has to be at the primary's heels. Errors: unusable settings.
    pub fn new(config: &Config, hosts: &str, lag: Duration) -> Result<Self, Error> {
        let names = hosts::names(hosts).map_err(Error::Settings)?;
        let (all, wait) = (settings(config)?, config.acquire_timeout.get());
        let standby = |name: &&str| -> Result<Standby, Error> {
            let mut pg = all.clone();
            pg.host(*name).connect_timeout(wait);
            let fast = ManagerConfig { recycling_method: RecyclingMethod::Fast };
            let pool = Pool::builder(Manager::from_config(pg, NoTls, fast))
                .max_size(config.max_connections)
                .wait_timeout(Some(wait))
                .create_timeout(Some(wait))
                .recycle_timeout(Some(wait))
                .runtime(Runtime::Tokio1)
                .build()
                .map_err(|e| Error::Settings(e.to_string()))?;
            Ok(Standby { host: (*name).to_owned(), pool, is_close: AtomicBool::new(false) })
        };
        let each = names.iter().map(standby).collect::<Result<Vec<_>, Error>>()?;
        let name = config.database.as_str().into();
        Ok(Self(Arc::new(Standbys { each, turn: AtomicUsize::new(0), lag, wanted: Mutex::default(), name })))
    }

    /// A connection to a standby that is close, of those that were so at the last look the next one; none: there is none, or it gave none within
    /// `patience`.
    pub async fn get(&self, patience: Duration) -> Option<Connection> {
        let this = &self.0;
        let (turn, count) = (this.turn.fetch_add(1, Relaxed) % this.each.len(), this.each.len());
        let mut all = (0..count).map(|step| &this.each[(turn + step) % count]);
        let standby = all.find(|standby| standby.is_close.load(Relaxed))?;
        let wanted = this.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let asked = async {
            let connection = Connection::pooled(standby.pool.get().await.ok()?, this.name.clone());
            let is_close = has_replayed(&connection, &wanted).await?;
            is_close.then_some(connection)
        };
        tokio::time::timeout(patience, asked).await.ok().flatten()
    }

    /// One of them failed a reader: none is used before the next look.
    pub fn leave(&self) {
        self.0.each.iter().for_each(|standby| standby.is_close.store(false, Relaxed));
    }

    /// Looks each second which ones are close to that primary, until the stop.
    pub async fn watch(self, primary: Database, shutdown: Shutdown) {
        let mut written = Written { lag: self.0.lag, noted: VecDeque::new() };
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = self.0.look(&primary, &mut written) => {}
            }
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}

impl Standbys {
    async fn look(&self, primary: &Database, written: &mut Written) {
        let asked = async {
            let connection = primary.get_within(ANSWER).await.ok()??;
            connection.query_one(WRITTEN, &[]).await.ok()?.try_get::<_, String>(0).ok()
        };
        // It may have come further until it answers.
        let since = Instant::now();
        if let Ok(Some(place)) = tokio::time::timeout(ANSWER, asked).await {
            written.note(place, since);
        }
        let Some(wanted) = written.wanted(Instant::now()) else { return };
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(wanted.into());
        join_all(self.each.iter().map(|standby| standby.look(wanted, &self.name))).await;
    }
}

impl Standby {
    async fn look(&self, wanted: &str, database: &Arc<str>) {
        let asked = async {
            let connection = Connection::pooled(self.pool.get().await.ok()?, database.clone());
            has_replayed(&connection, wanted).await
        };
        let answer = tokio::time::timeout(ANSWER, asked).await.unwrap_or_default();
        if answer.is_none() {
            // What is kept leads to a server that says nothing.
            drop(self.pool.retain(|_, _| false));
        }
        let is_close = answer.unwrap_or_default();
        if self.is_close.swap(is_close, Relaxed) != is_close {
            tracing::info!(host = %self.host, is_close, "a standby that is read from");
        }
    }
}

/// Whether the server has come as far as that place; none: it does not say so.
async fn has_replayed(connection: &Connection, place: &str) -> Option<bool> {
    let statement = connection.prepare_cached(REPLAYED).await.ok()?;
    connection.query_one(&statement, &[&place]).await.ok()?.try_get(0).ok()
}

/// Where the primary was in its log lately.
#[derive(Debug)]
struct Written {
    lag: Duration,
    /// When it was known, and the place; in order.
    noted: VecDeque<(Instant, String)>,
}

impl Written {
    fn note(&mut self, place: String, now: Instant) {
        self.noted.push_back((now, place));
    }

    /// How far a standby must have come: to the first place that was noted within the lag; if none was, to the last one.
    fn wanted(&mut self, now: Instant) -> Option<&str> {
        let is_old = |(noted, _): &(Instant, String)| now.saturating_duration_since(*noted) > self.lag;
        while self.noted.len() > 1 && self.noted.front().is_some_and(is_old) {
            self.noted.pop_front();
        }
        self.noted.front().map(|(_, place)| place.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_needs_what_was_there_within_the_lag_and_what_was_last_known_of_a_primary_that_is_away() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut written = Written { lag: 2 * second, noted: VecDeque::new() };
        assert_eq!(written.wanted(start), None, "nothing is known");
        for n in 0..4 {
            written.note(format!("0/{n}"), start + n * second);
        }
        assert_eq!(written.wanted(start + 3 * second), Some("0/1"));
        assert_eq!(written.wanted(start + 4 * second), Some("0/2"));
        assert_eq!(written.wanted(start + 60 * second), Some("0/3"), "the last one");
        assert_eq!(written.noted.len(), 1, "what is over is forgotten");
        written.note("0/9".into(), start + 61 * second);
        assert_eq!(written.wanted(start + 61 * second), Some("0/9"));
    }

    #[tokio::test]
    async fn before_the_first_look_there_is_none_and_names_have_to_be_some() {
        let replicas = Replicas::new(&Config::default(), "/nonexistent/a, /nonexistent/b", LOOK).unwrap();
        assert_eq!(replicas.0.each.len(), 2);
        assert!(replicas.get(LOOK).await.is_none());
        assert!(matches!(Replicas::new(&Config::default(), "a,,b", LOOK), Err(Error::Settings(_))));
    }
}
