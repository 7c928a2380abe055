//! What hangs on a room's wall, for `joined`: the pinned message and the open poll.
//!
//! A session asks for it, and it may be a second old; what the room gave out since counts ([`Board::after`]), so that nobody who joins is shown a
//! message that is gone. Pure.

use crate::{
    bus::{Entry, Kind},
    store::pins::Pin,
};
use std::sync::Arc;
use streamly_domain::ChannelId;

/// The wall of one room.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// What is known of its pin.
    pub pin: Option<Arc<Pin>>,
    /// The open poll, as `joined` has it.
    pub poll: Option<Arc<str>>,
}

impl Board {
    /// The same when these events, oldest first, have happened as well. Those that it knows of already count for nothing.
    pub fn after<'a>(&self, room: ChannelId, events: impl Iterator<Item = &'a Arc<Entry>>) -> Self {
        let mut this = self.clone();
        events.for_each(|e| this.see(room, e));
        this
    }

    /// This event has happened.
    pub fn see(&mut self, room: ChannelId, e: &Entry) {
        match e.kind {
            Kind::Pinned => self.pinned(room, e),
            Kind::Poll => self.polled(e),
            Kind::Deleted | Kind::Cleared => self.deleted(e),
            Kind::Message | Kind::Settings | Kind::Notice => {}
        }
    }

    fn pinned(&mut self, room: ChannelId, e: &Entry) {
        if self.pin.as_ref().is_none_or(|p| p.event < e.id) {
            let message = e.about().filter(|_| e.shown.is_some());
            let (author, frame) = (e.shown_author(), e.encode(room, false).to_string());
            self.pin = Some(Arc::new(Pin { event: e.id, message, author, frame }));
        }
    }

    fn deleted(&mut self, e: &Entry) {
        let Some(pin) = &self.pin else { return };
        let Some(message) = pin.message.filter(|m| *m < e.id) else { return };
        let is_gone = match (e.kind, e.author) {
            (Kind::Deleted, _) => e.target() == Some(message),
            (_, None) => true,
            (_, author) => pin.author == author,
        };
        if is_gone {
            self.pin = Some(Arc::new(Pin::none(pin.event)));
        }
    }

    fn polled(&mut self, e: &Entry) {
        let members = e.members();
        let Some(poll) = members.get("poll") else { return };
        let Some(id) = poll.get("id").and_then(|i| i.as_str()) else { return };
        // Of one that is known the votes are newer than the event.
        let is_known = self.poll.as_ref().is_some_and(|known| known.contains(id));
        let is_open = poll.get("state").is_some_and(|s| s == "open");
        match &self.poll {
            None if is_open => self.poll = Some(poll.to_string().into()),
            Some(_) if is_known && !is_open => self.poll = None,
            _ => {}
        }
    }

    /// Members of `joined`, each after a comma.
    pub fn members(&self) -> String {
        let pinned = self.pin.as_ref().filter(|p| p.message.is_some()).map(|p| p.frame.as_str());
        let member =
            |name: &str, value: Option<&str>| value.map(|v| format!(",\"{name}\":{v}")).unwrap_or_default();
        member("pinned", pinned) + &member("poll", self.poll.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_id::LogId;
    use streamly_domain::UserId;

    const POLL: &str = "01932f00-0000-7000-8000-0000000000c1";

    fn event(at: u64, kind: Kind, author: Option<UserId>, body: &str) -> Arc<Entry> {
        let (id, body) = (LogId::at(at), body.to_owned());
        Arc::new(Entry { id, prev: LogId::default(), kind, author, nonce: None, body, shown: None })
    }

    fn pinned(at: u64, message: u64, author: UserId) -> Arc<Entry> {
        let body = format!("\"message_id\":\"{}\",\"by\":\"x\"", LogId::at(message));
        let shown = format!("\"message\":{{\"user\":{{\"id\":\"{author}\"}}}}");
        let event = event(at, Kind::Pinned, None, &body);
        Arc::new(Entry { shown: Some(shown.into()), ..Arc::unwrap_or_clone(event) })
    }

    #[test]
    fn what_happened_since_is_put_on_top_of_what_was_read() {
        let (room, bob, cleo) = (ChannelId::new(), UserId::new(), UserId::new());
        let message = |board: &Board| board.pin.as_ref().and_then(|p| p.message);
        let board = Board::default().after(room, [pinned(5, 2, bob)].iter());
        assert_eq!(message(&board), Some(LogId::at(2)));
        assert!(board.members().starts_with(",\"pinned\":{"), "{}", board.members());
        let deleted = format!("\"message_id\":\"{}\"", LogId::at(2));
        for (later, kept) in [
            (event(6, Kind::Deleted, Some(bob), &deleted), None),
            (event(6, Kind::Cleared, Some(bob), ""), None),
            (event(6, Kind::Cleared, None, ""), None),
            (event(6, Kind::Cleared, Some(cleo), ""), Some(2)),
            (event(6, Kind::Pinned, None, "\"message\":null,\"by\":\"x\""), None),
            (pinned(6, 3, cleo), Some(3)),
            (pinned(4, 1, cleo), Some(2)),
        ] {
            let after = board.after(room, std::iter::once(&later));
            assert_eq!(message(&after), kept.map(LogId::at), "{later:?}");
            assert_eq!(after.members().is_empty(), kept.is_none());
        }
    }

    #[test]
    fn a_poll_hangs_there_while_it_is_open_with_the_votes_that_are_known() {
        let room = ChannelId::new();
        let poll = |at, state| {
            event(
                at,
                Kind::Poll,
                None,
                &format!("\"poll\":{{\"id\":\"{POLL}\",\"state\":\"{state}\",\"votes\":[0]}}"),
            )
        };
        let voted: Arc<str> = format!("{{\"id\":\"{POLL}\",\"state\":\"open\",\"votes\":[7]}}").into();
        let known = Board { poll: Some(voted.clone()), ..Board::default() };
        assert_eq!(known.after(room, [poll(1, "open")].iter()).poll, Some(voted));
        assert_eq!(known.after(room, [poll(1, "open"), poll(2, "closed")].iter()).poll, None);
        assert!(Board::default().after(room, [poll(1, "open")].iter()).poll.is_some());
        assert!(Board::default().after(room, [poll(1, "open"), poll(2, "cancelled")].iter()).poll.is_none());
    }
}
