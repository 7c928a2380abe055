//! REST of one's personal block list. Handlers only; the list is always the caller's own.

use super::{
    Rest,
    caller::Account,
    lists::{Items, acts, person, queue_refused, user},
    shapes,
};
use crate::{moderation::rfc3339, queue::Refused};
use actix_web::{HttpResponse, delete, get, put, web};
use serde_json::json;
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::Code;

/// Whom the caller does not want to read, newest first.
#[utoipa::path(
    get, path = "/api/chat/blocks", tag = "chat",
    responses((status = 200, body = shapes::BlockPage), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/chat/blocks")]
pub(super) async fn blocks(rest: web::Data<Rest>, who: Account) -> Result<web::Json<Items>> {
    let context = rest.context()?;
    person(context, &who).await?;
    let list = context.blocks.list(who.0.sub).await.map_err(queue_refused)?;
    let ids: Vec<_> = list.iter().map(|(id, _)| *id).collect();
    let people = context.directory.people(&ids).await;
    let items = list.iter().map(|(id, at)| {
        let user = people.get(id).map_or_else(|| json!({ "id": id }), |p| json!(p));
        json!({ "user": user, "blocked_at": rfc3339(*at) })
    });
    Ok(web::Json(Items { items: items.collect(), next_cursor: None }))
}

/// Puts somebody on the list. 409 `too_many_blocks`.
#[utoipa::path(
    put, path = "/api/chat/blocks/{user}", tag = "chat",
    params(("user" = String, Path, description = "User id or name")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[put("/api/chat/blocks/{user}")]
pub(super) async fn block(
    rest: web::Data<Rest>,
    named: web::Path<String>,
    who: Account,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    person(context, &who).await?;
    acts(context, who.0.sub).await?;
    let blocked = user(context, &named).await?;
    context.blocks.add(who.0.sub, blocked).await.map_err(|e| match e {
        Refused::Full => Problem::new(Code::TooManyBlocks),
        e => queue_refused(e),
    })?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes somebody off the list; somebody who is not on it too.
#[utoipa::path(
    delete, path = "/api/chat/blocks/{user}", tag = "chat",
    params(("user" = String, Path, description = "User id or name")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/blocks/{user}")]
pub(super) async fn unblock(
    rest: web::Data<Rest>,
    named: web::Path<String>,
    who: Account,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    person(context, &who).await?;
    acts(context, who.0.sub).await?;
    let blocked = user(context, &named).await?;
    context.blocks.remove(who.0.sub, blocked).await.map_err(queue_refused)?;
    Ok(HttpResponse::NoContent().finish())
}
