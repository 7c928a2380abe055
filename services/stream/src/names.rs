//! Names of channels as they are asked for: which were there lately, which are nobody's, and how many others are looked for in a second.
//!
//! A name that is not known here costs a look into the database and one of the user service into its own. Who makes up names would have that done
//! for each of them; so names that were not there lately have a pace of all together, and who comes beyond it is asked to come again. Of one process.

use moka::sync::Cache;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// How long a name that the user service did not know counts as nobody's: its user may sign up meanwhile.
const NOBODYS: Duration = Duration::from_secs(1);
/// Names that are remembered as nobody's; of more the oldest go.
const NOBODYS_MAX: u64 = 10_000;
/// How long a name that was there is looked for without a turn.
const THERE: Duration = Duration::from_secs(600);
/// Names that are remembered so, some 100 bytes each.
const THERE_MAX: u64 = 100_000;

/// See the module's head.
#[derive(Debug)]
pub struct Names {
    nobodys: Cache<String, ()>,
    there: Cache<String, ()>,
    /// None: there is no pace.
    turns: Option<Mutex<Turns>>,
}

/// A bucket that holds a second's turns.
#[derive(Debug)]
struct Turns {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Turns {
    fn take(&mut self, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        (self.left, self.at) = ((self.left + gained).min(self.per_second), now);
        let may = self.left >= 1.0;
        self.left -= f64::from(u8::from(may));
        may
    }
}

impl Names {
    /// With so many looks a second for names that were not there lately; none: with as many as there are.
    pub fn new(per_second: Option<u32>) -> Self {
        let turns = |n: u32| Mutex::new(Turns { per_second: n.into(), left: n.into(), at: Instant::now() });
        Self {
            nobodys: Cache::builder().max_capacity(NOBODYS_MAX).time_to_live(NOBODYS).build(),
            there: Cache::builder().max_capacity(THERE_MAX).time_to_live(THERE).build(),
            turns: per_second.map(turns),
        }
    }

    /// Whether nobody had that name a moment ago.
    pub fn is_nobodys(&self, name: &str) -> bool {
        self.nobodys.contains_key(name)
    }

    /// Nobody has it.
    pub fn was_nobodys(&self, name: &str) {
        self.nobodys.insert(name.to_owned(), ());
    }

    /// There is a channel of that name.
    pub fn was_there(&self, name: &str) {
        if !self.there.contains_key(name) {
            self.there.insert(name.to_owned(), ());
        }
        self.nobodys.invalidate(name);
    }

    /// Whether it may be looked for now.
    pub fn may_look(&self, name: &str, now: Instant) -> bool {
        let Some(turns) = &self.turns else { return true };
        self.there.contains_key(name) || turns.lock().take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_were_not_there_have_a_pace_and_those_that_were_have_none() {
        let (names, now) = (Names::new(Some(3)), Instant::now());
        names.was_there("ada");
        let looks = |now: Instant| (0..10).filter(|n| names.may_look(&format!("nobody{n}"), now)).count();
        assert_eq!(looks(now), 3);
        assert!((0..10).all(|_| names.may_look("ada", now)), "whatever others make up");
        assert_eq!(looks(now + Duration::from_millis(700)), 2);
        assert_eq!(looks(now + Duration::from_secs(60)), 3, "no more than a second's are saved up");
        assert!((0..1000).all(|n| Names::new(None).may_look(&n.to_string(), now)));
    }

    #[test]
    fn who_signs_up_is_not_nobody_any_more() {
        let names = Names::new(Some(3));
        names.was_nobodys("ada");
        assert!(names.is_nobodys("ada") && !names.is_nobodys("bob"));
        names.was_there("ada");
        assert!(!names.is_nobodys("ada"));
    }
}
