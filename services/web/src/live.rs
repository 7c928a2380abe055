//! `/live`: the HLS edge. Each playlist version, part and segment is fetched once from its origin, whatever the number of viewers.
//!
//! It knows no HLS beyond names and query parameters: what may be asked, and what is held, the origin decides (`crates/hls`). While Redis or
//! the origin's service is away, what is known goes on being served from what is known.

pub(crate) mod answer;
pub(crate) mod beacon;
mod fetch;
pub(crate) mod find;
pub(crate) mod handlers;
pub(crate) mod hot;
pub(crate) mod index;
pub(crate) mod inner;
pub(crate) mod memory;
pub(crate) mod meters;
pub(crate) mod object;
pub(crate) mod origin;
pub(crate) mod outcome;
pub(crate) mod playback;
pub(crate) mod qoe;
pub(crate) mod query;
pub(crate) mod recent;
pub(crate) mod sessions;
mod shields;
pub(crate) mod sids;
pub(crate) mod together;
pub(crate) mod under_way;
pub(crate) mod watchers;

use std::sync::Arc;

/// Everything that answers share; clones share one state.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) qoe: Arc<qoe::Totals>,
    pub(crate) index: Arc<index::Index>,
    pub(crate) origin: Arc<origin::Origin>,
    pub(crate) sessions: Arc<sessions::Sessions>,
    pub(crate) sids: Arc<sids::Sids>,
    pub(crate) watchers: Arc<watchers::Watchers>,
    pub(crate) meters: Arc<meters::Meters>,
    /// Sessions from which on new ones get lists without parts; 0: never.
    pub(crate) low_latency_sessions: usize,
}

impl Edge {
    /// Whether who is new here is to cost less than those who are there: a viewer with low latency asks for each part, another one for a
    /// segment now and then.
    pub(crate) fn is_over_budget(&self) -> bool {
        self.low_latency_sessions > 0 && self.sessions.count() >= self.low_latency_sessions
    }
}
