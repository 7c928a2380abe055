//! A small packager for tests: keeps the numbers, the clock and the names right, so that a test says what happens.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use streamly_hls::{
    InitName, MediaQuery, Part, Position, PushError, Rendered, Resource, SegmentId, Variant, Window,
    WindowConfig,
};

/// 2027-01-15T08:00:00Z.
pub const START_UNIX: u64 = 1_800_000_000;

pub struct Feed {
    pub window: Window,
    pub now: Instant,
    pub epoch: u64,
    pub msn: u64,
    pub part: u32,
    pub init: u32,
    /// Numbers that a lead-in had.
    pub led_in: Vec<u64>,
    media_time: Duration,
    /// What the owner has written and not been told to delete.
    pub disk: BTreeMap<SegmentId, String>,
}

impl Feed {
    /// A window whose first segment will be `msn`, with an init section of epoch 1 in it.
    pub fn new(config: WindowConfig, msn: u64) -> Self {
        let window = Window::new(config).expect("the test's settings are right");
        let now = Instant::now();
        let (epoch, part, init, led_in, media_time) = (1, 0, 0, Vec::new(), Duration::ZERO);
        let disk = BTreeMap::new();
        let mut feed = Self { window, now, epoch, msn, part, init, led_in, media_time, disk };
        feed.push_init();
        feed
    }

    pub fn push_init(&mut self) {
        let name = InitName { epoch: self.epoch, number: self.init };
        self.window.push_init(name, Bytes::from(format!("init {name}")), self.now).expect("init is taken");
    }

    pub fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(START_UNIX) + self.media_time
    }

    /// The next part, with the clock moved on by its duration.
    pub fn next(&mut self, duration: Duration, ends_segment: bool, gap: bool) -> Part {
        let part = Part {
            epoch: self.epoch,
            msn: self.msn,
            part: self.part,
            duration,
            independent: self.part == 0 && !gap,
            gap,
            ends_segment,
            program_date_time: Some(self.wall()),
            keyframe: (self.part == 0 && !gap).then_some(4),
            pictures: 6,
            bytes: Bytes::from(format!("part {}-{}.{}", self.epoch, self.msn, self.part)),
        };
        self.now += duration;
        self.media_time += duration;
        (self.msn, self.part) = if ends_segment { (self.msn + 1, 0) } else { (self.msn, self.part + 1) };
        part
    }

    pub fn try_part(&mut self, millis: u64, ends_segment: bool, gap: bool) -> Result<Position, PushError> {
        let part = self.next(Duration::from_millis(millis), ends_segment, gap);
        self.window.push_part(part, self.now)
    }

    pub fn part(&mut self, millis: u64) {
        self.try_part(millis, false, false).expect("part is taken");
    }

    pub fn last_part(&mut self, millis: u64) {
        self.try_part(millis, true, false).expect("part is taken");
    }

    /// `count` segments of `parts` parts of 200 ms.
    pub fn segments(&mut self, count: u32, parts: u32) {
        for _ in 0..count {
            (1..parts).for_each(|_| self.part(200));
            self.last_part(200);
        }
    }

    /// What opens a list before the next segment.
    pub fn lead_in(&mut self) {
        let (before, date) = (self.msn - 1, Some(self.wall()));
        self.window.lead_in(self.epoch, before, date, self.now).expect("the number is free");
        self.led_in.push(before);
    }

    /// The publisher is gone; whatever was open ends there.
    pub fn cut(&mut self) {
        self.window.discontinuity(self.now);
        if self.part > 0 {
            (self.msn, self.part) = (self.msn + 1, 0);
        }
    }

    /// It is back `seconds` later, in the next epoch.
    pub fn reconnect(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.media_time += Duration::from_secs(seconds);
        self.epoch += 1;
        self.init = 0;
        self.push_init();
    }

    /// The owner writes what is new and deletes what nobody needs.
    pub fn store(&mut self) -> usize {
        let mut written = 0;
        while let Some(segment) = self.window.take_unstored() {
            let text = String::from_utf8(segment.pieces.concat()).expect("test media is text");
            self.disk.insert(segment.id, text);
            self.window.stored(segment.id, true, self.now);
            written += 1;
        }
        for id in self.window.take_discards() {
            assert!(self.disk.remove(&id).is_some(), "{id} is not on disk");
        }
        written
    }

    pub fn text(&self, variant: Variant) -> String {
        body(&self.window.playlist(variant, &[]))
    }

    pub fn text_of(&self, name: &str) -> Option<String> {
        let bytes = match self.window.resource(name) {
            Resource::Part(bytes) | Resource::Init(bytes) => bytes.to_vec(),
            Resource::Segment(parts) => parts.concat(),
            Resource::Stored { id, size } => {
                let text = self.disk.get(&id).unwrap_or_else(|| panic!("{id} is not on disk"));
                assert_eq!(text.len() as u64, size, "{id}");
                text.clone().into_bytes()
            }
            _ => return None,
        };
        Some(String::from_utf8(bytes).expect("test media is text"))
    }
}

pub fn body(rendered: &Rendered) -> String {
    String::from_utf8(rendered.body.to_vec()).expect("a playlist is UTF-8")
}

pub fn query(text: &str) -> MediaQuery {
    MediaQuery::parse(text).expect("the test's query is right")
}
