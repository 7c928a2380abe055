//! What an edge tells Redis of its sessions: HyperLogLogs of five seconds each, and one of the whole broadcast.
//!
//! Keys carry the broadcast's id in braces, a cluster hash tag, so that `stream` counts several at once. A session is 8 bytes of its
//! sid's MAC, which nobody can choose or read off it. All that is due goes at once on one connection, a bounded number of commands at a time.

use super::{Moment, Sessions};
use futures_util::{StreamExt, stream};
use std::{sync::LazyLock, time::Duration};
use streamly_lifecycle::Shutdown;
use streamly_redis::{Error, Redis, Script, Value};

/// How often what is due is told: as late is a new viewer of a small channel.
const ROUND: Duration = Duration::from_secs(1);
/// Life of one bucket, seconds: the longest that it is counted, and as much for clocks that differ.
const BUCKET_TTL_S: u64 = 60;
/// Life of the whole broadcast's, seconds, since its last new session here.
const WHOLE_TTL_S: u64 = 86_400;
/// Sessions in one command.
const CHUNK: usize = 500;
/// Broadcasts that are told of at once.
const AT_ONCE: usize = 64;

/// KEYS[1]: a HyperLogLog. ARGV: its life in seconds, sessions. Both in one step: none is left without an end.
const ADD: &str =
    "redis.call('PFADD', KEYS[1], unpack(ARGV, 2)) return redis.call('EXPIRE', KEYS[1], ARGV[1])";

/// What is due of one broadcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(super) broadcast: String,
    /// Sessions by the bucket in which they were last seen.
    pub(super) buckets: Vec<(u64, Vec<u64>)>,
    /// Those that the whole broadcast's has not got yet.
    pub(super) new: Vec<u64>,
}

impl Report {
    async fn write(&self, redis: &Redis) -> Result<(), Error> {
        let broadcast = &self.broadcast;
        for (bucket, sessions) in &self.buckets {
            add(redis, &format!("viewers:{{{broadcast}}}:{bucket}"), BUCKET_TTL_S, sessions).await?;
        }
        add(redis, &format!("viewers:{{{broadcast}}}:all"), WHOLE_TTL_S, &self.new).await
    }
}

async fn add(redis: &Redis, key: &str, ttl_s: u64, sessions: &[u64]) -> Result<(), Error> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(ADD));
    for chunk in sessions.chunks(CHUNK) {
        let sessions = chunk.iter().map(|number| Value::Bytes(number.to_be_bytes().to_vec().into()));
        let args = std::iter::once(Value::from(ttl_s.to_string())).chain(sessions);
        SCRIPT.run::<Value>(redis, [key.to_owned()], args).await?;
    }
    Ok(())
}

impl Sessions {
    /// Tells of the sessions until the stop.
    pub(crate) async fn write(&self, redis: Redis, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
            self.write_due(&redis, Moment::now()).await;
        }
    }

    pub(super) async fn write_due(&self, redis: &Redis, now: Moment) {
        let told = stream::iter(self.take(now)).map(|report| async move {
            let written = report.write(redis).await;
            (report, written)
        });
        let mut told = told.buffer_unordered(AT_ONCE);
        while let Some((report, written)) = told.next().await {
            if let Err(e) = written {
                tracing::debug!(error = %e.details(), "viewers are told of again");
                self.forget(&report.broadcast);
            }
        }
    }
}
