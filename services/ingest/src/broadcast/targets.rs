//! The target durations of a broadcast: what all its playlists tell under their URLs for its whole life.
//!
//! RFC 8216bis lets neither EXT-X-TARGETDURATION (4.4.3.1, 6.2.1) nor PART-TARGET (4.4.3.7) change. They are chosen once, with the first media of the
//! broadcast, wherever that is. A node that goes on with it learns them from `stream`, with its numbers, or with the window of a node that
//! drains; whatever its publisher sends then is cut to fit them.

use std::time::Duration;

/// Longest EXT-X-TARGETDURATION, as for the settings.
const MAX_SEGMENT: Duration = Duration::from_secs(60);

/// See the module's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Targets {
    /// EXT-X-TARGETDURATION: whole seconds, 1 to 60.
    pub(crate) segment: Duration,
    /// PART-TARGET: above zero, at most `segment`.
    pub(crate) part: Duration,
}

impl Targets {
    /// As they come from elsewhere, in milliseconds and microseconds; `None`: no playlist can be made with them.
    pub(crate) fn told(segment_ms: u32, part_us: u32) -> Option<Self> {
        let segment = Duration::from_millis(segment_ms.into());
        let part = Duration::from_micros(part_us.into());
        let fits = (Duration::from_secs(1)..=MAX_SEGMENT).contains(&segment)
            && segment.subsec_nanos() == 0
            && !part.is_zero()
            && part <= segment;
        fits.then_some(Self { segment, part })
    }

    /// As they are told elsewhere, in milliseconds and microseconds, rounded as playlists write them.
    pub(crate) fn tell(&self) -> (u32, u32) {
        let fits = |value: u128| u32::try_from(value).unwrap_or(u32::MAX);
        (fits(self.segment.as_millis()), fits((self.part.as_nanos() + 500) / 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_playlist_can_be_made_with_is_as_good_as_nothing() {
        for (segment_ms, part_us) in
            [(0, 0), (2_000, 0), (0, 168_666), (2_500, 168_666), (61_000, 168_666), (2_000, 2_000_001)]
        {
            assert_eq!(Targets::told(segment_ms, part_us), None, "{segment_ms} {part_us}");
        }
        for told in [(1_000, 1_000_000), (9_000, 168_666), (60_000, 1)] {
            assert_eq!(Targets::told(told.0, told.1).map(|targets| targets.tell()), Some(told));
        }
        // Five pictures at 30 a second and 2 ms: "0.168667" in a playlist.
        let part = Duration::from_nanos(168_666_666);
        assert_eq!(Targets { segment: Duration::from_secs(2), part }.tell(), (2_000, 168_667));
    }
}
