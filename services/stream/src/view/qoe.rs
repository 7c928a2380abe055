//! How the viewers of the open broadcast fare, as its owner sees it: figures with units, and nothing where nothing is known.

use super::history::{Point, point};
use crate::{history::MINUTE_S, qoe::Sums, store::history::Minute};
use serde::Serialize;
use streamly_domain::BroadcastId;
use time::OffsetDateTime;

/// The open broadcast's last half hour.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Qoe {
    /// Null: there is none.
    #[schema(value_type = Option<String>)]
    pub broadcast_id: Option<BroadcastId>,
    /// All of it together; null: no viewer's player told anything.
    pub whole: Option<Fare>,
    /// Those minutes of which something is known, in their order; the last one goes on.
    pub minutes: Vec<FareMinute>,
    /// Seconds that a point of the course stands for.
    pub point_s: u64,
    /// How it arrived and how many watched, up to some seconds before the last whole minute's end.
    pub course: Vec<Point>,
}

/// A minute of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FareMinute {
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    #[serde(flatten)]
    fare: Fare,
}

/// What players told of some time. Only those of the platform's own pages tell.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Fare {
    /// Playback sessions that told something; of several minutes the most of any.
    viewers: u64,
    /// Seconds that they watched together.
    watched_s: f64,
    /// Seconds that they waited amid it, while there was something to see.
    stalled_s: f64,
    stalls: u64,
    /// Playbacks that began.
    starts: u64,
    /// From asking for the broadcast to the first moving picture, an estimate; null: none began.
    start_median_s: Option<f64>,
    start_p95_s: Option<f64>,
    /// Behind the live edge, of who is not so by choice, an estimate; null: nobody said.
    behind_median_s: Option<f64>,
    errors: Errors,
    /// The lowest first.
    rungs: Vec<Rung>,
    frames_decoded: u64,
    frames_dropped: u64,
}

/// What stopped players until they began anew, by kind.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Errors {
    /// Nothing came.
    network: u64,
    /// What came could not be decoded.
    media: u64,
    /// The browser decodes none of the renditions.
    unsupported: u64,
}

/// How long pictures of some size were watched.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Rung {
    /// Lines of the picture, rounded up to 240, 360, 480, 720, 1080, 1440, 2160 or 4320.
    height: u32,
    watched_s: f64,
}

/// Minutes with what was summed in them, in their order, and those of the course.
pub fn qoe(broadcast: BroadcastId, sums: Vec<(i64, Sums)>, point_s: u64, course: &[Minute]) -> Qoe {
    let whole = sums.iter().fold(None::<Sums>, |whole, (_, sums)| {
        let mut whole = whole.unwrap_or_default();
        whole.add(sums);
        Some(whole)
    });
    let at = |minute: i64| {
        OffsetDateTime::from_unix_timestamp(minute * MINUTE_S).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    };
    Qoe {
        broadcast_id: Some(broadcast),
        whole: whole.as_ref().map(fare),
        minutes: sums.iter().map(|(minute, sums)| FareMinute { at: at(*minute), fare: fare(sums) }).collect(),
        point_s,
        course: course.iter().map(point).collect(),
    }
}

fn fare(sums: &Sums) -> Fare {
    let error = |kind: &str| sums.errors.get(kind).copied().unwrap_or_default();
    let hundredths = |s: f64| (s * 100.0).round() / 100.0;
    Fare {
        viewers: sums.viewers,
        watched_s: seconds(sums.watched_ms),
        stalled_s: seconds(sums.stalled_ms),
        stalls: sums.stalls,
        starts: sums.starts.count(),
        start_median_s: sums.starts.quantile(0.5).map(hundredths),
        start_p95_s: sums.starts.quantile(0.95).map(hundredths),
        behind_median_s: sums.behind.quantile(0.5).map(hundredths),
        errors: Errors {
            network: error("network"),
            media: error("media"),
            unsupported: error("unsupported"),
        },
        rungs: sums
            .rungs
            .iter()
            .map(|(height, ms)| Rung { height: *height, watched_s: seconds(*ms) })
            .collect(),
        frames_decoded: sums.decoded,
        frames_dropped: sums.dropped,
    }
}

/// To a tenth.
fn seconds(ms: u64) -> f64 {
    (ms as f64 / 100.0).round() / 10.0
}
