//! Reports: what people say is wrong with a message, a person or a channel, and what came of it.
//!
//! A report goes to the moderators of the channel; one about the channel, its owner or the platform's staff goes to the platform's own
//! people, and so does one that a moderator hands on. One about a moderator is the owner's and staff's to see. The message is kept as it
//! was. Moderators of a channel are not told who reported. Nobody sees or resolves a report about themselves. The reporter gets an answer,
//! and what came of it is in the audit log for those who may see the report. Who a caller is, and how fast they may report, the caller has seen to.

use crate::{
    bus::{Kind, To},
    directory::{Channel, Directory, Failure, Rank},
    log_id::LogId,
    moderation::{Act, Actor, Moderation, Refused as NotDone, Why, rfc3339},
    queue::{Refused, field, text},
    store::{
        audit::{self, Noted},
        reports as store,
    },
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use streamly_domain::{ChannelId, UserId};
use uuid::Uuid;

pub use store::{Kept, Of};

/// How old an answer of `stream` about what somebody is here may be.
const STANDING_AGE: Duration = Duration::from_secs(10);

/// What can be wrong.
pub const CATEGORIES: &[&str] =
    &["spam", "harassment", "hate", "sexual", "violence", "self_harm", "impersonation", "copyright", "other"];

/// What a report is about.
#[derive(Debug, Clone)]
pub enum About {
    /// A message of the kept log.
    Message(LogId),
    /// A person, as they are in this room.
    User(UserId),
    /// The channel.
    Channel,
}

/// What became of a report.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Something was done, by this act or otherwise.
    Acted(Option<Act>),
    /// There is nothing to be done.
    Dismissed,
    /// The platform's people are to look at it.
    Escalated,
}

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Acted(_) => "acted",
            Self::Dismissed => "dismissed",
            Self::Escalated => "escalated",
        }
    }
}

/// The reports of all rooms. Clones share them.
#[derive(Clone)]
pub struct Reports {
    /// Acts, notes, the database.
    pub moderation: Moderation,
    /// Most open reports of one person.
    pub max_open: usize,
}

impl Reports {
    /// Keeps a report; a second one about the same, while the first is open, is the first. Says whether it is new.
    pub async fn make(
        &self,
        channel: &Channel,
        reporter: UserId,
        about: &About,
        category: &str,
        said: &str,
    ) -> Result<(Kept, bool), Refused> {
        if !CATEGORIES.contains(&category) {
            return Err(field("category", "unknown", "There is no such category."));
        }
        let said = text("text", said)?;
        let (about, target, user, evidence) = match about {
            About::Message(id) => {
                let entry = self.moderation.log.get(channel.id, *id).await?;
                let entry = entry.filter(|e| e.kind == Kind::Message).ok_or(Refused::MessageNotFound)?;
                let author = entry.author.ok_or(Refused::MessageNotFound)?;
                let evidence = serde_json::from_str(&entry.encode(channel.id, false)).unwrap_or_default();
                ("message", id.to_string(), author, evidence)
            }
            About::User(user) => ("user", user.to_string(), *user, Value::Null),
            About::Channel => ("channel", channel.id.to_string(), channel.owner, Value::Null),
        };
        if user == reporter {
            return Err(field("user", "yourself", "One does not report oneself."));
        }
        let db = &self.moderation.db;
        if store::open_of(db, reporter).await? >= self.max_open as i64 {
            return Err(Refused::Full);
        }
        let is_theirs =
            about != "channel" && user != channel.owner && !self.moderation.directory.is_staff(user).await;
        let new = store::New {
            room: channel.id,
            about,
            target: &target,
            user,
            reporter,
            category,
            text: &said,
            evidence,
            queue: if is_theirs { "room" } else { "platform" },
            about_moderator: is_theirs && self.moderates(channel, user).await,
        };
        let (kept, is_new) = store::add(db, &new).await?;
        if is_new {
            metrics::counter!("streamly_chat_reports_total", "queue" => kept.queue.clone()).increment(1);
            if is_theirs {
                let report = self.views(std::slice::from_ref(&kept), Seer::Moderator).await.pop();
                let frame = json!({ "type": "report", "room": channel.id, "report": report });
                let to = if kept.about_moderator { To::User(channel.owner) } else { To::Moderators };
                self.note(channel.id, to, &frame).await;
            }
        }
        Ok((kept, is_new))
    }

    /// A page of a queue, or of what a person reported.
    pub async fn page(
        &self,
        of: Of,
        is_open: bool,
        after: Option<Uuid>,
        count: usize,
    ) -> Result<Vec<Kept>, Refused> {
        Ok(store::page(&self.moderation.db, of, is_open, after, count as i64).await?)
    }

    /// One, whatever became of it.
    pub async fn get(&self, id: Uuid) -> Result<Kept, Refused> {
        store::get(&self.moderation.db, id).await?.ok_or(Refused::NotFound)
    }

    /// Does what goes with it, ends it (or hands it on) and answers its reporter. The channel is the report's.
    pub async fn resolve(
        &self,
        channel: &Channel,
        actor: &Actor,
        id: Uuid,
        outcome: &Outcome,
        answer: &str,
    ) -> Result<Kept, Refused> {
        let answer = text("text", answer)?;
        let mut kept = self.get(id).await?;
        self.may_resolve(actor, &kept)?;
        if kept.state != "open" {
            return Err(Refused::Resolved);
        }
        if let Outcome::Acted(Some(act)) = outcome {
            let why = Why::reason(&format!("report: {}", kept.category));
            match self.moderation.perform(channel, actor, act.clone(), &why).await {
                // What was to be done is so already.
                Ok(_) | Err(NotDone::MessageNotFound | NotDone::Banned) => {}
                Err(e) => return Err(e.into()),
            }
        }
        let noted = self.end(channel, actor, &mut kept, outcome, &answer).await?;
        self.tell_of(channel, &noted).await;
        if kept.state != "open" {
            self.moderation.images.judged();
        }
        let mut frame = json!({ "type": "report_answered", "report_id": id, "outcome": outcome.name() });
        if !answer.is_empty() {
            frame["text"] = json!(answer);
        }
        if let Err(e) = self.moderation.log.tell_person(kept.reporter, &frame.to_string()).await {
            // The list of what they reported has it.
            tracing::debug!(report = %id, error = %e.details(), "an answer was not told to its reporter");
        }
        Ok(kept)
    }

    /// Writes down what became of it, with its entry in the audit log.
    async fn end(
        &self,
        channel: &Channel,
        actor: &Actor,
        kept: &mut Kept,
        outcome: &Outcome,
        answer: &str,
    ) -> Result<Noted, Refused> {
        let mut connection = self.moderation.db.get().await?;
        let transaction = connection.transaction().await?;
        let locked = store::lock(&transaction, kept.id).await?.ok_or(Refused::NotFound)?;
        self.may_resolve(actor, &locked)?;
        if locked.state != "open" {
            return Err(Refused::Resolved);
        }
        // Who may see the report may see what became of it.
        let detail = match locked.queue.as_str() {
            "platform" => json!({ "for": "staff" }),
            _ if locked.about_moderator => json!({ "for": "owner" }),
            _ => json!({}),
        };
        match outcome {
            Outcome::Escalated if locked.queue == "platform" => return Err(Refused::Resolved),
            Outcome::Escalated => {
                store::escalate(&transaction, kept.id, actor.id).await?;
                kept.queue = "platform".into();
            }
            Outcome::Acted(_) | Outcome::Dismissed => {
                store::resolve(&transaction, kept.id, outcome.name(), actor.id, answer).await?;
                kept.state = outcome.name().into();
                kept.answer = answer.to_owned();
            }
        }
        let (action, target) = (format!("report_{}", outcome.name()), kept.id.to_string());
        let new = audit::New {
            room: channel.id,
            actor: actor.id,
            action: &action,
            target: &target,
            user: Some(kept.user),
            reason: &kept.category,
            note: "",
            until: None,
            detail,
        };
        let noted = audit::note(&transaction, &new).await?;
        transaction.commit().await?;
        Ok(noted)
    }

    /// The entry of the audit log to those who may see it: of a report about a moderator to the owner, of the platform's to nobody in a room.
    async fn tell_of(&self, channel: &Channel, noted: &Noted) {
        let about = noted.user.unwrap_or(channel.owner);
        let to = match noted.detail.get("for").and_then(Value::as_str) {
            Some("owner") => To::User(channel.owner),
            Some(_) => return,
            // Whom it was about may be a moderator by now.
            None if self.moderates(channel, about).await => To::User(channel.owner),
            None => To::Moderators,
        };
        self.moderation.tell_of(channel.id, noted, to).await;
    }

    /// Whether a person moderates the channel; if it is not known, as if they did.
    async fn moderates(&self, channel: &Channel, user: UserId) -> bool {
        let standing = self.moderation.directory.standing_within(user, channel, STANDING_AGE).await;
        standing.is_none_or(|s| s.moderates())
    }

    /// Whether the actor may know of a room's report: it is not about them, and if it is about a moderator they are above these.
    pub fn is_seen_by(&self, actor: &Actor, kept: &Kept) -> bool {
        let rank = actor.standing.rank();
        kept.queue != "room" || kept.user != actor.id && (!kept.about_moderator || rank >= Rank::Owner)
    }

    /// A room's reports are its moderators', the platform's its staff's; nobody judges a report about themselves, or one they made.
    fn may_resolve(&self, actor: &Actor, kept: &Kept) -> Result<(), Refused> {
        let least = match kept.queue.as_str() {
            "room" if kept.about_moderator => Rank::Owner,
            "room" => Rank::Moderator,
            _ => Rank::Staff,
        };
        let is_concerned = actor.id == kept.user || actor.id == kept.reporter && least != Rank::Staff;
        if actor.standing.rank() < least || is_concerned { Err(Refused::Forbidden) } else { Ok(()) }
    }

    /// Whether the report is theirs to judge: what only judges see is shown to them.
    pub fn may_judge(&self, actor: &Actor, kept: &Kept) -> bool {
        self.may_resolve(actor, kept).is_ok()
    }

    async fn note(&self, room: ChannelId, to: To, frame: &Value) {
        if let Err(e) = self.moderation.log.note(room, to, &frame.to_string()).await {
            tracing::debug!(%room, error = %e.details(), "a report was not told of");
        }
    }

    /// Reports as somebody sees them, in the same order.
    pub async fn views(&self, reports: &[Kept], seer: Seer) -> Vec<Value> {
        views(&self.moderation.directory, reports, seer).await
    }
}

/// The image that the message of an open report had.
pub fn image_of(kept: &Kept) -> Option<Uuid> {
    let id = kept.evidence.pointer("/image/id")?.as_str()?.parse().ok()?;
    (kept.state == "open").then_some(id)
}

/// Who looks at a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seer {
    /// Who made it: nothing of who resolved it.
    Reporter,
    /// A moderator of the channel: nothing of who made it.
    Moderator,
    /// The platform's staff: all.
    Staff,
}

async fn views(directory: &Directory, reports: &[Kept], seer: Seer) -> Vec<Value> {
    let ids: HashSet<UserId> = reports
        .iter()
        .flat_map(|r| [Some(r.user), Some(r.reporter), r.resolved_by, r.escalated_by])
        .flatten()
        .collect();
    let people = directory.people(&ids.into_iter().collect::<Vec<_>>()).await;
    let mut names = HashMap::new();
    for room in reports.iter().map(|r| r.room).collect::<HashSet<_>>() {
        if let Ok(channel) = directory.channel(&room.to_string()).await {
            names.insert(room, channel.username.clone());
        }
    }
    let person = |id: UserId| people.get(&id).map_or_else(|| json!({ "id": id }), |p| json!(p));
    let judges = |r: &Kept| seer == Seer::Staff || seer == Seer::Moderator && r.queue == "room";
    let view = |r: &Kept| {
        let mut view = json!({
            "id": r.id, "room": r.room, "channel": names.get(&r.room), "about": r.about, "target": r.target,
            "user": person(r.user), "category": r.category, "text": r.text, "queue": r.queue, "state": r.state,
            "at": rfc3339(r.at),
        });
        let is_seen_by = |seers: &[Seer]| seers.contains(&seer);
        for (name, value) in [
            ("message", (!r.evidence.is_null()).then(|| r.evidence.clone())),
            // Not for who made it: they judge nothing.
            (
                "image",
                image_of(r).filter(|_| judges(r)).map(|_| json!(format!("/api/chat/reports/{}/image", r.id))),
            ),
            ("answer", (!r.answer.is_empty()).then(|| json!(r.answer))),
            ("resolved_at", r.resolved_at.map(|t| json!(rfc3339(t)))),
            ("resolved_by", r.resolved_by.filter(|_| !is_seen_by(&[Seer::Reporter])).map(person)),
            ("escalated_by", r.escalated_by.filter(|_| !is_seen_by(&[Seer::Reporter])).map(person)),
            ("reporter", is_seen_by(&[Seer::Staff]).then(|| person(r.reporter))),
        ] {
            if let Some(value) = value {
                view[name] = value;
            }
        }
        view
    };
    reports.iter().map(view).collect()
}

/// The channel of a report's room. Errors: `stream` is away or the channel is gone.
pub async fn channel_of(directory: &Directory, kept: &Kept) -> Result<std::sync::Arc<Channel>, Refused> {
    directory.channel(&kept.room.to_string()).await.map_err(|e| match e {
        Failure::NotFound => Refused::NotFound,
        Failure::Away => NotDone::Unknown.into(),
    })
}
