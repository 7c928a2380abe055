//! Stream keys that end for good, and what is broadcast with them, in one transaction: no session outlives its key because the service
//! stopped in between.

use crate::{
    app::App,
    channel,
    error::Error,
    store::{broadcasts, broadcasts::Broadcast, channels, keys},
};
use streamly_domain::{ChannelId, KeyId};
use streamly_status::Code;

/// How the broadcast of such a key ends.
const KEY_REVOKED: &str = "key_revoked";

/// What a revocation did.
pub struct Revoked {
    /// Keys that were good until now.
    pub keys: u32,
    /// What ended with them.
    pub ended: Option<Broadcast>,
}

/// Ends a key of that channel. Twice is as once. Errors: `key_not_found`.
pub async fn one(app: &App, channel: ChannelId, key: KeyId) -> Result<Revoked, Error> {
    let mut db = app.db.get().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, channel).await?;
    let was_good = keys::find(&tx, channel, key).await?.is_some();
    if !keys::revoke(&tx, channel, key).await? {
        return Err(Code::KeyNotFound.into());
    }
    let open = broadcasts::open_of_key(&tx, key.0).await?;
    if let Some(open) = &open {
        channel::end_within(app, &tx, open, KEY_REVOKED).await?;
    }
    tx.commit().await?;
    drop(db);
    tell(app, Revoked { keys: was_good.into(), ended: open }).await
}

/// Ends all keys of that channel.
pub async fn all(app: &App, channel: ChannelId) -> Result<Revoked, Error> {
    let mut db = app.db.get().await?;
    let tx = db.transaction().await?;
    channels::lock(&tx, channel).await?;
    let good = keys::list(&tx, channel).await?;
    for key in &good {
        keys::revoke(&tx, channel, key.id).await?;
    }
    // Whichever of them opened it.
    let open = broadcasts::open_of(&tx, channel).await?;
    if let Some(open) = &open {
        channel::end_within(app, &tx, open, KEY_REVOKED).await?;
    }
    tx.commit().await?;
    drop(db);
    tell(app, Revoked { keys: u32::try_from(good.len()).unwrap_or(u32::MAX), ended: open }).await
}

async fn tell(app: &App, revoked: Revoked) -> Result<Revoked, Error> {
    if let Some(open) = &revoked.ended {
        channel::tell_end(app, open, KEY_REVOKED, true).await;
    }
    Ok(revoked)
}
