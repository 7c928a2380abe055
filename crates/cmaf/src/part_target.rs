//! How long parts are: a number of whole pictures near a sixth of a second.
//!
//! The value is fixed when a broadcast starts and holds for the life of its playlists. Parts of whole pictures of the told
//! rate last the same each, so every part is above 85 % of the target as LL-HLS asks (RFC 8216bis, 4.4.3.7).

use std::time::Duration;

use streamly_media::VIDEO_TIMESCALE;

/// Wished length of a part in seconds.
const WISH: f64 = 1.0 / 6.0;
/// Length where the frame rate is not known, or below 4 pictures a second.
const UNKNOWN: f64 = 0.25;
/// Encoders tell times in whole ms, truncated: a part may be this many ticks (2 ms) longer than its pictures.
const JITTER: i64 = 180;

/// The length of parts; see the module's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartTarget {
    ticks: i64,
    /// Length of a picture in ticks, if the rate is known.
    frame: Option<i64>,
}

impl PartTarget {
    /// Fits parts to a frame rate (pictures per second), as onMetaData or the VUI tells it. Anything outside 4 to 300 counts
    /// as not known.
    pub fn for_fps(fps: Option<f64>) -> Self {
        let scale = f64::from(VIDEO_TIMESCALE);
        match fps.filter(|fps| (4.0..=300.0).contains(fps)) {
            Some(fps) => {
                let frames = (WISH * fps).round().max(1.0);
                Self {
                    ticks: (frames * scale / fps).round() as i64,
                    frame: Some((scale / fps).round() as i64),
                }
            }
            None => Self { ticks: (UNKNOWN * scale) as i64, frame: None },
        }
    }

    /// As [`PartTarget::for_fps`], for playlists that have their PART-TARGET already: as many whole pictures as fit, or the value itself
    /// where not one does. A value that is the rate's own but for its rounding to microseconds counts as that.
    ///
    /// Parts may then be below 85 % of PART-TARGET: 79 % at 15 pictures a second in playlists of 30, 59 % at 10, at worst half. Where no whole
    /// number of pictures lasts 85 to 100 % of it, whole pictures cannot do better. One picture that is longer (below 5.9 a second there) is
    /// a part that is longer than PART-TARGET, which none may be (RFC 8216bis, 4.4.4.9): only another URL could mend that.
    pub fn within(playlist: Duration, fps: Option<f64>) -> Self {
        let own = Self::for_fps(fps);
        if own.playlist().as_micros().abs_diff(playlist.as_micros()) <= 1 {
            return own;
        }
        let most = i64::try_from(playlist.as_micros() * u128::from(VIDEO_TIMESCALE) / 1_000_000).unwrap_or(0)
            - JITTER;
        let most = most.max(1);
        let frame = own.frame.filter(|frame| *frame <= most);
        Self { ticks: frame.map_or(most, |frame| most / frame * frame), frame }
    }

    /// The value for `EXT-X-PART-INF:PART-TARGET`: no part is longer. Includes 2 ms for times told in whole ms.
    pub fn playlist(&self) -> Duration {
        crate::ticks_to_duration((self.ticks + JITTER) as u64)
    }

    /// 90 kHz ticks of the pictures of a part.
    pub(crate) fn ticks(&self) -> i64 {
        self.ticks
    }

    /// 90 kHz ticks no part passes.
    pub(crate) fn max_ticks(&self) -> i64 {
        self.ticks + JITTER
    }

    pub(crate) fn frame(&self) -> Option<i64> {
        self.frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_pictures_near_a_sixth_of_a_second() {
        for (fps, frames) in [(24.0, 4), (25.0, 4), (29.97, 5), (30.0, 5), (50.0, 8), (60.0, 10), (5.0, 1)] {
            let target = PartTarget::for_fps(Some(fps));
            let exact = f64::from(frames) / fps;
            assert!((target.ticks as f64 / 90_000.0 - exact).abs() < 0.000_02, "{fps}");
            assert!(exact / target.playlist().as_secs_f64() >= 0.85, "{fps}");
        }
    }

    #[test]
    fn a_part_target_that_is_told_already_is_never_passed() {
        for told in [Some(24.0), Some(30.0), Some(60.0), None] {
            let told = PartTarget::for_fps(told).playlist();
            for fps in [Some(5.0), Some(24.0), Some(25.0), Some(30.0), Some(59.94), None] {
                let target = PartTarget::within(told, fps);
                assert!(target.playlist() <= told, "{told:?} {fps:?}: {target:?}");
                assert!(
                    target.playlist().as_secs_f64() >= 0.75 * told.as_secs_f64() || fps == Some(5.0),
                    "{fps:?}: {target:?}"
                );
            }
            assert_eq!(
                PartTarget::within(PartTarget::for_fps(Some(30.0)).playlist(), Some(30.0)),
                PartTarget::for_fps(Some(30.0))
            );
        }
    }

    #[test]
    fn a_part_target_as_playlists_write_it_is_still_that_of_its_rate() {
        for fps in [Some(23.976), Some(24.0), Some(25.0), Some(29.97), Some(30.0), Some(59.94), None] {
            let own = PartTarget::for_fps(fps);
            let nanos = own.playlist().as_nanos() as u64;
            for micros in [nanos / 1000, (nanos + 500) / 1000] {
                assert_eq!(PartTarget::within(Duration::from_micros(micros), fps), own, "{fps:?} {micros}");
            }
        }
    }

    #[test]
    fn an_unknown_or_absurd_rate_gives_a_quarter_of_a_second() {
        for fps in [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(f64::INFINITY), Some(1e9), Some(1.0)] {
            assert_eq!(PartTarget::for_fps(fps).playlist(), Duration::from_millis(252), "{fps:?}");
        }
    }
}
