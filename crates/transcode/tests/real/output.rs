//! What came out of a transcoder, and what ffmpeg says of it.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use streamly_media::avc::DecoderConfiguration;
use streamly_media::{AccessUnit, Kind};
use streamly_transcode::{Event, Events, Input, Job, Pushed, Transcoder};

use crate::source::config;

/// How long any single event may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One rung's pictures.
#[derive(Debug, Default, Clone)]
pub struct Rendition {
    pub avcc: Bytes,
    pub units: Vec<AccessUnit>,
}

impl Rendition {
    pub fn pts(&self) -> Vec<i64> {
        self.units.iter().map(|au| au.pts).collect()
    }

    pub fn keyframes(&self) -> Vec<i64> {
        self.units.iter().filter(|au| au.keyframe).map(|au| au.pts).collect()
    }

    pub fn kbps(&self) -> f64 {
        let bytes: usize = self.units.iter().map(|au| au.data.len()).sum();
        let ticks = self.units.last().unwrap().pts - self.units[0].pts;
        bytes as f64 * 8.0 / 1000.0 / (ticks as f64 / 90_000.0)
    }

    /// What ffprobe reads from it, as `width,height,frames`; fails if decoding says anything.
    pub fn probed(&self) -> String {
        let mut file = tempfile::Builder::new().suffix(".h264").tempfile().unwrap();
        file.write_all(&self.annex_b()).unwrap();
        let decoded = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(file.path())
            .args(["-f", "null", "-"])
            .output();
        let said = String::from_utf8(decoded.unwrap().stderr).unwrap();
        assert_eq!(said, "", "decoding is silent");
        let probed = Command::new("ffprobe")
            .args(["-v", "error", "-count_frames", "-of", "csv=p=0"])
            .args(["-show_entries", "stream=width,height,nb_read_frames"])
            .arg(file.path())
            .output()
            .unwrap();
        String::from_utf8(probed.stdout).unwrap().trim().to_owned()
    }

    pub fn annex_b(&self) -> Vec<u8> {
        let sets = DecoderConfiguration::parse(&self.avcc).unwrap();
        let mut out = Vec::new();
        for unit in &self.units {
            if unit.keyframe {
                for set in sets.sps.iter().chain(&sets.pps) {
                    out.extend_from_slice(&[0, 0, 0, 1]);
                    out.extend_from_slice(set);
                }
            }
            let mut rest = &unit.data[..];
            while let Some((length, after)) = rest.split_first_chunk::<4>() {
                let (nal, after) = after.split_at(u32::from_be_bytes(*length) as usize);
                out.extend_from_slice(&[0, 0, 0, 1]);
                out.extend_from_slice(nal);
                rest = after;
            }
        }
        out
    }
}

/// The next event; fails the test if none comes.
pub async fn next(events: &mut Events) -> Option<Event> {
    tokio::time::timeout(PATIENCE, events.recv()).await.expect("an event within the patience")
}

/// Everything that still comes, per rung.
pub async fn rest(events: &mut Events, renditions: &mut [Rendition]) {
    while let Some(event) = next(events).await {
        take(event, renditions);
    }
}

pub fn take(event: Event, renditions: &mut [Rendition]) {
    match event {
        Event::Config { rung, avcc } => renditions[rung].avcc = avcc,
        Event::AccessUnit { rung, au } => {
            assert_eq!(au.kind, Kind::Video);
            renditions[rung].units.push(au);
        }
        Event::Started { .. } => {}
        other => panic!("unexpected {other:?}"),
    }
}

/// Pushes the pictures, each keyframe with a boundary in front, never more than a second ahead of what came out.
pub async fn feed(input: &Input, events: &mut Events, units: &[AccessUnit], renditions: &mut [Rendition]) {
    for au in units {
        let is_ahead = |renditions: &[Rendition]| {
            let slowest =
                renditions.iter().map(|out| out.units.last().map_or(units[0].dts, |au| au.pts)).min();
            au.dts - slowest.unwrap() > 90_000
        };
        while is_ahead(renditions) {
            let event = next(events).await.expect("the transcoder goes on");
            take(event, renditions);
        }
        if au.keyframe {
            input.boundary(au.pts);
        }
        assert_eq!(input.push(au), Pushed::Queued);
    }
}

/// A whole job from the first to the last picture.
pub async fn transcoded(job: Job, units: &[AccessUnit]) -> Vec<Rendition> {
    let mut renditions = vec![Rendition::default(); job.rungs.len()];
    let (transcoder, input, mut events) = Transcoder::spawn(config(job)).unwrap();
    feed(&input, &mut events, units, &mut renditions).await;
    drop(input);
    rest(&mut events, &mut renditions).await;
    transcoder.close().await;
    renditions
}
