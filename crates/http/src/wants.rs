//! What kind of answer a request wants, by its fields: negotiation, conditions, ranges. The same from both kinds of heads.

use crate::encoding;
use actix_web::{
    HttpRequest,
    http::{Method, header},
};

/// See the module's head. Values that are no plain text count as not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants<'a> {
    /// HEAD: the head of what GET gets.
    pub(crate) head_alone: bool,
    /// Accept-Encoding names gzip.
    pub(crate) gzip: bool,
    /// The values of If-None-Match.
    pub(crate) known: Vec<&'a str>,
    /// The first Range, of a GET.
    pub(crate) range: Option<&'a str>,
    /// The token of an `Authorization: Bearer`.
    pub(crate) bearer: Option<&'a str>,
}

/// The token of a value of Authorization (RFC 6750, 2.1).
pub(crate) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl<'a> Wants<'a> {
    /// Of a request to actix-web.
    pub fn of(request: &'a HttpRequest) -> Self {
        let (headers, head_alone) = (request.headers(), request.method() == Method::HEAD);
        let texts = |name| headers.get_all(name).filter_map(|value| value.to_str().ok());
        Self {
            head_alone,
            gzip: texts(header::ACCEPT_ENCODING).any(encoding::names_gzip),
            known: texts(header::IF_NONE_MATCH).collect(),
            range: headers.get(header::RANGE).filter(|_| !head_alone).and_then(|value| value.to_str().ok()),
            bearer: headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer),
        }
    }

    /// The bearer's token, if there is one.
    pub fn bearer(&self) -> Option<&'a str> {
        self.bearer
    }

    /// Whether a body of that size is to be sent in gzip (RFC 9110, 12.5.3).
    pub fn gzip(&self, size: usize) -> bool {
        self.gzip && encoding::is_worth_zipping(size)
    }

    /// Whether the client has the answer with this tag already (RFC 9110, 13.1.2).
    pub fn knows(&self, etag: &str) -> bool {
        self.known.iter().any(|value| encoding::names(value, etag))
    }

    /// Whether it is the whole body that it wants: no HEAD, no Range.
    pub fn whole(&self) -> bool {
        !self.head_alone && self.range.is_none()
    }

    /// The Range field, if there is one. Range is defined for GET alone, other methods have none (RFC 9110, 14.2).
    pub fn range(&self) -> Option<&'a str> {
        self.range
    }
}
