//! A beacon's body: what a player says of the time since its last one, and what is taken of that.
//!
//! It is a stranger's word. A session cannot tell of more time than there was since it told last, nor of more stalls, errors and frames than
//! fit in that time, and of one start. So who lies is one viewer who fares badly, no more. Unknown fields are left out.

use super::{ERRORS, HEIGHTS};
use crate::live::sessions::Moment;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// Largest body, bytes; ours has some 200.
pub(crate) const MAX_BODY: usize = 1 << 10;
/// Longest time that one beacon tells of: after it a session is over.
const MAX_TIME: Duration = Duration::from_secs(30);
/// Time by which a player's clock and the way of a beacon may differ from what is seen here.
const SLACK: Duration = Duration::from_secs(2);
/// What the first beacon that this edge sees of a session may tell of: the time between two, which may have begun at another edge.
const BEFORE: Duration = Duration::from_secs(12);
/// Longest start, milliseconds; who waited longer has left.
const MAX_START_MS: u64 = 120_000;
/// Furthest behind the live edge, milliseconds: as far as a player goes back.
const MAX_BEHIND_MS: u64 = 24 * 3_600_000;
/// Shortest time between two stalls, milliseconds: less is no stall that anybody sees.
const STALL_MS: u64 = 500;
/// Errors of one kind of one beacon; a player that fails rests before it tries again.
const MAX_ERRORS: u64 = 10;
/// Most pictures a second that are shown.
const MAX_FPS: u64 = 240;

/// What a player says.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    watched_ms: u64,
    stalled_ms: u64,
    stalls: u64,
    start_ms: Option<u64>,
    errors: Errors,
    behind_ms: Option<u64>,
    height: u64,
    decoded: u64,
    dropped: u64,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Errors {
    network: u64,
    media: u64,
    unsupported: u64,
}

impl Told {
    /// None: there is no body. Errors: it is not of its form, in words for whoever wrote the player.
    pub(crate) fn read(body: &[u8]) -> Result<Option<Self>, String> {
        if body.is_empty() {
            return Ok(None);
        }
        // A list would be read as the fields in their order.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err("A beacon's body is a JSON object, or there is none.".into());
        }
        serde_json::from_slice(body).map(Some).map_err(|e| format!("A beacon's body could not be read: {e}"))
    }
}

/// What is taken of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The session told nothing before in this minute.
    pub(super) is_first: bool,
    pub(super) watched_ms: u64,
    pub(super) stalled_ms: u64,
    pub(super) stalls: u64,
    pub(super) start_ms: Option<u64>,
    /// By the kinds of [`ERRORS`].
    pub(super) errors: [u64; ERRORS.len()],
    pub(super) behind_ms: Option<u64>,
    /// Class of [`HEIGHTS`]; none: there was no picture.
    pub(super) rung: Option<usize>,
    pub(super) decoded: u64,
    pub(super) dropped: u64,
}

/// What a session has told so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    /// Until then it has told; a session begins with some credit.
    until: Instant,
    /// The minute in which it told last.
    minute: Option<u64>,
    has_started: bool,
}

impl Account {
    /// Of a session that is seen the first time.
    pub(crate) fn new(now: Moment) -> Self {
        let until = now.at().checked_sub(BEFORE).unwrap_or(now.at());
        Self { until, minute: None, has_started: false }
    }

    /// Takes what fits.
    pub(crate) fn take(&mut self, now: Moment, told: &Told) -> Taken {
        let time = (now.at().saturating_duration_since(self.until) + SLACK).min(MAX_TIME);
        let most = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (watched_ms, stalled_ms) = fit(told.watched_ms, told.stalled_ms, most);
        let start_ms = told.start_ms.filter(|_| !self.has_started).map(|ms| ms.min(MAX_START_MS));
        let decoded = told.decoded.min(most * MAX_FPS / 1_000);
        let Errors { network, media, unsupported } = told.errors;
        let taken = Taken {
            is_first: self.minute != Some(now.minute()),
            watched_ms,
            stalled_ms,
            stalls: told.stalls.min(most / STALL_MS),
            start_ms,
            errors: [network, media, unsupported].map(|n| n.min(MAX_ERRORS)),
            behind_ms: told.behind_ms.map(|ms| ms.min(MAX_BEHIND_MS)),
            rung: rung(told.height),
            decoded,
            dropped: told.dropped.min(decoded),
        };
        self.has_started |= start_ms.is_some();
        (self.until, self.minute) = (now.at(), Some(now.minute()));
        taken
    }
}

/// Both times, made smaller in proportion where they are more than there was.
fn fit(watched: u64, stalled: u64, most: u64) -> (u64, u64) {
    let (w, s, most) = (u128::from(watched), u128::from(stalled), u128::from(most));
    let all = w + s;
    if all <= most {
        return (watched, stalled);
    }
    let part = |n: u128| u64::try_from(n * most / all).unwrap_or(u64::MAX);
    (part(w), part(s))
}

fn rung(height: u64) -> Option<usize> {
    let last = HEIGHTS.len() - 1;
    (height > 0).then(|| HEIGHTS.iter().position(|most| height <= u64::from(*most)).unwrap_or(last))
}
