//! How viewers fare, as their players tell it with their beacons: sums of each broadcast by the minute for its owner, and this edge's metrics
//! (docs/ARCHITECTURE.md: how viewers fare, ADR 0041).
//!
//! Sums name nobody: what one session told is added and gone. They go to Redis every five seconds, for `stream` to read; while Redis is away
//! they are dropped and counted, never queued. Bounded: only broadcasts of which a counted session told something in these five seconds. What
//! a session may tell, `told` bounds.

mod told;

pub(crate) use told::{Account, MAX_BODY, Taken, Told};

use metrics::{counter, histogram};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    fmt,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use streamly_lifecycle::Shutdown;
use streamly_redis::{Redis, Run, Script};

/// How often sums are written: as late is a viewer's trouble on the dashboard, beside the ten seconds between beacons.
const ROUND: Duration = Duration::from_secs(5);
/// Life of a minute's sums, seconds: the half hour that is shown, and room for clocks and a slow reader.
const TTL_S: u64 = 2_400;
/// Broadcasts written in one pipeline.
const CHUNK: usize = 500;

/// KEYS[1]: a minute's hash. ARGV: its life in seconds, then fields and what is added to each. One step: none is left without an end.
const ADD: &str = "for i = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end return redis.call('EXPIRE', KEYS[1], ARGV[1])";

/// Upper bounds of the classes of times, milliseconds; what is more is in a class of its own. Names of fields have both bounds, so that whoever
/// reads them needs no such table and edges of two versions can be added up.
const CLASSES_MS: [u64; 12] =
    [250, 500, 750, 1_000, 1_500, 2_000, 3_000, 4_000, 6_000, 8_000, 15_000, 30_000];
/// Classes of picture heights: that of a picture is the first that it fits in.
const HEIGHTS: [u32; 8] = [240, 360, 480, 720, 1_080, 1_440, 2_160, 4_320];
/// The same as labels.
const RUNGS: [&str; HEIGHTS.len()] = ["240", "360", "480", "720", "1080", "1440", "2160", "4320"];
/// Kinds of errors, as beacons name them.
const ERRORS: [&str; 3] = ["network", "media", "unsupported"];

/// What is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Field {
    /// Sessions that told something in that minute.
    Viewers,
    WatchedMs,
    StalledMs,
    Stalls,
    /// Index into [`ERRORS`].
    Error(usize),
    /// Classes of [`CLASSES_MS`].
    Start(usize),
    Behind(usize),
    /// Milliseconds watched, by class of [`HEIGHTS`].
    Rung(usize),
    Decoded,
    Dropped,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |n: usize| {
            let from = n.checked_sub(1).map_or(0, |n| CLASSES_MS[n]);
            CLASSES_MS.get(n).map_or_else(|| format!("{from}-"), |to| format!("{from}-{to}"))
        };
        match *self {
            Self::Viewers => f.write_str("viewers"),
            Self::WatchedMs => f.write_str("watched_ms"),
            Self::StalledMs => f.write_str("stalled_ms"),
            Self::Stalls => f.write_str("stalls"),
            Self::Error(n) => write!(f, "error:{}", ERRORS[n]),
            Self::Start(n) => write!(f, "start:{}", times(n)),
            Self::Behind(n) => write!(f, "behind:{}", times(n)),
            Self::Rung(n) => write!(f, "rung:{}", RUNGS[n]),
            Self::Decoded => f.write_str("decoded"),
            Self::Dropped => f.write_str("dropped"),
        }
    }
}

/// The class of a time.
fn class_of(ms: u64) -> usize {
    CLASSES_MS.iter().position(|most| ms <= *most).unwrap_or(CLASSES_MS.len())
}

type Sums = HashMap<Field, u64>;

/// The sums of this edge that are not written yet.
#[derive(Default)]
pub(crate) struct Totals {
    /// By broadcast and minute.
    sums: Mutex<HashMap<(String, u64), Sums>>,
    watched: Whole,
    stalled: Whole,
    rungs: [Whole; HEIGHTS.len()],
}

/// Milliseconds, of which a counter of whole seconds has not got the rest yet.
#[derive(Default)]
struct Whole(AtomicU64);

impl Whole {
    /// Adds; whole seconds that are full now.
    fn add(&self, ms: u64) -> u64 {
        let before = self.0.fetch_add(ms, Ordering::Relaxed);
        (before + ms) / 1_000 - before / 1_000
    }
}

impl Totals {
    /// Adds what a counted session told.
    pub(crate) fn add(&self, broadcast: &str, minute: u64, taken: &Taken) {
        self.measure(taken);
        let mut all = self.sums.lock();
        let sums = all.entry((broadcast.to_owned(), minute)).or_default();
        let mut add = |field, n| {
            if n > 0 {
                *sums.entry(field).or_default() += n;
            }
        };
        add(Field::Viewers, u64::from(taken.is_first));
        add(Field::WatchedMs, taken.watched_ms);
        add(Field::StalledMs, taken.stalled_ms);
        add(Field::Stalls, taken.stalls);
        for (n, count) in taken.errors.into_iter().enumerate() {
            add(Field::Error(n), count);
        }
        if let Some(ms) = taken.start_ms {
            add(Field::Start(class_of(ms)), 1);
        }
        if let Some(ms) = taken.behind_ms {
            add(Field::Behind(class_of(ms)), 1);
        }
        if let Some(rung) = taken.rung {
            add(Field::Rung(rung), taken.watched_ms);
        }
        add(Field::Decoded, taken.decoded);
        add(Field::Dropped, taken.dropped);
    }

    fn measure(&self, taken: &Taken) {
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        if let Some(ms) = taken.start_ms {
            histogram!("streamly_web_viewer_start_seconds").record(seconds(ms));
        }
        if let Some(ms) = taken.behind_ms {
            histogram!("streamly_web_viewer_behind_seconds").record(seconds(ms));
        }
        counter!("streamly_web_viewer_watched_seconds_total").increment(self.watched.add(taken.watched_ms));
        counter!("streamly_web_viewer_stalled_seconds_total").increment(self.stalled.add(taken.stalled_ms));
        counter!("streamly_web_viewer_stalls_total").increment(taken.stalls);
        for (kind, count) in ERRORS.into_iter().zip(taken.errors) {
            counter!("streamly_web_viewer_errors_total", "kind" => kind).increment(count);
        }
        if let Some(n) = taken.rung {
            let whole = self.rungs[n].add(taken.watched_ms);
            counter!("streamly_web_viewer_rung_seconds_total", "rung" => RUNGS[n]).increment(whole);
        }
        counter!("streamly_web_viewer_frames_decoded_total").increment(taken.decoded);
        counter!("streamly_web_viewer_frames_dropped_total").increment(taken.dropped);
    }

    /// Writes the sums until the stop.
    pub(crate) async fn write(&self, redis: Redis, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
            self.write_due(&redis).await;
        }
    }

    async fn write_due(&self, redis: &Redis) {
        static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(ADD));
        let due: Vec<Run> =
            std::mem::take(&mut *self.sums.lock()).into_iter().map(|(of, sums)| run(of, &sums)).collect();
        for chunk in due.chunks(CHUNK) {
            // Adding twice would be a lie, so what was perhaps written is not written again.
            let done = match redis.is_connected() {
                true => SCRIPT.run_all(redis, chunk.to_vec()).await.iter().filter(|r| r.is_ok()).count(),
                false => 0,
            };
            let lost = chunk.len() - done;
            if lost > 0 {
                tracing::debug!(lost, "sums of viewers were not written to redis");
                counter!("streamly_web_viewer_sums_lost_total").increment(lost as u64);
            }
        }
    }
}

/// The braces are a cluster hash tag: minutes of one broadcast are in one slot.
fn run((broadcast, minute): (String, u64), sums: &Sums) -> Run {
    let mut args = vec![TTL_S.to_string()];
    args.extend(sums.iter().flat_map(|(field, n)| [field.to_string(), n.to_string()]));
    (vec![format!("qoe:{{{broadcast}}}:{minute}")], args)
}

#[cfg(test)]
mod tests;
