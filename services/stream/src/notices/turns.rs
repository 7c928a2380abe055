//! Places for pushes under way, in turns: of those who wait, the broadcast that has the fewest places gets the next free one. So one
//! whose followers' push services say nothing has the places that nobody else wants, and no more.

use parking_lot::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};
use streamly_domain::BroadcastId;
use tokio::sync::oneshot;

/// The places.
#[derive(Debug)]
pub struct Turns(Mutex<Places>);

#[derive(Debug)]
struct Places {
    free: usize,
    /// Whose places are taken; nobody has none here.
    held: HashMap<BroadcastId, usize>,
    waiting: VecDeque<(BroadcastId, oneshot::Sender<Turn>)>,
}

/// A place; given to the next on drop.
#[derive(Debug)]
pub struct Turn {
    /// None: it was never given out.
    of: Option<Arc<Turns>>,
    whose: BroadcastId,
}

impl Turns {
    /// So many places, at least one.
    pub fn new(places: usize) -> Arc<Self> {
        let places = Places { free: places.max(1), held: HashMap::new(), waiting: VecDeque::new() };
        Arc::new(Self(Mutex::new(places)))
    }

    /// A place, when it is that broadcast's turn. Cancel-safe.
    pub async fn take(self: &Arc<Self>, whose: BroadcastId) -> Turn {
        let waits = {
            let mut places = self.0.lock();
            if places.free > 0 {
                places.free -= 1;
                *places.held.entry(whose).or_default() += 1;
                return Turn { of: Some(self.clone()), whose };
            }
            let (gives, waits) = oneshot::channel();
            places.waiting.push_back((whose, gives));
            waits
        };
        waits.await.expect("who waits is given a turn or asks no more")
    }

    /// A place of that broadcast is free: it goes to the next in turn, or is kept.
    fn give(self: &Arc<Self>, from: BroadcastId) {
        let mut places = self.0.lock();
        places.leave(from);
        while let Some((whose, gives)) = places.next() {
            *places.held.entry(whose).or_default() += 1;
            match gives.send(Turn { of: Some(self.clone()), whose }) {
                Ok(()) => return,
                // Nobody waits there any more.
                Err(mut turn) => {
                    turn.of = None;
                    places.leave(whose);
                }
            }
        }
        places.free += 1;
    }
}

impl Places {
    fn leave(&mut self, whose: BroadcastId) {
        if let Some(held) = self.held.get_mut(&whose) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&whose);
            }
        }
    }
    /// Of who has the fewest, who waits longest.
    fn next(&mut self) -> Option<(BroadcastId, oneshot::Sender<Turn>)> {
        let held = |whose: &BroadcastId| self.held.get(whose).copied().unwrap_or_default();
        let (at, _) = self.waiting.iter().enumerate().min_by_key(|(_, (whose, _))| held(whose))?;
        self.waiting.remove(at)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.of.take() {
            turns.give(self.whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, future::BoxFuture};

    /// Looks once whether that turn has come.
    fn look(waits: &mut BoxFuture<'static, Turn>) -> Option<Turn> {
        waits.now_or_never()
    }

    #[test]
    fn who_has_fewer_places_comes_before_who_waits_for_longer() {
        let turns = Turns::new(3);
        let (crowd, one) = (BroadcastId::new(), BroadcastId::new());
        // Each has asked before it is given back here.
        let waits = |whose| {
            let turns = turns.clone();
            let mut waits = async move { turns.take(whose).await }.boxed();
            assert!(look(&mut waits).is_none());
            waits
        };
        let mut held: Vec<_> = (0..3).map(|_| turns.take(crowd).now_or_never().unwrap()).collect();
        let mut more: Vec<_> = (0..50).map(|_| waits(crowd)).collect();
        let mut last = waits(one);
        drop(held.pop());
        let turn = look(&mut last).expect("the other one comes before");
        assert!(more.iter_mut().all(|waits| look(waits).is_none()));
        // Nobody's place is lost with who waits no more.
        drop(more);
        drop((held, turn));
        let free: Vec<_> = (0..3).filter_map(|_| turns.take(crowd).now_or_never()).collect();
        assert_eq!(free.len(), 3);
        assert!(turns.take(one).now_or_never().is_none());
        drop(free);
        let places = turns.0.lock();
        assert_eq!((places.free, places.held.len()), (3, 0));
    }
}
