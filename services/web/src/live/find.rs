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
    recent::Recent,
    together::Together,
};
use futures_util::{FutureExt, future::LocalBoxFuture};
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
/// Room for a URL at first.
const URL: usize = 160;

/// What was found and where.
type Found = (Arc<Entry>, Arc<Fetched>);

/// How something is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) keep: Keep,
    pub(crate) holder: Holder,
    /// What the origin is shown if the channel is not open.
    pub(crate) grant: Option<&'a str>,
    /// Edges that it has passed before this one; 0: a viewer asks.
    pub(crate) passed: u32,
    /// Whoever asks waits for so long.
    pub(crate) within: Duration,
}

/// What comes of asking one place.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    Answered(Result<Arc<Fetched>, Failure>),
    /// It is elsewhere now.
    Moved(Arc<Entry>),
}

/// What one worker has of its own.
#[derive(Default)]
pub(crate) struct Worker {
    /// Requests that wait for the same place, by URL.
    askers: Together<Asked>,
    recent: Recent,
}

/// Fetches it, at first from where it is known to be, if it is; `path` appends the path to the URL of the place that is asked. `Err(None)`:
/// there certainly is no such broadcast.
pub(crate) async fn fetch(
    edge: &Edge,
    worker: &Worker,
    (key, at): (Key<'_>, Option<Arc<Entry>>),
    path: &impl Fn(&Entry, &mut String),
    asking: Asking<'_>,
) -> Result<Found, Option<Failure>> {
    let mut first = None;
    if let Some(at) = at {
        let url = url_of(&at, path);
        if let Some(kept) = kept(edge, worker, &url, asking.keep) {
            return Ok((at, kept));
        }
        match ask(edge, worker, key, &at, &url, asking).await {
            Asked::Answered(Ok(fetched)) => return Ok((at, fetched)),
            asked => first = Some((at, url, asked)),
        }
    }
    // Boxed: most of what is asked for is where it was, and each connection would pay for the size of a search.
    Box::pin(search(edge, worker, key, first, path, asking)).await
}

/// The same from the beginning, or from a place that was asked.
async fn search(
    edge: &Edge,
    worker: &Worker,
    key: Key<'_>,
    first: Option<(Arc<Entry>, String, Asked)>,
    path: &impl Fn(&Entry, &mut String),
    asking: Asking<'_>,
) -> Result<Found, Option<Failure>> {
    let (mut at, mut before) = match first {
        Some((at, url, asked)) => (at, Some((url, asked))),
        None => {
            let known = edge.index.find(key).await.map_err(|Away| Some(Failure::IndexAway))?;
            (known.ok_or(None)?, None)
        }
    };
    let mut looks = 0..LOOKS;
    for _ in 0..PLACES {
        let (url, asked) = match before.take() {
            Some(before) => before,
            None => {
                let url = url_of(&at, path);
                if let Some(kept) = edge.origin.kept(&url, asking.keep) {
                    return Ok((at, kept));
                }
                let asked = ask(edge, worker, key, &at, &url, asking).await;
                (url, asked)
            }
        };
        let failed = match asked {
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
                    let all = url_of(&at, |_, all| {
                        all.push_str("/live/b/");
                        all.push_str(&at.broadcast_id);
                        all.push('/');
                    });
                    edge.origin.leave(Instant::now(), &url, &all, SILENT);
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

/// Where it is at that place: with its query it is by what all who want the same share one request.
fn url_of(at: &Entry, path: impl Fn(&Entry, &mut String)) -> String {
    let mut url = String::with_capacity(URL);
    url.push_str(at.base());
    path(at, &mut url);
    url
}

/// What is kept of it, at hand or for all workers.
fn kept(edge: &Edge, worker: &Worker, url: &str, keep: Keep) -> Option<Arc<Fetched>> {
    let now = (keep == Keep::Immutable).then(Instant::now);
    if let Some(given) = now.and_then(|now| worker.recent.get(url, now)) {
        edge.origin.hit();
        return Some(given);
    }
    // Who waits for it here has looked.
    if worker.askers.are_there(url) {
        return None;
    }
    let kept = edge.origin.kept(url, keep)?;
    if let Some(now) = now {
        worker.recent.put(url, &kept, now);
    }
    Some(kept)
}

/// Asks there, together with all of this worker who ask for the same.
async fn ask(
    edge: &Edge,
    worker: &Worker,
    key: Key<'_>,
    at: &Arc<Entry>,
    url: &str,
    asking: Asking<'_>,
) -> Asked {
    let asked = worker.askers.wait(url, || ask_alone(edge, key, at, url, asking)).await;
    asked.unwrap_or(Asked::Answered(Err(Failure::TimedOut)))
}

/// The same, for whoever waits for it: it borrows nothing of who began it.
fn ask_alone(
    edge: &Edge,
    key: Key<'_>,
    at: &Arc<Entry>,
    url: &str,
    asking: Asking<'_>,
) -> LocalBoxFuture<'static, Asked> {
    let (edge, at, url) = (edge.clone(), at.clone(), url.to_owned());
    let (text, is_name) = (key.text().to_owned(), matches!(key, Key::Name(_)));
    let Asking { keep, holder, grant, passed, within } = asking;
    let grant = grant.map(str::to_owned);
    async move {
        let key = if is_name { Key::Name(&text) } else { Key::Broadcast(&text) };
        let asking = Asking { keep, holder, grant: grant.as_deref(), passed, within };
        let moved = async {
            loop {
                sleep(SILENT).await;
                if let Some(now) = edge.index.moved(key, &at).await {
                    break now;
                }
            }
        };
        tokio::select! {
            biased;
            outcome = edge.origin.get(&url, &at, asking) => Asked::Answered(outcome),
            now = moved => Asked::Moved(now),
        }
    }
    .boxed_local()
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
