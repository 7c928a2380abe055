//! A channel's life: made when first asked for, its state changed in one transaction with the facts about it.

use crate::{
    app::App,
    bus::{self, Ending, counts},
    error::Error,
    facts, feed,
    names::Asker,
    people,
    store::{
        broadcasts, broadcasts::Broadcast, channels, channels::Channel, outbox, refusals, refusals::Refusal,
    },
    view,
    visibility::Visibility,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use streamly_auth::access::Claims;
use streamly_domain::{ChannelId, StreamState, UserId};
use streamly_postgres::GenericClient;
use streamly_proto::user::v1::User;
use streamly_status::Code;

/// The caller's own channel; made if there is none. Errors: the user service is away and was needed.
pub async fn own(app: &App, claims: &Claims) -> Result<Channel, Error> {
    let db = app.db.get().await?;
    let found = channels::find(&db, channels::By::Owner(claims.sub)).await?;
    drop(db);
    // Another name than in the token: one of the two is old, the user service knows which.
    if let Some(channel) = found.filter(|c| c.username == claims.username.as_str()) {
        return Ok(channel);
    }
    let user = people::by_id(app, claims.sub).await?.ok_or(Code::UserNotFound)?;
    make(app, &user).await
}

/// The channel of a name; made if there is a user of that name. Errors: `channel_not_found`; `rate_limited` of a name that nobody asked for lately,
/// while others make up too many.
pub async fn by_name(app: &App, name: &str, who: Asker) -> Result<Channel, Error> {
    let name = streamly_domain::Username::parse(name).map_err(|_| Code::ChannelNotFound)?;
    // Before anything is asked: however often nobody is asked for, it costs the database a look a second, and however many are made up, so
    // many as there are turns.
    if app.names.is_nobodys(name.as_str()) {
        return Err(Code::ChannelNotFound.into());
    }
    if !app.names.may_look(name.as_str(), who, Instant::now()) {
        metrics::counter!("streamly_stream_rate_limited_total", "what" => "names").increment(1);
        return Err(Error::Limited(Duration::from_secs(1)));
    }
    let db = app.db.get().await?;
    if let Some(channel) = channels::find(&db, channels::By::Name(name.as_str())).await? {
        app.names.was_there(name.as_str());
        return Ok(channel);
    }
    drop(db);
    match people::by_name(app, &name).await? {
        Some(user) => make(app, &user).await,
        None => {
            app.names.was_nobodys(name.as_str());
            Err(Code::ChannelNotFound.into())
        }
    }
}

/// The channel of a user gets the user's present names, and everybody who watches is told.
pub async fn rename(app: &App, user: &User) -> Result<(), Error> {
    let channel = make(app, user).await?;
    let db = app.db.get().await?;
    announce_update(app, &db, channel.id).await?;
    app.committed.notify_one();
    Ok(())
}

async fn make(app: &App, user: &User) -> Result<Channel, Error> {
    let owner: UserId = user.id.parse().map_err(|_| Code::BadGateway)?;
    let mut db = app.db.get().await?;
    let tx = db.transaction().await?;
    channels::one_maker(&tx).await?;
    // A name that the user service gave to somebody else is not its former owner's any more.
    channels::free_name(&tx, owner, &user.username).await?;
    let channel = channels::upsert(&tx, owner, &user.username, &user.display_name, user.suspended).await?;
    channels::refresh_search(&tx, &channel).await?;
    tx.commit().await?;
    // Other replicas learn of it within the second that a name counts as unknown.
    app.names.was_there(user.username.as_str());
    Ok(channel)
}

/// Writes the facts of a changed state: `stream.state_changed` and `stream.updated`, or of a test those that its team alone hears. `state` is
/// the new one.
pub async fn announce(
    app: &App,
    db: &impl GenericClient,
    b: &Broadcast,
    state: StreamState,
) -> Result<(), Error> {
    let (channel, open) = present(db, b.channel.id).await?;
    let visibility = channel.as_ref().map_or(b.channel.visibility, |c| c.visibility);
    let changed = changed(b, state, visibility);
    if b.test {
        outbox::push(db, feed::TEST_STATE, b.channel.id, &changed).await?;
        return match channel {
            Some(channel) => test_updated(app, db, &channel, open.as_ref()).await,
            None => Ok(()),
        };
    }
    let state_changed = outbox::push(db, "stream.state_changed", b.channel.id, &changed);
    let Some(channel) = channel else { return state_changed.await };
    // In this order, in one round trip.
    tokio::try_join!(state_changed, updated(app, db, &channel, open.as_ref()))?;
    Ok(())
}

/// The same of what the caller's transaction has just opened.
pub async fn announce_opened(app: &App, db: &impl GenericClient, b: &Broadcast) -> Result<(), Error> {
    let changed = changed(b, b.state, b.channel.visibility);
    if b.test {
        tokio::try_join!(
            outbox::push(db, feed::TEST_STATE, b.channel.id, &changed),
            test_updated(app, db, &b.channel, Some(b))
        )?;
        return Ok(());
    }
    tokio::try_join!(
        outbox::push(db, "stream.state_changed", b.channel.id, &changed),
        updated(app, db, &b.channel, Some(b))
    )?;
    Ok(())
}

/// Writes the fact `stream.updated` with the public object as it is now.
pub async fn announce_update(app: &App, db: &impl GenericClient, id: ChannelId) -> Result<(), Error> {
    let (channel, open) = present(db, id).await?;
    let Some(channel) = channel else { return Ok(()) };
    updated(app, db, &channel, open.as_ref()).await
}

/// The same of what only who sees the broadcast can see, such as its renditions: while it is a test, others hear of nothing.
pub async fn announce_on_air(app: &App, db: &impl GenericClient, id: ChannelId) -> Result<(), Error> {
    let (channel, open) = present(db, id).await?;
    let Some(channel) = channel else { return Ok(()) };
    match open.as_ref().filter(|b| b.test) {
        Some(test) => test_updated(app, db, &channel, Some(test)).await,
        None => updated(app, db, &channel, open.as_ref()).await,
    }
}

async fn present(
    db: &impl GenericClient,
    id: ChannelId,
) -> Result<(Option<Channel>, Option<Broadcast>), Error> {
    tokio::try_join!(channels::find(db, channels::By::Id(id)), broadcasts::open_of(db, id))
}

/// Whoever reads the fact later has to know for whom it was.
fn changed(b: &Broadcast, state: StreamState, visibility: Visibility) -> Value {
    json!({"state": state, "broadcast_id": b.id, "epoch": b.epoch, "username": b.channel.username, "visibility": visibility})
}

async fn updated(
    app: &App,
    db: &impl GenericClient,
    channel: &Channel,
    open: Option<&Broadcast>,
) -> Result<(), Error> {
    let test = open.is_some_and(|b| b.test);
    let mut stream =
        serde_json::to_value(view::stream(&app.config.public_url, channel, open.filter(|b| b.is_real())))?;
    if !test {
        return outbox::push(db, "stream.updated", channel.id, &stream).await;
    }
    // Whoever sees the test goes by the next fact instead.
    stream[feed::DURING_TEST] = true.into();
    tokio::try_join!(
        outbox::push(db, "stream.updated", channel.id, &stream),
        test_updated(app, db, channel, open)
    )?;
    Ok(())
}

/// The same with the test that is on air, for its team alone.
async fn test_updated(
    app: &App,
    db: &impl GenericClient,
    channel: &Channel,
    open: Option<&Broadcast>,
) -> Result<(), Error> {
    let stream = serde_json::to_value(view::for_team(&app.config.public_url, channel, open))?;
    outbox::push(db, feed::TEST_UPDATED, channel.id, &stream).await
}

/// Ends a broadcast at once: state, facts, index, and the node that sends it. `false`, and nothing is done, if it has ended or
/// another session has taken it over since `b` was read.
pub async fn end(app: &App, b: &Broadcast, how: &str, tell_node: bool) -> Result<bool, Error> {
    end_if(app, b.channel.id, how, tell_node, |open| open.id == b.id && open.epoch == b.epoch).await
}

/// Ends what a channel broadcasts at this moment, whichever session sends it.
pub async fn end_any(app: &App, channel: ChannelId, how: &str) -> Result<bool, Error> {
    end_if(app, channel, how, true, |_| true).await
}

/// Ends the open broadcast of a channel if `over` says so of it, as it is under the channel's lock.
pub async fn end_if(
    app: &App,
    channel: ChannelId,
    how: &str,
    tell_node: bool,
    over: impl FnOnce(&Broadcast) -> bool,
) -> Result<bool, Error> {
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, channel).await?;
    let Some(open) = broadcasts::open_of(&tx, channel).await?.filter(over) else { return Ok(false) };
    end_within(app, &tx, &open, how).await?;
    tx.commit().await?;
    drop(db);
    tell_end(app, &open, how, tell_node).await;
    Ok(true)
}

/// The stored part of an end, in the caller's transaction, which holds the channel's lock and has read `open` under it.
/// [`tell_end`] follows its commit.
pub async fn end_within(
    app: &App,
    tx: &impl GenericClient,
    open: &Broadcast,
    how: &str,
) -> Result<(), Error> {
    let ended_at = broadcasts::end(tx, open.id, how).await?;
    announce(app, tx, open, StreamState::Offline).await?;
    // One that nobody could see has not ended for anybody.
    match (open.live_at.filter(|_| open.is_real()), ended_at) {
        (Some(live_at), Some(ended_at)) => facts::ended(app, tx, open, live_at, ended_at, how).await,
        _ => Ok(()),
    }
}

/// The channel's test is for everybody from now on, as if it had begun now: facts, notices, webhooks and the index say so, and its node forgets
/// what was before. Errors: `no_test`.
pub async fn go_live(app: &App, channel: ChannelId) -> Result<(), Error> {
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, channel).await?.ok_or(Code::ChannelNotFound)?;
    let test = broadcasts::open_of(&tx, channel).await?.filter(|b| b.test).ok_or(Code::NoTest)?;
    let live_at = broadcasts::go_live(&tx, test.id).await?;
    channels::edit(&tx, channel, &channels::Edit { test_mode: Some(false), ..Default::default() }).await?;
    let real = broadcasts::open_of(&tx, channel).await?.ok_or(Code::NoTest)?;
    announce(app, &tx, &real, real.state).await?;
    if let Some(at) = live_at {
        facts::went_live(app, &tx, &real, at).await?;
    }
    tx.commit().await?;
    drop(db);
    app.committed.notify_one();
    if let Err(e) = counts::forget_sessions(&app.redis, real.id).await {
        tracing::warn!(error = ?e, broadcast = %real.id, "sessions of a test count in the broadcast that it became");
    }
    bus::watching_changed(app, channel).await;
    metrics::counter!("streamly_stream_tests_gone_live_total").increment(1);
    Ok(())
}

/// How broadcasts end, as metrics name it. Nodes say some of it, so what is none of these is `other`.
const ENDS: [&str; 11] = [
    "clean",
    "ended",
    "refused",
    "grace_over",
    "lost",
    "expired",
    "owner_ended",
    "operator_ended",
    "key_revoked",
    bus::SUSPENDED,
    "other",
];

/// Names how broadcasts end, so that the first one of a kind is a rise.
pub fn count_from_zero() {
    for how in ENDS {
        metrics::counter!("streamly_stream_broadcasts_ended_total", "how" => how).increment(0);
    }
}

/// Tells of a stored end: metrics, the relay, the index, and the node that sends it.
pub async fn tell_end(app: &App, open: &Broadcast, how: &str, tell_node: bool) {
    let name = ENDS.iter().find(|name| **name == how).copied().unwrap_or("other");
    metrics::counter!("streamly_stream_broadcasts_ended_total", "how" => name).increment(1);
    app.committed.notify_one();
    if tell_node {
        let ending = Ending {
            node_id: open.node_id.clone(),
            broadcast_id: open.id,
            epoch: open.epoch,
            reason: how.to_owned(),
        };
        bus::announce_end(app, ending).await;
    }
    bus::clear_live(&app.redis, open).await;
}

/// Stores a refusal and the fact of it, once per attempt.
pub async fn refuse(
    db: &impl GenericClient,
    channel: ChannelId,
    refusal: &Refusal,
    attempt: Option<uuid::Uuid>,
) -> Result<(), Error> {
    if !refusals::insert(db, channel, refusal, attempt).await? {
        return Ok(());
    }
    tell_refusal(db, channel, refusal).await
}

/// Stores a refusal of an attempt that came too soon. One like it, told lately, speaks for it: many of them are no flood of facts.
pub async fn refuse_quietly(
    db: &impl GenericClient,
    channel: ChannelId,
    refusal: &Refusal,
    attempt: uuid::Uuid,
) -> Result<(), Error> {
    let told = refusals::lately(db, channel, refusal).await?;
    if refusals::insert(db, channel, refusal, Some(attempt)).await? && !told {
        return tell_refusal(db, channel, refusal).await;
    }
    Ok(())
}

async fn tell_refusal(db: &impl GenericClient, channel: ChannelId, refusal: &Refusal) -> Result<(), Error> {
    outbox::push(db, "stream.refused", channel, &serde_json::to_value(refusal)?).await
}
