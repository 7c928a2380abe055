//! What people change about themselves: how their name is written, and the language in which they are written to.

use super::body::Me;
use crate::{accounts::Accounts, input};
use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json},
};
use serde::Deserialize;
use serde_json::Value;
use streamly_http::{Authenticated, ProblemBody, Result};
use utoipa::ToSchema;

/// What is changed; fields left out stay.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MeEdit {
    /// The user name with other capitals: it cannot pass for somebody else's.
    #[schema(value_type = Option<String>)]
    display_name: Option<Value>,
    /// In which one is written to (BCP 47): `en`, `de`, of whatever country.
    #[schema(value_type = Option<String>)]
    language: Option<Value>,
}

/// Changes how one's own name is written, which chat and channels show within a minute, and the language of one's mails and pushes.
#[utoipa::path(patch, path = "/api/auth/me", tag = "auth", security(("bearer" = [])), request_body = MeEdit, responses(
    (status = 200, description = "The user.", body = Me),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "`validation_failed`: another name than the user name; a language that is not spoken", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn edit(
    accounts: Data<Accounts>,
    caller: Authenticated,
    Json(body): Json<MeEdit>,
) -> Result<HttpResponse> {
    let name = match body.display_name {
        None | Some(Value::Null) => None,
        name => Some(input::text("display_name", name)?),
    };
    let language = match body.language {
        None | Some(Value::Null) => None,
        tag => Some(input::language(tag)?),
    };
    let user = accounts.within(accounts.change(&caller.0, name.as_deref(), language)).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Me { user: user.into() }))
}
