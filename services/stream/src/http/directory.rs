//! The directory: who is live, and who there is.

use super::{caller, text};
use crate::{
    app::App,
    directory::{self, Asked, Cursor, Page as Found},
    error::Error,
    profile, search,
    store::directory::Filter,
    view::Stream,
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use streamly_http::Problem;
use streamly_status::Code;

/// Channels of a page, by default and at most.
const PAGE: u32 = 30;
const MAX_PAGE: u32 = 100;
/// Longest search text, category or tag.
const MAX_QUERY: usize = 100;

/// What to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only channels that can be watched now.
    #[serde(default)]
    live: bool,
    /// Words in names, title, tags or category. If they are nowhere, what is like them is found.
    q: Option<String>,
    /// A category: its slug, one that it had, or its name; or another text.
    category: Option<String>,
    /// A tag, compared without case.
    tag: Option<String>,
    /// BCP 47; `pt` finds `pt-BR` too.
    language: Option<String>,
    /// `next_cursor` of the page before; the other parameters stay as they were.
    cursor: Option<String>,
    /// Items of a page, 1 to 100.
    limit: Option<u32>,
}
/// A page of the directory, as `written` writes it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = StreamPage)]
pub struct Page {
    items: Vec<Stream>,
    next_cursor: Option<String>,
}

/// [`Page`] as JSON, of what is written of each channel already.
fn written(public_url: &str, found: &Found) -> Result<String, Error> {
    let next = serde_json::to_string(&found.next.as_ref().map(Cursor::encode))?;
    let mut page = String::from("{\"items\":[");
    for (n, card) in found.items.iter().enumerate() {
        page.push_str(if n == 0 { "" } else { "," });
        page.push_str(card.json(public_url)?);
    }
    page.push_str("],\"next_cursor\":");
    page.push_str(&next);
    page.push('}');
    Ok(page)
}

/// Channels, most watched first; of a search, the best match first. Who pages on sees each channel once, whatever its viewers do meanwhile.
#[utoipa::path(get, path = "/api/streams", params(ListQuery), responses(
    (status = 200, body = Page), (status = 400, description = "`invalid_cursor`: of no page, or too old"),
    (status = 422, description = "`validation_failed`"), (status = 429, description = "`rate_limited`: too many searches of one address wait"), (status = 503, description = "`unavailable`: also a search that took too long")
))]
pub async fn list(
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
    let cursor = match query.cursor.as_deref().filter(|c| !c.is_empty()) {
        Some(text) => Some(Cursor::parse(text).ok_or(Code::InvalidCursor)?),
        None => None,
    };
    let mut errors = Vec::new();
    let mut said = |field: &str, value: &Option<String>| {
        value.as_deref().map(|v| text(field, v, 0, MAX_QUERY, &mut errors)).filter(|v| !v.is_empty())
    };
    let q = said("q", &query.q).unwrap_or_default();
    let (category, tag) = (said("category", &query.category), said("tag", &query.tag));
    let language =
        query.language.as_deref().map(|l| profile::language(l, &mut errors)).filter(|l| !l.is_empty());
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let category = match category {
        Some(text) => Some(directory::meant(&app, &text).await?),
        None => None,
    };
    let filter = Filter { live: query.live, category, tag: tag.as_deref().map(search::tag_key), language };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE) as usize;
    let write = |found: Found| written(&app.config.public_url, &found);
    let caller = caller::of(&app, &request);
    match directory::answer(&app, Asked { filter, q, cursor, limit }, caller, write).await {
        Ok(answer) => Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .body(answer.to_string())),
        Err(code @ (Code::Unavailable | Code::RateLimited)) => {
            Err(Problem::new(code).retry_after(Duration::from_secs(1)))
        }
        Err(code) => Err(code.into()),
    }
}
