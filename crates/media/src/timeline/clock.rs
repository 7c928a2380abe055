//! The publisher's clock: 32-bit RTMP times made into one that never wraps.
//!
//! OBS and ffmpeg send 31 bits, others 32: the low 31 bits of a difference, signed, are right for both wraps. A step back
//! of more than 1 s in a track, or ahead of more than 5 s of both, is reported as a jump.

use crate::Kind;

/// Going back further than this (ms) within a track is a new clock.
const MAX_BACK_MS: i64 = 1_000;
/// Going ahead of every track further than this (ms) is a new clock.
const MAX_AHEAD_MS: i64 = 5_000;

#[derive(Debug, Default)]
pub(super) struct PublisherClock {
    last: Option<(u32, i64)>,
    video: Option<i64>,
    audio: Option<i64>,
}

impl PublisherClock {
    /// The time in ms without wraps, and whether the clock jumped to it.
    pub(super) fn unwrap(&mut self, kind: Kind, ts: u32) -> (i64, bool) {
        let ms = match self.last {
            None => i64::from(ts & 0x7fff_ffff),
            Some((raw, ms)) => ms + i64::from((ts.wrapping_sub(raw) << 1) as i32 >> 1),
        };
        self.last = Some((ts, ms));
        let own = match kind {
            Kind::Video => self.video,
            Kind::Audio => self.audio,
        };
        let jumped = own.is_some_and(|own| ms < own - MAX_BACK_MS)
            || self.video.max(self.audio).is_some_and(|latest| ms > latest + MAX_AHEAD_MS);
        if jumped {
            (self.video, self.audio) = (None, None);
        }
        match kind {
            Kind::Video => self.video = Some(ms),
            Kind::Audio => self.audio = Some(ms),
        }
        (ms, jumped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(times: &[u32]) -> Vec<(i64, bool)> {
        let mut clock = PublisherClock::default();
        times.iter().map(|ts| clock.unwrap(Kind::Video, *ts)).collect()
    }

    #[test]
    fn both_wraps_and_the_24_bit_border_go_unnoticed() {
        for start in [0x7fff_fff0u32, 0xffff_fff0, 0x00ff_fff0] {
            let seen = run(&[start, start.wrapping_add(33), start.wrapping_add(66)]);
            assert_eq!((seen[1].0 - seen[0].0, seen[2].0 - seen[0].0), (33, 66));
            assert!(seen.iter().all(|(_, jumped)| !jumped));
        }
        let masked = run(&[0x7fff_ffff, 0]);
        assert_eq!(masked[1].0 - masked[0].0, 1, "31-bit wrap to zero");
    }

    #[test]
    fn steps_within_the_limits_are_no_jumps_and_beyond_are() {
        assert!(!run(&[5_000, 4_000])[1].1);
        assert!(run(&[5_000, 3_999])[1].1);
        assert!(!run(&[0, 5_000])[1].1);
        assert!(run(&[0, 5_001])[1].1);
    }

    #[test]
    fn a_track_that_comes_back_while_the_other_went_on_has_not_jumped() {
        let mut clock = PublisherClock::default();
        clock.unwrap(Kind::Video, 0);
        for ts in (0..9_000).step_by(1_000) {
            clock.unwrap(Kind::Audio, ts);
        }
        assert_eq!(clock.unwrap(Kind::Video, 9_000), (9_000, false));
    }
}
