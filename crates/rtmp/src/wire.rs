//! Test support: chunks, AMF0 and whole conversations as bytes, written by hand so that they can be wrong on purpose.
//!
//! Not the publisher of `testkit`, which is always right and needs a socket.

use crate::handshake::PACKET_LEN;

/// A type 0 header in any csid form, and the extended timestamp where it is due.
pub(crate) fn full_header(csid: u32, time: u32, len: usize, type_id: u8, stream_id: u32) -> Vec<u8> {
    let mut bytes = basic_header(0, csid);
    bytes.extend_from_slice(&time.min(0xff_ffff).to_be_bytes()[1..]);
    bytes.extend_from_slice(&(len as u32).to_be_bytes()[1..]);
    bytes.push(type_id);
    bytes.extend_from_slice(&stream_id.to_le_bytes());
    if time >= 0xff_ffff {
        bytes.extend_from_slice(&time.to_be_bytes());
    }
    bytes
}

/// The 1, 2 or 3 bytes of a basic header.
pub(crate) fn basic_header(format: u8, csid: u32) -> Vec<u8> {
    match csid {
        2..=63 => vec![format << 6 | csid as u8],
        64..=319 => vec![format << 6, (csid - 64) as u8],
        _ => vec![format << 6 | 1, ((csid - 64) & 0xff) as u8, ((csid - 64) >> 8) as u8],
    }
}

/// A whole message with a full header, cut into chunks of that size.
pub(crate) fn message(
    csid: u32,
    time: u32,
    type_id: u8,
    stream_id: u32,
    body: &[u8],
    chunk_size: usize,
) -> Vec<u8> {
    let mut bytes = full_header(csid, time, body.len(), type_id, stream_id);
    for (index, part) in body.chunks(chunk_size).enumerate() {
        if index > 0 {
            bytes.extend(basic_header(3, csid));
            if time >= 0xff_ffff {
                bytes.extend_from_slice(&time.to_be_bytes());
            }
        }
        bytes.extend_from_slice(part);
    }
    bytes
}

/// AMF0 values.
pub(crate) fn number(value: f64) -> Vec<u8> {
    [&[0], value.to_be_bytes().as_slice()].concat()
}

pub(crate) fn string(text: impl AsRef<[u8]>) -> Vec<u8> {
    [&[2], short(text).as_slice()].concat()
}

pub(crate) fn short(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    [&(text.len() as u16).to_be_bytes(), text].concat()
}

pub(crate) fn null() -> Vec<u8> {
    vec![5]
}

pub(crate) fn object(properties: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![3];
    for (name, value) in properties {
        bytes.extend(short(name));
        bytes.extend_from_slice(value);
    }
    bytes.extend([0, 0, 9]);
    bytes
}

/// A strict array that announces `count`.
pub(crate) fn array(count: u32, elements: &[Vec<u8>]) -> Vec<u8> {
    [&[10], count.to_be_bytes().as_slice(), &elements.concat()].concat()
}

/// A command's body.
pub(crate) fn command(name: &str, transaction: f64, rest: &[Vec<u8>]) -> Vec<u8> {
    [string(name), number(transaction), rest.concat()].concat()
}

/// C0, C1 and C2 of a plain handshake.
pub(crate) fn handshake() -> Vec<u8> {
    let mut bytes = vec![3];
    bytes.extend(std::iter::repeat_n(0, 2 * PACKET_LEN));
    bytes
}

/// A command message on csid 3 with 128-byte chunks.
pub(crate) fn send(stream_id: u32, body: &[u8]) -> Vec<u8> {
    message(3, 0, 20, stream_id, body, 128)
}

pub(crate) fn connect() -> Vec<u8> {
    send(0, &command("connect", 1.0, &[object(&[("app", string("live"))])]))
}

/// Handshake, connect and createStream.
pub(crate) fn opening() -> Vec<u8> {
    [handshake(), connect(), send(0, &command("createStream", 2.0, &[null()]))].concat()
}

pub(crate) fn publish(key: impl AsRef<[u8]>) -> Vec<u8> {
    send(1, &command("publish", 3.0, &[null(), string(key), string("live")]))
}
