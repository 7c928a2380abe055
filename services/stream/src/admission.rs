//! Turns a presented key into a permit or a refusal. Everything that is promised is stored before it is said; the same attempt gets
//! the same answer; and the answer's time does not tell a known key from an unknown one.

use crate::{
    app::App,
    bus::{self, Ending},
    channel,
    error::Error,
    key::StreamKey,
    lease::{self, Admission, Current, MSN_BLOCK, TAKEOVER_WINDOW},
    refusal,
    store::{
        broadcasts, channels, keys, keys::Presented, refusals, refusals::Refusal, sessions, sessions::Session,
    },
};
use std::time::Duration;
use streamly_domain::{BroadcastId, SessionId, UserId};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

/// Longest wait for the user service; its last known word counts afterwards.
const USER_WAIT: Duration = Duration::from_millis(700);
/// Longest time of a decision. A database that takes a statement and does not answer is away: ingest asks again, under the same
/// attempt, before its own deadline of 2 s.
const DECISION: Duration = Duration::from_millis(1_800);

/// Who wants to publish, and where.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Attempt {
    pub id: Uuid,
    pub key: StreamKey,
    pub node_id: String,
    pub origin_url: String,
    pub remote_addr: String,
    pub encoder: String,
}

/// The answer.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Publish.
    Permitted(Box<Permit>),
    /// Do not: a code.
    Refused(String),
}

/// What a permit says beside the service's constants.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Permit {
    pub channel: channels::Channel,
    pub session: Session,
    pub last_gop_ms: u32,
}

/// Decides. Errors: the store is away (retry), nothing else.
pub async fn authorize(app: &App, attempt: &Attempt) -> Result<Outcome, Error> {
    let started = Instant::now();
    let decided = timeout(DECISION, Box::pin(decide(app, attempt))).await.unwrap_or(Err(Error::Busy));
    // At the end of a step after the arrival: the few milliseconds that a permit costs more do not show.
    let step = app.config.authorize_step.get();
    if !step.is_zero() && started.elapsed() < DECISION {
        let steps = started.elapsed().as_nanos() / step.as_nanos() + 1;
        sleep_until(started + step * u32::try_from(steps).unwrap_or(1)).await;
    }
    let outcome = decided?;
    let label = match &outcome {
        Outcome::Permitted(_) => "permitted".to_owned(),
        Outcome::Refused(code) => code.clone(),
    };
    metrics::counter!("streamly_stream_authorize_total", "outcome" => label).increment(1);
    Ok(outcome)
}

async fn decide(app: &App, attempt: &Attempt) -> Result<Outcome, Error> {
    let lookup = app.vault.lookup(&attempt.key);
    let unknown = || Ok(Outcome::Refused("unknown_key".into()));
    // No connection is held while the user service is asked.
    let early = keys::present(&app.connection().await?, &lookup).await?;
    // An unknown key asks as much, about nobody: a slow user service or Redis would tell it from a known one.
    let (owner, who) = match &early {
        // Whoever has a key that is not valid any more takes nothing from those that are.
        Some(found) if found.revoked => (found.channel.owner_id, format!("key:{}", found.key_id)),
        Some(found) => (found.channel.owner_id, format!("channel:{}", found.channel.id)),
        None => (UserId::new(), format!("attempt:{}", attempt.id)),
    };
    let (said, in_time) = tokio::join!(
        timeout(USER_WAIT, channel::user_by_id(app, owner)),
        app.limits.publishes(&app.redis, attempt.id, &who),
    );
    let Some(early) = early else { return unknown() };
    let said = match said {
        Ok(Ok(user)) => Some(user.is_none_or(|u| u.suspended)),
        _ => None,
    };
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, early.channel.id).await?;
    // Looked at again under the lock: a key revoked or replaced meanwhile opens nothing.
    let Some(found) = keys::present(&tx, &lookup).await? else { return unknown() };
    let suspended = said.unwrap_or(found.channel.suspended);
    if let Some(session) = sessions::by_attempt(&tx, attempt.id).await? {
        if session.key != found.key_id {
            return Err(Error::ForeignAttempt);
        }
        let last_gop_ms = found.last_gop_ms;
        return Ok(Outcome::Permitted(Box::new(Permit { channel: found.channel, session, last_gop_ms })));
    }
    if let Some(code) = refusals::by_attempt(&tx, attempt.id).await? {
        return Ok(Outcome::Refused(code));
    }
    if suspended != found.channel.suspended {
        channels::set_suspended(&tx, found.channel.id, suspended).await?;
    }
    let open = broadcasts::open_of(&tx, found.channel.id).await?;
    let (current, present_addr) = match &open {
        Some(b) => {
            let (takeovers, addr) = sessions::takeovers(&tx, b.id, TAKEOVER_WINDOW).await?;
            (Some(Current { epoch: b.epoch, state: b.state, reserved: b.msn_reserved, takeovers }), addr)
        }
        None => (None, String::new()),
    };
    let no = |code: &str, detail: String| (code.to_owned(), detail);
    let verdict = match lease::admit(current.as_ref()) {
        _ if found.revoked => Err(no("key_revoked", refusal::revoked(found.replaced, &found.key_name))),
        _ if suspended => Err(no("account_suspended", refusal::suspended())),
        _ if !in_time => Err(no("publish_too_often", refusal::too_often(&found.key_name))),
        Admission::Fighting => Err(no(
            "takeover_refused",
            refusal::fighting(&found.key_name, &present_addr, &attempt.remote_addr),
        )),
        admission => Ok(admission),
    };
    let admission = match verdict {
        Ok(admission) => admission,
        Err((code, detail)) => {
            let refusal = Refusal {
                code: code.clone(),
                detail,
                at: OffsetDateTime::now_utc(),
                key_name: found.key_name.clone(),
                remote_addr: attempt.remote_addr.clone(),
            };
            if in_time {
                channel::refuse(&tx, found.channel.id, &refusal, Some(attempt.id)).await?;
            } else {
                channel::refuse_quietly(&tx, found.channel.id, &refusal, attempt.id).await?;
            }
            tx.commit().await?;
            app.committed.notify_one();
            return Ok(Outcome::Refused(code));
        }
    };
    let session = session(attempt, &found, open.as_ref().map(|b| b.id), admission);
    let placed = broadcasts::Session {
        broadcast: session.broadcast,
        session: session.id,
        epoch: session.epoch,
        node_id: &attempt.node_id,
        origin_url: &attempt.origin_url,
        msn_reserved: session.msn_reserved,
    };
    if session.resumed {
        sessions::supersede(&tx, session.broadcast).await?;
        broadcasts::take_over(&tx, &placed, app.config.grace.as_secs_f64()).await?;
    } else {
        broadcasts::insert(&tx, found.channel.id, &placed).await?;
    }
    sessions::insert(&tx, &session).await?;
    keys::used(&tx, found.key_id, &attempt.encoder, &attempt.remote_addr).await?;
    if !session.resumed
        && let Some(b) = broadcasts::open_of(&tx, found.channel.id).await?
    {
        channel::announce(app, &tx, &b, b.state).await?;
    }
    tx.commit().await?;
    app.committed.notify_one();
    drop(db);
    if let Some(old) = open.filter(|old| old.node_id != attempt.node_id) {
        let ending = Ending {
            node_id: old.node_id.clone(),
            broadcast_id: old.id,
            epoch: old.epoch,
            reason: "superseded".into(),
        };
        bus::announce_end(app, ending).await;
    }
    Ok(Outcome::Permitted(Box::new(Permit {
        channel: found.channel,
        session,
        last_gop_ms: found.last_gop_ms,
    })))
}

fn session(attempt: &Attempt, found: &Presented, open: Option<BroadcastId>, admission: Admission) -> Session {
    let (epoch, first_msn, msn_reserved, takeover, resumed) = match admission {
        Admission::Resumed { epoch, first_msn, reserved, takeover } => {
            (epoch, first_msn, reserved, takeover, true)
        }
        Admission::Fresh | Admission::Fighting => (1, 0, MSN_BLOCK, false, false),
    };
    Session {
        id: SessionId::new(),
        broadcast: open.unwrap_or_else(BroadcastId::new),
        key: found.key_id,
        attempt: attempt.id,
        epoch,
        node_id: attempt.node_id.clone(),
        remote_addr: attempt.remote_addr.clone(),
        encoder: attempt.encoder.clone(),
        first_msn,
        msn_reserved,
        takeover,
        resumed,
    }
}
