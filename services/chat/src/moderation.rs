//! The one door to every act of moderation, whoever asks: slash command, REST, gRPC.
//!
//! An act is checked (who may, against whom), written with its note in the audit log in one transaction, then put into effect: announced to
//! every node, appended to the room's log, told to moderators and to whom it concerns. PostgreSQL away: nothing is done and the caller is
//! told so. Redis away after the transaction: it counts, other nodes learn of it by asking, and the caller is told to repeat it; every act may
//! be repeated. Who the actor is, the caller has found out.

mod beyond;
mod messages;
mod noted;
mod pins;
mod roles;
mod sanctions;
mod setting;
mod undo;
mod waiting;

pub use noted::rfc3339;

use crate::{
    bans::{Bans, Sanction},
    bus::{Log, To},
    directory::{Channel, Directory, Rank, Standing},
    error::Code,
    hub::Hub,
    images::Images,
    log_id::LogId,
    pins::Pins,
    record::{Gone, Record},
    settings::{self, Settings},
    store::audit::{self, Noted},
};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::Database;
use streamly_status::FieldError;

/// Shortest time-out.
pub const MIN_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest time-out: two weeks.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(14 * 24 * 3600);
/// Longest reason and longest note that are kept, characters; more is cut.
pub const MAX_REASON: usize = 500;
/// Why what somebody of a higher rank did stays.
pub const OUTRANKED: &str = "Somebody of a higher rank than yours did this: it is theirs to take back.";
/// How old an answer of `stream` about the role of whom an act is against may be.
const STANDING_AGE: Duration = Duration::from_secs(10);

/// Who acts.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The person.
    pub id: UserId,
    /// What they are in the channel.
    pub standing: Arc<Standing>,
}

/// Why, as the actor gives it.
#[derive(Debug, Clone, Default)]
pub struct Why {
    /// For the person too; may be empty.
    pub reason: String,
    /// For moderators only; may be empty.
    pub note: String,
}

impl Why {
    /// A reason, without hidden characters and cut to [`MAX_REASON`].
    pub fn reason(text: &str) -> Self {
        Self::new(text, "")
    }

    /// Both.
    pub fn new(reason: &str, note: &str) -> Self {
        let kept = |text: &str| {
            let text = crate::text::normalise(&text.chars().take(MAX_REASON).collect::<String>(), usize::MAX);
            text.unwrap_or_default()
        };
        Self { reason: kept(reason), note: kept(note) }
    }
}

/// What can be done.
#[derive(Debug, Clone)]
pub enum Act {
    /// One message goes: one's own, or as a moderator.
    Delete(LogId),
    /// A person's messages go, or (`None`) all.
    Clear(Option<UserId>),
    /// A person may not write for a time.
    Timeout {
        /// Whom.
        user: UserId,
        /// [`MIN_TIMEOUT`] to [`MAX_TIMEOUT`].
        lasts: Duration,
        /// Whether their messages go.
        clear: bool,
    },
    /// A person may not be here.
    Ban {
        /// Whom.
        user: UserId,
        /// Whether their messages go.
        clear: bool,
    },
    /// A ban or time-out ends.
    Lift(UserId),
    /// A message of the kept log is pinned, instead of the one before.
    Pin(LogId),
    /// What is pinned is taken away.
    Unpin,
    /// Some settings change.
    Settings(Map<String, Value>),
    /// A person becomes a moderator or VIP, or (`None`) neither; the owner's and staff's to do.
    Role(UserId, Option<Role>),
    /// An act of the audit log is undone.
    Undo(i64),
}

/// What a person can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Role {
    Moderator,
    Vip,
}

impl Role {
    /// As `stream` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moderator => "moderator",
            Self::Vip => "vip",
        }
    }
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Done {
    /// False: it was so already.
    pub changed: bool,
    /// What the audit log has of it; of an undo that was done before, too.
    pub noted: Option<Noted>,
    /// The event of the room's log.
    pub event: Option<LogId>,
    /// The settings as they are now, for acts on them.
    pub settings: Option<Settings>,
    /// What is in force now, for bans and time-outs.
    pub sanction: Option<Sanction>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The actor's role does not allow it.
    #[error("the actor may not do this")]
    Forbidden,
    /// Somebody of a higher rank made what it would end or replace.
    #[error("somebody of a higher rank did this")]
    Outranked,
    /// The actor's role does not reach whom it is against: the owner, staff, another moderator, themselves.
    #[error("the person is out of the actor's reach")]
    OutOfReach,
    /// Nothing that is kept has the message.
    #[error("the message is not kept")]
    MessageNotFound,
    /// The audit log of this room does not have the act.
    #[error("there is no such act")]
    ActNotFound,
    /// The act has no undo, or not any more.
    #[error("the act cannot be undone")]
    NotUndoable,
    /// A time-out for somebody who is banned.
    #[error("the person is banned already")]
    Banned,
    /// Fields that are wrong.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// No person of that id.
    #[error("there is no such person")]
    UserNotFound,
    /// The channel has as many moderators and VIPs as it may have.
    #[error("the channel has as many members as it may have")]
    TooManyMembers,
    /// Too many changes of roles in a short time.
    #[error("too many changes")]
    TooFast,
    /// Redis did not answer.
    #[error("redis did not answer")]
    Redis(#[from] streamly_redis::Error),
    /// PostgreSQL did not answer.
    #[error("the database did not answer")]
    Database(#[from] streamly_postgres::Error),
    /// `stream` is away, and nothing is known of whom it is against.
    #[error("it is not known whom this is against")]
    Unknown,
}

impl Refused {
    /// As an `error` frame says it.
    pub fn code(&self) -> Code {
        match self {
            Self::Forbidden | Self::OutOfReach | Self::Outranked => Code::Forbidden,
            Self::MessageNotFound => Code::MessageNotFound,
            Self::ActNotFound | Self::NotUndoable | Self::Invalid(_) => Code::InvalidCommand,
            Self::Banned | Self::TooManyMembers => Code::InvalidCommand,
            Self::UserNotFound => Code::UserNotFound,
            Self::TooFast => Code::RateLimited,
            Self::Redis(_) | Self::Database(_) | Self::Unknown => Code::Unavailable,
        }
    }
}

impl From<tokio_postgres::Error> for Refused {
    fn from(e: tokio_postgres::Error) -> Self {
        Self::Database(e.into())
    }
}

/// The door. Clones share it.
#[derive(Clone)]
pub struct Moderation {
    /// Bans, settings, audit.
    pub db: Database,
    /// The rooms' logs.
    pub log: Log,
    /// The rooms of this node.
    pub hub: Hub,
    /// Bans as known here.
    pub bans: Bans,
    /// Settings as known here.
    pub settings: settings::Known,
    /// Roles and names.
    pub directory: Directory,
    /// What is kept of broadcasts: what goes from the log goes from there too.
    pub record: Record,
    /// What is pinned.
    pub pins: Pins,
    /// Images, which go with their messages.
    pub images: Images,
    /// Whether the platform can confirm e-mail addresses: without it nobody asks for one.
    pub email_verification: bool,
}

impl Moderation {
    /// Who acts here and now: whoever is timed out or banned in the room does not moderate it, the owner and staff excepted. PostgreSQL away:
    /// as last known.
    pub async fn actor(&self, channel: &Channel, id: UserId, standing: Arc<Standing>) -> Actor {
        let is_above = standing.rank() >= Rank::Owner;
        if !is_above && standing.moderates() && self.bans.ask(channel.id, id).await.is_some() {
            return Actor { id, standing: Arc::new(standing.while_sanctioned()) };
        }
        Actor { id, standing }
    }

    /// Does it, or says why not. Every act may be repeated.
    pub async fn perform(
        &self,
        channel: &Channel,
        actor: &Actor,
        act: Act,
        why: &Why,
    ) -> Result<Done, Refused> {
        if !actor.standing.moderates() && !matches!(act, Act::Delete(_)) {
            return Err(Refused::Forbidden);
        }
        let done = match act {
            Act::Delete(message) => self.delete(channel, actor, message, why).await,
            Act::Clear(user) => self.clear(channel, actor, user, why).await,
            Act::Timeout { user, lasts, clear } => {
                self.sanction(channel, actor, user, Some(lasts), clear, why).await
            }
            Act::Ban { user, clear } => self.sanction(channel, actor, user, None, clear, why).await,
            Act::Lift(user) => self.lift(channel, actor, user, why).await,
            Act::Pin(message) => self.pin(channel, actor, message).await,
            Act::Unpin => self.unpin(channel, actor).await,
            Act::Settings(change) => self.change(channel, actor, &change, why).await,
            Act::Role(user, role) => self.give_role(channel, actor, user, role, why).await,
            Act::Undo(id) => self.undo(channel, actor, id, why).await,
        }?;
        match &done.noted {
            Some(noted) if done.changed => self.noted(channel.id, noted).await,
            Some(noted) => self.tell_of(channel.id, noted, To::Moderators).await,
            None => {}
        }
        Ok(done)
    }

    /// Notes an act whose effect is the caller's own (a hold that was denied, a pin) and tells moderators of it. Call it after the role
    /// was checked; the caller's transaction, if it has one, is another.
    pub async fn note(&self, new: &audit::New<'_>) -> Result<Noted, Refused> {
        let noted = audit::note(&self.db.get().await?, new).await?;
        self.noted(new.room, &noted).await;
        Ok(noted)
    }

    /// An act is in the audit log now: it is counted, and told to those who may see it at once.
    pub async fn noted(&self, room: ChannelId, noted: &Noted) {
        metrics::counter!("streamly_chat_acts_total", "action" => noted.action.clone()).increment(1);
        self.tell_of(room, noted, To::Moderators).await;
    }

    /// Sends the frame `moderation` to moderators, or to whom else it is for; lost if Redis is away, for the audit log has it. What was done
    /// just now can be undone if it can at all.
    pub async fn tell_of(&self, room: ChannelId, noted: &Noted, to: To) {
        let act = noted::view(&self.directory, std::slice::from_ref(noted), noted::has_undo).await.pop();
        let Some(act) = act else { return };
        let frame = format!("{{\"type\":\"moderation\",\"room\":\"{room}\",\"act\":{act}}}");
        if let Err(e) = self.log.note(room, to, &frame).await {
            tracing::debug!(%room, error = %e.details(), "moderators were not told of an act");
        }
    }

    /// Takes what is gone out of the records of broadcasts, too. The writer does it as well while it reads that part of the log.
    async fn forget(&self, room: ChannelId, gone: Gone, by: UserId) {
        if let Err(e) = self.record.forget(room, gone).await {
            tracing::warn!(error = %e, %room, "what was deleted may stay in the record");
        }
        if let Err(e) = self.pins.forget(room, gone, by).await {
            tracing::warn!(error = %e, %room, "what was deleted may stay pinned");
        }
        self.images.gone(room, gone).await;
    }

    /// What the person is, if the actor's role reaches them: the higher rank acts on the lower one. The owner of a room cannot be put out of it.
    async fn reaches(
        &self,
        channel: &Channel,
        actor: &Actor,
        user: UserId,
    ) -> Result<Arc<Standing>, Refused> {
        if user == actor.id || user == channel.owner {
            return Err(Refused::OutOfReach);
        }
        let standing = self.standing_of(channel, user).await?;
        if actor.standing.rank() > standing.rank() { Ok(standing) } else { Err(Refused::OutOfReach) }
    }

    async fn standing_of(&self, channel: &Channel, user: UserId) -> Result<Arc<Standing>, Refused> {
        self.directory.standing_within(user, channel, STANDING_AGE).await.ok_or(Refused::Unknown)
    }

    async fn rank_of(&self, channel: &Channel, user: UserId) -> Result<Rank, Refused> {
        let rank = self.standing_of(channel, user).await?.rank();
        Ok(if user == channel.owner { rank.max(Rank::Owner) } else { rank })
    }
}
