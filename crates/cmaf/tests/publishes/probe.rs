//! What ffprobe and ffmpeg make of a file.

use std::{path::Path, process::Command};

use serde_json::Value;

#[derive(Debug, Default)]
pub struct Track {
    pub codec: String,
    pub width: u32,
    pub height: u32,
    /// (PTS, DTS, keyframe) in seconds, in file order.
    pub packets: Vec<(f64, f64, bool)>,
    pub decoded: usize,
}

impl Track {
    pub fn keyframes(&self) -> usize {
        self.packets.iter().filter(|(_, _, key)| *key).count()
    }

    pub fn monotone(&self) -> bool {
        self.packets.windows(2).all(|pair| pair[1].1 > pair[0].1)
            && self.packets.iter().all(|(pts, dts, _)| *pts >= 0.0 && *dts >= 0.0)
    }

    pub fn gapless(&self) -> bool {
        self.packets.windows(2).all(|pair| (pair[1].1 - pair[0].1 - 1_024.0 / 48_000.0).abs() < 0.000_05)
    }

    pub fn first_pts(&self) -> f64 {
        self.packets.iter().map(|packet| packet.0).fold(f64::INFINITY, f64::min)
    }

    pub fn last_pts(&self) -> f64 {
        self.packets.iter().map(|packet| packet.0).fold(f64::NEG_INFINITY, f64::max)
    }
}

#[derive(Debug, Default)]
pub struct Probe {
    pub video: Track,
    pub audio: Track,
    /// What `ffmpeg -v error` says while decoding all of it.
    pub errors: String,
}

impl Probe {
    pub fn of(path: &Path) -> Self {
        let mut probe = Self::packets_of(path);
        let json = ffprobe(path, &["-count_frames", "-show_entries", "stream=codec_type,nb_read_frames"]);
        for stream in list(&json, "streams") {
            let count = text(stream, "nb_read_frames").parse().unwrap_or(0);
            if let Some(track) = probe.track(&text(stream, "codec_type")) {
                track.decoded = count;
            }
        }
        let run = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(path)
            .args(["-f", "null", "-"])
            .output()
            .expect("ffmpeg runs");
        probe.errors = String::from_utf8_lossy(&run.stderr).into_owned();
        probe
    }

    /// Without decoding.
    pub fn packets_of(path: &Path) -> Self {
        let mut probe = Self::default();
        let entries = "stream=codec_type,codec_name,width,height:packet=codec_type,pts_time,dts_time,flags";
        let json = ffprobe(path, &["-show_entries", entries]);
        for stream in list(&json, "streams") {
            let number = |field: &str| stream[field].as_u64().unwrap_or(0) as u32;
            if let Some(track) = probe.track(&text(stream, "codec_type")) {
                track.codec = text(stream, "codec_name");
                (track.width, track.height) = (number("width"), number("height"));
            }
        }
        for packet in list(&json, "packets") {
            let time = |field: &str| text(packet, field).parse().expect("a time");
            let entry = (time("pts_time"), time("dts_time"), text(packet, "flags").starts_with('K'));
            if let Some(track) = probe.track(&text(packet, "codec_type")) {
                track.packets.push(entry);
            }
        }
        probe
    }

    /// Begin of the video minus begin of the audio, in seconds.
    pub fn start_offset(&self) -> f64 {
        self.video.first_pts() - self.audio.first_pts()
    }

    fn track(&mut self, kind: &str) -> Option<&mut Track> {
        match kind {
            "video" => Some(&mut self.video),
            "audio" => Some(&mut self.audio),
            _ => None,
        }
    }
}

fn ffprobe(path: &Path, arguments: &[&str]) -> Value {
    let run = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json"])
        .args(arguments)
        .arg(path)
        .output()
        .expect("ffprobe runs");
    serde_json::from_slice(&run.stdout).expect("json")
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}
