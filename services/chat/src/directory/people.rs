//! People as `user` knows them: names, suspension, verified address. By token, by id, by name.

use super::{ABSENT, Directory, Failure, Known};
use crate::{bots, frame::Person};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use streamly_auth::access::Claims;
use streamly_domain::{PlatformRole, UserId, Username};
use streamly_proto::user::v1::{
    GetUsersByNameRequest, GetUsersRequest, User, user_service_client::UserServiceClient,
};

/// Most ids that `user` answers at once.
const MAX_IDS: usize = 100;

/// What is known of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// As frames name them.
    pub person: Person,
    /// Whether the account is suspended.
    pub suspended: bool,
    /// Whether they are of the platform's staff.
    pub is_staff: bool,
    /// Whether the e-mail address is verified.
    pub email_verified: bool,
    /// Since when the account is there, Unix milliseconds; 0: not known.
    pub created_at_ms: u64,
}

impl Profile {
    fn of(u: User) -> Option<Self> {
        let display_name = if u.display_name.is_empty() { u.username.clone() } else { u.display_name };
        Some(Self {
            person: Person { id: u.id.parse().ok()?, username: u.username, display_name },
            suspended: u.suspended,
            is_staff: PlatformRole::names_staff(&u.platform_role),
            email_verified: u.email_verified,
            created_at_ms: u64::try_from(u.created_at_ms).unwrap_or_default(),
        })
    }
}

impl Directory {
    /// The person of a token; what the token says while `user` is away and nothing is remembered.
    pub async fn profile(&self, claims: &Claims) -> Profile {
        self.profile_within(claims.sub, self.fresh).await.unwrap_or_else(|_| {
            let name = claims.username.to_string();
            Profile {
                person: Person { id: claims.sub, username: name.clone(), display_name: name },
                suspended: false,
                is_staff: false,
                email_verified: false,
                created_at_ms: 0,
            }
        })
    }

    /// The person of an id, asked again if it was heard longer ago than `age`. `user` away: as last known.
    pub async fn profile_within(&self, id: UserId, age: Duration) -> Result<Profile, Failure> {
        let known = self.people.get(&id).await;
        if let Some(k) = known.as_ref().filter(|k| k.is_fresh(age)) {
            return Ok(k.value.clone());
        }
        match Box::pin(self.ask_ids(&[id])).await {
            Ok(found) => found.into_iter().next().ok_or(Failure::NotFound),
            Err(()) => known.map(|k| k.value).ok_or(Failure::Away),
        }
    }

    /// Whether somebody is of the platform's staff, as `user` says; not known is no.
    pub async fn is_staff(&self, id: UserId) -> bool {
        self.profile_within(id, self.fresh).await.is_ok_and(|p| p.is_staff && !p.suspended)
    }

    /// Whether somebody's account is suspended or closed; not known is no, as it is of people who show a token.
    pub async fn is_suspended(&self, id: UserId) -> bool {
        Box::pin(self.profile_within(id, self.fresh)).await.is_ok_and(|p| p.suspended)
    }

    /// The person of a name (with or without `@`) or an id; a bot's name is its channel's, a colon and its own.
    pub async fn find(&self, named: &str) -> Result<Profile, Failure> {
        if let Ok(id) = named.parse() {
            return self.profile_within(id, self.fresh).await;
        }
        let named = named.strip_prefix('@').unwrap_or(named);
        if let Some((channel, bot)) = named.split_once(':') {
            let channel = self.channel(channel).await?;
            let found = self.bots.find(channel.id, bot).await.map_err(|_| Failure::Away)?;
            return self.profile_within(found.ok_or(Failure::NotFound)?, self.fresh).await;
        }
        let name = Username::parse(named).map_err(|_| Failure::NotFound)?;
        let asked = self.learn(std::slice::from_ref(&name)).await;
        match (self.names.get(name.as_str()).await, asked) {
            (Some(Known { value: Some(id), .. }), _) => self.profile_within(id, self.fresh).await,
            (Some(Known { value: None, .. }), Ok(())) => Err(Failure::NotFound),
            _ => Err(Failure::Away),
        }
    }

    /// The people of those names, in their order; unknown ones are left out, and while `user` is away all that are not remembered.
    pub async fn named(&self, names: &[Username]) -> Vec<UserId> {
        let _ = self.learn(names).await;
        let mut people = Vec::new();
        for name in names {
            people.extend(self.names.get(name.as_str()).await.and_then(|k| k.value));
        }
        people
    }

    /// Asks for at most [`MAX_IDS`] names, as far as they are not known. Errors: `user` is away.
    async fn learn(&self, names: &[Username]) -> Result<(), ()> {
        let mut unknown = Vec::new();
        for name in names.iter().take(MAX_IDS) {
            let known = self.names.get(name.as_str()).await;
            let fresh =
                |k: &Known<Option<UserId>>| k.is_fresh(if k.value.is_some() { self.fresh } else { ABSENT });
            if !known.as_ref().is_some_and(fresh) {
                unknown.push(name.to_string());
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let request = GetUsersByNameRequest { usernames: unknown.clone() };
        let asked = self
            .user
            .call(|t| {
                let request = request.clone();
                async move { UserServiceClient::new(t).get_users_by_name(request).await }
            })
            .await;
        let found: Vec<Profile> = asked.map_err(drop)?.users.into_iter().filter_map(Profile::of).collect();
        for profile in &found {
            self.people.insert(profile.person.id, Known::now(profile.clone())).await;
        }
        for name in unknown {
            let id = found.iter().find(|p| p.person.username == name).map(|p| p.person.id);
            self.names.insert(name, Known::now(id)).await;
        }
        Ok(())
    }

    /// Those of the people whose names are known or can be asked for.
    pub async fn people(&self, ids: &[UserId]) -> HashMap<UserId, Person> {
        let (mut all, mut missing) = (HashMap::new(), Vec::new());
        for id in ids {
            match self.people.get(id).await {
                Some(k) => {
                    let fresh = k.is_fresh(self.fresh);
                    all.insert(*id, k.value.person);
                    if !fresh {
                        missing.push(*id);
                    }
                }
                None => missing.push(*id),
            }
        }
        for ids in missing.chunks(MAX_IDS) {
            let Ok(found) = self.ask_ids(ids).await else { break };
            all.extend(found.into_iter().map(|p| (p.person.id, p.person)));
        }
        all
    }

    /// Something about the person has changed: asked again at the next need.
    pub async fn person_changed(&self, id: UserId) {
        self.changed.insert(id, Instant::now()).await;
        if let Some(known) = self.people.get(&id).await {
            self.people.insert(id, Known { heard: None, ..known }).await;
        }
    }

    /// Asks for at most [`MAX_IDS`] people. Errors: `user` is away.
    async fn ask_ids(&self, ids: &[UserId]) -> Result<Vec<Profile>, ()> {
        let request = GetUsersRequest { ids: ids.iter().map(UserId::to_string).collect() };
        let asked = self
            .user
            .call(|t| {
                let request = request.clone();
                async move { UserServiceClient::new(t).get_users(request).await }
            })
            .await;
        let mut found: Vec<Profile> =
            asked.map_err(drop)?.users.into_iter().filter_map(Profile::of).collect();
        let is_found = |id: &&UserId| found.iter().any(|p| p.person.id == **id);
        let others: Vec<UserId> = ids.iter().filter(|id| !is_found(id)).copied().collect();
        if !others.is_empty() {
            found.extend(self.ask_bots(&others).await);
        }
        for profile in &found {
            self.people.insert(profile.person.id, Known::now(profile.clone())).await;
        }
        Ok(found)
    }

    /// Those of the ids that are bots.
    async fn ask_bots(&self, ids: &[UserId]) -> Vec<Profile> {
        let mut found = Vec::new();
        for kept in self.bots.named(ids).await.unwrap_or_default() {
            let Ok(channel) = self.channel(&kept.room.to_string()).await else { continue };
            let person = bots::person(&kept, &channel.username);
            found.push(Profile {
                person,
                suspended: false,
                is_staff: false,
                email_verified: false,
                created_at_ms: 0,
            });
        }
        found
    }
}
