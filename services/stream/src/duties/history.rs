//! The duty of keeping what broadcasts were: looks at their health every few seconds, and stores each minute once it has settled.
//!
//! What cannot be read or stored now is stored at a later round. A minute is added to a broadcast's sums once, whoever leads; the samples of
//! a leader that is gone are not, and its minute has those of the next one.

use crate::{
    app::App,
    bus::{self, counts},
    error::Error,
    history::{Uncounted, tally::Tallies},
    store::{broadcasts, history, history::Row},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;
use std::{collections::HashSet, time::Duration};
use streamly_domain::{BroadcastId, StreamState};
use time::OffsetDateTime;
use tokio::time::MissedTickBehavior;

/// How often health is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How often it is asked what is due.
const ROUND: Duration = Duration::from_secs(5);
/// Broadcasts of one statement, and most statements of one round.
const BATCH: i64 = 500;
const BATCHES: usize = 20;
/// Broadcasts that Redis is asked about at once.
const AT_ONCE: usize = 64;

/// For as long as it is polled.
pub(super) async fn run(app: &App, tallies: &Mutex<Tallies>) {
    let (mut looks, mut rounds) = (tokio::time::interval(LOOK), tokio::time::interval(ROUND));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (what, done) = tokio::select! {
            _ = looks.tick() => ("looked at", look(app, tallies).await),
            _ = rounds.tick() => ("stored", store(app, tallies).await),
        };
        if let Err(e) = done {
            tracing::warn!(error = ?e, what, "what broadcasts are like was not {what}");
        }
    }
}

async fn look(app: &App, tallies: &Mutex<Tallies>) -> Result<(), Error> {
    let open = broadcasts::watched(&app.connection().await?).await?;
    let live = open.into_iter().filter(|b| b.state == StreamState::Live);
    let health = stream::iter(live).map(|b| async move {
        let seen = bus::health(&app.redis, b.channel).await?;
        Ok::<_, Error>((b.id, seen))
    });
    let health: Vec<_> = health.buffer_unordered(AT_ONCE).try_collect().await?;
    let now_s = OffsetDateTime::now_utc().unix_timestamp();
    let mut tallies = tallies.lock();
    for (id, seen) in health {
        if let Some(seen) = seen {
            tallies.health(id, now_s, &seen);
        }
    }
    Ok(())
}

/// Stores what is due, the oldest minute of each broadcast first.
async fn store(app: &App, tallies: &Mutex<Tallies>) -> Result<(), Error> {
    let mut wanted = HashSet::new();
    let mut after = BroadcastId(uuid::Uuid::nil());
    for _ in 0..BATCHES {
        let all = history::uncounted(&app.connection().await?, after, BATCH).await?;
        let Some(last) = all.last() else { break };
        after = last.id;
        wanted.extend(all.iter().map(|b| b.id));
        let is_last = all.len() < BATCH as usize;
        store_batch(app, tallies, all).await?;
        if is_last {
            // All were seen.
            tallies.lock().retain(&wanted);
            break;
        }
    }
    Ok(())
}

async fn store_batch(app: &App, tallies: &Mutex<Tallies>, mut all: Vec<Uncounted>) -> Result<(), Error> {
    while !all.is_empty() {
        let now = OffsetDateTime::now_utc();
        let rows = stream::iter(all.clone()).map(|b| due(app, tallies, b, now));
        let rows: Vec<Option<Row>> = rows.buffered(AT_ONCE).try_collect().await?;
        let rows: Vec<Row> = rows.into_iter().flatten().collect();
        let done: Vec<_> = all.iter().filter(|b| b.is_done(now)).map(|b| b.id).collect();
        if rows.is_empty() && done.is_empty() {
            return Ok(());
        }
        let db = app.connection().await?;
        history::add(&db, &rows).await?;
        history::done(&db, &done).await?;
        history::thin(&db, app.config.broadcast_points).await?;
        drop(db);
        let mut tallies = tallies.lock();
        for row in &rows {
            tallies.stored(row.broadcast, row.minute);
        }
        // Who has had a minute may have another one that is due.
        all.retain(|b| !done.contains(&b.id));
        all.retain_mut(|b| match rows.iter().find(|row| row.broadcast == b.id) {
            Some(row) => {
                b.counted = Some(row.minute);
                true
            }
            None => false,
        });
    }
    Ok(())
}

async fn due(
    app: &App,
    tallies: &Mutex<Tallies>,
    b: Uncounted,
    now: OffsetDateTime,
) -> Result<Option<Row>, Error> {
    let Some(due) = b.due(now) else { return Ok(None) };
    let buckets = b.buckets(due.minute, counts::MESSAGES_S);
    let (messages, sessions) = tokio::try_join!(
        counts::messages(&app.redis, b.channel, buckets),
        counts::sessions(&app.redis, b.id),
    )?;
    let seen = tallies.lock().of(b.id, due.minute);
    Ok(Some(Row { broadcast: b.id, minute: due.minute, seconds: due.seconds, seen, messages, sessions }))
}
