//! What an operator can set about webhooks. Where they may go is `outbound`'s.

use serde::{Deserialize, Serialize};
use streamly_config::Duration;

/// Bounds; each says what breaks without it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Webhooks of a channel. Each event is a row and a request for each.
    pub per_channel: u32,
    /// Deliveries of a webhook that wait; events beyond them are dropped and counted. Rows.
    pub waiting: u32,
    /// Finished deliveries of a webhook that are kept, the newest.
    pub kept: u32,
    /// How long they are kept at most.
    pub keep: Duration,
    /// A webhook that had nothing but failures for so long is switched off.
    pub give_up: Duration,
    /// Deliveries that this process sends at once; to webhooks that failed lately, half as many. Zero: others send.
    pub senders: usize,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            per_channel: 10,
            waiting: 1000,
            kept: 200,
            keep: Duration::from_secs(30 * 86_400),
            give_up: Duration::from_secs(5 * 86_400),
            senders: 32,
        }
    }
}
