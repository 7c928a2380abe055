//! Whole worlds: nodes with lossy pub/sub, clients that come back with `since`, and a Redis that fails over without its newest events
//! or comes back empty. Any interleaving gives every client ids upwards, and without a loss of data there are no holes.
//!
//! [`Store`] says in Rust what the scripts in `bus/lua` do.

mod nodes;
mod steps;
mod store;

use super::*;
use crate::bus::Kind;
use proptest::prelude::*;
use std::{collections::BTreeSet, sync::Arc};
use steps::{Step, step};
use store::{Known, Store};

const NODES: usize = 3;
/// Events in a node's memory, fewer than may be said.
const MEMORY: usize = 40;

#[derive(Debug, Clone)]
enum Sent {
    /// And the server it came from.
    Event(Entry, u32),
    Settle,
}

/// A client on a node: what it shows.
#[derive(Debug, Clone, Default)]
struct Client {
    shown: Vec<LogId>,
    /// From where on nothing may be missing.
    since: LogId,
}

#[derive(Debug, Clone)]
enum Asked {
    Read(LogId),
    Seed(LogId),
    Reload,
}

#[derive(Debug)]
struct Node {
    room: Room,
    recent: Recent,
    floor: LogId,
    known: Known,
    roster: BTreeSet<usize>,
    on_the_way: Vec<Sent>,
    asked: Option<Asked>,
    /// The log as it was when it was said what to bring.
    told: Option<Known>,
    /// Where nodes had brought something when this one last brought its own.
    late: Option<(LogId, LogId)>,
    /// Whether its client came with a `since` after the last time that the log was as this node knows it.
    resumed: bool,
    client: Client,
}

#[derive(Debug, Default)]
struct World {
    store: Store,
    nodes: [Option<Node>; NODES],
    homeless: Vec<Client>,
    now: u32,
    said: usize,
    servers: u32,
    generations: u32,
    deleted: BTreeSet<LogId>,
}

impl World {
    fn publish(&mut self, sent: &Sent, through: u8) {
        for (n, node) in self.nodes.iter_mut().enumerate() {
            if let Some(node) = node.as_mut().filter(|_| through & (1 << n) != 0) {
                node.on_the_way.push(sent.clone());
            }
        }
    }

    fn write(&mut self, n: usize, through: u8, what: impl FnOnce(&mut Store, u32, usize) -> Option<Entry>) {
        let (known, floor) = match self.nodes.get(n) {
            Some(Some(node)) => (Some(node.known), node.floor),
            Some(None) => return,
            None => (None, LogId::default()),
        };
        if self.store.look(known.is_some(), &mut self.generations) {
            self.publish(&Sent::Settle, through);
        }
        if self.store.usable(known, floor) {
            (self.now, self.said) = (self.now + 1, self.said + 1);
            if let Some(e) = what(&mut self.store, self.now, self.said) {
                self.publish(&Sent::Event(e, self.store.server), through);
            }
        } else if let Some(Some(node)) = self.nodes.get_mut(n) {
            node.room.handle(Input::Gap);
        }
    }

    fn seed(
        &mut self,
        n: usize,
        from: LogId,
        delivered: LogId,
        mine: &[Arc<Entry>],
        opens: bool,
    ) -> (bool, bool, Known) {
        let through = u8::MAX;
        let began = self.store.look(!opens, &mut self.generations);
        let (was_settled, log_now, base) = (!self.store.settling, self.store.known(), self.store.base);
        if !opens && self.store.awaited.remove(&None) {
            let roster = self.nodes[n].as_ref().map(|o| o.roster.clone()).unwrap_or_default();
            self.store.awaited.extend(roster.into_iter().map(Some));
        }
        if self.store.present.insert(n) {
            // Others hear of it, or will by their presence.
            self.nodes.iter_mut().flatten().for_each(|o| o.roster.extend([n]));
        }
        let (lowest, in_place, strange) = self.store.merge(from, delivered, mine);
        let floor = self.nodes[n].as_ref().map_or(LogId::default(), |o| o.floor);
        self.store.last = self.store.last.max(floor);
        let added = lowest.is_some();
        if let Some(lowest) = lowest {
            let mut first = if was_settled { lowest } else { lowest.min(base) };
            let mut to = self.store.last;
            if let Some((late_from, late_to)) = self.store.late {
                (first, to) = (first.min(late_from), to.max(late_to));
            }
            self.store.late = Some((first, to));
        }
        self.store.awaited.remove(&Some(n));
        if self.store.settling && self.store.awaited.is_empty() {
            self.store.settling = false;
            self.publish(&Sent::Settle, through);
        }
        if began {
            self.publish(&Sent::Settle, through);
        }
        if in_place || was_settled && added {
            self.publish(&Sent::Settle, through);
        }
        (!self.store.settling, strange, log_now)
    }

    fn arrive(&mut self, n: usize, which: usize, twice: bool) {
        let Some(node) = self.nodes[n].as_mut().filter(|o| !o.on_the_way.is_empty()) else { return };
        let which = which % node.on_the_way.len();
        // A connection keeps its order, and what it loses is told as a gap: notices do not come after what was sent after them.
        let notice = node.on_the_way.iter().position(|sent| matches!(sent, Sent::Settle));
        let (which, twice) = notice.filter(|n| *n <= which).map_or((which, twice), |n| (n, false));
        let sent = if twice { node.on_the_way[which].clone() } else { node.on_the_way.remove(which) };
        match sent {
            Sent::Event(e, server) => {
                node.floor = node.floor.max(e.id);
                let is_known = server == node.known.1;
                node.room.handle(if is_known { Input::Published(e) } else { Input::Foreign(e) });
            }
            Sent::Settle => node.room.handle(Input::Gap),
        }
    }

    /// Everything is there again, and everything that is on the way arrives.
    fn heal(&mut self) {
        for round in 0..200 {
            self.heal_round(round);
        }
    }

    fn heal_round(&mut self, round: usize) {
        for n in 0..NODES {
            // Round 0 is the reconnect, later ones are what presence tells now and then.
            let (last, known) = (self.store.last, self.store.generation.map(|_| self.store.known()));
            if self.nodes[n]
                .as_ref()
                .is_some_and(|o| round == 0 || o.room.reached() < last || Some(o.known) != known)
            {
                self.step(Step::Gap(n));
            }
            while self.nodes[n].as_ref().is_some_and(|o| !o.on_the_way.is_empty()) {
                self.step(Step::Arrive { node: n, which: 0, twice: false });
            }
            self.step(Step::Answer { node: n, ok: true });
            self.step(Step::Retry(n));
        }
        if round == 20 {
            self.step(Step::TimeIsUp);
        }
    }

    fn clients(&self) -> impl Iterator<Item = &Client> {
        self.nodes.iter().flatten().map(|o| &o.client)
    }
}

/// Lives through the steps and heals; what every world must hold. Answers the world.
fn live(steps: Vec<Step>) -> Result<World, TestCaseError> {
    let mut world = World::default();
    world.open(0);
    world.open(1);
    for s in steps {
        world.step(s);
        for c in world.clients() {
            prop_assert!(c.shown.windows(2).all(|w| w[0] < w[1]), "upwards: {:?}", c.shown);
        }
    }
    world.heal();
    for node in world.nodes.iter().flatten() {
        prop_assert!(node.asked.is_none() && !node.room.needs_retry(), "it comes to rest: {:?}", node);
        prop_assert!(node.client.shown.windows(2).all(|w| w[0] < w[1]));
    }
    Ok(world)
}

/// Every client has seen everything that is in the log, and the log has everything that a node remembers.
fn whole(world: &World) -> Result<(), TestCaseError> {
    let log: BTreeSet<LogId> = world.store.log.keys().copied().collect();
    for node in world.nodes.iter().flatten() {
        let Client { shown, since } = &node.client;
        let mut nonces: Vec<_> =
            world.store.log.values().map(|e| (e.kind == Kind::Message).then_some(&e.nonce)).collect();
        nonces.sort();
        prop_assert!(nonces.windows(2).all(|w| w[0].is_none() || w[0] != w[1]), "said twice: {nonces:?}");
        let kept = |i: &LogId| log.contains(i) || world.deleted.contains(i);
        let lost: Vec<_> = node.recent.entries().map(|e| e.id).filter(|i| !kept(i)).collect();
        prop_assert!(lost.is_empty(), "{lost:?} is in memory and not in {log:?}");
        let shown: BTreeSet<LogId> = shown.iter().copied().collect();
        // What was deleted once is missed by nobody, even if the deletion is lost again.
        let is_missed = |i: &&LogId| *i > since && !shown.contains(i) && !world.deleted.contains(i);
        let missed: Vec<_> = log.iter().filter(is_missed).collect();
        prop_assert!(missed.is_empty(), "missed {missed:?} of {log:?}, shown {shown:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, max_shrink_iters: 20_000, ..ProptestConfig::default() })]
    #[test]
    fn any_interleaving_gives_every_client_one_order_without_holes(steps in prop::collection::vec(step(), 0..160)) {
        let lasting = |s: &Step| !matches!(s, Step::Replace { .. } | Step::Empty);
        let world = live(steps.into_iter().filter(lasting).collect())?;
        whole(&world)?;
    }

    #[test]
    fn servers_that_lose_events_cost_neither_order_nor_what_a_living_node_has(steps in prop::collection::vec(step(), 0..160)) {
        whole(&live(steps)?)?;
    }
}
