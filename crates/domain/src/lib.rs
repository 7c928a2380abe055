//! Domain newtypes shared by the services: ids, user names, states, languages. Parse, don't validate.
//!
//! No I/O and no framework. Whoever holds one of these values holds a valid one; parsing is the only way in, and its error
//! says which rule was broken.

pub mod category;
pub mod id;
pub mod language;
pub mod platform_role;
pub mod state;
pub mod username;

pub use id::{BroadcastId, ChannelId, KeyId, SessionId, UserId};
pub use language::Language;
pub use platform_role::PlatformRole;
pub use state::StreamState;
pub use username::Username;

/// Fencing number of a publish session: strictly grows within a broadcast; the higher one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);
