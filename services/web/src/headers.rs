//! What every answer carries: nosniff, Content-Security-Policy and its kin; and the count of requests.
//!
//! `/live` is for any player on any page: it gets no policy of ours. `/embed/…` may be framed by whom `embed_ancestors` names.

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

/// The middleware.
pub(crate) async fn add<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let config = request.app_data::<web::Data<Config>>().cloned();
    let live = request.path().starts_with("/live/");
    let policy = config.as_ref().filter(|_| !live).map(|c| {
        let ancestors =
            if request.path().starts_with("/embed/") { c.embed_ancestors.as_str() } else { "'none'" };
        policy(client::host(request.request()), ancestors)
    });
    let mut response = next.call(request).await?;
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
