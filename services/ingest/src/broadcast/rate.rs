//! What bit rate the publisher's video has, as far as its rungs are held below it: what it says, but never less than was measured.
//!
//! What it says counts at once, when rungs are planned and nothing is measured; some say a rate that is wrong by far. So where more came
//! than was told, the rungs get a new worker, once, at a keyframe: `pipeline` asks [`is_worth_it`]. Never the other way: who
//! sends less than usual may send more in a moment. A break is no occasion for it either: [`settled`].

use streamly_transcode::{Job, Rung};

/// Media time after which a measured rate is one, 90 kHz: it is that of 5 s, and a first keyframe alone would be a high one.
const ENOUGH: i64 = 5 * 90_000;

/// How far a rung's bit rate has to rise for a new worker, in percent of it. Bounds how often that can be: from the lowest rate to the
/// highest it is nine times.
const WORTH_PERCENT: u64 = 150;

/// The measured side of it, for a broadcast.
#[derive(Debug, Default)]
pub(super) struct Rate {
    /// Where what is measured begins, 90 kHz.
    begun: Option<i64>,
    most_bps: u64,
}

impl Rate {
    /// What comes next is measured anew, whatever was found stays.
    pub(super) fn restart(&mut self) {
        self.begun = None;
    }

    /// A picture at `dts` (90 kHz) ends what was measured at `bps`.
    pub(super) fn picture(&mut self, dts: i64, bps: Option<u64>) {
        let begun = *self.begun.get_or_insert(dts);
        if dts.saturating_sub(begun) >= ENOUGH {
            self.most_bps = self.most_bps.max(bps.unwrap_or(0));
        }
    }

    /// The highest that lasted, bit/s; 0 until enough was seen.
    pub(super) fn measured_bps(&self) -> u64 {
        self.most_bps
    }
}

/// Whether rungs planned anew are so much better than those that are made that a new worker is.
pub(super) fn is_worth_it(made: &[Rung], anew: &[Rung]) -> bool {
    let rises = |(made, anew): (&Rung, &Rung)| {
        u64::from(anew.bitrate_kbps) * 100 >= u64::from(made.bitrate_kbps) * WORTH_PERCENT
    };
    made.len() == anew.len() && made.iter().zip(anew).any(rises)
}

/// What is made, where all that a plan made anew has else are rates that are not worth a new worker; what was planned otherwise.
pub(super) fn settled(made: Option<&Job>, anew: Job) -> Job {
    let Some(made) = made.filter(|made| !is_worth_it(&made.rungs, &anew.rungs)) else { return anew };
    let mut held = anew.clone();
    for (held, made) in held.rungs.iter_mut().zip(&made.rungs) {
        held.bitrate_kbps = made.bitrate_kbps;
    }
    if held == *made { held } else { anew }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_media::VideoFormat;
    use streamly_transcode::{FrameRate, SourceFormat, ladder};

    #[test]
    fn a_rate_counts_once_it_lasted_and_never_falls() {
        let mut rate = Rate::default();
        let mut after = |seconds: i64, bps| {
            rate.picture(900_000 + seconds * 90_000, Some(bps));
            rate.measured_bps()
        };
        assert_eq!(after(0, 9_000_000), 0);
        assert_eq!(after(4, 9_000_000), 0, "too early");
        assert_eq!(after(5, 3_000_000), 3_000_000);
        assert_eq!(after(6, 1_000_000), 3_000_000);
        rate.restart();
        rate.picture(9_000_000, Some(8_000_000));
        rate.picture(9_090_000, Some(8_000_000));
        assert_eq!(rate.measured_bps(), 3_000_000, "a second after a break");
        rate.picture(9_450_000, None);
        rate.picture(9_450_000, Some(8_000_000));
        assert_eq!(rate.measured_bps(), 8_000_000);
    }

    #[test]
    fn a_new_worker_comes_for_much_more_alone_and_not_often() {
        let source = SourceFormat { width: 1920, height: 1080, fps: FrameRate::DEFAULT };
        let plan = ladder::plan(source, &["720p".to_owned(), "360p".to_owned()], 2);
        let at = |bps| ladder::below(plan.clone(), Some(100_000), bps);
        assert!(is_worth_it(&at(0), &at(6_000_000)));
        assert!(!is_worth_it(&at(6_000_000), &at(0)), "never down");
        assert!(!is_worth_it(&at(1_000_000), &at(1_400_000)));
        assert!(is_worth_it(&at(1_000_000), &at(1_600_000)));
        assert!(!is_worth_it(&at(6_000_000), &at(60_000_000)), "all is planned already");
        assert!(!is_worth_it(&at(0), &at(6_000_000)[..1]), "other rungs");
        let (mut made, mut workers) = (at(0), 0);
        for bps in (100_000..10_000_000).step_by(1_000) {
            let anew = at(bps);
            if is_worth_it(&made, &anew) {
                (made, workers) = (anew, workers + 1);
            }
        }
        assert!((2..=9).contains(&workers), "{workers}");
    }

    #[test]
    fn a_break_keeps_the_rates_that_are_made_unless_all_else_is_new_or_it_is_worth_it() {
        let source = SourceFormat { width: 1920, height: 1080, fps: FrameRate::DEFAULT };
        let plan = ladder::plan(source, &["720p".to_owned(), "360p".to_owned()], 2);
        let job = |measured_bps| Job {
            format: VideoFormat::H264,
            record: vec![1].into(),
            sound: None,
            fps: FrameRate::DEFAULT,
            rungs: ladder::below(plan.clone(), Some(2_500_000), measured_bps),
            preset: "veryfast".to_owned(),
        };
        let (made, anew) = (job(0), job(2_700_000));
        assert_eq!((made.rungs[0].bitrate_kbps, anew.rungs[0].bitrate_kbps), (1875, 2025));
        assert_eq!(settled(Some(&made), anew.clone()), made);
        assert_eq!(settled(Some(&anew), made.clone()), anew, "nor down");
        let low = Job { rungs: ladder::below(plan.clone(), Some(1_000_000), 0), ..made.clone() };
        assert_eq!(settled(Some(&low), made.clone()), made, "worth it");
        let other = Job { record: vec![2].into(), ..anew.clone() };
        assert_eq!(settled(Some(&made), other.clone()), other, "a new worker in any case");
        let fewer = Job { rungs: anew.rungs[..1].to_vec(), ..anew.clone() };
        assert_eq!(settled(Some(&made), fewer.clone()), fewer);
        assert_eq!(settled(None, anew.clone()), anew);
    }
}
