//! Removes images that are to be seen no more: every minute, and at once when messages were deleted.
//!
//! Any node may do it, several at a time: what is gone is gone. The bytes go first, then the row: what fails is tried again. No database
//! connection is held while storage is asked.

use super::{Images, key};
use crate::{
    bus::{Entry, Log},
    log_id::LogId,
    store,
};
use std::time::Duration;
use streamly_domain::ChannelId;
use streamly_lifecycle::Shutdown;
use streamly_storage::Kind;
use uuid::Uuid;

const PACE: Duration = Duration::from_secs(60);
/// Events of a log that are searched for a message's image.
const SEARCHED: usize = 5_000;

/// Sweeps until the stop.
pub async fn sweep(images: Images, log: Log, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = shutdown.started() => return,
            () = images.due.notified() => {}
            () = tokio::time::sleep(PACE) => {}
        }
        if let Err(e) = images.sweep_once(&log).await {
            tracing::warn!(error = %e, "images could not be swept");
        }
    }
}

impl Images {
    async fn sweep_once(&self, log: &Log) -> Result<(), super::Refused> {
        let Some(storage) = &self.storage else { return Ok(()) };
        for (id, room) in store::images::unsaid(&self.db, self.unused).await? {
            // Redis away: another time.
            let Ok(message) = message_of(log, room, id).await else { continue };
            match message {
                Some(message) => self.said(id, message).await,
                None => store::images::reject(&self.db, id).await?,
            }
        }
        let delete = |id: Uuid, content_type: String| async move {
            let Some(kind) = Kind::of(&content_type) else { return Ok(()) };
            storage.delete(&key(id, kind)?).await.map_err(super::Refused::from)
        };
        while store::images::remove(&self.db, self.unused, self.keep, delete).await? {}
        Ok(())
    }
}

/// The kept message that has the image.
async fn message_of(log: &Log, room: ChannelId, id: Uuid) -> Result<Option<LogId>, streamly_redis::Error> {
    let entries = log.newest(room, LogId::default(), None, SEARCHED).await?;
    let id = id.to_string();
    // Somebody may have written the id of it into another message's text.
    let has_it = |e: &Entry| e.members().get("image").and_then(|i| i.get("id")) == Some(&id.as_str().into());
    Ok(entries.iter().find(|e| e.body.contains(&id) && has_it(e)).map(|e| e.id))
}
