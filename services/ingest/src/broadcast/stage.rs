//! The packaging of a broadcast, once its tracks are known: one segmenter, a packager and a window a rendition, the way to the
//! transcoder.
//!
//! Sizes that playlists fix for their life (target duration, part target, the rungs) are decided here, once. Nothing here
//! fails: what a window refuses is counted.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use streamly_cmaf::{Cut, Limits, Mode, Packaged, Packager, PartTarget, Segmenter};
use streamly_hls::{InitName, Part, Window, WindowConfig, discontinuity_base};
use streamly_media::{AccessUnit, AudioConfig, Kind, TrackConfig, VideoConfig};
use streamly_transcode::{FrameRate, Input, Job, Rung, SoundJob, SourceFormat, ladder, sound};

use super::{
    dates::Dates,
    epochs::Epochs,
    import::{Import, SOURCE},
    rendition::{Facts, Rendition},
    settings::Settings,
    shedding::Shedding,
};
use crate::budget::Cost;

/// Cuts remembered for dates and latencies: more than any rung may lag behind.
const CUTS_KEPT: usize = 64;
/// Told as a source's bit rate while nothing is known of it.
const ASSUMED_SOURCE_BPS: u64 = 6_000_000;
/// The same of its sound.
const ASSUMED_AUDIO_BPS: u64 = 160_000;

/// What is known of the source when the stage is built.
pub(super) struct Plan {
    pub(super) video: Option<VideoConfig>,
    pub(super) audio: Option<AudioConfig>,
    pub(super) fps: Option<f64>,
    pub(super) video_bps: Option<u64>,
    pub(super) audio_bps: Option<u64>,
    /// 0: not known.
    pub(super) last_gop_ms: u32,
    pub(super) ladder: Vec<String>,
    /// Whether there are encoders at all.
    pub(super) has_encoders: bool,
    /// For the budget.
    pub(super) broadcast: String,
    pub(super) first_msn: u64,
    pub(super) epoch: u64,
    /// The broadcast existed elsewhere before: viewers must be told of the break.
    pub(super) resumed: bool,
    /// What the node before had.
    pub(super) import: Option<Import>,
}

pub(super) struct Lane {
    pub(super) packager: Packager,
    pub(super) rendition: Arc<Rendition>,
    /// The packager's last init section.
    init: Option<(u32, Bytes)>,
    /// The one the window was told last, with its epoch.
    told: Option<(u64, u32)>,
    /// Where its newest part with media begins, as the cuts tell, in 90 kHz ticks.
    newest: Option<i64>,
}

struct Cutting {
    msn: u64,
    part: u32,
    date: Option<SystemTime>,
    arrived: Instant,
    pts: i64,
}

/// See the module's head.
pub(super) struct Stage {
    settings: Arc<Settings>,
    segmenter: Segmenter,
    source: Lane,
    pub(super) rungs: Vec<Lane>,
    plan: Vec<Rung>,
    pub(super) target: Duration,
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
    /// Windows, packagers and the plan of the rungs. Without one that can be made the broadcast has no renditions.
    pub(super) fn build(
        plan: Plan,
        settings: &Arc<Settings>,
        now: Instant,
    ) -> Result<Self, streamly_hls::ConfigError> {
        let most = settings.target_duration;
        let told = Duration::from_millis(u64::from(plan.last_gop_ms));
        let target =
            if told.is_zero() { most } else { whole_seconds(told).clamp(Duration::from_secs(2), most) };
        let import = plan.import.as_ref();
        let target = import.map_or_else(|| whole_seconds(target), |import| import.target);
        let fps = plan.fps.filter(|_| plan.video.is_some());
        let part_target = match import {
            Some(import) => PartTarget::within(import.part_target, fps),
            None => PartTarget::for_fps(fps),
        };
        let config = WindowConfig {
            target_duration: target,
            // What is told stays; it came in whole microseconds.
            part_target: import
                .map_or(Duration::ZERO, |import| import.part_target)
                .max(part_target.playlist()),
            window: settings.window,
            rewind: settings.rewind,
            max_bytes: settings.window_bytes,
            first_discontinuity_sequence: discontinuity_base(plan.epoch),
            ..WindowConfig::default()
        };
        let format = plan.video.as_ref().map(|video| source_format(video, plan.fps));
        let decodes = settings.decoders.found();
        let decoded = plan.video.as_ref().is_some_and(|video| decodes.video(video.format));
        if plan.video.is_some() && !decoded {
            tracing::warn!("this machine cannot decode the source: it has its own rendition alone");
        }
        let rungs = match format.filter(|_| decoded) {
            Some(format) if plan.has_encoders && !plan.ladder.is_empty() => {
                ladder::plan(format, &plan.ladder, settings.cores)
            }
            _ => Vec::new(),
        };
        let audio_bps = if plan.audio.is_some() { plan.audio_bps.unwrap_or(ASSUMED_AUDIO_BPS) } else { 0 };
        let sound = plan.audio.as_ref().and_then(|audio| settings.rung_sound(audio));
        let rung_audio = sound.as_ref().map(|(_, aac)| aac).or(plan.audio.as_ref());
        let rung_audio_bps =
            sound.as_ref().map_or(audio_bps, |(_, aac)| u64::from(sound::bitrate_bps(aac.channels)));
        let codecs = |video: Option<String>, audio: Option<&AudioConfig>| {
            let both: Vec<String> = video.into_iter().chain(audio.map(AudioConfig::codec)).collect();
            both.join(",")
        };
        let source = Facts {
            codecs: codecs(plan.video.as_ref().map(VideoConfig::codec), plan.audio.as_ref()),
            resolution: plan.video.as_ref().map(|video| (video.width, video.height)),
            fps: plan.fps.filter(|_| plan.video.is_some()),
            video_bps: if plan.video.is_some() { plan.video_bps.unwrap_or(ASSUMED_SOURCE_BPS) } else { 0 },
            audio_bps,
            assumed: plan.video_bps.is_none(),
            ..Facts::default()
        };
        let lane = |name: &str, mode: Mode, facts: Facts| -> Result<Lane, streamly_hls::ConfigError> {
            let window = match import {
                Some(import) => import.window(name, config.clone(), now)?,
                None => {
                    let mut window = Window::new(config.clone())?;
                    if plan.resumed {
                        window.discontinuity(now);
                    }
                    window
                }
            };
            let rendition = Arc::new(Rendition::new(name.to_owned(), window, facts));
            Ok(Lane { packager: Packager::new(mode), rendition, init: None, told: None, newest: None })
        };
        let lanes: Result<Vec<Lane>, _> = rungs
            .iter()
            .map(|rung| {
                let facts = Facts {
                    codecs: codecs(Some(rung.codecs()), rung_audio),
                    resolution: Some((rung.width, rung.height)),
                    fps: Some(rung.fps.as_f64()),
                    video_bps: u64::from(rung.bitrate_kbps) * 1000,
                    average_video_bps: Some(u64::from(rung.bitrate_kbps) * 1000),
                    audio_bps: rung_audio_bps,
                    ..Facts::default()
                };
                lane(&rung.name, Mode::Rung, facts)
            })
            .collect();
        let mut lanes = lanes?;
        // They give gaps, then they are gone, as a rung that was given up.
        let made: Vec<String> = rungs.iter().map(|rung| rung.name.clone()).collect();
        for name in import.into_iter().flat_map(|import| import.others(&made)) {
            let facts = Facts { shed: Some(now), inherited: true, ..Facts::default() };
            let mut other = lane(name, Mode::Rung, facts)?;
            other.packager.absent(true);
            lanes.push(other);
        }
        let shed = match format {
            Some(source) if !rungs.is_empty() => {
                let size = |rung: &Rung| (rung.width, rung.height, rung.fps.as_f64());
                let source = (source.width, source.height, source.fps.as_f64());
                let cost = Cost::estimate(source, rungs.iter().map(size));
                settings.budget.admit(&plan.broadcast, cost, now)
            }
            _ => Vec::new(),
        };
        let limits = Limits { max_segment: target, first_msn: plan.first_msn, ..Limits::default() };
        let mut stage = Self {
            settings: settings.clone(),
            segmenter: Segmenter::new(part_target, limits),
            source: lane(SOURCE, Mode::Source, source)?,
            rungs: lanes,
            plan: rungs,
            target,
            input: None,
            sound: None,
            shedding: Shedding::new(shed),
            next_segment: plan.first_msn,
            cuts: VecDeque::new(),
            dates: Dates::behind(import.and_then(|import| import.last_date)),
            last_arrival: now,
            first_pts: None,
            behind: 0,
        };
        stage.settle_lanes(now);
        Ok(stage)
    }

    /// The source first, then the rungs from the largest.
    pub(super) fn renditions(&self) -> Vec<Arc<Rendition>> {
        std::iter::once(&self.source).chain(&self.rungs).map(|lane| lane.rendition.clone()).collect()
    }

    /// What the transcoder has to make; `None` without rungs.
    pub(super) fn job(&self, video: &VideoConfig, fps: Option<f64>) -> Option<Job> {
        if self.plan.is_empty() {
            return None;
        }
        // Names are fixed; sizes follow a source that changed if all rungs still lie below it.
        let format = source_format(video, fps);
        let names: Vec<String> = self.plan.iter().map(|rung| rung.name.clone()).collect();
        let anew = ladder::plan(format, &names, self.settings.cores);
        let same =
            anew.len() == names.len() && anew.iter().zip(&names).all(|(rung, name)| rung.name == *name);
        Some(Job {
            format: video.format,
            record: video.record.clone(),
            sound: self.sound.clone(),
            fps: format.fps,
            rungs: if same { anew } else { self.plan.clone() },
            preset: self.settings.preset.clone(),
        })
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
        let TrackConfig::Audio(audio) = config else { return };
        let encoded = self.settings.rung_sound(audio);
        for lane in &mut self.rungs {
            lane.packager.expect_encoded_sound(encoded.is_some());
            let audio = encoded.as_ref().map_or(audio, |(_, aac)| aac);
            lane.packager.config(TrackConfig::Audio(audio.clone()));
        }
        self.sound = encoded.map(|(job, _)| job);
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
            && input.push(&unit) == streamly_transcode::Pushed::Dropped
            && unit.kind == Kind::Video
        {
            self.behind += 1;
            self.settings.meters.dropped.transcoder_behind.increment(1);
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

/// Moves what the packager gives into the window; returns how many parts.
fn deliver(
    lane: &mut Lane,
    epochs: &Epochs,
    cuts: &VecDeque<Cutting>,
    settings: &Settings,
    now: Instant,
) -> usize {
    let Some(mut next) = lane.packager.poll() else { return 0 };
    let rung = lane.packager_is_rung();
    let (mut parts, mut refused) = (0, 0);
    let Lane { packager, rendition, init, told, newest } = lane;
    rendition.with(|window| loop {
        match next {
            Packaged::Init(new) => {
                // What an encoder made of its configuration counts.
                rendition.set_facts(|facts| facts.codecs = new.facts.codecs);
                *init = Some((new.version, new.bytes));
            }
            Packaged::Part(part) => {
                let Some((epoch, msn)) = epochs.place(part.msn) else { return };
                if part.discontinuity {
                    window.discontinuity(now);
                }
                if let Some((version, bytes)) = init.as_ref()
                    && *told != Some((epoch, *version))
                    && (part.part == 0 || !part.gap)
                {
                    let name = InitName { epoch, number: *version };
                    match window.push_init(name, bytes.clone(), now) {
                        Ok(()) => *told = Some((epoch, *version)),
                        Err(error) => tracing::debug!(%error, "init section refused"),
                    }
                }
                let cutting = cuts.iter().rev().find(|c| c.msn == part.msn && c.part == part.part);
                let follows = |before: u64| window.position().msn.is_none_or(|last| last < before);
                if let Some(before) = msn.checked_sub(1).filter(|before| part.part == 0 && follows(*before)) {
                    // Without its init section the segment is a gap itself, and opens the list as well.
                    let _ = window.lead_in(epoch, before, cutting.and_then(|c| c.date), now);
                }
                let pushed = window.push_part(
                    Part {
                        epoch,
                        msn,
                        part: part.part,
                        duration: part.duration(),
                        independent: part.independent,
                        gap: part.gap,
                        ends_segment: false,
                        program_date_time: cutting.and_then(|c| c.date),
                        keyframe: part.keyframe,
                        pictures: part.pictures,
                        bytes: part.bytes,
                    },
                    now,
                );
                if rung && !part.gap && let Some(cutting) = cutting {
                    // The part's end on the source's side is the next cut; its own length is not encoder's latency.
                    let age = now.saturating_duration_since(cutting.arrived);
                    let latency = age.saturating_sub(streamly_cmaf::ticks_to_duration(part.ticks));
                    settings.meters.part_latency_rung.record(latency.as_secs_f64());
                }
                match pushed {
                    Ok(_) => {
                        parts += 1;
                        if let Some(cutting) = cutting.filter(|_| !part.gap) {
                            *newest = Some(cutting.pts);
                        }
                    }
                    Err(error) => {
                        refused += 1;
                        tracing::debug!(rendition = rendition.name, msn, part = part.part, %error, "part refused");
                    }
                }
            }
            Packaged::SegmentEnd { .. } => window.close_segment(),
        }
        match packager.poll() {
            Some(packaged) => next = packaged,
            None => return,
        }
    });
    if refused > 0 {
        settings.meters.refused_parts.increment(refused);
    }
    parts
}

impl Lane {
    fn packager_is_rung(&self) -> bool {
        self.rendition.name != SOURCE
    }
}

fn whole_seconds(d: Duration) -> Duration {
    Duration::from_secs(d.as_secs() + u64::from(d.subsec_nanos() > 0))
}

fn source_format(video: &VideoConfig, fps: Option<f64>) -> SourceFormat {
    let fps = fps.or(video.fps).map_or(FrameRate::DEFAULT, FrameRate::from_f64);
    SourceFormat { width: video.width, height: video.height, fps }
}
