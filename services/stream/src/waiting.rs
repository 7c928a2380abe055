//! Open broadcasts that no node reports: their node is gone, and they wait for their publisher. Their entries in the live index are written
//! from here, so that nobody calls them offline while they wait.

use crate::{app::App, bus, error::Error, store::broadcasts, store::broadcasts::Broadcast};
use std::time::Duration;
use streamly_domain::BroadcastId;
use uuid::Uuid;

/// Longest wait for the index where somebody waits for its writer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Writes the entries of broadcasts as they were read. One that ended since may have been taken out before this was written: it is taken
/// out again. Errors: something is away, and entries end by their TTL.
pub async fn write(app: &App, all: &[Broadcast]) -> Result<(), Error> {
    if all.is_empty() {
        return Ok(());
    }
    bus::write_index(&app.redis, app.config.lease_ttl.get(), all).await?;
    let ids: Vec<Uuid> = all.iter().map(|b| b.id.0).collect();
    let db = app.connection().await?;
    let now = broadcasts::by_ids(&db, &ids).await?;
    drop(db);
    for b in now.iter().filter(|b| b.ended_how.is_some()) {
        bus::clear_live(&app.redis, b).await;
    }
    Ok(())
}

/// Writes the entry of a broadcast whose state has just changed without a node's heartbeat. It never fails: the reaper writes it again.
pub async fn write_changed(app: &App, id: BroadcastId) {
    let writing = async {
        let db = app.connection().await?;
        let mut all = broadcasts::by_ids(&db, &[id.0]).await?;
        drop(db);
        all.retain(|b| b.ended_how.is_none());
        write(app, &all).await
    };
    match tokio::time::timeout(PATIENCE, writing).await {
        Ok(Ok(())) => {}
        Ok(Err(e)) => tracing::warn!(error = ?e, broadcast = %id, "the live index was not written"),
        Err(_) => tracing::warn!(broadcast = %id, "the live index takes long to write"),
    }
}
