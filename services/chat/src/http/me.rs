//! REST of what a person sets for all rooms.

use super::{
    Rest,
    caller::Account,
    database_away,
    lists::{acts, person},
};
use crate::chatters;
use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use streamly_http::{Problem, ProblemBody, Result};
use streamly_status::FieldError;
use utoipa::ToSchema;

/// What can be set.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChatMe)]
pub(super) struct Me {
    /// The name's colour, `#rrggbb`; null: the page chooses one. Pages make it readable on their ground.
    color: Option<String>,
}

/// Sets the colour of one's name in chats; messages from then on have it, other nodes' within a minute.
#[utoipa::path(
    put, path = "/api/chat/me", tag = "chat", request_body = Me,
    responses((status = 204), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("access_token" = [])),
)]
#[put("/api/chat/me")]
pub(super) async fn set_me(rest: web::Data<Rest>, who: Account, body: web::Json<Me>) -> Result<HttpResponse> {
    let colour = match &body.color {
        Some(text) => Some(chatters::colour(text).ok_or_else(|| {
            let detail = "A colour is # and six hex digits.".into();
            Problem::fields(vec![FieldError { field: "color".into(), code: "invalid", detail }])
        })?),
        None => None,
    };
    let context = rest.context()?;
    person(context, &who).await?;
    acts(context, who.0.sub).await?;
    context.chatters.set_colour(who.0.sub, colour.as_deref()).await.map_err(database_away)?;
    Ok(HttpResponse::NoContent().finish())
}
