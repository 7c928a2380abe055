//! Byte ranges (RFC 9110, section 14): one range of one resource; anything else is answered with the whole.

use bytes::Bytes;

/// What a Range header asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    All,
    /// Both inclusive, within the resource.
    Part {
        first: u64,
        last: u64,
    },
    Unsatisfiable,
}

/// Reads the header for a resource of `total` bytes.
pub(super) fn parse(header: Option<&str>, total: u64) -> Asked {
    let Some((from, to)) = header
        .and_then(|value| value.trim().strip_prefix("bytes="))
        .filter(|set| !set.contains(','))
        .and_then(|set| set.split_once('-'))
    else {
        return Asked::All;
    };
    let (from, to) = (from.trim(), to.trim());
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let (first, last) = match (from.is_empty(), to.is_empty()) {
        (true, true) => return Asked::All,
        (true, false) => match number(to) {
            Some(0) => return Asked::Unsatisfiable,
            Some(count) => (total.saturating_sub(count), total.saturating_sub(1)),
            None => return Asked::All,
        },
        (false, open) => match (number(from), if open { Some(u64::MAX) } else { number(to) }) {
            (Some(first), Some(last)) if first <= last => (first, last.min(total.saturating_sub(1))),
            _ => return Asked::All,
        },
    };
    if first >= total { Asked::Unsatisfiable } else { Asked::Part { first, last } }
}

/// The pieces of `first..=last`, sharing their memory.
pub(super) fn slice(pieces: Vec<Bytes>, first: u64, last: u64) -> Vec<Bytes> {
    let mut at = 0u64;
    let mut out = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let (start, end) = (at, at + piece.len() as u64);
        at = end;
        let (from, to) = (first.max(start), (last + 1).min(end));
        if from < to {
            out.push(piece.slice((from - start) as usize..(to - start) as usize));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn usual_ranges_are_read() {
        assert_eq!(parse(None, 10), Asked::All);
        assert_eq!(parse(Some("bytes=0-3"), 10), Asked::Part { first: 0, last: 3 });
        assert_eq!(parse(Some("bytes=4-"), 10), Asked::Part { first: 4, last: 9 });
        assert_eq!(parse(Some("bytes=-4"), 10), Asked::Part { first: 6, last: 9 });
        assert_eq!(parse(Some("bytes=0-99"), 10), Asked::Part { first: 0, last: 9 });
        assert_eq!(parse(Some("bytes=10-"), 10), Asked::Unsatisfiable);
        assert_eq!(parse(Some("bytes=1-2,4-5"), 10), Asked::All);
        assert_eq!(parse(Some("bytes=x-2"), 10), Asked::All);
        assert_eq!(parse(Some("bytes=0-0"), 0), Asked::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn no_header_panics_and_a_slice_is_that_of_the_joined_bytes(
            header in "bytes=[0-9]{0,20}-[0-9]{0,3}|\\PC{0,12}",
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..6),
        ) {
            let joined: Vec<u8> = pieces.concat();
            let pieces: Vec<Bytes> = pieces.into_iter().map(Bytes::from).collect();
            if let Asked::Part { first, last } = parse(Some(&header), joined.len() as u64) {
                let sliced: Vec<u8> = slice(pieces, first, last).concat();
                prop_assert_eq!(&sliced[..], &joined[first as usize..=last as usize]);
            }
        }
    }
}
