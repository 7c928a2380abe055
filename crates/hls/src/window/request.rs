//! What to do with a request: answer now, wait, or refuse.
//!
//! Nothing here waits. The origin holds a request on `WaitFor`, asks again after each change of the window's
//! revision, and answers 503 when its bound is reached. Asking again matters: a segment may end with fewer parts
//! than the request named, and the request is then due with part 0 of the next.

use std::time::Duration;

use bytes::Bytes;

use super::{SegmentId, Window};
use crate::name::Name;
use crate::query::MediaQuery;
use crate::segment::{Segment, find};

/// How a media playlist request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// With the playlist as it is.
    Ready,
    /// Not before this exists: the part, or the whole segment. Before the first media the numbers are only what
    /// was asked for.
    WaitFor {
        /// Media sequence number.
        msn: u64,
        /// Part index; `None` is the whole segment.
        part: Option<u32>,
    },
    /// 400: more than two segments ahead, or a part without a segment.
    OutOfRange,
}

/// What stands behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A part.
    Part(Bytes),
    /// A whole segment: its parts' bytes, to be sent one after the other.
    Segment(Vec<Bytes>),
    /// An init section.
    Init(Bytes),
    /// A whole segment that the owner has on disk, and its size: see [`Window::take_unstored`].
    Stored {
        /// Under which name.
        id: SegmentId,
        /// Bytes.
        size: u64,
    },
    /// The same, but its file is still on its way to the owner ([`Window::next_awaited`]), who may fetch this one first: hold the request
    /// until it has arrived or is forgotten.
    Awaited {
        /// Under which name.
        id: SegmentId,
        /// Bytes.
        size: u64,
    },
    /// It is hinted or being written: hold the request, never answer 404.
    WaitFor {
        /// Media sequence number.
        msn: u64,
        /// Part index; `None` is the whole segment.
        part: Option<u32>,
    },
    /// No such thing, or a gap.
    NotFound,
    /// It may have been there and is not any more, or was hinted and the broadcast ended first: 410, or 404.
    Gone,
}

impl Window {
    /// Decides on a media playlist request (draft 6.2.5.2). Whatever is already past is ready at once, also when
    /// it has left the window, and so is everything after the end. A request without directives and one for the
    /// past wait only at the start, and after a jump in the numbers: for media of PART-HOLD-BACK, or for a whole
    /// segment if the list has no segment to lead in or parts are not wanted.
    pub fn decide(&self, query: &MediaQuery) -> Decision {
        if query.msn.is_none() && query.part.is_some() {
            return Decision::OutOfRange;
        }
        if self.ended.is_some() {
            return Decision::Ready;
        }
        let Some(last) = self.last_msn else {
            return Decision::WaitFor { msn: query.msn.unwrap_or(0), part: query.part.or(Some(0)) };
        };
        // The number that is being written or comes next: one more than the last whole segment's.
        let next = self.last_whole().map_or(0, |whole| whole.saturating_add(1));
        let past = if self.can_start(query.ll) { Decision::Ready } else { self.soonest(next, query.ll) };
        let Some(msn) = query.msn else { return past };
        if msn > next.saturating_add(1) {
            return Decision::OutOfRange;
        }
        let Some(part) = query.part else {
            return if msn < next { past } else { Decision::WaitFor { msn, part: None } };
        };
        if msn < next {
            // A part behind the last one of a whole segment is part 0 of the next.
            let ended_before = |segment: &Segment| segment.start.divided && part >= segment.parts();
            let beyond = msn + 1 == next && self.segment(msn).is_some_and(ended_before);
            let begun = last == next;
            return if !beyond || begun { past } else { Decision::WaitFor { msn: next, part: Some(0) } };
        }
        match self.open().filter(|open| open.start.msn == msn) {
            Some(open) if part < open.parts() => Decision::Ready,
            Some(open) if open.closed => Decision::WaitFor { msn: msn + 1, part: Some(0) },
            _ => Decision::WaitFor { msn, part: Some(part) },
        }
    }

    /// Whether a player can start with the list. Players take one without a whole segment for an error (hls.js 1.7:
    /// levelEmptyError, fatal after two retries); the segment that leads in is one to them. They start PART-HOLD-BACK
    /// before the end, where there must be media.
    fn can_start(&self, ll: bool) -> bool {
        if !self.old.is_empty() {
            return true;
        }
        let Some(first) = self.listed.front() else { return false };
        let media = || self.listed.iter().map(Segment::media).sum::<Duration>();
        if first.lead_in { ll && media() >= self.config.part_hold_back() } else { first.whole }
    }

    /// What a request that cannot start yet waits for in the segment `next`.
    fn soonest(&self, next: u64, ll: bool) -> Decision {
        let leads_in = self.listed.front().is_some_and(|first| first.lead_in);
        let part = (ll && leads_in).then(|| self.open().map_or(0, Segment::parts));
        Decision::WaitFor { msn: next, part }
    }

    /// Looks a name up. Removed segments and their parts are found as long as they are kept.
    ///
    /// A name that was hinted and then turned out otherwise (the segment ended one part earlier, or a cut brought
    /// another epoch or number) stands for the part that came in its place: the same bytes from then on.
    pub fn resource(&self, name: &str) -> Resource {
        match name.parse() {
            Ok(Name::Init(init)) => match self.inits.iter().find(|(known, _)| *known == init) {
                Some((_, bytes)) => Resource::Init(bytes.clone()),
                None => Resource::NotFound,
            },
            Ok(Name::Segment { epoch, msn }) => self.whole_segment(epoch, msn),
            Ok(Name::Part { epoch, msn, part }) => self.part(epoch, msn, part),
            Err(_) => Resource::NotFound,
        }
    }

    /// Whether [`Window::resource`] has the media of that segment, whole and in memory.
    pub fn has_segment(&self, id: SegmentId) -> bool {
        let known = self.segment(id.msn).filter(|segment| segment.start.epoch == id.epoch);
        known.is_some_and(|segment| segment.whole && !segment.gap)
    }

    fn whole_segment(&self, epoch: u64, msn: u64) -> Resource {
        match self.segment(msn).filter(|segment| segment.start.epoch == epoch) {
            Some(segment) if segment.whole && segment.gap => Resource::NotFound,
            Some(segment) if segment.whole => Resource::Segment(segment.chain()),
            Some(_) => Resource::WaitFor { msn, part: None },
            None => {
                match self.old.find(msn).or_else(|| self.leaving.find(msn)).filter(|old| old.epoch == epoch) {
                    Some(old) if old.gap => Resource::NotFound,
                    Some(old) if old.awaited => {
                        Resource::Awaited { id: SegmentId { epoch, msn }, size: old.size }
                    }
                    Some(old) => Resource::Stored { id: SegmentId { epoch, msn }, size: old.size },
                    None => self.absent(epoch, msn),
                }
            }
        }
    }

    fn part(&self, epoch: u64, msn: u64, part: u32) -> Resource {
        let own = |segment: &&Segment| segment.start.epoch == epoch && segment.start.divided;
        if let Some(segment) = self.segment(msn).filter(own) {
            return match segment.pieces.get(part as usize) {
                Some(piece) if piece.gap => Resource::NotFound,
                Some(piece) => Resource::Part(piece.bytes.clone()),
                None if part != segment.parts() => Resource::NotFound,
                None if segment.closed => self.successor(segment),
                None => self.hinted(msn, part),
            };
        }
        // Part 0 of the segment after a closed one is hinted under that one's epoch.
        let before = msn.checked_sub(1).filter(|_| part == 0).and_then(|before| self.segment(before));
        match before.filter(|before| before.closed && before.start.epoch == epoch) {
            Some(before) => self.successor(before),
            // Of a segment that is only on disk, its parts are gone.
            None if self.old.find(msn).is_some() => Resource::Gone,
            None => self.absent(epoch, msn),
        }
    }

    /// What came, or comes, after a closed segment.
    fn successor(&self, segment: &Segment) -> Resource {
        let Some(next) = self.after(segment.start.msn) else { return self.hinted(segment.start.msn + 1, 0) };
        if next.lead_in {
            // It only opens the list; what was hinted is the media after it.
            return self.successor(next);
        }
        match next.pieces.first() {
            Some(piece) if next.start.divided && !piece.gap => Resource::Part(piece.bytes.clone()),
            _ => Resource::NotFound,
        }
    }

    fn hinted(&self, msn: u64, part: u32) -> Resource {
        if self.ended.is_some() { Resource::Gone } else { Resource::WaitFor { msn, part: Some(part) } }
    }

    fn absent(&self, epoch: u64, msn: u64) -> Resource {
        let in_memory = self.removed.front().map(|removed| removed.segment.start.msn);
        let on_disk = self.leaving.front().map(|removed| removed.old.msn);
        let oldest = in_memory.into_iter().chain(on_disk).chain(self.first_listed()).min();
        let past = oldest.is_some_and(|oldest| msn < oldest);
        let known = self.epoch.is_some_and(|current| epoch <= current);
        if past && known { Resource::Gone } else { Resource::NotFound }
    }

    fn segment(&self, msn: u64) -> Option<&Segment> {
        find(&self.listed, msn, |segment| segment.start.msn).or_else(|| {
            find(&self.removed, msn, |removed| removed.segment.start.msn).map(|removed| &removed.segment)
        })
    }

    fn after(&self, msn: u64) -> Option<&Segment> {
        let removed = self.removed.partition_point(|removed| removed.segment.start.msn <= msn);
        if let Some(next) = self.removed.get(removed) {
            return Some(&next.segment);
        }
        self.listed.get(self.listed.partition_point(|segment| segment.start.msn <= msn))
    }
}
