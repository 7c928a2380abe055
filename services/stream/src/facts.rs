//! The two facts of a broadcast's life that people wait for: it went live, it has ended. Each once, in the transaction that makes it true,
//! which holds the channel's lock: a reconnect, a take-over and a move to another node find it live already. With them the deliveries to the
//! channel's webhooks.

use crate::{
    app::App,
    error::Error,
    pictures,
    store::{broadcasts::Broadcast, outbox},
    webhooks::{self, event::Kind},
};
use serde_json::json;
use streamly_postgres::GenericClient;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// `b`, as it was read under the lock, is live for the first time.
pub async fn went_live(
    app: &App,
    db: &impl GenericClient,
    b: &Broadcast,
    at: OffsetDateTime,
) -> Result<(), Error> {
    let c = &b.channel;
    let fact = json!({
        "broadcast_id": b.id, "username": c.username, "display_name": c.display_name, "title": c.title,
        "category": c.category, "avatar_url": c.avatar.as_deref().map(pictures::url), "visibility": c.visibility,
        "started_at": text(at),
    });
    outbox::push(db, "stream.went_live", c.id, &fact).await?;
    let data = json!({
        "broadcast_id": b.id, "title": c.title, "category": c.category, "visibility": c.visibility, "started_at": text(at),
    });
    webhooks::note(app, db, c, Kind::Live, at, &data).await
}

/// `b`, which was live since then, has ended.
pub async fn ended(
    app: &App,
    db: &impl GenericClient,
    b: &Broadcast,
    started_at: OffsetDateTime,
    ended_at: OffsetDateTime,
    how: &str,
) -> Result<(), Error> {
    let fact = json!({
        "broadcast_id": b.id, "username": b.channel.username, "started_at": text(started_at),
        "ended_at": text(ended_at), "how": how,
    });
    outbox::push(db, "stream.ended", b.channel.id, &fact).await?;
    let seconds = (ended_at - started_at).whole_seconds().max(0);
    let data = json!({
        "broadcast_id": b.id, "started_at": text(started_at), "ended_at": text(ended_at), "seconds": seconds, "how": how,
    });
    webhooks::note(app, db, &b.channel, Kind::Ended, ended_at, &data).await
}

fn text(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
