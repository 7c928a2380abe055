//! Where the pictures come from: recorded publishes, and ffmpeg for sizes and rates no recording has.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use streamly_media::{AccessUnit, Kind, Output, Timeline, TrackConfig, VideoConfig};
use streamly_testkit::flv::{self, Tag};
use streamly_transcode::{
    Config, FrameRate, Job, Limits, Roster, SourceFormat, WorkerCommand, ladder, roster,
};

/// A publish as ingest sees it: the codec configuration and the pictures on the broadcast's clock.
pub struct Source {
    pub config: VideoConfig,
    pub fps: f64,
    pub units: Vec<AccessUnit>,
}

impl Source {
    pub fn fixture(name: &str) -> Self {
        Self::from_tags(flv::read(&flv::fixture(name)).unwrap(), 30.0)
    }

    /// Seconds of ffmpeg's moving test picture, a keyframe each second, no B-frames.
    pub fn generated(size: &str, fps: u32, seconds: u32) -> Self {
        Self::encoded(size, fps, seconds, &["-profile:v", "high", "-pix_fmt", "yuv420p"])
    }

    /// The same with other words to ffmpeg on the kind of picture.
    pub fn encoded(size: &str, fps: u32, seconds: u32, kind: &[&str]) -> Self {
        let input = format!("testsrc2=size={size}:rate={fps}");
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", &input, "-f", "lavfi", "-i", "sine=sample_rate=48000"])
            .args([
                "-t",
                &seconds.to_string(),
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-tune",
                "zerolatency",
            ])
            .args(kind)
            .args(["-g", &fps.to_string(), "-b:v", "2500k"])
            .args(["-c:a", "aac", "-f", "flv", "-"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self::from_tags(flv::parse(Bytes::from(output.stdout)).unwrap(), f64::from(fps))
    }

    pub fn from_tags(tags: Vec<Tag>, fps: f64) -> Self {
        let mut timeline = Timeline::new();
        let (mut config, mut units) = (None, Vec::new());
        for tag in tags {
            match tag.kind {
                flv::Kind::Video => timeline.push_video(tag.timestamp, tag.data).unwrap(),
                flv::Kind::Audio => timeline.push_audio(tag.timestamp, tag.data).unwrap(),
                flv::Kind::Script => continue,
            }
            while let Some(output) = timeline.poll() {
                match output {
                    Output::Track(TrackConfig::Video(video)) => config = Some(video),
                    Output::AccessUnit(au) if au.kind == Kind::Video => units.push(au),
                    _ => {}
                }
            }
        }
        Self { config: config.unwrap(), fps, units }
    }

    pub fn format(&self) -> SourceFormat {
        let VideoConfig { width, height, .. } = self.config;
        SourceFormat { width, height, fps: FrameRate::from_f64(self.fps) }
    }

    pub fn job(&self, rungs: &[&str]) -> Job {
        let wanted: Vec<String> = rungs.iter().map(|name| (*name).to_owned()).collect();
        Job {
            format: self.config.format,
            record: self.config.record.clone(),
            sound: None,
            fps: self.format().fps,
            rungs: ladder::plan(self.format(), &wanted, 2),
            preset: "veryfast".to_owned(),
        }
    }

    pub fn boundaries(&self) -> Vec<i64> {
        self.units.iter().filter(|au| au.keyframe).map(|au| au.pts).collect()
    }

    /// In presentation order.
    pub fn pts(&self) -> Vec<i64> {
        let mut pts: Vec<i64> = self.units.iter().map(|au| au.pts).collect();
        pts.sort_unstable();
        pts
    }

    /// The same pictures over and over on one running clock: a publish of any length.
    pub fn repeated(&self, times: i64) -> Vec<AccessUnit> {
        let length = self.units.last().unwrap().dts - self.units[0].dts + 3000;
        let at = |round: i64| {
            self.units.iter().map(move |au| AccessUnit {
                dts: au.dts + round * length,
                pts: au.pts + round * length,
                ..au.clone()
            })
        };
        (0..times).flat_map(at).collect()
    }
}

/// This crate's worker with a plugin registry that all tests share and the first one fills. What GLib or GStreamer logs as critical is
/// a mistake of the worker's, and kills it.
pub fn worker() -> WorkerCommand {
    static REGISTRY: OnceLock<PathBuf> = OnceLock::new();
    let registry =
        REGISTRY.get_or_init(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("gst-registry.bin"));
    WorkerCommand {
        program: "/usr/bin/env".into(),
        args: ["G_DEBUG=fatal-criticals", env!("CARGO_BIN_EXE_streamly-transcode-worker")]
            .map(Into::into)
            .into(),
        registry: Some(registry.clone()),
    }
}

/// Patient limits: the machine that runs the tests may be busy.
pub fn config(job: Job) -> Config {
    let limits = Limits { start: Duration::from_secs(30), ..Limits::default() };
    let (shed, channel) = (Vec::new(), "a-channel".to_owned());
    Config { worker: worker(), job, limits, shed, channel, roster: encoders(&["x264enc"]) }
}

/// A node that has these.
pub fn encoders(names: &[&str]) -> Roster {
    Roster::new(names.iter().map(|name| (*name).to_owned()).collect(), roster::REST_DEFAULT)
}
