//! How media enters the window and how it leaves.
//!
//! Every push is checked in full before the first change, so that a refused one leaves no trace.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::{Part, Position, PushError, Removed, SegmentId, WholeSegment, Window};
use crate::config::{MIN_PART_PERCENT, PART_RETENTION_TARGETS};
use crate::name::InitName;
use crate::segment::{Piece, Segment, Start, Stored};

/// Parts of the segment without media that opens a list. hls.js 1.7 loads parts of the open segment only if the first listed
/// part ends before that segment begins (`shouldLoadParts`), so there are two, each as long as the part target asks (RFC 8216bis,
/// 4.4.4.9).
const LEAD_IN_PARTS: u32 = 2;

impl Window {
    /// Sets the init section of the segments that begin from now on. The same name with the same bytes may come
    /// again. The caller decides on a discontinuity; a new epoch is one by itself.
    pub fn push_init(&mut self, name: InitName, bytes: Bytes, now: Instant) -> Result<(), PushError> {
        self.check_epoch(name.epoch)?;
        self.expire(now);
        match self.inits.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known != bytes => return Err(PushError::InitReused(name)),
            Some(_) => {}
            None => {
                self.make_room(bytes.len(), now)?;
                self.bytes += bytes.len();
                self.inits.push((name, bytes));
            }
        }
        self.current_init = Some(name);
        Ok(())
    }

    /// Opens a list that would begin with segment `msn + 1` by a whole segment without media, `msn`: at the start, and before a
    /// jump in the numbers. Players take a list without a whole segment for an error, and the first one with media may be a
    /// GOP of many seconds away. `date` is the first media's. Refused, and the list goes on, if `msn` is there already. `msn`
    /// is used up by it, so it must be the caller's like a number with media: not one that another node may have used.
    ///
    /// It leaves the list with the first whole segment that has media, plain playlists never have it, and after a jump a
    /// discontinuity stands at the segment after it.
    pub fn lead_in(
        &mut self,
        epoch: u64,
        msn: u64,
        date: Option<SystemTime>,
        now: Instant,
    ) -> Result<(), PushError> {
        self.check_epoch(epoch)?;
        self.check_begin(epoch, msn, false)?;
        if self.last_msn.is_some() {
            // Media goes on after `msn`, which is ahead: at least one number is left out, so it is a jump.
            self.discontinuity(now);
            self.start_anew(now);
        }
        let duration = self.config.part_target;
        let date = date.and_then(|date| date.checked_sub(duration * LEAD_IN_PARTS));
        let init = self.current_init;
        let start = Start { epoch, msn, discontinuity: false, init, maps: true, date, divided: true };
        let mut segment = Segment::new(start);
        for _ in 0..LEAD_IN_PARTS {
            segment.add(Piece { bytes: Bytes::new(), duration, gap: true, independent: false });
        }
        segment.finish();
        segment.lead_in = true;
        self.listed_duration += segment.duration;
        self.listed.push_back(segment);
        self.last_msn = Some(msn);
        self.changed();
        Ok(())
    }

    /// Takes the next part. Part 0 begins a segment and ends the one before.
    pub fn push_part(&mut self, part: Part, now: Instant) -> Result<Position, PushError> {
        let Part { epoch, msn, part: index, duration, independent, gap, ends_segment, .. } = part;
        let keyframe = part.keyframe.filter(|_| !gap);
        self.check_epoch(epoch)?;
        let begins = index == 0;
        if begins {
            self.check_begin(epoch, msn, gap)?;
        } else {
            let takes = |open: &&Segment| !open.closed && open.start.msn == msn && open.parts() == index;
            let follows = self.open().filter(takes);
            let open = follows.ok_or(PushError::OutOfOrder { msn, part: index })?;
            if open.start.epoch != epoch {
                return Err(PushError::EpochInsideSegment(msn));
            }
        }
        let piece = Piece { bytes: if gap { Bytes::new() } else { part.bytes }, duration, gap, independent };
        self.expire(now);
        if begins {
            // Lest room is made by taking it before it was ever whole.
            self.finish_closed(now);
        }
        self.make_room_beside_open(piece.bytes.len(), !begins, now)?;
        if begins {
            self.begin(epoch, msn, part.program_date_time, true, now);
        }
        self.count_part(&piece);
        if let Some(open) = self.listed.back_mut() {
            let longest = self.config.target_duration;
            self.iframes.part(&open.start, (open.size, open.duration), duration, keyframe, longest);
            open.pictures += part.pictures;
        }
        self.add(piece, ends_segment);
        Ok(self.position())
    }

    /// Takes a whole segment without parts: the window of a node that hands its broadcast over.
    pub fn push_segment(&mut self, segment: WholeSegment, now: Instant) -> Result<Position, PushError> {
        let WholeSegment { epoch, msn, duration, gap, program_date_time, bytes } = segment;
        self.check_epoch(epoch)?;
        self.check_begin(epoch, msn, gap)?;
        let bytes = if gap { Bytes::new() } else { bytes };
        let piece = Piece { bytes, duration, gap, independent: false };
        self.expire(now);
        self.finish_closed(now);
        self.make_room_beside_open(piece.bytes.len(), false, now)?;
        self.begin(epoch, msn, program_date_time, false, now);
        // Where its keyframes are is not known.
        self.iframes.close(self.config.target_duration);
        self.add(piece, true);
        self.finish_segment(now);
        Ok(self.position())
    }

    /// No part follows in the open segment, if there is one. What is hinted from now on is part 0 of the next, with
    /// which the segment becomes whole: see [`Part::ends_segment`].
    pub fn close_segment(&mut self) {
        if let Some(open) = self.listed.back_mut().filter(|segment| !segment.closed) {
            open.closed = true;
            self.changed();
        }
    }

    /// The open segment, if there is one, becomes listed as a whole, and old ones go.
    fn finish_segment(&mut self, now: Instant) {
        let Some(open) = self.listed.back_mut().filter(|segment| !segment.whole) else { return };
        open.finish();
        // EXTINF rounded to the nearest integer must not exceed the target duration (draft 4.4.3.1).
        let too_long = open.duration >= self.config.target_duration + Duration::from_millis(500);
        let has_media = !open.media().is_zero();
        self.listed_duration += open.duration;
        self.iframes.finish(open.start.msn, open.gap);
        match open.gap {
            true => self.rates.interrupted(),
            false => self.rates.segment(open.duration, open.size, self.config.target_duration),
        }
        if has_media {
            self.drop_lead_in();
        }
        self.stats.segments_too_long += u64::from(too_long);
        self.stats.segments += 1;
        self.hide_old_parts(now);
        self.longest_playlist = self.longest_playlist.max(self.listed_duration + self.old.duration());
        self.slide(now);
        self.changed();
        self.plain_revision += 1;
    }

    /// The media that follows does not continue what is there (a cut, another codec, a jump in time): ends the open
    /// segment; the next one carries EXT-X-DISCONTINUITY. Calls before the next part count once. The hint goes
    /// until then, since the next name is not known.
    pub fn discontinuity(&mut self, now: Instant) {
        if self.ended.is_some() {
            return;
        }
        self.finish_segment(now);
        if !self.pending_discontinuity {
            self.pending_discontinuity = true;
            self.changed();
        }
    }

    /// Ends the rendition: the playlists get ENDLIST and every held request is due.
    pub fn end(&mut self, now: Instant) {
        if self.ended.is_none() {
            self.finish_segment(now);
            self.iframes.close(self.config.target_duration);
            self.ended = Some(now);
            self.changed();
            self.plain_revision += 1;
        }
    }

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

    pub(super) fn check_epoch(&self, epoch: u64) -> Result<(), PushError> {
        if self.ended.is_some() {
            return Err(PushError::Ended);
        }
        match self.epoch {
            Some(current) if epoch < current => Err(PushError::StaleEpoch { epoch, current }),
            _ => Ok(()),
        }
    }

    fn check_begin(&self, epoch: u64, msn: u64, gap: bool) -> Result<(), PushError> {
        // The highest number has no successor to hint at.
        if self.last_msn.is_some_and(|last| msn <= last) || msn == u64::MAX {
            return Err(PushError::OutOfOrder { msn, part: 0 });
        }
        if !gap && self.current_init.is_none_or(|init| init.epoch != epoch) {
            return Err(PushError::NoInit(epoch));
        }
        Ok(())
    }

    fn begin(&mut self, epoch: u64, msn: u64, date: Option<SystemTime>, divided: bool, now: Instant) {
        self.finish_segment(now);
        let jumps = self.last_msn.is_some_and(|last| last + 1 != msn);
        let new_epoch = self.epoch.is_some_and(|current| current != epoch);
        let discontinuity = self.pending_discontinuity || jumps || new_epoch;
        let before = self.listed.back().map(|segment| &segment.start);
        let init_before =
            before.map(|before| before.init).or(self.old.iter().next_back().map(|old| old.init));
        let maps = init_before.is_none_or(|init| init != self.current_init) || discontinuity;
        let follows = self.listed.back().filter(|_| !discontinuity);
        let date =
            date.or_else(|| follows.and_then(|s| s.start.date.and_then(|d| d.checked_add(s.duration))));
        if jumps {
            self.start_anew(now);
        }
        let init = self.current_init;
        let start = Start { epoch, msn, discontinuity, init, maps, date, divided };
        self.iframes.begin(&start, self.config.target_duration);
        if discontinuity {
            self.rates.interrupted();
        }
        self.listed.push_back(Segment::new(start));
        self.stats.discontinuities += u64::from(discontinuity);
        self.pending_discontinuity = false;
        self.epoch = Some(epoch);
        self.last_msn = Some(msn);
    }

    /// Draft 6.2.2 wants three target durations left in the list when a segment leaves it, lest players stall for want of media.
    /// This one goes earlier: it has no media to want, and kept so long (27 s with OBS's keyframe every 8.33 s) it is in the way
    /// of players that begin at the front of a short list. Tried: hls.js 1.7 has a fragGap error there and does not start,
    /// GStreamer 1.22 asks for it again and again until it is gone, ffmpeg 5.1 asks once and goes on.
    fn drop_lead_in(&mut self) {
        let lead_in = self.listed.pop_front_if(|front| front.lead_in);
        self.listed_duration -= lead_in.map_or(Duration::ZERO, |segment| segment.duration);
    }

    /// The open segment becomes whole if no part follows in it; one that goes on is left alone. Needed by hand only where no segment
    /// follows for a while, after a lost publisher; call it some time after the last part, so that players have that one.
    pub fn finish_closed(&mut self, now: Instant) {
        if self.open().is_some_and(|open| open.closed) {
            self.finish_segment(now);
        }
    }

    fn start_anew(&mut self, now: Instant) {
        self.drop_old(now);
        while !self.listed.is_empty() {
            self.remove_front(now);
        }
        self.iframes.close(self.config.target_duration);
        self.iframes.slide(u64::MAX);
        self.plain_revision += 1;
    }

    fn add(&mut self, piece: Piece, closes: bool) {
        self.bytes += piece.bytes.len();
        if let Some(open) = self.listed.back_mut() {
            open.add(piece);
            open.closed = closes;
        }
        self.changed();
    }

    /// Counts parts outside PART-TARGET and the 85 % rule. The part before is known to be neither the last of its
    /// segment nor before a gap only now.
    fn count_part(&mut self, piece: &Piece) {
        self.stats.parts += 1;
        self.stats.parts_too_long += u64::from(piece.duration > self.config.part_target);
        let least = self.config.part_target * MIN_PART_PERCENT / 100;
        let before = self.open().and_then(|open| open.pieces.last());
        let short = before.is_some_and(|before| !before.gap && !piece.gap && before.duration < least);
        self.stats.parts_too_short += u64::from(short);
    }

    fn hide_old_parts(&mut self, now: Instant) {
        let until = now + self.config.target_duration * PART_RETENTION_TARGETS;
        let keep = self.config.parts_for_last_segments;
        for segment in
            self.listed.iter_mut().rev().skip(keep).take_while(|segment| segment.parts_until.is_none())
        {
            segment.part_lines = String::new();
            segment.parts_until = Some(until);
        }
    }

    fn slide(&mut self, now: Instant) {
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

    /// Like [`Window::make_room`] for media: with `beside_open` the open segment has to stay as well.
    fn make_room_beside_open(
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

    fn make_room(&mut self, incoming: usize, now: Instant) -> Result<(), PushError> {
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

    pub(super) fn changed(&mut self) {
        self.revision += 1;
    }
}
