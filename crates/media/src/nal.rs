//! NAL units with lengths in front of them, as H.264 and HEVC have them in RTMP and MP4: the walk over one picture.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

/// NAL units in one picture at most. Real ones have one to some hundred. H.264 encoders that cut slices to network packets (some
/// 1,400 bytes) make 3,000 of the largest message; one of 1-byte lengths would have millions, each with its place to remember.
pub(crate) const MAX_UNITS: usize = 4_096;

/// The NAL units of a picture that stay in it.
pub(crate) struct Kept {
    units: Vec<Range<usize>>,
    /// The payload as it is will do.
    whole: bool,
}

impl Kept {
    /// Walks `nals`, whose lengths have `prefix` bytes, and asks of each unit whether it stays; `None` if one reaches past the end or
    /// there are more than [`MAX_UNITS`].
    pub(crate) fn of(
        nals: &[u8],
        prefix: usize,
        mut keep: impl FnMut(&[u8], Range<usize>) -> bool,
    ) -> Option<Self> {
        let mut units = Vec::with_capacity(8);
        let (mut at, mut seen) = (0, 0);
        while at < nals.len() {
            seen += 1;
            if seen > MAX_UNITS {
                return None;
            }
            let head = nals.get(at..at.checked_add(prefix)?)?;
            let length = head.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte));
            let start = at + prefix;
            at = start.checked_add(length)?;
            if keep(nals.get(start..at)?, start..at) {
                units.push(start..at);
            }
        }
        let whole = units.len() == seen && prefix == 4;
        Some(Self { units, whole })
    }

    /// Leaves out also those of which it is true.
    pub(crate) fn leave_out(&mut self, nals: &[u8], what: impl Fn(&[u8]) -> bool) {
        self.units.retain(|unit| !what(&nals[unit.clone()]));
        self.whole = false;
    }

    /// They with 4-byte lengths: the publisher's own buffer where nothing was left out and its lengths had 4 bytes, else a copy.
    pub(crate) fn data(self, nals: &Bytes) -> Option<Bytes> {
        if self.whole {
            return Some(nals.clone());
        }
        let total = self.units.iter().map(|unit| unit.len() + 4).sum();
        let mut out = BytesMut::with_capacity(total);
        for unit in self.units {
            out.put_u32(u32::try_from(unit.len()).ok()?);
            out.put_slice(&nals[unit]);
        }
        Some(out.freeze())
    }
}
