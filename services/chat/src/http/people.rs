//! REST of who is in a room, for anybody.

use super::{Rest, caller::MaybeCaller, redis_away, shapes, visible};
use crate::roster;
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use streamly_http::{ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// A page of a room's people, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PeoplePage {
    /// By name.
    #[schema(value_type = Vec<shapes::ChatUser>)]
    items: Vec<serde_json::Value>,
    /// `cursor` of the next page; null at the end.
    next_cursor: Option<String>,
    /// How many there are in all.
    total: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct PeopleQuery {
    cursor: Option<String>,
}

/// Signed-in people and bots in a room, over all nodes, by name, 100 a page; as of some seconds ago.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/people", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")),
    responses((status = 200, body = PeoplePage), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security((), ("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/people")]
pub(super) async fn people(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: MaybeCaller,
    query: web::Query<PeopleQuery>,
) -> Result<web::Json<PeoplePage>> {
    let context = rest.context()?;
    let cursor = query.cursor.as_deref();
    if cursor.is_some_and(|c| !roster::is_cursor(c)) {
        return Err(Code::InvalidCursor.into());
    }
    let channel = visible(context, &room, &who).await?;
    let page = context.people.page(channel.id, cursor, roster::PAGE).await.map_err(redis_away)?;
    Ok(web::Json(PeoplePage { items: page.people, next_cursor: page.next, total: page.total }))
}
