//! The ends of sessions, as nodes report them or the reaper finds them, made true in the store.
//!
//! Everything is decided under the channel's row lock against the epoch of the session that ended: a late word about an old session
//! never touches the one that took over.

use crate::{
    app::App,
    channel,
    error::Error,
    refusal,
    store::{broadcasts, broadcasts::Broadcast, channels, keys, refusals::Refusal},
    waiting,
};
use std::time::Duration;
use streamly_domain::{BroadcastId, ChannelId, StreamState};
use streamly_proto::stream::v1::PublishEnded;
use time::OffsetDateTime;
use uuid::Uuid;

/// Longest code and sentence (characters) kept of a node's refusal.
const MAX_CODE: usize = 64;
const MAX_DETAIL: usize = 300;

/// How long the broadcast of a publisher is kept at least that a draining node sent away: OBS is elsewhere within a second, on a
/// channel too that waits for nobody.
pub(super) const MOVE: Duration = Duration::from_secs(10);

/// Stores the end of a session that a node reported; `drains`: that node sends its publishers away. Late facts of lower epochs are nothing;
/// the same fact twice is one.
pub async fn ended(app: &App, fact: &PublishEnded, drains: bool) -> Result<(), Error> {
    let Ok(id) = fact.broadcast_id.parse::<BroadcastId>() else { return Ok(()) };
    let db = app.connection().await?;
    let Some(b) = broadcasts::by_ids(&db, &[id.0]).await?.into_iter().next() else { return Ok(()) };
    drop(db);
    if b.ended_how.is_some() || fact.epoch < b.epoch {
        return Ok(());
    }
    if fact.how == "refused" {
        refused(app, &b, fact).await?;
    }
    let least = if drains { MOVE } else { Duration::ZERO };
    match fact.how.as_str() {
        "lost" => lost(app, &b, least).await,
        "refused" if b.state != StreamState::Starting => lost(app, &b, least).await,
        // Its publisher is on the way to another node. The reaper ends it if it does not come.
        "grace_over" if is_moving(app, &b, least) => Ok(()),
        how => channel::end(app, &b, how, false).await.map(|_| ()),
    }
}

/// Whether it waits longer than its channel wants, because its node drains.
fn is_moving(app: &App, b: &Broadcast, least: Duration) -> bool {
    let waits = b.grace_until.is_some_and(|until| until > b.read_at);
    waits && b.channel.grace(app.config.grace.get()) < least
}

/// A node that is here anew has lost what it does not name: it was killed, or its last words did not arrive. Its lease would call that live
/// for seconds more. A permit that is on its way to the node meanwhile is made true by the next heartbeat.
pub(super) async fn forgotten(app: &App, node: &str, named: &[Uuid]) {
    let forget = async {
        let db = app.connection().await?;
        let open = broadcasts::open_on(&db, node, named).await?;
        drop(db);
        for b in open {
            if lost_if(app, b.channel.id, Duration::ZERO, same(&b)).await? {
                tracing::info!(node, broadcast = %b.id, "a node that is here anew has lost a broadcast");
            }
        }
        Ok::<_, Error>(())
    };
    if let Err(e) = forget.await {
        tracing::warn!(error = ?e, node, "what a node has lost is found by the reaper");
    }
}

async fn refused(app: &App, b: &Broadcast, fact: &PublishEnded) -> Result<(), Error> {
    // PostgreSQL takes no NUL in a text.
    let short = |text: &str, most| text.chars().filter(|c| !c.is_control()).take(most).collect::<String>();
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, b.channel.id).await?;
    let (key_name, remote_addr) = keys::of_session(&tx, b.session_id.0).await?.unwrap_or_default();
    let refusal = Refusal {
        code: short(&fact.code, MAX_CODE),
        detail: refusal::media(&fact.code, &short(&fact.detail, MAX_DETAIL)),
        at: OffsetDateTime::now_utc(),
        key_name,
        remote_addr,
    };
    // One session is refused at most once: its id stands for the attempt.
    channel::refuse(&tx, b.channel.id, &refusal, Some(b.session_id.0)).await?;
    tx.commit().await?;
    app.committed.notify_one();
    Ok(())
}

/// The publisher is lost: grace begins, unless somebody has taken over or ended it meanwhile.
async fn lost(app: &App, b: &Broadcast, least: Duration) -> Result<(), Error> {
    lost_if(app, b.channel.id, least, same(b)).await.map(|_| ())
}

/// Nobody has taken it over since it was read.
fn same(b: &Broadcast) -> impl FnOnce(&Broadcast) -> bool {
    let (id, epoch) = (b.id, b.epoch);
    move |open| open.id == id && open.epoch == epoch
}

/// Begins the grace of a channel's open broadcast, of at least this time, if `is_lost` says so of it, as it is under the channel's lock. A
/// channel without any ends here. Whether something was done.
pub async fn lost_if(
    app: &App,
    channel: ChannelId,
    least: Duration,
    is_lost: impl FnOnce(&Broadcast) -> bool,
) -> Result<bool, Error> {
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, channel).await?;
    let Some(open) = broadcasts::open_of(&tx, channel).await?.filter(is_lost) else { return Ok(false) };
    let grace = open.channel.grace(app.config.grace.get()).max(least);
    let for_s = Some(grace.as_secs_f64());
    match open.state {
        StreamState::Live | StreamState::Starting if grace.is_zero() => {
            crate::channel::end_within(app, &tx, &open, "lost").await?;
            tx.commit().await?;
            drop(db);
            crate::channel::tell_end(app, &open, "lost", true).await;
            return Ok(true);
        }
        StreamState::Live => {
            broadcasts::set_state(&tx, open.id, StreamState::Reconnecting, for_s).await?;
            crate::channel::announce(app, &tx, &open, StreamState::Reconnecting).await?;
        }
        // Nobody has seen it yet: it stays as it is while its publisher may come back.
        StreamState::Starting if open.grace_until.is_none() => {
            broadcasts::set_state(&tx, open.id, StreamState::Starting, for_s).await?;
        }
        _ => return Ok(false),
    }
    tx.commit().await?;
    drop(db);
    app.committed.notify_one();
    waiting::write_changed(app, open.id).await;
    Ok(true)
}
