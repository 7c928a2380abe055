//! Who in the room may what: roles, time-outs, bans, revoked bots, and the notes that are for some only.
//!
//! Announcements may be lost: after a gap the database is asked who was banned. PostgreSQL away: bans are as last known.

use super::{ASK_AGAIN, ASK_FOR_BANS, Driver, Guest};
use crate::{
    bans::{Sanction, SanctionKind},
    bus::{Published, To},
    directory::is_open,
    frame::Server,
    hub::{Join, News},
    socket::{Close, Socket},
};
use std::collections::HashSet;
use streamly_domain::UserId;
use tokio_tungstenite::tungstenite::Utf8Bytes;

impl Driver {
    /// A room that does not know the socket has nothing to note: it joins with what it is then.
    pub(super) fn standing(&mut self, socket: u64, moderates: bool) {
        if moderates && self.sockets.get(socket).is_some() {
            self.moderators.insert(socket);
        } else {
            self.moderators.remove(&socket);
        }
        for join in self.waiting.iter_mut().filter(|j| j.socket.id == socket) {
            join.moderates = moderates;
        }
    }

    pub(super) async fn roles_changed(&mut self, user: UserId, roles: Vec<String>, moderates: bool) {
        let here = self.sockets.iter().chain(self.waiting.iter().map(|j| &j.socket));
        let theirs: Vec<u64> = here.filter(|s| s.user() == Some(user)).map(|s| s.id).collect();
        for socket in theirs {
            self.standing(socket, moderates);
            self.has_badges(socket, &roles);
            self.guests.entry(socket).or_default().roles.clone_from(&roles);
        }
        for join in self.waiting.iter_mut().filter(|j| j.socket.user() == Some(user)) {
            join.roles.clone_from(&roles);
        }
        self.note(To::User(user), &Server::You { room: self.id, roles: &roles }.encode()).await;
    }

    pub(super) async fn sanctioned(&mut self, user: UserId, sanction: Option<Sanction>) {
        let banned = sanction.as_ref().is_some_and(|s| s.kind == SanctionKind::Ban);
        for socket in self.sockets.iter().filter(|s| s.user() == Some(user)) {
            self.guests.entry(socket.id).or_default().sanction.clone_from(&sanction);
        }
        self.hub.bans.put(self.id, user, sanction).await;
        if banned {
            self.put_out(user).await;
        }
    }

    /// Whether something is in force against the person of a socket: whoever is timed out moderates nothing meanwhile.
    fn is_sanctioned(&self, socket: u64) -> bool {
        let Some(Guest { roles, sanction: Some(sanction) }) = self.guests.get(&socket) else { return false };
        sanction.left().is_some() && !roles.iter().any(|r| r == "owner" || r == "staff")
    }

    /// A frame for some; a token that has ended makes nobody a moderator.
    pub(super) async fn note(&mut self, to: To, frame: &Utf8Bytes) {
        if to == To::All {
            return self.batch.push(frame);
        }
        // Behind what came before it.
        self.give().await;
        match to {
            To::All => {}
            To::Moderators => {
                let theirs = self.moderators.iter().filter(|id| !self.is_sanctioned(**id));
                let theirs = theirs.filter_map(|id| self.sockets.get(*id));
                theirs.filter(|s| s.user().is_some()).for_each(|s| s.send(frame.clone()));
            }
            To::User(user) => {
                let theirs = self.sockets.iter().filter(|s| s.user() == Some(user));
                theirs.for_each(|s| s.send(frame.clone()));
            }
        }
    }

    /// Asks who of those here was banned, and tells it this room as an announcement would; the room does not wait for it.
    pub(super) fn ask_for_bans(&mut self) {
        self.unsure_of_bans = false;
        let users: HashSet<UserId> = self.sockets.iter().filter_map(|s| s.user()).collect();
        if users.is_empty() {
            return;
        }
        let (room, bans, bots) = (self.id, self.hub.bans.clone(), self.hub.bots.clone());
        let news = self.handle.news.clone();
        let (users, stop): (Vec<_>, _) = (users.into_iter().collect(), self.hub.shutdown.clone());
        self.hub.tasks.spawn("bans", async move {
            for _ in 0..ASK_FOR_BANS {
                match bans.ask_all(room, &users).await {
                    Ok(banned) => {
                        for (user, sanction) in banned {
                            let told = Published::Sanctioned { user, sanction: Some(sanction) };
                            let _ = news.send(News::Published(told)).await;
                        }
                        for bot in bots.revoked(&users).await.unwrap_or_default() {
                            let _ = news.send(News::Published(Published::Revoked(bot))).await;
                        }
                        return;
                    }
                    Err(e) => tracing::debug!(%room, error = %e, "bans are taken as last known"),
                }
                tokio::select! {
                    () = stop.started() => return,
                    () = tokio::time::sleep(ASK_AGAIN) => {}
                }
            }
        });
    }

    /// Ends the sockets of a bot that is none any more; they leave by themselves.
    pub(super) fn revoked(&self, bot: UserId) {
        let here = self.sockets.iter().chain(self.waiting.iter().map(|j| &j.socket));
        here.filter(|s| s.user() == Some(bot)).for_each(|s| {
            s.end(Close::REVOKED);
        });
    }

    /// The channel is for others than before, or those let in before are not any more: if it is not for everybody, all leave, and who may see
    /// the room joins it again. What is older than what the room knows is nothing.
    pub(super) async fn visible_to(&mut self, visibility: String, version: u64) {
        if self.visibility.as_ref().is_some_and(|(_, known)| version < *known) {
            return;
        }
        let open = is_open(&visibility);
        let now = Some((visibility, version));
        if std::mem::replace(&mut self.visibility, now.clone()) == now || open {
            return;
        }
        self.leave_all(|_| true).await;
    }

    /// These leave, and are told.
    pub(super) async fn leave_all(&mut self, which: impl Fn(&Socket) -> bool) {
        let here = self.sockets.iter().chain(self.waiting.iter().map(|j| &j.socket));
        let theirs: Vec<_> = here.filter(|s| which(s)).cloned().collect();
        for socket in theirs {
            socket.exit(self.id);
            socket.send(Server::Left { room: self.id }.encode());
            self.leave(socket.id).await;
        }
    }

    /// Whether a join was let in by what the room knows to be over. One that knows more than the room tells it.
    pub(super) async fn is_outdated(&mut self, join: &Join) -> bool {
        let (visibility, version) = (&join.channel.visibility, join.channel.watch_version);
        match &self.visibility {
            Some((_, known)) if version > *known => {
                self.visible_to(visibility.clone(), version).await;
                false
            }
            Some((known, at)) => !is_open(known) && (known != visibility || version < *at),
            None => {
                self.visibility = Some((visibility.clone(), version));
                false
            }
        }
    }

    pub(super) async fn put_out(&mut self, user: UserId) {
        let room = self.id.to_string();
        let here = self.sockets.iter().chain(self.waiting.iter().map(|j| &j.socket));
        let theirs: Vec<_> = here.filter(|s| s.user() == Some(user)).cloned().collect();
        for socket in theirs {
            socket.banned(self.id, &room, None);
            self.leave(socket.id).await;
        }
    }
}
