//! A channel as the directory shows it, written once for all pages that it is on.

use crate::{
    error::Error,
    store::{broadcasts::Broadcast, channels::Channel},
    view,
};
use std::sync::{Arc, OnceLock};

/// A channel and what it broadcasts.
#[derive(Debug, Clone)]
pub struct Card(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    channel: Channel,
    open: Option<Broadcast>,
    json: OnceLock<String>,
}

impl Card {
    /// Of a channel and its open broadcast.
    pub(super) fn new((channel, open): (Channel, Option<Broadcast>)) -> Self {
        Self(Arc::new(Inner { channel, open, json: OnceLock::new() }))
    }

    /// The `stream` object of the REST contract, as JSON. `public_url` is the same at each call: what was written first stays.
    pub fn json(&self, public_url: &str) -> Result<&str, Error> {
        if let Some(json) = self.0.json.get() {
            return Ok(json);
        }
        let json = serde_json::to_string(&view::stream(public_url, &self.0.channel, self.0.open.as_ref()))?;
        Ok(self.0.json.get_or_init(|| json))
    }

    pub(super) fn is_watchable(&self) -> bool {
        self.0.open.as_ref().is_some_and(Broadcast::is_watchable)
    }
}
