//! Pages of lists, most of them in the order of their ids (UUIDv7: of time).

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
    /// What it says, if anything.
    pub(crate) fn text(&self) -> Option<&str> {
        self.cursor.as_deref().filter(|text| !text.is_empty())
    }
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
pub(crate) fn cut<T>(items: Vec<T>, id: impl Fn(&T) -> Uuid) -> (Vec<T>, Option<String>) {
    cut_by(items, |item| id(item).to_string())
}

/// The same of a list in another order, by what is a cursor there.
pub(crate) fn cut_by<T>(mut items: Vec<T>, cursor: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    let next = items.last().filter(|_| more).map(cursor);
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
