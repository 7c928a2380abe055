//! Notices of live channels: who wants them where, and the rules of when they go out. In the page they come with the event stream
//! (`page`), by mail through user (`mails`), to browsers by Web Push (`pushes`).
//!
//! Mails and pushes are told from the tables alone, by the leader: a broadcast that is live and not yet told is due. So neither a restart
//! nor Redis being away loses or doubles one. Who is told is asked of the tables for each batch: who left in the meantime is not told.

pub mod mails;
pub mod page;
pub mod pushes;
mod rounds;
pub mod stop;
pub mod turns;

use crate::{
    app::App,
    bus, channel,
    error::Error,
    names::Asker,
    store::notices::{self, Change, Settings, Way},
};
use streamly_domain::UserId;
use streamly_status::Code;
use time::OffsetDateTime;

/// Changes a person's settings.
pub async fn change(app: &App, user: UserId, change: Change) -> Result<Settings, Error> {
    let db = app.connection().await?;
    let now = notices::change(&db, user, change).await?;
    drop(db);
    changed(app, user).await;
    Ok(now)
}

/// What began until then (or by now) is no news any more for that person.
pub async fn see(app: &App, user: UserId, until: Option<OffsetDateTime>) -> Result<Settings, Error> {
    let db = app.connection().await?;
    let now = notices::see(&db, user, until).await?;
    drop(db);
    changed(app, user).await;
    Ok(now)
}

/// Sets the bell of a channel that the person follows. Errors: `channel_not_found`, `not_following`.
pub async fn set_bell(app: &App, user: UserId, name: &str, on: bool) -> Result<(), Error> {
    let channel = channel::by_name(app, name, Asker::Free).await?;
    let db = app.connection().await?;
    if !notices::set_bell(&db, user, channel.id, on).await? {
        return Err(Code::NotFollowing.into());
    }
    drop(db);
    changed(app, user).await;
    Ok(())
}

/// What a person follows, or wants to be told, is another: their open pages go by it from now on. While Redis is away they do so from their
/// next connection on, which is no later than the end of their token.
pub async fn changed(app: &App, user: UserId) {
    let (id, at) = (uuid::Uuid::now_v7(), OffsetDateTime::now_utc());
    let fact = serde_json::json!({});
    if let Err(e) = bus::append(&app.redis, bus::PASSING, id, page::CHANGED, user.0, at, &fact).await {
        tracing::debug!(error = ?e, "open pages learn later what is wanted");
    }
}

/// Tells followers in all ways, for as long as it is polled.
pub async fn run(app: &App) {
    tokio::join!(rounds::mails(app), rounds::pushes(app, Way::Push), rounds::pushes(app, Way::Unproved));
}

/// What came of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// There may be more followers to tell.
    More,
    /// All were told.
    Done,
}
