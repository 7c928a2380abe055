//! A publisher's RTMP connection as a Sans-IO state machine: bytes in, events and bytes out.
//!
//! [`Connection`] owns everything a hostile peer can reach: handshake sizes, the dechunker, AMF0. What it has
//! checked it writes anew for `rml_rtmp`, which does the session (see `session.rs`); the peer's own bytes never get
//! there. It is not a socket, has no clock and no time-out (the driver owns both), knows nothing of codecs (`media`
//! does) and decides nothing about stream keys (admission does).
//!
//! The rule for a driver: after each [`Connection::handle_input`], take [`Connection::poll_event`] and
//! [`Connection::poll_output`] until both are empty; answer each [`Event::PublishRequested`] with one of
//! [`Connection::accept_publish`] and [`Connection::reject_publish`]. After an `Err`: write what `poll_output` still
//! has, then close. No input panics, and [`Connection::buffered_bytes`] stays under the sums given in [`Limits`].

mod aggregate;
mod command;
mod connection;
mod enhanced;
mod error;
mod event;
mod handshake;
mod key;
mod limits;
mod metadata;
mod outbound;
mod session;
#[cfg(test)]
mod wire;

pub mod amf0;
pub mod chunk;

pub use connection::Connection;
pub use enhanced::{FOUR_CCS, FourCcs};
pub use error::Error;
pub use event::{Connect, Event};
pub use key::{InvalidKey, StreamKey};
pub use limits::Limits;
pub use metadata::{CodecId, MAX_ENCODER_CHARS, Metadata};
