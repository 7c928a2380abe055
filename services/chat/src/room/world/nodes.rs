//! A node of a world, as the driver is one: opens the room, answers joins, does what the machine asks.

use super::*;

impl Node {
    /// What a client has that was given the room anew.
    fn anew(&self) -> Client {
        let shown = self.recent.newest(MEMORY).iter().map(|e| e.id).collect();
        Client { shown, since: self.recent.from() }
    }
}

impl World {
    pub(super) fn open(&mut self, n: usize) {
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
            late: self.store.late,
            resumed: false,
            client: Client::default(),
        };
        let client = self.homeless.pop();
        node.client = self.join(&node, client);
        self.nodes[n] = Some(node);
    }

    pub(super) fn load(&self) -> (Room, Recent) {
        let all: Vec<Entry> = self.store.log.values().cloned().collect();
        let all = all[all.len().saturating_sub(MEMORY)..].to_vec();
        let from = all.first().map_or(self.store.last, |e| e.prev);
        (Room::new(self.store.last), Recent::new(from, all, MEMORY))
    }

    /// As the driver answers a join, with memory alone.
    pub(super) fn join(&self, node: &Node, back: Option<Client>) -> Client {
        let Some(mut client) = back else { return node.anew() };
        let since = client.shown.last().copied().unwrap_or(client.since);
        let late = node.late.is_some_and(|(from, to)| since >= from && since <= to);
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
            None => client = node.anew(),
        }
        client
    }

    pub(super) fn take(&mut self, n: usize) {
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

    pub(super) fn answer(&mut self, n: usize, ok: bool) {
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

    pub(super) fn ask(&mut self, n: usize, asked: Asked, known: Known, floor: LogId) -> Input {
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
                node.late = self.store.late;
                if std::mem::take(&mut node.resumed) {
                    node.client = node.anew();
                }
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
            node.resumed = false;
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
                node.recent = recent;
                node.client = node.anew();
                Input::Reloaded(room.last())
            }
        }
    }
}
