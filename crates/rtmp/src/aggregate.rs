//! Aggregate messages (type 22): several FLV tags in one message, split without copying.
//!
//! Source: RTMP 1.0, section 7.1.6. Times inside are relative to the first part's, which stands for the message's own
//! time. A part that does not fit, or is itself an aggregate, ends the connection.

use bytes::Buf;

use crate::{Error, chunk::Message};

/// Type, length, time and stream of one part, in front of its body.
const PART_HEADER: usize = 11;
/// The back pointer behind each body.
const BACK_POINTER: usize = 4;

/// The parts of an aggregate as messages of their own.
pub(crate) fn split(aggregate: Message) -> Result<Vec<Message>, Error> {
    let mut rest = aggregate.body;
    let mut parts = Vec::new();
    let mut first_time = None;
    while rest.has_remaining() {
        if rest.remaining() < PART_HEADER {
            return Err(Error::Aggregate);
        }
        let type_id = rest.get_u8();
        let len = rest.get_uint(3) as usize;
        let low = rest.get_uint(3) as u32;
        let time = u32::from(rest.get_u8()) << 24 | low;
        rest.advance(3);
        if rest.remaining() < len || type_id == 22 {
            return Err(Error::Aggregate);
        }
        let body = rest.split_to(len);
        // The last back pointer is left out by some encoders.
        rest.advance(BACK_POINTER.min(rest.remaining()));
        let offset = time.wrapping_sub(*first_time.get_or_insert(time));
        let timestamp = aggregate.timestamp.wrapping_add(offset);
        parts.push(Message { type_id, stream_id: aggregate.stream_id, timestamp, body });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(type_id: u8, time: u32, body: &[u8]) -> Vec<u8> {
        let mut part = vec![type_id];
        part.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
        part.extend_from_slice(&time.to_be_bytes()[1..]);
        part.push((time >> 24) as u8);
        part.extend_from_slice(&[0, 0, 0]);
        part.extend_from_slice(body);
        part.extend_from_slice(&(11 + body.len() as u32).to_be_bytes());
        part
    }

    fn aggregate(body: Vec<u8>) -> Message {
        Message { type_id: 22, stream_id: 1, timestamp: 5000, body: body.into() }
    }

    #[test]
    fn parts_keep_their_distance_from_the_first() {
        let body =
            [part(8, 0x0100_0000, b"aa"), part(9, 0x0100_0017, b"vvv"), part(8, 0x0100_0001, b"")].concat();
        let parts = split(aggregate(body)).unwrap();
        let seen: Vec<_> = parts.iter().map(|p| (p.type_id, p.timestamp, p.body.as_ref())).collect();
        assert_eq!(seen, [(8, 5000, &b"aa"[..]), (9, 5023, b"vvv"), (8, 5001, b"")]);
    }

    #[test]
    fn a_cut_or_nested_part_is_an_error() {
        let whole = part(8, 0, b"abcdef");
        for len in 1..whole.len() - 4 {
            assert!(matches!(split(aggregate(whole[..len].to_vec())), Err(Error::Aggregate)), "{len}");
        }
        assert!(split(aggregate(part(22, 0, &part(8, 0, b"x")))).is_err());
        assert!(split(aggregate(Vec::new())).unwrap().is_empty());
    }
}
