//! The limits that this service goes by, and those of the ingest nodes, which tell them here; for the platform's staff.

use super::on_air::{no_store, staff};
use crate::{
    app::App,
    nodes::limits::{Limit, Shared},
    on_air,
};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use streamly_http::{Authenticated, Problem, SettingList};

/// A setting of the ingest nodes as it counts.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NodeSettingItem {
    /// Its key, as in the documentation of settings.
    key: String,
    /// `10`, `true`, `10s`, `4 MiB`.
    value: String,
    /// What it is where nobody sets it; null: it has no such value.
    default: Option<String>,
    /// The nodes where it is so. A key comes once for each value that it has somewhere.
    nodes: Vec<String>,
}

/// The limits that the ingest nodes go by, by key.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NodeSettingList {
    items: Vec<NodeSettingItem>,
    /// The nodes that say what they go by.
    nodes: Vec<String>,
}

/// The limits that the stream service goes by: numbers, switches, lengths of time and sizes, beside their defaults. For the platform's staff.
#[utoipa::path(get, path = "/api/admin/limits/stream", security(("bearer" = [])), responses((status = 200, body = SettingList), (status = 403, description = "`forbidden`")))]
pub async fn list(
    app: web::Data<App>,
    who: Authenticated,
    limits: web::Data<SettingList>,
) -> Result<HttpResponse, Problem> {
    staff(&app, &who.0).await?;
    Ok(limits.answer())
}

/// The limits that the ingest nodes go by, as they say themselves. For the platform's staff.
#[utoipa::path(get, path = "/api/admin/limits/ingest", security(("bearer" = [])), responses((status = 200, body = NodeSettingList), (status = 403, description = "`forbidden`")))]
pub async fn ingest(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    staff(&app, &who.0).await?;
    let (nodes, limits) = on_air::limits(&app).await?;
    let item = |Shared { limit: Limit { key, value, default }, nodes }| NodeSettingItem {
        key,
        value,
        default,
        nodes,
    };
    Ok(no_store(&NodeSettingList { items: limits.into_iter().map(item).collect(), nodes }))
}
