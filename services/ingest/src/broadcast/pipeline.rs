//! The media path of one broadcast: RTMP bodies of its present session in, parts in the windows out.
//!
//! One value behind one lock: the session's task and the rungs' task enter it for microseconds and never await inside. It
//! lives through reconnects. Calls of a session that was superseded are refused by their epoch.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use streamly_media::{
    AccessUnit, Arrival, AudioConfig, Kind, Output, Position, Timeline, TrackConfig, VideoConfig, timeline,
};
use streamly_rtmp::Metadata;
use streamly_transcode::{Config as TranscodeConfig, Event, Events, Job, Limits, Transcoder, stills::Shot};

use crate::budget::Load;

use super::{
    epochs::Epochs,
    health::{Losses, Vitals},
    import::Import,
    rate::{Rate, is_worth_it, settled},
    rendition::Rendition,
    settings::Settings,
    stage::{Plan, Stage},
    stills::Due,
    targets::Targets,
};
use crate::admission::Permit;

/// A session's media cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// A newer session has the broadcast, or it has ended.
    #[error("the session has been superseded")]
    Superseded,
    /// The codec or its configuration is of no use.
    #[error(transparent)]
    Media(#[from] timeline::Error),
    /// The settings allow no window.
    #[error("no window can be made")]
    Window(#[from] streamly_hls::ConfigError),
}

/// What came of a batch of media.
#[derive(Default)]
pub(crate) struct Progress {
    /// The source has a new part.
    pub(crate) part: bool,
    /// The renditions are known from now on.
    pub(crate) renditions: Option<Vec<Arc<Rendition>>>,
    /// A transcoder was started; somebody must follow its events.
    pub(crate) transcoder: Option<(Transcoder, Events)>,
    /// A still is to be made of it.
    pub(crate) shot: Option<Shot>,
}

/// See the module's head.
pub(crate) struct Pipeline {
    broadcast: String,
    channel: String,
    settings: Arc<Settings>,
    epoch: u64,
    epochs: Epochs,
    timeline: Timeline,
    arrival: Arrival,
    /// When media was taken in last.
    advanced: Option<Instant>,
    losses: Losses,
    rate: Rate,
    worker_restarts: u32,
    still: Due,
    video: Option<VideoConfig>,
    audio: Option<AudioConfig>,
    /// What the transcoder makes; `None`: nothing can be made of the source.
    transcoded: Option<Job>,
    metadata: Option<Metadata>,
    encoder: String,
    stage: Option<Stage>,
    first_msn: u64,
    last_gop_ms: u32,
    /// Those that viewers know, of an earlier node.
    targets: Option<Targets>,
    ladder: Vec<String>,
    resumed: bool,
    /// What another node had, until the stage is built.
    import: Option<Import>,
    ended: bool,
    fenced: bool,
}

impl Pipeline {
    pub(super) fn new(
        settings: Arc<Settings>,
        permit: &Permit,
        encoder: String,
        import: Option<Import>,
    ) -> Self {
        let mut epochs = Epochs::default();
        // The first number is the gap's that opens the playlist: the one before it may be another node's. With a window there is no gap.
        let first_msn = import.as_ref().map_or(permit.first_msn.saturating_add(1), |import| import.next_msn);
        let timeline = import.as_ref().map_or_else(Timeline::new, |import| Timeline::resume(import.position));
        epochs.join(first_msn, permit.epoch, None);
        let ladder = if permit.ladder.is_empty() { settings.ladder.clone() } else { permit.ladder.clone() };
        let still = Due::new(settings.stills.interval.get());
        Self {
            broadcast: permit.broadcast_id.clone(),
            channel: permit.channel_id.clone(),
            settings,
            epoch: permit.epoch,
            epochs,
            timeline,
            arrival: Arrival::default(),
            advanced: None,
            losses: Losses::default(),
            rate: Rate::default(),
            worker_restarts: 0,
            still,
            video: None,
            audio: None,
            transcoded: None,
            metadata: None,
            encoder,
            stage: None,
            first_msn,
            last_gop_ms: permit.last_gop_ms,
            targets: import.as_ref().map(|import| import.targets).or(permit.targets),
            ladder,
            resumed: permit.resumed,
            import,
            ended: false,
            fenced: false,
        }
    }

    /// Another session of the same broadcast on this node. `jump_to`: the least number it may use, for the gap that opens its playlist.
    pub(super) fn join(&mut self, epoch: u64, jump_to: Option<u64>, encoder: String, now: Instant) {
        // Rungs go on by themselves: what their encoder still has comes before the new session's first keyframe.
        self.flush_source(now);
        self.epoch = epoch;
        let next = self.stage.as_ref().map_or(self.first_msn, Stage::next_segment);
        self.epochs.join(next, epoch, jump_to.map(|least| least.saturating_add(1)));
        self.timeline.reconnected();
        self.arrival.restart();
        self.rate.restart();
        self.losses.begin(&self.timeline.counters(), self.stage.as_ref().map_or(0, |stage| stage.behind));
        self.metadata = None;
        self.encoder = encoder;
    }

    pub(crate) fn metadata(&mut self, epoch: u64, metadata: Metadata) -> Result<(), Fault> {
        self.check(epoch)?;
        if let Some(encoder) = &metadata.encoder {
            self.encoder.clone_from(encoder);
        }
        self.metadata = Some(metadata);
        Ok(())
    }

    pub(crate) fn video(&mut self, epoch: u64, ts: u32, body: Bytes) -> Result<(), Fault> {
        self.check(epoch)?;
        self.arrival.note(Kind::Video, ts);
        Ok(self.timeline.push_video(ts, body)?)
    }

    pub(crate) fn audio(&mut self, epoch: u64, ts: u32, body: Bytes) -> Result<(), Fault> {
        self.check(epoch)?;
        self.arrival.note(Kind::Audio, ts);
        Ok(self.timeline.push_audio(ts, body)?)
    }

    /// Packages what was pushed.
    pub(crate) fn advance(&mut self, now: Instant) -> Result<Progress, Fault> {
        let mut progress = Progress::default();
        if self.ended {
            return Err(Fault::Superseded);
        }
        self.arrival.came(now);
        self.timeline.passed(now.saturating_duration_since(self.advanced.replace(now).unwrap_or(now)));
        while let Some(output) = self.timeline.poll() {
            match output {
                Output::Discontinuity { reason } => {
                    self.settings.meters.discontinuity(reason);
                    self.rate.restart();
                    if let Some(stage) = &mut self.stage {
                        stage.discontinuity();
                    }
                }
                Output::Track(config) => self.track(config),
                Output::AccessUnit(unit) => {
                    if self.stage.is_none() {
                        self.open(&mut progress, now)?;
                    }
                    if unit.kind == Kind::Video && unit.keyframe {
                        self.follow_rate(unit.dts);
                        progress.shot = self.shot(&unit, now).or(progress.shot.take());
                    }
                    if let Some(stage) = &mut self.stage {
                        progress.part |= stage.unit(unit, &self.epochs, now);
                    }
                }
            }
        }
        self.losses.count(&self.timeline.counters(), &self.settings.meters.dropped);
        Ok(progress)
    }

    fn check(&self, epoch: u64) -> Result<(), Fault> {
        if epoch == self.epoch && !self.ended { Ok(()) } else { Err(Fault::Superseded) }
    }

    fn fps(&self) -> Option<f64> {
        let told = self.metadata.as_ref().and_then(|metadata| metadata.frame_rate);
        told.or(self.video.as_ref().and_then(|video| video.fps))
    }

    fn track(&mut self, config: TrackConfig) {
        if let Some(stage) = &mut self.stage {
            stage.track(&config);
        }
        let is_video = matches!(config, TrackConfig::Video(_));
        match config {
            TrackConfig::Video(video) => self.video = Some(video),
            TrackConfig::Audio(audio) => self.audio = Some(audio),
        }
        let Some((stage, video)) = self.stage.as_ref().zip(self.video.as_ref()) else { return };
        let Some(input) = &stage.input else { return };
        let job = if is_video {
            let can = self.settings.decoders.found().video(video.format);
            let bps = (self.told_bps().0, self.rate.measured_bps());
            let job = stage.job(video, self.fps(), bps).filter(|_| can);
            job.map(|job| settled(self.transcoded.as_ref(), job))
        } else {
            self.transcoded.clone().map(|job| Job { sound: stage.sound().cloned(), ..job })
        };
        if job == self.transcoded {
            return;
        }
        match job.clone() {
            Some(job) => {
                stage.reshape(&job.rungs);
                input.reconfigure(job);
            }
            None => {
                tracing::warn!("nothing can be made here of what the source became: its rungs rest");
                input.pause();
            }
        }
        self.transcoded = job;
    }

    /// A keyframe comes at `dts`: rungs that are held below a rate that was told far too low are planned anew.
    fn follow_rate(&mut self, dts: i64) {
        self.rate.picture(dts, self.timeline.facts().video_bitrate_bps);
        let (Some(stage), Some(video), Some(made)) = (&self.stage, &self.video, &self.transcoded) else {
            return;
        };
        let bps = (self.told_bps().0, self.rate.measured_bps());
        let Some(job) = stage.job(video, self.fps(), bps) else { return };
        let Some(input) = stage.input.as_ref().filter(|_| is_worth_it(&made.rungs, &job.rungs)) else {
            return;
        };
        tracing::info!(
            told_bps = bps.0,
            measured_bps = bps.1,
            "more video comes than was told: the rungs get more bits"
        );
        stage.reshape(&job.rungs);
        input.reconfigure(job.clone());
        self.transcoded = Some(job);
    }

    /// What a still is to be made of, if one is due and the picture can be decoded here.
    fn shot(&mut self, keyframe: &AccessUnit, now: Instant) -> Option<Shot> {
        let video = self.video.as_ref()?;
        let can = self.settings.decoders.found().video(video.format);
        if can { self.still.shot(keyframe, video, now) } else { None }
    }

    /// Nobody had time for the last shot.
    pub(crate) fn still_again(&mut self) {
        self.still.again();
    }

    /// What the publisher says it sends, video and audio, bit/s.
    fn told_bps(&self) -> (Option<u64>, Option<u64>) {
        let bps = |kbps: Option<f64>| kbps.map(|kbps| (kbps * 1000.0) as u64).filter(|bps| *bps > 0);
        self.metadata.as_ref().map_or((None, None), |told| (bps(told.video_kbps), bps(told.audio_kbps)))
    }

    /// Builds the stage from the tracks told so far.
    fn open(&mut self, progress: &mut Progress, now: Instant) -> Result<(), Fault> {
        let (video_bps, audio_bps) = self.told_bps();
        let plan = Plan {
            video: self.video.clone(),
            audio: self.audio.clone(),
            fps: self.fps(),
            video_bps,
            audio_bps,
            last_gop_ms: self.last_gop_ms,
            targets: self.targets,
            ladder: self.ladder.clone(),
            has_encoders: self.settings.encoders.has_any(),
            broadcast: self.broadcast.clone(),
            first_msn: self.first_msn,
            epoch: self.epoch,
            resumed: self.resumed,
            import: self.import.take(),
        };
        let mut stage = Stage::build(plan, &self.settings, now)?;
        if let Some(video) = &self.video {
            stage.track(&TrackConfig::Video(video.clone()));
        }
        if let Some(audio) = &self.audio {
            stage.track(&TrackConfig::Audio(audio.clone()));
        }
        progress.renditions = Some(stage.renditions());
        if let Some(video) = &self.video
            && let Some(job) = stage.job(video, self.fps(), (video_bps, self.rate.measured_bps()))
        {
            let encoders = &self.settings.encoders;
            let (worker, roster) = (encoders.worker(), encoders.roster());
            let shed = stage.shedding.by_budget();
            let channel = self.channel.clone();
            let limits = Limits::default();
            let config = TranscodeConfig { worker, job: job.clone(), limits, shed, channel, roster };
            match Transcoder::spawn(config) {
                Ok((transcoder, input, events)) => {
                    stage.input = Some(input);
                    stage.shedding.measures(transcoder.meter());
                    progress.transcoder = Some((transcoder, events));
                    self.transcoded = Some(job);
                }
                Err(error) => tracing::error!(%error, "no transcoder"),
            }
        }
        self.stage = Some(stage);
        Ok(())
    }

    /// What the transcoder told; `true` when it has given up.
    pub(super) fn transcoded(&mut self, event: Event, now: Instant) -> bool {
        if self.fenced {
            return false;
        }
        let Some(stage) = &mut self.stage else { return false };
        match event {
            Event::Started { rungs } => {
                stage.rests(false, now);
                for (index, started) in rungs.into_iter().enumerate() {
                    if let Some(rendition) = stage.rung_rendition(index) {
                        rendition.set_facts(|facts| facts.encoder = started.encoder);
                    }
                }
            }
            Event::Config { rung, avcc } => match VideoConfig::parse(&avcc) {
                Ok(config) => stage.rung_config(rung, config),
                Err(error) => tracing::warn!(rung, %error, "an encoder's configuration is of no use"),
            },
            Event::AccessUnit { rung, au } => stage.rung_unit(rung, au, &self.epochs, now),
            Event::Sound { au } => stage.rung_sound(&au, &self.epochs, now),
            Event::Restarted { reason } => {
                tracing::warn!(broadcast = self.broadcast, %reason, "transcode worker replaced");
                self.worker_restarts = self.worker_restarts.saturating_add(1);
                self.settings.meters.worker_restarts.increment(1);
            }
            Event::Resting { reason } => {
                if let Some(reason) = reason {
                    tracing::error!(%reason, "no rungs for now: the source rendition goes on alone");
                }
                stage.rests(true, now);
            }
            Event::Failed { failure } => {
                tracing::error!(%failure, "transcoding given up: the source rendition goes on alone");
                stage.lost_transcoder(now);
                return true;
            }
        }
        false
    }

    pub(super) fn flush_source(&mut self, now: Instant) {
        if let Some(stage) = &mut self.stage {
            stage.flush_source(&self.epochs, now);
        }
    }

    pub(super) fn flush_rungs(&mut self, now: Instant) {
        if let Some(stage) = self.stage.as_mut().filter(|_| !self.fenced) {
            stage.flush_rungs(&self.epochs, now);
        }
    }

    /// What was up to now is nobody's any more: all windows forget it, and take what is to come from the source's next segment on.
    pub(super) fn begin_anew(&mut self, now: Instant) {
        let Some(stage) = &self.stage else {
            // What another node had of it waits for the first media.
            self.import = None;
            return;
        };
        let next = stage.next_segment();
        // The first number is the gap's that opens the list, as for a session that was elsewhere.
        let first = self.next_msn().saturating_add(1);
        let renditions = stage.renditions();
        self.epochs.join(next, self.epoch, Some(first));
        for rendition in renditions {
            rendition.with(|window| window.forget_all(first.saturating_sub(2), now));
        }
        self.still.again();
    }

    /// Takes no more media; the transcoder drains.
    pub(super) fn end(&mut self, now: Instant) {
        self.ended = true;
        self.flush_source(now);
        if let Some(stage) = &mut self.stage {
            stage.input = None;
        }
    }

    /// Writes nothing more at all: another node does.
    pub(super) fn fence(&mut self) {
        (self.ended, self.fenced) = (true, true);
        if let Some(stage) = &mut self.stage {
            stage.input = None;
        }
    }

    /// Where the media's time stands.
    pub(crate) fn position(&self) -> Position {
        self.timeline.position()
    }

    /// What its worker costs, measured since the last time; `None` without one.
    pub(crate) fn load(&mut self, now: Instant) -> Option<Load> {
        self.stage.as_mut()?.shedding.load(now)
    }

    /// The budget sheds a rung or gives it back.
    pub(crate) fn shed(&mut self, rung: usize, is_shed: bool, now: Instant) {
        if let Some(stage) = &mut self.stage {
            stage.shed(rung, is_shed, now);
        }
    }

    /// What the playlists tell, once that is known.
    pub(super) fn targets(&self) -> Option<Targets> {
        self.stage.as_ref().map(|stage| stage.targets)
    }

    pub(crate) fn next_msn(&self) -> u64 {
        let next = self.stage.as_ref().map_or(self.first_msn, Stage::next_segment);
        self.epochs.place(next).map_or(next, |(_, msn)| msn)
    }

    pub(super) fn vitals(&self) -> Vitals {
        let counters = self.timeline.counters();
        let cores = self.stage.as_ref().map_or(0.0, |stage| stage.shedding.cores());
        Vitals {
            transcode_cpu_permille: (cores * 1000.0) as u32,
            facts: self.timeline.facts(),
            jitter: self.arrival.jitter(),
            drops: self.losses.since_begin(&counters, self.stage.as_ref().map_or(0, |stage| stage.behind)),
            discontinuities: counters.discontinuities,
            worker_restarts: self.worker_restarts,
            lags: self.stage.as_ref().map(Stage::lags).unwrap_or_default(),
            sample_rate: self.audio.as_ref().map_or(0, |audio| audio.sample_rate),
            channels: self.audio.as_ref().map_or(0, |audio| u32::from(audio.channels)),
            encoder: self.encoder.clone(),
            next_msn: self.next_msn(),
        }
    }
}
