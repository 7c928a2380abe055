//! The queue of one track's units that wait for their part.
//!
//! Bounded in number; a unit too many is refused and the packager counts it.

use std::{collections::VecDeque, sync::Arc};

use streamly_media::{AccessUnit, VideoConfig};

use crate::moof::Sample;

/// Units kept at most: 9 s of audio at 96 kHz, 15 s of 60 fps.
const MAX_UNITS: usize = 1_024;
/// Duration (ticks) of a picture whose follower is not known and that has no predecessor.
const ASSUMED_FRAME: i64 = 3_000;
/// Differences between durations (ticks, 2 ms) that come from times told in whole ms.
const JITTER: i64 = 180;
/// Longest duration (ticks, 5 s) written for a picture.
const MAX_FRAME: i64 = 450_000;

#[derive(Default)]
pub(super) struct Lane {
    units: VecDeque<(Option<Arc<VideoConfig>>, AccessUnit)>,
    config: Option<Arc<VideoConfig>>,
    /// Configuration of the first unit taken last.
    taken: Option<Arc<VideoConfig>>,
    pushed: u64,
    /// Duration of the last picture.
    frame: Option<i64>,
}

impl Lane {
    pub(super) fn configure(&mut self, config: &VideoConfig) {
        if self.config.as_deref() != Some(config) {
            self.config = Some(Arc::new(config.clone()));
        }
    }

    pub(super) fn push(&mut self, unit: AccessUnit) -> bool {
        let room = self.units.len() < MAX_UNITS;
        if room {
            self.units.push_back((self.config.clone(), unit));
            self.pushed += 1;
        }
        room
    }

    /// How many units were pushed so far.
    pub(super) fn pushed(&self) -> u64 {
        self.pushed
    }

    pub(super) fn front(&self) -> Option<&AccessUnit> {
        self.units.front().map(|(_, unit)| unit)
    }

    pub(super) fn back(&self) -> Option<&AccessUnit> {
        self.units.back().map(|(_, unit)| unit)
    }

    /// The first unit whose PTS is `pts` or later.
    pub(super) fn first_from(&self, pts: i64) -> Option<&AccessUnit> {
        self.units.iter().map(|(_, unit)| unit).find(|unit| unit.pts >= pts)
    }

    /// PTS of the first keyframe in `from..to`.
    pub(super) fn keyframe_within(&self, from: i64, to: i64) -> Option<i64> {
        self.units
            .iter()
            .map(|(_, unit)| unit)
            .find(|unit| unit.keyframe && (from..to).contains(&unit.pts))
            .map(|unit| unit.pts)
    }

    /// Takes units from the front while `belongs` says so; it is given the unit's number, counted from the first pushed.
    pub(super) fn take(&mut self, belongs: impl Fn(u64, &AccessUnit) -> bool) -> Vec<AccessUnit> {
        let mut taken = Vec::new();
        if let Some((config, unit)) = self.units.front()
            && belongs(self.pushed - self.units.len() as u64, unit)
        {
            self.taken.clone_from(config);
        }
        while let Some((_, unit)) = self.units.front() {
            if !belongs(self.pushed - self.units.len() as u64, unit) {
                break;
            }
            taken.extend(self.units.pop_front().map(|(_, unit)| unit));
        }
        taken
    }

    /// The configuration of the units taken last.
    pub(super) fn config_of_taken(&self) -> Option<&VideoConfig> {
        self.taken.as_deref().or(self.config.as_deref())
    }

    /// Pictures with their durations; the last one lasts to `following`. Where that is no picture's time but a cut between two
    /// (a picture was lost or the rate is not the told one), it lasts as long as the one before, so that no hole opens.
    pub(super) fn samples(&mut self, pictures: Vec<AccessUnit>, following: Option<i64>) -> Vec<Sample> {
        let next: Vec<Option<i64>> =
            pictures.iter().skip(1).map(|unit| Some(unit.dts)).chain([following]).collect();
        let count = pictures.len();
        let mut samples = Vec::with_capacity(count);
        for (number, (unit, next)) in pictures.into_iter().zip(next).enumerate() {
            let told = next.map(|next| next - unit.dts).filter(|duration| *duration > 0);
            let cut_short = number + 1 == count && told < self.frame.map(|frame| frame - JITTER);
            let duration = told.filter(|_| !cut_short).or(self.frame).unwrap_or(ASSUMED_FRAME).min(MAX_FRAME);
            self.frame = Some(duration);
            samples.push(Sample { unit, duration: duration as u32 });
        }
        samples
    }
}
