//! The limits that this service goes by, for the platform's staff.

use crate::accounts::Accounts;
use actix_web::{HttpResponse, web::Data};
use streamly_http::{Authenticated, ProblemBody, Result, SettingList};

/// The limits that the user service goes by: numbers, switches, lengths of time and sizes, beside their defaults.
#[utoipa::path(get, path = "/api/admin/limits/user", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "By key.", body = SettingList),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    accounts: Data<Accounts>,
    caller: Authenticated,
    limits: Data<SettingList>,
) -> Result<HttpResponse> {
    accounts.within(accounts.is_staff(&caller.0)).await?;
    Ok(limits.answer())
}
