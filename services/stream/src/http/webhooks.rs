//! Webhooks of one's own channel. A secret is in an answer only at creation and rotation, soon after a sign-in; others' webhooks do not
//! exist.

pub(super) mod deliveries;
mod form;

use super::{recent, resource};
use crate::{
    app::App,
    channel,
    error::Error,
    key::StreamKey,
    store::{
        channels,
        webhooks::{self as table, Draft, Webhook},
    },
    webhooks::secret,
};
use actix_web::{HttpResponse, http::header, web};
use form::{chosen, target};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use streamly_http::{Authenticated, Problem};
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Longest name.
const MAX_NAME: usize = 50;
/// How long a former secret signs beside the new one, by default and at most.
const OVERLAP_S: u64 = 24 * 3600;
const MAX_OVERLAP_S: u64 = 7 * 24 * 3600;

/// A new webhook.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewWebhook {
    /// 1 to 50 characters.
    name: String,
    /// `https://`, without user name and password, at most 2048 bytes.
    url: String,
    /// `live`, `ended`, `followed`, `updated`; at least one.
    events: Vec<String>,
}

/// What to change of a webhook; fields left out stay.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct WebhookEdit {
    /// 1 to 50 characters.
    name: Option<String>,
    /// As at creation. The secret stays.
    url: Option<String>,
    /// As at creation.
    events: Option<Vec<String>>,
    /// Off: nothing is sent, and what waits is cancelled. On again: what happened meanwhile is not told.
    enabled: Option<bool>,
}

/// How to make another secret.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewSecret {
    /// Seconds for which the former one signs too; a day by default, at most a week.
    #[serde(default = "overlap")]
    overlap_s: u64,
}

fn overlap() -> u64 {
    OVERLAP_S
}

/// A webhook without its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Listed {
    #[schema(value_type = String)]
    id: Uuid,
    name: String,
    url: String,
    events: Vec<String>,
    enabled: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Until then the secret before the last rotation signs too.
    #[serde(with = "time::serde::rfc3339::option")]
    overlap_until: Option<OffsetDateTime>,
    /// `gone` (the receiver answered 410) or `failing` (nothing but failures for days): the service switched it off.
    off_because: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    off_at: Option<OffsetDateTime>,
    /// Since when nothing arrived any more; null: the last attempt was one of success.
    #[serde(with = "time::serde::rfc3339::option")]
    failing_since: Option<OffsetDateTime>,
    /// Deliveries that wait.
    waiting: u64,
    /// Events that were dropped because too many waited, since it was switched on.
    dropped: u64,
}

impl From<Webhook> for Listed {
    fn from(w: Webhook) -> Self {
        Self {
            id: w.id,
            name: w.name,
            url: w.url,
            events: w.events,
            enabled: w.enabled,
            created_at: w.created_at,
            overlap_until: w.overlap_until,
            off_because: w.off_because,
            off_at: w.off_at,
            failing_since: w.failing_since,
            waiting: w.waiting,
            dropped: w.dropped,
        }
    }
}

/// A webhook with its secret.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OpenWebhook)]
pub struct Shown {
    #[serde(flatten)]
    webhook: Listed,
    /// `whsec_` and base64. It is not shown again.
    secret: String,
}

/// All webhooks.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WebhookList {
    items: Vec<Listed>,
}

fn shown(mut response: actix_web::HttpResponseBuilder, webhook: Webhook, secret: &StreamKey) -> HttpResponse {
    let shown = Shown { webhook: webhook.into(), secret: secret.expose().to_owned() };
    response.insert_header((header::CACHE_CONTROL, "no-store")).json(shown)
}

/// Their routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let one = |rest: &str| resource(&format!("/api/streams/me/webhooks/{{id}}{rest}"));
    config
        .service(
            resource("/api/streams/me/webhooks").route(web::get().to(list)).route(web::post().to(create)),
        )
        .service(one("").route(web::patch().to(edit)).route(web::delete().to(delete)))
        .service(one("/rotate").route(web::post().to(rotate)))
        .service(one("/test").route(web::post().to(deliveries::test)))
        .service(one("/deliveries").route(web::get().to(deliveries::list)))
        .service(one("/deliveries/{delivery}/redeliver").route(web::post().to(deliveries::redeliver)));
}

/// The id in a path; whatever is none names nothing.
fn id_of(path: &str) -> Result<Uuid, Error> {
    Ok(path.parse().map_err(|_| Code::WebhookNotFound)?)
}

/// The webhooks, without their secrets.
#[utoipa::path(get, path = "/api/streams/me/webhooks", security(("bearer" = [])), responses((status = 200, body = WebhookList)))]
pub async fn list(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let channel = channel::own(&app, &who.0).await?;
    let items = table::list(&app.connection().await?, channel.id).await?;
    Ok(HttpResponse::Ok().json(WebhookList { items: items.into_iter().map(Listed::from).collect() }))
}

/// Makes a webhook, soon after a sign-in.
#[utoipa::path(post, path = "/api/streams/me/webhooks", security(("bearer" = [])), request_body = NewWebhook, responses(
    (status = 201, body = Shown), (status = 403, description = "`reauth_required`"), (status = 409, description = "`too_many_webhooks`"),
    (status = 422, description = "`validation_failed`: also of an address that is not of the public internet")
))]
pub async fn create(
    app: web::Data<App>,
    who: Authenticated,
    body: web::Json<NewWebhook>,
) -> Result<HttpResponse, Problem> {
    recent(&app, &who)?;
    let mut errors = Vec::new();
    let name = super::text("name", &body.name, 1, MAX_NAME, &mut errors);
    let url = target(&app.outbound, &body.url, &mut errors);
    let events = chosen(&body.events, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    app.limits.keys(&app.redis, who.0.sub).await?;
    let channel = channel::own(&app, &who.0).await?;
    let made = async {
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, channel.id).await?;
        if table::list(&tx, channel.id).await?.len() >= app.config.webhooks.per_channel as usize {
            return Err(Error::Told(Code::TooManyWebhooks));
        }
        let (id, secret) = (Uuid::now_v7(), secret::generate());
        let sealed = app.vault.seal(id, &secret)?;
        let draft = Draft { id, name: &name, url: &url, events: &events, secret: &sealed };
        table::insert(&tx, channel.id, &draft).await?;
        let webhook = table::find(&tx, channel.id, id).await?.ok_or(Code::WebhookNotFound)?;
        tx.commit().await?;
        Ok((webhook, secret))
    };
    let (webhook, secret) = made.await?;
    Ok(shown(HttpResponse::Created(), webhook, &secret))
}

/// Changes a webhook.
#[utoipa::path(patch, path = "/api/streams/me/webhooks/{id}", security(("bearer" = [])), params(("id" = String, Path)), request_body = WebhookEdit, responses(
    (status = 200, body = Listed), (status = 404, description = "`webhook_not_found`"), (status = 422, description = "`validation_failed`")
))]
pub async fn edit(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    body: web::Json<WebhookEdit>,
) -> Result<HttpResponse, Problem> {
    let mut errors = Vec::new();
    let name = body.name.as_deref().map(|name| super::text("name", name, 1, MAX_NAME, &mut errors));
    let url = body.url.as_deref().map(|url| target(&app.outbound, url, &mut errors));
    let events = body.events.as_deref().map(|events| chosen(events, &mut errors));
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    app.limits.edits(&app.redis, who.0.sub).await?;
    let channel = channel::own(&app, &who.0).await?;
    let edited = async {
        let id = id_of(&path)?;
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, channel.id).await?;
        let before = table::lock(&tx, channel.id, id).await?.ok_or(Code::WebhookNotFound)?;
        let edit = table::Edit {
            name: name.as_deref(),
            url: url.as_deref(),
            events: events.as_deref(),
            enabled: body.enabled.filter(|enabled| *enabled != before.enabled),
        };
        table::edit(&tx, id, &edit).await?;
        let webhook = table::find(&tx, channel.id, id).await?.ok_or(Code::WebhookNotFound)?;
        tx.commit().await?;
        Ok::<_, Error>(Listed::from(webhook))
    };
    Ok(HttpResponse::Ok().json(edited.await?))
}

/// Removes a webhook with its deliveries.
#[utoipa::path(delete, path = "/api/streams/me/webhooks/{id}", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 204), (status = 404, description = "`webhook_not_found`")
))]
pub async fn delete(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let channel = channel::own(&app, &who.0).await?;
    let id = id_of(&path)?;
    if !table::delete(&app.connection().await?, channel.id, id).await? {
        return Err(Code::WebhookNotFound.into());
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Makes another secret, soon after a sign-in; the former one signs too for a while.
#[utoipa::path(post, path = "/api/streams/me/webhooks/{id}/rotate", security(("bearer" = [])), params(("id" = String, Path)), request_body = NewSecret, responses(
    (status = 200, body = Shown), (status = 403, description = "`reauth_required`"), (status = 404, description = "`webhook_not_found`"),
    (status = 422, description = "`validation_failed`")
))]
pub async fn rotate(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    body: web::Json<NewSecret>,
) -> Result<HttpResponse, Problem> {
    recent(&app, &who)?;
    if body.overlap_s > MAX_OVERLAP_S {
        let detail = format!("At most {MAX_OVERLAP_S} seconds.");
        return Err(Problem::fields(vec![FieldError { field: "overlap_s".into(), code: "invalid", detail }]));
    }
    app.limits.keys(&app.redis, who.0.sub).await?;
    let channel = channel::own(&app, &who.0).await?;
    let rotated = async {
        let (id, secret) = (id_of(&path)?, secret::generate());
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, channel.id).await?;
        table::lock(&tx, channel.id, id).await?.ok_or(Code::WebhookNotFound)?;
        let sealed = app.vault.seal(id, &secret)?;
        table::rotate(&tx, id, &sealed, Duration::from_secs(body.overlap_s)).await?;
        let webhook = table::find(&tx, channel.id, id).await?.ok_or(Code::WebhookNotFound)?;
        tx.commit().await?;
        Ok::<_, Error>((webhook, secret))
    };
    let (webhook, secret) = rotated.await?;
    tracing::info!(webhook = %webhook.id, channel = %channel.id, "a webhook has another secret");
    Ok(shown(HttpResponse::Ok(), webhook, &secret))
}
