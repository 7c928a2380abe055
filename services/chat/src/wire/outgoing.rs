//! Frames of the server: a head, then the payload as it is (a server does not mask, section 5.1). Each is one piece of shared bytes.

use super::{MAX_CONTROL, Opcode};
use bytes::{BufMut, Bytes, BytesMut};

/// Longest head, bytes: two, and eight of length.
const MAX_HEAD: usize = 10;
/// The bit that says that a message ends here.
const FIN: u8 = 0x80;

fn frame(opcode: Opcode, parts: [&[u8]; 2]) -> Bytes {
    let length = parts[0].len() + parts[1].len();
    let mut out = BytesMut::with_capacity(MAX_HEAD + length);
    out.put_u8(FIN | opcode as u8);
    match length {
        0..=125 => out.put_u8(length as u8),
        126..=0xFFFF => {
            out.put_u8(126);
            out.put_u16(length as u16);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(length as u64);
        }
    }
    out.put_slice(parts[0]);
    out.put_slice(parts[1]);
    out.freeze()
}

/// A whole text message.
pub fn text(payload: &str) -> Bytes {
    frame(Opcode::Text, [payload.as_bytes(), &[]])
}

/// A ping without payload: two bytes.
pub fn ping() -> Bytes {
    frame(Opcode::Ping, [&[], &[]])
}

/// The answer to a ping with this payload, of which at most 125 bytes are taken.
pub fn pong(payload: &[u8]) -> Bytes {
    frame(Opcode::Pong, [&payload[..payload.len().min(MAX_CONTROL)], &[]])
}

/// The last frame. The reason is cut to the 123 bytes that fit.
pub fn close(code: u16, reason: &str) -> Bytes {
    let mut end = reason.len().min(MAX_CONTROL - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    frame(Opcode::Close, [&code.to_be_bytes(), &reason.as_bytes()[..end]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_takes_as_few_bytes_as_it_can() {
        for (length, head) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (0xFFFF, vec![0x81, 126, 0xFF, 0xFF]),
            (0x1_0000, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = text(&"x".repeat(length));
            assert_eq!(frame.len(), head.len() + length);
            assert_eq!(&frame[..head.len()], head);
        }
    }

    #[test]
    fn control_frames_stay_within_their_bound() {
        assert_eq!(&ping()[..], [0x89, 0]);
        assert_eq!(&pong(b"ab")[..], [0x8A, 2, b'a', b'b']);
        assert_eq!(&close(4008, "too slow")[..4], [0x88, 10, 0x0F, 0xA8]);
        let long = close(1000, &"ä".repeat(80));
        assert_eq!((long[1], long.len()), (124, 126), "no half of a letter");
        assert_eq!(pong(&[7; 200]).len(), 127);
    }
}
