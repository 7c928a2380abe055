//! Following a channel and leaving it: the row, the count and the fact in one transaction.

use crate::{
    app::App,
    channel,
    error::Error,
    names::Asker,
    notices, people,
    store::{
        channels,
        follows::{self, Started},
        outbox,
    },
    webhooks::{self, event::Kind},
};
use serde_json::json;
use streamly_domain::UserId;
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;

/// The user follows the channel of that name from now on. Twice is as once. Errors: `channel_not_found`; it is the user's own;
/// `account_suspended`; `too_many_follows`; the user service is away.
pub async fn follow(app: &App, user: UserId, name: &str) -> Result<(), Error> {
    let channel = channel::by_name(app, name, Asker::Free).await?;
    if channel.owner_id == user {
        let detail = "Nobody follows their own channel.".to_owned();
        return Err(Error::Fields(vec![FieldError { field: "username".into(), code: "invalid", detail }]));
    }
    let db = app.connection().await?;
    let before = follows::since(&db, user, channel.id).await?;
    drop(db);
    if before.is_some() {
        return Ok(());
    }
    let who = people::by_id(app, user).await?.ok_or(Code::UserNotFound)?;
    if who.suspended {
        return Err(Code::AccountSuspended.into());
    }
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    let channel = channels::lock(&tx, channel.id).await?.ok_or(Code::ChannelNotFound)?;
    if follows::count(&tx, user).await? >= app.config.max_follows.into() {
        return Err(Code::TooManyFollows.into());
    }
    let started = follows::start(&tx, user, channel.id).await?;
    if started == Started::New {
        let fact = json!({"user_id": user, "username": who.username, "display_name": who.display_name});
        outbox::push(&tx, "stream.followed", channel.id, &fact).await?;
        webhooks::note(app, &tx, &channel, Kind::Followed, OffsetDateTime::now_utc(), &fact).await?;
    }
    tx.commit().await?;
    if started == Started::New {
        app.committed.notify_one();
    }
    drop(db);
    notices::changed(app, user).await;
    Ok(())
}

/// The user follows the channel of that name no more. Not to have followed it is fine too. Errors: `channel_not_found`.
pub async fn unfollow(app: &App, user: UserId, name: &str) -> Result<(), Error> {
    let channel = channel::by_name(app, name, Asker::Free).await?;
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, channel.id).await?.ok_or(Code::ChannelNotFound)?;
    let ended = follows::end(&tx, user, channel.id).await?;
    if ended {
        outbox::push(&tx, "stream.unfollowed", channel.id, &json!({"user_id": user})).await?;
    }
    tx.commit().await?;
    drop(db);
    if ended {
        app.committed.notify_one();
    }
    notices::changed(app, user).await;
    Ok(())
}
