//! Who is connected, and who gives way: connections that are not admitted yet have bounds of their own.
//!
//! At a bound the oldest such connection closes for the newcomer: of its own address if that has too many, else of the address that has
//! most. Silent ones so keep no publisher out, who is admitted within moments. Who is admitted never gives way.

use crate::config::RtmpConfig;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};
use streamly_http::Holder;
use streamly_lifecycle::CancellationToken;

#[derive(Debug)]
struct Guest {
    holder: Holder,
    pending: bool,
    close: CancellationToken,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    all: usize,
    pending: usize,
}

/// All connections; numbers rise, so the first is the oldest.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    guests: BTreeMap<u64, Guest>,
    counts: HashMap<Holder, Count>,
    pending: usize,
    next: u64,
}

impl Guests {
    /// Lets one in that is not admitted yet: its number, and what tells it to give way. `None`: everybody there is admitted.
    pub(crate) fn enter(&mut self, holder: Holder, limits: &RtmpConfig) -> Option<(u64, CancellationToken)> {
        let same = self.counts.get(&holder).copied().unwrap_or_default();
        if same.all >= limits.max_connections_per_address || same.pending >= limits.max_pending_per_address {
            self.give_way(Some(holder))?;
        }
        if self.guests.len() >= limits.max_connections || self.pending >= limits.max_pending {
            self.give_way(None)?;
        }
        let (id, close) = (self.next, CancellationToken::new());
        self.next += 1;
        self.guests.insert(id, Guest { holder, pending: true, close: close.clone() });
        let count = self.counts.entry(holder).or_default();
        count.all += 1;
        count.pending += 1;
        self.pending += 1;
        Some((id, close))
    }

    /// Closes the oldest that is not admitted: of that address, or of the one with most of them.
    fn give_way(&mut self, of: Option<Holder>) -> Option<()> {
        let pending =
            self.guests.iter().filter(|(_, guest)| guest.pending && of.is_none_or(|of| guest.holder == of));
        let most = |guest: &Guest| self.counts.get(&guest.holder).map_or(0, |count| count.pending);
        let id = pending.max_by_key(|(id, guest)| (most(guest), Reverse(**id))).map(|(id, _)| *id)?;
        self.leave(id);
        Some(())
    }

    /// It is admitted, or waits for its next publish. `false`: it had to give way.
    pub(crate) fn set_pending(&mut self, id: u64, pending: bool) -> bool {
        let Some(guest) = self.guests.get_mut(&id) else { return false };
        if guest.pending != pending {
            guest.pending = pending;
            let count = self.counts.entry(guest.holder).or_default();
            let (up, down) = (usize::from(pending), usize::from(!pending));
            count.pending = count.pending + up - down;
            self.pending = self.pending + up - down;
        }
        true
    }

    /// It is gone, or has to go. Twice is as once.
    pub(crate) fn leave(&mut self, id: u64) {
        let Some(guest) = self.guests.remove(&id) else { return };
        guest.close.cancel();
        self.pending -= usize::from(guest.pending);
        if let Some(count) = self.counts.get_mut(&guest.holder) {
            count.all -= 1;
            count.pending -= usize::from(guest.pending);
            if count.all == 0 {
                self.counts.remove(&guest.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn holder(n: u8) -> Holder {
        IpAddr::from([192, 0, 2, n]).into()
    }

    fn limits(all: usize, same: usize, pending: usize, same_pending: usize) -> RtmpConfig {
        RtmpConfig {
            max_connections: all,
            max_connections_per_address: same,
            max_pending: pending,
            max_pending_per_address: same_pending,
            ..RtmpConfig::default()
        }
    }

    #[test]
    fn the_oldest_silent_one_of_an_address_gives_way_and_no_admitted_one_does() {
        let (mut guests, limits) = (Guests::default(), limits(9, 3, 9, 2));
        let enter = |guests: &mut Guests| guests.enter(holder(1), &limits);
        let (first, first_close) = enter(&mut guests).unwrap();
        assert!(guests.set_pending(first, false));
        let [(second, second_close), (third, _)] = [(); 2].map(|()| enter(&mut guests).unwrap());
        let (fourth, _) = enter(&mut guests).unwrap();
        assert!(second_close.is_cancelled() && !first_close.is_cancelled());
        assert!(!guests.set_pending(second, false), "it is too late for who gave way");
        assert!(guests.set_pending(third, false) && guests.set_pending(fourth, false));
        assert!(enter(&mut guests).is_none(), "three of the address are admitted");
        assert!(guests.enter(holder(2), &limits).is_some());
    }

    #[test]
    fn a_flood_of_silent_ones_from_many_addresses_keeps_no_publisher_out() {
        let (mut guests, limits) = (Guests::default(), limits(100, 64, 40, 8));
        let (publisher, close) = guests.enter(holder(0), &limits).unwrap();
        for n in 0..1_000_u32 {
            guests.enter(holder(1 + (n % 16) as u8), &limits).unwrap();
            assert!(guests.pending <= 40);
        }
        assert!(!close.is_cancelled() && guests.set_pending(publisher, false));
        assert!(guests.enter(holder(200), &limits).is_some());
    }

    #[test]
    fn with_all_places_taken_a_silent_one_gives_way_to_a_newcomer() {
        let (mut guests, limits) = (Guests::default(), limits(2, 9, 9, 9));
        let (admitted, _) = guests.enter(holder(1), &limits).unwrap();
        guests.set_pending(admitted, false);
        let (_, silent) = guests.enter(holder(2), &limits).unwrap();
        let (second, _) = guests.enter(holder(3), &limits).unwrap();
        assert!(silent.is_cancelled());
        guests.set_pending(second, false);
        assert!(guests.enter(holder(4), &limits).is_none());
        // Between two publishes it may have to give way again.
        guests.set_pending(second, true);
        assert!(guests.enter(holder(4), &limits).is_some());
        guests.leave(second);
        guests.leave(admitted);
        assert_eq!((guests.guests.len(), guests.counts.len(), guests.pending), (1, 1, 1));
    }
}
