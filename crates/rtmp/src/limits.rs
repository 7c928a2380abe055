//! Every bound a connection puts on its peer, in one place.
//!
//! The defaults suit a public ingest port. Each field says what breaks without it; the driver may take them from
//! configuration. A message over its bound ends the connection with the matching [`crate::Error`].

/// Bounds of one connection. All sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest audio, video or aggregate message. Default 4 MiB: an IDR of a 60 Mbit/s 4K stream is about 1 MiB.
    /// Without it one message announces 16 MiB.
    pub max_media_message: usize,
    /// Largest message of any other type (commands, metadata, control). Default 64 KiB.
    /// Without it one command costs many times its size in decoded values.
    pub max_command_message: usize,
    /// Sum of the memory held for half-received messages over all chunk streams. Default 8 MiB, two of the largest
    /// messages. Without it each chunk stream holds a whole message.
    pub max_half_open: usize,
    /// Chunk streams a peer may use. Default 64; publishers use two to six. Without it header state alone grows to
    /// 65 598 entries.
    pub max_chunk_streams: usize,
    /// Bytes a peer may send outside an accepted publish: handshake, commands, and whatever it sends behind `publish`
    /// before the answer (kept unread until then). Default 256 KiB. Without it strangers use memory and bandwidth.
    pub max_unauthorized: usize,
    /// Bytes taken and thrown away after a refusal, while the peer closes. Default 1 MiB.
    pub max_after_refusal: usize,
    /// Message streams a peer may have open (`createStream`). Default 16; publishers use one.
    pub max_message_streams: usize,
    /// Events, with their payload and 128 bytes each, that wait to be polled. Default 16 MiB; only a driver that does
    /// not poll after each input reaches it.
    pub max_queued_events: usize,
    /// Bytes that wait to be written. Default 256 KiB; a peer that asks (pings) and never reads reaches it.
    pub max_queued_output: usize,
    /// Bytes received between two acknowledgements when the peer announces nothing or more. Default 2 500 000.
    /// A peer's own window is followed down to 64 KiB.
    pub ack_window: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_media_message: 4 << 20,
            max_command_message: 64 << 10,
            max_half_open: 8 << 20,
            max_chunk_streams: 64,
            max_unauthorized: 256 << 10,
            max_after_refusal: 1 << 20,
            max_message_streams: 16,
            max_queued_events: 16 << 20,
            max_queued_output: 256 << 10,
            ack_window: 2_500_000,
        }
    }
}
