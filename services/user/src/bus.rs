//! The outbox relay: facts from the table to the Redis Stream `events:user`, in order, at least once.
//!
//! One process relays, elected by an advisory lock; the others try again every few seconds. A fact leaves the table after Redis
//! has it: with Redis away it waits, and after an unlucky time-out it comes twice, which consumers notice by its id. Before the fact of
//! a suspension, of a changed password or an ended sign-in the relay writes down which access tokens it voids (`rev:{user_id}`). The relay also forgets what is
//! too old (`store::retention`), once an hour; meanwhile facts are relayed.

use crate::{
    error::Error,
    store::{
        Store,
        outbox::{Fact, RelayLease},
        retention::{Keep, Kind},
    },
};
use prost::Message;
use std::{sync::Arc, time::Duration};
use streamly_auth::{LEEWAY_S, access};
use streamly_lifecycle::Shutdown;
use streamly_proto::event::v1::Event;
use streamly_redis::{Redis, Value};
use tokio::{sync::Notify, time::MissedTickBehavior};

/// The Redis Stream.
const STREAM: &str = "events:user";
/// About so many facts are kept there.
const MAX_LEN: &str = "10000";
/// Pause between looks when nobody rang: facts of other replicas, and of changes that an operator made in the database. Others learn of
/// a suspension within this time and a little more.
const LOOK: Duration = Duration::from_millis(250);
/// The fact that an account was suspended.
const SUSPENDED: &str = "user.suspended";
/// The fact that access tokens from before a moment are void.
const VOIDED: &str = "user.tokens_voided";
/// For how long tokens stay void: as long as the last of them could be good.
pub(crate) const VOID_FOR: Duration = Duration::from_secs(access::LIFETIME_S + LEEWAY_S);
/// Pause after a failure and between tries to become the relay.
const RETRY: Duration = Duration::from_secs(2);
/// Longest time of one pass over PostgreSQL and Redis.
const PASS: Duration = Duration::from_secs(10);
/// Pause between two clean-ups.
const CLEAN: Duration = Duration::from_secs(3600);

/// Relays until the stop.
pub(crate) struct Relay {
    pub(crate) store: Store,
    pub(crate) redis: Redis,
    /// Rung when this process has written a fact.
    pub(crate) bell: Arc<Notify>,
    /// How long mails and acts are kept.
    pub(crate) keep: Keep,
}

impl Relay {
    /// Returns when the stop starts; what is left waits in the table.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        tokio::select! {
            () = shutdown.started() => {}
            () = self.relay() => {}
        }
    }

    async fn relay(&self) {
        // Whoever relays says how many wait; who does not any more would say it for ever.
        let waiting = metrics::gauge!("streamly_user_outbox_waiting");
        loop {
            waiting.set(0.0);
            if let Ok(Ok(Some(lease))) = tokio::time::timeout(PASS, self.store.try_relay()).await {
                let error = tokio::select! {
                    error = self.with(&lease) => error,
                    never = self.clean() => never,
                };
                tracing::warn!(cause = ?error, "facts are not relayed for now");
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Relays with the right to; returns when that is lost.
    async fn with(&self, lease: &RelayLease) -> Error {
        loop {
            let pause = match tokio::time::timeout(PASS, self.pass(lease)).await {
                Ok(Ok(true)) => LOOK,
                Ok(Ok(false)) => RETRY,
                Ok(Err(e)) => return e,
                Err(_) => return Error::Deadline,
            };
            tokio::select! {
                () = self.bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Forgets what is too old, for as long as it is polled; a failure is tried again at the next round.
    async fn clean(&self) -> ! {
        let mut rounds = tokio::time::interval(CLEAN);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            for kind in Kind::ALL {
                match self.store.forget(kind, self.keep).await {
                    Ok(0) => {}
                    Ok(rows) => tracing::info!(rows, table = kind.table(), "old rows were removed"),
                    Err(e) => tracing::warn!(cause = ?e, table = kind.table(), "old rows stay for now"),
                }
            }
        }
    }

    /// Everything that waits; false if Redis did not take it.
    async fn pass(&self, lease: &RelayLease) -> Result<bool, Error> {
        loop {
            let facts = lease.waiting().await?;
            metrics::gauge!("streamly_user_outbox_waiting").set(facts.len() as f64);
            if facts.is_empty() {
                return Ok(true);
            }
            let mut sent = Vec::with_capacity(facts.len());
            let mut failed = None;
            for fact in facts {
                let position = fact.position;
                if let Err(e) = self.send(fact).await {
                    failed = Some(e);
                    break;
                }
                sent.push(position);
            }
            lease.done(&sent).await?;
            if let Some(e) = failed {
                tracing::debug!(error = %e.details(), "redis does not take facts");
                return Ok(false);
            }
        }
    }

    async fn send(&self, fact: Fact) -> Result<(), streamly_redis::Error> {
        let void_before = match &*fact.kind {
            // Of the next second on: tokens name whole ones.
            SUSPENDED => u64::try_from(fact.occurred_at.unix_timestamp() + 1).ok(),
            VOIDED => fact.payload["before"].as_u64(),
            _ => None,
        };
        if let Some(void_before) = void_before {
            self.redis.void(&fact.subject, void_before, VOID_FOR).await?;
        }
        let event = Event {
            id: fact.id.to_string(),
            r#type: fact.kind,
            version: u32::try_from(fact.version).unwrap_or(1),
            occurred_at_ms: i64::try_from(fact.occurred_at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0),
            subject: fact.subject,
            payload: fact.payload.to_string().into_bytes(),
        };
        let bytes = Value::Bytes(event.encode_to_vec().into());
        let mut args: Vec<Value> =
            [STREAM, "MAXLEN", "~", MAX_LEN, "*", "e"].into_iter().map(Value::from).collect();
        args.push(bytes);
        self.redis.call::<Value>("XADD", args).await.map(|_| ())
    }
}
