//! Whole worlds: nodes with lossy pub/sub, clients that come back with `since`, and a Redis that fails over without its newest events
//! or comes back empty. Any interleaving gives every client ids upwards, and without a loss of data there are no holes.
//!
//! [`Store`] says in Rust what the scripts in `bus/lua` do; `bus::tests` holds them to it on a real server.

use super::*;
use crate::bus::Kind;
use proptest::prelude::*;
use std::{collections::BTreeSet, sync::Arc};

const NODES: usize = 3;
/// Events in a node's memory, fewer than may be said.
const MEMORY: usize = 40;

fn id(n: u32) -> LogId {
    LogId::new(1, n).unwrap()
}
fn message(n: LogId, prev: LogId, author: usize) -> Entry {
    // What makes two events of one id different: who said it, and the how manieth it was.
    Entry {
        id: n,
        prev,
        kind: Kind::Message,
        author: None,
        nonce: Some(author.to_string()),
        body: String::new(),
        shown: None,
    }
}

#[derive(Debug, Clone)]
enum Sent {
    /// And the server it came from.
    Event(Entry, u32),
    Settle,
}

/// A generation, the server it was on, and how often events came into its middle.
type Known = (u32, u32, u32);

/// The log, as the scripts keep it.
#[derive(Debug, Clone, Default)]
struct Store {
    server: u32,
    generation: Option<u32>,
    of_server: u32,
    merges: u32,
    prior: Option<Known>,
    settling: bool,
    base: LogId,
    /// `None`: somebody unknown.
    awaited: BTreeSet<Option<usize>>,
    present: BTreeSet<usize>,
    late: Option<(LogId, LogId)>,
    log: BTreeMap<LogId, Entry>,
    last: LogId,
    /// What was said under which nonce.
    nonces: BTreeMap<String, LogId>,
}

impl Store {
    /// Answers whether settling began.
    fn look(&mut self, knows: bool, generations: &mut u32) -> bool {
        if self.generation.is_none() {
            *generations += 1;
            self.generation = Some(*generations);
            self.base = LogId::default();
            // A node that knows nothing has known the server for a while here: the worse case.
            self.begin(if knows { BTreeSet::from([None]) } else { BTreeSet::new() })
        } else if self.of_server != self.server {
            self.base = self.last;
            let present = self.present.iter().copied().map(Some).collect();
            self.begin(present)
        } else {
            false
        }
    }
    fn begin(&mut self, awaited: BTreeSet<Option<usize>>) -> bool {
        self.prior = Some(self.known());
        self.of_server = self.server;
        self.settling = !awaited.is_empty();
        self.awaited = awaited;
        self.settling
    }
    fn known(&self) -> Known {
        (self.generation.unwrap(), self.of_server, self.merges)
    }
    fn usable(&self, known: Option<Known>, floor: LogId) -> bool {
        !self.settling && known.is_none_or(|k| k == self.known()) && floor <= self.last
    }
    fn base_for(&self, known: Known) -> LogId {
        let here = (known.0, known.1) == (self.generation.unwrap(), self.of_server);
        if here || Some(known) == self.prior { self.base } else { LogId::default() }
    }
    fn append(&mut self, now: u32, kind: Kind, author: usize, body: String) -> Entry {
        let next = LogId::new(1, self.last_number() + 1).unwrap();
        let e = Entry { kind, body, ..message(next.max(id(now)), self.last, author) };
        self.last = e.id;
        self.nonces.extend(e.nonce.clone().map(|n| (n, e.id)));
        self.log.insert(e.id, e.clone());
        e
    }
    fn last_number(&self) -> u32 {
        self.last.redis().split_once('-').unwrap().1.parse().unwrap()
    }
    fn from(&self) -> LogId {
        self.log.values().next().map_or(self.last, |e| e.prev)
    }
    /// The event that was said under this nonce, under which this one cannot be said as well.
    fn twin(&self, e: &Entry) -> bool {
        self.log.values().any(|o| o.nonce == e.nonce && o.kind == Kind::Message && o.id != e.id)
    }
    /// Answers the lowest that was added or is there already under another id, whether any came into the middle, and whether there are some that the node is
    /// beyond and never had, or has given out in vain.
    fn merge(&mut self, from: LogId, delivered: LogId, mine: &[Arc<Entry>]) -> (Option<LogId>, bool, bool) {
        let (mut added, mut twins) = (Vec::new(), Vec::new());
        let top = self.last;
        let mut known: BTreeSet<LogId> = mine.iter().map(|e| e.id).collect();
        for e in mine {
            match self.log.get(&e.id) {
                None if e.kind == Kind::Message && self.twin(e) => {
                    known.remove(&e.id);
                    twins.push(e.id);
                }
                None => {
                    self.log.insert(e.id, (**e).clone());
                    added.push(e.id);
                }
                Some(other) if other.nonce != e.nonce => drop(known.remove(&e.id)),
                Some(_) => {}
            }
        }
        for target in self
            .log
            .values()
            .filter(|e| e.kind == Kind::Deleted)
            .filter_map(Entry::target)
            .collect::<Vec<_>>()
        {
            self.log.remove(&target);
        }
        added.retain(|i| self.log.contains_key(i));
        self.nonces.extend(added.iter().filter_map(|i| Some((self.log.get(i)?.nonce.clone()?, *i))));
        let mut before = LogId::default();
        for e in self.log.values_mut() {
            e.prev = e.prev.max(before);
            before = e.id;
        }
        let strange = self.log.keys().any(|i| *i > from && *i <= delivered && !known.contains(i))
            || twins.iter().any(|i| *i <= delivered);
        self.last = self.last.max(mine.last().map(|e| e.id).unwrap_or_default());
        let lowest = added.first().copied().filter(|i| *i <= top);
        if let Some(lowest) = lowest {
            self.merges += 1;
            let before = self.log.range(..lowest).next_back().map(|(i, _)| *i);
            self.base = self.base.min(before.unwrap_or_default());
        }
        (added.first().into_iter().chain(&twins).min().copied(), lowest.is_some(), strange)
    }
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
    client: Client,
}

#[derive(Debug, Clone)]
enum Step {
    /// Says something at a node (or, beyond them, at one that has the room not open); to whom it gets through.
    Say {
        node: usize,
        through: u8,
    },
    /// Says under its nonce again what was said.
    Again {
        node: usize,
        which: usize,
        through: u8,
    },
    Delete {
        node: usize,
        which: usize,
        through: u8,
    },
    /// One of those on the way arrives, perhaps to come once more.
    Arrive {
        node: usize,
        which: usize,
        twice: bool,
    },
    Gap(usize),
    /// What was asked for is answered, or fails.
    Answer {
        node: usize,
        ok: bool,
    },
    Retry(usize),
    /// Another server: with all, without the newest few, or with nothing. (Clocks that step back are the floor's business: ids of two servers differ.)
    Replace {
        lost: usize,
    },
    Empty,
    /// Nobody is waited for any longer.
    TimeIsUp,
    /// A node is gone, its client goes to another one.
    Kill(usize),
    /// A node opens the room.
    Open(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (node, which) = (0..NODES, any::<usize>());
    prop_oneof![
        10 => (0..=NODES, any::<u8>()).prop_map(|(node, through)| Step::Say { node, through }),
        2 => (0..=NODES, which.clone(), any::<u8>()).prop_map(|(node, which, through)| Step::Again { node, which, through }),
        2 => (node.clone(), which.clone(), any::<u8>()).prop_map(|(node, which, through)| Step::Delete { node, which, through }),
        14 => (node.clone(), which, proptest::bool::weighted(0.2)).prop_map(|(node, which, twice)| Step::Arrive { node, which, twice }),
        3 => node.clone().prop_map(Step::Gap),
        14 => (node.clone(), proptest::bool::weighted(0.8)).prop_map(|(node, ok)| Step::Answer { node, ok }),
        4 => node.clone().prop_map(Step::Retry),
        2 => (0..6usize).prop_map(|lost| Step::Replace { lost }),
        1 => Just(Step::Empty),
        2 => Just(Step::TimeIsUp),
        1 => node.clone().prop_map(Step::Kill),
        4 => node.prop_map(Step::Open),
    ]
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

    fn open(&mut self, n: usize) {
        if self.nodes[n].is_some() {
            return;
        }
        let (settled, ..) = self.seed(n, LogId::default(), LogId::default(), &[], true);
        if !settled {
            return;
        }
        let (room, recent) = self.load();
        let mut node = Node {
            floor: room.last(),
            room,
            recent,
            known: self.store.known(),
            roster: self.store.present.clone(),
            on_the_way: Vec::new(),
            asked: None,
            told: None,
            client: Client::default(),
        };
        let client = self.homeless.pop();
        node.client = self.join(&node, client);
        self.nodes[n] = Some(node);
    }

    fn load(&self) -> (Room, Recent) {
        let all: Vec<Entry> = self.store.log.values().cloned().collect();
        let all = all[all.len().saturating_sub(MEMORY)..].to_vec();
        let from = all.first().map_or(self.store.last, |e| e.prev);
        (Room::new(self.store.last), Recent::new(from, all, MEMORY))
    }

    /// As the driver answers a join, with memory alone.
    fn join(&self, node: &Node, back: Option<Client>) -> Client {
        let all = || node.recent.newest(MEMORY).iter().map(|e| e.id).collect();
        let Some(mut client) = back else { return Client { shown: all(), since: node.recent.from() } };
        let since = client.shown.last().copied().unwrap_or(client.since);
        let late = self.store.late.is_some_and(|(from, to)| since >= from && since <= to);
        match node
            .recent
            .after(since)
            .filter(|_| since <= node.room.last() && !late && node.recent.knows(since))
        {
            Some(missed) => {
                client.shown.extend(missed.iter().map(|e| e.id));
                // A node vouches for what its memory reaches back to: what comes later below that is in the log alone.
                client.since = client.since.max(node.recent.from());
            }
            // `complete: false`: what it showed is replaced.
            None => client = Client { shown: all(), since: node.recent.from() },
        }
        client
    }

    fn take(&mut self, n: usize) {
        let Some(node) = &mut self.nodes[n] else { return };
        while let Some(output) = node.room.poll_output() {
            match output {
                Output::Deliver(e) => {
                    node.client.shown.push(e.id);
                    node.floor = node.floor.max(e.id);
                    node.recent.push(Arc::new(e));
                }
                Output::Read(after) => node.asked = Some(Asked::Read(after)),
                Output::Seed(after) => node.asked = Some(Asked::Seed(after)),
                Output::Reload => node.asked = Some(Asked::Reload),
                Output::Lost { .. } => {}
            }
        }
    }

    fn answer(&mut self, n: usize, ok: bool) {
        let Some((asked, known, floor)) =
            self.nodes[n].as_mut().and_then(|o| Some((o.asked.take()?, o.known, o.floor)))
        else {
            return;
        };
        let input = if ok { self.ask(n, asked, known, floor) } else { Input::Failed };
        if let Some(node) = &mut self.nodes[n] {
            node.room.handle(input);
        }
    }

    fn ask(&mut self, n: usize, asked: Asked, known: Known, floor: LogId) -> Input {
        if let Asked::Seed(after) = asked {
            let Some(node) = &self.nodes[n] else { return Input::Failed };
            let from = node.recent.from().max(after);
            let mut mine: Vec<Arc<Entry>> = node.recent.entries().cloned().collect();
            mine.extend(node.room.waiting().cloned().map(Arc::new));
            mine.retain(|e| e.id > from);
            let (settled, strange, log_now) = self.seed(n, from, node.room.last(), &mine, false);
            if let Some(node) = &mut self.nodes[n] {
                let told = node.told.take().filter(|t| *t != log_now);
                node.known = told.unwrap_or(self.store.known());
            }
            return Input::Seeded { settled, strange };
        }
        if self.store.look(true, &mut self.generations) {
            self.publish(&Sent::Settle, !0);
        }
        if !self.store.usable(Some(known), floor) {
            let told = self.store.known();
            if let Some(node) = &mut self.nodes[n] {
                node.told = Some(told);
            }
            return Input::Unsettled { base: self.store.base_for(known) };
        }
        if let Some(node) = &mut self.nodes[n] {
            node.floor = node.floor.max(self.store.last);
        }
        match asked {
            Asked::Read(after) => {
                const PAGE: usize = 3;
                let page =
                    self.store.log.range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded));
                let entries: Vec<Entry> = page.take(PAGE).map(|(_, e)| e.clone()).collect();
                let more = entries.len() == PAGE;
                Input::Read { entries, more, last: self.store.last, from: self.store.from() }
            }
            _ => {
                let (room, recent) = self.load();
                let Some(node) = &mut self.nodes[n] else { return Input::Failed };
                node.client = Client {
                    shown: recent.newest(MEMORY).iter().map(|e| e.id).collect(),
                    since: recent.from(),
                };
                node.recent = recent;
                Input::Reloaded(room.last())
            }
        }
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

    fn step(&mut self, step: Step) {
        match step {
            Step::Say { node, through } => {
                self.write(node, through, |s, now, said| {
                    Some(s.append(now, Kind::Message, said, String::new()))
                });
            }
            Step::Again { node, which, through } => {
                let again = which % self.said.max(1) + 1;
                self.write(node, through, |s, now, said| {
                    let new = !s.nonces.contains_key(&again.to_string()) && again < said;
                    new.then(|| s.append(now, Kind::Message, again, String::new()))
                });
            }
            Step::Delete { node, which, through } => {
                let mut gone = None;
                self.write(node, through, |s, now, said| {
                    let of = s.log.values().filter(|e| e.kind == Kind::Message).map(|e| e.id);
                    let all: Vec<LogId> = of.collect();
                    let target = *all.get(which % all.len().max(1))?;
                    s.log.remove(&target);
                    gone = Some(target);
                    Some(s.append(now, Kind::Deleted, said, format!("\"message_id\":\"{target}\"")))
                });
                self.deleted.extend(gone);
            }
            Step::Arrive { node, which, twice } => self.arrive(node, which, twice),
            Step::Gap(node) => {
                if let Some(node) = &mut self.nodes[node] {
                    node.room.handle(Input::Gap);
                }
            }
            Step::Answer { node, ok } => self.answer(node, ok),
            Step::Retry(node) => {
                if let Some(node) = &mut self.nodes[node] {
                    node.room.handle(Input::Retry);
                }
            }
            Step::Replace { lost } => {
                self.servers += 1;
                self.store.server = self.servers;
                for _ in 0..lost {
                    self.store.log.pop_last();
                }
                let log = &self.store.log;
                self.store.nonces.retain(|_, i| log.contains_key(i));
                if lost > 0 {
                    self.store.last = self.store.log.keys().next_back().copied().unwrap_or_default();
                }
            }
            Step::Empty => {
                self.servers += 1;
                self.store = Store { server: self.servers, ..Store::default() };
            }
            Step::TimeIsUp => self.store.settling = false,
            Step::Kill(n) => {
                if let Some(node) = self.nodes[n].take() {
                    self.homeless.push(node.client);
                }
            }
            Step::Open(n) => self.open(n),
        }
        for n in 0..NODES {
            self.take(n);
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
        let missed: Vec<_> = log.iter().filter(|i| *i > since && !shown.contains(i)).collect();
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

    /// Does not hold yet: some one in a few thousand of these worlds ends with a hole, or with an event out of its place, at a client that was there or came
    /// back while events were brought back late. `tests/api/survive.rs` has what was seen to hold on real servers.
    #[test]
    fn servers_that_lose_events_cost_neither_order_nor_what_a_living_node_has(steps in prop::collection::vec(step(), 0..160)) {
        whole(&live(steps)?)?;
    }
}
