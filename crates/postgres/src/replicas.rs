//! Standbys for reads of what may be a little old: each has a pool of its own, and is used while it has replayed what the primary had written a
//! moment ago.
//!
//! No clock of theirs is asked, nor whether they say that they are connected: the primary's place in its log is noted each second, and a standby
//! is close while it has come as far as what was noted within the last `lag`. One that lost its primary, or replays no more, falls behind and is
//! passed over. While the primary says nothing the last note counts, since then little or nothing is written; for a minute, since it may be this
//! process alone that does not hear it. It is asked on each connection that is given out, so that a name may lead to several standbys. One that
//! gives no connection makes one reader wait, who then asks the primary; a reader whose standby failed later says so ([`Replicas::leave`]).

use crate::{
    Config, Connection, Database, Error, hosts,
    pool::{reason, settings},
};
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
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_postgres::NoTls;

/// From one look to the next.
const LOOK: Duration = Duration::from_secs(1);
/// A server that says nothing for so long is passed over. Not longer than a look: one that hangs would make looks so rare that all others had to be
/// at the primary's heels.
const ANSWER: Duration = LOOK;
/// So long what was noted last counts while the primary says nothing.
const SILENT: Duration = Duration::from_secs(60);
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
    /// How far one must have come, as of the last look; none: nothing is known of the primary (any more).
    wanted: Mutex<Option<Arc<str>>>,
    /// The database's name.
    name: Arc<str>,
}

#[derive(Debug)]
struct Standby {
    host: String,
    pool: Pool,
    is_close: AtomicBool,
    /// What the last look found: whether it is close, or why it did not say so.
    found: Mutex<Option<Result<bool, String>>>,
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
            let (is_close, found) = (AtomicBool::new(false), Mutex::default());
            Ok(Standby { host: (*name).to_owned(), pool, is_close, found })
        };
        let each = names.iter().map(standby).collect::<Result<Vec<_>, Error>>()?;
        let name = config.database.as_str().into();
        Ok(Self(Arc::new(Standbys { each, turn: AtomicUsize::new(0), lag, wanted: Mutex::default(), name })))
    }

    /// A connection to a standby that is close, of those that were so at the last look the next one; none: there is none, or it gave none within
    /// `patience`. One that gave none is not used before the next look.
    pub async fn get(&self, patience: Duration) -> Option<Connection> {
        let this = &self.0;
        let (turn, count) = (this.turn.fetch_add(1, Relaxed) % this.each.len(), this.each.len());
        let mut all = (0..count).map(|step| &this.each[(turn + step) % count]);
        let standby = all.find(|standby| standby.is_close.load(Relaxed))?;
        let wanted = this.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let asked = async {
            let connection = Connection::pooled(standby.pool.get().await.ok()?, this.name.clone());
            let is_close = has_replayed(&connection, &wanted).await.ok()?;
            Some(is_close.then_some(connection))
        };
        let answer = timeout(patience, asked).await.ok().flatten();
        if answer.is_none() {
            standby.is_close.store(false, Relaxed);
        }
        answer.flatten()
    }

    /// One of them failed a reader: none is used before the next look.
    pub fn leave(&self) {
        self.0.each.iter().for_each(|standby| standby.is_close.store(false, Relaxed));
    }

    /// Looks each second which ones are close to that primary, until the stop.
    pub async fn watch(self, primary: Database, shutdown: Shutdown) {
        let mut written = Written { lag: self.0.lag, noted: VecDeque::new() };
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                _ = looks.tick() => {}
            }
            tokio::select! {
                () = shutdown.started() => return,
                () = self.0.look(&primary, &mut written) => {}
            }
        }
    }
}

impl Standbys {
    /// Asks all at once, standbys for what was noted before: none has to be waited for by another.
    async fn look(&self, primary: &Database, written: &mut Written) {
        let since = Instant::now();
        let wanted: Option<Arc<str>> = written.wanted(since).map(Arc::from);
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&wanted);
        let standbys = async {
            match &wanted {
                Some(wanted) => {
                    join_all(self.each.iter().map(|standby| standby.look(wanted, &self.name))).await;
                }
                None => self.each.iter().for_each(|standby| standby.is_close.store(false, Relaxed)),
            }
        };
        let asked = async {
            let connection = primary.get_within(ANSWER).await.ok()??;
            connection.query_one(WRITTEN, &[]).await.ok()?.try_get::<_, String>(0).ok()
        };
        let (place, ()) = tokio::join!(timeout(ANSWER, asked), standbys);
        if let Ok(Some(place)) = place {
            // It may have come further until it answered.
            written.note(place, since);
        }
    }
}

impl Standby {
    async fn look(&self, wanted: &str, database: &Arc<str>) {
        let asked = async {
            let pooled = self.pool.get().await.map_err(|e| reason(&e))?;
            let connection = Connection::pooled(pooled, database.clone());
            has_replayed(&connection, wanted).await.map_err(|e| hosts::reason(&e))
        };
        let answer = match timeout(ANSWER, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer in {ANSWER:?}")),
        };
        if answer.is_err() {
            // What is kept leads to a server that says nothing.
            drop(self.pool.retain(|_, _| false));
        }
        self.is_close.store(answer == Ok(true), Relaxed);
        let before = self.found.lock().unwrap_or_else(PoisonError::into_inner).replace(answer.clone());
        if before.as_ref() == Some(&answer) {
            return;
        }
        let host = self.host.as_str();
        match answer {
            Ok(true) => tracing::info!(host, "a standby is close behind: it is read from"),
            Ok(false) => tracing::info!(host, "a standby is too far behind, or is none: the primary is read"),
            Err(error) => tracing::warn!(host, %error, "a standby gives no answer: the primary is read"),
        }
    }
}

/// Whether the server has come as far as that place. Errors: it does not say so.
async fn has_replayed(connection: &Connection, place: &str) -> Result<bool, tokio_postgres::Error> {
    let statement = connection.prepare_cached(REPLAYED).await?;
    connection.query_one(&statement, &[&place]).await?.try_get(0)
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

    /// How far a standby must have come: to the first place that was noted within the lag; if none was, to the last one, unless that is too long ago.
    fn wanted(&mut self, now: Instant) -> Option<&str> {
        let is_old = |(noted, _): &(Instant, String)| now.saturating_duration_since(*noted) > self.lag;
        while self.noted.len() > 1 && self.noted.front().is_some_and(is_old) {
            self.noted.pop_front();
        }
        let (noted, place) = self.noted.front()?;
        (now.saturating_duration_since(*noted) <= self.lag.max(SILENT)).then_some(place.as_str())
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
        assert_eq!(written.wanted(start + 64 * second), None, "it may have written for a minute");
        written.note("0/9".into(), start + 65 * second);
        assert_eq!(written.wanted(start + 65 * second), Some("0/9"));
    }

    #[tokio::test]
    async fn before_the_first_look_there_is_none_and_names_have_to_be_some() {
        let replicas = Replicas::new(&Config::default(), "/nonexistent/a, /nonexistent/b", LOOK).unwrap();
        assert_eq!(replicas.0.each.len(), 2);
        assert!(replicas.get(LOOK).await.is_none());
        assert!(matches!(Replicas::new(&Config::default(), "a,,b", LOOK), Err(Error::Settings(_))));
    }
}
