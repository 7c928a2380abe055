//! Keeps the chat of broadcasts in PostgreSQL, in batches, for replay in step with a recording.
//!
//! The source is the room's log in Redis, read on from the last event that was written, so nothing is lost with a node: the next one
//! goes on there. Any node may write; the row of a recording is its lock. Deleted text leaves the record as it leaves the log; answers are kept
//! without what they quote, which is taken from the record itself. An outage of
//! either store is waited out; what the log no longer has by then (`limits.keep_count`, `limits.keep_age`) is missing.

pub use crate::store::record::Gone;
use crate::{
    bus::{Entry, Kind, Log},
    config::Recording as Settings,
    log_id::LogId,
    store::record::{self as store, Recording},
};
use std::time::Duration;
use streamly_domain::{BroadcastId, ChannelId, UserId};
use streamly_lifecycle::Shutdown;
use streamly_postgres::Database;
use time::OffsetDateTime;

/// Events of one batch.
const BATCH: usize = 500;
/// Recordings looked at together.
const TOGETHER: i64 = 1_000;
/// How long after a broadcast's end its log is looked at: a message may be on its way, or be deleted.
const TAIL: time::Duration = time::Duration::seconds(60);
/// Rounds between two looks for what is too old.
const EXPIRE_EVERY: u32 = 60;
/// Events removed by one statement.
const EXPIRE_BATCH: i64 = 2_000;
/// Between two such statements.
const EXPIRE_PAUSE: Duration = Duration::from_millis(100);

/// What can go wrong with a round.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL.
    #[error("the record could not be written")]
    Store(#[from] streamly_postgres::Error),
    /// Redis.
    #[error("the log could not be read")]
    Log(#[from] streamly_redis::Error),
}

/// The writer. Clones share what it works with.
#[derive(Clone)]
pub struct Record {
    db: Database,
    log: Log,
    settings: Settings,
}

impl Record {
    /// Writes nothing until told of a broadcast.
    pub fn new(db: Database, log: Log, settings: Settings) -> Self {
        Self { db, log, settings }
    }

    /// A broadcast began at that time, Unix milliseconds. Told again, by whichever node, it is the same.
    pub async fn begin(&self, room: ChannelId, broadcast: BroadcastId, at_ms: u64) -> Result<(), Error> {
        if !self.settings.enabled {
            return Ok(());
        }
        Ok(store::begin(&self.db, broadcast, room, instant(at_ms), LogId::at(at_ms)).await?)
    }

    /// It ended at that time.
    pub async fn end(&self, broadcast: BroadcastId, at_ms: u64) -> Result<(), Error> {
        Ok(store::end(&self.db, broadcast, instant(at_ms)).await?)
    }

    /// Something is gone from a room: of its recordings, too. What is not recorded yet leaves with the log's own event.
    pub async fn forget(&self, room: ChannelId, gone: Gone) -> Result<(), Error> {
        let connection = self.db.get().await?;
        store::forget(&connection, room, gone).await?;
        Ok(())
    }

    /// Whose message it is, if a recording has it.
    pub async fn author_of(&self, room: ChannelId, message: LogId) -> Result<Option<UserId>, Error> {
        Ok(store::author_of(&self.db, room, message).await?)
    }

    /// Writes until the stop.
    pub async fn run(self, shutdown: Shutdown) {
        let mut round = 0u32;
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(self.settings.interval.get()) => {}
            }
            if let Err(e) = self.round().await {
                tracing::debug!(error = ?e, "the record of chats waits");
            }
            round = round.wrapping_add(1);
            if round.is_multiple_of(EXPIRE_EVERY)
                && let Err(e) = self.expire().await
            {
                tracing::debug!(error = ?e, "old records stay for now");
            }
        }
    }

    /// Everything that is open, once. A room that says nothing costs a part of two questions about many.
    /// Errors: a store is away; a log that cannot be read now holds up no other.
    async fn round(&self) -> Result<(), Error> {
        let (mut after, mut waits) = (None, None);
        loop {
            let open = store::open(&self.db, after, TOGETHER).await?;
            let Some(end) = open.last() else { return waits.map_or(Ok(()), Err) };
            after = Some(end.broadcast);
            let lasts = self.log.lasts(open.iter().map(|r| r.room)).await?;
            for (recording, last) in open.into_iter().zip(lasts) {
                if last <= recording.last && !is_over(&recording, OffsetDateTime::now_utc()) {
                    continue;
                }
                match self.read_on(recording).await {
                    Err(Error::Log(e)) => waits = Some(Error::Log(e)),
                    done => done?,
                }
            }
        }
    }

    async fn read_on(&self, mut seen: Recording) -> Result<(), Error> {
        while let Some(further) = self.batch(&seen).await? {
            seen = further;
        }
        Ok(())
    }

    /// One batch of one recording, and how it is then if there may be more at once.
    async fn batch(&self, seen: &Recording) -> Result<Option<Recording>, Error> {
        let now = OffsetDateTime::now_utc();
        // No connection is held while Redis is asked.
        let entries = self.log.after(seen.room, seen.last, BATCH).await?;
        let mut connection = self.db.get().await?;
        let transaction = connection.transaction().await.map_err(streamly_postgres::Error::from)?;
        let recording = store::take(&transaction, seen.broadcast).await?.filter(|r| r.last == seen.last);
        // Another node is at it, or was meanwhile.
        let Some(mut recording) = recording else { return Ok(None) };
        let full = entries.len() == BATCH;
        let done = !full && is_over(&recording, now);
        let last = entries.last().map_or(recording.last, |e| e.id);
        if last != recording.last || done {
            let (keep, gone) = sort(&recording, &entries);
            store::add(&transaction, &recording, &keep).await?;
            for gone in gone {
                store::forget(&transaction, recording.room, gone).await?;
            }
            store::advance(&transaction, &recording, last, done).await?;
            metrics::counter!("streamly_chat_recorded_total").increment(keep.len() as u64);
        }
        transaction.commit().await.map_err(streamly_postgres::Error::from)?;
        recording.last = last;
        Ok(full.then_some(recording))
    }

    async fn expire(&self) -> Result<(), Error> {
        while store::expire(&self.db, self.settings.keep.get(), EXPIRE_BATCH).await? > 0 {
            tokio::time::sleep(EXPIRE_PAUSE).await;
        }
        Ok(())
    }
}

/// Nothing of it is on its way any more.
fn is_over(recording: &Recording, now: OffsetDateTime) -> bool {
    recording.ended.is_some_and(|end| now > end + TAIL)
}

/// Events that are kept, and what they take out of what was kept before.
fn sort<'a>(recording: &Recording, entries: &'a [Entry]) -> (Vec<&'a Entry>, Vec<Gone>) {
    let end_ms = recording.ended.map(|e| (e.unix_timestamp_nanos() / 1_000_000) as u64);
    let (mut keep, mut gone) = (Vec::new(), Vec::new());
    for e in entries {
        match e.kind {
            Kind::Deleted => gone.extend(e.target().map(Gone::Message)),
            Kind::Cleared => gone.push(e.author.map_or(Gone::All(e.id), |user| Gone::Of(user, e.id))),
            Kind::Settings | Kind::Pinned => {}
            _ if end_ms.is_none_or(|end| e.id.ms() <= end) => keep.push(e),
            _ => {}
        }
    }
    (keep, gone)
}

fn instant(at_ms: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
