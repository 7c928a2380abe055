//! Past broadcasts as they are shown: to their owner with everything that was counted, to others with what they were about.

use crate::{
    history::MINUTE_S,
    store::history::{Minute, Past},
    visibility::Visibility,
};
use serde::Serialize;
use std::fmt::Write;
use streamly_domain::BroadcastId;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A past broadcast for everybody.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PastBroadcast)]
pub struct Shown {
    #[schema(value_type = String)]
    id: BroadcastId,
    title: String,
    category: String,
    tags: Vec<String>,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    /// Null: it runs.
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
    /// Seconds, until now if it runs.
    duration_s: u64,
}

/// A past broadcast for its owner; also the one that runs, with what was counted until a minute ago.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OwnPastBroadcast)]
pub struct Own {
    #[serde(flatten)]
    shown: Shown,
    /// For whom the channel was at its end.
    visibility: Visibility,
    /// Whether it was a test, which nobody but its owner and team saw.
    test: bool,
    /// `clean`, `lost`, `grace_over`, `owner_ended`, `operator_ended`, …
    ended_how: Option<String>,
    /// Whether the figures are whole; they are some 20 s after the end.
    complete: bool,
    /// Most viewers at once; null: nobody counted.
    peak_viewers: Option<u64>,
    /// Viewers on average; null: nobody counted.
    average_viewers: Option<f64>,
    /// Seconds that all of them watched together.
    watched_s: u64,
    /// Playback sessions in all.
    unique_viewers: u64,
    messages: u64,
    /// Messages a minute, on average.
    messages_per_minute: f64,
}

/// One point of a broadcast's course.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Point {
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// On average; null: nobody counted.
    viewers: Option<f64>,
    peak_viewers: u64,
    messages: u64,
    /// Of pictures and sound, on average; null: nothing came.
    bitrate_bps: Option<u64>,
    /// On average.
    fps: Option<f64>,
    /// The worst: by how much frames came late.
    arrival_jitter_ms: u32,
    /// The worst: by how much a rendition was behind the source.
    lag_ms: u32,
    frames_dropped: u64,
    /// Sessions of the encoder that went on with the broadcast.
    reconnects: u32,
}

/// A past broadcast with its course.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Course {
    #[serde(flatten)]
    own: Own,
    /// Seconds that one point stands for.
    point_s: u64,
    /// None: they were too long ago, or there were none.
    points: Vec<Point>,
}

/// The same to two digits after the point, or one that is not there: a figure, not a measurement.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// For everybody.
pub fn shown(past: Past, now: OffsetDateTime) -> Shown {
    let duration_s = duration_s(&past, now);
    let Past { id, title, category, tags, started_at, ended_at, .. } = past;
    Shown { id, title, category, tags, started_at, ended_at, duration_s }
}

fn duration_s(past: &Past, now: OffsetDateTime) -> u64 {
    (past.ended_at.unwrap_or(now) - past.started_at).whole_seconds().max(0).unsigned_abs()
}

/// For its owner.
pub fn own(past: Past, now: OffsetDateTime) -> Own {
    let is_counted = past.counted_s > 0.0;
    let minutes = duration_s(&past, now) as f64 / MINUTE_S as f64;
    Own {
        visibility: past.visibility,
        test: past.test,
        ended_how: past.ended_how.clone(),
        complete: past.counted,
        peak_viewers: is_counted.then_some(past.peak_viewers),
        average_viewers: is_counted.then(|| rounded(past.watch_s / past.counted_s)),
        watched_s: past.watch_s.round() as u64,
        unique_viewers: past.unique_viewers,
        messages: past.messages,
        messages_per_minute: if minutes > 0.0 { rounded(past.messages as f64 / minutes) } else { 0.0 },
        shown: shown(past, now),
    }
}

/// With its minutes.
pub fn course(past: Past, minutes: &[Minute], now: OffsetDateTime) -> Course {
    let point_s = u64::from(past.minute_span) * MINUTE_S.unsigned_abs();
    Course { own: own(past, now), point_s, points: minutes.iter().map(point).collect() }
}

/// One point of it.
pub(super) fn point(m: &Minute) -> Point {
    let looked = |sum: f64| (m.looks > 0).then(|| sum / f64::from(m.looks));
    Point {
        at: OffsetDateTime::from_unix_timestamp(m.minute * MINUTE_S).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        viewers: (m.counted_s > 0.0).then(|| rounded(m.watch_s / m.counted_s)),
        peak_viewers: m.peak_viewers,
        messages: m.messages,
        bitrate_bps: looked(m.bitrate_bps).map(|bps| bps.round() as u64),
        fps: looked(m.fps).map(rounded),
        arrival_jitter_ms: m.jitter_ms,
        lag_ms: m.lag_ms,
        frames_dropped: m.frames_dropped,
        reconnects: m.reconnects,
    }
}

/// The minutes as a table (RFC 4180); what is not known is empty.
pub fn csv(minutes: &[Minute]) -> String {
    let mut text = String::from(
        "at,viewers,peak_viewers,messages,bitrate_bps,fps,arrival_jitter_ms,lag_ms,frames_dropped,reconnects\r\n",
    );
    let cell = |number: Option<String>| number.unwrap_or_default();
    for p in minutes.iter().map(point) {
        let at = p.at.format(&Rfc3339).unwrap_or_default();
        let (viewers, fps) = (cell(p.viewers.map(|n| n.to_string())), cell(p.fps.map(|n| n.to_string())));
        let bitrate = cell(p.bitrate_bps.map(|n| n.to_string()));
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "{at},{viewers},{},{},{bitrate},{fps},{},{},{},{}\r\n",
            p.peak_viewers, p.messages, p.arrival_jitter_ms, p.lag_ms, p.frames_dropped, p.reconnects
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_a_minute_and_leaves_out_what_is_not_known() {
        let minute = Minute {
            minute: 29_000_000,
            counted_s: 60.0,
            watch_s: 90.0,
            peak_viewers: 2,
            messages: 7,
            looks: 2,
            bitrate_bps: 5_000_001.0,
            fps: 59.98,
            jitter_ms: 12,
            lag_ms: 3,
            frames_dropped: 1,
            reconnects: 1,
        };
        let unknown = Minute { minute: 29_000_001, counted_s: 0.0, watch_s: 0.0, looks: 0, ..minute };
        let lines =
            "2025-02-19T21:20:00Z,1.5,2,7,2500001,29.99,12,3,1,1\r\n2025-02-19T21:21:00Z,,2,7,,,12,3,1,1\r\n";
        assert!(csv(&[minute, unknown]).ends_with(lines), "{}", csv(&[minute, unknown]));
    }
}
