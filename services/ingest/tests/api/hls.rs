//! A tiny HLS client: reads playlists as far as the tests need it, written apart from the server's own code.

use crate::app::TestApp;
use bytes::{Bytes, BytesMut};

/// A media playlist.
#[derive(Debug, Clone, Default)]
pub struct Playlist {
    pub target: f64,
    pub part_target: f64,
    pub sequence: u64,
    pub segments: Vec<Segment>,
    pub maps: Vec<String>,
    pub discontinuities: usize,
    pub ended: bool,
    pub gaps: usize,
    /// Parts behind the last segment.
    pub open_parts: u32,
    pub hint: Option<String>,
    pub parts: Vec<(String, f64)>,
}

#[derive(Debug, Clone, Default)]
pub struct Segment {
    pub uri: String,
    pub duration: f64,
    pub discontinuity: bool,
    pub map: String,
}

impl Playlist {
    pub fn parse(text: &str) -> Self {
        let mut list = Self::default();
        let (mut duration, mut discontinuity, mut map) = (0.0, false, String::new());
        for line in text.lines() {
            let value = |tag: &str| line.strip_prefix(tag);
            if let Some(v) = value("#EXT-X-TARGETDURATION:") {
                list.target = v.parse().unwrap();
            } else if let Some(v) = value("#EXT-X-PART-INF:PART-TARGET=") {
                list.part_target = v.parse().unwrap();
            } else if let Some(v) = value("#EXT-X-MEDIA-SEQUENCE:") {
                list.sequence = v.parse().unwrap();
            } else if let Some(v) = value("#EXTINF:") {
                duration = v.split(',').next().unwrap().parse().unwrap();
            } else if line == "#EXT-X-DISCONTINUITY" {
                discontinuity = true;
                list.discontinuities += 1;
            } else if line == "#EXT-X-GAP" {
                list.gaps += 1;
            } else if line == "#EXT-X-ENDLIST" {
                list.ended = true;
            } else if line.starts_with("#EXT-X-MAP:") {
                map = attribute(line, "URI").unwrap();
                list.maps.push(map.clone());
            } else if line.starts_with("#EXT-X-PART:") {
                let length = line.split("DURATION=").nth(1).unwrap().split(',').next().unwrap();
                list.parts.push((attribute(line, "URI").unwrap(), length.parse().unwrap()));
                list.open_parts += 1;
            } else if line.starts_with("#EXT-X-PRELOAD-HINT:") {
                list.hint = attribute(line, "URI");
            } else if !line.is_empty() && !line.starts_with('#') {
                list.segments.push(Segment { uri: line.into(), duration, discontinuity, map: map.clone() });
                discontinuity = false;
                list.open_parts = 0;
            }
        }
        list
    }

    pub fn next_msn(&self) -> u64 {
        self.sequence + self.segments.len() as u64
    }
}

pub fn attribute(line: &str, name: &str) -> Option<String> {
    let rest = line.split(&format!("{name}=\"")).nth(1)?;
    Some(rest.split('"').next()?.to_owned())
}

/// Paths of the media playlists in a multivariant one, with their STREAM-INF lines.
pub fn variants(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("#EXT-X-STREAM-INF:"))
        .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
        .collect()
}

/// The folder of a playlist's path.
pub fn folder(path: &str) -> &str {
    let path = path.split('?').next().unwrap();
    path.rsplit_once('/').unwrap().0
}

/// All segments with the init section in front, by the playlist at `path`; only for one without a change of the init section.
pub async fn download(app: &TestApp, path: &str) -> (Playlist, Bytes) {
    let list = Playlist::parse(&app.text(path).await);
    let mut file = BytesMut::new();
    let folder = folder(path);
    file.extend_from_slice(&app.bytes(&format!("{folder}/{}", list.maps[0])).await);
    for segment in &list.segments {
        file.extend_from_slice(&app.bytes(&format!("{folder}/{}", segment.uri)).await);
    }
    (list, file.freeze())
}
