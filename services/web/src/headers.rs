//! What every answer carries: nosniff, Content-Security-Policy and its kin; and the count of requests.
//!
//! `/live` is for any player on any page: it gets no policy of ours. The player's page for frames says by [`Ancestors`] whose they may be;
//! nothing else may be framed.

use crate::{client, config::Config, redirect};
use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderName, HeaderValue},
    middleware::Next,
    web,
};
use metrics::{Counter, counter};

const HSTS: &str = "max-age=31536000";
/// Classes of statuses, by the hundreds.
pub(crate) const CLASSES: [&str; 6] = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
/// What every answer has; all but the first where the platform is https.
static EVERYWHERE: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("strict-transport-security", HSTS),
    // Pages of other sites that opened one of ours have no hand on its window (HTML, "cross-origin opener policies"). Browsers complain about
    // it where there is no https.
    ("cross-origin-opener-policy", "same-origin"),
];
/// What is said where the policy cannot be: a page that shows nothing is better than one that anybody may frame.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

/// Put among an answer's extensions, it lets pages frame it: those that `embed_ancestors` names, and of these only such as are among these
/// sources of `frame-ancestors`, if there are any.
pub(crate) struct Ancestors(pub(crate) Option<String>);

impl Ancestors {
    /// What the header says. Two policies count together (CSP3 §4.2), so that neither the platform nor a channel lets in whom the other does not.
    fn policy(&self, sockets: &str, platform: &str) -> String {
        match &self.0 {
            None => policy(sockets, platform),
            Some(sources) if platform == "*" => policy(sockets, sources),
            Some(sources) => format!("{}, frame-ancestors {sources}", policy(sockets, platform)),
        }
    }
}

/// What every answer has, those of `/live` too.
pub(crate) fn everywhere(is_https: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    EVERYWHERE.iter().take(if is_https { EVERYWHERE.len() } else { 1 }).copied()
}

/// The place of a status among [`CLASSES`].
pub(crate) fn class(status: u16) -> usize {
    usize::from(status / 100).min(CLASSES.len() - 1)
}

/// The count of answers of a class.
pub(crate) fn answers(class: usize) -> Counter {
    counter!("streamly_web_requests_total", "status" => CLASSES[class])
}

/// The middleware.
pub(crate) async fn add<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let config = request.app_data::<web::Data<Config>>().cloned();
    let live = request.path().starts_with("/live/");
    let is_https =
        config.as_ref().is_some_and(|config| config.is_https() && !redirect::in_the_clear(&request, config));
    let host = client::host(request.request()).map(str::to_owned);
    let mut response = next.call(request).await?;
    let ancestors = response.response_mut().extensions_mut().remove::<Ancestors>();
    let policy = config.as_ref().filter(|_| !live).map(|c| {
        let sockets = c
            .sockets()
            .map_or_else(|| sockets(host.as_deref(), c.is_https()), |elsewhere| format!(" {elsewhere}"));
        match &ancestors {
            Some(ancestors) => ancestors.policy(&sockets, &c.embed_ancestors),
            None => policy(&sockets, "'none'"),
        }
    });
    answers(class(response.status().as_u16())).increment(1);
    let headers = response.headers_mut();
    let has_policy = headers.contains_key(header::CONTENT_SECURITY_POLICY);
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    for (name, value) in everywhere(is_https) {
        set(HeaderName::from_static(name), value);
    }
    if let Some(policy) = policy {
        // Browsers from before frame-ancestors.
        if policy.contains("frame-ancestors 'none'") {
            set(header::X_FRAME_OPTIONS, "DENY");
        }
        set(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
        set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
        // What people uploaded comes with a stricter one.
        if !has_policy {
            let policy = HeaderValue::from_str(&policy).unwrap_or(NOTHING);
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    Ok(response)
}

/// The sources of WebSockets: browsers older than CSP level 3 do not count them as 'self'. Under https none without encryption.
fn sockets(host: Option<&str>, https: bool) -> String {
    match host {
        Some(host) if https => format!(" wss://{host}"),
        Some(host) => format!(" ws://{host} wss://{host}"),
        None => String::new(),
    }
}

fn policy(sockets: &str, ancestors: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; \
         worker-src 'self' blob:; connect-src 'self'{sockets}; frame-ancestors {ancestors}; base-uri 'none'; form-action 'self'; object-src 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::{Ancestors, sockets};

    #[test]
    fn under_https_no_socket_is_without_encryption() {
        assert_eq!(sockets(Some("s.example"), true), " wss://s.example");
        assert_eq!(sockets(Some("localhost:3000"), false), " ws://localhost:3000 wss://localhost:3000");
        assert_eq!(sockets(None, true), "");
    }

    #[test]
    fn platform_and_channel_both_have_to_let_a_page_frame() {
        let said = |channel: Option<&str>, platform: &str| {
            let policy = Ancestors(channel.map(str::to_owned)).policy("", platform);
            policy
                .split("frame-ancestors ")
                .skip(1)
                .map(|p| p.split(';').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(said(None, "*"), ["*"]);
        assert_eq!(said(None, "'none'"), ["'none'"]);
        assert_eq!(said(Some("https://a.org https://b.org"), "*"), ["https://a.org https://b.org"]);
        assert_eq!(said(Some("https://a.org"), "'none'"), ["'none'", "https://a.org"]);
        assert_eq!(said(Some("'none'"), "https://a.org"), ["https://a.org", "'none'"]);
    }
}
