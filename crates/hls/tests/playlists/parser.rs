//! A strict little reader of media playlists. Panics on any line it does not know and on any rule that it sees
//! broken: tag order, missing attributes, durations above the targets.

use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq)]
pub struct PartLine {
    pub uri: String,
    pub duration: f64,
    pub independent: bool,
    pub gap: bool,
}

/// A segment; without `uri` it is the open one at the end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Segment {
    pub msn: u64,
    pub uri: Option<String>,
    pub duration: f64,
    pub discontinuity: bool,
    pub discontinuity_sequence: u64,
    pub map: Option<String>,
    pub date: Option<String>,
    pub gap: bool,
    pub parts: Vec<PartLine>,
}

#[derive(Debug, Clone, Default)]
pub struct Playlist {
    pub version: u64,
    pub target_duration: f64,
    pub part_target: Option<f64>,
    pub control: HashMap<String, String>,
    pub media_sequence: u64,
    pub discontinuity_sequence: u64,
    pub skipped: u64,
    pub segments: Vec<Segment>,
    pub hint: Option<String>,
    pub reports: Vec<HashMap<String, String>>,
    pub ended: bool,
}

impl Playlist {
    pub fn whole(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.uri.is_some())
    }

    /// What a player has after it put a delta update on top of an older list (draft 6.3.7).
    pub fn merged(&self, older: &Playlist) -> Vec<Segment> {
        let first =
            self.media_sequence.checked_sub(older.media_sequence).expect("the sequence went back") as usize;
        let skipped: Vec<_> = older.segments[first..first + self.skipped as usize].to_vec();
        assert!(skipped.iter().all(|segment| segment.uri.is_some()), "an open segment was skipped");
        let mut sequence = skipped.last().map_or(self.discontinuity_sequence, |s| s.discontinuity_sequence);
        let mut map = skipped.last().and_then(|segment| segment.map.clone());
        let mut all: Vec<_> = skipped.into_iter().map(|s| Segment { parts: Vec::new(), ..s }).collect();
        for segment in &self.segments {
            sequence += u64::from(segment.discontinuity);
            map = segment.map.clone().or(map);
            let merged = Segment { discontinuity_sequence: sequence, map: map.clone(), ..segment.clone() };
            all.push(merged);
        }
        all
    }
}

fn attributes(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').expect("an attribute has a value");
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("a quote ends"),
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        assert!(found.insert(key.to_owned(), value.to_owned()).is_none(), "{key} twice in {text}");
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    found
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is not an integer"))
}

fn seconds(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a duration"))
}

pub fn parse(text: &str) -> Playlist {
    let mut list = Playlist::default();
    let mut open = Segment::default();
    let mut begun = false;
    let mut current_map = None;
    let mut extinf = None;
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("#EXTM3U"));
    assert!(text.ends_with('\n'));
    for line in lines {
        assert!(!list.ended, "{line} after ENDLIST");
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        let header = matches!(
            tag,
            "#EXT-X-VERSION"
                | "#EXT-X-TARGETDURATION"
                | "#EXT-X-SERVER-CONTROL"
                | "#EXT-X-PART-INF"
                | "#EXT-X-MEDIA-SEQUENCE"
                | "#EXT-X-DISCONTINUITY-SEQUENCE"
                | "#EXT-X-SKIP"
        );
        assert!(!header || (list.segments.is_empty() && !begun), "{line} stands among segments");
        let trailer = matches!(tag, "#EXT-X-PRELOAD-HINT" | "#EXT-X-RENDITION-REPORT" | "#EXT-X-ENDLIST");
        assert!(trailer || list.hint.is_none(), "{line} after the hint");
        begun |= !header && !trailer;
        match tag {
            "#EXT-X-VERSION" => list.version = number(value),
            "#EXT-X-TARGETDURATION" => list.target_duration = number(value) as f64,
            "#EXT-X-SERVER-CONTROL" => list.control = attributes(value),
            "#EXT-X-PART-INF" => list.part_target = Some(seconds(&attributes(value)["PART-TARGET"])),
            "#EXT-X-MEDIA-SEQUENCE" => list.media_sequence = number(value),
            "#EXT-X-DISCONTINUITY-SEQUENCE" => list.discontinuity_sequence = number(value),
            "#EXT-X-SKIP" => list.skipped = number(&attributes(value)["SKIPPED-SEGMENTS"]),
            "#EXT-X-DISCONTINUITY" => open.discontinuity = true,
            "#EXT-X-MAP" => current_map = Some(attributes(value)["URI"].clone()),
            "#EXT-X-PROGRAM-DATE-TIME" => {
                assert!(open.date.replace(value.to_owned()).is_none(), "two dates on one segment");
            }
            "#EXT-X-GAP" => open.gap = true,
            "#EXT-X-PART" => {
                let found = attributes(value);
                open.parts.push(PartLine {
                    uri: found["URI"].clone(),
                    duration: seconds(&found["DURATION"]),
                    independent: found.get("INDEPENDENT").is_some_and(|v| v == "YES"),
                    gap: found.get("GAP").is_some_and(|v| v == "YES"),
                });
            }
            "#EXTINF" => extinf = Some(seconds(value.strip_suffix(',').expect("EXTINF ends with a comma"))),
            "#EXT-X-PRELOAD-HINT" => {
                let found = attributes(value);
                assert_eq!(found["TYPE"], "PART");
                list.hint = Some(found["URI"].clone());
            }
            "#EXT-X-RENDITION-REPORT" => list.reports.push(attributes(value)),
            "#EXT-X-ENDLIST" => list.ended = true,
            _ => {
                assert!(!line.starts_with('#') && !line.is_empty(), "unknown line {line:?}");
                open.uri = Some(line.to_owned());
                open.duration = extinf.take().expect("a URI follows EXTINF");
                open.map = current_map.clone();
                list.segments.push(std::mem::take(&mut open));
            }
        }
    }
    let rest = open.discontinuity || open.date.is_some() || !open.parts.is_empty();
    if rest {
        assert!(!open.parts.is_empty(), "tags without a segment or part");
        open.map = current_map;
        list.segments.push(open);
    }
    number_segments(&mut list);
    check(&list);
    list
}

fn number_segments(list: &mut Playlist) {
    let mut sequence = list.discontinuity_sequence;
    for (offset, segment) in list.segments.iter_mut().enumerate() {
        segment.msn = list.media_sequence + list.skipped + offset as u64;
        sequence += u64::from(segment.discontinuity);
        segment.discontinuity_sequence = sequence;
    }
}

fn check(list: &Playlist) {
    for segment in list.whole() {
        assert!(segment.duration.round() <= list.target_duration, "segment {} is too long", segment.msn);
    }
    let Some(part_target) = list.part_target else {
        assert!(list.segments.iter().all(|s| s.parts.is_empty() && s.uri.is_some()), "parts in a plain list");
        return;
    };
    assert_eq!(list.version, 9);
    assert_eq!(list.control["CAN-BLOCK-RELOAD"], "YES");
    assert!(seconds(&list.control["PART-HOLD-BACK"]) >= 2.0 * part_target);
    assert!(seconds(&list.control["HOLD-BACK"]) >= 3.0 * list.target_duration);
    assert!(seconds(&list.control["CAN-SKIP-UNTIL"]) >= 6.0 * list.target_duration);
    for segment in list.segments.iter().filter(|segment| !segment.parts.is_empty()) {
        let sum: f64 = segment.parts.iter().map(|part| part.duration).sum();
        assert!(segment.uri.is_none() || (sum - segment.duration).abs() < 1e-5, "parts do not add up");
        assert!(segment.parts.iter().all(|part| part.duration <= part_target), "a part is too long");
        for pair in segment.parts.windows(2) {
            let exempt = pair[0].gap || pair[1].gap;
            assert!(exempt || pair[0].duration >= 0.85 * part_target - 1e-9, "a part is too short");
        }
    }
}
