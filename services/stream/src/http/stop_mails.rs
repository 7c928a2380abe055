//! The link in mails that switches them off without a sign-in. Reading it changes nothing, since programs that look for harm follow links
//! in mails; its button, or a mail program's own (RFC 8058), posts. The page needs no script, and nothing from elsewhere.

use crate::{
    app::App,
    notices::{self, stop},
    store::notices::Change,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use streamly_domain::Language::{self, De, En};
use streamly_http::Problem;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// Colours as in the browser app (`theme/tokens.css`).
const STYLE: &str = "\
:root{color-scheme:light dark;--ground:oklch(0.985 0.004 265);--text:oklch(0.22 0.012 265);--quiet:oklch(0.48 0.012 265);--act:oklch(0.52 0.18 265);--on:#fff}\
@media(prefers-color-scheme:dark){:root{--ground:oklch(0.16 0.012 265);--text:oklch(0.96 0.004 265);--quiet:oklch(0.74 0.012 265);--act:oklch(0.72 0.14 265);--on:oklch(0.16 0.012 265)}}\
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 'Inter Variable',Inter,system-ui,sans-serif}\
main{max-width:28rem;margin:0 auto;padding:64px 24px}p{color:var(--quiet)}h1{font-size:28px;line-height:1.2;margin:0 0 16px}\
button{font:inherit;font-weight:600;padding:10px 16px;border:0;border-radius:10px;background:var(--act);color:var(--on);cursor:pointer}\
a{color:var(--act)}button:focus-visible,a:focus-visible{outline:2px solid var(--act);outline-offset:2px}";

/// Of whoever reads the page: it is opened without a sign-in.
fn language(request: &HttpRequest) -> Language {
    let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.and_then(Language::accepted).unwrap_or_default()
}

fn html(status: StatusCode, language: Language, (title, content): (&str, &str)) -> HttpResponse {
    let tag = language.tag();
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_LANGUAGE, tag))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(format!(
            "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title} – Streamly</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>"
        ))
}

fn unknown(language: Language) -> HttpResponse {
    let words = match language {
        En => (
            "This link is not known",
            "<p>It was cut off on its way, or is from another platform. You can switch these mails off \
             <a href=\"/settings/notices\">in your settings</a>, too.</p>",
        ),
        De => (
            "Dieser Link ist nicht bekannt",
            "<p>Er wurde unterwegs abgeschnitten oder gehört zu einer anderen Plattform. Du kannst diese Mails auch \
             <a href=\"/settings/notices\">in deinen Einstellungen</a> ausschalten.</p>",
        ),
    };
    html(StatusCode::NOT_FOUND, language, words)
}

/// The page with the button.
#[utoipa::path(get, path = "/api/streams/me/notices/stop/{token}", params(("token" = String, Path)), responses(
    (status = 200, body = String, content_type = "text/html"), (status = 404, body = String, content_type = "text/html", description = "not a link of ours")
))]
pub async fn page(request: HttpRequest, app: web::Data<App>, path: web::Path<String>) -> HttpResponse {
    let language = language(&request);
    if stop::whose(&app.vault, &path).is_none() {
        return unknown(language);
    }
    let words = match language {
        En => (
            "No more mails of live channels?",
            "<p>You will get no more mails when channels that you follow go live. Other mails about your account stay.</p>\
             <form method=\"post\"><button>Stop these mails</button></form>\
             <p>To choose which channels you are told of, go to <a href=\"/settings/notices\">your settings</a>.</p>",
        ),
        De => (
            "Keine Mails über Live-Kanäle mehr?",
            "<p>Du bekommst keine Mails mehr, wenn Kanäle live gehen, denen du folgst. Andere Mails zu deinem Konto bleiben.</p>\
             <form method=\"post\"><button>Diese Mails ausschalten</button></form>\
             <p>Zu welchen Kanälen du benachrichtigt wirst, wählst du <a href=\"/settings/notices\">in deinen Einstellungen</a>.</p>",
        ),
    };
    html(StatusCode::OK, language, words)
}

/// Switches the mails off. What the body says does not matter: the address alone proves it.
#[utoipa::path(post, path = "/api/streams/me/notices/stop/{token}", params(("token" = String, Path)), responses(
    (status = 200, body = String, content_type = "text/html"), (status = 404, body = String, content_type = "text/html", description = "not a link of ours")
))]
pub async fn stop(
    request: HttpRequest,
    app: web::Data<App>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let language = language(&request);
    let Some(user) = stop::whose(&app.vault, &path) else { return Ok(unknown(language)) };
    app.limits.stops(&app.redis, user).await?;
    notices::change(&app, user, Change { mail: Some(false), ..Change::default() }).await?;
    let words = match language {
        En => (
            "These mails are off",
            "<p>You get no more mails when channels go live. If you change your mind, switch them on \
             <a href=\"/settings/notices\">in your settings</a>.</p>",
        ),
        De => (
            "Diese Mails sind aus",
            "<p>Du bekommst keine Mails mehr, wenn Kanäle live gehen. Wenn du es dir anders überlegst, schalte sie \
             <a href=\"/settings/notices\">in deinen Einstellungen</a> wieder ein.</p>",
        ),
    };
    Ok(html(StatusCode::OK, language, words))
}
