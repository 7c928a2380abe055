//! What ffprobe and ffmpeg say of fetched media.

use nix::{sys::signal::Signal, unistd::Pid};
use serde_json::Value;
use std::{path::Path, process::Stdio};
use tokio::process::{Child, Command};

#[derive(Debug)]
pub struct Track {
    pub codec: String,
    pub width: u64,
    pub height: u64,
    /// Decoded frames.
    pub frames: u64,
    pub start: f64,
}

/// Every track of a file, decoded to its end.
pub async fn tracks(file: &Path) -> Vec<Track> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-show_streams", "-of", "json"])
        .arg(file)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |value: &Value| value.as_str().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    json["streams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stream| Track {
            codec: stream["codec_name"].as_str().unwrap_or_default().to_owned(),
            width: stream["width"].as_u64().unwrap_or(0),
            height: stream["height"].as_u64().unwrap_or(0),
            frames: number(&stream["nb_read_frames"]) as u64,
            start: number(&stream["start_time"]),
        })
        .collect()
}

/// Decodes everything; any complaint of the decoder fails.
pub async fn decodes_cleanly(file: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-xerror", "-i"])
        .arg(file)
        .args(["-f", "null", "-"])
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Publishes a test picture with a tone; `frames` pictures of `size` at 25 a second with a keyframe every `gop`.
pub fn ffmpeg(url: &str, size: &str, frames: u32, gop: u32) -> Child {
    publish(url, &format!("testsrc=size={size}"), frames, 25, gop)
}

/// Publishes a picture in which nothing moves, with a tone, at `fps` with a keyframe a second, for some minutes.
pub fn still(url: &str, size: &str, fps: u32) -> Child {
    publish(url, &format!("color=gray:size={size}"), 300 * fps, fps, fps)
}

/// Ends a publish as "Stop Streaming" does, and waits until it has.
pub async fn stop(ffmpeg: &mut Child) {
    let pid = Pid::from_raw(ffmpeg.id().unwrap().cast_signed());
    nix::sys::signal::kill(pid, Signal::SIGINT).unwrap();
    ffmpeg.wait().await.unwrap();
}

fn publish(url: &str, picture: &str, frames: u32, fps: u32, gop: u32) -> Child {
    let seconds = f64::from(frames) / f64::from(fps);
    Command::new("ffmpeg")
        .args(["-v", "error", "-re", "-f", "lavfi", "-i", &format!("{picture}:rate={fps}")])
        .args(["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"])
        .args(["-g", &gop.to_string(), "-keyint_min", &gop.to_string(), "-sc_threshold", "0", "-b:v", "800k"])
        .args(["-c:a", "aac", "-b:a", "96k", "-frames:v", &frames.to_string(), "-t", &seconds.to_string()])
        .args(["-f", "flv", url])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
