//! From which address somebody asks, as limits count.

use crate::{app::App, names::Asker};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use std::{
    convert::Infallible,
    future::{Ready, ready},
};
use streamly_http::{Holder, forwarded};

/// The caller; `None`: a tool on this machine, or nobody is limited.
pub(super) fn of(app: &App, request: &HttpRequest) -> Option<Holder> {
    if !app.config.rate_limits {
        return None;
    }
    let forwarded_for = request.headers().get(header::X_FORWARDED_FOR).and_then(|value| value.to_str().ok());
    forwarded::client(request.peer_addr()?, forwarded_for, &app.config.trusted_proxies).map(Holder::from)
}

/// The same, for who has a channel looked for by its name. web itself, which names nobody when it asks for a page's head, has a pace of its own.
impl FromRequest for Asker {
    type Error = Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<web::Data<App>>().expect("every app has App as app data");
        ready(Ok(of(app, request).into()))
    }
}
