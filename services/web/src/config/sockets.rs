//! `chat_public_url`: where chat's sockets are, where browsers do not reach them through here.

use reqwest::Url;

/// The origin (`wss://chat.example:8443`) that a setting names, good in headers and URLs. Errors: what is wrong with it.
pub(super) fn origin(setting: &str, pages_are_https: bool) -> Result<String, String> {
    let wrong = |why: &str| format!("{setting:?} {why}");
    let url =
        Url::parse(setting).map_err(|_| wrong("is not a URL with ws, wss, http or https and a host"))?;
    let scheme = match url.scheme() {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        _ => return Err(wrong("is not by ws, wss, http or https")),
    };
    // It ends a source list: what would be another directive there (CSP3 §2.2) is no host.
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    let host = url.host_str().filter(|host| !host.is_empty() && host.bytes().all(plain));
    let host = host.ok_or_else(|| wrong("has no host that a browser could ask"))?;
    let is_more = !matches!(url.path(), "/" | "/ws")
        || url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some();
    if is_more {
        return Err(wrong("has more than scheme, host and port; /ws is put behind them"));
    }
    if scheme == "ws" && pages_are_https {
        return Err(wrong("is without TLS, and no browser opens it from pages by https"));
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{host}{port}"))
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_taken_as_people_write_it() {
        for (setting, told) in [
            ("wss://chat.example", "wss://chat.example"),
            ("https://Chat.Example:8443/", "wss://chat.example:8443"),
            ("https://chat.example/ws", "wss://chat.example"),
            ("wss://[2001:db8::1]:8443/ws", "wss://[2001:db8::1]:8443"),
        ] {
            assert_eq!(origin(setting, true).as_deref(), Ok(told), "{setting}");
        }
        assert_eq!(origin("http://localhost:8084", false).as_deref(), Ok("ws://localhost:8084"));
    }

    #[test]
    fn what_no_page_could_open_is_refused_with_why() {
        for (setting, why) in [
            ("", "not a URL"),
            ("chat.example", "not a URL"),
            ("ftp://chat.example", "not by ws"),
            ("wss://chat.example/chat", "more than"),
            ("wss://chat.example/?room=1", "more than"),
            ("wss://chat.example/#x", "more than"),
            ("wss://ada:secret@chat.example", "more than"),
            ("wss://chat.example;script-src", "no host"),
            ("ws://chat.example", "without TLS"),
            ("http://chat.example", "without TLS"),
        ] {
            let problem = origin(setting, true).unwrap_err();
            assert!(problem.contains(why) && problem.contains(setting), "{setting}: {problem}");
        }
    }
}
