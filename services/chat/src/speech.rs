//! What becomes of something said, by a person or a bot, over a WebSocket or by REST: who may, what the text is, how fast, then the log.
//!
//! Steps in this order, each a module of its own where it is more than a line; the first that refuses ends it: who, command?, text,
//! sanction, pace, modes and rules (which may put it aside for a moderator), the room's pace, slow mode and unique, the log. Nothing is
//! written before all have agreed. It waits at most `limits.say_patience`, then it is `unavailable`. Who the speaker is, the caller has found out.

mod composed;
mod held;
mod judge;

use crate::{
    bans::{Sanction, SanctionKind},
    bots::Bot,
    bus::{Entry, Kind},
    commands::{self, Caller, Form, Line},
    directory::{Channel, Standing},
    emotes,
    error::{Code, Refusal},
    frame::Person,
    log_id::LogId,
    moderation::Actor,
    rules::Text,
    session::Context,
    store::holds::Kept,
    text,
};
use std::{collections::BTreeMap, sync::Arc};
use streamly_http::Holder;
use uuid::Uuid;

/// Something to be said.
#[derive(Debug, Clone, Copy)]
pub struct Saying<'a> {
    /// As it was sent.
    pub text: &'a str,
    /// What makes a repeat the same message: visible ASCII.
    pub nonce: Option<&'a str>,
    /// An id of the log.
    pub reply_to: Option<&'a str>,
    /// An image that was uploaded for it.
    pub image: Option<Uuid>,
}

/// What became of it.
#[derive(Debug)]
pub enum Outcome {
    /// It is this event of the log, now or since an earlier frame with the nonce.
    Said {
        /// With the nonce; neither the id before it nor, unless it is a repeat, what it shows of another message is told.
        entry: Entry,
        /// Whether an earlier frame had made it.
        repeated: bool,
    },
    /// It waits for a moderator, or did.
    Held {
        /// As the queue has it.
        kept: Box<Kept>,
        /// Whether an earlier frame had put it there.
        repeated: bool,
    },
    /// It was a command, and it was done.
    Done(String),
}

/// Who says it where.
pub struct Speech<'a> {
    /// What it works with.
    pub context: &'a Context,
    /// Who.
    pub person: &'a Person,
    /// If that is a bot.
    pub bot: Option<&'a Bot>,
    /// From where; none for tools on this machine.
    pub address: Option<Holder>,
    /// The room.
    pub channel: &'a Channel,
    /// Whether this node is told of what changes in the room: somebody has joined it here.
    pub is_told: bool,
}

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Plain,
    Me,
    /// By a moderator, to all; in this tone.
    Announced(&'static str),
}

impl Speech<'_> {
    /// Says it. What waits behind it may still do it later: whoever repeats it under the same nonce says it once.
    pub async fn say(&self, saying: &Saying<'_>) -> Result<Outcome, Refusal> {
        let said = tokio::time::timeout(self.context.limits.say_patience.get(), self.try_say(saying)).await;
        said.unwrap_or(Err(Code::Unavailable.into()))
    }

    async fn try_say(&self, saying: &Saying<'_>) -> Result<Outcome, Refusal> {
        let Saying { text: raw, nonce, reply_to, image } = *saying;
        let (context, channel) = (self.context, self.channel);
        if self.bot.is_some_and(|b| b.room != channel.id) {
            return Err(Code::Forbidden.into());
        }
        let (raw, manner) = match commands::read(raw) {
            Form::Text(text) => (text, Manner::Plain),
            Form::Action(text) => (text, Manner::Me),
            Form::Command(line) => match commands::announcement(&line) {
                Some((text, tone)) => (text, Manner::Announced(tone)),
                None => return Box::pin(self.command(&line)).await,
            },
        };
        if self.bot.is_some_and(|b| !b.scopes.say) {
            return Err(Code::Forbidden.into());
        }
        let text = match text::normalise(raw, context.limits.max_text.bytes() as usize) {
            Ok(text) => text,
            // An image says enough.
            Err(text::Invalid::Empty) if image.is_some() => String::new(),
            Err(text::Invalid::Empty) => return Err(Code::Empty.into()),
            Err(text::Invalid::TooLong) => return Err(Code::TooLong.into()),
        };
        let user = self.person.id;
        if !self.is_told {
            // The database is asked: not more often than the pace allows.
            self.write().await?;
        }
        if let Some(sanction) = self.sanction().await {
            return Err(match sanction.kind {
                SanctionKind::Ban => Code::Banned.into(),
                SanctionKind::Timeout => Refusal::wait(Code::TimedOut, sanction.left().unwrap_or_default()),
            });
        }
        if self.is_told {
            self.write().await?;
        }
        let standing = self.standing().await;
        if matches!(manner, Manner::Announced(_)) && !standing.moderates() {
            return Err(Code::Forbidden.into());
        }
        let settings = match self.is_told {
            true => context.settings.of(channel.id).await,
            false => Box::pin(context.settings.ask(channel.id)).await,
        };
        if image.is_some() && !settings.images {
            return Err(Code::ImagesOff.into());
        }
        // Names stand between colons.
        let mut emotes = BTreeMap::new();
        if text.contains(':') {
            emotes = emotes::found(&text, &*context.emotes.set(channel.id).await);
        }
        let names: Vec<String> = emotes.keys().cloned().collect();
        let judged = Text { text: &text, emotes: &names, has_image: image.is_some() };
        let outcome = self.judge(&settings, standing.clone(), nonce, &judged).await;
        let is_passed = matches!(outcome, Ok((_, None)));
        let is_said = !is_passed && Box::pin(self.is_said(nonce)).await;
        let (standing, held) = if is_said { (standing, None) } else { outcome? };
        if let Some(pace) = &context.pace {
            pace.room(channel.id).await.map_err(|wait| Refusal::wait(Code::RateLimited, wait))?;
        }
        self.take(&settings, &standing, nonce, &text).await?;
        let reply_to = reply_to.and_then(|id| id.parse::<LogId>().ok());
        let mut composed = self.compose(&standing, &text, reply_to, manner).await;
        if !emotes.is_empty() {
            composed.more.insert("emotes".into(), serde_json::json!(emotes));
        }
        if let Some(id) = image {
            composed.more.insert("image".into(), Box::pin(self.image(id, nonce, held.is_some())).await?);
        }
        let body = composed.body();
        let is_first = composed.is_first;
        if let Some(held) = held {
            let done = Box::pin(self.hold(nonce, &text, &body, &held)).await;
            if let (Err(Refusal { code: Code::NotAllowed, .. }), Some(image)) = (&done, image) {
                Box::pin(context.images.reject(image)).await;
            }
            return done;
        }
        let (log, floor) = (&context.log, context.hub.floor(channel.id));
        let said = log.say(channel.id, floor, user, nonce.unwrap_or_default(), body.clone()).await;
        let done = said.map_err(away)?;
        metrics::counter!("streamly_chat_said_total").increment(1);
        if let Some(image) = image.filter(|_| done.held.is_none()) {
            Box::pin(context.images.said(image, done.id)).await;
        }
        if let Some(hold) = done.held {
            return Box::pin(self.was_held(hold)).await;
        }
        if is_first {
            Box::pin(context.chatters.wrote(channel.id, user)).await;
        }
        if done.repeated {
            return Box::pin(self.was_said(done.id)).await;
        }
        let nonce = nonce.map(str::to_owned);
        let prev = LogId::default();
        let (kind, author, shown) = (Kind::Message, Some(user), None);
        let entry = Entry { id: done.id, prev, kind, author, nonce, body, shown };
        Ok(Outcome::Said { entry, repeated: false })
    }

    /// What an earlier frame with the nonce had made; to everybody else it is old.
    async fn was_said(&self, id: LogId) -> Result<Outcome, Refusal> {
        match self.context.log.get(self.channel.id, id).await.map_err(away)? {
            Some(entry) => Ok(Outcome::Said { entry, repeated: true }),
            None => Err(Code::MessageDeleted.into()),
        }
    }

    async fn sanction(&self) -> Option<Sanction> {
        let (bans, room, user) = (&self.context.bans, self.channel.id, self.person.id);
        if self.is_told { bans.of(room, user).await } else { Box::pin(bans.ask(room, user)).await }
    }

    async fn standing(&self) -> Arc<Standing> {
        match self.bot {
            Some(bot) => bot.standing(self.channel.id),
            None => self.context.directory.standing(self.person.id, self.channel).await,
        }
    }

    /// Counts a message or command.
    async fn write(&self) -> Result<(), Refusal> {
        let Some(pace) = &self.context.pace else { return Ok(()) };
        let counted = match self.bot {
            Some(bot) => pace.bot(bot.person.id).await,
            None => pace.write(self.person.id, self.address).await,
        };
        counted.map_err(|wait| Refusal::wait(Code::RateLimited, wait))
    }

    /// A text that begins with "/".
    async fn command(&self, line: &Line<'_>) -> Result<Outcome, Refusal> {
        self.write().await?;
        let sanction = self.sanction().await;
        if sanction.as_ref().is_some_and(|s| s.kind == SanctionKind::Ban) {
            return Err(Code::Banned.into());
        }
        if self.bot.is_some() && commands::is_personal(line) {
            return Err(Code::Forbidden.into());
        }
        let mut standing = self.standing().await;
        if sanction.is_some() {
            standing = Arc::new(standing.while_sanctioned());
        }
        let actor = Actor { id: self.person.id, standing };
        let caller = Caller { context: self.context, channel: self.channel, actor };
        let text = commands::run(&caller, line).await.map_err(|no| Refusal {
            code: no.code,
            wait: no.retry_after,
            detail: no.detail,
        })?;
        Ok(Outcome::Done(text))
    }
}

fn away(e: streamly_redis::Error) -> Refusal {
    tracing::warn!(error = %e.details(), "a message could not be appended");
    Code::Unavailable.into()
}
