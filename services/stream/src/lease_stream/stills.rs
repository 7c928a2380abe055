//! Numbers of newer stills: stored, and told to open pages. No fact: only the newest one counts, and nobody resumes after it.

use crate::{
    app::App,
    bus,
    error::Error,
    store::{broadcasts, broadcasts::Broadcast},
    view,
    visibility::Visibility,
};
use futures_util::future::try_join_all;
use serde_json::json;
use streamly_proto::stream::v1::BroadcastReport;
use time::OffsetDateTime;
use uuid::Uuid;

/// Whether the report of a broadcast names another still than is known. What no column holds is no number of a node's.
pub(super) fn is_newer(b: &Broadcast, report: &BroadcastReport) -> bool {
    report.still > b.still && i64::try_from(report.still).is_ok()
}

/// Stores the numbers of broadcasts that have newer ones. Pages are told of a channel's that everybody may watch; others see it where they ask
/// for the channel, with their token.
pub(super) async fn told(app: &App, newer: &[Broadcast]) -> Result<(), Error> {
    if newer.is_empty() {
        return Ok(());
    }
    let stills: Vec<_> = newer.iter().map(|b| (b.id, b.still)).collect();
    broadcasts::set_stills(&app.connection().await?, &stills).await?;
    let now = OffsetDateTime::now_utc();
    let open = newer.iter().filter(|b| b.channel.visibility.is_open() && b.is_real());
    try_join_all(open.map(|b| tell(app, b, now))).await?;
    Ok(())
}

async fn tell(app: &App, b: &Broadcast, now: OffsetDateTime) -> Result<(), Error> {
    let payload = json!({
        "broadcast_id": b.id,
        "still_url": view::still_url(&app.config.public_url, b.id, b.shown_still()),
        "listed": b.channel.visibility == Visibility::Public,
    });
    bus::append(&app.redis, bus::PASSING, Uuid::now_v7(), "stream.still", b.channel.id.0, now, &payload).await
}
