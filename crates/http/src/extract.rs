//! Extractors and their limits: who is calling, JSON bodies, paths and queries; each failure is a problem with a code.

use crate::{AccessKeys, Problem};
use actix_http::BoxedPayloadStream;
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::{JsonPayloadError, PathError, QueryPayloadError},
    http::header,
    middleware::Next,
    web,
};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use std::{future::Future, pin::Pin};
use streamly_auth::access::Claims;
use streamly_status::Code;
use streamly_telemetry::trace::Span;

/// Largest JSON body, bytes, unless a route says otherwise.
pub const MAX_JSON: usize = 64 << 10;

/// The caller, signed in. Missing or bad token: 401 `unauthenticated`.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Claims);

/// The caller if signed in; no token is fine, a bad one is 401.
#[derive(Debug, Clone)]
pub struct MaybeAuthenticated(pub Option<Claims>);

/// A JSON body that may be left out: none where there is no byte of one, or where it is `null`. Any other is read as `web::Json` reads it and
/// refused as there: 400, 413, 415 or 422. An `Option` of `web::Json` would take what cannot be read for none.
#[derive(Debug, Clone)]
pub struct MaybeJson<T>(pub Option<T>);

/// An extraction under way: a token may have to wait for its key, a body for its bytes.
type Extraction<T, E = Problem> = Pin<Box<dyn Future<Output = Result<T, E>>>>;

/// Why a token is not taken.
#[derive(Debug, Clone, Copy)]
enum Refused {
    Expired,
    Bad,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let problem = Problem::new(Code::Unauthenticated);
        match refused {
            Refused::Expired => problem.detail("The access token has expired."),
            Refused::Bad => problem,
        }
    }
}

/// Whose a request is; none: it has no token.
type Whose = Result<Option<Claims>, Refused>;

/// What came of looking at a request's token, in its extensions.
#[derive(Clone)]
struct Looked(Whose);

async fn claims(request: HttpRequest) -> Whose {
    if let Some(Looked(whose)) = request.extensions().get() {
        return whose.clone();
    }
    look(&request).await
}

async fn look(request: &HttpRequest) -> Whose {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Refused::Bad)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refused::Bad)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refused::Bad);
    }
    let keys = request.app_data::<web::Data<AccessKeys>>().expect("every app has AccessKeys as app data");
    let verified = keys.verify_soon(token.trim()).await;
    if let Ok(claims) = &verified {
        let span = Span::current();
        if span.is_recorded() {
            span.text("user.id", &claims.sub.to_string());
        }
    }
    verified.map(Some).map_err(|e| match e {
        streamly_auth::InvalidToken::Expired => Refused::Expired,
        streamly_auth::InvalidToken::Rejected => Refused::Bad,
    })
}

/// The middleware that looks at a token before the handlers' extractors do, for `actix_web::middleware::from_fn`. They run beside one
/// another: while one waits for a token's key another one would tell a stranger what is wrong with the body.
pub async fn look_first<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let whose = look(request.request()).await;
    request.extensions_mut().insert(Looked(whose));
    next.call(request).await
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
        Box::pin(async { Ok(MaybeAuthenticated(claims.await?)) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for MaybeJson<T> {
    type Error = actix_web::Error;
    type Future = Extraction<Self, Self::Error>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            // The body's length is not asked: by HTTP/2, or in chunks, it need not be said.
            let first = loop {
                match payload.next().await {
                    None => return Ok(Self(None)),
                    Some(Ok(bytes)) if bytes.is_empty() => {}
                    Some(first) => break first,
                }
            };
            let whole: BoxedPayloadStream = Box::pin(stream::iter([first]).chain(payload));
            let body = web::Json::<Option<T>>::from_request(&request, &mut Payload::from(whole)).await?;
            Ok(Self(body.into_inner()))
        })
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
