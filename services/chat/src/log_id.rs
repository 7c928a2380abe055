//! Ids of a room's log: 18 hex digits, 12 of milliseconds and 6 of sequence, which sort as strings in the order of the log.
//!
//! In Redis the same id is the stream entry's `ms-seq`. Only the Lua scripts of `bus::log` make new ones.

use std::{fmt, str::FromStr};

/// An id of a room's log; the default is before every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LogId {
    ms: u64,
    seq: u32,
}

/// Not an id of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of a log")]
pub struct InvalidLogId;

impl LogId {
    /// The id of those parts; `None` beyond 48 and 24 bits.
    pub fn new(ms: u64, seq: u32) -> Option<Self> {
        (ms >> 48 == 0 && seq >> 24 == 0).then_some(Self { ms, seq })
    }
    /// The first possible id of a time, Unix milliseconds.
    pub fn at(ms: u64) -> Self {
        Self { ms: ms & ((1 << 48) - 1), seq: 0 }
    }
    /// Unix milliseconds of the event.
    pub fn ms(self) -> u64 {
        self.ms
    }
    /// The stream entry's id.
    pub fn redis(self) -> String {
        format!("{}-{}", self.ms, self.seq)
    }
    /// Reads a stream entry's id.
    pub fn from_redis(text: &str) -> Option<Self> {
        let (ms, seq) = text.split_once('-')?;
        Self::new(ms.parse().ok()?, seq.parse().ok()?)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}{:06x}", self.ms, self.seq)
    }
}

impl FromStr for LogId {
    type Err = InvalidLogId;
    fn from_str(s: &str) -> Result<Self, InvalidLogId> {
        if s.len() != 18 || !s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(InvalidLogId);
        }
        let ms = u64::from_str_radix(&s[..12], 16).map_err(|_| InvalidLogId)?;
        let seq = u32::from_str_radix(&s[12..], 16).map_err(|_| InvalidLogId)?;
        Ok(Self { ms, seq })
    }
}

#[cfg(test)]
mod tests {
    use super::LogId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_read_back_and_sort_as_strings(a in 0u64..1 << 48, b in 0u32..1 << 24, c in 0u64..1 << 48, d in 0u32..1 << 24) {
            let (x, y) = (LogId::new(a, b).unwrap(), LogId::new(c, d).unwrap());
            prop_assert_eq!(x.to_string().parse(), Ok(x));
            prop_assert_eq!(LogId::from_redis(&x.redis()), Some(x));
            prop_assert_eq!(x.cmp(&y), x.to_string().cmp(&y.to_string()));
        }
        #[test]
        fn arbitrary_text_never_panics(s in ".*") {
            let _ = s.parse::<LogId>();
            let _ = LogId::from_redis(&s);
        }
    }

    #[test]
    fn only_eighteen_lower_case_hex_digits_are_an_id() {
        for bad in [
            "",
            "0",
            "01932f00aabb00000",
            "01932f00aabb0000000",
            "01932F00AABB000000",
            "+1932f00aabb000000",
            "é1932f00aabb00000",
        ] {
            assert!(bad.parse::<LogId>().is_err(), "{bad}");
        }
    }
}
