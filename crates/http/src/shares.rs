//! Places that addresses share, so that none can take them all from the others.
//!
//! An address gets a place while it has less than half of what the others leave free, and always its first one while any is free. One
//! greedy address gets half of all places, the next half of the rest, and so on: with 16 places it takes five that work together to leave
//! none, with 2,000 twelve. Many viewers behind one address are not hurt where requests are shared: they take one place together.

use crate::Holder;
use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

/// The places of one kind. Whoever counts otherwise than by address names another kind of holder.
#[derive(Debug)]
pub struct Shares<K = Holder> {
    taken: usize,
    by: HashMap<K, usize>,
}

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Self { taken: 0, by: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash> Shares<K> {
    /// Takes one of `max` places; `false`: none is free, or this holder has its share.
    pub fn take(&mut self, holder: K, max: usize) -> bool {
        let own = self.by.get(&holder).copied().unwrap_or(0);
        let left = max.saturating_sub(self.taken - own);
        let given = self.taken < max && own < (left / 2).max(1);
        if given {
            self.taken += 1;
            *self.by.entry(holder).or_default() += 1;
        }
        given
    }

    /// Gives one back that was taken.
    pub fn free(&mut self, holder: K) {
        let Some(own) = self.by.get_mut(&holder) else { return };
        *own -= 1;
        self.taken -= 1;
        if *own == 0 {
            self.by.remove(&holder);
        }
    }

    /// Whether nobody has a place.
    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }
}

/// So many turns in a second, shared among addresses. What a second leaves is not saved up.
#[derive(Debug)]
pub struct Pace<K = Holder> {
    max: usize,
    begun: Shares<K>,
    since: Option<Instant>,
}

impl<K: Copy + Eq + Hash> Pace<K> {
    /// With so many turns a second.
    pub fn new(max: usize) -> Self {
        Self { max, begun: Shares::default(), since: None }
    }

    /// Whether it is this holder's turn.
    pub fn allows(&mut self, who: K, now: Instant) -> bool {
        // Callers read the clock before they come here, so that one may be earlier than the one before.
        let is_over = |since| now.saturating_duration_since(since) >= Duration::from_secs(1);
        if self.since.is_none_or(is_over) {
            self.since = Some(now);
            self.begun = Shares::default();
        }
        self.begun.take(who, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::IpAddr;

    fn holder(n: u8) -> Holder {
        IpAddr::from([192, 0, 2, n]).into()
    }

    #[test]
    fn a_greedy_address_leaves_places_for_others_and_gives_them_back() {
        let mut shares = Shares::default();
        let mut grab = |who| (0..100).filter(|_| shares.take(holder(who), 16)).count();
        assert_eq!([grab(1), grab(2), grab(3), grab(4), grab(5), grab(6)], [8, 4, 2, 1, 1, 0]);
        for _ in 0..8 {
            shares.free(holder(1));
        }
        shares.free(holder(1));
        assert!(shares.take(holder(6), 16));
        assert_eq!(shares.taken, 9);
        let mut single = Shares::default();
        assert!(single.take(holder(1), 1) && !single.take(holder(2), 1));
    }

    #[test]
    fn one_address_has_half_of_a_second_and_the_next_second_is_another() {
        let (mut pace, now) = (Pace::new(10), Instant::now());
        let mut begun = |n, at| (0..20).filter(|_| pace.allows(holder(n), at)).count();
        assert_eq!([begun(1, now), begun(2, now)], [5, 2]);
        let later = now + Duration::from_millis(999);
        assert_eq!(begun(1, later), 0);
        assert_eq!(begun(1, now + Duration::from_secs(1)), 5);
    }

    proptest! {
        #[test]
        fn never_more_than_there_are_and_never_more_than_half_beyond_the_first(asked in proptest::collection::vec((0u8..6, any::<bool>()), 0..300), max in 1usize..40) {
            let mut shares = Shares::default();
            for (who, take) in asked {
                if take { shares.take(holder(who), max); } else { shares.free(holder(who)); }
                prop_assert!(shares.taken <= max);
                prop_assert_eq!(shares.by.values().sum::<usize>(), shares.taken);
                prop_assert!(shares.by.values().all(|n| *n > 0 && *n <= (max / 2).max(1)));
            }
        }
    }
}
