//! From which address somebody asks, as limits count.

use crate::app::App;
use actix_web::{HttpRequest, http::header};
use streamly_http::{Holder, forwarded};

/// The caller; `None`: a tool on this machine, or nobody is limited.
pub(super) fn of(app: &App, request: &HttpRequest) -> Option<Holder> {
    if !app.config.rate_limits {
        return None;
    }
    let forwarded_for = request.headers().get(header::X_FORWARDED_FOR).and_then(|value| value.to_str().ok());
    forwarded::client(request.peer_addr()?, forwarded_for, &app.config.trusted_proxies).map(Holder::from)
}
