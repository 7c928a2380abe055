//! Programs that a channel's owner lets into its room: a name, scopes, and a token of which only a hash is kept.
//!
//! A bot is nobody's account: its id is its own, its name has a colon, which no user's has. Outside of its room it is a guest. Who may issue
//! and revoke is the caller's to know. Each use by REST and each `hello` asks PostgreSQL; an open socket's bot is asked for again after
//! [`FRESH`] at its next message, and a revocation is announced besides. PostgreSQL away: no token is taken, and open sockets go on. While its
//! owner's account is suspended or closed a bot may do nothing (`session::writer`); it needs no other token afterwards.

mod token;

pub use token::Token;

use crate::{
    directory::{Channel, Standing},
    frame::Person,
    store::bots::{self as store, Kept},
};
use moka::future::Cache;
use std::{sync::Arc, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error as DatabaseError};
use streamly_status::FieldError;
use uuid::Uuid;

/// How long it counts that a bot was not revoked.
const FRESH: Duration = Duration::from_millis(900);
/// Longest wait of a message for the database.
const PATIENCE: Duration = Duration::from_millis(500);
const CAPACITY: u64 = 20_000;
/// Shortest and longest name.
const NAME: std::ops::RangeInclusive<usize> = 2..=24;
/// Revoked bots of a room whose names are remembered.
const REMEMBERED: i64 = 200;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes {
    /// Joining the room by WebSocket as a bot.
    pub read: bool,
    /// Messages.
    pub say: bool,
    /// Standing of a moderator: acts, commands, what is told to moderators; modes and rules do not count.
    pub moderate: bool,
}

impl Scopes {
    /// Of their names; `None` for an unknown one, and for none at all.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut scopes = Self::default();
        for name in names {
            match name {
                "read" => scopes.read = true,
                "say" => scopes.say = true,
                "moderate" => scopes.moderate = true,
                _ => return None,
            }
        }
        (scopes != Self::default()).then_some(scopes)
    }

    /// Their names.
    pub fn names(self) -> Vec<String> {
        let all = [("read", self.read), ("say", self.say), ("moderate", self.moderate)];
        all.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()).collect()
    }
}

/// A bot that has shown its token.
#[derive(Debug, Clone)]
pub struct Bot {
    /// As frames name it.
    pub person: Person,
    /// The only room that it is somebody in.
    pub room: ChannelId,
    /// Whose room that is: what bars them bars it.
    pub owner: UserId,
    /// What it may do there.
    pub scopes: Scopes,
}

impl Bot {
    /// Of what is kept, with the channel's name as it is now.
    pub fn of(kept: &Kept, channel: &Channel) -> Self {
        let scopes = Scopes::parse(kept.scopes.iter().map(String::as_str)).unwrap_or_default();
        Self { person: person(kept, &channel.username), room: kept.room, owner: channel.owner, scopes }
    }

    /// What it is in a room: a guest in every other than its own.
    pub fn standing(&self, room: ChannelId) -> Arc<Standing> {
        let mut roles = Vec::new();
        if room == self.room {
            roles.push("bot".to_owned());
            roles.extend(self.scopes.moderate.then(|| "moderator".to_owned()));
        }
        Arc::new(Standing { views: room == self.room, roles, followed_at_ms: None })
    }
}

/// As frames name a bot of that channel: no person has a colon in a name, wherever it is shown.
pub fn person(kept: &Kept, channel: &str) -> Person {
    let username = format!("{channel}:{}", kept.name);
    Person { id: kept.id, display_name: username.clone(), username }
}

/// Why none was issued or revoked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such bot in the room.
    #[error("there is no such bot")]
    NotFound,
    /// The room has a bot of that name.
    #[error("the name is taken")]
    Taken,
    /// As many as there may be.
    #[error("there are as many bots as there may be")]
    TooMany,
    /// Fields that are wrong.
    #[error("some fields are not valid")]
    Invalid(Vec<FieldError>),
    /// PostgreSQL.
    #[error("the database did not answer")]
    Database(#[from] DatabaseError),
}

/// All rooms' bots. Clones share the memory.
#[derive(Clone)]
pub struct Bots {
    db: Database,
    fresh: Cache<UserId, bool>,
}

impl Bots {
    /// Nothing known yet.
    pub fn new(db: Database) -> Self {
        Self { db, fresh: Cache::builder().max_capacity(CAPACITY).time_to_live(FRESH).build() }
    }

    /// Whose token it is; `None`: nobody's, or a revoked one's.
    pub async fn by_token(&self, token: &Token) -> Result<Option<Kept>, DatabaseError> {
        let kept = store::by_hash(&self.db, &token.hash()).await?;
        if let Some(kept) = &kept {
            self.fresh.insert(kept.id, true).await;
        }
        Ok(kept)
    }

    /// Whether a bot that has shown its token before is still one. PostgreSQL away: yes.
    pub async fn is_valid(&self, bot: UserId) -> bool {
        if let Some(known) = self.fresh.get(&bot).await {
            return known;
        }
        match tokio::time::timeout(PATIENCE, store::is_valid(&self.db, bot)).await {
            Ok(Ok(valid)) => {
                self.fresh.insert(bot, valid).await;
                valid
            }
            Ok(Err(_)) | Err(_) => true,
        }
    }

    /// Announcements may have been missed: those of the ids that are revoked bots.
    pub async fn revoked(&self, ids: &[UserId]) -> Result<Vec<UserId>, DatabaseError> {
        store::revoked(&self.db, ids).await
    }

    /// Those of the ids that are bots, revoked ones too.
    pub async fn named(&self, ids: &[UserId]) -> Result<Vec<Kept>, DatabaseError> {
        store::named(&self.db, ids).await
    }

    /// The room's bot of that name.
    pub async fn find(&self, room: ChannelId, name: &str) -> Result<Option<UserId>, DatabaseError> {
        store::find(&self.db, room, name).await
    }

    /// The room's bots, oldest first.
    pub async fn list(&self, room: ChannelId) -> Result<Vec<Kept>, DatabaseError> {
        store::list(&self.db.get().await?, room).await
    }

    /// Issues one: its token is seen here and never again. A room has `max` at most.
    pub async fn issue(
        &self,
        room: ChannelId,
        name: &str,
        scopes: &[String],
        by: UserId,
        max: usize,
    ) -> Result<(Kept, Token), Error> {
        let scopes = checked(name, scopes).map_err(Error::Invalid)?;
        let mut connection = self.db.get().await?;
        let transaction = connection.transaction().await.map_err(DatabaseError::from)?;
        let others = store::lock(&transaction, room, REMEMBERED).await?;
        if others.iter().any(|o| o.name == name) {
            return Err(Error::Taken);
        }
        if others.len() >= max {
            return Err(Error::TooMany);
        }
        let token = Token::generate();
        let kept = store::add(&transaction, room, name, &scopes.names(), &token.hash(), by).await?;
        transaction.commit().await.map_err(DatabaseError::from)?;
        Ok((kept, token))
    }

    /// Revokes one: REST takes its token no more, sockets here say nothing more. Announcing it is the caller's.
    pub async fn revoke(&self, room: ChannelId, bot: Uuid) -> Result<Kept, Error> {
        let kept = store::revoke(&self.db, room, bot).await?.ok_or(Error::NotFound)?;
        self.fresh.insert(kept.id, false).await;
        Ok(kept)
    }
}

fn checked(name: &str, scopes: &[String]) -> Result<Scopes, Vec<FieldError>> {
    let wrong = |field: &str, detail: &str| FieldError {
        field: field.to_owned(),
        code: "invalid",
        detail: detail.to_owned(),
    };
    let is_name = NAME.contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let mut errors = Vec::new();
    if !is_name {
        errors.push(wrong("name", "A name has 2 to 24 of a-z, 0-9 and _."));
    }
    let parsed = Scopes::parse(scopes.iter().map(String::as_str));
    if parsed.is_none() {
        errors.push(wrong("scopes", "One or more of read, say and moderate."));
    }
    parsed.filter(|_| errors.is_empty()).ok_or(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_scopes_are_checked_together() {
        let check = |name: &str, scopes: &[&str]| {
            let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
            checked(name, &scopes).map_err(|e| e.into_iter().map(|e| e.field).collect::<Vec<_>>().join(","))
        };
        let say = Scopes { say: true, ..Scopes::default() };
        assert_eq!(check("quiz_1", &["say", "say"]), Ok(say));
        for bad in ["", "a", "Quiz", "a:b", "ада", "a b", &"x".repeat(25)] {
            assert_eq!(check(bad, &["say"]), Err("name".into()), "{bad}");
        }
        assert_eq!(check("quiz", &[]), Err("scopes".into()));
        assert_eq!(check("", &["owner"]), Err("name,scopes".into()));
    }

    #[test]
    fn a_bot_is_somebody_in_its_own_room_only() {
        let (room, other) = (ChannelId::new(), ChannelId::new());
        let scopes = Scopes { read: true, say: true, moderate: true };
        let person = Person { id: UserId::new(), username: "ada:quiz".into(), display_name: "quiz".into() };
        let bot = Bot { person, room, owner: UserId::new(), scopes };
        assert!(bot.standing(room).moderates());
        assert_eq!(*bot.standing(other), Standing::default());
        let plain = Bot { scopes: Scopes { moderate: false, ..scopes }, ..bot };
        assert!(!plain.standing(room).moderates());
        assert_eq!(plain.standing(room).rank(), crate::directory::Rank::Anybody, "modes and rules count");
    }
}
