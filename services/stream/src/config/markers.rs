//! What an operator can set about markers.

use serde::{Deserialize, Serialize};
use streamly_config::Duration;

/// Bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Markers {
    /// Markers of a broadcast. Its page shows all of them at once.
    pub per_broadcast: u32,
    /// Characters of a label.
    pub label: u32,
    /// How far behind the broadcast's present a marker may be set. What is further back, nobody watches as live.
    pub max_behind: Duration,
}

impl Default for Markers {
    fn default() -> Self {
        Self { per_broadcast: 100, label: 140, max_behind: Duration::from_secs(2 * 3600) }
    }
}
