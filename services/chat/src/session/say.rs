//! What becomes of a `say`: who may, what the text is, how fast, then the log. The answer is the message itself, or an error.
//!
//! Steps in this order, each a module of its own where it is more than a line; the first that refuses ends it: who, command?, text,
//! sanction, pace, modes and rules (which may put it aside for a moderator), the room's pace, slow mode and unique, the log. Nothing is written before all have agreed. It waits at most `limits.say_patience`, then answers `unavailable`.

use super::{
    held::Held,
    state::{Account, Refusal, Session, Who},
};
use crate::{
    bans::SanctionKind,
    bus::{Against, Ask},
    commands::{self, Caller, Form, Line},
    compose::{self, Message, Quote},
    directory::{Channel, Standing, badges},
    emotes,
    error::Code,
    frame::{Person, Server},
    images,
    log_id::LogId,
    moderation::Actor,
    rules::{self, Author, Judgement, Text, modes},
    settings::Settings,
    socket::unix_ms,
    text,
};
use std::{sync::Arc, time::Duration};
use streamly_domain::UserId;
use tokio::time::Instant;
use uuid::Uuid;

/// After a refusal that a fresh answer of `stream` or `user` could lift (somebody has just followed), how old the answer may be.
const FRESH: Duration = Duration::from_secs(2);
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
    /// An image that was uploaded for it.
    pub(super) image: Option<Uuid>,
}

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Plain,
    Me,
    /// By a moderator, to all; in this tone.
    Announced(&'static str),
}

impl Session {
    /// Says it and answers.
    pub(super) async fn say(&self, saying: &Saying<'_>) {
        let Saying { room, nonce, .. } = *saying;
        // What waits behind it may still do it later: whoever repeats it under the same nonce says it once.
        let said = tokio::time::timeout(self.context.limits.say_patience.get(), self.try_say(saying)).await;
        if let Err(refusal) = said.unwrap_or(Err(Code::Unavailable.into())) {
            if refusal.code == Code::Banned
                && let Some(channel) = self.socket.room(room)
            {
                return self.banned(channel.id, room, nonce).await;
            }
            self.refuse(&refusal, room, nonce);
        }
    }

    async fn try_say(&self, saying: &Saying<'_>) -> Result<(), Refusal> {
        let Saying { room, text: raw, nonce, reply_to, image } = *saying;
        let Who::Here(Some(account)) = &self.who else { return Err(Code::Unauthorized.into()) };
        if account.ends.is_none_or(|e| e <= Instant::now()) {
            return Err(Code::ReadOnly.into());
        }
        let channel = self.socket.room(room).ok_or(Code::NotJoined)?;
        let (raw, manner) = match commands::read(raw) {
            Form::Text(text) => (text, Manner::Plain),
            Form::Action(text) => (text, Manner::Me),
            Form::Command(line) => match commands::announcement(&line) {
                Some((text, tone)) => (text, Manner::Announced(tone)),
                None => return self.command(account, &channel, &line, nonce).await,
            },
        };
        let text = match text::normalise(raw, self.context.limits.max_text.bytes() as usize) {
            Ok(text) => text,
            // An image says enough.
            Err(text::Invalid::Empty) if image.is_some() => String::new(),
            Err(text::Invalid::Empty) => return Err(Code::Empty.into()),
            Err(text::Invalid::TooLong) => return Err(Code::TooLong.into()),
        };
        let user = account.person.id;
        if let Some(sanction) = self.context.bans.of(channel.id, user).await {
            return Err(match sanction.kind {
                SanctionKind::Ban => Code::Banned.into(),
                SanctionKind::Timeout => Refusal::wait(Code::TimedOut, sanction.left().unwrap_or_default()),
            });
        }
        self.write(user).await?;
        let standing = self.context.directory.standing(user, &channel).await;
        if matches!(manner, Manner::Announced(_)) && !standing.moderates() {
            return Err(Code::Forbidden.into());
        }
        let settings = self.context.settings.of(channel.id).await;
        if image.is_some() && !settings.images {
            return Err(Code::ImagesOff.into());
        }
        let emotes = emotes::found(&text, &*self.context.emotes.set(channel.id).await);
        let names: Vec<String> = emotes.keys().cloned().collect();
        let judged = Text { text: &text, emotes: &names, has_image: image.is_some() };
        let (standing, held) = self.judge(account, &channel, &settings, standing, &judged).await?;
        if let Some(pace) = &self.context.pace {
            pace.room(channel.id).await.map_err(|wait| Refusal::wait(Code::RateLimited, wait))?;
        }
        self.take(&channel, &settings, &standing, account, nonce, &text).await?;
        let reply_to = reply_to.and_then(|id| id.parse::<LogId>().ok());
        let mut composed = self.compose(&account.person, &channel, &standing, &text, reply_to, manner).await;
        if !emotes.is_empty() {
            composed.more.insert("emotes".into(), serde_json::json!(emotes));
        }
        if let Some(id) = image {
            let image = self.context.images.take(channel.id, user, id, nonce.unwrap_or_default()).await?;
            if held.is_some() {
                self.context.images.hold(id).await?;
            }
            composed.more.insert("image".into(), serde_json::json!(image));
        }
        let body = composed.body();
        let is_first = composed.is_first;
        if let Some(held) = held {
            let done = self.hold(channel.id, user, nonce, &text, &body, &held).await;
            if let (Err(Refusal { code: Code::NotAllowed, .. }), Some(image)) = (&done, image) {
                self.context.images.reject(image).await;
            }
            return done;
        }
        let (log, floor) = (&self.context.log, self.context.hub.floor(channel.id));
        let done = log.say(channel.id, floor, user, nonce.unwrap_or_default(), body).await.map_err(away)?;
        metrics::counter!("streamly_chat_said_total").increment(1);
        if let Some(image) = image.filter(|_| done.held.is_none()) {
            self.context.images.said(image, done.id).await;
        }
        if let Some(hold) = done.held {
            return self.tell_held(channel.id, hold).await;
        }
        if is_first {
            self.context.chatters.wrote(channel.id, user).await;
        }
        if done.repeated {
            // The first frame's message answers this one too; to everybody else it is old.
            match log.get(channel.id, done.id).await.map_err(away)? {
                Some(e) => self.socket.send(e.encode(channel.id, true)),
                None => return Err(Code::MessageDeleted.into()),
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
        manner: Manner,
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
        let mut more = serde_json::Map::new();
        if let Manner::Announced(tone) = manner {
            more.insert("announcement".into(), tone.into());
        }
        let is_me = manner == Manner::Me;
        Message { person, badges, colour, text, is_me, is_first, mentions, reply_to, quote, more }
    }

    /// Counts a message or command.
    pub(super) async fn write(&self, user: UserId) -> Result<(), Refusal> {
        let Some(pace) = &self.context.pace else { return Ok(()) };
        pace.write(user, self.address).await.map_err(|wait| Refusal::wait(Code::RateLimited, wait))
    }

    /// Modes and rules. What a fresh answer could lift is asked for afresh before it is refused. Answers the standing that counted, and
    /// whether the message has to wait for a moderator.
    async fn judge(
        &self,
        account: &Account,
        channel: &Channel,
        settings: &Settings,
        mut standing: Arc<Standing>,
        text: &Text<'_>,
    ) -> Result<(Arc<Standing>, Option<Held>), Refusal> {
        let user = account.person.id;
        let directory = &self.context.directory;
        let mut email_verified = directory
            .profile_within(user, self.context.limits.directory_fresh.get())
            .await
            .is_ok_and(|p| p.email_verified);
        let judge = |standing: &Standing, email_verified| {
            rules::judge(unix_ms(), settings, &Author { standing, email_verified }, text)
        };
        let mut judgement = judge(&standing, email_verified);
        if let Judgement::Refuse(Code::FollowersOnly | Code::VerifiedOnly, _) = judgement {
            if let Some(fresh) = directory.standing_within(user, channel, FRESH).await {
                standing = fresh;
            }
            email_verified =
                directory.profile_within(user, FRESH).await.map_or(email_verified, |p| p.email_verified);
            judgement = judge(&standing, email_verified);
        }
        let mut held = match judgement {
            Judgement::Pass => None,
            Judgement::Refuse(code, wait) => return Err(Refusal { wait, ..code.into() }),
            Judgement::Hold(reason) => Some(Held { reason, term: None }),
        };
        if (Author { standing: &standing, email_verified }).is_exempt() {
            return Ok((standing, held));
        }
        let findings = self.context.screen.look(channel.id, settings, user, text).await;
        match findings.judge(settings) {
            Judgement::Pass => {}
            Judgement::Refuse(code, wait) => return Err(Refusal { wait, ..code.into() }),
            Judgement::Hold(reason) => held = Some(Held { reason, term: findings.term }),
        }
        Ok((standing, held))
    }

    /// Slow mode and unique, which remember the message.
    async fn take(
        &self,
        channel: &Channel,
        settings: &Settings,
        standing: &Standing,
        account: &Account,
        nonce: Option<&str>,
        text: &str,
    ) -> Result<(), Refusal> {
        if (Author { standing, email_verified: true }).is_exempt() {
            return Ok(());
        }
        let folded = settings.unique.then(|| modes::fold(text));
        let ask = Ask {
            slow: Duration::from_secs(settings.slow_s.into()),
            unique: folded.as_deref(),
            nonce: nonce.unwrap_or_default(),
        };
        match self.context.said.take(channel.id, account.person.id, &ask).await.map_err(away)? {
            None => Ok(()),
            Some(Against::Slow(wait)) => Err(Refusal::wait(Code::SlowMode, wait)),
            Some(Against::Unique(wait)) => Err(Refusal::wait(Code::Duplicate, wait)),
        }
    }

    /// A text that begins with "/": answered by `done` or an error.
    async fn command(
        &self,
        account: &Account,
        channel: &Channel,
        line: &Line<'_>,
        nonce: Option<&str>,
    ) -> Result<(), Refusal> {
        let id = account.person.id;
        if self.context.bans.of(channel.id, id).await.is_some_and(|s| s.kind == SanctionKind::Ban) {
            return Err(Code::Banned.into());
        }
        self.write(id).await?;
        let standing = self.context.directory.standing(id, channel).await;
        let caller = Caller { context: &self.context, channel, actor: Actor { id, standing } };
        let text = commands::run(&caller, line).await.map_err(|no| Refusal {
            code: no.code,
            wait: no.retry_after,
            detail: no.detail,
        })?;
        self.socket.send(Server::Done { room: channel.id, nonce, text: &text }.encode());
        Ok(())
    }
}

impl From<images::Refused> for Refusal {
    fn from(e: images::Refused) -> Self {
        match e {
            images::Refused::NotFound => Code::ImageNotFound.into(),
            e => {
                tracing::warn!(error = %e, "an image could not be used");
                Code::Unavailable.into()
            }
        }
    }
}

pub(super) fn away(e: streamly_redis::Error) -> Refusal {
    tracing::warn!(error = %e.details(), "a message could not be appended");
    Code::Unavailable.into()
}
