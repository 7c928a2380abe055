//! The packaging of a broadcast, once its tracks are known: one segmenter, a packager and a window a rendition, the way to the
//! transcoder.
//!
//! Sizes that playlists fix for their life (target duration, part target, the rungs) are decided here, once. Nothing here
//! fails: what a window refuses is counted.

mod lane;
mod plan;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use streamly_cmaf::{Cut, Segmenter};
use streamly_media::{AccessUnit, Kind, TrackConfig, VideoConfig};
use streamly_transcode::{Input, Pushed, Rung, SoundJob};

use super::{
    dates::Dates, epochs::Epochs, rendition::Rendition, settings::Settings, shedding::Shedding,
    targets::Targets,
};
use lane::{Cutting, Lane, deliver};
pub(super) use plan::Plan;

/// Cuts remembered for dates and latencies: more than any rung may lag behind.
const CUTS_KEPT: usize = 64;
/// See the module's head.
pub(super) struct Stage {
    settings: Arc<Settings>,
    segmenter: Segmenter,
    source: Lane,
    pub(super) rungs: Vec<Lane>,
    plan: Vec<Rung>,
    pub(super) targets: Targets,
    pub(super) input: Option<Input>,
    /// What the rungs need instead of the source's sound.
    sound: Option<SoundJob>,
    pub(super) shedding: Shedding,
    /// As the segmenter counts.
    next_segment: u64,
    cuts: VecDeque<Cutting>,
    dates: Dates,
    last_arrival: Instant,
    /// Where the first cut was, in 90 kHz ticks.
    first_pts: Option<i64>,
    /// Pictures that the transcoder had no room for.
    pub(super) behind: u64,
}

impl Stage {
    /// The source first, then the rungs from the largest.
    pub(super) fn renditions(&self) -> Vec<Arc<Rendition>> {
        std::iter::once(&self.source).chain(&self.rungs).map(|lane| lane.rendition.clone()).collect()
    }

    /// The number the next segment will have, as the segmenter counts.
    pub(super) fn next_segment(&self) -> u64 {
        self.next_segment
    }

    pub(super) fn discontinuity(&mut self) {
        self.segmenter.discontinuity();
        self.shedding.discontinuity();
        self.dates.discontinuity();
        self.source.packager.discontinuity();
        self.rungs.iter_mut().for_each(|lane| lane.packager.discontinuity());
    }

    pub(super) fn track(&mut self, config: &TrackConfig) {
        self.segmenter.track(config);
        self.source.packager.config(config.clone());
        let audio = match config {
            TrackConfig::Audio(audio) => audio,
            TrackConfig::Video(video) => {
                let size = Some((video.width, video.height));
                return self.source.rendition.set_facts(|facts| facts.resolution = size);
            }
        };
        let encoded = self.settings.rung_sound(audio);
        for lane in &mut self.rungs {
            lane.packager.expect_encoded_sound(encoded.is_some());
            let audio = encoded.as_ref().map_or(audio, |(_, aac)| aac);
            lane.packager.config(TrackConfig::Audio(audio.clone()));
        }
        self.sound = encoded.map(|(job, _)| job);
    }

    /// Rungs are made in other sizes and rates from now on.
    pub(super) fn reshape(&self, rungs: &[Rung]) {
        for (rung, lane) in rungs.iter().zip(&self.rungs) {
            lane.rendition.set_facts(|facts| facts.is(rung));
        }
    }

    /// What the transcoder makes for the rungs instead of the source's sound.
    pub(super) fn sound(&self) -> Option<&SoundJob> {
        self.sound.as_ref()
    }

    /// One unit of the source. Says whether the source has new parts.
    pub(super) fn unit(&mut self, unit: AccessUnit, epochs: &Epochs, now: Instant) -> bool {
        self.segmenter.push(&unit);
        if unit.kind == Kind::Video {
            self.shedding.source_picture(unit.pts);
        }
        let (mut cut_any, mut part) = (false, false);
        while let Some(cut) = self.segmenter.poll() {
            cut_any = true;
            self.cut(cut, now);
        }
        if unit.kind == Kind::Audio && self.sound.is_none() {
            self.rungs.iter_mut().for_each(|lane| lane.packager.push(unit.clone()));
        } else if let Some(input) = &self.input
            && input.push(&unit) == Pushed::Dropped
        {
            let dropped = &self.settings.meters.dropped;
            if unit.kind == Kind::Video {
                self.behind += 1;
                dropped.transcoder_behind.increment(1);
            } else {
                dropped.transcoder_sound.increment(1);
            }
        }
        self.source.packager.push(unit);
        if cut_any {
            let latency = now.saturating_duration_since(self.last_arrival);
            let parts = deliver(&mut self.source, epochs, &self.cuts, &self.settings, now);
            if parts > 0 {
                part = true;
                self.settings.meters.part_latency_source.record(latency.as_secs_f64());
            }
            // Rungs give gaps, and parts of audio, by the cuts alone.
            for lane in &mut self.rungs {
                deliver(lane, epochs, &self.cuts, &self.settings, now);
            }
        }
        self.last_arrival = now;
        part
    }

    fn cut(&mut self, cut: Cut, now: Instant) {
        let mut date = None;
        if cut.segment_start {
            self.next_segment = cut.msn + 1;
            date = Some(self.dates.at(cut.video_pts, SystemTime::now()));
            if let Some(input) = &self.input {
                input.boundary(cut.video_pts);
            }
            self.rungs_return();
        }
        self.cuts.push_back(Cutting { msn: cut.msn, part: cut.part, date, arrived: now, pts: cut.video_pts });
        self.first_pts.get_or_insert(cut.video_pts);
        if self.cuts.len() > CUTS_KEPT {
            self.cuts.pop_front();
        }
        self.source.packager.cut(cut);
        self.rungs.iter_mut().for_each(|lane| lane.packager.cut(cut));
    }

    /// The publisher is gone: what is complete of the source is given out, the segment ends.
    pub(super) fn flush_source(&mut self, epochs: &Epochs, now: Instant) {
        self.source.packager.finish();
        deliver(&mut self.source, epochs, &self.cuts, &self.settings, now);
    }

    /// The same for the rungs, once their encoder has had its time.
    pub(super) fn flush_rungs(&mut self, epochs: &Epochs, now: Instant) {
        for lane in &mut self.rungs {
            lane.packager.finish();
            deliver(lane, epochs, &self.cuts, &self.settings, now);
        }
    }

    /// A rung's codec configuration.
    pub(super) fn rung_config(&mut self, rung: usize, config: VideoConfig) {
        if let Some(lane) = self.rungs.get_mut(rung) {
            lane.packager.config(TrackConfig::Video(config));
        }
    }

    /// A rung's picture.
    pub(super) fn rung_unit(&mut self, rung: usize, unit: AccessUnit, epochs: &Epochs, now: Instant) {
        self.shedding.rung_picture(rung, unit.pts);
        if let Some(lane) = self.rungs.get_mut(rung) {
            lane.packager.push(unit);
            deliver(lane, epochs, &self.cuts, &self.settings, now);
        }
    }

    /// A frame of the sound that was made for all rungs.
    pub(super) fn rung_sound(&mut self, unit: &AccessUnit, epochs: &Epochs, now: Instant) {
        if self.sound.is_none() {
            return;
        }
        for lane in &mut self.rungs {
            lane.packager.push(unit.clone());
            deliver(lane, epochs, &self.cuts, &self.settings, now);
        }
    }

    /// How far the newest part of each rendition is behind the source's, in media time; the source's own first, which is none, as one
    /// that is not made has none.
    pub(super) fn lags(&self) -> Vec<Duration> {
        let source = self.source.newest.unwrap_or(0);
        let behind = |lane: &Lane| {
            let from = lane.newest.or(self.first_pts).unwrap_or(source);
            streamly_cmaf::ticks_to_duration(u64::try_from(source - from).unwrap_or(0))
        };
        let rungs = self.rungs.iter().enumerate();
        let rungs =
            rungs.map(|(rung, lane)| if self.shedding.is_made(rung) { behind(lane) } else { Duration::ZERO });
        std::iter::once(Duration::ZERO).chain(rungs).collect()
    }

    pub(super) fn rung_rendition(&self, rung: usize) -> Option<&Arc<Rendition>> {
        self.rungs.get(rung).map(|lane| &lane.rendition)
    }
}
