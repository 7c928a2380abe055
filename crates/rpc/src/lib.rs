//! gRPC between services: servers with health, reflection and an allow-list; clients with deadlines, retry, a breaker and
//! service tokens. Every call goes through here, so that no call is without a deadline and no method without a decision.

pub mod address;
mod breaker;
mod calls;
mod client;
mod greeting;
mod identity;
mod line;
mod patience;
mod server;
mod status;
mod traced;

pub use breaker::{Breaker, Verdict};
pub use client::{Peer, PeerConfig, Transport};
pub use identity::{Identity, TrustConfig};
pub use patience::{Patience, PatienceConfig};
pub use server::{Allow, Caller, Server};
pub use status::{code_of, status_of};
