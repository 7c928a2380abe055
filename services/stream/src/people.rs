//! People as the user service knows them: asked by id or name, and what their standing on the platform was when last heard.
//!
//! Not who may do what in a channel: that is `capabilities`. Who decides about a change by somebody's standing asks anew ([`by_id`]);
//! [`standing`] may be ten seconds old, and older while the user service is away.

use crate::{app::App, error::Error};
use moka::future::Cache;
use std::{
    collections::HashMap,
    future::Future,
    time::{Duration, Instant},
};
use streamly_domain::{Language, PlatformRole, UserId, Username};
use streamly_proto::user::v1::{
    GetUsersByNameRequest, GetUsersRequest, User, user_service_client::UserServiceClient,
};

/// Ids that one call may ask for (proto/streamly/user/v1).
const BATCH: usize = 100;
/// How long a standing counts without asking again. A shorter time asks more, a longer one lets former staff moderate for longer.
const FRESH: Duration = Duration::from_secs(10);
/// Longest wait for a standing: the last known one counts then.
const PATIENCE: Duration = Duration::from_millis(500);
/// Standings beyond this are forgotten, the least recently used first.
const CAPACITY: u64 = 50_000;

/// A user by id. Errors: the user service is away.
pub async fn by_id(app: &App, id: UserId) -> Result<Option<User>, Error> {
    Ok(ask(app, vec![id.to_string()]).await?.into_iter().next())
}

/// Users by id, however many; unknown ids are left out. Errors: the user service is away.
pub async fn by_ids(app: &App, ids: &[UserId]) -> Result<HashMap<UserId, User>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let users = ask(app, batch.iter().map(ToString::to_string).collect()).await?;
        found.extend(users.into_iter().filter_map(|user| Some((user.id.parse().ok()?, user))));
    }
    Ok(found)
}

async fn ask(app: &App, ids: Vec<String>) -> Result<Vec<User>, Error> {
    let request = GetUsersRequest { ids };
    let answer = app
        .users
        .call(|t| {
            let request = request.clone();
            async move { UserServiceClient::new(t).get_users(request).await }
        })
        .await
        .map_err(|e| Error::User(Box::new(e)))?;
    Ok(answer.users)
}

/// A user by name. Errors: the user service is away.
pub async fn by_name(app: &App, name: &Username) -> Result<Option<User>, Error> {
    let request = GetUsersByNameRequest { usernames: vec![name.to_string()] };
    let answer = app
        .users
        .call(|t| {
            let request = request.clone();
            async move { UserServiceClient::new(t).get_users_by_name(request).await }
        })
        .await
        .map_err(|e| Error::User(Box::new(e)))?;
    Ok(answer.users.into_iter().next())
}

/// In which language a user is told something: English of who did not say, and of whom an older user service says nothing.
pub fn language(user: &User) -> Language {
    Language::parse(&user.language).unwrap_or_default()
}

/// Whether a user moderates the whole platform.
pub fn is_staff(user: &User) -> bool {
    PlatformRole::names_staff(&user.platform_role)
}

/// Whether somebody moderates the whole platform now: the user service is asked anew. Errors: it is away.
pub async fn acts_as_staff(app: &App, id: UserId) -> Result<bool, Error> {
    Ok(by_id(app, id).await?.is_some_and(|user| is_staff(&user) && !user.suspended))
}

/// What somebody is on the platform. Nobody in particular, if nothing is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Moderates every channel.
    pub staff: bool,
    /// May do nothing.
    pub suspended: bool,
}

/// Standings as last heard.
pub struct Standings(Cache<UserId, (Standing, Option<Instant>)>);

impl Default for Standings {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl Standings {
    /// Something about the user has changed: asked again at the next need, and as last heard until there is an answer.
    pub async fn changed(&self, id: &str) {
        let Ok(id) = id.parse::<UserId>() else { return };
        if let Some((standing, _)) = self.0.get(&id).await {
            self.0.insert(id, (standing, None)).await;
        }
    }

    /// What is known of a user at `now`, asked for if that is not fresh.
    async fn of(
        &self,
        id: UserId,
        now: Instant,
        ask: impl Future<Output = Result<Option<User>, Error>>,
    ) -> Standing {
        let known = self.0.get(&id).await;
        let age = |heard: Instant| now.saturating_duration_since(heard);
        if let Some((standing, _)) = known.filter(|(_, heard)| heard.is_some_and(|h| age(h) < FRESH)) {
            return standing;
        }
        match ask.await {
            Ok(user) => {
                let of = |u: User| Standing { staff: is_staff(&u), suspended: u.suspended };
                let standing = user.map(of).unwrap_or_default();
                self.0.insert(id, (standing, Some(now))).await;
                standing
            }
            Err(_) => known.map(|(standing, _)| standing).unwrap_or_default(),
        }
    }
}

/// The standing of a user, asked for at most every ten seconds. Never fails: what was last heard counts while the user service is away.
pub async fn standing(app: &App, id: UserId) -> Standing {
    let ask = async { tokio::time::timeout(PATIENCE, by_id(app, id)).await.unwrap_or(Err(Error::Busy)) };
    app.standings.of(id, Instant::now(), ask).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;

    fn user(role: &str, suspended: bool) -> Result<Option<User>, Error> {
        Ok(Some(User { platform_role: role.into(), suspended, ..User::default() }))
    }

    #[tokio::test]
    async fn a_standing_is_asked_for_again_after_ten_seconds_and_outlives_the_service_that_knows_it() {
        let (all, id, start) = (Standings::default(), UserId::new(), Instant::now());
        let staff = Standing { staff: true, suspended: false };
        assert_eq!(all.of(id, start, ready(user("admin", false))).await, staff);
        let soon = start + FRESH - Duration::from_millis(1);
        assert_eq!(all.of(id, soon, async { panic!("asked too soon") }).await, staff);
        let later = start + FRESH;
        assert_eq!(all.of(id, later, ready(Err(Error::Busy))).await, staff, "away");
        let suspended = Standing { staff: false, suspended: true };
        assert_eq!(all.of(id, later, ready(user("user", true))).await, suspended);
        assert_eq!(all.of(id, later, async { panic!("asked too soon") }).await, suspended);
        let stranger = all.of(UserId::new(), later, ready(Err(Error::Busy))).await;
        assert_eq!(stranger, Standing::default(), "of whom nothing is known");
    }

    #[tokio::test]
    async fn staff_is_who_moderates_the_platform_or_runs_it() {
        let of = async |user| Standings::default().of(UserId::new(), Instant::now(), ready(user)).await;
        for (role, is) in
            [("moderator", true), ("admin", true), ("user", false), ("", false), ("Admin", false)]
        {
            assert_eq!(of(user(role, false)).await.staff, is, "{role}");
        }
        assert_eq!(of(Ok(None)).await, Standing::default());
    }
}
