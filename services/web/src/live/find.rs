//! From where something is fetched: the origin that is remembered, and the one that the live index names now, where the first one fails
//! or is silent.
//!
//! A node that was left, was killed or lost its power is told from a thing that is not there: as long as the index says that the broadcast
//! is on air, "not found" from a whole node, silence and a closed door are only looked into again, and at last "come again" (503). Players
//! stop for good at a 404.

use super::{
    Edge,
    index::{Away, Entry, Key},
    origin::Keep,
    outcome::{Failure, Fetched},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::Holder;
use tokio::time::sleep;

/// A place that has answered nothing for so long may not be the right one any more: the index is asked, and again after the same time.
const SILENT: Duration = Duration::from_secs(1);
/// Looks into the index after a failure, until it names another place, and the time between them. A hand-over is over within a second.
const LOOKS: u32 = 6;
const BETWEEN: Duration = Duration::from_millis(200);
/// Places that one request is led to. Each is a later one, so more than two are rare.
const PLACES: u32 = 8;

/// What was found and where.
type Found = (Arc<Entry>, Arc<Fetched>);

/// How something is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) keep: Keep,
    pub(crate) holder: Holder,
    /// What the origin is shown if the channel is not open.
    pub(crate) grant: Option<&'a str>,
}

enum Asked {
    Answered(Result<Arc<Fetched>, Failure>),
    /// It is elsewhere now.
    Moved(Arc<Entry>),
}

/// Fetches it; `path` is made for the place that is asked. `Err(None)`: there certainly is no such broadcast.
pub(crate) async fn fetch(
    edge: &Edge,
    key: Key<'_>,
    path: impl Fn(&Entry) -> String,
    asking: Asking<'_>,
) -> Result<Found, Option<Failure>> {
    let known = edge.index.find(key).await.map_err(|Away| Some(Failure::IndexAway))?;
    let mut at = known.ok_or(None)?;
    let mut looks = 0..LOOKS;
    for _ in 0..PLACES {
        let asked = path(&at);
        let failed = match ask(edge, key, &at, &asked, asking).await {
            Asked::Answered(Ok(fetched)) => return Ok((at, fetched)),
            Asked::Answered(Err(Failure::Refused(f))) if f.status == 401 && asking.grant.is_none() => {
                // It hears of that with its next heartbeat.
                if looks.next().is_none() {
                    return Err(Some(Failure::Behind));
                }
                sleep(BETWEEN).await;
                continue;
            }
            Asked::Answered(Err(failed)) => failed,
            Asked::Moved(now) => {
                // A later broadcast elsewhere does not mean that the earlier one's origin was left.
                if now.broadcast_id == at.broadcast_id && now.origin_url != at.origin_url {
                    let place = (at.origin_url.as_str(), asked.as_str());
                    edge.origin.leave(Instant::now(), place, &at.broadcast_id, SILENT);
                }
                at = now;
                continue;
            }
        };
        if !failed.is_elsewhere() {
            return Err(Some(failed));
        }
        at = elsewhere(edge, key, &at, failed, &mut looks).await?;
    }
    Err(Some(Failure::Moving))
}

async fn ask(edge: &Edge, key: Key<'_>, at: &Entry, path: &str, asking: Asking<'_>) -> Asked {
    let moved = async {
        loop {
            sleep(SILENT).await;
            if let Some(now) = edge.index.moved(key, at).await {
                break now;
            }
        }
    };
    tokio::select! {
        biased;
        outcome = edge.origin.get(&at.origin_url, path, asking) => Asked::Answered(outcome),
        now = moved => Asked::Moved(now),
    }
}

/// The place that the index names after `at` failed. Errors: there is no other.
async fn elsewhere(
    edge: &Edge,
    key: Key<'_>,
    at: &Entry,
    failed: Failure,
    looks: &mut impl Iterator,
) -> Result<Arc<Entry>, Option<Failure>> {
    loop {
        let now = match edge.index.again(key, Instant::now()).await {
            Ok(now) => now.ok_or(None)?,
            // Whether the broadcast is anywhere is not known; that one thing of it is not there, is.
            Err(Away) if failed.is_lost() => return Err(Some(Failure::IndexAway)),
            Err(Away) => return Err(Some(failed)),
        };
        if *now != *at {
            return Ok(now);
        }
        if !failed.is_lost() {
            return Err(Some(failed));
        }
        if let Failure::Refused(_) = failed
            && !is_on_air(edge, key, at).await?
        {
            return Err(Some(failed));
        }
        if looks.next().is_none() {
            return Err(Some(match failed {
                Failure::Refused(_) => Failure::Moving,
                failed => failed,
            }));
        }
        sleep(BETWEEN).await;
    }
}

/// A channel's entry is there only while it is on air; a broadcast's own stays for a while.
async fn is_on_air(edge: &Edge, key: Key<'_>, at: &Entry) -> Result<bool, Option<Failure>> {
    match key {
        Key::Name(_) => Ok(true),
        Key::Broadcast(_) => edge.index.is_on_air(at).await.map_err(|Away| Some(Failure::IndexAway)),
    }
}
