//! How many connections there may be: of all together from the moment they are accepted, of one address as soon as it is known.
//!
//! Dropping a [`Place`] gives it back.

use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use streamly_http::Holder;

/// Connections beyond the bound whose head is still read, so that they are answered 503 and `/health` is answered. More are closed at
/// once: a head that never comes holds a file descriptor for the hello time-out.
pub const SPARE: usize = 64;

/// There are as many of the address as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// The places of one node. Clones share them.
#[derive(Debug, Clone)]
pub struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    max: usize,
    max_per_address: usize,
    taken: AtomicUsize,
    per_address: Mutex<HashMap<Holder, usize>>,
}

impl Places {
    /// Nobody came yet.
    pub fn new(max: usize, max_per_address: usize) -> Self {
        let (taken, per_address) = (AtomicUsize::new(0), Mutex::default());
        Self(Arc::new(Inner { max, max_per_address, taken, per_address }))
    }

    /// A place for a connection that was accepted; `None`: there is not even a spare one.
    pub fn enter(&self) -> Option<Place> {
        let before = self.0.taken.fetch_add(1, Ordering::Relaxed);
        // Counted from here on: dropping the place gives it back.
        let place =
            Place { places: self.clone(), is_spare: before >= self.0.max, holder: None, is_socket: false };
        (before < self.0.max.saturating_add(SPARE)).then_some(place)
    }
}

/// A counted connection.
#[derive(Debug)]
pub struct Place {
    places: Places,
    /// Beyond the bound: no socket may come of it.
    pub is_spare: bool,
    holder: Option<Holder>,
    is_socket: bool,
}

impl Place {
    /// Counts it as the address's, if it is not counted as one's already.
    pub fn hold(&mut self, address: IpAddr) -> Result<(), TooMany> {
        if self.holder.is_some() {
            return Ok(());
        }
        let holder = Holder::from(address);
        let mut all = self.places.0.per_address.lock();
        let count = all.entry(holder).or_default();
        if *count >= self.places.0.max_per_address {
            return Err(TooMany);
        }
        *count += 1;
        self.holder = Some(holder);
        Ok(())
    }

    /// It becomes a socket.
    pub fn opened(&mut self) {
        self.is_socket = true;
        metrics::gauge!("streamly_chat_sockets").increment(1.0);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.0.taken.fetch_sub(1, Ordering::Relaxed);
        if self.is_socket {
            metrics::gauge!("streamly_chat_sockets").decrement(1.0);
        }
        if let Some(holder) = self.holder {
            let mut all = self.places.0.per_address.lock();
            if let Some(count) = all.get_mut(&holder) {
                *count -= 1;
                if *count == 0 {
                    all.remove(&holder);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_places_then_the_spare_ones_then_none_and_each_comes_back() {
        let places = Places::new(2, 9);
        let taken: Vec<Place> = std::iter::from_fn(|| places.enter()).collect();
        assert_eq!(taken.len(), 2 + SPARE);
        assert!(taken.iter().map(|p| p.is_spare).eq((0..2 + SPARE).map(|n| n >= 2)));
        drop(taken);
        assert!(places.enter().is_some_and(|p| !p.is_spare));
    }

    #[test]
    fn an_address_holds_its_share_once_for_each_connection_and_gives_it_back() {
        let places = Places::new(9, 2);
        let take = |address: &str| {
            let mut place = places.enter().unwrap();
            place.hold(address.parse().unwrap()).map(|()| place)
        };
        let mut first = take("2001:db8:1:200::3").unwrap();
        assert_eq!(first.hold("2001:db8:1:200::3".parse().unwrap()), Ok(()), "counted already");
        let second = take("2001:db8:1:2ff::9").unwrap();
        assert!(take("2001:db8:1:200::4").is_err(), "the same /56");
        assert!(take("2001:db8:1:300::3").is_ok());
        drop(second);
        assert!(take("2001:db8:1:200::4").is_ok());
    }
}
