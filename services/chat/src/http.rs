//! REST of chat: history and deletion of messages. Handlers only; who may do what is asked of the directory.

use crate::{
    bus::Deleted,
    directory::{Channel, Failure},
    log_id::LogId,
    session::Context,
    store::{self, Act},
};
use actix_web::{HttpResponse, delete, get, web};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};
use streamly_http::{Authenticated, Problem, ProblemBody, Result};
use streamly_postgres::Database;
use streamly_status::Code;
use utoipa::{OpenApi, ToSchema};

/// Messages of one page at most.
const MAX_PAGE: usize = 200;

/// What handlers work with; empty until the service is up.
pub struct Rest {
    /// As the sockets have it.
    pub context: OnceLock<Context>,
    /// For the audit log.
    pub db: Database,
}

impl Rest {
    fn context(&self) -> Result<&Context> {
        self.context.get().ok_or_else(|| Code::Unavailable.into())
    }
}

/// A page of the kept log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    /// Frames `message`, oldest first.
    #[schema(value_type = Vec<Object>)]
    items: Vec<serde_json::Value>,
    /// `before` of the page of older messages; null at the beginning of what is kept.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    before: Option<String>,
    limit: Option<usize>,
}

async fn channel(context: &Context, room: &str) -> Result<Arc<Channel>> {
    context.directory.channel(room).await.map_err(|e| match e {
        Failure::NotFound => Code::ChannelNotFound.into(),
        Failure::Away => Problem::unavailable(&e),
    })
}

fn redis_away(e: streamly_redis::Error) -> Problem {
    if e.is_unavailable() { Problem::unavailable(&e) } else { Problem::internal(&e) }
}

/// The kept messages of a room, newest page first; deleted ones are gone.
#[utoipa::path(
    get, path = "/api/chat/rooms/{room}/messages", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"),
           ("before" = Option<String>, Query, description = "Only messages before this id"),
           ("limit" = Option<u32>, Query, description = "Events looked at, 1-200, default 50")),
    responses((status = 200, body = Page), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
)]
#[get("/api/chat/rooms/{room}/messages")]
async fn messages(
    rest: web::Data<Rest>,
    room: web::Path<String>,
    query: web::Query<PageQuery>,
) -> Result<web::Json<Page>> {
    let context = rest.context()?;
    let before = match &query.before {
        Some(b) => Some(b.parse::<LogId>().map_err(|_| Problem::new(Code::InvalidCursor))?),
        None => None,
    };
    let channel = channel(context, &room).await?;
    let limit = query.limit.unwrap_or(50).clamp(1, MAX_PAGE);
    let cutoff = LogId::at(context.log.cutoff_ms());
    let entries = context.log.newest(channel.id, cutoff, before, limit).await.map_err(redis_away)?;
    let next_cursor = entries.first().filter(|_| entries.len() == limit).map(|e| e.id.to_string());
    let items = entries
        .iter()
        .filter(|e| e.kind == crate::bus::Kind::Message)
        .filter_map(|e| serde_json::from_str(&e.encode(channel.id, false)).ok())
        .collect();
    Ok(web::Json(Page { items, next_cursor }))
}

/// Deletes a message: its author may, and the channel's owner.
#[utoipa::path(
    delete, path = "/api/chat/rooms/{room}/messages/{id}", tag = "chat",
    params(("room" = String, Path, description = "Channel id or user name"), ("id" = String, Path, description = "18 hex digits")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[delete("/api/chat/rooms/{room}/messages/{id}")]
async fn delete_message(
    rest: web::Data<Rest>,
    path: web::Path<(String, String)>,
    who: Authenticated,
) -> Result<HttpResponse> {
    let context = rest.context()?;
    let (room, id) = path.into_inner();
    let message: LogId = id.parse().map_err(|_| Problem::new(Code::MessageNotFound))?;
    let channel = channel(context, &room).await?;
    let user = who.0.sub;
    let only = (channel.owner != user).then_some(user);
    let floor = context.hub.floor(channel.id);
    match context.log.delete(channel.id, floor, message, only).await.map_err(redis_away)? {
        Deleted::By(_) => {}
        Deleted::NotKept => return Err(Code::MessageNotFound.into()),
        Deleted::NotTheirs => return Err(Code::Forbidden.into()),
    }
    let act = Act { room: channel.id, actor: user, action: "delete", target: &id, reason: "" };
    if let Err(e) = store::note(&rest.db, &act).await {
        tracing::error!(error = %e, room = %channel.id, actor = %user, message = %id, "a deletion is not in the audit log");
    }
    Ok(HttpResponse::NoContent().finish())
}

#[derive(OpenApi)]
#[openapi(paths(messages, delete_message), components(schemas(Page, ProblemBody)))]
struct Document;

/// The OpenAPI document of chat's REST.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut api = Document::openapi();
    api.info.title = "Streamly chat".into();
    api
}

#[get("/api/chat/openapi.json")]
async fn openapi_json() -> web::Json<utoipa::openapi::OpenApi> {
    web::Json(openapi())
}

/// All routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(messages).service(delete_message).service(openapi_json);
    config.route("/health", web::get().to(streamly_http::health));
}
