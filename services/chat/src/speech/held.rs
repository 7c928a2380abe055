//! Something said that has to wait for a moderator: put into the queue, or, as a repeat, answered by what became of it.
//!
//! Who is told besides the caller is the queue's ([`crate::holds`]). What cannot wait is refused.

use super::{Outcome, Speech};
use crate::{
    error::{Code, Refusal},
    holds::{self, Waiting},
    rules::Reason,
};

/// Why a message has to wait.
pub(super) struct Held {
    /// The rule.
    pub(super) reason: Reason,
    /// The blocked term in it.
    pub(super) term: Option<String>,
}

impl Speech<'_> {
    /// Whether it is a repeat of a message that was said: no new one, whatever the rules are by now. Redis away: no.
    pub(super) async fn is_said(&self, nonce: Option<&str>) -> bool {
        let Some(nonce) = nonce else { return false };
        self.context.log.is_said(self.channel.id, self.person.id, nonce).await.unwrap_or(false)
    }

    /// Lets the message wait for a moderator; its author and the moderators are told by the queue. It cannot: it is refused.
    pub(super) async fn hold(
        &self,
        nonce: Option<&str>,
        text: &str,
        body: &str,
        held: &Held,
    ) -> Result<Outcome, Refusal> {
        let (room, user) = (self.channel.id, self.person.id);
        let matched = held.term.as_deref().filter(|_| held.reason == Reason::Terms);
        let waiting = Waiting { user, nonce, text, body, reason: held.reason, matched };
        match self.context.holds.put(room, &waiting).await {
            Ok((kept, false)) => Ok(Outcome::Held { kept: Box::new(kept), repeated: false }),
            Ok((kept, true)) => self.was_kept(kept).await,
            Err(e) => {
                tracing::debug!(%room, error = ?e, "a message that should wait is refused");
                Err(Code::NotAllowed.into())
            }
        }
    }

    /// A repeat of a message that waits, or did: what became of it.
    pub(super) async fn was_held(&self, hold: uuid::Uuid) -> Result<Outcome, Refusal> {
        match self.context.holds.get(self.channel.id, hold).await {
            Ok(Some(kept)) => self.was_kept(kept).await,
            Ok(None) => Err(Code::NotAllowed.into()),
            Err(_) => Err(Code::Unavailable.into()),
        }
    }

    async fn was_kept(&self, kept: holds::Kept) -> Result<Outcome, Refusal> {
        match kept.message.as_deref().and_then(|m| m.parse().ok()) {
            Some(id) => self.was_said(id).await,
            None => Ok(Outcome::Held { kept: Box::new(kept), repeated: true }),
        }
    }
}
