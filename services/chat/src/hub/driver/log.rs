//! The room's driver towards the log: loads it, reads what was missed, brings what this node remembers, gives the room anew.
//!
//! What to do is [`crate::room`]'s to say. Redis away: what was asked for is asked again by the driver's pace.

use super::{Driver, Guest, Open};
use crate::{
    bus::{Entry, Floor, Kind, Memory, Page},
    hub::Join,
    log_id::LogId,
    room::{Input, Output, Recent, Room},
    socket::Socket,
};
use std::sync::Arc;
use streamly_redis::Error;

/// Events per page when a gap is read.
const PAGE: usize = 500;

impl Driver {
    /// Gives the machine an input and does what it says, to the end.
    pub(super) async fn feed(&mut self, input: Input) {
        let Some(open) = &mut self.open else { return };
        open.room.handle(input);
        loop {
            let Some(open) = &mut self.open else { return };
            let answer = match open.room.poll_output() {
                Some(Output::Deliver(e)) => {
                    self.wait_for_replica(e.id).await;
                    if e.kind == Kind::Settings {
                        self.settings_changed(&e).await;
                    }
                    self.deliver(e).await;
                    continue;
                }
                Some(Output::Lost { after, missing }) => {
                    metrics::counter!("streamly_chat_lost_events_total").increment(1);
                    tracing::warn!(room = %self.id, %after, %missing, "events that nobody has any more");
                    continue;
                }
                Some(Output::Read(after)) => self.read(after).await,
                Some(Output::Seed(after)) => self.seed(after).await,
                Some(Output::Reload) => self.reload().await,
                None => return,
            };
            let answer = answer.unwrap_or_else(|e| {
                tracing::debug!(room = %self.id, error = %e.details(), "the log is asked again");
                Input::Failed
            });
            if let Some(open) = &mut self.open {
                open.room.handle(answer);
            }
        }
    }

    /// What is shown is at a replica as well, where there is one. One wait covers all that came by now.
    async fn wait_for_replica(&mut self, id: LogId) {
        if id > self.replicated {
            let come = self.handle.floor.id();
            self.hub.log.replicated(self.id).await;
            self.replicated = come.max(id);
        }
    }

    async fn read(&mut self, after: LogId) -> Result<Input, Error> {
        let page = self.hub.log.page(self.id, &self.handle.floor, after, PAGE, false).await?;
        Ok(match page {
            Page::Whole { last, from, entries } => {
                self.handle.floor.rise(last);
                self.resumed.clear();
                Input::Read { more: entries.len() == PAGE, entries, last, from }
            }
            Page::Unsettled { base, log } => self.unsettled(base, log),
        })
    }

    fn unsettled(&mut self, base: LogId, log: String) -> Input {
        if let Some(open) = &mut self.open {
            open.told = log;
        }
        Input::Unsettled { base }
    }

    async fn seed(&mut self, after: LogId) -> Result<Input, Error> {
        let Some(open) = &mut self.open else { return Err(Error::Stopped) };
        let log = std::mem::take(&mut open.told);
        let cutoff = LogId::at(self.hub.log.cutoff_ms());
        let from = open.recent.from().max(after).max(cutoff);
        let mut entries: Vec<Arc<Entry>> = open.recent.entries().cloned().collect();
        entries.extend(open.room.waiting().cloned().map(Arc::new));
        entries.retain(|e| e.id > from);
        let memory = Memory { from, delivered: open.room.last(), log, entries, nodes: open.nodes.clone() };
        let seeded = self.hub.log.seed(self.id, &self.handle.floor, &memory).await?;
        self.handle.floor.enter(&seeded.generation);
        if seeded.added > 0 {
            metrics::counter!("streamly_chat_seeded_events_total").increment(seeded.added);
            tracing::warn!(room = %self.id, events = seeded.added, "redis lacked events; they are there again");
        }
        if seeded.clashes > 0 {
            metrics::counter!("streamly_chat_lost_events_total").increment(seeded.clashes);
            tracing::error!(room = %self.id, events = seeded.clashes, "the log has others in the place of these: they are lost");
        }
        if let Some(open) = &mut self.open {
            open.nodes = seeded.nodes;
            open.late = seeded.late;
        }
        let resumed = std::mem::take(&mut self.resumed);
        if seeded.strange == 0 && !resumed.is_empty() {
            self.give().await;
            let sockets = resumed.iter().filter_map(|id| self.sockets.get(*id)).cloned().collect();
            self.show_anew(sockets).await;
        }
        Ok(Input::Seeded { settled: seeded.settled, strange: seeded.strange > 0 })
    }

    /// Loads the newest events and gives them to every socket, as an answer to a join that it did not ask for.
    async fn reload(&mut self) -> Result<Input, Error> {
        let (room, recent) = match self.load(&self.handle.floor.clone()).await? {
            Ok(loaded) => loaded,
            Err((base, log)) => return Ok(self.unsettled(base, log)),
        };
        metrics::counter!("streamly_chat_reloads_total").increment(1);
        tracing::warn!(room = %self.id, "events are missing in what was shown: the room is shown anew");
        self.joined.forget();
        // What was to be given out before this comes before this.
        self.give().await;
        let last = room.last();
        if let Some(open) = &mut self.open {
            open.recent = recent;
        }
        let everybody = self.sockets.iter().cloned().collect();
        self.show_anew(everybody).await;
        Ok(Input::Reloaded(last))
    }

    /// Gives these sockets what memory has, as an answer to a join that they did not ask for: it replaces what they show.
    async fn show_anew(&mut self, sockets: Vec<Arc<Socket>>) {
        let (Some(open), Some((channel, settings, board))) = (&self.open, self.last_join.clone()) else {
            return;
        };
        let mut board = board.after(self.id, open.recent.entries());
        if let Some(pin) = board.pin.clone()
            && let Some(message) = pin.message
            && self.hub.log.is_gone(self.id, message, pin.author).await.unwrap_or(true)
        {
            board.pin = None;
        }
        let Some(open) = &self.open else { return };
        let history = self.hub.limits.history_default;
        let events = open.recent.newest(history);
        let events: Vec<&Arc<Entry>> = events.iter().collect();
        for socket in sockets {
            let Guest { roles, sanction } = self.guests.get(&socket.id).cloned().unwrap_or_default();
            let join = Join {
                socket: socket.clone(),
                channel: channel.clone(),
                since: None,
                history,
                roles,
                moderates: self.moderators.contains(&socket.id),
                entry: None,
                sanction,
                settings: settings.clone(),
                board: board.clone(),
            };
            let frame = self.joined.frame(&join, &board, &events, false);
            self.sockets.send(&socket, &frame).await;
        }
    }

    /// The newest events of a log that is whole; else from where on this node is to bring what it remembers, and the log then.
    async fn load(&self, floor: &Floor) -> Result<Result<(Room, Recent), (LogId, String)>, Error> {
        let (log, max) = (&self.hub.log, self.hub.limits.memory_events);
        match log.page(self.id, floor, LogId::at(log.cutoff_ms()), max, true).await? {
            Page::Unsettled { base, log } => Ok(Err((base, log))),
            Page::Whole { last, entries, .. } => {
                floor.rise(last);
                // The oldest event names the one before it: memory reaches back to there.
                let from = entries.first().map_or(last, |e| e.prev);
                let last = entries.last().map_or(last, |e| e.id.max(last));
                Ok(Ok((Room::new(last), Recent::new(from, entries, max))))
            }
        }
    }

    /// Subscribes first and loads then, so that nothing falls between.
    pub(super) async fn activate(&mut self) -> Result<(), Error> {
        if self.open.is_some() {
            return Ok(());
        }
        let Some(subscriptions) = self.hub.subscriptions.get() else { return Err(Error::Stopped) };
        subscriptions.ssubscribe(&crate::bus::channel(self.id)).await?;
        let log = &self.hub.log;
        let opened = log.seed(self.id, &Floor::default(), &Memory::default()).await?;
        let floor = Floor::default();
        floor.enter(&opened.generation);
        let Ok((room, recent)) = self.load(&floor).await? else {
            return Err(Error::NotReady("the room's log is being put together again"));
        };
        self.stream.0 = log.live_state(self.id).await?;
        self.handle.floor.rise(floor.id());
        self.handle.floor.enter(&opened.generation);
        self.open = Some(Open { room, recent, nodes: opened.nodes, late: opened.late, told: String::new() });
        Ok(())
    }

    /// Events after `since` that memory no longer has, up to what was given out; later ones come as frames.
    pub(super) async fn replay(&self, since: LogId, last: LogId) -> Result<(Vec<Arc<Entry>>, bool), Error> {
        let max = self.hub.limits.replay_max;
        match self.hub.log.page(self.id, &self.handle.floor, since, max + 1, true).await? {
            Page::Unsettled { .. } => Err(Error::NotReady("the room's log is being put together again")),
            Page::Whole { from, mut entries, .. } => {
                let whole = entries.len() <= max && (since >= last || from <= since);
                entries.retain(|e| e.id <= last);
                Ok((entries.into_iter().map(Arc::new).collect(), whole))
            }
        }
    }
}
