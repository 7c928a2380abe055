//! The rules of publishing as plain functions over values: who may publish, what a node's report means, what the reaper does.
//!
//! No clock, no database, no socket in here: time is an argument, and the caller carries out what is decided. A broadcast has one
//! session at a time; a session's epoch is greater than that of every earlier one, and only the highest epoch is listened to.

use std::time::Duration;
use streamly_domain::StreamState;
use time::OffsetDateTime;

/// Media sequence numbers reserved at a time. A segment lasts at least half a second: 512 s and more.
pub const MSN_BLOCK: u64 = 1024;
/// A reservation is renewed when fewer numbers than this are left: 128 s at two segments a second, well over 30 s.
pub const MSN_AHEAD: u64 = 256;
/// Window in which take-overs of a flowing broadcast are counted.
pub const TAKEOVER_WINDOW: Duration = Duration::from_secs(60);
/// Take-overs allowed in that window; the next is refused, or two encoders would throw each other out for ever.
pub const MAX_TAKEOVERS: u64 = 2;

/// The open broadcast of a channel, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current {
    /// Highest epoch given out.
    pub epoch: u64,
    /// Stored state; never `Offline`.
    pub state: StreamState,
    /// End (exclusive) of the reserved media sequence numbers.
    pub reserved: u64,
    /// Take-overs within [`TAKEOVER_WINDOW`].
    pub takeovers: u64,
    /// The node that has it.
    pub host: Host,
}

/// The node that has a broadcast, seen from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// It is there and goes on, or nobody can say.
    Present,
    /// It sends its publishers to other nodes.
    Draining,
    /// It has not been heard lately: no media flows, whatever is stored.
    Gone,
}

/// What an authorised publisher gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A new broadcast of epoch 1.
    Fresh,
    /// The same broadcast goes on. Numbers from the old reservation's end on are certainly unused, wherever the old session
    /// was; a node that still has the broadcast goes on with its own numbering instead.
    Resumed {
        /// Of the new session.
        epoch: u64,
        /// First number free to use.
        first_msn: u64,
        /// End of the new reservation.
        reserved: u64,
        /// Whether media was flowing and would have gone on.
        takeover: bool,
    },
    /// Two encoders fight over the key.
    Fighting,
}

/// Decides about a publisher with a good key.
pub fn admit(current: Option<&Current>) -> Admission {
    let Some(c) = current else { return Admission::Fresh };
    let takeover = c.state == StreamState::Live && c.host == Host::Present;
    if takeover && c.takeovers >= MAX_TAKEOVERS {
        return Admission::Fighting;
    }
    Admission::Resumed {
        epoch: c.epoch + 1,
        first_msn: c.reserved,
        reserved: c.reserved + MSN_BLOCK,
        takeover,
    }
}

/// What a node says of a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Epoch of the session it speaks for.
    pub epoch: u64,
    /// `Starting`, `Live` or `Reconnecting`.
    pub state: StreamState,
    /// Next number it will use.
    pub next_msn: u64,
}

/// What to do about a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The lease goes on.
    Renew {
        /// Store this state first.
        state: Option<StreamState>,
        /// Store this reservation first.
        reserve: Option<u64>,
    },
    /// A higher epoch lives.
    Superseded,
}

/// Judges a report against the stored broadcast.
pub fn judge(epoch: u64, state: StreamState, reserved: u64, report: &Report) -> Verdict {
    use StreamState as S;
    if report.epoch < epoch {
        return Verdict::Superseded;
    }
    let next = match (state, report.state) {
        (_, S::Live) => S::Live,
        (S::Live, S::Reconnecting) => S::Reconnecting,
        // A resumed session that starts does not take back what viewers saw.
        (now, _) => now,
    };
    // Never renewed from below: a lying or late report cannot shrink it. Bounded, so that it cannot exhaust the numbers.
    let next_msn = report.next_msn.min(reserved);
    Verdict::Renew {
        state: (next != state).then_some(next),
        reserve: (next_msn + MSN_AHEAD > reserved).then_some(next_msn + MSN_BLOCK),
    }
}

/// What the reaper sees of an open broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Stored state.
    pub state: StreamState,
    /// Last heartbeat or permit.
    pub renewed: OffsetDateTime,
    /// End of the grace window, if one runs.
    pub grace_until: Option<OffsetDateTime>,
}

/// What the reaper does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reap {
    /// Leave it.
    Keep,
    /// Its node is gone: grace begins.
    Lost,
    /// It is over.
    End,
}

/// Looks at one open broadcast. `watching` is since when the reaper has been able to see heartbeats: after an outage of this service
/// each lease gets one whole TTL from then.
pub fn reap(now: OffsetDateTime, watching: OffsetDateTime, ttl: Duration, open: &Open) -> Reap {
    let expired = now - open.renewed.max(watching) >= ttl;
    let grace_over = open.grace_until.is_none_or(|until| now >= until);
    match open.state {
        StreamState::Live if expired => Reap::Lost,
        StreamState::Starting if expired && grace_over => Reap::End,
        // A node that lives ends its grace itself; one that forgets is not waited for longer than a TTL.
        StreamState::Reconnecting
            if grace_over && (expired || open.grace_until.is_some_and(|until| now >= until + ttl)) =>
        {
            Reap::End
        }
        _ => Reap::Keep,
    }
}

#[cfg(test)]
mod tests;
