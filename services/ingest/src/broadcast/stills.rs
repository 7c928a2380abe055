//! The newest stills of a broadcast: small pictures of what is on air, each with a number that is never given to another one.
//!
//! A number has the epoch of its session in front, so that none comes again after a reconnect, on another node or after a restart. Memory is
//! bounded by how many are kept and how large one may be. Who may see them, `http` decides; who makes them is `stills`.

use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use streamly_media::{AccessUnit, VideoConfig};
use streamly_transcode::stills::Shot;

/// Bits of a number below the epoch: a still each second for twelve days of one session.
const COUNTED: u32 = 20;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Stills {
    kept: Mutex<VecDeque<(u64, Bytes)>>,
    /// Up to this number none is shown any more.
    forgotten: AtomicU64,
    /// How often that was: what was ordered before is not kept.
    turn: AtomicU64,
    most: usize,
    most_bytes: usize,
}

impl Stills {
    /// Keeps `most`, each of at most `most_bytes`.
    pub(crate) fn new(most: usize, most_bytes: usize) -> Self {
        Self {
            kept: Mutex::default(),
            forgotten: AtomicU64::new(0),
            turn: AtomicU64::new(0),
            most: most.max(1),
            most_bytes,
        }
    }

    /// Whether a number may be a session's of that epoch or a lower one.
    pub(crate) fn is_of(number: u64, epoch: u64) -> bool {
        number >> COUNTED <= epoch
    }

    /// The newest one's number; 0: there is none.
    pub(crate) fn newest(&self) -> u64 {
        self.kept.lock().back().map_or(0, |(number, _)| *number)
    }

    /// Those up to now are shown to nobody any more. The newest one's number stays known, since none is given twice.
    pub(crate) fn forget(&self) {
        let mut kept = self.kept.lock();
        self.turn.fetch_add(1, Ordering::Relaxed);
        self.forgotten.store(kept.back().map_or(0, |(number, _)| *number), Ordering::Relaxed);
        for (_, jpeg) in kept.iter_mut() {
            *jpeg = Bytes::new();
        }
    }

    /// Changes whenever all are forgotten.
    pub(crate) fn turn(&self) -> u64 {
        self.turn.load(Ordering::Relaxed)
    }

    fn is_shown(&self, number: u64) -> bool {
        number > self.forgotten.load(Ordering::Relaxed)
    }

    pub(crate) fn get(&self, number: u64) -> Option<Bytes> {
        if !self.is_shown(number) {
            return None;
        }
        self.kept.lock().iter().find(|(known, _)| *known == number).map(|(_, jpeg)| jpeg.clone())
    }

    /// The newest one, for the node that goes on with the broadcast.
    pub(crate) fn last(&self) -> Option<(u64, Bytes)> {
        self.kept.lock().back().filter(|(number, _)| self.is_shown(*number)).cloned()
    }

    /// Takes a still of a session that was ordered in that turn; its number. `None`: it is too large, a later session has one already, or all
    /// were forgotten since.
    pub(crate) fn keep(&self, epoch: u64, turn: u64, jpeg: Bytes) -> Option<u64> {
        let newest = self.newest();
        let first = epoch.checked_shl(COUNTED).filter(|shifted| shifted >> COUNTED == epoch)? + 1;
        if newest >> COUNTED > epoch {
            return None;
        }
        self.take_in(Some(turn), newest.saturating_add(1).max(first), jpeg)
    }

    /// Takes one with the number that it has.
    pub(crate) fn take(&self, number: u64, jpeg: Bytes) -> Option<u64> {
        self.take_in(None, number, jpeg)
    }

    fn take_in(&self, turn: Option<u64>, number: u64, jpeg: Bytes) -> Option<u64> {
        if jpeg.len() > self.most_bytes {
            return None;
        }
        let mut kept = self.kept.lock();
        // Under the lock, under which all are forgotten.
        if turn.is_some_and(|turn| turn != self.turn())
            || kept.back().is_some_and(|(newest, _)| *newest >= number)
        {
            return None;
        }
        kept.push_back((number, jpeg));
        while kept.len() > self.most {
            kept.pop_front();
        }
        Some(number)
    }
}

/// When the next still of a broadcast is due: at its first keyframe, then at the first one after each interval.
#[derive(Debug)]
pub(super) struct Due {
    /// Zero: never.
    every: Duration,
    next: Option<Instant>,
}

impl Due {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, next: None }
    }

    /// The shot that a keyframe is to be, if one is due.
    pub(super) fn shot(&mut self, keyframe: &AccessUnit, video: &VideoConfig, now: Instant) -> Option<Shot> {
        if self.every.is_zero() || self.next.is_some_and(|next| now < next) {
            return None;
        }
        self.next = Some(now + self.every);
        // Shared with the window: nothing is copied.
        let (format, record, data) = (video.format, video.record.clone(), keyframe.data.clone());
        Some(Shot { format, record, data })
    }

    /// Nobody had time for the last one: the next keyframe is tried.
    pub(super) fn again(&mut self) {
        self.next = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use streamly_media::{Kind, VideoFormat};

    const JPEG: Bytes = Bytes::from_static(b"jpeg");

    #[test]
    fn only_the_newest_few_are_kept_and_none_that_is_too_large() {
        let stills = Stills::new(3, 10);
        let numbers: Vec<u64> = (0..5).filter_map(|_| stills.keep(7, 0, JPEG)).collect();
        assert_eq!(numbers, (1..=5).map(|n| (7 << 20) + n).collect::<Vec<_>>());
        assert_eq!(stills.newest(), numbers[4]);
        assert_eq!(
            numbers.iter().map(|n| stills.get(*n).is_some()).collect::<Vec<_>>(),
            [false, false, true, true, true]
        );
        assert_eq!(stills.keep(7, 0, Bytes::from_static(b"eleven byte")), None);
        assert_eq!(stills.newest(), numbers[4]);
    }

    #[test]
    fn what_is_forgotten_is_shown_to_nobody_and_its_numbers_do_not_come_again() {
        let stills = Stills::new(3, 10);
        let test = stills.keep(1, 0, JPEG).unwrap();
        stills.forget();
        assert_eq!(stills.keep(1, 0, JPEG), None, "it was ordered before");
        assert_eq!((stills.get(test), stills.last(), stills.newest()), (None, None, test));
        let real = stills.keep(1, stills.turn(), JPEG).unwrap();
        assert_eq!((real, stills.get(real), stills.get(test)), (test + 1, Some(JPEG), None));
    }

    #[test]
    fn what_a_session_of_before_still_gives_is_not_taken() {
        let stills = Stills::new(3, 10);
        stills.keep(2, 0, JPEG).unwrap();
        let third = stills.keep(3, 0, JPEG).unwrap();
        assert_eq!(stills.keep(2, 0, JPEG), None);
        assert_eq!(stills.take(third, JPEG), None, "a number that was given");
        assert_eq!(stills.keep(u64::MAX, 0, JPEG), None, "no number is left for such an epoch");
    }

    #[test]
    fn the_first_keyframe_and_then_one_after_each_interval_is_due() {
        let video = VideoConfig {
            format: VideoFormat::H264,
            record: Bytes::new(),
            width: 2,
            height: 2,
            codec: String::new(),
            fps: None,
            reorder: None,
        };
        let keyframe = AccessUnit { kind: Kind::Video, dts: 0, pts: 0, keyframe: true, data: Bytes::new() };
        let (now, every) = (Instant::now(), Duration::from_secs(30));
        let mut due = Due::new(every);
        assert!(due.shot(&keyframe, &video, now).is_some());
        assert!(due.shot(&keyframe, &video, now + every / 2).is_none());
        due.again();
        assert!(due.shot(&keyframe, &video, now + every / 2).is_some());
        assert!(due.shot(&keyframe, &video, now + every).is_none());
        assert!(due.shot(&keyframe, &video, now + every * 3 / 2).is_some());
        assert!(Due::new(Duration::ZERO).shot(&keyframe, &video, now).is_none());
    }

    proptest! {
        #[test]
        fn no_number_is_given_twice_whatever_sessions_come(epochs in proptest::collection::vec(1u64..6, 0..60)) {
            let stills = Stills::new(2, 10);
            let mut last = 0;
            for epoch in epochs {
                if let Some(number) = stills.keep(epoch, 0, JPEG) {
                    prop_assert!(number > last);
                    last = number;
                }
                prop_assert_eq!(stills.newest(), last);
            }
        }
    }
}
