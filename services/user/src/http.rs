//! REST: routes, and nothing else. Handlers are in `auth`, `passwords`, `address`, `mail`, `sessions`, `second_factor`, `passkeys`, `closure`, `export`, `users`,
//! those of staff in `admin`, `audit`, `signing_keys`, `first_admin`, `mailbox`, `invitations`, `browser_errors`, `limits`, bodies in `body`, who asks in `visitor`.

mod address;
mod admin;
mod audit;
mod auth;
mod body;
mod browser_errors;
mod closure;
mod document;
mod export;
mod first_admin;
mod invitations;
mod limits;
mod mail;
mod mailbox;
mod own_profile;
mod page;
mod passkeys;
mod passwords;
mod second_factor;
mod sessions;
mod signing_keys;
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
    ("delete", "/api/auth/me"),
    ("patch", "/api/auth/me"),
    ("get", "/api/auth/me/export"),
    ("post", "/api/auth/restore"),
    ("put", "/api/auth/me/password"),
    ("post", "/api/auth/me/email"),
    ("post", "/api/auth/reauth"),
    ("post", "/api/auth/password/forgot"),
    ("post", "/api/auth/password/reset"),
    ("post", "/api/auth/email/verify"),
    ("post", "/api/auth/email/verification"),
    ("get", "/api/auth/mail"),
    ("get", "/api/auth/sessions"),
    ("delete", "/api/auth/sessions"),
    ("delete", "/api/auth/sessions/{id}"),
    ("get", "/api/auth/second-factor"),
    ("post", "/api/auth/totp"),
    ("delete", "/api/auth/totp"),
    ("post", "/api/auth/totp/confirm"),
    ("post", "/api/auth/recovery-codes"),
    ("get", "/api/auth/passkeys"),
    ("post", "/api/auth/passkeys"),
    ("post", "/api/auth/passkeys/options"),
    ("post", "/api/auth/passkeys/challenge"),
    ("post", "/api/auth/passkeys/sign-in"),
    ("patch", "/api/auth/passkeys/{id}"),
    ("delete", "/api/auth/passkeys/{id}"),
    ("get", "/api/admin/first"),
    ("post", "/api/admin/first"),
    ("get", "/api/admin/users"),
    ("put", "/api/admin/users/{id}/suspension"),
    ("delete", "/api/admin/users/{id}/suspension"),
    ("put", "/api/admin/users/{id}/role"),
    ("delete", "/api/admin/users/{id}/second-factor"),
    ("get", "/api/admin/audit"),
    ("get", "/api/admin/signing-keys"),
    ("get", "/api/admin/mails"),
    ("get", "/api/admin/mails/{id}"),
    ("get", "/api/admin/invitations"),
    ("post", "/api/admin/invitations"),
    ("delete", "/api/admin/invitations/{id}"),
    ("get", "/api/admin/browser-errors"),
    ("delete", "/api/admin/browser-errors/{id}"),
    ("get", "/api/admin/limits/user"),
    ("post", "/api/browser-errors"),
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
        .service(
            resource("/api/auth/me")
                .route(web::get().to(auth::me))
                .route(web::patch().to(own_profile::edit))
                .route(web::delete().to(closure::close)),
        )
        .service(resource("/api/auth/me/export").route(web::get().to(export::export)))
        .service(resource("/api/auth/restore").route(web::post().to(closure::restore)))
        .service(resource("/api/auth/me/password").route(web::put().to(passwords::change)))
        .service(resource("/api/auth/me/email").route(web::post().to(address::change)))
        .service(resource("/api/auth/reauth").route(web::post().to(passwords::reauth)))
        .service(resource("/api/auth/password/forgot").route(web::post().to(passwords::forgot)))
        .service(resource("/api/auth/password/reset").route(web::post().to(passwords::reset)))
        .service(resource("/api/auth/email/verify").route(web::post().to(address::verify)))
        .service(resource("/api/auth/email/verification").route(web::post().to(address::verification)))
        .service(resource("/api/auth/mail").route(web::get().to(mail::way)))
        .service(
            resource("/api/auth/sessions")
                .route(web::get().to(sessions::list))
                .route(web::delete().to(sessions::end_others)),
        )
        .service(resource("/api/auth/sessions/{id}").route(web::delete().to(sessions::end)))
        .configure(factor_routes)
        .configure(staff_routes)
        .service(resource("/api/browser-errors").route(web::post().to(browser_errors::tell)))
        .service(resource("/api/users/{username}").route(web::get().to(users::profile)))
        .service(resource("/.well-known/jwks.json").route(web::get().to(users::jwks)))
        .service(resource("/api/auth/openapi.json").route(web::get().to(document::serve)))
        .service(resource("/health").route(web::get().to(streamly_http::health)));
}

fn factor_routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/api/auth/second-factor").route(web::get().to(second_factor::state)))
        .service(
            resource("/api/auth/totp")
                .route(web::post().to(second_factor::begin))
                .route(web::delete().to(second_factor::remove)),
        )
        .service(resource("/api/auth/totp/confirm").route(web::post().to(second_factor::confirm)))
        .service(resource("/api/auth/recovery-codes").route(web::post().to(second_factor::renew_codes)))
        .service(
            resource("/api/auth/passkeys")
                .route(web::get().to(passkeys::list))
                .route(web::post().to(passkeys::add)),
        )
        .service(resource("/api/auth/passkeys/options").route(web::post().to(passkeys::options)))
        .service(resource("/api/auth/passkeys/challenge").route(web::post().to(passkeys::challenge)))
        .service(resource("/api/auth/passkeys/sign-in").route(web::post().to(passkeys::sign_in)))
        .service(
            resource("/api/auth/passkeys/{id}")
                .route(web::patch().to(passkeys::rename))
                .route(web::delete().to(passkeys::remove)),
        );
}

fn staff_routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/api/admin/first")
                .route(web::get().to(first_admin::is_open))
                .route(web::post().to(first_admin::become_one)),
        )
        .service(resource("/api/admin/users").route(web::get().to(admin::accounts)))
        .service(
            resource("/api/admin/users/{id}/suspension")
                .route(web::put().to(admin::suspend))
                .route(web::delete().to(admin::unsuspend)),
        )
        .service(resource("/api/admin/users/{id}/role").route(web::put().to(admin::set_role)))
        .service(
            resource("/api/admin/users/{id}/second-factor")
                .route(web::delete().to(admin::reset_second_factor)),
        )
        .service(resource("/api/admin/audit").route(web::get().to(audit::list)))
        .service(resource("/api/admin/signing-keys").route(web::get().to(signing_keys::list)))
        .service(resource("/api/admin/mails").route(web::get().to(mailbox::list)))
        .service(resource("/api/admin/mails/{id}").route(web::get().to(mailbox::read)))
        .service(
            resource("/api/admin/invitations")
                .route(web::get().to(invitations::list))
                .route(web::post().to(invitations::invite)),
        )
        .service(resource("/api/admin/invitations/{id}").route(web::delete().to(invitations::take_back)))
        .service(resource("/api/admin/limits/user").route(web::get().to(limits::list)))
        .service(resource("/api/admin/browser-errors").route(web::get().to(browser_errors::list)))
        .service(resource("/api/admin/browser-errors/{id}").route(web::delete().to(browser_errors::dismiss)));
}

fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::to(|| async {
        Err::<actix_web::HttpResponse, _>(Problem::new(Code::MethodNotAllowed))
    }))
}
