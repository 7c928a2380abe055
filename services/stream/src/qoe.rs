//! How the viewers of a broadcast fare, minute by minute: the sums that edges keep in Redis, read and put into figures.
//!
//! Pure: reading is `bus::counts`', what is shown is `view::qoe`'s. A hash is input: fields of other versions and numbers that are none are left
//! out. Times were counted in classes whose bounds are in the fields' names, so a median is an estimate: the place in its class, as if the
//! class were filled evenly.

use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr,
};

/// How far back is told of, minutes; edges keep ten more.
pub const SHOWN: i64 = 30;
/// Fields of one hash that are looked at; an edge has some forty.
const MAX_FIELDS: usize = 200;

/// Counts of times by class: bounds in milliseconds, the upper one open in the last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times(BTreeMap<(u64, Option<u64>), u64>);

impl Times {
    /// How many.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The time that such a share of them does not exceed, seconds, as an estimate; in the open class its lower bound. None: there are none.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let place = self.count() as f64 * share;
        let mut before = 0.0;
        for ((from, to), count) in &self.0 {
            let (from, count) = (*from as f64, *count as f64);
            if before + count >= place && count > 0.0 {
                let wide = to.map_or(0.0, |to| to as f64 - from);
                return Some((from + wide * ((place - before) / count).clamp(0.0, 1.0)) / 1_000.0);
            }
            before += count;
        }
        None
    }

    fn add(&mut self, other: &Self) {
        for (class, count) in &other.0 {
            *self.0.entry(*class).or_default() += count;
        }
    }
}

/// The sums of some time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sums {
    /// Sessions that told something.
    pub viewers: u64,
    pub watched_ms: u64,
    pub stalled_ms: u64,
    pub stalls: u64,
    pub errors: BTreeMap<String, u64>,
    /// From asking for a broadcast to its first moving picture.
    pub starts: Times,
    /// Behind the live edge, of who is not so by choice.
    pub behind: Times,
    /// Milliseconds watched by class of picture height.
    pub rungs: BTreeMap<u32, u64>,
    pub decoded: u64,
    pub dropped: u64,
}

impl Sums {
    /// Of one hash; none: nothing in it is known.
    pub fn read(hash: &HashMap<String, String>) -> Option<Self> {
        let mut sums = Self::default();
        for (field, text) in hash.iter().take(MAX_FIELDS) {
            let Ok(n) = text.parse::<u64>() else { continue };
            sums.put(field, n);
        }
        (sums != Self::default()).then_some(sums)
    }

    fn put(&mut self, field: &str, n: u64) {
        match field.split_once(':') {
            None => match field {
                "viewers" => self.viewers = n,
                "watched_ms" => self.watched_ms = n,
                "stalled_ms" => self.stalled_ms = n,
                "stalls" => self.stalls = n,
                "decoded" => self.decoded = n,
                "dropped" => self.dropped = n,
                _ => {}
            },
            Some(("error", kind)) => {
                self.errors.insert(kind.to_owned(), n);
            }
            Some(("start", class)) => put_class(&mut self.starts, class, n),
            Some(("behind", class)) => put_class(&mut self.behind, class, n),
            Some(("rung", height)) => {
                if let Ok(height) = height.parse() {
                    self.rungs.insert(height, n);
                }
            }
            Some(_) => {}
        }
    }

    /// Adds another minute's; viewers are the most of any.
    pub fn add(&mut self, other: &Self) {
        self.viewers = self.viewers.max(other.viewers);
        self.watched_ms = self.watched_ms.saturating_add(other.watched_ms);
        self.stalled_ms = self.stalled_ms.saturating_add(other.stalled_ms);
        self.stalls = self.stalls.saturating_add(other.stalls);
        self.decoded = self.decoded.saturating_add(other.decoded);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.starts.add(&other.starts);
        self.behind.add(&other.behind);
        for (kind, n) in &other.errors {
            *self.errors.entry(kind.clone()).or_default() += n;
        }
        for (height, n) in &other.rungs {
            *self.rungs.entry(*height).or_default() += n;
        }
    }
}

/// `500-750`, or `30000-` of the open class; other texts are none.
fn put_class(times: &mut Times, class: &str, n: u64) {
    let Some((from, to)) = class.split_once('-') else { return };
    let to = if to.is_empty() { Ok(None) } else { u64::from_str(to).map(Some) };
    if let (Ok(from), Ok(to)) = (from.parse(), to)
        && to.is_none_or(|to| to > from)
    {
        times.0.insert((from, to), n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(fields: &[(&str, &str)]) -> Option<Sums> {
        Sums::read(&fields.iter().map(|(name, n)| ((*name).to_owned(), (*n).to_owned())).collect())
    }

    #[test]
    fn a_hash_is_read_as_edges_write_it_and_other_fields_are_left_out() {
        let read = sums(&[
            ("viewers", "3"),
            ("watched_ms", "170000"),
            ("stalled_ms", "-4"),
            ("error:network", "2"),
            ("start:500-750", "2"),
            ("start:30000-", "1"),
            ("start:9-7", "5"),
            ("behind:x", "5"),
            ("rung:720", "90000"),
            ("rung:tall", "1"),
            ("mood", "7"),
        ])
        .unwrap();
        assert_eq!((read.viewers, read.watched_ms, read.stalled_ms), (3, 170_000, 0));
        assert_eq!((read.starts.count(), read.behind.count()), (3, 0));
        assert_eq!((read.rungs, read.errors["network"]), (BTreeMap::from([(720, 90_000)]), 2));
        assert_eq!((sums(&[]), sums(&[("mood", "7"), ("viewers", "x")])), (None, None));
    }

    #[test]
    fn a_median_is_in_its_class_and_in_the_open_one_its_lower_bound() {
        let of = |fields: &[(&str, &str)]| sums(fields).unwrap().starts;
        let times = of(&[("start:0-250", "1"), ("start:500-1000", "2"), ("start:2000-3000", "1")]);
        assert_eq!((times.quantile(0.5), times.quantile(1.0)), (Some(0.75), Some(3.0)));
        assert_eq!(times.quantile(0.25), Some(0.25));
        let late = of(&[("start:0-250", "1"), ("start:30000-", "9")]);
        assert_eq!((late.quantile(0.5), late.quantile(0.95)), (Some(30.0), Some(30.0)));
        assert_eq!(Times::default().quantile(0.5), None);
    }

    #[test]
    fn minutes_are_added_up_and_viewers_are_the_most_of_any() {
        let one =
            sums(&[("viewers", "3"), ("watched_ms", "5"), ("start:0-250", "1"), ("rung:720", "5")]).unwrap();
        let mut all =
            sums(&[("viewers", "2"), ("watched_ms", "7"), ("start:0-250", "1"), ("error:media", "1")])
                .unwrap();
        all.add(&one);
        assert_eq!((all.viewers, all.watched_ms, all.starts.count()), (3, 12, 2));
        assert_eq!((all.rungs[&720], all.errors["media"]), (5, 1));
    }
}
