//! The query string of a media playlist request, parsed strictly (draft 6.2.5: delivery directives).
//!
//! Knows `_HLS_msn`, `_HLS_part`, `_HLS_skip`, `ll` and `sid`; everything else is ignored, as the draft asks for
//! directives of the future. A bad or repeated value is an error that the origin answers with 400.

/// The longest playback session id.
const MAX_SID: usize = 128;

/// What a media playlist request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaQuery {
    /// `_HLS_msn`: hold the answer until this segment is there.
    pub msn: Option<u64>,
    /// `_HLS_part`: hold it until this part of that segment is there. Never set without `msn` by [`MediaQuery::parse`].
    pub part: Option<u32>,
    /// `_HLS_skip=YES` or `v2`: a delta update is welcome.
    pub skip: bool,
    /// False for `ll=0`, the plain sibling.
    pub ll: bool,
    /// The playback session: letters, digits and `-._`, which no client's URL code rewrites (`~` becomes `%7E`).
    pub sid: Option<String>,
}

impl Default for MediaQuery {
    fn default() -> Self {
        Self { msn: None, part: None, skip: false, ll: true, sid: None }
    }
}

/// The query string is wrong; the answer is 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// `_HLS_msn` is no decimal number of 64 bits.
    #[error("_HLS_msn is not a decimal integer")]
    Msn,
    /// `_HLS_part` is no decimal number.
    #[error("_HLS_part is not a decimal integer")]
    Part,
    /// `_HLS_part` without `_HLS_msn` (draft 6.2.5.2).
    #[error("_HLS_part needs _HLS_msn")]
    PartWithoutMsn,
    /// `_HLS_skip` is neither `YES` nor `v2`.
    #[error("_HLS_skip is neither YES nor v2")]
    Skip,
    /// `ll` is neither `0` nor `1`.
    #[error("ll is neither 0 nor 1")]
    LowLatency,
    /// `sid` is empty, too long, or has characters other than letters, digits and `-._`.
    #[error("sid is not 1 to 128 letters, digits or -._")]
    Sid,
    /// A known name stands twice.
    #[error("{0} is given twice")]
    Repeated(&'static str),
}

impl MediaQuery {
    /// Parses the part of the URL after `?` (an empty text is a query with nothing in it).
    pub fn parse(query: &str) -> Result<Self, QueryError> {
        let (mut msn, mut part, mut skip, mut ll, mut sid) = (None, None, None, None, None);
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "_HLS_msn" => once(&mut msn, "_HLS_msn", decimal(value).ok_or(QueryError::Msn)?)?,
                "_HLS_part" => {
                    let number = decimal(value).ok_or(QueryError::Part)?;
                    once(&mut part, "_HLS_part", u32::try_from(number).unwrap_or(u32::MAX))?;
                }
                "_HLS_skip" => once(&mut skip, "_HLS_skip", parse_skip(value)?)?,
                "ll" => once(&mut ll, "ll", parse_ll(value)?)?,
                "sid" => once(&mut sid, "sid", parse_sid(value)?)?,
                _ => {}
            }
        }
        if part.is_some() && msn.is_none() {
            return Err(QueryError::PartWithoutMsn);
        }
        Ok(Self { msn, part, skip: skip.unwrap_or(false), ll: ll.unwrap_or(true), sid })
    }
}

fn once<T>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), QueryError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(QueryError::Repeated(name)),
    }
}

fn decimal(value: &str) -> Option<u64> {
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    value.parse().ok()
}

fn parse_skip(value: &str) -> Result<bool, QueryError> {
    match value {
        "YES" | "v2" => Ok(true),
        _ => Err(QueryError::Skip),
    }
}

fn parse_ll(value: &str) -> Result<bool, QueryError> {
    match value {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(QueryError::LowLatency),
    }
}

fn parse_sid(value: &str) -> Result<String, QueryError> {
    let fits = !value.is_empty() && value.len() <= MAX_SID;
    let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if fits && plain { Ok(value.to_owned()) } else { Err(QueryError::Sid) }
}
