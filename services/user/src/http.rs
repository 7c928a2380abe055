//! REST: routes, and nothing else. Handlers are in `auth` and `users`, bodies in `body`, who asks in `visitor`.

mod auth;
mod body;
mod document;
mod users;
mod visitor;

pub use document::openapi;
pub(crate) use visitor::Edge;

use actix_web::{Resource, web};
use streamly_http::Problem;
use streamly_status::Code;

/// Method and path of every public call, as the OpenAPI document has them.
pub const ROUTES: &[(&str, &str)] = &[
    ("post", "/api/auth/register"),
    ("post", "/api/auth/login"),
    ("post", "/api/auth/mfa"),
    ("post", "/api/auth/refresh"),
    ("post", "/api/auth/logout"),
    ("get", "/api/auth/me"),
    ("get", "/api/users/{username}"),
    ("get", "/.well-known/jwks.json"),
    ("get", "/api/auth/openapi.json"),
];

/// Adds all routes. A known path with another method is 405.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/api/auth/register").route(web::post().to(auth::register)))
        .service(resource("/api/auth/login").route(web::post().to(auth::login)))
        .service(resource("/api/auth/mfa").route(web::post().to(auth::mfa)))
        .service(resource("/api/auth/refresh").route(web::post().to(auth::refresh)))
        .service(resource("/api/auth/logout").route(web::post().to(auth::logout)))
        .service(resource("/api/auth/me").route(web::get().to(auth::me)))
        .service(resource("/api/users/{username}").route(web::get().to(users::profile)))
        .service(resource("/.well-known/jwks.json").route(web::get().to(users::jwks)))
        .service(resource("/api/auth/openapi.json").route(web::get().to(document::serve)))
        .service(resource("/health").route(web::get().to(streamly_http::health)));
}

fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::to(|| async {
        Err::<actix_web::HttpResponse, _>(Problem::new(Code::MethodNotAllowed))
    }))
}
