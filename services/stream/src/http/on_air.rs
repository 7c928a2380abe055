//! What is on air, for the platform's staff: the nodes with what their machines have and do, and every broadcast with what it costs.

use super::{cursor, resource};
use crate::{
    app::App,
    error::Error,
    nodes::Machine,
    on_air::{self, Loaded},
    people,
    store::broadcasts::Broadcast,
    view::health::{Health, Made},
    visibility::Visibility,
};
use actix_web::{HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamly_auth::access::Claims;
use streamly_http::{Authenticated, Problem};
use streamly_status::Code;
use time::OffsetDateTime;
use uuid::Uuid;

/// The calls.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/api/admin/nodes").route(web::get().to(nodes)))
        .service(resource("/api/admin/broadcasts").route(web::get().to(broadcasts)));
}

/// A node that takes publishers.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NodeItem {
    id: String,
    /// Where edges reach it.
    origin_url: String,
    /// It takes publishers by RTMPS too.
    rtmps: bool,
    /// It takes no new publisher.
    draining: bool,
    /// Milliseconds since it was heard last; it is heard every second.
    heard_ms_ago: u64,
    /// Broadcasts that it has.
    broadcasts: u64,
    /// Who watch them.
    viewers: u64,
    /// Null: it does not say.
    machine: Option<Machine>,
}

/// All nodes, by name.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NodeList {
    items: Vec<NodeItem>,
}

/// A broadcast on air.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OnAirItem {
    id: String,
    channel_id: String,
    username: String,
    display_name: String,
    title: String,
    visibility: Visibility,
    /// Whether it is a test.
    test: bool,
    /// `starting`, `live`, `reconnecting`.
    state: String,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    viewers: u64,
    /// The node that has it.
    node_id: String,
    /// What arrives and what its transcoder takes; null: not known.
    #[schema(value_type = Option<Health>)]
    health: Option<Value>,
    /// The source first.
    #[schema(value_type = Vec<Made>)]
    renditions: Vec<Value>,
}

/// A page of broadcasts on air, the newest first.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OnAirPage {
    items: Vec<OnAirItem>,
    next_cursor: Option<String>,
}

/// Where a page begins.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    /// Before which item; none: the first page. Errors: the cursor is none of ours.
    pub(super) fn before(&self) -> Result<Option<Uuid>, Problem> {
        match self.cursor.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => Ok(Some(cursor::parse(text).ok_or(Code::InvalidCursor)?.1)),
            None => Ok(None),
        }
    }
}

/// Errors: who asks is none of the platform's staff.
pub(super) async fn staff(app: &App, claims: &Claims) -> Result<(), Error> {
    if people::acts_as_staff(app, claims.sub).await? { Ok(()) } else { Err(Code::Forbidden.into()) }
}

pub(super) fn no_store(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

/// The nodes that take publishers, with what their machines have and do. For the platform's staff.
#[utoipa::path(get, path = "/api/admin/nodes", security(("bearer" = [])), responses((status = 200, body = NodeList), (status = 403, description = "`forbidden`")))]
pub async fn nodes(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    staff(&app, &who.0).await?;
    let item = |Loaded { heard, broadcasts, viewers }: Loaded| {
        let heard_ms_ago = u64::try_from(heard.ago.as_millis()).unwrap_or(u64::MAX);
        let (id, node) = (heard.id, heard.node);
        let (origin_url, rtmps, draining) = (node.origin_url, node.rtmps, node.draining);
        NodeItem { id, origin_url, rtmps, draining, heard_ms_ago, broadcasts, viewers, machine: node.machine }
    };
    Ok(no_store(&NodeList { items: on_air::nodes(&app).await?.into_iter().map(item).collect() }))
}

/// Every broadcast on air with what it costs, whatever its visibility, the newest first. For the platform's staff.
#[utoipa::path(get, path = "/api/admin/broadcasts", security(("bearer" = [])), params(PageQuery),
    responses((status = 200, body = OnAirPage), (status = 400, description = "`invalid_cursor`"), (status = 403, description = "`forbidden`")))]
pub async fn broadcasts(
    app: web::Data<App>,
    who: Authenticated,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let before = query.before()?;
    staff(&app, &who.0).await?;
    let page = on_air::page(&app, before).await?;
    let next_cursor = page.next.map(|id| cursor::encode(0, id));
    let items = page.items.into_iter().map(|(b, seen)| item(b, seen)).collect();
    Ok(no_store(&OnAirPage { items, next_cursor }))
}

fn item(b: Broadcast, seen: Option<Value>) -> OnAirItem {
    let mut seen = seen.unwrap_or_default();
    let renditions = match seen.get_mut("renditions").map(Value::take) {
        Some(Value::Array(renditions)) => renditions,
        _ => Vec::new(),
    };
    OnAirItem {
        id: b.id.to_string(),
        channel_id: b.channel.id.to_string(),
        username: b.channel.username,
        display_name: b.channel.display_name,
        title: b.channel.title,
        visibility: b.channel.visibility,
        test: b.test,
        state: b.state.to_string(),
        started_at: b.live_at.unwrap_or(b.started_at),
        viewers: b.viewers,
        node_id: b.node_id,
        health: seen.get_mut("health").map(Value::take).filter(Value::is_object),
        renditions,
    }
}
