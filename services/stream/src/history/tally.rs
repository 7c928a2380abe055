//! The samples of broadcasts that this replica has taken and not stored yet: viewers once a second, health every few.
//!
//! Bounded by the open broadcasts and a few minutes of each: a minute that cannot be stored for [`KEPT`] is forgotten.

use super::MINUTE_S;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use streamly_domain::BroadcastId;

/// Minutes of a broadcast whose samples are kept at most.
const KEPT: usize = 30;

/// The samples of one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Minute {
    samples: u32,
    sum: u64,
    /// Most viewers at once.
    pub peak: u64,
    /// How often health was looked at.
    pub looks: u32,
    /// Sum of the looks, bits a second.
    pub bitrate_bps: f64,
    /// Sum of the looks, pictures a second.
    pub fps: f64,
    /// The worst, milliseconds.
    pub jitter_ms: u64,
    /// The worst of all renditions, milliseconds.
    pub lag_ms: u64,
    /// Frames that did not reach viewers as they were sent.
    pub frames_dropped: u64,
}

impl Minute {
    /// Viewers, on average; none: nobody counted.
    pub fn viewers(&self) -> Option<f64> {
        (self.samples > 0).then(|| self.sum as f64 / f64::from(self.samples))
    }
}

#[derive(Debug, Default)]
struct Tally {
    minutes: BTreeMap<i64, Minute>,
    /// What the encoder's session had lost in all when last looked at.
    dropped: Option<u64>,
}

/// Of all broadcasts.
#[derive(Debug, Default)]
pub struct Tallies(HashMap<BroadcastId, Tally>);

impl Tallies {
    /// So many watch at that time, Unix seconds.
    pub fn sample(&mut self, id: BroadcastId, now_s: i64, viewers: u64) {
        let minute = self.minute(id, now_s);
        minute.samples += 1;
        minute.sum += viewers;
        minute.peak = minute.peak.max(viewers);
    }

    /// The dashboard's health object of a live broadcast at that time.
    pub fn health(&mut self, id: BroadcastId, now_s: i64, seen: &Value) {
        let (health, renditions) = (&seen["health"], seen["renditions"].as_array());
        let number = |name: &str| health[name].as_u64().unwrap_or_default();
        let lag = renditions.into_iter().flatten().filter(|r| r["shed"] != true);
        let lag = lag.filter_map(|r| r["lag_ms"].as_u64()).max().unwrap_or_default();
        let dropped = number("frames_dropped");
        let minute = self.minute(id, now_s);
        minute.looks += 1;
        minute.bitrate_bps += (number("video_bitrate_bps") + number("audio_bitrate_bps")) as f64;
        minute.fps += health["fps"].as_f64().unwrap_or_default();
        minute.jitter_ms = minute.jitter_ms.max(number("arrival_jitter_ms"));
        minute.lag_ms = minute.lag_ms.max(lag);
        let before = self.0.entry(id).or_default().dropped.replace(dropped);
        // Fewer than before: the encoder's next session counts anew. What was lost before the first look is nobody's minute.
        let lost = before.map_or(0, |before| dropped.checked_sub(before).unwrap_or(dropped));
        self.minute(id, now_s).frames_dropped += lost;
    }

    /// The samples of a minute; empty if there are none.
    pub fn of(&self, id: BroadcastId, minute: i64) -> Minute {
        self.0.get(&id).and_then(|tally| tally.minutes.get(&minute)).copied().unwrap_or_default()
    }

    /// These minutes are stored, with all before them.
    pub fn stored(&mut self, id: BroadcastId, minute: i64) {
        if let Some(tally) = self.0.get_mut(&id) {
            tally.minutes = tally.minutes.split_off(&(minute + 1));
        }
    }

    /// Forgets all others.
    pub fn retain(&mut self, wanted: &HashSet<BroadcastId>) {
        self.0.retain(|id, _| wanted.contains(id));
    }

    fn minute(&mut self, id: BroadcastId, now_s: i64) -> &mut Minute {
        let minutes = &mut self.0.entry(id).or_default().minutes;
        let minute = now_s.div_euclid(MINUTE_S);
        if minutes.len() >= KEPT && !minutes.contains_key(&minute) {
            minutes.pop_first();
        }
        minutes.entry(minute).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn health(bitrate: u64, dropped: u64, lag: u64) -> Value {
        json!({"health": {"video_bitrate_bps": bitrate, "audio_bitrate_bps": 100, "fps": 30.0, "frames_dropped": dropped,
               "arrival_jitter_ms": bitrate / 100},
               "renditions": [{"lag_ms": 0}, {"lag_ms": lag}, {"lag_ms": 9_000, "shed": true}]})
    }

    #[test]
    fn a_minute_has_the_average_and_the_peak_of_its_samples() {
        let (mut all, id) = (Tallies::default(), BroadcastId::new());
        for (second, viewers) in [(59, 9), (60, 0), (61, 4), (62, 2), (120, 7)] {
            all.sample(id, second, viewers);
        }
        let minute = all.of(id, 1);
        assert_eq!((minute.viewers(), minute.peak), (Some(2.0), 4));
        all.stored(id, 1);
        assert_eq!((all.of(id, 0).viewers(), all.of(id, 1).viewers(), all.of(id, 2).peak), (None, None, 7));
        all.retain(&HashSet::new());
        assert_eq!(all.of(id, 2), Minute::default());
    }

    #[test]
    fn health_is_summed_the_worst_is_kept_and_drops_count_from_look_to_look() {
        let (mut all, id) = (Tallies::default(), BroadcastId::new());
        all.health(id, 0, &health(1_000, 500, 3));
        all.health(id, 10, &health(3_000, 507, 1));
        // Another session of the encoder.
        all.health(id, 20, &health(2_000, 2, 0));
        all.health(id, 60, &health(2_000, 5, 0));
        all.health(id, 70, &json!({"health": {"fps": "x"}}));
        let first = all.of(id, 0);
        assert_eq!((first.looks, first.bitrate_bps, first.fps), (3, 6_300.0, 90.0));
        assert_eq!((first.jitter_ms, first.lag_ms, first.frames_dropped), (30, 3, 9));
        assert_eq!((all.of(id, 1).looks, all.of(id, 1).frames_dropped), (2, 3));
    }

    #[test]
    fn minutes_that_cannot_be_stored_are_forgotten_in_the_end() {
        let (mut all, id) = (Tallies::default(), BroadcastId::new());
        for minute in 0..100 {
            all.sample(id, minute * 60, 1);
        }
        let kept = (0..100).filter(|minute| all.of(id, *minute).viewers().is_some()).count();
        assert_eq!((kept, all.of(id, 99).peak), (KEPT, 1));
    }
}
