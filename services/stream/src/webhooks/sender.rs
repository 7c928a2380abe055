//! Sends what is due, at every replica; who has a webhook's lease sends to it alone. What is under way at the stop has a moment to end;
//! what does not is sent again by whoever finds its lease over, under the same id.
//!
//! A receiver that is slow takes one place, and those that failed lately have half of all places together: the others never wait for
//! them. A failure of the database is tried again; nothing is lost by it.

use super::{
    event::public_id,
    reason::Reason,
    secret,
    verdict::{self, Next, Outcome},
};
use crate::{
    app::App,
    error::Error,
    outbound::{self, HeaderMap, HeaderValue, Url, header},
    store::deliveries::{self, Lease},
};
use bytes::Bytes;
use rand::Rng;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};
use time::OffsetDateTime;
use tokio::{task::JoinSet, time::Instant};

/// How often it is looked for what is due.
const POLL: Duration = Duration::from_millis(250);
/// After a failure of the database.
const PAUSE: Duration = Duration::from_secs(1);
/// What a lease has beyond the time that a request may take.
const MARGIN: Duration = Duration::from_secs(20);
/// Longest wait at the stop for what is under way.
const LAST: Duration = Duration::from_millis(1500);
/// When a delivery that found no place is looked at again.
const CROWDED: Duration = Duration::from_secs(2);
/// How often it is tried to store how an attempt went.
const STORES: u32 = 5;

/// Until the stop.
pub async fn run(app: Arc<App>) {
    let mut running = JoinSet::new();
    let failing = Arc::new(AtomicUsize::new(0));
    let stop = app.shutdown.clone();
    if app.config.webhooks.senders == 0 {
        return stop.started().await;
    }
    tokio::select! {
        () = send(&app, &mut running, &failing) => {}
        () = stop.started() => {}
    }
    let ended = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST, ended).await.is_err() {
        tracing::info!(left = running.len(), "deliveries under way at the stop are sent again later");
    }
}

async fn send(app: &Arc<App>, running: &mut JoinSet<()>, failing: &Arc<AtomicUsize>) {
    loop {
        let mut found = 0;
        let most = app.config.webhooks.senders;
        for lane in [Lane::Well, Lane::Failing] {
            let free = most.saturating_sub(running.len());
            let free = match lane {
                Lane::Well => free,
                Lane::Failing => free.min((most / 2).max(1).saturating_sub(failing.load(Ordering::SeqCst))),
            };
            if free == 0 {
                continue;
            }
            match take(app, free, lane).await {
                Ok(leases) => {
                    found += leases.len();
                    for lease in leases {
                        let seat = (lane == Lane::Failing).then(|| Seat::new(failing));
                        running.spawn(deliver(app.clone(), lease, seat));
                    }
                }
                Err(e) => {
                    tracing::warn!(error = ?e, "deliveries to webhooks wait");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        tokio::select! {
            Some(ended) = running.join_next() => {
                if let Err(e) = ended {
                    tracing::error!(error = ?e, "a delivery ended badly; its lease ends by itself");
                }
            }
            () = app.deliveries.notified() => {}
            () = tokio::time::sleep(if found > 0 { Duration::ZERO } else { POLL }) => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Well,
    Failing,
}

/// A place among those of webhooks that failed lately.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn new(taken: &Arc<AtomicUsize>) -> Self {
        taken.fetch_add(1, Ordering::SeqCst);
        Self(taken.clone())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn take(app: &App, most: usize, lane: Lane) -> Result<Vec<Lease>, Error> {
    let lease = app.config.outbound.timeout.get() * 2 + MARGIN;
    deliveries::take(&mut app.connection().await?, most, lane == Lane::Failing, lease).await
}

async fn deliver(app: Arc<App>, lease: Lease, _seat: Option<Seat>) {
    let started = Instant::now();
    let asked = ask(&app, &lease).await;
    let mut outcome = match asked {
        Err(Reason::Busy) => {
            store(&app, &lease, None).await;
            return;
        }
        Ok(answer) => answered(&answer),
        Err(reason) => Outcome {
            status: None,
            error: Some(reason),
            answer: String::new(),
            took: Duration::ZERO,
            retry_after: None,
        },
    };
    outcome.took = started.elapsed();
    let next = verdict::after(&outcome, lease.tries, rand::rng().random());
    let label = match next {
        Next::Delivered => "delivered",
        Next::Again(_) => "again",
        Next::Failed => "failed",
        Next::Gone => "gone",
    };
    metrics::counter!("streamly_stream_webhook_attempts_total", "outcome" => label).increment(1);
    if let Some(why) = store(&app, &lease, Some((&outcome, next))).await {
        tracing::info!(webhook = %lease.webhook, why, "a webhook was switched off");
    }
}

/// Stores how it went, or that nothing was sent; again after failures, and not at all if they last: the lease ends by itself then. Why the
/// webhook was switched off, if it was.
async fn store(app: &App, lease: &Lease, went: Option<(&Outcome, Next)>) -> Option<&'static str> {
    let bounds = (app.config.webhooks.give_up.get(), app.config.webhooks.kept);
    for left in (0..STORES).rev() {
        let stored = async {
            let mut db = app.connection().await?;
            match went {
                Some((outcome, next)) => deliveries::finish(&mut db, lease, outcome, next, bounds).await,
                None => deliveries::put_back(&mut db, lease, CROWDED).await.map(|()| None),
            }
        };
        match stored.await {
            Ok(off) => return off,
            Err(e) if left == 0 => tracing::warn!(error = ?e, "what became of a delivery was not stored"),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    None
}

async fn ask(app: &App, lease: &Lease) -> Result<outbound::Answer, Reason> {
    let url = Url::parse(&lease.url).map_err(|_| Reason::Unreadable)?;
    let (id, now) = (public_id(lease.id), OffsetDateTime::now_utc().unix_timestamp());
    let secrets: Result<Vec<_>, _> =
        lease.secrets.iter().map(|sealed| app.vault.open(lease.webhook, sealed)).collect();
    let signed = secrets.ok().and_then(|secrets| secret::signatures(&secrets, &id, now, &lease.body));
    let Some(signed) = signed else {
        tracing::error!(webhook = %lease.webhook, "the secret of a webhook does not open");
        return Err(Reason::Secret);
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in
        [("webhook-id", id), ("webhook-timestamp", now.to_string()), ("webhook-signature", signed)]
    {
        let value = HeaderValue::from_str(&value).map_err(|_| Reason::Secret)?;
        headers.insert(name, value);
    }
    let body = Bytes::from(lease.body.clone());
    app.outbound.post(lease.channel, &url, headers, body).await.map_err(|e| {
        tracing::debug!(webhook = %lease.webhook, error = ?e, "a delivery has no answer");
        Reason::from(&e)
    })
}

fn answered(answer: &outbound::Answer) -> Outcome {
    let status = answer.status.as_u16();
    let retry_after = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    // PostgreSQL takes no NUL in a text.
    let text = String::from_utf8_lossy(&answer.body).replace('\0', "\u{fffd}");
    Outcome {
        status: Some(status),
        error: Reason::of_status(status),
        answer: text,
        took: Duration::ZERO,
        retry_after: retry_after.and_then(|text| verdict::retry_after(text, SystemTime::now())),
    }
}
