//! The hot path over real sockets, beside actix-web alone with the same answers: whatever bytes come, both say the same.

#![allow(clippy::unwrap_used)]

mod connections;
mod same;
mod server;
mod slow;
