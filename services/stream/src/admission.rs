//! Turns a presented key into a permit or a refusal. Everything that is promised is stored before it is said; the same attempt gets
//! the same answer; and the answer's time does not tell a known key from an unknown one.

use crate::{
    app::App,
    bus::{self, Ending},
    channel,
    error::Error,
    hand_over,
    key::StreamKey,
    lease::{self, Admission, Current, Host, MSN_BLOCK, TAKEOVER_WINDOW},
    people, refusal,
    store::{
        broadcasts,
        broadcasts::{Broadcast, Targets},
        channels, keys,
        keys::Presented,
        piped::Piped,
        refusals,
        refusals::Refusal,
        sessions,
        sessions::Session,
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
/// A node whose test went live has heard of it by then, or lost its lease.
const SETTLED: Duration = Duration::from_secs(60);

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
    pub targets: Option<Targets>,
    /// Whether the broadcast is a test.
    pub test: bool,
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
    // No connection is held while others are asked.
    let (early, held) = early(app, &lookup).await?;
    // An unknown key asks as much, about nobody: a slow user service or Redis would tell it from a known one.
    let (owner, who) = match &early {
        // Whoever has a key that is not valid any more takes nothing from those that are.
        Some(found) if found.revoked || found.expired => {
            (found.channel.owner_id, format!("key:{}", found.key_id))
        }
        Some(found) => (found.channel.owner_id, format!("channel:{}", found.channel.id)),
        None => (UserId::new(), format!("attempt:{}", attempt.id)),
    };
    let valid = early.as_ref().is_some_and(|found| !found.revoked && !found.expired);
    let admitted = async {
        let nobody = attempt.id.to_string();
        let look = hand_over::look(app, held.as_ref(), &attempt.node_id, &nobody);
        let in_time = app.limits.publishes(&app.redis, attempt.id, &who);
        if held.is_none() {
            return tokio::join!(look, in_time);
        }
        // Whoever is sent away by a draining node has not started too often.
        let found = look.await;
        let in_time = valid && found.moves() || in_time.await;
        (found, in_time)
    };
    let (said, (holder, in_time)) = tokio::join!(timeout(USER_WAIT, people::by_id(app, owner)), admitted);
    let Some(early) = early else { return unknown() };
    let said = match said {
        Ok(Ok(user)) => Some(user.is_none_or(|u| u.suspended)),
        _ => None,
    };
    let tx = Piped::new(app.connection().await?);
    let db = tx.db();
    let locking = channels::locking(db).await?;
    // Looked at again under the lock: a key revoked or replaced meanwhile opens nothing. All in one round trip, the lock first.
    let (.., found, earlier, refused, open, now) = tokio::try_join!(
        tx.begin(),
        channels::lock_by(db, &locking, early.channel.id),
        keys::present(db, &lookup),
        sessions::by_attempt(db, attempt.id),
        refusals::by_attempt(db, attempt.id),
        broadcasts::open_of(db, early.channel.id),
        broadcasts::now(db),
    )?;
    let Some(mut found) = found else {
        tx.give_up().await?;
        return unknown();
    };
    let suspended = said.unwrap_or(found.channel.suspended);
    if let Some(session) = earlier {
        if session.key != found.key_id {
            tx.give_up().await?;
            return Err(Error::ForeignAttempt);
        }
        let last_gop_ms = found.last_gop_ms;
        let targets = broadcasts::targets_of(db, session.broadcast).await?;
        tx.give_up().await?;
        let test = open.as_ref().is_some_and(|b| b.id == session.broadcast && b.test);
        let permit = Permit { channel: found.channel, session, last_gop_ms, targets, test };
        return Ok(Outcome::Permitted(Box::new(permit)));
    }
    if let Some(code) = refused {
        tx.give_up().await?;
        return Ok(Outcome::Refused(code));
    }
    if suspended != found.channel.suspended {
        channels::set_suspended(db, found.channel.id, suspended).await?;
        found.channel.suspended = suspended;
    }
    let (current, present_addr) = match &open {
        Some(b) => {
            let (takeovers, addr) = sessions::takeovers(db, b.id, TAKEOVER_WINDOW).await?;
            let host = holder.host(b);
            let (epoch, state, reserved) = (b.epoch, b.state, b.msn_reserved);
            (Some(Current { epoch, state, reserved, takeovers, host }), addr)
        }
        None => (None, String::new()),
    };
    let no = |code: &str, detail: String| (code.to_owned(), detail);
    let verdict = match lease::admit(current.as_ref()) {
        _ if found.revoked => Err(no("key_revoked", refusal::revoked(found.replaced, &found.key_name))),
        _ if found.expired => Err(no("key_expired", refusal::expired(&found.key_name))),
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
                channel::refuse(db, found.channel.id, &refusal, Some(attempt.id)).await?;
            } else {
                channel::refuse_quietly(db, found.channel.id, &refusal, attempt.id).await?;
            }
            tx.commit().await?;
            app.committed.notify_one();
            return Ok(Outcome::Refused(code));
        }
    };
    let mut session = session(attempt, &found, open.as_ref().map(|b| b.id), admission);
    // A node that has not heard yet that its test went live would hand the test over.
    let settled = |b: &&Broadcast| b.went_live_at.is_none_or(|at| b.read_at - at > SETTLED);
    session.hand_over = open.as_ref().filter(settled).and_then(|b| holder.of(b));
    // Fixed at the start: what goes on stays what it is.
    let test = open.as_ref().map_or(found.channel.test_mode, |b| b.test);
    let placed = broadcasts::Session {
        broadcast: session.broadcast,
        session: session.id,
        epoch: session.epoch,
        node_id: &attempt.node_id,
        origin_url: &attempt.origin_url,
        msn_reserved: session.msn_reserved,
        test,
    };
    if session.resumed {
        sessions::supersede(db, session.broadcast).await?;
        let grace = found.channel.grace(app.config.grace.get());
        broadcasts::take_over(db, &placed, grace.as_secs_f64()).await?;
    }
    let (session_in, broadcast_in) = (sessions::inserting(db).await?, broadcasts::inserting(db).await?);
    let used = keys::used(db, found.key_id, &attempt.encoder, &attempt.remote_addr);
    if session.resumed {
        tokio::try_join!(sessions::insert(db, &session_in, &session), used)?;
    } else {
        let opened = broadcasts::opened(&placed, found.channel.clone(), now);
        // In this order, in one round trip.
        tokio::try_join!(
            broadcasts::insert(db, &broadcast_in, found.channel.id, &placed),
            sessions::insert(db, &session_in, &session),
            used,
            channel::announce_opened(app, db, &opened),
        )?;
    }
    tx.commit().await?;
    app.committed.notify_one();
    if let Some(old) = &open {
        count_takeover(session.takeover, holder.host(old));
    }
    let targets = open.as_ref().and_then(|b| b.targets);
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
        targets,
        test,
    })))
}

/// The key as it is before the lock, with what its channel broadcasts.
async fn early(app: &App, lookup: &[u8]) -> Result<(Option<Presented>, Option<Broadcast>), Error> {
    let db = app.connection().await?;
    // Both in one round trip.
    tokio::try_join!(keys::present(&db, lookup), broadcasts::open_of_lookup(&db, lookup))
}

/// `kind`: `drain` (its node sends it away), `takeover` (media flowed), `reconnect`.
fn count_takeover(takeover: bool, host: Host) {
    let kind = match host {
        Host::Draining => "drain",
        _ if takeover => "takeover",
        _ => "reconnect",
    };
    metrics::counter!("streamly_stream_takeovers_total", "kind" => kind).increment(1);
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
        hand_over: None,
    }
}
