//! A request id for every request: in the answer's `x-request-id`, in each problem, in each log line of the request.
//!
//! One that a proxy of ours sent along is kept, if it is short and plain. Here calls are counted as well, where an application has [`Calls`],
//! and traced, where it has [`Traced`]: log lines of a request that is recorded have the id of its trace.

use crate::{
    Calls,
    traced::{self, Traced},
};
use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};
pub(crate) use streamly_telemetry::request::is_plain;
use streamly_telemetry::{request, trace::Span};
use tracing::{Instrument, field};

const HEADER: HeaderName = HeaderName::from_static(request::HEADER);

/// The id of a request, in its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The id of the request that is being served on this task; empty outside one.
pub(crate) fn current() -> String {
    request::current().unwrap_or_default()
}

/// The middleware, for `actix_web::middleware::from_fn`.
pub async fn request_id<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let given = request.headers().get(HEADER).and_then(|v| v.to_str().ok());
    let id = given.filter(|id| is_plain(id)).map_or_else(|| crate::hot::new_id().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let call = request.app_data::<Data<Calls>>().and_then(|calls| calls.begin(&request));
    let traced = request.app_data::<Data<Traced>>().map_or_else(Span::none, |t| t.begin(&request, &id));
    // The query may hold a token and is not logged. Of the highest level: a line that is logged at any has the ids.
    let span = tracing::error_span!(
        "request", id = %id, method = %request.method(), path = %request.path(), trace_id = field::Empty
    );
    if let Some(trace) = traced.trace_id() {
        span.record("trace_id", trace.as_str());
    }
    let value = HeaderValue::from_str(&id).ok();
    let served = async move {
        let outcome = next.call(request).await;
        // An error turns into its answer here, while the id is known.
        outcome.map_err(|e| {
            let response = e.error_response();
            actix_web::error::InternalError::from_response(e, response).into()
        })
    };
    let served = traced.clone().scope(served.instrument(span));
    let outcome: Result<ServiceResponse<B>, Error> = request::scope(id, served).await;
    let status = match &outcome {
        Ok(response) => response.status(),
        Err(e) => e.as_response_error().status_code(),
    };
    if let Some(call) = call {
        call.answered(status);
    }
    traced::answered(&traced, status);
    outcome.map(|mut response| {
        if let Some(value) = value {
            response.headers_mut().insert(HEADER, value);
        }
        response
    })
}
