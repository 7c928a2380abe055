//! Bodies in gzip, to who takes them; and whether the client has the answer already.

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

/// Whether a value of If-None-Match names the tag, which is compared weakly (RFC 9110, 13.1.2).
pub(crate) fn names(value: &str, etag: &str) -> bool {
    value.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(names_gzip(accepted), yes, "{accepted}");
        }
        assert!(is_worth_zipping(1000) && !is_worth_zipping(100));
    }

    #[test]
    fn a_tag_is_found_in_a_list_and_weakly() {
        for (named, yes) in
            [("\"a\"", true), ("\"b\", W/\"a\"", true), ("*", true), ("\"b\"", false), ("a", false)]
        {
            assert_eq!(names(named, "\"a\""), yes, "{named}");
        }
    }
}
