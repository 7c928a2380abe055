//! The WebSocket's framing (RFC 6455, section 5) for the server's side: frames out, frames in. Without I/O and without a clock.
//!
//! Ours because a room sends one frame to thousands: it is encoded once and its bytes are shared, which tungstenite cannot do, and an
//! idle socket keeps no buffer. The handshake is `listener`'s, what a text means is `session`'s. No extension is negotiated, so a
//! reserved bit is a violation.

mod incoming;
mod outgoing;

pub use incoming::{Event, Incoming, Violation};
pub use outgoing::{close, ping, pong, text};

/// Longest payload of a control frame, bytes (section 5.5).
const MAX_CONTROL: usize = 125;

/// What a frame is (section 5.2); the numbers between are reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

impl Opcode {
    fn parse(nibble: u8) -> Option<Self> {
        [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong]
            .into_iter()
            .find(|o| *o as u8 == nibble)
    }

    fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }
}
