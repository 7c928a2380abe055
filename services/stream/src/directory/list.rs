//! An order of channels that pages go on in, by its hash: equal orders are one.

use super::cursor::NAME;
use sha2::{Digest, Sha256};
use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};
use uuid::Uuid;

/// What a list takes beside its ids: names, counts, and the cache around it.
const AROUND: usize = 256;

/// See the module's head.
#[derive(Debug)]
pub(super) struct List {
    pub(super) name: String,
    pub(super) ids: Vec<Uuid>,
    /// Places in `ids`, in the order of the ids: found without a second copy of them. Made when first asked for.
    sorted: OnceLock<Vec<u32>>,
    /// When it was stored last, Unix seconds; 0: never by this process.
    kept_at: AtomicU64,
}

impl List {
    pub(super) fn new(ids: Vec<Uuid>) -> Self {
        let mut hash = Sha256::new();
        for id in &ids {
            hash.update(id.as_bytes());
        }
        let name = hash.finalize().iter().take(NAME / 2).map(|b| format!("{b:02x}")).collect();
        Self { name, ids, sorted: OnceLock::new(), kept_at: AtomicU64::new(0) }
    }

    /// Whether a channel is in it.
    pub(super) fn has(&self, id: &Uuid) -> bool {
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted: Vec<u32> = (0..u32::try_from(self.ids.len()).unwrap_or(u32::MAX)).collect();
            sorted.sort_unstable_by_key(|at| self.ids.get(*at as usize));
            sorted
        });
        sorted.binary_search_by(|at| self.ids.get(*at as usize).cmp(&Some(id))).is_ok()
    }

    /// Memory that it takes, or will: 20 bytes a channel, and a little.
    pub(super) fn bytes(&self) -> usize {
        AROUND + self.ids.capacity() * (size_of::<Uuid>() + size_of::<u32>())
    }

    /// Whether it is to be stored, again or for the first time; then it counts as stored. Once in that time is often enough.
    pub(super) fn is_due(&self, now: u64, every: u64) -> bool {
        let kept = self.kept_at.load(Ordering::Relaxed);
        let is_due = kept == 0 || now.saturating_sub(kept) >= every;
        is_due && self.kept_at.compare_exchange(kept, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// It was not stored after all.
    pub(super) fn not_kept(&self) {
        self.kept_at.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_orders_are_one_list() {
        let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(List::new(vec![a, b]).name, List::new(vec![a, b]).name);
        assert_ne!(List::new(vec![a, b]).name, List::new(vec![b, a]).name);
    }

    #[test]
    fn it_is_stored_once_in_a_while_and_again_when_that_failed() {
        let list = List::new(vec![Uuid::now_v7()]);
        assert!(list.is_due(1000, 60) && !list.is_due(1001, 60) && list.is_due(1060, 60));
        list.not_kept();
        assert!(list.is_due(1061, 60));
    }

    #[test]
    fn ten_thousand_channels_take_what_is_said_of_them() {
        let list = List::new((0..10_000).map(|_| Uuid::now_v7()).collect());
        assert!(list.bytes() <= 10_000 * 20 + AROUND, "{}", list.bytes());
    }

    proptest! {
        #[test]
        fn it_has_what_is_in_it_and_nothing_else(ids in proptest::collection::vec(any::<u128>(), 0..40), other: u128) {
            let ids: Vec<Uuid> = ids.into_iter().map(Uuid::from_u128).collect();
            let (list, other) = (List::new(ids.clone()), Uuid::from_u128(other));
            prop_assert!(ids.iter().all(|id| list.has(id)));
            prop_assert_eq!(list.has(&other), ids.contains(&other));
        }
    }
}
