//! Pages of lists that are in the order of their ids (UUIDv7: of time).

use crate::accounts::staff::PAGE;
use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use serde::Deserialize;
use streamly_http::Result;
use streamly_status::Code;
use utoipa::IntoParams;
use uuid::Uuid;

/// Where a page begins.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Cursor {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Cursor {
    /// The id that the page comes after. Errors: it is no cursor of ours.
    pub(crate) fn id(&self) -> Result<Option<Uuid>> {
        id_of(self.cursor.as_deref())
    }
}

/// The id that a page comes after. Errors: it is no cursor of ours.
pub(crate) fn id_of(cursor: Option<&str>) -> Result<Option<Uuid>> {
    let text = cursor.filter(|c| !c.is_empty());
    text.map(|c| c.parse().map_err(|_| Code::InvalidCursor.into())).transpose()
}

/// The items of a page, of which one more was asked for, and the cursor of the next.
pub(crate) fn cut<T>(mut items: Vec<T>, id: impl Fn(&T) -> Uuid) -> (Vec<T>, Option<String>) {
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    let next = items.last().filter(|_| more).map(|item| id(item).to_string());
    (items, next)
}

/// 200 for one caller's eyes.
pub(crate) fn no_store() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

/// 201 likewise.
pub(crate) fn created() -> HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}
