//! What was sent to a webhook, a test of it, and sending again.

use super::id_of;
use crate::{
    app::App,
    channel,
    error::Error,
    store::{
        channels,
        deliveries::{self as table, Attempt, Delivery},
        webhooks,
    },
    webhooks::{self as rules, event::Kind, reason::Reason},
};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use streamly_http::{Authenticated, Problem};
use streamly_status::Code;
use time::OffsetDateTime;
use uuid::Uuid;

/// Deliveries of a page.
const PAGE: usize = 20;

/// A delivery.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Delivery)]
pub struct Shown {
    #[schema(value_type = String)]
    id: Uuid,
    /// The `webhook-id` under which it is sent.
    message_id: String,
    /// The event.
    r#type: String,
    /// `waiting`, `delivered`, `failed`, `cancelled`.
    state: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it is sent next, while it waits.
    #[serde(with = "time::serde::rfc3339::option")]
    next_at: Option<OffsetDateTime>,
    /// What is sent.
    body: String,
    /// The newest first, 20 at most.
    attempts: Vec<Tried>,
}

/// One time that it was sent.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Tried {
    number: i32,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Null: it is under way, or what became of it is not known.
    duration_ms: Option<i32>,
    /// Of the answer; null: there was none.
    status: Option<i32>,
    /// What was wrong, and what to do.
    error: Option<String>,
    /// The same for programs, such as `unreachable`, `late`, `no_success`; null also of what an earlier version sent.
    error_code: Option<&'static str>,
    /// The first KiB of the answer's body.
    answer: Option<String>,
}

impl From<Delivery> for Shown {
    fn from(d: Delivery) -> Self {
        Self {
            message_id: rules::event::public_id(d.id),
            id: d.id,
            r#type: d.kind,
            state: d.state,
            created_at: d.created_at,
            next_at: d.due_at,
            body: d.body,
            attempts: d.attempts.into_iter().map(Tried::from).collect(),
        }
    }
}

impl From<Attempt> for Tried {
    fn from(a: Attempt) -> Self {
        let Attempt { number, at, duration_ms, status, error, answer } = a;
        let reason = error.as_deref().and_then(Reason::stored);
        let error = reason.map(|reason| reason.sentence().to_owned()).or(error);
        Self { number, at, duration_ms, status, error, error_code: reason.map(Reason::code), answer }
    }
}

/// A page of deliveries, the newest first.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeliveryPage {
    items: Vec<Shown>,
    next_cursor: Option<String>,
}

/// Where a page begins.
#[derive(Deserialize)]
pub struct Asked {
    cursor: Option<String>,
}

/// A delivery that was put in line.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Queued {
    #[schema(value_type = String)]
    id: Uuid,
}

/// The newest deliveries: 30 days, and at most 200 that are over.
#[utoipa::path(get, path = "/api/streams/me/webhooks/{id}/deliveries", security(("bearer" = [])), params(("id" = String, Path), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = DeliveryPage), (status = 404, description = "`webhook_not_found`")))]
pub async fn list(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let before: Option<Uuid> = match asked.cursor.as_deref() {
        Some(cursor) => Some(cursor.parse().map_err(|_| Code::InvalidCursor)?),
        None => None,
    };
    let channel = channel::own(&app, &who.0).await?;
    let found = async {
        let (id, db) = (id_of(&path)?, app.connection().await?);
        webhooks::find(&db, channel.id, id).await?.ok_or(Code::WebhookNotFound)?;
        let mut items = table::page(&db, id, before, PAGE as i64 + 1).await?;
        let more = items.len() > PAGE;
        items.truncate(PAGE);
        let next_cursor = items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok::<_, Error>(DeliveryPage { items: items.into_iter().map(Shown::from).collect(), next_cursor })
    };
    Ok(HttpResponse::Ok().json(found.await?))
}

/// Sends a test, at once.
#[utoipa::path(post, path = "/api/streams/me/webhooks/{id}/test", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 202, body = Queued), (status = 404, description = "`webhook_not_found`"), (status = 409, description = "`webhook_off`")
))]
pub async fn test(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app.limits.sendings(&app.redis, who.0.sub).await?;
    let own = channel::own(&app, &who.0).await?;
    let sent = async {
        let id = id_of(&path)?;
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        let channel = channels::lock(&tx, own.id).await?.ok_or(Code::ChannelNotFound)?;
        locked(&tx, own.id, id).await?;
        let data = json!({"message": "A test, sent from the dashboard."});
        let now = OffsetDateTime::now_utc();
        let made = rules::add(&app, &tx, &channel, &[id], Kind::Test, now, &data).await?;
        let made = made.first().copied().ok_or(Code::DeliveryNotFound)?;
        webhooks::hurry(&tx, id, made).await?;
        tx.commit().await?;
        app.deliveries.notify_one();
        Ok::<_, Error>(made)
    };
    Ok(HttpResponse::Accepted().json(Queued { id: sent.await? }))
}

/// Sends a delivery again, at once, under the same `webhook-id`.
#[utoipa::path(post, path = "/api/streams/me/webhooks/{id}/deliveries/{delivery}/redeliver", security(("bearer" = [])),
    params(("id" = String, Path), ("delivery" = String, Path)), responses(
    (status = 202, body = Queued), (status = 404, description = "`webhook_not_found`, `delivery_not_found`"),
    (status = 409, description = "`webhook_off`")
))]
pub async fn redeliver(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    app.limits.sendings(&app.redis, who.0.sub).await?;
    let own = channel::own(&app, &who.0).await?;
    let sent = async {
        let (webhook, delivery) = path.into_inner();
        let webhook = id_of(&webhook)?;
        let delivery: Uuid = delivery.parse().map_err(|_| Code::DeliveryNotFound)?;
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, own.id).await?;
        locked(&tx, own.id, webhook).await?;
        if !table::again(&tx, webhook, delivery).await? {
            return Err(Error::from(Code::DeliveryNotFound));
        }
        webhooks::hurry(&tx, webhook, delivery).await?;
        tx.commit().await?;
        app.deliveries.notify_one();
        Ok(delivery)
    };
    Ok(HttpResponse::Accepted().json(Queued { id: sent.await? }))
}

/// The webhook, locked, if it is on.
async fn locked(
    db: &impl streamly_postgres::GenericClient,
    channel: streamly_domain::ChannelId,
    id: Uuid,
) -> Result<(), Error> {
    let webhook = webhooks::lock(db, channel, id).await?.ok_or(Code::WebhookNotFound)?;
    if webhook.enabled { Ok(()) } else { Err(Code::WebhookOff.into()) }
}
