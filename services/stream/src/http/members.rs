//! Moderators and VIPs of one's own channel. Others' members are not shown and cannot be named here.

use crate::{
    app::App,
    channel,
    error::Error,
    members, people,
    store::members::{self as table, Member, Role},
};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use streamly_domain::{UserId, Username};
use streamly_http::{Authenticated, Problem};
use streamly_proto::user::v1::User;
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;

/// What to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewMemberRole)]
pub struct NewRole {
    /// `moderator` or `vip`.
    role: String,
}

/// A member.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ListedMember {
    #[schema(value_type = String)]
    user_id: UserId,
    /// Null: the account is gone; its id stands for the name then.
    username: Option<String>,
    display_name: Option<String>,
    /// `moderator` or `vip`.
    role: &'static str,
    /// Who gave the role: the owner, or somebody of the platform's staff.
    #[schema(value_type = String)]
    added_by: UserId,
    #[serde(with = "time::serde::rfc3339")]
    added_at: OffsetDateTime,
}
/// All members: moderators first, then in the order in which they were added.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MemberList {
    items: Vec<ListedMember>,
}

fn listed(member: Member, user: Option<User>) -> ListedMember {
    let (username, display_name) = user.map(|u| (u.username, u.display_name)).unzip();
    ListedMember {
        user_id: member.user_id,
        username,
        display_name,
        role: member.role.as_str(),
        added_by: member.added_by,
        added_at: member.added_at,
    }
}

/// Moderators and VIPs of one's own channel.
#[utoipa::path(get, path = "/api/streams/me/members", security(("bearer" = [])), responses((status = 200, body = MemberList)))]
pub async fn list(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let own = channel::own(&app, &who.0).await?;
    let db = app.connection().await?;
    let members = table::list(&db, own.id).await?;
    drop(db);
    let ids: Vec<UserId> = members.iter().map(|m| m.user_id).collect();
    let mut users = people::by_ids(&app, &ids).await?;
    let items = members.into_iter().map(|m| (users.remove(&m.user_id), m)).map(|(u, m)| listed(m, u));
    Ok(HttpResponse::Ok().json(MemberList { items: items.collect() }))
}

/// The user of a name. Errors: `user_not_found`; the user service is away.
async fn named(app: &App, name: &str) -> Result<User, Error> {
    let name = Username::parse(name).map_err(|_| Code::UserNotFound)?;
    Ok(people::by_name(app, &name).await?.ok_or(Code::UserNotFound)?)
}

fn id_of(user: &User) -> Result<UserId, Error> {
    Ok(user.id.parse().map_err(|_| Code::BadGateway)?)
}

/// Makes a user moderator or VIP of one's own channel, or the other of both.
#[utoipa::path(put, path = "/api/streams/me/members/{username}", security(("bearer" = [])), params(("username" = String, Path)), request_body = NewRole, responses(
    (status = 204), (status = 404, description = "`user_not_found`"), (status = 409, description = "`too_many_members`"),
    (status = 422, description = "`validation_failed`: another role, or one's own name")
))]
pub async fn put(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    body: web::Json<NewRole>,
) -> Result<HttpResponse, Problem> {
    let role: Role = body.role.parse().map_err(|_| {
        let detail = "moderator or vip.".to_owned();
        Problem::fields(vec![FieldError { field: "role".into(), code: "invalid", detail }])
    })?;
    app.limits.members(&app.redis, who.0.sub).await?;
    let own = channel::own(&app, &who.0).await?;
    let user = named(&app, &path).await?;
    if user.suspended {
        return Err(Code::UserNotFound.into());
    }
    members::set(&app, &own, id_of(&user)?, Some(role), who.0.sub).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a user's role in one's own channel away; to have none is fine too. A user's id does as well as the name.
#[utoipa::path(delete, path = "/api/streams/me/members/{username}", security(("bearer" = [])), params(("username" = String, Path)), responses(
    (status = 204), (status = 404, description = "`user_not_found`"), (status = 422, description = "`validation_failed`: one's own name")
))]
pub async fn delete(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app.limits.members(&app.redis, who.0.sub).await?;
    let own = channel::own(&app, &who.0).await?;
    // No name looks like an id.
    let user = match path.parse() {
        Ok(id) => id,
        Err(_) => id_of(&named(&app, &path).await?)?,
    };
    members::set(&app, &own, user, None, who.0.sub).await?;
    Ok(HttpResponse::NoContent().finish())
}
