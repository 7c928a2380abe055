//! Redis: the rooms' logs with their scripts, shared rate limits, what was said lately, presence, the live index.
//!
//! A log outlives its server: [`Log::page`] says when it cannot be relied on, and [`Log::seed`] brings back what nodes remember.
//! Keys of a room carry its id in braces, a cluster hash tag, so that a script's keys are in one slot. Nothing here knows sockets.

mod counts;
mod entry;
mod floor;
mod log;
mod many;
mod marks;
mod people;
mod rate;
mod read;
mod said;
mod scripts;
mod seed;
mod servers;
mod shown;
mod tally;
mod tell;
#[cfg(test)]
mod tests;
mod together;
mod traced;
mod turns;

pub use counts::Counts;
pub use entry::{Entry, Kind, Published, To, rfc3339};
pub use floor::Floor;
pub use log::{Deleted, Event, Log};
pub use people::People;
pub use rate::{Rate, Verdict};
pub use read::{Page, Present};
pub use said::{Against, Ask, Said, hash};
pub use scripts::Terms;
pub use seed::Memory;
pub use shown::reply;

pub use tell::{PEOPLE, told};
pub use traced::giving_out;

use streamly_domain::ChannelId;

/// The channel that a room's events are published on.
pub fn channel(room: ChannelId) -> String {
    format!("chat:{{{room}}}")
}

/// The room of such a channel.
pub fn room_of(channel: &str) -> Option<ChannelId> {
    channel.strip_prefix("chat:{")?.strip_suffix('}')?.parse().ok()
}
