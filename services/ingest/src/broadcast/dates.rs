//! EXT-X-PROGRAM-DATE-TIME: the wall-clock time of a place in the media.
//!
//! Players lay the lists of two renditions on one timeline by it, taking different segments of each (hls.js 1.7: the first of one, the middle
//! one of the other), so between two segments it must move on as far as the media does, whatever the publisher's clock or the network does.
//! It nears the wall clock slowly and never goes back; only what no stalls explain (a clock that was set forward) makes it jump.

use std::time::{Duration, SystemTime};

/// Added or taken per second of media: twenty times the drift of a poor clock; 30 ms between the ends of a list of 30 s.
const SLEW_PERMILLE: u32 = 1;
/// So far behind a clock was set: several stalls that a session survives add up to less.
const JUMP: Duration = Duration::from_secs(60);

/// So far ahead of this node's clock may another's be: more than clocks that are kept in time differ by, and than media that came faster
/// than it plays is ahead of its arrival. What is further ahead would be kept up for the whole broadcast, since [`SLEW_PERMILLE`] takes days.
const AHEAD: Duration = Duration::from_secs(600);

/// The date of each cut of one timeline, in order.
#[derive(Debug, Default)]
pub(super) struct Dates {
    /// The last cut's date and media time (90 kHz).
    last: Option<(SystemTime, i64)>,
    /// Where another node's dates ended.
    floor: Option<SystemTime>,
}

impl Dates {
    /// Goes on behind another node's dates, whose clock may be ahead of this one's: a date that players have seen does not come again. One that
    /// is ahead by more than [`AHEAD`] is wrong: then the dates go back, once, where the lists have a discontinuity.
    pub(super) fn behind(end: Option<SystemTime>) -> Self {
        Self { last: None, floor: end }
    }

    /// The media that follows has another timeline, and the lists say so.
    pub(super) fn discontinuity(&mut self) {
        self.last = None;
    }

    /// The date of the media at `pts` (90 kHz), which arrives at `wall`.
    pub(super) fn at(&mut self, pts: i64, wall: SystemTime) -> SystemTime {
        let floor =
            self.floor.take().filter(|floor| floor.duration_since(wall).is_ok_and(|ahead| ahead <= AHEAD));
        let first = floor.unwrap_or(wall);
        let date = self.last.map_or(first, |(before, from)| next(before, elapsed(from, pts), wall));
        self.last = Some((date, self.last.map_or(pts, |(_, from)| pts.max(from))));
        date
    }
}

fn elapsed(from: i64, to: i64) -> Duration {
    Duration::from_micros(u64::try_from(to.saturating_sub(from)).unwrap_or(0).saturating_mul(100) / 9)
}

fn next(before: SystemTime, media: Duration, wall: SystemTime) -> SystemTime {
    let date = before + media;
    let slew = media * SLEW_PERMILLE / 1000;
    match wall.duration_since(date) {
        Ok(late) if late > JUMP => wall,
        Ok(late) => date + late.min(slew),
        Err(ahead) => date - ahead.duration().min(slew),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    const SEGMENT: i64 = 180_000;

    fn wall(millis: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000) + Duration::from_millis(millis)
    }

    /// Dates of two-second segments, the first at 0, that arrive at `arrivals` (ms): how far each is from the one before.
    fn steps(arrivals: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        let mut dates = Dates::default();
        let dates: Vec<_> = (0..).zip(arrivals).map(|(n, at)| dates.at(n * SEGMENT, wall(at))).collect();
        dates.windows(2).map(|pair| pair[1].duration_since(pair[0]).unwrap()).collect()
    }

    #[test]
    fn segments_that_come_late_or_in_a_burst_keep_their_distance() {
        let late =
            steps([0, 2000, 4700, 6700, 12_000, 20_000, 28_000, 28_001, 28_002, 28_003, 28_004, 28_005]);
        assert!(late.iter().all(|step| step.as_millis().abs_diff(2000) <= 2), "{late:?}");
    }

    #[test]
    fn a_drifting_clock_is_followed() {
        // A publisher whose clock is 500 ppm slow.
        let mut dates = Dates::default();
        let last = (0..3000).map(|n| (dates.at(n as i64 * SEGMENT, wall(n * 2001)), wall(n * 2001))).last();
        let (date, arrived) = last.unwrap();
        assert!(arrived.duration_since(date).unwrap() < Duration::from_millis(5));
    }

    #[test]
    fn another_node_whose_clock_is_behind_goes_on_where_the_first_one_ended() {
        let mut dates = Dates::behind(Some(wall(900)));
        assert_eq!(dates.at(7, wall(0)), wall(900));
        assert_eq!(dates.at(7 + SEGMENT, wall(2000)), wall(2898), "and nears its own clock");
        let mut dates = Dates::behind(Some(wall(900)));
        assert_eq!(dates.at(7, wall(5000)), wall(5000), "which counts where it is ahead");
        let mut dates = Dates::behind(Some(wall(86_400_000)));
        assert_eq!(dates.at(7, wall(0)), wall(0), "a clock that is a day ahead is wrong");
    }

    #[test]
    fn a_clock_set_forward_is_believed_one_set_back_is_neared_and_a_new_timeline_begins_anew() {
        let mut dates = Dates::default();
        assert_eq!(dates.at(0, wall(0)), wall(0));
        assert_eq!(dates.at(SEGMENT, wall(3_600_000)), wall(3_600_000), "set forward");
        assert_eq!(
            dates.at(2 * SEGMENT, wall(2000)),
            wall(3_601_998),
            "set back: neared, never followed back"
        );
        dates.discontinuity();
        assert_eq!(dates.at(7, wall(5000)), wall(5000));
        assert_eq!(dates.at(i64::MIN, wall(8000)), wall(5000), "media that goes back takes no time");
        assert_eq!(dates.at(7 + SEGMENT, wall(7000)), wall(7000), "and what follows no more than its own");
    }
}
