//! The limits that this service goes by, for the platform's staff.

use super::on_air::staff;
use crate::app::App;
use actix_web::{HttpResponse, web};
use streamly_http::{Authenticated, Problem, SettingList};

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
