//! What the media that went through says of BANDWIDTH, AVERAGE-BANDWIDTH and FRAME-RATE.

use std::collections::VecDeque;
use std::time::Duration;

use super::Window;

/// What a rendition's segments bear out. All of it is `None` until there are enough of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// The highest bit rate that any run of segments of half to one and a half target durations ever had (draft 4.4.6.2). It
    /// never goes back.
    pub peak_bps: Option<u64>,
    /// The bit rate of all listed segments together.
    pub average_bps: Option<u64>,
    /// Pictures per second of the segments in memory.
    pub frame_rate: Option<f64>,
    /// The highest bit rate of a keyframe for its time.
    pub iframe_peak_bps: Option<u64>,
    /// How much media was measured so far.
    pub media: Duration,
}

/// The last whole segments, and the highest rate so far.
#[derive(Debug, Default)]
pub(super) struct Rates {
    run: VecDeque<(Duration, usize)>,
    run_duration: Duration,
    peak_bps: u64,
    media: Duration,
}

impl Rates {
    /// A whole segment without missing media.
    pub(super) fn segment(&mut self, duration: Duration, bytes: usize, target: Duration) {
        self.media += duration;
        self.run.push_back((duration, bytes));
        self.run_duration += duration;
        while self.run_duration > target * 3 / 2
            && let Some((gone, _)) = self.run.pop_front()
        {
            self.run_duration -= gone;
        }
        let (mut length, mut size) = (Duration::ZERO, 0);
        for (duration, bytes) in self.run.iter().rev() {
            length += *duration;
            size += bytes;
            if length >= target / 2 {
                self.peak_bps = self.peak_bps.max(bps(size as u64, length));
            }
        }
    }

    /// What follows does not continue what was there.
    pub(super) fn interrupted(&mut self) {
        self.run.clear();
        self.run_duration = Duration::ZERO;
    }
}

/// Rounded up.
fn bps(bytes: u64, duration: Duration) -> u64 {
    (bytes as f64 * 8.0 / duration.as_secs_f64()).ceil() as u64
}

impl Window {
    /// See [`Measured`].
    pub fn measured(&self) -> Measured {
        let old = self.old.iter().filter(|old| !old.gap).map(|old| (old.duration, old.size));
        let in_memory = self.listed.iter().filter(|segment| segment.whole && !segment.gap);
        let all = old.chain(in_memory.clone().map(|segment| (segment.duration, segment.size as u64)));
        let (duration, bytes) =
            all.fold((Duration::ZERO, 0), |(d, b), (duration, bytes)| (d + duration, b + bytes));
        let shown = in_memory.filter(|segment| segment.pictures > 0);
        let (time, pictures) = shown.fold((Duration::ZERO, 0u64), |(time, pictures), segment| {
            (time + segment.duration, pictures + u64::from(segment.pictures))
        });
        Measured {
            peak_bps: Some(self.rates.peak_bps).filter(|peak| *peak > 0),
            average_bps: (!duration.is_zero()).then(|| bps(bytes, duration)),
            frame_rate: (!time.is_zero()).then(|| pictures as f64 / time.as_secs_f64()),
            iframe_peak_bps: self.iframes.peak_bps(),
            media: self.rates.media,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_that_of_the_worst_run_and_stays() {
        let (mut rates, target) = (Rates::default(), Duration::from_secs(2));
        let mut feed = |millis: u64, bytes| {
            rates.segment(Duration::from_millis(millis), bytes, target);
            rates.peak_bps
        };
        assert_eq!(feed(500, 1_000_000), 0, "a quarter of the target is no run");
        assert_eq!(feed(500, 1000), 8_008_000, "two of them are");
        assert_eq!(feed(2000, 1000), 8_008_000, "three seconds, but a lower rate");
        assert_eq!(feed(2000, 2_500_000), 10_000_000);
        assert_eq!(feed(1000, 1_500_000), 12_000_000, "alone, and less with the two seconds before");
        rates.interrupted();
        rates.segment(Duration::from_millis(900), 9_000_000, target);
        assert_eq!(rates.peak_bps, 12_000_000, "a run does not reach over a break");
    }
}
