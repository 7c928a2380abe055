//! 90 kHz ticks to GStreamer nanoseconds and back, exactly.
//!
//! GStreamer's times are unsigned, the broadcast's clock is not: the worker counts from a zero of its own, the first decode time. 90 000
//! ticks and 10^9 ns share no finer unit, so a tick is rounded to a nanosecond on the way in; on the way out the nearest tick is the
//! one it came from, since a tick is 11 111 ns long.

use gstreamer as gst;

/// Nanoseconds in nine ticks are 100 000: the ratio in lowest terms.
const NS: i128 = 100_000;
const TICKS: i128 = 9;
/// Nanoseconds in nine samples at 48 kHz: of what a tick has nine.
const SAMPLE_NS: i128 = 187_500;

/// The worker's zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    zero: i64,
}

impl Clock {
    pub(super) fn starting_at(dts: i64) -> Self {
        Self { zero: dts }
    }

    /// `None` for a time before the zero or beyond 500 years.
    pub(super) fn to_gst(self, ticks: i64) -> Option<gst::ClockTime> {
        let since = i128::from(ticks) - i128::from(self.zero);
        let ns = (since * NS + TICKS / 2).div_euclid(TICKS);
        // The largest value means "none" to GStreamer.
        u64::try_from(ns).ok().filter(|ns| *ns < i64::MAX as u64).map(gst::ClockTime::from_nseconds)
    }

    /// A number of samples at 48 kHz on the broadcast's clock; `None` as in [`to_gst`](Self::to_gst).
    pub(super) fn samples_to_gst(self, samples: i64) -> Option<gst::ClockTime> {
        let since = i128::from(samples) * SAMPLE_NS - i128::from(self.zero) * NS;
        let ns = (since + TICKS / 2).div_euclid(TICKS);
        u64::try_from(ns).ok().filter(|ns| *ns < i64::MAX as u64).map(gst::ClockTime::from_nseconds)
    }

    /// The nearest sample.
    pub(super) fn to_samples(self, ns: i64) -> i64 {
        let since = i128::from(ns) * TICKS + i128::from(self.zero) * NS;
        i64::try_from((since + SAMPLE_NS / 2).div_euclid(SAMPLE_NS)).unwrap_or(self.zero)
    }

    /// `ns` may be negative: an encoder's first decode times are.
    pub(super) fn to_ticks(self, ns: i64) -> i64 {
        let since = (i128::from(ns) * TICKS + NS / 2).div_euclid(NS);
        i64::try_from(i128::from(self.zero) + since).unwrap_or(self.zero)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_tick_comes_back_as_itself(start in -1_000_000_000_000i64..1_000_000_000_000, step in 0i64..1_000_000_000_000) {
            let clock = Clock::starting_at(start);
            let ns = clock.to_gst(start + step).unwrap().nseconds();
            prop_assert_eq!(clock.to_ticks(ns as i64), start + step);
        }

        #[test]
        fn every_sample_comes_back_as_itself(start in -1_000_000_000_000i64..1_000_000_000_000, step in 0i64..1_000_000_000_000) {
            let clock = Clock::starting_at(start);
            // The first sample that is not before the zero, which is a whole number of samples or lies between two.
            let sample = (i128::from(start) * NS).div_euclid(SAMPLE_NS) as i64 + 1 + step;
            let ns = clock.samples_to_gst(sample).unwrap().nseconds();
            prop_assert_eq!(clock.to_samples(ns as i64), sample);
        }

        #[test]
        fn no_time_panics(zero: i64, ticks: i64, ns: i64) {
            let clock = Clock::starting_at(zero);
            let _ = clock.samples_to_gst(ticks);
            let _ = clock.to_samples(ns);
            let _ = clock.to_gst(ticks);
            let _ = clock.to_ticks(ns);
        }
    }

    #[test]
    fn a_time_before_the_zero_is_refused() {
        assert_eq!(Clock::starting_at(0).to_gst(-1), None);
        assert_eq!(Clock::starting_at(0).to_gst(0), Some(gst::ClockTime::ZERO));
    }
}
