//! `/api/auth/mail`: whether this platform sends mail. Without a mail server mails stay where its operator finds them, and pages that promise one
//! say so. It is the platform's setting: nothing here tells of an account, and no database is asked.

use super::page;
use crate::accounts::Accounts;
use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

/// What becomes of mails.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailWay {
    /// Whether a mail server takes them. Without one an admin reads them at `/admin/mails`, or the operator in `mail.folder`.
    sends_mail: bool,
}

/// Whether mails leave this platform.
#[utoipa::path(get, path = "/api/auth/mail", tag = "auth", responses(
    (status = 200, description = "Whether they do.", body = MailWay),
))]
pub(crate) async fn way(accounts: Data<Accounts>) -> HttpResponse {
    page::no_store().json(MailWay { sends_mail: accounts.sends_mail })
}
