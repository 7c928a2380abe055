//! Redis: the rooms' logs with their scripts, shared rate limits, what was said lately, presence, the live index.
//!
//! Keys of a room carry its id in braces, a cluster hash tag, so that a script's keys are in one slot. Nothing here knows sockets.

mod counts;
mod entry;
mod log;
mod rate;
mod said;

pub use counts::Counts;
pub use entry::{Entry, Kind, Published, To, rfc3339};
pub use log::{Deleted, Event, Log};
pub use rate::{Rate, Verdict};
pub use said::{Against, Ask, Said, hash};

use streamly_domain::ChannelId;

/// The channel that a room's events are published on.
pub fn channel(room: ChannelId) -> String {
    format!("chat:{{{room}}}")
}

/// The room of such a channel.
pub fn room_of(channel: &str) -> Option<ChannelId> {
    channel.strip_prefix("chat:{")?.strip_suffix('}')?.parse().ok()
}
