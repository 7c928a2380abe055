//! What every answer carries: nosniff, Content-Security-Policy and its kin; and the count of requests.
//!
//! `/live` is for any player on any page: it gets no policy of ours. The player's page for frames says by [`Ancestors`] whose they may be;
//! nothing else may be framed.

use crate::{client, config::Config};
use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderName, HeaderValue},
    middleware::Next,
    web,
};

const HSTS: &str = "max-age=31536000";
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

/// Put among an answer's extensions, it lets pages frame it: those that `embed_ancestors` names, and of these only such as are among these
/// sources of `frame-ancestors`, if there are any.
pub(crate) struct Ancestors(pub(crate) Option<String>);

impl Ancestors {
    /// What the header says. Two policies count together (CSP3 §4.2), so that neither the platform nor a channel lets in whom the other does not.
    fn policy(&self, host: Option<&str>, platform: &str) -> String {
        match &self.0 {
            None => policy(host, platform),
            Some(sources) if platform == "*" => policy(host, sources),
            Some(sources) => format!("{}, frame-ancestors {sources}", policy(host, platform)),
        }
    }
}

/// The middleware.
pub(crate) async fn add<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let config = request.app_data::<web::Data<Config>>().cloned();
    let live = request.path().starts_with("/live/");
    let host = client::host(request.request()).map(str::to_owned);
    let mut response = next.call(request).await?;
    let ancestors = response.response_mut().extensions_mut().remove::<Ancestors>();
    let policy = config.as_ref().filter(|_| !live).map(|c| match &ancestors {
        Some(ancestors) => ancestors.policy(host.as_deref(), &c.embed_ancestors),
        None => policy(host.as_deref(), "'none'"),
    });
    let class =
        ["other", "1xx", "2xx", "3xx", "4xx", "5xx"][usize::from(response.status().as_u16() / 100).min(5)];
    metrics::counter!("streamly_web_requests_total", "status" => class).increment(1);
    let headers = response.headers_mut();
    let has_policy = headers.contains_key(header::CONTENT_SECURITY_POLICY);
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if config.is_some_and(|c| c.is_https()) {
        set(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if let Some(policy) = policy {
        // Browsers from before frame-ancestors.
        if policy.contains("frame-ancestors 'none'") {
            set(header::X_FRAME_OPTIONS, "DENY");
        }
        // What people uploaded comes with a stricter one.
        if !has_policy {
            set(header::CONTENT_SECURITY_POLICY, &policy);
        }
        set(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
        set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    }
    Ok(response)
}

/// `host`: browsers older than CSP level 3 do not count ws: as 'self'.
fn policy(host: Option<&str>, ancestors: &str) -> String {
    let sockets = host.map(|h| format!(" ws://{h} wss://{h}")).unwrap_or_default();
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; \
         worker-src 'self' blob:; connect-src 'self'{sockets}; frame-ancestors {ancestors}; base-uri 'none'; form-action 'self'; object-src 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::Ancestors;

    #[test]
    fn platform_and_channel_both_have_to_let_a_page_frame() {
        let said = |channel: Option<&str>, platform: &str| {
            let policy = Ancestors(channel.map(str::to_owned)).policy(None, platform);
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
