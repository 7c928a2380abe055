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
    error::Code,
    frame::{Person, Server},
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
        let Saying { room, text: raw, nonce, reply_to } = *saying;
        let Who::Here(Some(account)) = &self.who else { return Err(Code::Unauthorized.into()) };
        if account.ends.is_none_or(|e| e <= Instant::now()) {
            return Err(Code::ReadOnly.into());
        }
        let channel = self.socket.room(room).ok_or(Code::NotJoined)?;
        let (raw, is_me) = match commands::read(raw) {
            Form::Text(text) => (text, false),
            Form::Action(text) => (text, true),
            Form::Command(line) => return self.command(account, &channel, &line, nonce).await,
        };
        let text =
            text::normalise(raw, self.context.limits.max_text.bytes() as usize).map_err(|e| match e {
                text::Invalid::Empty => Code::Empty,
                text::Invalid::TooLong => Code::TooLong,
            })?;
        let user = account.person.id;
        if let Some(sanction) = self.context.bans.of(channel.id, user).await {
            return Err(match sanction.kind {
                SanctionKind::Ban => Code::Banned.into(),
                SanctionKind::Timeout => Refusal::wait(Code::TimedOut, sanction.left().unwrap_or_default()),
            });
        }
        self.write(user).await?;
        let standing = self.context.directory.standing(user, &channel).await;
        let settings = self.context.settings.of(channel.id).await;
        let (standing, held) = self.judge(account, &channel, &settings, standing, &text).await?;
        if let Some(pace) = &self.context.pace {
            pace.room(channel.id).await.map_err(|wait| Refusal::wait(Code::RateLimited, wait))?;
        }
        self.take(&channel, &settings, &standing, account, nonce, &text).await?;
        let reply_to = reply_to.and_then(|id| id.parse::<LogId>().ok());
        let composed = self.compose(&account.person, &channel, &standing, &text, reply_to, is_me).await;
        let body = composed.body();
        let is_first = composed.is_first;
        if let Some(held) = held {
            return self.hold(channel.id, user, nonce, &text, &body, &held).await;
        }
        let (log, floor) = (&self.context.log, self.context.hub.floor(channel.id));
        let done = log.say(channel.id, floor, user, nonce.unwrap_or_default(), body).await.map_err(away)?;
        metrics::counter!("streamly_chat_said_total").increment(1);
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

    /// Counts a message or command.
    async fn write(&self, user: UserId) -> Result<(), Refusal> {
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
        text: &str,
    ) -> Result<(Arc<Standing>, Option<Held>), Refusal> {
        let user = account.person.id;
        let directory = &self.context.directory;
        let mut email_verified = directory
            .profile_within(user, self.context.limits.directory_fresh.get())
            .await
            .is_ok_and(|p| p.email_verified);
        let text = Text { text, emotes: &[] };
        let judge = |standing: &Standing, email_verified| {
            rules::judge(unix_ms(), settings, &Author { standing, email_verified }, &text)
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
        let findings = self.context.screen.look(channel.id, settings, user, text.text).await;
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

pub(super) fn away(e: streamly_redis::Error) -> Refusal {
    tracing::warn!(error = %e.details(), "a message could not be appended");
    Code::Unavailable.into()
}
