//! The client's side of RFC 6455 as far as a load generator needs it: an upgrade, masked text frames out, whole frames in.
//!
//! Pure. Extensions are never asked for, so a reserved bit is an error. Fragments are handed on as such.
//! The masking key is zero, which section 5.3 does not forbid: the payload stays as it is, and its sender pays for no mask.

use anyhow::{Context, bail, ensure};

/// Continues a message.
const MORE: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Largest frame that is read: a `joined` with its history is the largest there is.
pub const FRAME_MAX: usize = 4 << 20;
/// Longest head of an answer to the upgrade, bytes.
const HEAD_MAX: usize = 8 << 10;

/// A frame of a server.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Text, or binary, whose payload is looked at alike.
    Text(&'a [u8]),
    /// A fragment; the last of its message or not.
    Fragment(&'a [u8], bool),
    /// Is to be answered with the same payload.
    Ping(&'a [u8]),
    /// Its code; 1005 without.
    Close(u16),
    /// A pong.
    Other,
}

/// The request that asks for a WebSocket.
pub fn upgrade(path: &str, host: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes()
}

/// Bytes of the answer to it, once that is whole.
///
/// # Errors
/// Any answer but 101.
pub fn upgraded(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        ensure!(bytes.len() <= HEAD_MAX, "an answer to the upgrade without end");
        return Ok(None);
    };
    let first = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\r').next().unwrap_or_default());
    ensure!(first.starts_with("HTTP/1.1 101"), "the upgrade was answered {first}");
    Ok(Some(end + 4))
}

/// Writes a text frame.
pub fn text(payload: &[u8], out: &mut Vec<u8>) {
    masked(TEXT, payload, out);
}

/// Writes the answer to a ping, whose payload has at most 125 bytes.
pub fn pong(payload: &[u8], out: &mut Vec<u8>) {
    masked(PONG, payload, out);
}

fn masked(opcode: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(0x80 | opcode);
    match payload.len() {
        short @ ..126 => out.push(0x80 | short as u8),
        middle @ ..0x1_0000 => {
            out.push(0x80 | 126);
            out.extend((middle as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend(payload);
}

/// The first frame and its length in bytes; `None`: it is not whole.
///
/// # Errors
/// What no measured server sends.
pub fn read(bytes: &[u8]) -> anyhow::Result<Option<(Frame<'_>, usize)>> {
    let [first, second, ..] = *bytes else { return Ok(None) };
    ensure!(first & 0x70 == 0, "a reserved bit: {first:#x}");
    ensure!(second & 0x80 == 0, "a server's frame is masked");
    let (head, length) = match second {
        126 => match bytes.get(2..4) {
            Some(length) => (4, u64::from(u16::from_be_bytes(length.try_into()?))),
            None => return Ok(None),
        },
        127 => match bytes.get(2..10) {
            Some(length) => (10, u64::from_be_bytes(length.try_into()?)),
            None => return Ok(None),
        },
        short => (2, u64::from(short)),
    };
    let length = usize::try_from(length).ok().filter(|length| *length <= FRAME_MAX);
    let whole = head + length.context("a frame that is too large")?;
    let Some(payload) = bytes.get(head..whole) else { return Ok(None) };
    let frame = match first & 0xf {
        TEXT | BINARY if first & 0x80 != 0 => Frame::Text(payload),
        TEXT | BINARY | MORE => Frame::Fragment(payload, first & 0x80 != 0),
        PING => Frame::Ping(payload),
        CLOSE => Frame::Close(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))),
        PONG => Frame::Other,
        other => bail!("opcode {other}"),
    };
    Ok(Some((frame, whole)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_read_once_they_are_whole() {
        for length in [0usize, 125, 126, 65_535, 65_536] {
            let mut wire = Vec::new();
            text(&vec![b'x'; length], &mut wire);
            // A server's frame is the same without mask bit and key.
            wire[1] &= 0x7f;
            let head = wire.len() - length - 4;
            wire.drain(head..head + 4);
            assert_eq!(read(&wire[..wire.len() - 1]).unwrap(), None, "{length}");
            wire.extend(b"\x81");
            let (frame, whole) = read(&wire).unwrap().unwrap();
            assert_eq!((frame, whole), (Frame::Text(&vec![b'x'; length]), wire.len() - 1));
        }
    }

    #[test]
    fn control_frames_are_told_apart() {
        assert_eq!(read(b"\x89\x02hi").unwrap(), Some((Frame::Ping(b"hi"), 4)));
        assert_eq!(read(b"\x88\x02\x0f\xa8").unwrap(), Some((Frame::Close(4008), 4)));
        assert_eq!(read(b"\x88\x00").unwrap(), Some((Frame::Close(1005), 2)));
        assert_eq!(read(b"\x01\x01a").unwrap(), Some((Frame::Fragment(b"a", false), 3)));
        assert_eq!(read(b"\x80\x01b").unwrap(), Some((Frame::Fragment(b"b", true), 3)));
        assert!(read(b"\xc1\x00").is_err(), "compressed");
        assert!(read(b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff").is_err(), "too large");
    }

    #[test]
    fn only_101_is_an_upgrade() {
        assert_eq!(upgraded(b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\nrest").unwrap(), Some(42));
        assert_eq!(upgraded(b"HTTP/1.1 101 Switching").unwrap(), None);
        assert!(upgraded(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").is_err());
    }
}
