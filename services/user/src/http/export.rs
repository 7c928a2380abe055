//! `/api/auth/me/export`: everything that the platform knows of the caller.

use crate::accounts::Accounts;
use actix_web::{HttpResponse, http::header, web::Bytes, web::Data};
use futures_util::{StreamExt, stream};
use std::convert::Infallible;
use streamly_http::{Authenticated, ProblemBody, Result};

/// All that is known of the caller, as one JSON document, soon after a sign-in. It is written while it is read; one whose `missing` is not there was
/// cut off, and a service that is named in it did not answer.
#[utoipa::path(get, path = "/api/auth/me/export", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "`{format, exported_at, user, stream, chat, missing}`; in each part lists by kind.", content_type = "application/json"),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`reauth_required`: prove the password by `/api/auth/reauth` first; `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, description = "`rate_limited`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn export(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let (username, mut pieces) = accounts.within(accounts.export(&caller.0)).await?;
    let body =
        stream::poll_fn(move |cx| pieces.poll_recv(cx)).map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A name has letters, digits and underscores only.
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"streamly-{username}.json\""),
        ))
        .streaming(body))
}
