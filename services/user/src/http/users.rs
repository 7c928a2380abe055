//! What everybody may read: profiles and the keys that verify access tokens.

use super::body::{KeySet, Profile};
use crate::accounts::Accounts;
use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path},
};
use streamly_http::{ProblemBody, Result};

/// A user's public profile.
#[utoipa::path(get, path = "/api/users/{username}", tag = "users", params(("username" = String, Path, description = "In any case.")), responses(
    (status = 200, description = "The profile.", body = Profile),
    (status = 404, description = "`user_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn profile(accounts: Data<Accounts>, name: Path<String>) -> Result<HttpResponse> {
    let user = accounts.within(accounts.profile(&name)).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Profile::from(user)))
}

/// The public keys of access tokens (RFC 7517); needs no database.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "auth", responses(
    (status = 200, description = "The key set.", body = KeySet),
))]
pub(crate) async fn jwks(accounts: Data<Accounts>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .json(accounts.signing.jwks())
}
