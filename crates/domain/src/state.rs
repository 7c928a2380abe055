//! The state of a channel's stream, as CONTRACT names it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// `offline → starting → live ⇄ reconnecting → offline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamState {
    /// Nothing is being broadcast.
    Offline,
    /// A publisher was accepted, no part can be fetched yet.
    Starting,
    /// Parts can be fetched.
    Live,
    /// The publisher is lost, its grace window runs.
    Reconnecting,
}

impl StreamState {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
        }
    }
}

impl fmt::Display for StreamState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not one of the four names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown stream state")]
pub struct UnknownState;

impl FromStr for StreamState {
    type Err = UnknownState;
    fn from_str(s: &str) -> Result<Self, UnknownState> {
        [Self::Offline, Self::Starting, Self::Live, Self::Reconnecting]
            .into_iter()
            .find(|state| state.as_str() == s)
            .ok_or(UnknownState)
    }
}
