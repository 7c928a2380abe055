//! Which elements decode which codec, as data, and what of it a machine has.
//!
//! Everything in GStreamer's registry counts as working: decoders in software do not fail as encoders of a graphics card do, and a
//! worker that cannot build one says so. The caller's process never loads GStreamer: it asks a child ([`find`]).

use std::io::Write;
use std::time::Duration;

use gstreamer as gst;
use streamly_media::VideoFormat;
use tokio::io::AsyncReadExt;

use crate::transcoder::{WorkerCommand, start};
use crate::worker::Fault;

/// Elements for a codec, best first.
const DECODERS: [(VideoFormat, &str, &[&str]); 3] = [
    (VideoFormat::H264, "h264parse", &["avdec_h264"]),
    (VideoFormat::Hevc, "h265parse", &["avdec_h265", "libde265dec"]),
    (VideoFormat::Av1, "av1parse", &["dav1ddec", "av1dec"]),
];

/// What AAC is made of Opus with.
const SOUND: [&str; 3] = ["opusdec", "audioconvert", "avenc_aac"];

/// What a line of the child's answer begins with.
const ANSWER: &str = "decodes ";

/// Longest time the child may take; a cold plugin registry costs seconds.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What a machine can decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decodes {
    /// H.264 pictures.
    pub h264: bool,
    /// HEVC pictures.
    pub hevc: bool,
    /// AV1 pictures.
    pub av1: bool,
    /// Opus sound, and AAC can be made of it.
    pub opus: bool,
}

impl Decodes {
    /// What is assumed until a machine was asked: a worker that lacks something says so.
    pub const ALL: Decodes = Decodes { h264: true, hevc: true, av1: true, opus: true };

    /// Whether pictures of this codec can be decoded.
    pub fn video(self, format: VideoFormat) -> bool {
        match format {
            VideoFormat::H264 => self.h264,
            VideoFormat::Hevc => self.hevc,
            VideoFormat::Av1 => self.av1,
        }
    }

    fn read(said: &str) -> Option<Self> {
        let line = said.lines().find_map(|line| line.strip_prefix(ANSWER))?;
        let has = |name: &str| line.split(' ').any(|word| word == name);
        Some(Self { h264: has("h264"), hevc: has("hevc"), av1: has("av1"), opus: has("opus") })
    }
}

/// Asks the worker program; `None`: it gave no answer in time.
pub async fn find(worker: &WorkerCommand) -> Option<Decodes> {
    let asked = async {
        let mut child = start(worker.command(&["decoders"])).await.ok()?;
        drop(child.stdin.take());
        let (mut said, mut stdout) = (String::new(), child.stdout.take()?);
        stdout.read_to_string(&mut said).await.ok()?;
        child.wait().await.ok()?;
        Decodes::read(&said)
    };
    // A child that is late is killed with its handle.
    tokio::time::timeout(TIMEOUT, asked).await.ok().flatten()
}

/// The best decoder that is installed. GStreamer must run.
pub(crate) fn installed(format: VideoFormat) -> Option<&'static str> {
    let (_, _, names) = DECODERS.iter().find(|(codec, ..)| *codec == format)?;
    names.iter().copied().find(|name| has(name))
}

fn has(element: &str) -> bool {
    gst::ElementFactory::find(element).is_some()
}

/// The child's side: one line on stdout.
pub(crate) fn list() -> Result<(), Fault> {
    gst::init().map_err(Fault::Init)?;
    let mut words = Vec::new();
    for (format, parser, _) in DECODERS {
        if has(parser) && installed(format).is_some() {
            words.push(match format {
                VideoFormat::H264 => "h264",
                VideoFormat::Hevc => "hevc",
                VideoFormat::Av1 => "av1",
            });
        }
    }
    if SOUND.iter().all(|element| has(element)) {
        words.push("opus");
    }
    writeln!(std::io::stdout(), "{ANSWER}{}", words.join(" ")).map_err(Fault::Pipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_among_other_lines() {
        let said = "some driver's chatter\ndecodes h264 opus\n";
        assert_eq!(Decodes::read(said), Some(Decodes { h264: true, hevc: false, av1: false, opus: true }));
        assert_eq!(Decodes::read("decodes \n").map(|found| found.video(VideoFormat::H264)), Some(false));
        assert_eq!(Decodes::read("usage: worker"), None);
    }
}
