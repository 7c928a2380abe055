//! The recorded stream that every publisher sends: 1280x720 at 30 fps, H.264 with B-frames and AAC, about 2.7 Mbit/s.

use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use streamly_testkit::flv::{self, Kind};
use tokio::process::Command;

/// Length of the recording, in seconds: several keyframe intervals, small enough to make in a few seconds.
const SECONDS: u32 = 20;
/// What the rows call "a 2.7 Mbit/s stream", with room for what an encoder does with a target.
const BITRATE_BPS: std::ops::RangeInclusive<f64> = 2_500_000.0..=2_900_000.0;

/// A recording.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The FLV.
    pub file: PathBuf,
    /// Audio and video together, bits a second.
    pub bitrate_bps: f64,
}

/// Makes it in a folder.
///
/// # Errors
/// If ffmpeg fails or makes another bit rate.
pub async fn make(folder: &Path) -> anyhow::Result<Recording> {
    let file = folder.join("stream.flv");
    let made = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-y", "-f", "lavfi", "-i"])
        .arg("testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t,format=yuv420p")
        .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", &SECONDS.to_string()])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-profile:v",
            "high",
            "-bf",
            "2",
            "-g",
            "60",
            "-sc_threshold",
            "0",
        ])
        .args([
            "-b:v", "2540k", "-maxrate", "2540k", "-bufsize", "2540k", "-c:a", "aac", "-ac", "2", "-b:a",
            "160k",
        ])
        .args(["-f", "flv"])
        .arg(&file)
        .status()
        .await
        .context("starting ffmpeg")?;
    ensure!(made.success(), "ffmpeg made no recording: {made}");
    let tags = flv::read(&file)?;
    let bytes: usize = tags.iter().filter(|tag| tag.kind != Kind::Script).map(|tag| tag.data.len()).sum();
    let bitrate_bps = bytes as f64 * 8.0 / f64::from(SECONDS);
    ensure!(BITRATE_BPS.contains(&bitrate_bps), "the recording has {:.2} Mbit/s", bitrate_bps / 1e6);
    Ok(Recording { file, bitrate_bps })
}
