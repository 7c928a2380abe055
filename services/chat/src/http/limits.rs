//! REST of the limits that this service goes by, for the platform's staff.

use super::{Rest, caller::Account, lists::person};
use actix_web::{HttpResponse, get, web};
use streamly_http::{ProblemBody, Result, SettingList};
use streamly_status::Code;

/// The limits that chat goes by: numbers, switches, lengths of time and sizes, beside their defaults. For the platform's staff.
#[utoipa::path(
    get, path = "/api/admin/limits/chat", tag = "chat",
    responses((status = 200, body = SettingList), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[get("/api/admin/limits/chat")]
pub(super) async fn limits(rest: web::Data<Rest>, who: Account) -> Result<HttpResponse> {
    let context = rest.context()?;
    person(context, &who).await?;
    if !context.directory.is_staff(who.0.sub).await {
        return Err(Code::Forbidden.into());
    }
    Ok(rest.limits.answer())
}
