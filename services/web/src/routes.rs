//! The routes, and nothing else. What no route takes is a page of the browser app or 404 (`assets`).

use crate::{assets, client, document, forward, limits, live, oembed, pages, tunnel};
use actix_web::web;

/// First path segments that this service answers itself; no user may have one of them as a name (`domain::username::RESERVED`).
/// The browser app's own pages are the last fourteen.
#[cfg(test)]
const FIRST_SEGMENTS: [&str; 20] = [
    "api",
    "ws",
    "live",
    "health",
    "assets",
    "oembed",
    "login",
    "register",
    "dashboard",
    "moderation",
    "settings",
    "admin",
    "embed",
    "popout",
    "overlay",
    "account",
    "staff",
    "browse",
    "category",
    "guide",
];

/// Adds all routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/health", web::get().to(streamly_http::health))
        .route("/ws", web::to(tunnel::open))
        .route("/api/client", web::get().to(client::client))
        .route("/api/openapi.json", web::get().to(document::openapi))
        .route("/api/docs", web::get().to(document::redirect))
        .route("/api/docs/{file:.*}", web::get().to(document::page))
        .route("/api/admin/limits/web", web::get().to(limits::limits))
        .route("/api/{rest:.*}", web::to(forward::forward))
        .route("/oembed", web::get().to(oembed::oembed))
        .route("/.well-known/change-password", web::get().to(pages::change_password))
        .route("/.well-known/{rest:.*}", web::to(forward::forward))
        .configure(live::handlers::routes)
        .default_service(web::to(assets::file_or_page));
}

#[cfg(test)]
mod tests {
    use streamly_domain::username::RESERVED;

    #[test]
    fn no_user_can_have_a_routes_first_segment_as_a_name() {
        for segment in super::FIRST_SEGMENTS.iter().filter(|s| s.len() >= streamly_domain::username::MIN_LEN)
        {
            assert!(RESERVED.contains(segment), "{segment}");
        }
    }

    #[test]
    fn the_list_has_every_first_segment_of_the_source() {
        let sources = [
            include_str!("routes.rs"),
            include_str!("live/handlers.rs"),
            include_str!("../app/src/routes.tsx"),
        ];
        let paths = sources.iter().flat_map(|s| s.split(['"'])).filter_map(|t| t.strip_prefix('/'));
        let names = paths
            .filter_map(|p| p.split('/').next())
            .filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_lowercase()));
        for name in names {
            assert!(super::FIRST_SEGMENTS.contains(&name), "{name} is missing");
        }
    }
}
