//! The frame `joined`: the newest events that fit into its bound. What was made last for nobody in particular is shared by the next.
//!
//! A socket that reads nothing holds what waits for it; of one shared frame all of them hold the same bytes.

use super::{Board, Join};
use crate::{bus::Entry, frame, log_id::LogId, wire};
use bytes::Bytes;
use std::sync::Arc;
use streamly_domain::ChannelId;

/// Makes the frames of one room.
pub(super) struct Joined {
    room: ChannelId,
    max_bytes: usize,
    last: Option<Shared>,
    /// The newest settings that the room knows, as they are told.
    settings: Option<(u64, String)>,
}

/// A frame without anybody's nonce or roles, and what it was made of.
struct Shared {
    name: String,
    ids: Vec<LogId>,
    complete: bool,
    board: String,
    frame: Bytes,
}

impl Joined {
    /// Frames of at most `max_bytes`.
    pub(super) fn new(room: ChannelId, max_bytes: usize) -> Self {
        Self { room, max_bytes, last: None, settings: None }
    }

    /// The room's settings of this version, unless newer ones are known.
    pub(super) fn settings(&mut self, version: u64, public: &serde_json::Value) {
        if self.settings.as_ref().is_none_or(|(known, _)| *known < version) {
            self.settings = Some((version, public.to_string()));
            self.last = None;
        }
    }

    /// Something happened: what was made before will hardly be asked for again.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// The answer to the join with the newest of `events` (oldest first) that fit; if any does not, it is not `complete`. The board is as the
    /// room knows it.
    pub(super) fn frame(
        &mut self,
        join: &Join,
        board: &Board,
        events: &[&Arc<Entry>],
        complete: bool,
    ) -> Bytes {
        if self.settings.as_ref().is_none_or(|(known, _)| *known < join.settings.version) {
            self.settings(join.settings.version, &join.settings.public());
        }
        let user = join.socket.user();
        let is_own = |e: &Entry| user.is_some() && e.author == user;
        if !join.roles.is_empty() || join.sanction.is_some() || events.iter().any(|e| is_own(e)) {
            return self.encode(join, &board.members(), events, complete, is_own);
        }
        let board = board.members();
        let (name, ids) = (&join.channel.username, events.iter().map(|e| e.id).collect::<Vec<_>>());
        if let Some(last) = &self.last
            && (&last.name, &last.ids, last.complete, &last.board) == (name, &ids, complete, &board)
        {
            return last.frame.clone();
        }
        let frame = self.encode(join, &board, events, complete, is_own);
        self.last = Some(Shared { name: name.clone(), ids, complete, board, frame: frame.clone() });
        frame
    }

    fn encode(
        &self,
        join: &Join,
        board: &str,
        events: &[&Arc<Entry>],
        complete: bool,
        is_own: impl Fn(&Entry) -> bool,
    ) -> Bytes {
        let (room, name) = (self.room, serde_json::Value::from(join.channel.username.as_str()));
        let mut you = serde_json::json!({ "roles": join.roles });
        if let Some(sanction) = &join.sanction {
            you["sanction"] = frame::sanction(Some(sanction));
        }
        let settings = self.settings.as_ref().map_or("{}", |(_, public)| public);
        let head = format!("{{\"type\":\"joined\",\"room\":\"{room}\",\"name\":{name},\"events\":[");
        let tail = |complete: bool| {
            format!("],\"complete\":{complete},\"you\":{you},\"settings\":{settings}{board}}}")
        };
        let mut left = self.max_bytes.saturating_sub(head.len() + tail(false).len());
        let mut newest = Vec::new();
        for e in events.iter().rev() {
            let event = e.encode(room, is_own(e));
            // Each with its comma.
            let Some(rest) = left.checked_sub(event.len() + 1) else { break };
            left = rest;
            newest.push(event);
        }
        let mut text = head;
        text.reserve(self.max_bytes.saturating_sub(left).saturating_sub(text.len()));
        for (n, event) in newest.iter().rev().enumerate() {
            if n > 0 {
                text.push(',');
            }
            text.push_str(event);
        }
        text.push_str(&tail(complete && newest.len() == events.len()));
        wire::text(&text)
    }
}
