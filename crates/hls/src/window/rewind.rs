//! The rewind: segments stay listed after memory has let go of them, because the owner has them on disk.
//!
//! The owner asks for what is new ([`Window::take_unstored`]), writes it, says so ([`Window::stored`]), and deletes what the window
//! gives up ([`Window::take_discards`]). The window waits for nobody: a segment that is not on disk when memory must let go of it
//! leaves the list with all before it, since a list has no holes. Then the rewind begins anew; the live end never notices.
//!
//! A segment may be listed while its file is still on its way from the node that had the broadcast before (`hand_over`): it is awaited until
//! the owner has it ([`Window::arrived`]) or will never have it ([`Window::forget`]).

use std::time::{Instant, SystemTime};

use bytes::Bytes;

use super::old::{Old, Removed as RemovedOld};
use super::{Removed, Window};
use crate::name::Name;
use crate::segment::{Segment, Stored};

/// A segment that has a file on the owner's disk, or should get one: its name is `{epoch}-{msn}.m4s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentId {
    /// The session that wrote it.
    pub epoch: u64,
    /// Media sequence number.
    pub msn: u64,
}

impl SegmentId {
    /// Of a name; `None`: it is none of a whole segment.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.parse() {
            Ok(Name::Segment { epoch, msn }) => Some(Self { epoch, msn }),
            _ => None,
        }
    }
}

impl std::fmt::Display for SegmentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}.m4s", self.epoch, self.msn)
    }
}

/// A whole segment to be written.
#[derive(Debug, Clone)]
pub struct Unstored {
    /// Which.
    pub id: SegmentId,
    /// Its media, in order.
    pub pieces: Vec<Bytes>,
}

/// A segment whose file is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// Which.
    pub id: SegmentId,
    /// Bytes.
    pub size: u64,
    /// Wall-clock time of its first sample.
    pub date: Option<SystemTime>,
}

impl Window {
    /// The newest segment whose file is still to come, listed ones before those that have left the list meanwhile.
    pub fn next_awaited(&self) -> Option<Awaited> {
        let mut all = self.old.iter().rev().chain(self.leaving.iter().rev());
        all.find(|old| old.awaited).map(Old::as_awaited)
    }

    /// The same of that segment, if it is still to come.
    pub fn awaited(&self, id: SegmentId) -> Option<Awaited> {
        let known = self.old.find(id.msn).or_else(|| self.leaving.find(id.msn));
        known.filter(|old| old.epoch == id.epoch && old.awaited).map(Old::as_awaited)
    }

    /// The owner has the file of an awaited segment. `false`: nobody needs it any more; the owner deletes it.
    pub fn arrived(&mut self, id: SegmentId) -> bool {
        let known = self.old.find_mut(id.msn).or_else(|| self.leaving.find_mut(id.msn));
        let Some(old) = known.filter(|old| old.epoch == id.epoch && old.awaited) else { return false };
        old.awaited = false;
        true
    }

    /// Nothing that is still to come will come: it leaves the list, with all before it.
    pub fn forget_awaited(&mut self, now: Instant) {
        while let Some(awaited) = self.next_awaited() {
            self.forget(awaited.id, now);
        }
    }

    /// The oldest whole segment that is neither on disk nor on the way there; it counts as on the way from now on. `None` also where
    /// [`WindowConfig::rewind`](crate::WindowConfig::rewind) is zero.
    pub fn take_unstored(&mut self) -> Option<Unstored> {
        if self.config.rewind.is_zero() {
            return None;
        }
        let wanted = |segment: &&mut Segment| segment.whole && !segment.gap && segment.stored == Stored::No;
        let removed = self.removed.iter_mut().map(|removed| &mut removed.segment);
        let segment = removed.chain(&mut self.listed).find(wanted)?;
        segment.stored = Stored::Underway;
        let id = SegmentId { epoch: segment.start.epoch, msn: segment.start.msn };
        Some(Unstored { id, pieces: segment.chain() })
    }

    /// What became of a segment that [`Window::take_unstored`] gave. One that could not be written is not tried again.
    pub fn stored(&mut self, id: SegmentId, written: bool, now: Instant) {
        let outcome = if written { Stored::Yes } else { Stored::Failed };
        let removed = self.removed.iter_mut().map(|removed| &mut removed.segment);
        let mut known = self.listed.iter_mut().chain(removed);
        match known.find(|segment| segment.start.msn == id.msn && segment.start.epoch == id.epoch) {
            Some(segment) => segment.stored = outcome,
            None if written => self.discards.push(id),
            None => {}
        }
        self.let_go(now);
    }

    /// The owner wants the room of this segment's file and of all before it, or never gets it: they leave the list. The owner deletes the
    /// file; those before it come as discards, if they were not forgotten before. Files that are still to come are not awaited any more.
    pub fn forget(&mut self, id: SegmentId, now: Instant) {
        if self.leaving.take(id.msn).is_some() {
            return;
        }
        if self.old.find(id.msn).is_some() {
            while let Some(old) = self.old.pop() {
                let last = old.msn == id.msn;
                self.discontinuities_removed += u64::from(old.discontinuity);
                if last {
                    break;
                }
                if !old.awaited {
                    self.leave(old, now);
                }
            }
            self.list_lost_its_front();
            return;
        }
        let removed = self.removed.iter_mut().map(|removed| &mut removed.segment);
        let mut in_memory = self.listed.iter_mut().chain(removed);
        if let Some(segment) = in_memory.find(|segment| segment.start.msn == id.msn) {
            segment.stored = Stored::Failed;
        }
    }

    /// Files that nothing needs any more.
    pub fn take_discards(&mut self) -> Vec<SegmentId> {
        std::mem::take(&mut self.discards)
    }

    /// Memory lets go of listed segments beyond what it has to hold.
    pub(super) fn let_go(&mut self, now: Instant) {
        let floor = self.config.listed_floor();
        let before = self.first_listed();
        let may_be_written = self.unwritten_until.is_some_and(|until| now < until);
        while self.listed.len() > self.config.min_segments.max(1) {
            let Some(front) = self.listed.front().filter(|front| front.whole) else { break };
            let left = self.listed_duration.saturating_sub(front.duration);
            if left < floor {
                break;
            }
            let kept = !front.lead_in && front.is_kept();
            if kept && front.parts_until.is_some_and(|until| until <= now) {
                self.grow_old();
            } else if !kept && !may_be_written && left >= floor * super::PATIENCE {
                self.cut_front(now);
            } else {
                break;
            }
        }
        if self.first_listed() != before {
            self.list_lost_its_front();
        }
    }

    /// The first segment in memory, which is on disk, is listed without its media from now on.
    pub(super) fn grow_old(&mut self) {
        let Some(segment) = self.listed.pop_front() else { return };
        self.listed_duration -= segment.duration;
        self.bytes -= segment.size;
        self.old.push(&segment, false);
    }

    /// The first segment in memory leaves the list, and so does everything before it.
    fn cut_front(&mut self, now: Instant) {
        self.drop_old(now);
        self.remove_front(now);
    }

    /// Everything that is only on disk leaves the list.
    pub(super) fn drop_old(&mut self, now: Instant) {
        while let Some(old) = self.old.pop() {
            self.discontinuities_removed += u64::from(old.discontinuity);
            if !old.awaited {
                self.leave(old, now);
            }
        }
    }

    /// A segment that is only on disk left the list: it stays as long as any (draft 6.2.2).
    pub(super) fn leave(&mut self, old: Old, now: Instant) {
        if old.gap {
            return;
        }
        let until = now + old.duration + self.longest_playlist;
        self.leaving.insert(RemovedOld { old, until });
    }

    /// The time in memory of a segment that left the list is over.
    pub(super) fn forgotten(&mut self, removed: Removed, now: Instant) {
        let Removed { segment, until_disk, .. } = removed;
        self.bytes -= segment.size;
        if segment.stored != Stored::Yes {
            return;
        }
        if until_disk > now {
            let mut one = super::old::Listed::default();
            one.push(&segment, false);
            if let Some(old) = one.pop() {
                self.leaving.insert(RemovedOld { old, until: until_disk });
            }
        } else {
            self.discards.push(SegmentId { epoch: segment.start.epoch, msn: segment.start.msn });
        }
    }

    pub(super) fn expire_old(&mut self, now: Instant) -> bool {
        let mut any = false;
        while let Some(old) = self.leaving.pop_due(now) {
            any = true;
            if !old.awaited {
                self.discards.push(SegmentId { epoch: old.epoch, msn: old.msn });
            }
        }
        any
    }

    fn list_lost_its_front(&mut self) {
        if let Some(first) = self.first_listed() {
            self.iframes.slide(first);
        }
        self.changed();
        self.plain_revision += 1;
        self.drop_unused_inits();
    }
}
