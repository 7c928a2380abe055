//! What becomes of a `say`: who may, what the text is, how fast, then the log. The answer is the message itself, or an error.
//!
//! Steps in this order, each a module of its own where it is more than a line; the first that refuses ends it. Nothing is written
//! before all have agreed. It waits at most `limits.say_patience`, then answers `unavailable`.

use super::state::{Refusal, Session, Who};
use crate::{
    bus::Verdict,
    compose::{self, Message, Quote},
    directory::{Channel, Standing, badges},
    error::Code,
    frame::Person,
    log_id::LogId,
    text,
};
use std::time::Duration;
use tokio::time::Instant;

/// Longest wait for what a message could do without.
const ASIDE: Duration = Duration::from_millis(300);

/// A `say` frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Saying<'a> {
    /// As the client named it.
    pub(super) room: &'a str,
    /// As it was sent.
    pub(super) text: &'a str,
    /// What makes a repeat the same message.
    pub(super) nonce: Option<&'a str>,
    /// An id of the log.
    pub(super) reply_to: Option<&'a str>,
}

impl Session {
    /// Says it and answers.
    pub(super) async fn say(&self, saying: &Saying<'_>) {
        let Saying { room, nonce, .. } = *saying;
        // What waits behind it may still do it later: whoever repeats it under the same nonce says it once.
        let said = tokio::time::timeout(self.context.limits.say_patience.get(), self.try_say(saying)).await;
        if let Err(refusal) = said.unwrap_or(Err(Refusal(Code::Unavailable, None))) {
            if refusal.0 == Code::Banned
                && let Some(channel) = self.socket.room(room)
            {
                return self.banned(channel.id, room, nonce).await;
            }
            self.refuse(&refusal, room, nonce);
        }
    }

    async fn try_say(&self, saying: &Saying<'_>) -> Result<(), Refusal> {
        let Saying { room, text: raw, nonce, reply_to } = *saying;
        let (is_me, raw) = raw.strip_prefix("/me ").map_or((false, raw), |rest| (true, rest));
        let Who::Here(Some(account)) = &self.who else { return Err(Refusal(Code::Unauthorized, None)) };
        if account.ends.is_none_or(|e| e <= Instant::now()) {
            return Err(Refusal(Code::ReadOnly, None));
        }
        let channel = self.socket.room(room).ok_or(Refusal(Code::NotJoined, None))?;
        let text =
            text::normalise(raw, self.context.limits.max_text.bytes() as usize).map_err(|e| match e {
                text::Invalid::Empty => Refusal(Code::Empty, None),
                text::Invalid::TooLong => Refusal(Code::TooLong, None),
            })?;
        let user = account.person.id;
        if self.context.bans.is_banned(channel.id, user).await {
            return Err(Refusal(Code::Banned, None));
        }
        if let Some(rate) = &self.context.rate
            && let Verdict::Wait(wait) = rate.ask(user).await
        {
            return Err(Refusal(Code::RateLimited, Some(wait)));
        }
        let standing = self.context.directory.standing(user, &channel).await;
        let (log, floor) = (&self.context.log, self.context.hub.floor(channel.id));
        let away = |e: streamly_redis::Error| {
            tracing::warn!(error = %e.details(), "a message could not be appended");
            Refusal(Code::Unavailable, None)
        };
        let reply_to = reply_to.and_then(|id| id.parse::<LogId>().ok());
        let composed = self.compose(&account.person, &channel, &standing, &text, reply_to, is_me).await;
        let body = composed.body();
        let is_first = composed.is_first;
        let done = log.say(channel.id, floor, user, nonce.unwrap_or_default(), body).await.map_err(away)?;
        metrics::counter!("streamly_chat_said_total").increment(1);
        if is_first {
            self.context.chatters.wrote(channel.id, user).await;
        }
        if done.repeated {
            // The first frame's message answers this one too; to everybody else it is old.
            match log.get(channel.id, done.id).await.map_err(away)? {
                Some(e) => self.socket.send(e.encode(channel.id, true)),
                None => return Err(Refusal(Code::MessageDeleted, None)),
            }
        }
        Ok(())
    }

    /// Finds out what the message is besides its text. What is away is left out; [`ASIDE`] is the longest it takes.
    async fn compose<'a>(
        &self,
        person: &'a Person,
        channel: &Channel,
        standing: &'a Standing,
        text: &'a str,
        reply_to: Option<LogId>,
        is_me: bool,
    ) -> Message<'a> {
        let context = &self.context;
        let names = compose::mentioned(text);
        let mentions = async {
            if names.is_empty() {
                return Vec::new();
            }
            tokio::time::timeout(ASIDE, context.directory.named(&names)).await.unwrap_or_default()
        };
        let quote = async {
            let parent = tokio::time::timeout(ASIDE, context.log.get(channel.id, reply_to?)).await;
            parent.ok()?.ok()?.and_then(|e| Quote::of(&e))
        };
        let (mentions, quote, is_first, colour) = tokio::join!(
            mentions,
            quote,
            context.chatters.is_new(channel.id, person.id),
            context.chatters.colour(person.id)
        );
        let badges = badges(&standing.roles);
        let more = serde_json::Map::new();
        Message { person, badges, colour, text, is_me, is_first, mentions, reply_to, quote, more }
    }
}
