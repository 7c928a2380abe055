//! REST of a room's blocked terms, for its moderators. Handlers only.

use super::{
    Rest, actor,
    caller::Caller,
    lists::{Items, acting, parse_id, queue_refused},
    shapes,
};
use crate::{moderation::rfc3339, store::audit};
use actix_web::{HttpResponse, delete, get, post, web};
use serde::Deserialize;
use serde_json::json;
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// A term to be blocked.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewTerm {
    /// Words; `*` at either end or inside stands for any characters of a word. At most 60 characters.
    term: String,
}

/// The room's blocked terms, oldest first.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/terms", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = shapes::TermPage), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/terms")]
pub(super) async fn terms(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
) -> Result<web::Json<Items>> {
    let context = rest.context()?;
    let (channel, actor) = actor(context, &room, &who).await?;
    actor.moderates()?;
    let list = context.screen.terms.list(channel.id).await.map_err(|e| queue_refused(e.into()))?;
    let ids: Vec<_> = list.iter().map(|t| t.by).collect();
    let people = context.directory.people(&ids).await;
    let item = |t: &crate::store::terms::Kept| {
        let by = people.get(&t.by).map_or_else(|| json!({ "id": t.by }), |p| json!(p));
        json!({ "id": t.id, "term": t.term, "added_by": by, "added_at": rfc3339(t.at) })
    };
    Ok(web::Json(Items { items: list.iter().map(item).collect(), next_cursor: None }))
}

/// Blocks a term: 201, or 200 if it was blocked already. 422 for one that cannot be matched, 409 `too_many_terms`.
#[utoipa::path(
    post, path = "/api/chat/rooms/{room}/terms", tag = "chat", request_body = NewTerm,
    params(("room" = String, Path, description = "Channel id or user name")),
    responses((status = 200, body = shapes::AddedTerm), (status = 201, body = shapes::AddedTerm), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[post("/api/chat/rooms/{room}/terms")]
pub(super) async fn add_term(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: Caller,
    body: web::Json<NewTerm>,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &room, &who).await?;
    actor.moderates()?;
    let known = &context.screen.terms;
    let (id, term, is_new) = known.add(channel.id, &body.term, actor.id).await.map_err(|e| match e {
        crate::queue::Refused::Full => Problem::new(Code::TooManyTerms),
        e => queue_refused(e),
    })?;
    if is_new {
        note(context, &channel, &actor, "block_term", &term).await;
    }
    let answer = json!({ "id": id, "term": term });
    Ok(if is_new { HttpResponse::Created().json(answer) } else { HttpResponse::Ok().json(answer) })
}

/// Blocks a term no more.
#[utoipa::path(
    delete, path = "/api/chat/rooms/{room}/terms/{id}", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "The term's id")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/rooms/{room}/terms/{id}")]
pub(super) async fn remove_term(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Caller,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (channel, actor) = acting(context, &path.0, &who).await?;
    actor.moderates()?;
    let id = parse_id(&path.1, Code::TermNotFound)?;
    let term = context.screen.terms.remove(channel.id, id).await.map_err(|e| match e {
        crate::queue::Refused::NotFound => Problem::new(Code::TermNotFound),
        e => queue_refused(e),
    })?;
    note(context, &channel, &actor, "unblock_term", &term).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Notes it in the audit log and tells the other nodes, which else learn of it within half a minute.
async fn note(
    context: &crate::session::Context,
    channel: &crate::directory::Channel,
    actor: &crate::moderation::Actor,
    action: &str,
    term: &str,
) {
    if let Err(e) = context.log.announce_terms(channel.id).await {
        tracing::debug!(room = %channel.id, error = %e.details(), "other nodes were not told of a blocked term");
    }
    let new = audit::New {
        room: channel.id,
        actor: actor.id,
        action,
        target: term,
        user: None,
        reason: "",
        note: "",
        until: None,
        detail: json!({}),
    };
    if let Err(e) = context.moderation.note(&new).await {
        tracing::error!(error = ?e, room = %channel.id, actor = %actor.id, "a change of blocked terms is not in the audit log");
    }
}
