//! `GET /api/admin/limits/web`: the limits that this service goes by, for the platform's staff.
//!
//! Nobody's token is read here: who may see them is whom user shows its own, so user is asked for those with what the caller brought. What it
//! answers to anybody else is passed on.

use crate::{config::Config, forward, forward::Services};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde_json::{Value, json};
use streamly_http::SettingList;

/// What user gives to the platform's staff alone.
const JUDGE: &str = "/api/admin/limits/user";

/// The handler.
pub(crate) async fn limits(
    request: HttpRequest,
    services: web::Data<Services>,
    config: web::Data<Config>,
    own: web::Data<SettingList>,
) -> HttpResponse {
    match forward::ask(&request, &services, &config, &config.user_url, JUDGE).await {
        Ok(answer) if answer.status().is_success() => own.answer(),
        Ok(answer) => forward::hand_on(answer, &services).unwrap_or_else(|problem| problem.error_response()),
        Err(problem) => problem.error_response(),
    }
}

/// What the OpenAPI document says of it; the shapes of the list are the other services', too.
pub(crate) fn document() -> Value {
    let problem = |about: &str| json!({"description": about, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}});
    json!({"/api/admin/limits/web": {"get": {
        "tags": ["web"],
        "operationId": "web_limits",
        "summary": "The limits that web goes by: numbers, switches, lengths of time and sizes, beside their defaults. For the platform's staff.",
        "security": [{"bearer": []}],
        "responses": {
            "200": {"description": "By key.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SettingList"}}}},
            "401": problem("`unauthenticated`"),
            "403": problem("`forbidden`, `account_suspended`"),
            "502": problem("`bad_gateway`"),
            "503": problem("`unavailable`"),
        },
    }}})
}
