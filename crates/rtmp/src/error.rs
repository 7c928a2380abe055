//! Everything that ends a connection, by cause.
//!
//! Facts, not texts for the peer: after any of these the driver writes what is still queued and closes. None of them
//! holds peer data longer than a number, so all may be logged.

use rml_rtmp::chunk_io::ChunkSerializationError;
use rml_rtmp::handshake::HandshakeError;
use rml_rtmp::messages::MessageSerializationError;
use rml_rtmp::sessions::ServerSessionError;

use crate::{InvalidKey, amf0, chunk};

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The first byte was not RTMP version 3 (3 is plain; 6 would be RTMPE; 22 is a TLS hello, 71 an HTTP GET).
    #[error("not an rtmp handshake: first byte is {0}")]
    Version(u8),
    /// The handshake itself failed.
    #[error("handshake failed")]
    Handshake(#[source] HandshakeError),
    /// The chunk layer was broken or over a bound.
    #[error(transparent)]
    Chunk(#[from] chunk::Error),
    /// A command was not AMF0 or over a bound.
    #[error("command is not valid amf0")]
    Amf0(#[from] amf0::Error),
    /// A control message was shorter than its fields.
    #[error("control message of type {type_id} has only {len} bytes")]
    ControlTooShort {
        /// RTMP message type.
        type_id: u8,
        /// Its length in bytes.
        len: usize,
    },
    /// An aggregate message's parts do not fit in it.
    #[error("aggregate message is cut or nested")]
    Aggregate,
    /// A command lacked an argument it needs, or had one of a wrong type.
    #[error("command {0} has wrong arguments")]
    Arguments(&'static str),
    /// A command came where it has no meaning, for example `createStream` before `connect`.
    #[error("command {0} is out of order")]
    OutOfOrder(&'static str),
    /// A viewer: this server takes publishers only. The refusal is queued.
    #[error("play is not served over rtmp")]
    PlayRefused,
    /// The publishing name cannot be a stream key. The refusal is queued.
    #[error("publish refused")]
    StreamKey(#[from] InvalidKey),
    /// More open message streams than [`crate::Limits::max_message_streams`].
    #[error("too many message streams")]
    TooManyStreams,
    /// More bytes outside an accepted publish than [`crate::Limits::max_unauthorized`].
    #[error("too many bytes before a publish was accepted")]
    TooMuchUnauthorized,
    /// More bytes after a refusal than [`crate::Limits::max_after_refusal`].
    #[error("peer goes on sending after a refusal")]
    TooMuchAfterRefusal,
    /// More events unpolled than [`crate::Limits::max_queued_events`].
    #[error("too many events wait to be polled")]
    EventsNotPolled,
    /// More output unwritten than [`crate::Limits::max_queued_output`].
    #[error("peer does not read its answers")]
    OutputNotRead,
    /// `accept_publish` or `reject_publish` without a publish that waits.
    #[error("no publish waits for an answer")]
    NoPublishPending,
    /// Input after an error.
    #[error("connection has failed before")]
    Closed,
    /// The session logic refused what we wrote to it: a bug of ours.
    #[error("session logic failed")]
    Session(#[source] ServerSessionError),
    /// The session logic answered what we did not expect: a bug of ours.
    #[error("session logic gave no answer to {0}")]
    NoAnswer(&'static str),
    /// An answer could not be written as a message: a bug of ours.
    #[error("answer cannot be serialised")]
    Message(#[from] MessageSerializationError),
    /// An answer could not be written as chunks: a bug of ours.
    #[error("answer cannot be chunked")]
    Serialize(#[from] ChunkSerializationError),
}

impl From<ServerSessionError> for Error {
    fn from(source: ServerSessionError) -> Self {
        Self::Session(source)
    }
}
