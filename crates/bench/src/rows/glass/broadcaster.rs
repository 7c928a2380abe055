//! Who broadcasts in the glass row: pictures of our generator, encoded and published by ffmpeg.

use crate::frames;
use anyhow::{Context, ensure};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The generator and ffmpeg behind it, which publishes.
pub(super) struct Broadcaster {
    _frames: Child,
    encoder: Child,
}

impl Broadcaster {
    /// Stops both. An error if the encoder has ended before.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        ensure!(self.encoder.try_wait()?.is_none(), "the encoder ended by itself");
        Ok(self.encoder.kill().await?)
    }
}

/// Begins to publish.
pub(super) fn broadcast(to: &str) -> anyhow::Result<Broadcaster> {
    let mut frames = Command::new(std::env::current_exe()?)
        .arg("frames")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pictures: Stdio = frames.stdout.take().context("no stdout")?.try_into()?;
    let (size, rate) = (format!("{}x{}", frames::WIDTH, frames::HEIGHT), frames::RATE.to_string());
    let encoder = Command::new("ffmpeg")
        .args([
            "-hide_banner",
            "-loglevel",
            "error",
            "-fflags",
            "nobuffer",
            "-probesize",
            "32",
            "-analyzeduration",
            "0",
        ])
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-r", &rate, "-i", "-"])
        .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
        .args([
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-tune",
            "zerolatency",
        ])
        .args([
            "-g",
            "60",
            "-keyint_min",
            "60",
            "-sc_threshold",
            "0",
            "-b:v",
            "2500k",
            "-maxrate",
            "2500k",
            "-bufsize",
            "1500k",
        ])
        .args(["-c:a", "aac", "-ac", "2", "-b:a", "128k", "-flush_packets", "1", "-f", "flv", to])
        .stdin(pictures)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("starting ffmpeg")?;
    Ok(Broadcaster { _frames: frames, encoder })
}
