//! Origins as browsers name them (RFC 6454): of the public URL, of a header, of a passkey's relying party. Pure.

/// `scheme://host[:port]` in lower case, without the scheme's own port; none of what is not http.
pub(crate) fn origin_of(url: &str) -> Option<String> {
    let url = url.trim().to_ascii_lowercase();
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().filter(|a| !a.is_empty())?;
    let own = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    Some(format!("{scheme}://{}", authority.strip_suffix(own).unwrap_or(authority)))
}
