//! The names below a rendition: `{epoch}-init{n}.mp4`, `{epoch}-{msn}.m4s`, `{epoch}-{msn}.{part}.m4s`.
//!
//! A name has one spelling: no signs, no leading zeros, so that a cache keyed by the text holds each object once.
//! Anything else is an error, which the origin answers with 404.

use std::fmt;
use std::str::FromStr;

/// The longest name: two numbers of 20 digits, one of 10, and the rest.
const MAX_LEN: usize = 64;

/// The name of an initialisation section: the epoch that wrote it and a counter within the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InitName {
    /// The session that wrote it.
    pub epoch: u64,
    /// Goes up with each new codec configuration in the epoch.
    pub number: u32,
}

/// A parsed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// An initialisation section.
    Init(InitName),
    /// A whole segment.
    Segment {
        /// The session that wrote it.
        epoch: u64,
        /// Media sequence number.
        msn: u64,
    },
    /// A part of a segment.
    Part {
        /// The session that wrote it.
        epoch: u64,
        /// Media sequence number of the segment.
        msn: u64,
        /// Index in the segment, from 0.
        part: u32,
    },
}

/// The text is none of the three names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a segment, a part or an init section")]
pub struct NameError;

impl fmt::Display for InitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-init{}.mp4", self.epoch, self.number)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Init(init) => init.fmt(f),
            Name::Segment { epoch, msn } => write!(f, "{epoch}-{msn}.m4s"),
            Name::Part { epoch, msn, part } => write!(f, "{epoch}-{msn}.{part}.m4s"),
        }
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.len() > MAX_LEN {
            return Err(NameError);
        }
        let (epoch, rest) = text.split_once('-').ok_or(NameError)?;
        let epoch = number(epoch)?;
        if let Some(init) = rest.strip_prefix("init") {
            let digits = init.strip_suffix(".mp4").ok_or(NameError)?;
            return Ok(Name::Init(InitName { epoch, number: number(digits)? }));
        }
        let numbers = rest.strip_suffix(".m4s").ok_or(NameError)?;
        match numbers.split_once('.') {
            None => Ok(Name::Segment { epoch, msn: number(numbers)? }),
            Some((msn, part)) => Ok(Name::Part { epoch, msn: number(msn)?, part: number(part)? }),
        }
    }
}

fn number<T: FromStr>(digits: &str) -> Result<T, NameError> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return Err(NameError);
    }
    digits.parse().map_err(|_| NameError)
}
