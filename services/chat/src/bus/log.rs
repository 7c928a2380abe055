//! The log of a room: a Redis Stream that only scripts write. Each assigns the id, appends and publishes in one step.
//!
//! Ids only grow: an id is after the log's last, after what the writing node has seen (its floor), and never before the server's clock.
//! A write that failed, timed out or met a log that is being put together again is tried again under the same nonce, within the
//! patience: a time-out does not tell whether a script ran, and a repeat gets the first run's id.

use super::{
    Floor, Kind,
    scripts::{Answer, Scripts, Terms, key, text},
    tally::Tally,
    together::Together,
    traced::{published, publishing},
};
use crate::log_id::LogId;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use streamly_domain::{ChannelId, UserId};
use streamly_redis::{Error, Redis, Replicas};

/// Pause before a write is tried again.
const PAUSE: Duration = Duration::from_millis(60);
/// How long a replica that did not answer in time is not waited for, milliseconds.
const REPLICA_REST_MS: u64 = 5_000;
/// What nonces begin with that no client gave: not visible, so no client can give it.
pub(super) const OWN_NONCE: char = ' ';
/// What stands before the hold's id where a nonce is of a message that waits for a moderator.
pub(super) const HELD: &str = "hold:";

/// What became of a `say`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The message's id.
    pub id: LogId,
    /// Whether an earlier frame with the nonce had made it.
    pub repeated: bool,
    /// The message under this nonce waits for a moderator, or did: no event came of this.
    pub held: Option<uuid::Uuid>,
}

/// An event to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happens.
    pub kind: Kind,
    /// By whom, where it is a person's doing.
    pub author: Option<UserId>,
    /// JSON members without braces.
    pub body: String,
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// By this event (now, or by the same call before).
    By(LogId),
    /// The kept log does not have it.
    NotKept,
    /// It is somebody else's.
    NotTheirs,
}

/// All rooms' logs. Clones share the connection.
#[derive(Clone)]
pub struct Log {
    pub(super) scripts: Scripts,
    replicas: Replicas,
    /// Until when no replica is waited for, Unix milliseconds.
    rest: Arc<AtomicU64>,
    tally: Tally,
}

pub(super) fn id_of(text: &str) -> LogId {
    text.parse().unwrap_or_default()
}

impl Log {
    /// Errors: unusable settings.
    pub fn new(redis: &Redis, terms: Terms) -> Result<Self, Error> {
        let replicas = Replicas::new(redis)?;
        Ok(Self {
            scripts: Scripts::new(redis.clone(), terms),
            replicas,
            rest: Arc::default(),
            tally: Tally::default(),
        })
    }

    /// Events older than this are not given out, Unix milliseconds.
    pub fn cutoff_ms(&self) -> u64 {
        crate::socket::unix_ms().saturating_sub(self.scripts.terms.keep_ms())
    }

    /// How many messages were said through this node.
    pub fn tally(&self) -> Tally {
        self.tally.clone()
    }

    pub(super) fn redis(&self) -> &Redis {
        &self.scripts.redis
    }

    async fn write(
        &self,
        script: &Together,
        room: ChannelId,
        floor: &Floor,
        memory: String,
        mut args: Vec<String>,
    ) -> Result<(String, bool), Error> {
        let memory = key(room, &memory);
        let span = publishing();
        args.extend(span.traceparent());
        let tries = async {
            loop {
                let tried = self.scripts.write(script, room, floor, memory.clone(), args.clone()).await;
                let e = match tried {
                    Ok(Answer::Done(values)) => {
                        let mut values = values.into_iter();
                        return Ok((text(values.next()), text(values.next()) == "1"));
                    }
                    Ok(Answer::Unsettled { .. }) => {
                        floor.nudge();
                        Error::NotReady("the room's log is being put together again")
                    }
                    Err(e) => e,
                };
                if !e.is_unavailable() {
                    return Err(e);
                }
                tracing::debug!(%room, error = %e.details(), "a write is tried again");
                tokio::time::sleep(PAUSE).await;
            }
        };
        let never = Err(Error::NotReady("the room's log could not be written in time"));
        let done = tokio::time::timeout(self.scripts.terms.patience, tries).await.unwrap_or(never);
        published(&span, &done);
        done
    }

    /// Appends a message. Without a nonce it gets one of ours, so that retries count once all the same.
    pub async fn say(
        &self,
        room: ChannelId,
        floor: Floor,
        author: UserId,
        nonce: &str,
        body: String,
    ) -> Result<Appended, Error> {
        let nonce = if nonce.is_empty() { own_nonce() } else { nonce.to_owned() };
        let memory = format!("n:{author}:{nonce}");
        let done = self.append(room, floor, memory, (Kind::Message, Some(author), nonce, body)).await?;
        if !done.repeated && done.held.is_none() {
            self.tally.said(room, done.id);
        }
        Ok(done)
    }

    /// Appends an event that is no message of a person's own, once for its `key` within two minutes, whoever calls; without a key once for each call.
    /// What pins a message that is not kept is not appended: its id is [`LogId::default`].
    pub async fn event(
        &self,
        room: ChannelId,
        floor: Floor,
        key: &str,
        event: &Event,
    ) -> Result<Appended, Error> {
        let key = if key.is_empty() { own_nonce() } else { key.to_owned() };
        let event = (event.kind, event.author, String::new(), event.body.clone());
        self.append(room, floor, format!("e:{key}"), event).await
    }

    async fn append(
        &self,
        room: ChannelId,
        floor: Floor,
        memory: String,
        (kind, author, nonce, body): (Kind, Option<UserId>, String, String),
    ) -> Result<Appended, Error> {
        let shown = self.shown_by(room, kind, &body).await?;
        let author = author.map(|u| u.to_string()).unwrap_or_default();
        let mut args = vec![kind.as_str().to_owned(), author, nonce, body];
        args.extend(shown);
        let (id, repeated) = self.write(&self.scripts.append, room, &floor, memory, args).await?;
        let held = id.strip_prefix(HELD).and_then(|hold| hold.parse().ok());
        Ok(Appended { id: id_of(&id), repeated, held })
    }

    /// Takes a message's text out of the log and appends that it is gone. `only` is the author it must be of; `is_own`: it is the asker's.
    pub async fn delete(
        &self,
        room: ChannelId,
        floor: Floor,
        message: LogId,
        only: Option<UserId>,
        is_own: bool,
    ) -> Result<Deleted, Error> {
        let by = if is_own || only.is_some() { "author" } else { "moderator" };
        let body = format!("\"message_id\":\"{message}\",\"by\":\"{by}\"");
        let args = vec![message.redis(), only.map(|u| u.to_string()).unwrap_or_default(), body];
        // Remembered for the asker's kind: somebody else's repeat is no success.
        let memory = format!("d:{message}:{}", args[1]);
        let (id, _) = self.write(&self.scripts.delete, room, &floor, memory, args).await?;
        Ok(match id.as_str() {
            "" => Deleted::NotKept,
            "-" => Deleted::NotTheirs,
            id => Deleted::By(id_of(id)),
        })
    }

    /// Takes a person's messages, or with `None` all, out of the log and appends that they are gone.
    pub async fn clear(&self, room: ChannelId, floor: Floor, user: Option<UserId>) -> Result<LogId, Error> {
        let body = user.map(|user| format!("\"user\":\"{user}\"")).unwrap_or_default();
        let args = vec![user.map(|u| u.to_string()).unwrap_or_default(), body];
        let memory = format!("c:{}", own_nonce());
        self.write(&self.scripts.clear, room, &floor, memory, args).await.map(|(id, _)| id_of(&id))
    }

    /// Waits until a replica has what the log has now, if there is one; one that is slow is not waited for again for some seconds.
    pub async fn replicated(&self, room: ChannelId) {
        let patience = self.scripts.terms.replica;
        let now = crate::socket::unix_ms();
        if patience.is_zero()
            || self.scripts.servers.replicas() == 0
            || now < self.rest.load(Ordering::Relaxed)
        {
            return;
        }
        match self.replicas.wait(&key(room, "last"), 1, patience).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => {
                metrics::counter!("streamly_chat_unreplicated_total").increment(1);
                self.rest.store(now + REPLICA_REST_MS, Ordering::Relaxed);
            }
        }
    }
}

/// A nonce that nobody else gives.
fn own_nonce() -> String {
    format!("{OWN_NONCE}{}", uuid::Uuid::now_v7().simple())
}
