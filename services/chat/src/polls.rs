//! Polls: a question to the room with two to six answers, one vote a person, which may be changed until the end.
//!
//! PostgreSQL has polls and votes. Opening and end are events of the log; counts between are notes, of each node at most one a second and
//! poll. Whichever node looks first ends a poll whose time is over, also when the node that opened it is gone.

use crate::{
    bus::{Event, Kind, To},
    moderation::{Moderation, rfc3339},
    store::{audit, polls as store},
};
use moka::future::Cache;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc, time::Duration};
pub use store::Poll;
use streamly_domain::{ChannelId, UserId};
use streamly_lifecycle::Shutdown;
use streamly_status::FieldError;
use time::OffsetDateTime;
use uuid::Uuid;

/// Fewest and most answers.
pub const OPTIONS: std::ops::RangeInclusive<usize> = 2..=6;
/// Longest question, characters.
const MAX_QUESTION: usize = 140;
/// Longest answer, characters.
const MAX_OPTION: usize = 60;
/// Shortest and longest life.
const LASTS: std::ops::RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(24 * 3600);
/// Pace of counts, and of looking for polls whose time is over.
const ROUND: Duration = Duration::from_secs(1);
/// Polls ended in one round.
const DUE_MAX: i64 = 100;
/// Longest wait of a join.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long what a join is told counts: votes come as notes anyway.
const FRESH: Duration = Duration::from_secs(1);
const CAPACITY: u64 = 20_000;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one is open.
    #[error("another poll is open")]
    Open,
    /// The room has no such poll.
    #[error("there is no such poll")]
    NotFound,
    /// It is over.
    #[error("the poll is over")]
    Over,
    /// Fields that are wrong.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// Redis.
    #[error("redis did not answer")]
    Redis(#[from] streamly_redis::Error),
    /// PostgreSQL.
    #[error("the database did not answer")]
    Database(#[from] streamly_postgres::Error),
}

/// All rooms' polls. Clones share what they remember.
#[derive(Clone)]
pub struct Polls {
    moderation: Moderation,
    boards: Cache<ChannelId, Option<Arc<str>>>,
    voted: Arc<Mutex<HashMap<Uuid, ChannelId>>>,
}

impl Polls {
    /// Nothing known yet.
    pub fn new(moderation: Moderation) -> Self {
        let boards = Cache::builder().max_capacity(CAPACITY).time_to_live(FRESH).build();
        Self { moderation, boards, voted: Arc::default() }
    }

    /// The room's open poll as frames have it, for `joined`. PostgreSQL away: none.
    pub async fn of(&self, room: ChannelId) -> Option<Arc<str>> {
        if let Some(known) = self.boards.get(&room).await {
            return known;
        }
        let asked =
            tokio::time::timeout(PATIENCE, store::current(&self.moderation.db, room)).await.ok()?.ok()?;
        let board: Option<Arc<str>> = asked.map(|p| view(&p).to_string().into());
        self.boards.insert(room, board.clone()).await;
        board
    }

    /// Opens one, and notes it. Who may is the caller's to know.
    pub async fn open(
        &self,
        room: ChannelId,
        by: UserId,
        question: &str,
        options: &[String],
        lasts: Duration,
    ) -> Result<Poll, Error> {
        let (question, options) = checked(question, options, lasts)?;
        let votes = vec![0; options.len()];
        let poll = Poll {
            id: Uuid::now_v7(),
            room,
            question,
            options,
            by,
            ends_at: OffsetDateTime::now_utc() + lasts,
            state: "open".into(),
            votes,
        };
        if !store::open(&self.moderation.db, &poll).await? {
            return Err(Error::Open);
        }
        self.note(&poll, by, "poll_open").await;
        self.tell(&poll).await?;
        Ok(poll)
    }

    /// One person's vote, or another one instead of it.
    pub async fn vote(&self, room: ChannelId, poll: Uuid, user: UserId, option: i16) -> Result<(), Error> {
        if !store::vote(&self.moderation.db, room, poll, user, option).await? {
            let known = store::get(&self.moderation.db, room, poll).await?.ok_or(Error::NotFound)?;
            let is_there = usize::try_from(option).is_ok_and(|n| (1..=known.options.len()).contains(&n));
            let detail = "The poll has no such answer.".to_owned();
            let wrong = FieldError { field: "option".into(), code: "invalid", detail };
            return Err(if is_there { Error::Over } else { Error::Invalid(vec![wrong]) });
        }
        self.voted.lock().insert(poll, room);
        Ok(())
    }

    /// Ends one, as `closed` or `cancelled`; `None`: the open one. Who ends it is noted; a poll whose time is over ends by itself.
    pub async fn end(
        &self,
        room: ChannelId,
        poll: Option<Uuid>,
        state: &str,
        by: Option<UserId>,
    ) -> Result<Poll, Error> {
        let id = match poll {
            Some(id) => id,
            None => store::current(&self.moderation.db, room).await?.ok_or(Error::NotFound)?.id,
        };
        let ended = store::end(&self.moderation.db, room, id, state).await?;
        let poll = store::get(&self.moderation.db, room, id).await?.ok_or(Error::NotFound)?;
        if !ended {
            return Err(Error::Over);
        }
        if let Some(by) = by {
            self.note(&poll, by, if state == "cancelled" { "poll_cancel" } else { "poll_close" }).await;
        }
        self.tell(&poll).await?;
        Ok(poll)
    }

    /// The newest polls of the room.
    pub async fn page(&self, room: ChannelId, before: Option<Uuid>, count: i64) -> Result<Vec<Poll>, Error> {
        Ok(store::page(&self.moderation.db, room, before, count).await?)
    }

    /// It counts whether it is noted or not.
    async fn note(&self, poll: &Poll, actor: UserId, action: &str) {
        let target = poll.id.to_string();
        let new = audit::New {
            room: poll.room,
            actor,
            action,
            target: &target,
            user: None,
            reason: "",
            note: "",
            until: None,
            detail: json!({ "question": poll.question }),
        };
        if let Err(e) = self.moderation.note(&new).await {
            tracing::error!(error = ?e, room = %poll.room, %actor, poll = %poll.id, "a poll is not in the audit log");
        }
    }

    async fn tell(&self, poll: &Poll) -> Result<(), Error> {
        self.boards.invalidate(&poll.room).await;
        let event =
            Event { kind: Kind::Poll, author: Some(poll.by), body: format!("\"poll\":{}", view(poll)) };
        let key = format!("poll:{}:{}", poll.id, poll.state);
        self.moderation.log.event(poll.room, self.moderation.hub.floor(poll.room), &key, &event).await?;
        Ok(())
    }

    /// Tells counts and ends what is over, until the stop.
    pub async fn run(self, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.started() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
            let voted = std::mem::take(&mut *self.voted.lock());
            for (poll, room) in voted {
                if let Err(e) = self.count(room, poll).await {
                    tracing::debug!(error = %e, %poll, "votes are told later");
                    self.voted.lock().insert(poll, room);
                }
            }
            if let Err(e) = self.end_due().await {
                tracing::debug!(error = %e, "polls whose time is over wait");
            }
        }
    }

    async fn count(&self, room: ChannelId, id: Uuid) -> Result<(), Error> {
        let Some(poll) = store::get(&self.moderation.db, room, id).await?.filter(|p| p.state == "open")
        else {
            return Ok(());
        };
        self.boards.invalidate(&room).await;
        let frame = json!({
            "type": "poll_votes", "room": room, "poll": id, "votes": poll.votes, "voters": poll.votes.iter().sum::<i64>(),
        });
        Ok(self.moderation.log.note(room, To::All, &frame.to_string()).await?)
    }

    async fn end_due(&self) -> Result<(), Error> {
        for (poll, room) in store::due(&self.moderation.db, DUE_MAX).await? {
            match self.end(room, Some(poll), "closed", None).await {
                Ok(_) | Err(Error::Over | Error::NotFound) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// A poll as frames and REST have it.
pub fn view(poll: &Poll) -> Value {
    let options = poll.options.iter().enumerate().map(|(n, text)| json!({"n": n + 1, "text": text}));
    json!({
        "id": poll.id, "question": poll.question, "options": options.collect::<Vec<_>>(), "ends_at": rfc3339(poll.ends_at),
        "state": poll.state, "votes": poll.votes, "voters": poll.votes.iter().sum::<i64>(), "by": poll.by,
    })
}

fn checked(question: &str, options: &[String], lasts: Duration) -> Result<(String, Vec<String>), Error> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, code, detail: &str| {
        errors.push(FieldError { field: field.to_owned(), code, detail: detail.to_owned() });
    };
    let clean = |text: &str, max: usize| {
        crate::text::normalise(text, usize::MAX).ok().filter(|t| t.chars().count() <= max)
    };
    let asked = clean(question, MAX_QUESTION);
    if asked.is_none() {
        wrong("question", "invalid", "A question has 1 to 140 characters.");
    }
    let answers: Vec<String> =
        options.iter().take(OPTIONS.end() + 1).filter_map(|o| clean(o, MAX_OPTION)).collect();
    let distinct: std::collections::HashSet<_> = answers.iter().map(|a| a.to_lowercase()).collect();
    if answers.len() != options.len() || !OPTIONS.contains(&answers.len()) || distinct.len() != answers.len()
    {
        wrong("options", "invalid", "There are 2 to 6 different answers of 1 to 60 characters.");
    }
    if !LASTS.contains(&lasts) {
        wrong("duration_s", "invalid", "A poll lasts 10 seconds to 24 hours.");
    }
    match (asked, errors.is_empty()) {
        (Some(question), true) => Ok((question, answers)),
        _ => Err(Error::Invalid(errors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_has_a_question_two_to_six_different_answers_and_an_end() {
        let check = |question: &str, options: &[&str], seconds| {
            let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
            match checked(question, &options, Duration::from_secs(seconds)) {
                Ok((q, o)) => Ok((q, o.len())),
                Err(Error::Invalid(errors)) => Err(errors.into_iter().map(|e| e.field).collect::<Vec<_>>()),
                Err(e) => panic!("{e}"),
            }
        };
        assert_eq!(check(" Tea\u{200B}? ", &["yes", "no"], 60), Ok(("Tea?".into(), 2)));
        assert_eq!(check("", &["yes", "no"], 60), Err(vec!["question".into()]));
        for options in [&["one"][..], &["a", "A"], &["a", " "], &["a", "b", "c", "d", "e", "f", "g"]] {
            assert_eq!(check("?", options, 60), Err(vec!["options".into()]), "{options:?}");
        }
        assert_eq!(
            check(&"x".repeat(141), &[&"y".repeat(61), "b"], 9),
            Err(vec!["question".into(), "options".into(), "duration_s".into()])
        );
    }
}
