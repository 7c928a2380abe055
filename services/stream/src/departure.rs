//! Removes what is left of somebody whose account was erased (the fact `user.deleted`), and tells of it: `stream.deleted` of the channel,
//! `stream.member_changed` of each role that is gone.
//!
//! Not who hears of it: that is `suspension`, which follows the facts. All of it in one transaction; done again it finds nothing.

use crate::{
    app::App,
    bus, channel,
    error::Error,
    pictures,
    store::{browsers, channels, departure, outbox},
};
use serde_json::json;
use streamly_domain::UserId;

/// Removes the user's channel, follows, roles and notices. Errors: the database is away; nothing is done then. While storage is away nothing is
/// done either, until it is told again.
pub async fn remove(app: &App, user: UserId) -> Result<(), Error> {
    let db = app.db.get().await?;
    let own = channels::find(&db, channels::By::Owner(user)).await?;
    drop(db);
    if let Some(own) = &own {
        // Closed since long, so nothing runs; but a broadcast must not outlive its channel.
        channel::end_any(app, own.id, bus::SUSPENDED).await?;
        if let Err(e) = pictures::clear(app, own.id).await {
            // The rows say what is left. Others' facts do not wait for storage: `user` tells of this again.
            tracing::warn!(error = ?e, channel = %own.id, "an erased account's channel waits for its pictures");
            return Ok(());
        }
    }
    let mut db = app.connection().await?;
    let tx = db.transaction().await?;
    if let Some(own) = &own {
        channels::lock(&tx, own.id).await?;
        departure::remove_channel(&tx, own.id).await?;
        outbox::push(&tx, "stream.deleted", own.id, &json!({"owner_id": user})).await?;
    }
    departure::remove_follows(&tx, user).await?;
    departure::remove_admissions(&tx, user).await?;
    departure::remove_markers(&tx, user).await?;
    departure::remove_deliveries(&tx, user).await?;
    browsers::forget(&tx, user).await?;
    for channel in departure::remove_roles(&tx, user).await? {
        let fact = json!({"user_id": user, "role": null});
        outbox::push(&tx, "stream.member_changed", channel, &fact).await?;
    }
    tx.commit().await?;
    app.committed.notify_one();
    if let Some(own) = own {
        tracing::info!(channel = %own.id, %user, "its owner's account was erased, and it with it");
    }
    Ok(())
}
