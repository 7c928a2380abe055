//! Who is in a room: the socket's person as the list has them, and the pages of the list, which are made when they are asked for.

use super::state::{Session, Who};
use crate::{
    directory::{Channel, Standing, badges},
    error::Code,
    frame::Server,
    roster::{self, Entry},
};
use std::sync::Arc;

impl Session {
    /// The socket's person in a room's list; a bot of another channel is a guest, and not in it.
    pub(super) fn entry(&self, channel: &Channel, standing: &Standing) -> Option<Arc<Entry>> {
        let Who::Here(Some(account)) = &self.who else { return None };
        if account.bot.as_ref().is_some_and(|b| b.room != channel.id) {
            return None;
        }
        Some(Arc::new(Entry { person: account.person.clone(), badges: badges(&standing.roles) }))
    }

    /// Answers a page.
    pub(super) async fn roster(&self, room: &str, cursor: Option<&str>) {
        let Some(channel) = self.socket.room(room) else {
            return self.error(Code::NotJoined, Some(room), None);
        };
        match self.context.people.page(channel.id, cursor, roster::PAGE).await {
            Ok(roster::Page { people, next, total }) => {
                let (room, next) = (channel.id, next.as_deref());
                self.socket.send(Server::Roster { room, people: &people, next, total }.encode());
            }
            Err(e) => {
                tracing::debug!(room = %channel.id, error = %e.details(), "a room's people cannot be listed");
                self.error(Code::Unavailable, Some(room), None);
            }
        }
    }
}
