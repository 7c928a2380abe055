//! `/api/admin/signing-keys`: the public side of the keys that sign access tokens, for admins. They are changed by a command of the operator.

use super::page;
use crate::{accounts::Accounts, signing};
use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use streamly_auth::ring::Phase;
use streamly_http::{Authenticated, ProblemBody, Result};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A key.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKeyItem {
    /// As tokens name it.
    kid: String,
    /// `next`: published, signs later. `signing`. `former`: its tokens are good until they end.
    state: &'static str,
    /// Null: from the beginning.
    #[serde(with = "time::serde::rfc3339::option")]
    signs_from: Option<OffsetDateTime>,
    /// When its last tokens have ended. Null: another key has to follow first.
    #[serde(with = "time::serde::rfc3339::option")]
    published_until: Option<OffsetDateTime>,
}

/// All published keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKeys {
    /// In the order in which they sign.
    items: Vec<SigningKeyItem>,
}

fn time_of(s: u64) -> Option<OffsetDateTime> {
    i64::try_from(s).ok().filter(|s| *s > 0).and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok())
}

/// The keys of access tokens, without what is secret of them.
#[utoipa::path(get, path = "/api/admin/signing-keys", tag = "admin", security(("bearer" = [])), responses(
    (status = 200, description = "The keys that are published.", body = SigningKeys),
    (status = 401, description = "`unauthenticated`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "`forbidden`, `account_suspended`", body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "`unavailable`", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(accounts: Data<Accounts>, caller: Authenticated) -> Result<HttpResponse> {
    let ring = accounts.within(accounts.signing_keys(&caller.0)).await?;
    let items = ring.at(signing::now()).map(|(key, from, until, phase)| SigningKeyItem {
        kid: key.kid().to_owned(),
        state: match phase {
            Phase::Next => "next",
            Phase::Signing => "signing",
            Phase::Former => "former",
        },
        signs_from: time_of(from),
        published_until: until.and_then(time_of),
    });
    Ok(page::no_store().json(SigningKeys { items: items.collect() }))
}
