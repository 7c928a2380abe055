//! A `say` that has to wait for a moderator: put into the queue, or, as a repeat, answered by what became of it.
//!
//! Who is told besides the asking socket is the queue's ([`crate::holds`]). What cannot wait is refused.

use super::{
    say::away,
    state::{Refusal, Session},
};
use crate::{
    error::Code,
    holds::{self, Waiting},
    rules::Reason,
};
use streamly_domain::{ChannelId, UserId};

/// Why a message has to wait.
pub(super) struct Held {
    /// The rule.
    pub(super) reason: Reason,
    /// The blocked term in it.
    pub(super) term: Option<String>,
}

impl Session {
    /// Whether it is a repeat of a message that was said: no new one, whatever the rules are by now. Redis away: no.
    pub(super) async fn is_said(&self, room: ChannelId, user: UserId, nonce: Option<&str>) -> bool {
        match nonce {
            Some(nonce) => self.context.log.is_said(room, user, nonce).await.unwrap_or(false),
            None => false,
        }
    }

    /// Lets the message wait for a moderator; its author and the moderators are told by the queue. It cannot: it is refused.
    pub(super) async fn hold(
        &self,
        room: ChannelId,
        user: UserId,
        nonce: Option<&str>,
        text: &str,
        body: &str,
        held: &Held,
    ) -> Result<(), Refusal> {
        let matched = held.term.as_deref().filter(|_| held.reason == Reason::Terms);
        let waiting = Waiting { user, nonce, text, body, reason: held.reason, matched };
        match self.context.holds.put(room, &waiting).await {
            Ok((_, false)) => Ok(()),
            Ok((kept, true)) => self.tell_kept(room, &kept).await,
            Err(e) => {
                tracing::debug!(room = %room, error = ?e, "a message that should wait is refused");
                Err(Code::NotAllowed.into())
            }
        }
    }

    /// A repeat of a message that waits, or did: what became of it, to this socket.
    pub(super) async fn tell_held(&self, room: ChannelId, hold: uuid::Uuid) -> Result<(), Refusal> {
        match self.context.holds.get(room, hold).await {
            Ok(Some(kept)) => self.tell_kept(room, &kept).await,
            Ok(None) => Err(Code::NotAllowed.into()),
            Err(_) => Err(Code::Unavailable.into()),
        }
    }

    async fn tell_kept(&self, room: ChannelId, kept: &holds::Kept) -> Result<(), Refusal> {
        if let Some(id) = kept.message.as_deref().and_then(|m| m.parse().ok()) {
            return match self.context.log.get(room, id).await.map_err(away)? {
                Some(e) => {
                    self.socket.send(e.encode(room, true));
                    Ok(())
                }
                None => Err(Code::MessageDeleted.into()),
            };
        }
        self.socket.send(holds::for_author(kept).to_string().into());
        if kept.state != "waiting" {
            self.socket.send(holds::resolved(kept).to_string().into());
        }
        Ok(())
    }
}
