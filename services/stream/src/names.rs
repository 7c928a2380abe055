//! Names of channels as they are asked for: which were there lately, which are nobody's, and how many others are looked for in a second.
//!
//! A name that is not known here costs a look into the database and one of the user service into its own. Who makes up names would have that done
//! for each of them; so names that were not there lately have a pace of all together, of which one address has at most half of what the others
//! leave ([`Pace`]), and who comes beyond it is asked to come again. Of one process.

use moka::sync::Cache;
use parking_lot::Mutex;
use std::time::{Duration, Instant};
use streamly_http::{Holder, Pace};

/// How long a name that the user service did not know counts as nobody's: its user may sign up meanwhile.
const NOBODYS: Duration = Duration::from_secs(1);
/// Names that are remembered as nobody's; of more the oldest go.
const NOBODYS_MAX: u64 = 10_000;
/// How long a name that was there is looked for without a turn, since somebody asked for it.
const THERE: Duration = Duration::from_secs(600);
/// Names that are remembered so, some 100 bytes each.
const THERE_MAX: u64 = 100_000;

/// Who has a name looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// An address that people ask from.
    Address(Holder),
    /// Chat, for people who name a room: all of its nodes together.
    Chat,
    /// Whom no pace holds up: an operator, a tool on this machine, a person whose calls of that kind are counted themselves.
    Free,
}

impl From<Option<Holder>> for Asker {
    fn from(address: Option<Holder>) -> Self {
        address.map_or(Self::Free, Self::Address)
    }
}

/// See the module's head.
#[derive(Debug)]
pub struct Names {
    nobodys: Cache<String, ()>,
    there: Cache<String, ()>,
    /// None: there is no pace.
    turns: Option<Mutex<Pace<Asker>>>,
}

impl Names {
    /// With so many looks a second for names that were not there lately; none: with as many as there are.
    pub fn new(per_second: Option<u32>) -> Self {
        let turns = |n: u32| Mutex::new(Pace::new(usize::try_from(n).unwrap_or(usize::MAX)));
        Self {
            nobodys: Cache::builder().max_capacity(NOBODYS_MAX).time_to_live(NOBODYS).build(),
            there: Cache::builder().max_capacity(THERE_MAX).time_to_idle(THERE).build(),
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
        self.there.invalidate(name);
    }

    /// There is a channel of that name.
    pub fn was_there(&self, name: &str) {
        if !self.there.contains_key(name) {
            self.there.insert(name.to_owned(), ());
        }
        self.nobodys.invalidate(name);
    }

    /// Whether it may be looked for now.
    pub fn may_look(&self, name: &str, who: Asker, now: Instant) -> bool {
        let Some(turns) = &self.turns else { return true };
        // Asked for by `get`, so that it is remembered from now on.
        who == Asker::Free || self.there.get(name).is_some() || turns.lock().allows(who, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn address(n: u8) -> Asker {
        Asker::Address(IpAddr::from([192, 0, 2, n]).into())
    }

    /// How many of ten names that were never there somebody may have looked for.
    fn looks(names: &Names, who: Asker, now: Instant) -> usize {
        (0..10).filter(|n| names.may_look(&format!("nobody{n}"), who, now)).count()
    }

    #[test]
    fn names_that_were_not_there_have_a_pace_and_those_that_were_have_none() {
        let (names, now) = (Names::new(Some(6)), Instant::now());
        names.was_there("ada");
        assert_eq!(looks(&names, address(1), now), 3);
        assert!((0..10).all(|_| names.may_look("ada", address(1), now)), "whatever others make up");
        assert_eq!(looks(&names, address(1), now + Duration::from_millis(999)), 0);
        assert_eq!(looks(&names, address(1), now + Duration::from_secs(60)), 3, "nothing is saved up");
        names.was_nobodys("ada");
        assert!(!names.may_look("ada", address(1), now + Duration::from_secs(60)), "it is made up, too, now");
        assert_eq!(looks(&Names::new(None), address(1), now), 10);
    }

    #[test]
    fn who_makes_up_names_leaves_turns_for_others_and_holds_up_no_operator() {
        let (names, now) = (Names::new(Some(8)), Instant::now());
        assert_eq!(looks(&names, Asker::Chat, now), 4);
        assert_eq!([looks(&names, address(1), now), looks(&names, address(2), now)], [2, 1]);
        assert_eq!([looks(&names, address(3), now), looks(&names, address(4), now)], [1, 0]);
        assert_eq!(looks(&names, Asker::Free, now), 10);
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
