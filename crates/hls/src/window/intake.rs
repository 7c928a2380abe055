//! How media enters the window.
//!
//! Every push is checked in full before the first change, so that a refused one leaves no trace. Where segments begin and end is `boundary`'s,
//! what makes room for them `removal`'s.

use std::time::{Instant, SystemTime};

use bytes::Bytes;

use super::{Part, Position, PushError, WholeSegment, Window};
use crate::config::MIN_PART_PERCENT;
use crate::name::InitName;
use crate::segment::{Piece, Segment, Start};

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

    pub(super) fn changed(&mut self) {
        self.revision += 1;
    }
}
