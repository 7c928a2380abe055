//! The OpenAPI document of this service; `web` merges it with the others'.

use super::{
    address, admin, audit, auth, body, browser_errors, closure, export, first_admin, invitations, limits,
    mail, mailbox, own_profile, passkeys, passwords, second_factor, sessions, signing_keys, users,
};
use actix_web::HttpResponse;
use streamly_http::{Bearer, Problems};
use utoipa::OpenApi;

/// The name by which operations ask for an access token.
const BEARER: Bearer = Bearer("bearer");

#[derive(OpenApi)]
#[openapi(
    info(title = "Streamly: accounts", description = "Registration, sign-in, second factors, passwords, addresses, sessions, profiles; what staff does."),
    paths(
        auth::register, auth::login, auth::mfa, auth::refresh, auth::logout, auth::me, own_profile::edit, closure::close, closure::restore, export::export, passwords::change, address::change,
        passwords::reauth, passwords::forgot, passwords::reset, address::verify, address::verification, mail::way, sessions::list,
        sessions::end_others, sessions::end, second_factor::state, second_factor::begin, second_factor::confirm, second_factor::remove,
        second_factor::renew_codes, passkeys::list, passkeys::options, passkeys::add, passkeys::rename, passkeys::remove,
        passkeys::challenge, passkeys::sign_in, first_admin::is_open, first_admin::become_one, admin::accounts, admin::suspend, admin::unsuspend,
        admin::set_role, admin::reset_second_factor, audit::list, signing_keys::list, mailbox::list, mailbox::read, invitations::list, invitations::invite,
        invitations::take_back, browser_errors::tell, browser_errors::list, browser_errors::dismiss, limits::list, users::profile, users::jwks, serve
    ),
    components(schemas(
        body::Password, body::Address, body::Link, body::Reset, closure::Closed, sessions::Sessions, sessions::Item, second_factor::SecondFactor, second_factor::Totp, second_factor::TotpCode,
        second_factor::RecoveryCodes, passkeys::Passkeys, passkeys::PasskeyItem, passkeys::NewPasskey, passkeys::AddedPasskey,
        passkeys::PasskeyName, passkeys::PasskeyAnswer, passkeys::PasskeyOptions, body::Reauth, first_admin::First, first_admin::FirstToken,
        admin::Suspension, admin::Lifting, admin::NewRole, admin::FactorReset, admin::StaffAccount, admin::AccountPage, audit::AuditItem, audit::AuditPage, signing_keys::SigningKeyItem, signing_keys::SigningKeys,
        browser_errors::Told, browser_errors::BrowserErrorItem, browser_errors::BrowserErrorPage, mail::MailWay, mailbox::MailItem, mailbox::MailPage, invitations::Invite, invitations::InvitationItem, invitations::InvitationPage,
        own_profile::MeEdit, body::Register, body::Login, body::Mfa, body::SignedIn, body::Me, body::Owner, body::Profile, body::KeySet, body::Key,
        streamly_http::ProblemBody
    )),
    modifiers(&BEARER, &Problems)
)]
struct Document;

/// The document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// This document.
#[utoipa::path(get, path = "/api/auth/openapi.json", tag = "auth", responses(
    (status = 200, description = "OpenAPI 3.1.", content_type = "application/json"),
))]
pub(crate) async fn serve() -> HttpResponse {
    HttpResponse::Ok().json(openapi())
}
