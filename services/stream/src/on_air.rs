//! What is on air, for who runs the platform: every broadcast with what it costs, and the nodes with what they have. Whoever calls has
//! asked already whether it may be told.

use crate::{
    app::App,
    bus,
    error::Error,
    nodes::{self, Heard, limits},
    store::broadcasts::{self, Broadcast},
};
use futures_util::future::try_join_all;
use serde_json::Value;
use uuid::Uuid;

/// Broadcasts of a page.
pub const PAGE: usize = 50;

/// Broadcasts, the newest first.
pub struct Page {
    /// Each with its health as the index has it; none: not known now.
    pub items: Vec<(Broadcast, Option<Value>)>,
    /// Before which the next page begins; none: that was all.
    pub next: Option<Uuid>,
}

/// A page of at most [`PAGE`] broadcasts on air, whatever their visibility, before one.
pub async fn page(app: &App, before: Option<Uuid>) -> Result<Page, Error> {
    let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut open = broadcasts::open_page(&app.connection().await?, before, most).await?;
    let more = open.len() > PAGE;
    open.truncate(PAGE);
    let next = open.last().filter(|_| more).map(|last| last.id.0);
    // What is not known for the moment is not said.
    let health = try_join_all(open.iter().map(|b| bus::health(&app.redis, b.channel.id))).await;
    let health = health.unwrap_or_else(|e| {
        tracing::warn!(error = ?e, "what broadcasts cost is not known now");
        vec![None; open.len()]
    });
    Ok(Page { items: open.into_iter().zip(health).collect(), next })
}

/// A node and what it has.
pub struct Loaded {
    /// The node as it was heard last.
    pub heard: Heard,
    /// Broadcasts that it has.
    pub broadcasts: u64,
    /// Who watch them.
    pub viewers: u64,
}

/// All nodes, by name.
pub async fn nodes(app: &App) -> Result<Vec<Loaded>, Error> {
    let counts = async { broadcasts::by_node(&app.connection().await?).await };
    let (all, counts) = tokio::try_join!(nodes::all(&app.redis), counts)?;
    let loaded = |heard: Heard| {
        let (broadcasts, viewers) = counts.get(&heard.id).copied().unwrap_or_default();
        Loaded { heard, broadcasts, viewers }
    };
    Ok(all.into_iter().map(loaded).collect())
}

/// What the nodes that are there go by: those that say it, by name, and their limits by key.
pub async fn limits(app: &App) -> Result<(Vec<String>, Vec<limits::Shared>), Error> {
    let nodes: Vec<String> = nodes::all(&app.redis).await?.into_iter().map(|Heard { id, .. }| id).collect();
    let limits = limits::of(&app.redis, &nodes).await?;
    let mut said: Vec<_> = nodes.into_iter().zip(limits).collect();
    said.retain(|(_, limits)| !limits.is_empty());
    let limits = limits::together(&said);
    Ok((said.into_iter().map(|(id, _)| id).collect(), limits))
}
