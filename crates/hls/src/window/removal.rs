//! How media leaves: from the list when that is long enough, then from memory when its time is over, or earlier for want of room.
//!
//! What the list and memory owe to viewers is in the head of `window`; what goes to disk instead in that of `rewind`.

use std::time::{Duration, Instant};

use super::{PushError, Removed, SegmentId, Window};
use crate::config::PART_RETENTION_TARGETS;
use crate::segment::Stored;

impl Window {
    /// Drops removed segments whose time is over. Every push does it too; a quiet rendition needs the call.
    pub fn expire(&mut self, now: Instant) {
        let before = self.removed.len();
        while let Some(oldest) = self.removed.pop_front_if(|removed| removed.until <= now) {
            self.forgotten(oldest, now);
        }
        if self.expire_old(now) || before != self.removed.len() {
            self.drop_unused_inits();
        }
    }

    /// When [`Window::expire`] has something to do next.
    pub fn next_expiry(&self) -> Option<Instant> {
        let in_memory = self.removed.front().map(|removed| removed.until);
        let on_disk = self.leaving.front().map(|removed| removed.until);
        in_memory.into_iter().chain(on_disk).min()
    }

    /// Draft 6.2.2 wants three target durations left in the list when a segment leaves it, lest players stall for want of media.
    /// This one goes earlier: it has no media to want, and kept so long (27 s with OBS's keyframe every 8.33 s) it is in the way
    /// of players that begin at the front of a short list. Tried: hls.js 1.7 has a fragGap error there and does not start,
    /// GStreamer 1.22 asks for it again and again until it is gone, ffmpeg 5.1 asks once and goes on.
    pub(super) fn drop_lead_in(&mut self) {
        let lead_in = self.listed.pop_front_if(|front| front.lead_in);
        self.listed_duration -= lead_in.map_or(Duration::ZERO, |segment| segment.duration);
    }

    /// What was up to now is nobody's any more: it leaves the list and memory at once, whatever viewers are promised, and its files come as
    /// discards. Numbers up to `last` are refused from now on, so that what is still on its way does not come back; the list begins anew with
    /// what has a higher one, after a discontinuity.
    pub fn forget_all(&mut self, last: u64, now: Instant) {
        self.discontinuity(now);
        self.start_anew(now);
        while let Some(removed) = self.removed.pop_front() {
            self.bytes -= removed.segment.size;
            if removed.segment.stored == Stored::Yes {
                let start = &removed.segment.start;
                self.discards.push(SegmentId { epoch: start.epoch, msn: start.msn });
            }
        }
        while let Some(old) = self.leaving.pop_any() {
            if !old.awaited {
                self.discards.push(SegmentId { epoch: old.epoch, msn: old.msn });
            }
        }
        self.last_msn = Some(self.last_msn.map_or(last, |known| known.max(last)));
        self.drop_unused_inits();
        self.changed();
        self.plain_revision += 1;
    }

    pub(super) fn hide_old_parts(&mut self, now: Instant) {
        let until = now + self.config.target_duration * PART_RETENTION_TARGETS;
        let keep = self.config.parts_for_last_segments;
        for segment in
            self.listed.iter_mut().rev().skip(keep).take_while(|segment| segment.parts_until.is_none())
        {
            segment.part_lines = String::new();
            segment.parts_until = Some(until);
        }
    }

    pub(super) fn slide(&mut self, now: Instant) {
        let rewinds = !self.config.rewind.is_zero();
        if rewinds {
            self.let_go(now);
        }
        let floor = self.config.listed_floor().max(self.config.rewind);
        while self.old.len() + self.listed.len() > self.config.min_segments {
            let first = self.old.front().map(|old| old.duration);
            let Some(first) = first.or(self.listed.front().map(|front| front.duration)) else { break };
            if (self.listed_duration + self.old.duration()).saturating_sub(first) < floor {
                break;
            }
            match self.old.pop() {
                Some(old) => {
                    self.discontinuities_removed += u64::from(old.discontinuity);
                    self.leave(old, now);
                }
                None => self.remove_front(now),
            }
        }
        if let Some(first) = self.first_listed() {
            self.iframes.slide(first);
        }
    }

    /// Moves the first segment that is listed in memory, which must be whole and the first of all, to the removed ones.
    pub(super) fn remove_front(&mut self, now: Instant) {
        let Some(segment) = self.listed.pop_front() else { return };
        self.listed_duration -= segment.duration;
        self.discontinuities_removed += u64::from(segment.start.discontinuity);
        let parts_until = now + self.config.target_duration * PART_RETENTION_TARGETS;
        let until_disk = now + segment.duration + self.longest_playlist;
        let until = now + segment.duration + self.retention();
        let until = until.max(segment.parts_until.unwrap_or(parts_until));
        self.removed.push_back(Removed { segment, until, until_disk });
    }

    /// How long what left the list stays in memory besides its own duration. A rewind is on disk, and not worth more memory than that.
    fn retention(&self) -> Duration {
        match self.config.rewind.is_zero() {
            true => self.longest_playlist,
            false => self.longest_playlist.min(self.config.listed_floor() * super::PATIENCE),
        }
    }

    pub(super) fn drop_unused_inits(&mut self) {
        if self.inits.len() < 2 {
            return;
        }
        let (listed, removed, current) = (&self.listed, &self.removed, self.current_init);
        let (old, leaving) = (&self.old, &self.leaving);
        let bytes = &mut self.bytes;
        self.inits.retain(|(name, init)| {
            let named = Some(*name);
            let used = named == current
                || listed.iter().any(|segment| segment.start.init == named)
                || removed.iter().any(|removed| removed.segment.start.init == named)
                || old.iter().any(|old| old.init == named)
                || leaving.iter().any(|old| old.init == named);
            if !used {
                *bytes -= init.len();
            }
            used
        });
    }

    /// Like [`Window::make_room`] for media: with `beside_open` the open segment has to stay as well.
    pub(super) fn make_room_beside_open(
        &mut self,
        incoming: usize,
        beside_open: bool,
        now: Instant,
    ) -> Result<(), PushError> {
        let stays = if beside_open { self.open().map_or(0, |open| open.size) } else { 0 };
        self.check_room(stays + incoming, incoming)?;
        self.evict(incoming, usize::from(beside_open), now);
        Ok(())
    }

    pub(super) fn make_room(&mut self, incoming: usize, now: Instant) -> Result<(), PushError> {
        let open = self.open().map_or(0, |open| open.size);
        self.check_room(open + incoming, incoming)?;
        self.evict(incoming, usize::from(self.open().is_some()), now);
        Ok(())
    }

    fn check_room(&self, needed: usize, incoming: usize) -> Result<(), PushError> {
        let inits: usize = self.inits.iter().map(|(_, bytes)| bytes.len()).sum();
        let fits = inits.saturating_add(needed) <= self.config.max_bytes;
        if fits { Ok(()) } else { Err(PushError::OverBudget { bytes: incoming }) }
    }

    /// Makes room for `incoming` bytes: removed segments first, then listed ones except the last `keep`, which stay listed if they are
    /// on disk.
    fn evict(&mut self, incoming: usize, keep: usize, now: Instant) {
        let (mut listed_changed, before) = (false, self.stats.removed_early);
        while self.bytes + incoming > self.config.max_bytes {
            if let Some(removed) = self.removed.pop_front() {
                self.forgotten(removed, now);
            } else if self.listed.len() > keep {
                match self
                    .listed
                    .front()
                    .is_some_and(|front| front.whole && front.is_kept() && !front.lead_in)
                {
                    true if !self.config.rewind.is_zero() => self.grow_old(),
                    _ => {
                        self.drop_old(now);
                        let Some(segment) = self.listed.pop_front() else { break };
                        self.discontinuities_removed += u64::from(segment.start.discontinuity);
                        if segment.whole {
                            self.listed_duration -= segment.duration;
                        }
                        self.bytes -= segment.size;
                        if segment.stored == Stored::Yes {
                            self.discards
                                .push(SegmentId { epoch: segment.start.epoch, msn: segment.start.msn });
                        }
                        listed_changed = true;
                    }
                }
            } else {
                break;
            }
            self.stats.removed_early += 1;
        }
        if listed_changed {
            if let Some(first) = self.first_listed() {
                self.iframes.slide(first);
            }
            self.changed();
            self.plain_revision += 1;
        }
        // It reads the list of hours: not with every part.
        if self.stats.removed_early != before {
            self.drop_unused_inits();
        }
    }
}
