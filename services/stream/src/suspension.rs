//! Hears of suspended users on `events:user`, and of those that are so no more, and ends what the former broadcast; of users whose name is
//! written otherwise now; and of erased ones, of whom everything goes (`departure`).
//!
//! An event only says whom to ask about: the user service's present word counts, so that an old event read again harms nobody. The
//! place in the stream is kept in Redis; lost, everything that is still kept is read again.

use crate::{app::App, bus, channel, departure, error::Error, people, store::channels};
use prost::Message;
use serde_json::Value as Json;
use std::time::Duration;
use streamly_domain::UserId;
use streamly_proto::event::v1::Event;
use streamly_redis::{Entry, Follower, Value};

/// Facts of the user service.
pub const USER_EVENTS: &str = "events:user";
/// Where the id of the last event that was dealt with is kept.
const PLACE: &str = "stream:place:events:user";
/// Pause after a failure.
const PAUSE: Duration = Duration::from_millis(500);

/// For as long as it is polled.
pub async fn follow(app: &App) {
    loop {
        if let Err(e) = follow_on(app).await {
            tracing::warn!(error = ?e, "facts about users wait");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow_on(app: &App) -> Result<(), Error> {
    let place: Option<String> = app.redis.call("GET", [PLACE]).await?;
    let mut follower = Follower::new(&app.redis, USER_EVENTS, place.as_deref().unwrap_or("0")).await?;
    loop {
        let entries = follower.next().await?;
        for entry in &entries {
            match told(entry) {
                Some((user, Told::Erased)) => departure::remove(app, user).await?,
                Some((user, Told::Suspended(suspended))) => apply(app, user, suspended).await?,
                None => {}
            }
        }
        if !entries.is_empty() {
            app.redis.call::<Value>("SET", [PLACE, follower.last()]).await?;
        }
    }
}

/// What a fact says of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Whether it is suspended.
    Suspended(bool),
    /// It is no more.
    Erased,
}

fn told(entry: &Entry) -> Option<(UserId, Told)> {
    let event = Event::decode(&entry.field("e")?[..]).ok()?;
    let told = match event.r#type.as_str() {
        "user.suspended" => Told::Suspended(true),
        "user.updated" => {
            Told::Suspended(serde_json::from_slice::<Json>(&event.payload).ok()?["suspended"].as_bool()?)
        }
        "user.deleted" => Told::Erased,
        _ => return None,
    };
    Some((event.subject.parse().ok()?, told))
}

async fn apply(app: &App, user: UserId, told: bool) -> Result<(), Error> {
    let db = app.db.get().await?;
    let found = channels::find(&db, channels::By::Owner(user)).await?;
    drop(db);
    let Some(found) = found else { return Ok(()) };
    // Not to be asked: the event is the last known word.
    let asked = people::by_id(app, user).await;
    if let Ok(Some(now)) = &asked
        && (now.display_name != found.display_name || now.username != found.username)
    {
        channel::rename(app, now).await?;
    }
    let suspended = asked.map_or(told, |u| u.is_none_or(|u| u.suspended));
    if !suspended && !found.suspended {
        return Ok(());
    }
    let mut db = app.db.get().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, found.id).await?;
    channels::set_suspended(&tx, found.id, suspended).await?;
    if suspended != found.suspended {
        // What open pages show of it is another now.
        channel::announce_update(app, &tx, found.id).await?;
    }
    tx.commit().await?;
    app.committed.notify_one();
    drop(db);
    if suspended {
        channel::end_any(app, found.id, bus::SUSPENDED).await?;
        tracing::info!(channel = %found.id, "its owner is suspended");
    }
    Ok(())
}
