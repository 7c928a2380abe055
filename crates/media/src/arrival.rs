//! How unsteadily media arrives: how late each frame comes against the media's own times, over the last seconds.
//!
//! A plain machine without a clock: [`Arrival::note`] takes the times of frames as the publisher wrote them, [`Arrival::came`]
//! says when all that were noted since the last call had arrived. Lateness is counted from the earliest frame of the window, so
//! neither where a publisher's clock starts nor a constant delay matters. A clock that jumps begins anew.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::Kind;

/// Time over which lateness is judged.
const WINDOW: Duration = Duration::from_secs(10);
/// Frames of a track kept at most, whatever comes: 10 s at 100 frames a second.
const MAX_FRAMES: usize = 1_024;
/// Fewer frames of a track tell nothing.
const LEAST_FRAMES: usize = 20;
/// A step of a track's time back or ahead by more than this (ms) is another clock, as for the timeline.
const MAX_BACK_MS: i64 = 1_000;
const MAX_AHEAD_MS: i64 = 5_000;

#[derive(Default)]
struct Track {
    /// Last time as sent, and without wraps.
    last: Option<(u32, i64)>,
    /// Noted and not yet arrived, ms.
    noted: Vec<i64>,
    /// When each frame came and how late that was against its own time, ms; only differences mean something.
    frames: VecDeque<(Instant, i64)>,
}

impl Track {
    fn note(&mut self, ts: u32) {
        let ms = match self.last {
            None => i64::from(ts & 0x7fff_ffff),
            Some((raw, ms)) => {
                let step = i64::from((ts.wrapping_sub(raw) << 1) as i32 >> 1);
                if !(-MAX_BACK_MS..=MAX_AHEAD_MS).contains(&step) {
                    self.noted.clear();
                    self.frames.clear();
                }
                ms + step
            }
        };
        self.last = Some((ts, ms));
        if self.noted.len() < MAX_FRAMES {
            self.noted.push(ms);
        }
    }

    fn came(&mut self, since_start: i64, now: Instant) {
        self.frames.extend(self.noted.drain(..).map(|ms| (now, since_start - ms)));
        while self.frames.len() > MAX_FRAMES
            || self.frames.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > WINDOW)
        {
            self.frames.pop_front();
        }
    }

    fn jitter(&self) -> Option<Duration> {
        if self.frames.len() < LEAST_FRAMES {
            return None;
        }
        let mut late: Vec<i64> = self.frames.iter().map(|(_, late)| *late).collect();
        late.sort_unstable();
        let of_95 = late.get(late.len() * 95 / 100)?;
        u64::try_from(of_95 - late.first()?).ok().map(Duration::from_millis)
    }
}

/// See the module's documentation.
#[derive(Default)]
pub struct Arrival {
    start: Option<Instant>,
    video: Track,
    audio: Track,
}

impl Arrival {
    /// A frame with this time (ms as sent) is among what was read.
    pub fn note(&mut self, kind: Kind, ts: u32) {
        match kind {
            Kind::Video => self.video.note(ts),
            Kind::Audio => self.audio.note(ts),
        }
    }

    /// All that was noted had arrived at `now`.
    pub fn came(&mut self, now: Instant) {
        let start = *self.start.get_or_insert(now);
        let since = i64::try_from(now.saturating_duration_since(start).as_millis()).unwrap_or(i64::MAX / 2);
        self.video.came(since, now);
        self.audio.came(since, now);
    }

    /// By how much 95 of 100 frames of the last 10 s came later than the earliest of them, at most. Of the pictures; of the sound
    /// where there are none. `None` until enough was seen.
    pub fn jitter(&self) -> Option<Duration> {
        self.video.jitter().or_else(|| self.audio.jitter())
    }

    /// Another session: its clock and its network are others.
    pub fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of 40 ms, 25 of them a second, from `first_ts` on, each `late(n)` ms after its time.
    fn run(first_ts: u32, count: u32, late: impl Fn(u32) -> u64) -> Arrival {
        let start = Instant::now();
        let mut arrival = Arrival::default();
        for n in 0..count {
            arrival.note(Kind::Video, first_ts.wrapping_add(n * 40));
            arrival.came(start + Duration::from_millis(u64::from(n) * 40 + late(n)));
        }
        arrival
    }

    #[test]
    fn a_steady_publisher_has_no_jitter_wherever_its_clock_starts() {
        for first in [0, 77_000, 0x7fff_f000, 0xffff_f000] {
            assert_eq!(run(first, 300, |_| 120).jitter(), Some(Duration::ZERO), "from {first}");
        }
    }

    #[test]
    fn few_frames_tell_nothing() {
        assert_eq!(run(0, 19, |_| 0).jitter(), None);
        assert_eq!(Arrival::default().jitter(), None);
    }

    #[test]
    fn a_burst_after_a_stall_counts_each_frame_that_was_late() {
        // Nothing came for 2 s, then all of it at once: a fifth of the window's frames.
        let stalled = run(0, 250, |n| if (100..150).contains(&n) { u64::from(150 - n) * 40 } else { 0 });
        let jitter = stalled.jitter().unwrap();
        assert!(jitter > Duration::from_millis(1_400) && jitter < Duration::from_secs(2), "{jitter:?}");
    }

    #[test]
    fn one_late_frame_in_a_hundred_is_no_jitter() {
        assert_eq!(run(0, 250, |n| if n % 100 == 50 { 30 } else { 0 }).jitter(), Some(Duration::ZERO));
    }

    #[test]
    fn what_was_is_forgotten_after_ten_seconds() {
        let healed = run(0, 600, |n| if n < 300 { u64::from(n % 10) * 30 } else { 0 });
        assert_eq!(healed.jitter(), Some(Duration::ZERO));
    }

    #[test]
    fn a_clock_that_jumps_begins_anew() {
        let start = Instant::now();
        let mut arrival = run(0, 250, |_| 0);
        arrival.note(Kind::Video, 600_000);
        arrival.came(start + Duration::from_secs(11));
        assert_eq!(arrival.jitter(), None, "one frame of the new clock");
    }

    #[test]
    fn sound_tells_where_there_are_no_pictures_and_memory_is_bounded() {
        let start = Instant::now();
        let mut arrival = Arrival::default();
        for n in 0..100_000u32 {
            arrival.note(Kind::Audio, n);
        }
        arrival.came(start);
        assert!(arrival.audio.noted.capacity() <= 2 * MAX_FRAMES && arrival.audio.frames.len() <= MAX_FRAMES);
        assert!(arrival.jitter().is_some());
    }
}
