//! `GET /api/client`: where chat and playback are, as a rule the origin that was asked, as the client named it (chat elsewhere by
//! `chat_public_url`); where encoders stream to; and what there is.

use crate::config::Config;
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde_json::json;

/// The authority of the request's Host header, if it is one; it goes into headers and URLs.
pub(crate) fn host(request: &HttpRequest) -> Option<&str> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    (!host.is_empty() && host.len() <= 255 && host.bytes().all(plain)).then_some(host)
}

/// The handler.
pub(crate) async fn client(request: HttpRequest, config: web::Data<Config>) -> HttpResponse {
    let own = config.public_url.split_once("://").map_or("", |(_, rest)| rest).trim_end_matches('/');
    let host = host(&request).unwrap_or(own);
    let secure = if config.is_https() { "s" } else { "" };
    let sockets = config.sockets().unwrap_or_else(|| format!("ws{secure}://{host}"));
    let mut features = vec!["chat", "events", "ll-hls"];
    if config.email_verification {
        features.push("email_verification");
    }
    let mut told = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "ws_url": format!("{sockets}/ws"),
        "live_url": format!("http{secure}://{host}/live"),
        "features": features,
    });
    for (name, url) in [("rtmp_url", &config.rtmp_public_url), ("rtmps_url", &config.rtmps_public_url)] {
        if let Some(url) = url {
            told[name] = url.trim_end_matches('/').into();
        }
    }
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(told)
}
