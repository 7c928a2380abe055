//! Captions on their way around the decoder, the scalers and the encoder of a rung.
//!
//! GStreamer ties them to pictures, so those of a picture that is left out (by `keep` or a queue that leaks) would be lost, and most encoders
//! write none. So they are taken out of the source in front of the decoder, wait here with their time, and the first coded picture
//! with that time or a later one takes them. Bounded: what has no picture for long is left out, so a rung that comes back after it was
//! shed does not begin with captions of minutes ago.

use std::collections::VecDeque;

use streamly_media::captions::{Construct, PICTURE_MAX, is_708};

/// Captions this much older than the picture that could take them are left out, 90 kHz: they would only delay those of now.
const LATE: i64 = 90_000;

/// Constructs that wait at most, half a megabyte, and as much room again at the worst: some 50 s of the most that CEA-708 has (9,600 bit/s are 600 a second). As much as a
/// decoder that is behind may have in front of it.
const WAITING_MAX: usize = 32_768;

/// Of one rung.
#[derive(Debug, Default)]
pub(super) struct Captions {
    /// In the order in which their pictures are shown.
    waiting: VecDeque<(i64, Construct)>,
}

impl Captions {
    /// Those of a picture of the source, shown at `pts` (90 kHz), [`PICTURE_MAX`] at most. Called before the picture is given to the decoder.
    /// Where too many wait, the oldest make room.
    pub(super) fn add(&mut self, pts: i64, captions: &[Construct]) {
        let captions = &captions[..captions.len().min(PICTURE_MAX)];
        let too_many = (self.waiting.len() + captions.len()).saturating_sub(WAITING_MAX);
        self.waiting.drain(..too_many);
        let place = self.waiting.partition_point(|(other, _)| *other <= pts);
        // All at once: each by itself would move those behind it each time.
        let behind = self.waiting.split_off(place);
        self.waiting.extend(captions.iter().map(|construct| (pts, *construct)));
        self.waiting.extend(behind);
    }

    /// Those that a coded picture shown at `pts` carries: its own and those of pictures left out before it, in their order, as many as it
    /// may have; the rest waits for the next one. CEA-608 comes first (CEA-708, 4.4).
    pub(super) fn take(&mut self, pts: i64) -> Vec<Construct> {
        let late = self.waiting.partition_point(|(at, _)| *at < pts.saturating_sub(LATE));
        self.waiting.drain(..late);
        let due = self.waiting.partition_point(|(at, _)| *at <= pts).min(PICTURE_MAX);
        let mut taken: Vec<Construct> = self.waiting.drain(..due).map(|(_, construct)| construct).collect();
        taken.sort_by_key(is_708);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(number: u8) -> Construct {
        [0xFC, 0x20, number]
    }

    #[test]
    fn a_picture_takes_its_own_and_those_of_pictures_left_out_before_it() {
        let mut captions = Captions::default();
        // As they are decoded, not as they are shown.
        for (pts, number) in [(0, 0), (4500, 3), (1500, 1), (3000, 2), (6000, 4)] {
            captions.add(pts, &[pair(number)]);
        }
        assert_eq!(captions.take(0), [pair(0)]);
        assert_eq!(captions.take(3000), [pair(1), pair(2)]);
        assert!(captions.take(3000).is_empty());
        assert_eq!(captions.take(6000), [pair(3), pair(4)]);
    }

    #[test]
    fn a_picture_has_no_more_than_it_may_and_the_next_one_the_rest() {
        let mut captions = Captions::default();
        let most: Vec<Construct> = (0..20).map(pair).collect();
        captions.add(0, &most);
        captions.add(1500, &most);
        let (first, second) = (captions.take(1500), captions.take(3000));
        assert_eq!((first.len(), second.len()), (31, 9));
        assert_eq!([first, second].concat(), [&most[..], &most].concat());
    }

    #[test]
    fn those_of_608_come_first_and_both_keep_their_order() {
        let mut captions = Captions::default();
        let service = |number| [0xFE, 0, number];
        captions.add(0, &[pair(0), [0xFF, 2, 0], service(1)]);
        captions.add(1500, &[pair(1), service(2)]);
        assert_eq!(captions.take(1500), [pair(0), pair(1), [0xFF, 2, 0], service(1), service(2)]);
    }

    #[test]
    fn those_of_a_picture_are_no_more_than_it_may_have_and_go_where_it_is_shown() {
        let mut captions = Captions::default();
        captions.add(3000, &[pair(9); 4]);
        let many: Vec<Construct> = (0..1_000).map(|number| pair(number as u8)).collect();
        captions.add(1500, &many);
        let waiting: Vec<_> = captions.waiting.iter().map(|(pts, construct)| (*pts, construct[2])).collect();
        let first = (0..PICTURE_MAX as u8).map(|number| (1500, number));
        assert_eq!(waiting, first.chain([(3000, 9); 4]).collect::<Vec<_>>());
        for picture in 0..3_000 {
            captions.add(90_000 - picture, &many);
            captions.add(picture, &many);
        }
        assert_eq!(captions.waiting.len(), WAITING_MAX);
        assert!(captions.waiting.capacity() <= 2 * WAITING_MAX, "{}", captions.waiting.capacity());
        assert!(captions.waiting.iter().is_sorted_by_key(|(pts, _)| *pts));
    }

    #[test]
    fn what_waited_too_long_is_left_out_and_what_waits_is_bounded() {
        let mut captions = Captions::default();
        let most: Vec<Construct> = (0..31).map(pair).collect();
        for picture in 0..10_000 {
            captions.add(picture * 1500, &most);
        }
        assert_eq!(captions.waiting.len(), WAITING_MAX);
        let now = 9_999 * 1500;
        assert_eq!(captions.take(now).len(), 31);
        assert!(captions.waiting.iter().all(|(pts, _)| now - pts <= LATE), "a second at most");
    }
}
