//! The people of one room: who of the sockets is whom, told to the other nodes at the pace of presence.

use super::Driver;
use crate::{bus::Present, directory::badges, frame::Server, roster::Entry};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// A node without signed-in people asks for their number each so many times.
const SELDOM: u64 = 4;

impl Driver {
    /// The person of a socket that is in the room; a room that does not know the socket has nothing to note.
    pub(super) fn is_now(&mut self, socket: u64, entry: Arc<Entry>) {
        for join in self.waiting.iter_mut().filter(|j| j.socket.id == socket) {
            join.entry = Some(entry.clone());
        }
        if self.sockets.get(socket).is_some() {
            self.people.enter(socket, Some(entry));
        }
    }

    /// The person of a socket has other roles now.
    pub(super) fn has_badges(&mut self, socket: u64, roles: &[String]) {
        if let Some(entry) = self.people.of(socket) {
            let entry = Entry { person: entry.person.clone(), badges: badges(roles) };
            self.people.enter(socket, Some(Arc::new(entry)));
        }
    }

    pub(super) fn presence_frame(&self) -> Utf8Bytes {
        let count = self.presence.max(self.sockets.len() as u64);
        let people = self.present_people.max(self.people.count() as u64);
        Server::Presence { room: self.id, count, people }.encode()
    }

    /// Tells how many sockets are here and who came or went; answers presence and how many people there are, both over all nodes. `None`:
    /// Redis is away.
    pub(super) async fn count_all(&mut self) -> Option<(Present, u64)> {
        let sockets = &self.sockets;
        self.people.retain(|id| sockets.get(id).is_some_and(|s| s.user().is_some()));
        self.rounds += 1;
        let (hub, id, count) = (self.hub.clone(), self.id, self.sockets.len());
        if !self.people.is_known() || !self.people.is_told() {
            let (present, people) =
                tokio::join!(hub.log.presence(id, Some(count)), Box::pin(self.people_present()));
            return Some((present.ok()?, people));
        }
        match hub.log.present(&hub.people, id, count).await.ok()? {
            (present, Some(people)) => Some((present, people)),
            (present, None) => {
                self.people.unknown();
                Some((present, Box::pin(self.people_present()).await))
            }
        }
    }

    /// Tells who came or went and answers how many people there are on all nodes. Redis away: as many as there were.
    async fn people_present(&mut self) -> u64 {
        if self.people.count() == 0 && !self.people.is_known() {
            if self.rounds % SELDOM != 1 {
                return self.present_people;
            }
            return self.hub.people.count(self.id).await.unwrap_or(self.present_people);
        }
        // Once more if this node is not known: it tells all then.
        for _ in 0..2 {
            match self.hub.people.tell(self.id, &self.people.changes()).await {
                Ok(Some(total)) => {
                    self.people.told();
                    return total;
                }
                Ok(None) => self.people.unknown(),
                Err(_) => return self.present_people,
            }
        }
        self.present_people
    }

    /// This node has nobody here any more; if that is not told, it is found out.
    pub(super) async fn people_gone(&self) {
        if self.people.is_known() {
            let _ = self.hub.people.gone(self.id).await;
        }
    }
}
