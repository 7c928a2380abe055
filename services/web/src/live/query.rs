//! The query of a request under `/live`: read by hand, once, whichever way the request came, and without a copy where nothing is escaped.
//!
//! It is read as `application/x-www-form-urlencoded` (WHATWG URL, 5.1): `+` and `%xx` stand for others, bytes that are no UTF-8 for U+FFFD.
//! What is not known is left out; a known name that is there twice is refused. What of it reaches an origin, and in which order, is
//! [`Wanted`]'s: everything else, `sid` first, stays here so that viewers share one request.

use std::{borrow::Cow, fmt::Write};
use streamly_http::{Problem, Result};
use streamly_status::Code;

/// Highest `_HLS_part` that reaches an origin: a segment of 60 s has fewer parts, and each differing number is a request of its own.
const MAX_PART: u64 = 1000;
/// Most digits of a number.
const DIGITS: usize = 19;

/// See the module's head.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Query<'q> {
    msn: Option<Cow<'q, str>>,
    part: Option<Cow<'q, str>>,
    skip: Option<Cow<'q, str>>,
    ll: Option<Cow<'q, str>>,
    pub(crate) sid: Option<Cow<'q, str>>,
    pub(crate) token: Option<Cow<'q, str>>,
    preview: Option<Cow<'q, str>>,
}

/// Parameters of a playlist as an origin gets them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    msn: Option<u64>,
    part: Option<u64>,
    skip: Option<&'static str>,
    /// Without parts.
    plain: bool,
}

impl<'q> Query<'q> {
    /// Errors: 400, a known name is there twice.
    pub(crate) fn parse(text: &'q str) -> Result<Self> {
        let mut query = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = plain(name);
            let place = match &*name {
                "_HLS_msn" => &mut query.msn,
                "_HLS_part" => &mut query.part,
                "_HLS_skip" => &mut query.skip,
                "ll" => &mut query.ll,
                "sid" => &mut query.sid,
                "token" => &mut query.token,
                "preview" => &mut query.preview,
                _ => continue,
            };
            if place.replace(plain(value)).is_some() {
                let wrong = format!("The query is wrong: {name} is there twice.");
                return Err(Problem::new(Code::MalformedRequest).detail(wrong));
            }
        }
        Ok(query)
    }

    /// Of a multivariant playlist: that the lists that it names are to be without parts.
    pub(crate) fn is_plain(&self) -> bool {
        self.ll.as_deref() == Some("0")
    }

    /// The broadcaster's own picture, or who says so.
    pub(crate) fn is_preview(&self) -> bool {
        self.preview.as_deref() == Some("1")
    }

    /// What is wanted of a playlist. Errors: 400, one of the parameters is not of its form, or the part is beyond any segment's.
    pub(crate) fn wanted(&self) -> Result<Wanted> {
        let wrong = || Problem::new(Code::MalformedRequest).detail("A query parameter is not valid.");
        let number = |said: &Option<Cow<'_, str>>| match said.as_deref() {
            None => Ok(None),
            Some(digits) if is_number(digits) => digits.parse::<u64>().map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        };
        let (msn, part) = (number(&self.msn)?, number(&self.part)?);
        if part.is_some_and(|part| part > MAX_PART) {
            return Err(Code::PlaylistOutOfRange.into());
        }
        let skip = match self.skip.as_deref() {
            None => None,
            Some("YES") => Some("YES"),
            Some("v2") => Some("v2"),
            Some(_) => return Err(wrong()),
        };
        let plain = match self.ll.as_deref() {
            None | Some("1") => false,
            Some("0") => true,
            Some(_) => return Err(wrong()),
        };
        Ok(Wanted { msn, part, skip, plain })
    }
}

impl Wanted {
    /// Whether it is asked for by number.
    pub(crate) fn is_blocking(&self) -> bool {
        self.msn.is_some()
    }

    /// Appends it to a path, always in the same order.
    pub(crate) fn push(&self, url: &mut String) {
        let mut mark = '?';
        let mut push = |name: &str, value: &dyn std::fmt::Display| {
            let _ = write!(url, "{}{name}={value}", std::mem::replace(&mut mark, '&'));
        };
        if let Some(msn) = &self.msn {
            push("_HLS_msn", msn);
        }
        if let Some(part) = &self.part {
            push("_HLS_part", part);
        }
        if let Some(skip) = &self.skip {
            push("_HLS_skip", skip);
        }
        if self.plain {
            push("ll", &0);
        }
    }
}

fn is_number(text: &str) -> bool {
    (1..=DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name or value as it was meant.
fn plain(said: &str) -> Cow<'_, str> {
    if !said.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(said);
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(said.len()), said.as_bytes());
    while let [first, behind @ ..] = rest {
        rest = behind;
        bytes.push(match (first, behind) {
            (b'+', _) => b' ',
            (b'%', [high, low, ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = &behind[2..];
                    (high << 4) | low
                }
                _ => b'%',
            },
            _ => *first,
        });
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
