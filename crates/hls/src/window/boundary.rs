//! Where segments begin and end in the window, and the list with them.
//!
//! A segment that is closed gets no more parts; it is listed as a whole with the first part of the next (see [`Part::ends_segment`]), or
//! earlier where none follows. A discontinuity ends the open one, a jump in the numbers the whole list.
//!
//! [`Part::ends_segment`]: super::Part::ends_segment

use std::time::{Duration, Instant, SystemTime};

use super::Window;
use crate::segment::{Segment, Start};

impl Window {
    /// No part follows in the open segment, if there is one. What is hinted from now on is part 0 of the next, with
    /// which the segment becomes whole: see [`Part::ends_segment`](super::Part::ends_segment).
    pub fn close_segment(&mut self) {
        if let Some(open) = self.listed.back_mut().filter(|segment| !segment.closed) {
            open.closed = true;
            self.changed();
        }
    }

    /// The open segment becomes whole if no part follows in it; one that goes on is left alone. Needed by hand only where no segment
    /// follows for a while, after a lost publisher; call it some time after the last part, so that players have that one.
    pub fn finish_closed(&mut self, now: Instant) {
        if self.open().is_some_and(|open| open.closed) {
            self.finish_segment(now);
        }
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

    pub(super) fn begin(
        &mut self,
        epoch: u64,
        msn: u64,
        date: Option<SystemTime>,
        divided: bool,
        now: Instant,
    ) {
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

    /// The open segment, if there is one, becomes listed as a whole, and old ones go.
    pub(super) fn finish_segment(&mut self, now: Instant) {
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

    pub(super) fn start_anew(&mut self, now: Instant) {
        self.drop_old(now);
        while !self.listed.is_empty() {
            self.remove_front(now);
        }
        self.iframes.close(self.config.target_duration);
        self.iframes.slide(u64::MAX);
        self.plain_revision += 1;
    }
}
