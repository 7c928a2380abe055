//! Where a chunked body ends (RFC 9112, section 7.1). Pure; what is malformed ends somewhere or never, for others refuse it.

/// Follows one body.
#[derive(Debug)]
pub(super) struct Chunks(At);

#[derive(Debug)]
enum At {
    /// In the line of a chunk's size: the size so far, and whether its digits are over.
    Size(u64, bool),
    /// Bytes of the chunk that are missing.
    Data(u64),
    /// In the end of the line behind the data.
    Rest,
    /// In a line of the trailer section, of so many bytes so far; an empty one ends it.
    Trailer(usize),
}

impl Chunks {
    pub(super) fn new() -> Self {
        Self(At::Size(0, false))
    }

    /// How many of these bytes belong to the body, if it ends in them.
    pub(super) fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let At::Data(missing) = &mut self.0 {
                let some = usize::try_from(*missing).unwrap_or(usize::MAX).min(bytes.len() - at);
                *missing -= some as u64;
                at += some;
                if *missing == 0 {
                    self.0 = At::Rest;
                }
                continue;
            }
            at += 1;
            self.0 = match (&self.0, *byte) {
                (At::Size(0, _), b'\n') => At::Trailer(0),
                (At::Size(size, _), b'\n') => At::Data(*size),
                (At::Size(size, false), digit) if digit.is_ascii_hexdigit() => {
                    let digit = char::from(digit).to_digit(16).map_or(0, u64::from);
                    At::Size(size.saturating_mul(16).saturating_add(digit), false)
                }
                // An extension, or space.
                (At::Size(size, _), _) => At::Size(*size, true),
                (At::Trailer(0), b'\n') => return Some(at),
                (At::Rest, b'\n') => At::Size(0, false),
                (At::Rest | At::Data(_), _) => At::Rest,
                (At::Trailer(_), b'\n') => At::Trailer(0),
                (At::Trailer(length), b'\r') => At::Trailer(*length),
                (At::Trailer(length), _) => At::Trailer(length + 1),
            };
        }
        None
    }
}
