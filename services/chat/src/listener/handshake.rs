//! The WebSocket's opening handshake, the server's side (RFC 6455, section 4.2). Extensions and subprotocols that a client offers are not
//! answered, so none is in use.

use super::head::Head;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Whether the request asks for a WebSocket of the one version there is; 426 otherwise.
pub fn is_asked_for(head: &Head<'_>) -> bool {
    lists(head, "upgrade", "websocket") && head.header("sec-websocket-version") == Some("13")
}

/// The answer; none if the request is not what it must be.
pub fn answer(head: &Head<'_>) -> Option<String> {
    let key = head.header("sec-websocket-key").filter(|k| is_key(k))?;
    lists(head, "connection", "upgrade").then(|| {
        let accept = derive_accept_key(key.as_bytes());
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        )
    })
}

/// Whether a header is a list that names the token, compared without case.
fn lists(head: &Head<'_>, header: &str, token: &str) -> bool {
    head.header(header).is_some_and(|h| h.split(',').any(|t| t.trim().eq_ignore_ascii_case(token)))
}

/// 16 bytes in Base64: 22 characters and two of padding.
fn is_key(key: &str) -> bool {
    key.strip_suffix("==").is_some_and(|k| {
        k.len() == 22 && k.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn head(change: (&str, &str)) -> (bool, Option<String>) {
        let mut headers = [
            ("Upgrade", "websocket"),
            ("Connection", "keep-alive, Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", KEY),
            ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
            ("Sec-WebSocket-Protocol", "graphql-ws"),
        ];
        if let Some(header) = headers.iter_mut().find(|h| h.0 == change.0) {
            *header = change;
        }
        let lines: String = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        let text = format!("GET /ws HTTP/1.1\r\n{lines}\r\n");
        let head = Head::parse(text.as_bytes()).unwrap();
        (is_asked_for(&head), answer(&head))
    }

    #[test]
    fn the_answer_proves_the_key_and_takes_no_extension() {
        let (asked, answer) = head(("", ""));
        let answer = answer.unwrap();
        assert!(asked && answer.starts_with("HTTP/1.1 101 ") && answer.ends_with("\r\n\r\n"));
        // The example of RFC 6455, section 1.3.
        assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
        assert!(!answer.to_lowercase().contains("extensions") && !answer.contains("rotocol:"), "{answer}");
    }

    #[test]
    fn requests_that_are_not_what_they_must_be_get_none() {
        for change in [("Upgrade", "h2c"), ("Sec-WebSocket-Version", "8"), ("Sec-WebSocket-Version", "")] {
            assert!(!head(change).0, "{change:?}");
        }
        for change in [
            ("Connection", "close"),
            ("Sec-WebSocket-Key", ""),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j ZQ=="),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQZQ=="),
        ] {
            assert_eq!(head(change).1, None, "{change:?}");
        }
    }
}
