//! Extractors and their limits: who is calling, JSON bodies, paths and queries; each failure is a problem with a code.

use crate::{AccessKeys, Problem};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::{JsonPayloadError, PathError, QueryPayloadError},
    http::header,
    web,
};
use std::{future::Future, pin::Pin};
use streamly_auth::access::Claims;
use streamly_status::Code;

/// Largest JSON body, bytes, unless a route says otherwise.
pub const MAX_JSON: usize = 64 << 10;

/// The caller, signed in. Missing or bad token: 401 `unauthenticated`.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Claims);

/// The caller if signed in; no token is fine, a bad one is 401.
#[derive(Debug, Clone)]
pub struct MaybeAuthenticated(pub Option<Claims>);

/// An extraction under way: a token may have to wait for its key.
type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

async fn claims(request: HttpRequest) -> Result<Option<Claims>, Problem> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let refused = || Problem::new(Code::Unauthenticated);
    let text = value.to_str().map_err(|_| refused())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refused());
    }
    let keys = request.app_data::<web::Data<AccessKeys>>().expect("every app has AccessKeys as app data");
    keys.verify_soon(token.trim()).await.map(Some).map_err(|e| match e {
        streamly_auth::InvalidToken::Expired => refused().detail("The access token has expired."),
        streamly_auth::InvalidToken::Rejected => refused(),
    })
}

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = Extraction<Self>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let claims = claims(request.clone());
        Box::pin(async { claims.await?.map(Authenticated).ok_or_else(|| Code::Unauthenticated.into()) })
    }
}

impl FromRequest for MaybeAuthenticated {
    type Error = Problem;
    type Future = Extraction<Self>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let claims = claims(request.clone());
        Box::pin(async { claims.await.map(MaybeAuthenticated) })
    }
}

/// JSON, path and query extractors with our limits and problems, and the 404 of unknown paths: `App::new().configure(defaults)`.
pub fn defaults(config: &mut web::ServiceConfig) {
    config
        .app_data(
            web::JsonConfig::default()
                .limit(MAX_JSON)
                .content_type_required(true)
                .error_handler(|e, _| json(&e).into()),
        )
        .app_data(web::PathConfig::default().error_handler(|e: PathError, _| {
            let _ = e;
            Problem::new(Code::NotFound).into()
        }))
        .app_data(web::QueryConfig::default().error_handler(|e: QueryPayloadError, _| {
            Problem::new(Code::MalformedRequest).detail(format!("The query could not be read: {e}")).into()
        }))
        .app_data(web::PayloadConfig::new(MAX_JSON))
        .default_service(web::to(|| async {
            Err::<actix_web::HttpResponse, _>(Problem::new(Code::NotFound))
        }));
}

fn json(e: &JsonPayloadError) -> Problem {
    match e {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
            Problem::new(Code::PayloadTooLarge).detail(format!("A body has at most {MAX_JSON} bytes."))
        }
        JsonPayloadError::ContentType => {
            Problem::new(Code::UnsupportedMediaType).detail("Send application/json.")
        }
        JsonPayloadError::Deserialize(e) if e.is_data() => {
            Problem::new(Code::ValidationFailed).detail(e.to_string())
        }
        JsonPayloadError::Deserialize(e) => Problem::new(Code::MalformedRequest).detail(e.to_string()),
        _ => Problem::new(Code::MalformedRequest),
    }
}
