//! What a broadcast's renditions will be: decided once, from the tracks that are told when its media begins.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use streamly_cmaf::{Limits, Mode, PartTarget, Segmenter};
use streamly_hls::{Window, WindowConfig, discontinuity_base};
use streamly_media::{AudioConfig, VideoConfig, VideoFormat};
use streamly_transcode::{FrameRate, Job, Rung, SourceFormat, ladder, sound};

use super::{Stage, lane::Lane};
use crate::{
    broadcast::{
        dates::Dates,
        import::{Import, SOURCE},
        rendition::{Facts, Rendition},
        settings::Settings,
        shedding::Shedding,
        targets::Targets,
    },
    budget::Cost,
};

/// Told as a source's bit rate while nothing is known of it.
const ASSUMED_SOURCE_BPS: u64 = 6_000_000;
/// The same of its sound.
const ASSUMED_AUDIO_BPS: u64 = 160_000;

/// What is known of the source when the stage is built.
pub(crate) struct Plan {
    pub(crate) video: Option<VideoConfig>,
    pub(crate) audio: Option<AudioConfig>,
    pub(crate) fps: Option<f64>,
    pub(crate) video_bps: Option<u64>,
    pub(crate) audio_bps: Option<u64>,
    /// 0: not known.
    pub(crate) last_gop_ms: u32,
    /// What viewers were told before; `None`: nothing yet.
    pub(crate) targets: Option<Targets>,
    pub(crate) ladder: Vec<String>,
    /// Whether there are encoders at all.
    pub(crate) has_encoders: bool,
    /// For the budget.
    pub(crate) broadcast: String,
    pub(crate) first_msn: u64,
    pub(crate) epoch: u64,
    /// The broadcast existed elsewhere before: viewers must be told of the break.
    pub(crate) resumed: bool,
    /// What the node before had.
    pub(crate) import: Option<Import>,
}

impl Stage {
    /// Windows, packagers and the plan of the rungs. Without one that can be made the broadcast has no renditions.
    pub(crate) fn build(
        plan: Plan,
        settings: &Arc<Settings>,
        now: Instant,
    ) -> Result<Self, streamly_hls::ConfigError> {
        let import = plan.import.as_ref();
        let (targets, part_target) = targets(&plan, settings.target_duration);
        let config = WindowConfig {
            target_duration: targets.segment,
            part_target: targets.part,
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
        let sound = plan.audio.as_ref().and_then(|audio| settings.rung_sound(audio));
        let rungs = match format.filter(|_| decoded) {
            Some(format) if plan.has_encoders && !plan.ladder.is_empty() => {
                let other_video = plan.video.as_ref().is_some_and(|video| video.format != VideoFormat::H264);
                let planned = if other_video || sound.is_some() {
                    ladder::plan_instead(format, &plan.ladder, settings.cores)
                } else {
                    ladder::plan(format, &plan.ladder, settings.cores)
                };
                ladder::below(planned, plan.video_bps, 0)
            }
            _ => Vec::new(),
        };
        let audio_bps = if plan.audio.is_some() { plan.audio_bps.unwrap_or(ASSUMED_AUDIO_BPS) } else { 0 };
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
            let rendition = Arc::new(Rendition::new(name.to_owned(), window, facts, settings.flats.clone()));
            Ok(Lane::new(mode, rendition))
        };
        let lanes: Result<Vec<Lane>, _> = rungs
            .iter()
            .map(|rung| {
                let mut facts = Facts {
                    codecs: codecs(Some(rung.codecs()), rung_audio),
                    audio_bps: rung_audio_bps,
                    ..Facts::default()
                };
                facts.is(rung);
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
        let limits = Limits { max_segment: targets.segment, first_msn: plan.first_msn, ..Limits::default() };
        let mut stage = Self {
            settings: settings.clone(),
            segmenter: Segmenter::new(part_target, limits),
            source: lane(SOURCE, Mode::Source, source)?,
            rungs: lanes,
            plan: rungs,
            targets,
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

    /// What the transcoder has to make of a source, whose bit rate is told and measured; `None` without rungs,
    /// or of a source too small or too large for any.
    pub(crate) fn job(
        &self,
        video: &VideoConfig,
        fps: Option<f64>,
        (told_bps, measured_bps): (Option<u64>, u64),
    ) -> Option<Job> {
        if self.plan.is_empty() {
            return None;
        }
        // Names are fixed; sizes and rates follow a source that changed.
        let format = source_format(video, fps);
        let rungs = ladder::follow(&self.plan, format)?;
        Some(Job {
            format: video.format,
            record: video.record.clone(),
            sound: self.sound.clone(),
            fps: format.fps,
            rungs: ladder::below(rungs, told_bps, measured_bps),
            preset: self.settings.preset.clone(),
        })
    }
}

/// Those that viewers know, or else what suits the source: the key's last keyframe interval, at most `most`, and parts of whole pictures.
/// Then how long parts are made.
fn targets(plan: &Plan, most: Duration) -> (Targets, PartTarget) {
    let fps = plan.fps.filter(|_| plan.video.is_some());
    if let Some(told) = plan.targets {
        let part = PartTarget::within(told.part, fps);
        // What is told stays; it came in whole microseconds.
        return (Targets { part: told.part.max(part.playlist()), ..told }, part);
    }
    let gop = Duration::from_millis(u64::from(plan.last_gop_ms));
    let segment = if gop.is_zero() { most } else { whole_seconds(gop).clamp(Duration::from_secs(2), most) };
    let part = PartTarget::for_fps(fps);
    (Targets { segment: whole_seconds(segment), part: part.playlist() }, part)
}

fn whole_seconds(d: Duration) -> Duration {
    Duration::from_secs(d.as_secs() + u64::from(d.subsec_nanos() > 0))
}

fn source_format(video: &VideoConfig, fps: Option<f64>) -> SourceFormat {
    let fps = fps.or(video.fps).map_or(FrameRate::DEFAULT, FrameRate::from_f64);
    SourceFormat { width: video.width, height: video.height, fps }
}
