//! Who broadcasts to players: pictures of our generator, encoded by ffmpeg, which publishes them or hands them over.

use crate::frames;
use anyhow::{Context, ensure};
use std::process::Stdio;
use tokio::process::{Child, ChildStdout, Command};

/// x264 of a low-delay encoder, a keyframe each 2 s, and a tone.
const ENCODING: &str = "-map 0:v -map 1:a -c:v libx264 -preset veryfast -tune zerolatency -g 60 -keyint_min 60 -sc_threshold 0 \
    -b:v 2500k -maxrate 2500k -bufsize 1500k -c:a aac -ac 2 -b:a 128k -flush_packets 1 -f flv";

/// The generator and ffmpeg behind it.
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
    encode(to)
}

/// Begins to encode; the FLV.
pub(super) fn record() -> anyhow::Result<(Broadcaster, ChildStdout)> {
    let mut broadcaster = encode("-")?;
    let flv = broadcaster.encoder.stdout.take().context("no stdout")?;
    Ok((broadcaster, flv))
}

fn encode(to: &str) -> anyhow::Result<Broadcaster> {
    let mut frames = Command::new(std::env::current_exe()?)
        .arg("frames")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pictures: Stdio = frames.stdout.take().context("no stdout")?.try_into()?;
    let (size, rate) = (format!("{}x{}", frames::WIDTH, frames::HEIGHT), frames::RATE.to_string());
    let encoder = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-fflags", "nobuffer", "-probesize", "32"])
        .args(["-analyzeduration", "0", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-r", &rate])
        .args(["-i", "-", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
        .args(ENCODING.split_whitespace())
        .arg(to)
        .stdin(pictures)
        .stdout(if to == "-" { Stdio::piped() } else { Stdio::null() })
        .kill_on_drop(true)
        .spawn()
        .context("starting ffmpeg")?;
    Ok(Broadcaster { _frames: frames, encoder })
}
