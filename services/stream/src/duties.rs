//! What exactly one replica does at a time, elected by an advisory lock: relays the outbox, reaps leases, counts viewers, keeps what
//! broadcasts were, hears of suspensions, forgets what is too old, tells followers.
//!
//! The lock lives as long as its connection. Whoever gets it first waits a whole lease TTL before reaping, so that nodes which could
//! not reach this service are not punished for it.

mod history;
mod pace;
mod tidy;
mod viewers;

use crate::{
    app::App,
    bus, channel,
    error::Error,
    history::tally::Tallies,
    lease::{self, Open, Reap},
    lease_stream, notices, retention,
    store::{broadcasts, broadcasts::Broadcast, outbox},
    suspension, waiting,
};
use pace::rest;
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use time::OffsetDateTime;
use tokio::time::Instant;

/// Advisory lock of these duties in the service's database.
const LOCK: i64 = 0x5354_5245_414d;
/// How often a replica tries to get the lock, and its holder proves that the connection lives.
const ELECTION: Duration = Duration::from_secs(1);
/// Longest wait for that proof: a path that swallows what is sent would otherwise leave two who believe that they lead, for as long as TCP tries.
const PROOF: Duration = Duration::from_secs(3);
/// Longest time a fact waits, when the commit was another replica's.
const RELAY: Duration = Duration::from_millis(100);
/// Facts relayed at a time.
const BATCH: i64 = 100;
/// How often leases are looked at, and the longest rest between two looks where many are live.
const REAP: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(2);

/// Until the stop. A replica that never led counts from zero all the same.
pub async fn run(app: Arc<App>) {
    let stop = app.shutdown.clone();
    metrics::counter!("streamly_stream_leases_lost_total").increment(0);
    let work = async {
        // Whoever leads says how many wait; who does not any more would say it for ever.
        let waiting = metrics::gauge!("streamly_stream_outbox_waiting");
        waiting.set(0.0);
        loop {
            if let Err(e) = Box::pin(lead(&app)).await {
                tracing::warn!(error = ?e, "the duties of the leader were given up");
            }
            waiting.set(0.0);
            tokio::time::sleep(ELECTION).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.started() => {}
    }
}

async fn lead(app: &App) -> Result<(), Error> {
    let db = app.db.get().await?;
    let won: bool = db.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?.get(0);
    if !won {
        return Ok(());
    }
    // Taken out of the pool: the lock ends with the connection, whatever ends this future.
    let db = streamly_postgres::Connection::take(db);
    tracing::info!("this replica leads");
    let tallies = Mutex::new(Tallies::default());
    let alive = async {
        loop {
            tokio::time::sleep(ELECTION).await;
            // On a server that takes no writes any more the lock keeps nobody away: others get it from the one that does.
            match tokio::time::timeout(PROOF, streamly_postgres::takes_writes(&db)).await {
                Ok(Ok(())) => {}
                Ok(Err(e)) => return Err::<(), Error>(e.into()),
                Err(_) => return Err(Error::Busy),
            }
        }
    };
    tokio::select! {
        done = alive => done,
        () = relay(app) => Ok(()),
        () = reaper(app) => Ok(()),
        () = viewers::count(app, &tallies) => Ok(()),
        () = history::run(app, &tallies) => Ok(()),
        () = suspension::follow(app) => Ok(()),
        () = retention::run(app) => Ok(()),
        () = tidy::run(app) => Ok(()),
        () = notices::run(app) => Ok(()),
    }
}

async fn relay(app: &App) {
    loop {
        match relay_batch(app).await {
            Ok(full) if full => continue,
            Ok(_) => {}
            Err(e) => {
                tracing::warn!(error = ?e, "facts wait in the outbox");
                tokio::time::sleep(RELAY * 5).await;
            }
        }
        tokio::select! {
            () = app.committed.notified() => {}
            () = tokio::time::sleep(RELAY) => {}
        }
    }
}

/// Whether there may be more. A fact may be sent twice, never not at all: readers go by its id.
async fn relay_batch(app: &App) -> Result<bool, Error> {
    let db = app.db.get().await?;
    let facts = outbox::oldest(&db, BATCH).await?;
    metrics::gauge!("streamly_stream_outbox_waiting").set(facts.len() as f64);
    let mut done = Vec::with_capacity(facts.len());
    let mut failed = None;
    for f in &facts {
        match bus::append(&app.redis, bus::EVENTS, f.id, &f.kind, f.subject, f.occurred_at, &f.payload).await
        {
            Ok(()) => done.push(f.seq),
            Err(e) => {
                failed = Some(e);
                break;
            }
        }
    }
    if !done.is_empty() {
        outbox::relayed(&db, &done).await?;
    }
    failed.map_or(Ok(done.len() == BATCH as usize), Err)
}

async fn reaper(app: &App) {
    let mut watching = OffsetDateTime::now_utc();
    // Entries of the index last a TTL: a quarter of it is often enough, and leaves room for a slow round.
    let pace = app.config.lease_ttl.get() / 4;
    let mut written: Option<Instant> = None;
    loop {
        let began = Instant::now();
        let write = written.is_none_or(|at| at.elapsed() >= pace);
        if write {
            written = Some(began);
        }
        let pause = match reap_all(app, watching, write).await {
            Ok(()) => rest(began.elapsed(), REAP, LONGEST_REST.min(pace)),
            Err(e) => {
                // Whoever cannot see heartbeats reaps nothing, and gives everyone a whole TTL afterwards.
                watching = OffsetDateTime::now_utc();
                tracing::warn!(error = ?e, "leases cannot be looked at");
                REAP
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// `write`: also keep in the live index what nobody reports any more.
async fn reap_all(app: &App, watching: OffsetDateTime, write: bool) -> Result<(), Error> {
    let all = broadcasts::watched(&app.connection().await?).await?;
    let ids: Vec<_> = all.iter().map(|b| b.id).collect();
    let heard = bus::last_heartbeats(&app.redis, &ids).await?;
    let ttl = app.config.lease_ttl.get();
    let mut unreported = Vec::new();
    for (b, heard) in all.iter().zip(heard) {
        let renewed = |admitted: OffsetDateTime| heard.map_or(admitted, |at| at.max(admitted));
        let judge = |state, admitted, grace_until| {
            let open = Open { state, renewed: renewed(admitted), grace_until };
            lease::reap(OffsetDateTime::now_utc(), watching, ttl, &open)
        };
        // Judged again under the lock: its publisher may be back since.
        let same = |open: &Broadcast, reap| {
            open.id == b.id
                && open.epoch == b.epoch
                && judge(open.state, open.admitted_at, open.grace_until) == reap
        };
        match judge(b.state, b.admitted_at, b.grace_until) {
            Reap::Keep if write && OffsetDateTime::now_utc() - renewed(b.admitted_at) > ttl / 2 => {
                unreported.push(b.id.0);
            }
            Reap::Keep => {}
            Reap::Lost => {
                let mut node = String::new();
                let is_lost = |open: &Broadcast| {
                    node.clone_from(&open.node_id);
                    same(open, Reap::Lost)
                };
                if lease_stream::lost_if(app, b.channel, Duration::ZERO, is_lost).await? {
                    metrics::counter!("streamly_stream_leases_lost_total").increment(1);
                    tracing::info!(broadcast = %b.id, node, "its node is gone");
                }
            }
            Reap::End => {
                channel::end_if(app, b.channel, "expired", true, |open| same(open, Reap::End)).await?;
            }
        }
    }
    if unreported.is_empty() {
        return Ok(());
    }
    let open = broadcasts::by_ids(&app.connection().await?, &unreported).await?;
    let open: Vec<_> = open.into_iter().filter(|b| b.ended_how.is_none()).collect();
    waiting::write(app, &open).await
}
