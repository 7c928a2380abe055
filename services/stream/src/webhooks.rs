//! Webhooks: what happens in a channel, told to addresses of its owner's choice. See docs/WEBHOOKS.md and ADR 0033.
//!
//! [`note`] writes the deliveries of an event in the transaction that makes it true: each exactly once, whatever is away or restarts.
//! [`sender`] sends them, at every replica; [`verdict`] says what follows an attempt,
//! [`reason`] what its owner is told. The address is judged by `outbound` alone. URLs and
//! secrets are logged nowhere: both open something.

pub mod event;
pub mod reason;
pub mod secret;
pub mod sender;
pub mod verdict;

use crate::{
    app::App,
    error::Error,
    store::{
        channels::Channel,
        deliveries::{self, New},
        webhooks as table,
    },
};
use event::Kind;
use serde_json::Value;
use streamly_postgres::GenericClient;
use time::OffsetDateTime;
use uuid::Uuid;

/// Writes the deliveries of an event to all webhooks that want it. The caller's transaction holds the channel's lock.
pub async fn note(
    app: &App,
    db: &impl GenericClient,
    channel: &Channel,
    kind: Kind,
    at: OffsetDateTime,
    data: &Value,
) -> Result<(), Error> {
    let wanted = table::wanting(db, channel.id, kind).await?;
    add(app, db, channel, &wanted, kind, at, data).await.map(|_| ())
}

/// Writes one delivery for each of these webhooks, whose rows are locked; their ids.
pub async fn add(
    app: &App,
    db: &impl GenericClient,
    channel: &Channel,
    webhooks: &[Uuid],
    kind: Kind,
    at: OffsetDateTime,
    data: &Value,
) -> Result<Vec<Uuid>, Error> {
    if webhooks.is_empty() {
        return Ok(Vec::new());
    }
    let mut new = Vec::with_capacity(webhooks.len());
    for webhook in webhooks {
        let id = Uuid::now_v7();
        let body = event::body(id, kind, at, channel, &app.config.public_url, data)?;
        new.push(New { id, webhook: *webhook, body });
    }
    // A test is asked for by a person, who waits for what comes of it.
    let room = if kind == Kind::Test { 2 } else { 1 };
    deliveries::add(db, kind, &new, app.config.webhooks.waiting.saturating_mul(room)).await?;
    Ok(new.into_iter().map(|delivery| delivery.id).collect())
}
