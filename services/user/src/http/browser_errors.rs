//! Errors of pages in people's browsers: told by the app at `/api/browser-errors`, read by admins at `/api/admin/browser-errors`.

use super::{page, visitor::Edge};
use crate::{
    accounts::Accounts,
    browser_error::BrowserError,
    input,
    store::browser_errors::{Kept, Place},
};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamly_http::{Authenticated, ProblemBody, Result};
use streamly_status::Code;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What went wrong, as the page says it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Told {
    /// The error's words; the first 300 characters are kept.
    #[schema(value_type = String)]
    message: Option<Value>,
    /// Where it came from, a line a step; the first 4,000 characters are kept.
    #[schema(value_type = Option<String>)]
    stack: Option<Value>,
    /// The page's path; the first 200 characters are kept, without query and fragment.
    #[schema(value_type = Option<String>)]
    page: Option<Value>,
}

/// An error that was told, with how often.
#[derive(Serialize, ToSchema)]
pub(crate) struct BrowserErrorItem {
    id: String,
    message: String,
    stack: String,
    /// The path of the page where it was seen first.
    page: String,
    /// The `User-Agent` of the browser where it was seen first.
    browser: String,
    /// How often it was told.
    count: i64,
    #[serde(with = "time::serde::rfc3339")]
    first_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    last_at: OffsetDateTime,
}

/// A page of errors.
#[derive(Serialize, ToSchema)]
pub(crate) struct BrowserErrorPage {
    items: Vec<BrowserErrorItem>,
    next_cursor: Option<String>,
}

impl From<Kept> for BrowserErrorItem {
    fn from(kept: Kept) -> Self {
        let BrowserError { message, stack, page, browser } = kept.error;
        let (id, count) = (kept.id.to_string(), kept.count);
        Self { id, message, stack, page, browser, count, first_at: kept.first_at, last_at: kept.last_at }
    }
}

/// Tells of an error in this platform's page. Whose browser it was is not kept.
#[utoipa::path(post, path = "/api/browser-errors", tag = "errors", request_body = Told, responses(
    (status = 204, description = "Kept, or counted again."),
    (status = 403, description = "`forbidden`: from another site's page", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn tell(
    request: HttpRequest,
    accounts: Data<Accounts>,
    edge: Data<Edge>,
    Json(body): Json<Told>,
) -> Result<HttpResponse> {
    edge.check_origin(&request)?;
    let optional = |field: &str, value: Option<Value>| {
        value.filter(|v| !v.is_null()).map_or(Ok(String::new()), |v| input::text(field, Some(v)))
    };
    let message = input::text("message", body.message)?;
    let (stack, page) = (optional("stack", body.stack)?, optional("page", body.page)?);
    let device = edge.device(&request);
    let browser = device.user_agent.as_deref().unwrap_or_default();
    let error = BrowserError::new(&message, &stack, &page, browser)
        .ok_or_else(|| input::wrong("message", "What went wrong, in words."))?;
    accounts.within(accounts.browser_error(&device.ip, &error)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Errors in people's browsers, those first that came up last.
#[utoipa::path(get, path = "/api/admin/browser-errors", tag = "admin", params(page::Cursor), security(("bearer" = [])), responses(
    (status = 200, description = "Errors.", body = BrowserErrorPage),
    (status = 400, description = "`invalid_cursor`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Query(cursor): Query<page::Cursor>,
) -> Result<HttpResponse> {
    let before = cursor.text().map(|text| place_of(text).ok_or(Code::InvalidCursor)).transpose()?;
    let all = accounts.within(accounts.browser_errors(&caller.0, before)).await?;
    let (all, next_cursor) = page::cut_by(all, |kept| text_of(kept.place()));
    let items = all.into_iter().map(BrowserErrorItem::from).collect();
    Ok(page::no_store().json(BrowserErrorPage { items, next_cursor }))
}

/// A place as a cursor: microseconds since 1970, as exact as the database, and the id.
fn text_of(place: Place) -> String {
    format!("{}.{}", place.last_at.unix_timestamp_nanos() / 1_000, place.id)
}

/// Errors are none: it is no cursor of ours.
fn place_of(text: &str) -> Option<Place> {
    let (micros, id) = text.split_once('.')?;
    let micros: i64 = micros.parse().ok()?;
    let last_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()?;
    // PostgreSQL knows fewer years.
    let plausible = (1970..=9999).contains(&last_at.year());
    Some(Place { last_at, id: id.parse().ok()? }).filter(|_| plausible)
}

/// Takes an error off the list, until it is told again.
#[utoipa::path(delete, path = "/api/admin/browser-errors/{id}", tag = "admin", params(("id" = String, Path)), security(("bearer" = [])), responses(
    (status = 204, description = "It is not on the list."),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "`not_found`: no id", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn dismiss(
    accounts: Data<Accounts>,
    caller: Authenticated,
    id: Path<String>,
) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Code::NotFound)?;
    accounts.within(accounts.forget_browser_error(&caller.0, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
