//! REST of what was said during a broadcast, for replay in step with its recording. Public as the room is.

use super::{Rest, caller::MaybeCaller, visible};
use crate::store::record::{self as store, Range};
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use streamly_domain::BroadcastId;
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::Code;
use utoipa::ToSchema;

/// Events of one page at most.
const MAX_PAGE: i64 = 500;

/// A page of what was said.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordPage {
    /// Frames of the log, each with `offset_ms`, milliseconds since the broadcast's start; oldest first, deleted text never.
    #[schema(value_type = Vec<Object>)]
    items: Vec<serde_json::Value>,
    /// `after` of the next page; null at the end of what is kept so far.
    next_cursor: Option<String>,
    /// The broadcast's start, RFC 3339 UTC.
    started_at: String,
    /// Its end; null while it goes on.
    ended_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RecordQuery {
    broadcast: String,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    after: Option<String>,
    limit: Option<i64>,
}

/// What was said in the room during a broadcast.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/record", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("broadcast" = String, Query, description = "The broadcast's id"),
           ("from_ms" = Option<i64>, Query, description = "From this offset on, default the beginning"),
           ("to_ms" = Option<i64>, Query, description = "Before this offset, default the end"),
           ("after" = Option<String>, Query, description = "The cursor of the page before"),
           ("limit" = Option<u32>, Query, description = "1-500, default 500")),
    responses((status = 200, body = RecordPage), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security((), ("access_token" = [])),
)]
#[get("/api/chat/rooms/{room}/record")]
pub(super) async fn record(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    who: MaybeCaller,
    query: web::Query<RecordQuery>,
) -> Result<web::Json<RecordPage>> {
    let context = rest.context()?;
    let broadcast: BroadcastId =
        query.broadcast.parse().map_err(|_| Problem::new(Code::BroadcastNotFound))?;
    let after = query.after.as_deref().unwrap_or_default();
    if !after.is_empty() && after.parse::<crate::log_id::LogId>().is_err() {
        return Err(Code::InvalidCursor.into());
    }
    let channel = visible(context, &room, &who).await?;
    let found =
        store::find(&context.moderation.db, channel.id, broadcast).await.map_err(super::database_away)?;
    let (started, ended) = found.ok_or_else(|| Problem::new(Code::BroadcastNotFound))?;
    let max = query.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    let range = Range {
        from_ms: query.from_ms.unwrap_or(i64::MIN),
        to_ms: query.to_ms.unwrap_or(i64::MAX),
        after,
        max,
    };
    let events =
        store::page(&context.moderation.db, broadcast, &range).await.map_err(super::database_away)?;
    let next_cursor = events.last().filter(|_| events.len() as i64 == max).map(|e| e.id.clone());
    let items = events.iter().filter_map(|e| e.frame(channel.id)).collect();
    let text = |t: time::OffsetDateTime| t.format(&time::format_description::well_known::Rfc3339).ok();
    let page = RecordPage {
        items,
        next_cursor,
        started_at: text(started).unwrap_or_default(),
        ended_at: ended.and_then(text),
    };
    Ok(web::Json(page))
}
