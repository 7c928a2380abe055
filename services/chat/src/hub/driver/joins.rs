//! Who comes into a room: answered with what it has, at once or when Redis is back.

use super::{Driver, Guest};
use crate::{bus::Entry, error::Code, frame, hub::Join, log_id::LogId, room::Input};
use std::sync::Arc;
use streamly_redis::Error;

impl Driver {
    pub(super) async fn join(&mut self, join: Join) {
        if join.socket.reason().is_some() {
            return;
        }
        // A ban that was announced after the session asked and before this.
        if let Some(user) = join.socket.user()
            && self.hub.bans.is_banned(self.id, user).await
        {
            return join.socket.banned(self.id, &join.channel.username, None);
        }
        if self.is_outdated(&join).await {
            join.socket.exit(self.id);
            return join.socket.send(frame::error(Code::NotVisible, Some(&join.channel.username), None));
        }
        if self.open.is_none() {
            self.stream.1 = join.channel.viewers;
        }
        if let Err(e) = self.try_join(&join).await {
            tracing::debug!(room = %self.id, error = %e.details(), "a join waits for redis");
            let room = self.id.to_string();
            join.socket.send(frame::error(Code::Unavailable, Some(&room), None));
            // One of each socket, its newest: sockets are bounded, frames are not.
            self.waiting.retain(|j| j.socket.id != join.socket.id);
            self.waiting.push(join);
        }
    }

    /// Answers who waits; the first failure ends it, for each takes as long as Redis is given.
    pub(super) async fn retry(&mut self) {
        if self.unsure_of_bans {
            self.ask_for_bans();
        }
        self.feed(Input::Retry).await;
        self.give().await;
        self.answer_late().await;
        let mut joins = std::mem::take(&mut self.waiting).into_iter();
        while let Some(join) = joins.next() {
            if join.socket.reason().is_none() && self.try_join(&join).await.is_err() {
                self.waiting.extend(joins);
                self.waiting.push(join);
                return;
            }
        }
    }

    pub(super) async fn try_join(&mut self, join: &Join) -> Result<(), Error> {
        self.activate().await?;
        let Some(open) = &self.open else { return Err(Error::Stopped) };
        let (last, limits) = (open.room.last(), &self.hub.limits);
        let (events, whole) = match join.since {
            // An id that this log has not given out: nothing can be promised. Either it is made up, or the log has lost it.
            Some(since) if since > last => {
                metrics::counter!("streamly_chat_since_ahead_total").increment(1);
                (open.recent.newest(join.history), false)
            }
            Some(since)
                if open.late.is_some_and(|(from, to)| since >= from && since <= to)
                    || !open.recent.knows(since) =>
            {
                (open.recent.newest(join.history), false)
            }
            Some(since) => {
                let (all, whole) = match open.recent.after(since) {
                    Some(all) => (all, true),
                    None => self.replay(since, last).await?,
                };
                let skip = all.len().saturating_sub(limits.replay_max);
                (all[skip..].to_vec(), whole && skip == 0)
            }
            None => (open.recent.newest(join.history), true),
        };
        let cutoff = LogId::at(self.hub.log.cutoff_ms());
        let kept: Vec<&Arc<Entry>> = events.iter().filter(|e| e.id >= cutoff).collect();
        let complete = whole && (join.since.is_none() || kept.len() == events.len());
        let board = join.board.after(self.id, open.recent.entries());
        join.socket.send_frame(&self.joined.frame(join, &board, &kept, complete));
        if join.since.is_some() && complete {
            self.resumed.insert(join.socket.id);
        }
        join.socket.send(self.stream_frame());
        self.sockets.enter(join.socket.clone()).await;
        self.last_join = Some((join.channel.clone(), join.settings.clone(), board));
        let guest = Guest { roles: join.roles.clone(), sanction: join.sanction.clone() };
        if guest == Guest::default() {
            self.guests.remove(&join.socket.id);
        } else {
            self.guests.insert(join.socket.id, guest);
        }
        self.standing(join.socket.id, join.moderates);
        self.counted();
        if join.socket.user().is_some() {
            self.people.enter(join.socket.id, join.entry.clone());
        }
        join.socket.send(self.presence_frame());
        Ok(())
    }
}
