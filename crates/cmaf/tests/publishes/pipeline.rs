//! From a recorded publish to init segments and parts, as a service drives the machines.

use std::{collections::VecDeque, io::Write, path::PathBuf};

use mp4_atom::{Decode, Moof};
use streamly_cmaf::{Counters, Cut, Init, Mode, Packaged, Packager, Part, PartTarget, Segmenter};
use streamly_media::{AccessUnit, Kind, Output, Timeline, TrackConfig};
use streamly_testkit::flv;

/// Pictures an imagined encoder holds back.
const RUNG_LAG: usize = 20;

pub struct Product {
    pub inits: Vec<Init>,
    pub parts: Vec<Part>,
    /// Ticks told at the end of each segment.
    pub ends: Vec<u64>,
    pub part_target: PartTarget,
    pub timeline: streamly_media::Counters,
    pub packager: Counters,
    folder: tempfile::TempDir,
}

impl Product {
    pub fn segments(&self) -> Vec<Vec<&Part>> {
        let mut segments: Vec<Vec<&Part>> = Vec::new();
        for part in &self.parts {
            if part.starts_segment {
                segments.push(Vec::new());
            }
            segments.last_mut().expect("a part before the first segment").push(part);
        }
        segments
    }

    /// An init segment and all parts that need it, as one file.
    pub fn file(&self, version: u32) -> PathBuf {
        self.write(&format!("init-{version}"), version, |part| part.init == version)
    }

    /// A segment behind its init segment, as one file.
    pub fn segment_file(&self, msn: u64) -> PathBuf {
        let first = self.parts.iter().find(|part| part.msn == msn).expect("a segment of this number");
        self.write(&format!("segment-{msn}"), first.init, |part| part.msn == msn)
    }

    fn write(&self, name: &str, version: u32, wanted: impl Fn(&Part) -> bool) -> PathBuf {
        let path = self.folder.path().join(name).with_extension("mp4");
        let mut file = std::fs::File::create(&path).expect("create");
        file.write_all(&self.inits[version as usize].bytes).expect("write");
        for part in self.parts.iter().filter(|part| wanted(part)) {
            file.write_all(&part.bytes).expect("write");
        }
        path
    }

    /// First time and number of audio frames of each part, read from its bytes.
    pub fn sounds_per_part(&self) -> Vec<Option<(u64, usize)>> {
        let parts = self.parts.iter().map(|part| {
            let moof = Moof::decode(&mut &part.bytes[..]).expect("moof");
            let traf = moof.traf.into_iter().find(|traf| traf.tfhd.track_id == 2)?;
            Some((traf.tfdt?.base_media_decode_time, traf.trun[0].samples.iter().count()))
        });
        parts.collect()
    }
}

/// Packages publishes one after the other as sessions of one broadcast. As a rung, the source's own pictures stand in for an
/// encoder's: in presentation order, DTS = PTS, late.
pub fn package(names: &[&str], mode: Mode) -> Product {
    let part_target = PartTarget::for_fps(Some(30.0));
    let mut run = Run {
        segmenter: Segmenter::new(part_target, Default::default()),
        packager: Packager::new(mode),
        mode,
        encoder: Vec::new(),
        held: VecDeque::new(),
    };
    let mut timeline = Timeline::new();
    for (number, name) in names.iter().enumerate() {
        if number > 0 {
            timeline.reconnected();
        }
        for tag in flv::read(&flv::fixture(name)).expect("fixture") {
            match tag.kind {
                flv::Kind::Video => timeline.push_video(tag.timestamp, tag.data).expect("video"),
                flv::Kind::Audio => timeline.push_audio(tag.timestamp, tag.data).expect("audio"),
                flv::Kind::Script => {}
            }
            while let Some(output) = timeline.poll() {
                run.output(output);
            }
        }
    }
    run.drain();
    run.packager.finish();
    let (mut inits, mut parts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(packaged) = run.packager.poll() {
        match packaged {
            Packaged::Init(init) => inits.push(init),
            Packaged::Part(part) => parts.push(part),
            Packaged::SegmentEnd { ticks, .. } => ends.push(ticks),
        }
    }
    let folder = tempfile::tempdir().expect("tempdir");
    Product {
        inits,
        parts,
        ends,
        part_target,
        timeline: timeline.counters(),
        packager: run.packager.counters(),
        folder,
    }
}

struct Run {
    segmenter: Segmenter,
    packager: Packager,
    mode: Mode,
    /// Pictures of the encoder's open group, to be put into presentation order.
    encoder: Vec<AccessUnit>,
    held: VecDeque<AccessUnit>,
}

impl Run {
    fn output(&mut self, output: Output) {
        match output {
            Output::Discontinuity { .. } => {
                self.segmenter.discontinuity();
                self.packager.discontinuity();
            }
            Output::Track(config) => {
                self.segmenter.track(&config);
                if let TrackConfig::Video(video) = &config {
                    assert!(video.width > 0);
                }
                self.packager.config(config);
            }
            Output::AccessUnit(unit) => {
                self.segmenter.push(&unit);
                while let Some(cut) = self.segmenter.poll() {
                    self.cut(cut);
                }
                if self.mode == Mode::Rung && unit.kind == Kind::Video {
                    self.encode(unit);
                } else {
                    self.packager.push(unit);
                }
            }
        }
    }

    fn cut(&mut self, cut: Cut) {
        self.packager.cut(cut);
    }

    fn encode(&mut self, unit: AccessUnit) {
        if unit.keyframe {
            self.reorder();
        }
        self.encoder.push(unit);
        // With a group's reordering bounded, what is far enough behind its end is in order.
        if self.encoder.len() > 8 {
            self.encoder.sort_by_key(|unit| unit.pts);
            self.held.push_back(self.encoder.remove(0));
        }
        while self.held.len() > RUNG_LAG {
            self.deliver();
        }
    }

    fn reorder(&mut self) {
        self.encoder.sort_by_key(|unit| unit.pts);
        self.held.extend(self.encoder.drain(..));
    }

    fn deliver(&mut self) {
        if let Some(unit) = self.held.pop_front() {
            self.packager.push(AccessUnit { dts: unit.pts, ..unit });
        }
    }

    fn drain(&mut self) {
        self.reorder();
        while !self.held.is_empty() {
            self.deliver();
        }
    }
}
