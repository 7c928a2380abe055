//! Errors as `application/problem+json` (RFC 9457): a code, a fixed sentence, the request id; internal causes only in the log.

use crate::{Answer, Body};
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde::Serialize;
use std::{fmt, time::Duration};
use streamly_status::{Code, FieldError};

/// What handlers return.
pub type Result<T> = std::result::Result<T, Problem>;

/// An error that a caller is told.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    extra: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The JSON of it; also its OpenAPI schema.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// `about:blank#code`.
    pub r#type: String,
    /// The code's fixed sentence.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Stable name.
    pub code: &'static str,
    /// What it was in this case.
    pub detail: String,
    /// To find it in the log.
    pub request_id: String,
    /// One per wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub errors: Vec<FieldError>,
    /// More fields of the code, `mfa_token` for one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub extra: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Problem {
    /// A problem with the code's own sentence.
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, errors: Vec::new(), retry_after: None, extra: None }
    }
    /// Says what it was in this case; goes to the caller.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
    /// `validation_failed` with its fields.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(Code::ValidationFailed) }
    }
    /// Adds `Retry-After`, rounded up to seconds.
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
    /// Adds a field to the body.
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.get_or_insert_default().insert(name.into(), value.into());
        self
    }
    /// A fault of ours: the cause chain is logged here, once; the caller sees only the code.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(cause = %chain(cause), "request failed");
        Self::new(Code::Internal)
    }
    /// Something needed is away: logged, answered with 503 and `Retry-After: 1`.
    pub fn unavailable(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::warn!(cause = %chain(cause), "a dependency is away");
        Self::new(Code::Unavailable).retry_after(Duration::from_secs(1))
    }
    /// As it is told to the caller whose request has this id.
    pub(crate) fn answer(&self, request_id: &str) -> Answer {
        let body = ProblemBody {
            r#type: format!("about:blank#{}", self.code.name()),
            title: self.code.title(),
            status: self.code.http(),
            code: self.code.name(),
            detail: self.detail.clone().unwrap_or_else(|| self.code.title().into()),
            request_id: request_id.into(),
            errors: self.errors.clone(),
            extra: self.extra.clone(),
        };
        let body = serde_json::to_string(&body).unwrap_or_default();
        let mut answer = Answer::new(self.status_code().as_u16(), Body::Bytes(body.into()))
            .with("cache-control", "no-store")
            .with("content-type", "application/problem+json");
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs_f64().ceil().max(1.0) as u64;
            answer = answer.with("retry-after", seconds.to_string());
        }
        if self.code == Code::Unauthenticated {
            answer = answer.with("www-authenticate", "Bearer");
        }
        answer
    }
    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }
}

fn chain(e: &(dyn std::error::Error + 'static)) -> String {
    let mut text = e.to_string();
    let mut next = e.source();
    while let Some(e) = next {
        text.push_str(": ");
        text.push_str(&e.to_string());
        next = e.source();
    }
    text
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
    fn error_response(&self) -> HttpResponse {
        self.answer(&crate::request_id::current()).into()
    }
}
