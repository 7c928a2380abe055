//! The recorded streams that publishers send: testsrc2 with noise at 30 fps, H.264 with B-frames and AAC, a keyframe each 2 s.

use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use streamly_testkit::flv::{self, Kind};
use tokio::process::Command;

/// Length of a recording, in seconds: several keyframe intervals, small enough to make in a few seconds.
const SECONDS: u32 = 10;
/// How far the bit rate may be from what is asked for.
const TOLERANCE: f64 = 0.08;

/// What is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Names the file.
    pub name: &'static str,
    /// As in `1280x720`.
    pub size: &'static str,
    /// Video, kbit/s.
    pub video_kbps: u32,
    /// Audio, kbit/s.
    pub audio_kbps: u32,
}

/// "A 2.7 Mbit/s stream".
pub const USUAL: Shape = Shape { name: "usual", size: "1280x720", video_kbps: 2540, audio_kbps: 160 };
/// The same rate in a picture so small that the ladder has no rung below it.
pub const NO_RUNGS: Shape = Shape { name: "no-rungs", size: "480x270", video_kbps: 2540, audio_kbps: 160 };
/// "600 kbit/s": many of them make much work for few bytes.
pub const SLIGHT: Shape = Shape { name: "slight", size: "480x270", video_kbps: 504, audio_kbps: 96 };
/// A picture with one cheap rung below it.
pub const ONE_RUNG: Shape = Shape { name: "one-rung", size: "854x480", video_kbps: 1100, audio_kbps: 128 };

/// A recording.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The FLV.
    pub file: PathBuf,
    /// Audio and video together, bits a second.
    pub bitrate_bps: f64,
}

/// Makes it in a folder, once.
///
/// # Errors
/// If ffmpeg fails or makes another bit rate.
pub async fn make(folder: &Path, shape: Shape) -> anyhow::Result<Recording> {
    let Shape { name, size, video_kbps, audio_kbps } = shape;
    let file = folder.join(format!("{name}.flv"));
    if !file.exists() {
        let picture = format!("testsrc2=size={size}:rate=30,noise=alls=12:allf=t,format=yuv420p");
        let (video, audio) = (format!("{video_kbps}k"), format!("{audio_kbps}k"));
        let made = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-y", "-f", "lavfi", "-i", &picture])
            .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", &SECONDS.to_string()])
            .args(["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", "2", "-g", "60"])
            .args(["-sc_threshold", "0", "-b:v", &video, "-maxrate", &video, "-bufsize", &video])
            .args(["-c:a", "aac", "-ac", "2", "-b:a", &audio, "-f", "flv"])
            .arg(&file)
            .status()
            .await
            .context("starting ffmpeg")?;
        ensure!(made.success(), "ffmpeg made no recording: {made}");
    }
    let tags = flv::read(&file)?;
    let bytes: usize = tags.iter().filter(|tag| tag.kind != Kind::Script).map(|tag| tag.data.len()).sum();
    let bitrate_bps = bytes as f64 * 8.0 / f64::from(SECONDS);
    let asked = f64::from(video_kbps + audio_kbps) * 1000.0;
    ensure!(
        (bitrate_bps / asked - 1.0).abs() <= TOLERANCE,
        "the recording {name} has {:.2} Mbit/s",
        bitrate_bps / 1e6
    );
    Ok(Recording { file, bitrate_bps })
}
