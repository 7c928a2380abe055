//! Bodies in gzip, to who takes them; and whether the client has the answer already.

use actix_web::http::header::{self, HeaderMap};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// Smaller bodies are not worth the work on either side.
const WORTH_ZIPPING: usize = 512;

/// The text in gzip, compressed fast rather than well: it is one that changes often.
pub fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 6 + 64), Compression::fast());
    encoder.write_all(plain).expect("a Vec takes every write");
    Bytes::from(encoder.finish().expect("a Vec takes every write"))
}

/// Whether a body of that size is to be sent in gzip (RFC 9110, 12.5.3).
pub fn takes_gzip(headers: &HeaderMap, size: usize) -> bool {
    is_worth_zipping(size)
        && headers.get_all(header::ACCEPT_ENCODING).any(|value| value.to_str().is_ok_and(names_gzip))
}

/// Whether it pays for a body of that size.
pub(crate) fn is_worth_zipping(size: usize) -> bool {
    size >= WORTH_ZIPPING
}

/// Whether a value of Accept-Encoding names gzip and does not refuse it.
pub(crate) fn names_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|one| {
        let (coding, parameters) = one.split_once(';').unwrap_or((one, ""));
        let refused = parameters.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        coding.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Whether If-None-Match names the tag, which is compared weakly (RFC 9110, 13.1.2).
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).any(|value| value.to_str().is_ok_and(|value| names(value, etag)))
}

/// Whether a value of If-None-Match names the tag.
pub(crate) fn names(value: &str, etag: &str) -> bool {
    value.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn gzip_is_sent_to_who_names_it_and_does_not_refuse_it() {
        for (accepted, yes) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("deflate, gzip ; q=1", true),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("identity", false),
            ("xgzip", false),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assert_eq!(takes_gzip(&headers, 1000), yes, "{accepted}");
            assert!(!takes_gzip(&headers, 100), "too small");
        }
        assert!(!takes_gzip(&HeaderMap::new(), 1000));
    }

    #[test]
    fn a_tag_is_found_in_a_list_and_weakly() {
        for (named, yes) in
            [("\"a\"", true), ("\"b\", W/\"a\"", true), ("*", true), ("\"b\"", false), ("a", false)]
        {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(named))]);
            assert_eq!(is_known(&headers, "\"a\""), yes, "{named}");
        }
    }
}
