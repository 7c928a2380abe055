//! One's browsers for Web Push. Where a browser is reached comes in once, and is in no answer, log or export.

use super::text;
use crate::{
    app::App,
    error::Error,
    notices::pushes,
    outbound,
    store::browsers::{self as table, Subscribed},
    web_push::{Browser, InvalidBrowser},
};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use streamly_config::Secret;
use streamly_http::{Authenticated, Problem};
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Longest name of a browser.
const NAME: usize = 60;

/// A browser that takes Web Push, as its `PushSubscription` says; the name is for its owner.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = BrowserSubscription)]
pub struct Subscription {
    /// Where it is reached: a secret.
    #[schema(value_type = String)]
    endpoint: Secret,
    keys: SubscriptionKeys,
    /// "Firefox on Linux"; at most 60 characters.
    #[serde(default)]
    name: String,
}

/// Its keys, base64url.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct SubscriptionKeys {
    /// The point of P-256.
    #[schema(value_type = String)]
    p256dh: Secret,
    /// 16 bytes.
    #[schema(value_type = String)]
    auth: Secret,
}

/// A browser that was subscribed.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SubscribedBrowser {
    id: String,
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    made_at: OffsetDateTime,
    /// When its push service last took something.
    #[serde(with = "time::serde::rfc3339::option")]
    told_at: Option<OffsetDateTime>,
}

impl From<Subscribed> for SubscribedBrowser {
    fn from(b: Subscribed) -> Self {
        Self { id: b.id.to_string(), name: b.name, made_at: b.made_at, told_at: b.told_at }
    }
}

/// One's browsers.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BrowserList {
    /// What a browser subscribes with (`applicationServerKey`); null: this platform has no Web Push.
    public_key: Option<String>,
    /// The newest first; of more than 10 the oldest go.
    items: Vec<SubscribedBrowser>,
}

/// One's browsers, and the key that a new one subscribes with.
#[utoipa::path(get, path = "/api/streams/me/notices/browsers", security(("bearer" = [])), responses((status = 200, body = BrowserList)))]
pub async fn list(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let db = app.connection().await?;
    let items = table::list(&db, who.0.sub).await?.into_iter().map(Into::into).collect();
    let public_key = app.vapid.as_ref().map(|vapid| vapid.public().to_owned());
    Ok(HttpResponse::Ok().json(BrowserList { public_key, items }))
}

/// Subscribes a browser; one that is known, whosever it was, is yours from now on.
#[utoipa::path(post, path = "/api/streams/me/notices/browsers", security(("bearer" = [])), request_body = Subscription, responses(
    (status = 201, body = SubscribedBrowser), (status = 422, description = "`validation_failed`"),
    (status = 429, description = "`rate_limited`"), (status = 404, description = "`push_off`")
))]
pub async fn add(
    app: web::Data<App>,
    who: Authenticated,
    body: web::Json<Subscription>,
) -> Result<HttpResponse, Problem> {
    let user = who.0.sub;
    if app.vapid.is_none() {
        return Err(Code::PushOff.into());
    }
    app.limits.browsers(&app.redis, user).await?;
    let mut errors = Vec::new();
    let name = text("name", &body.name, 0, NAME, &mut errors);
    let browser = browser(&app, &body).map_err(|field| {
        let field = FieldError {
            field: field.to_string(),
            code: "invalid",
            detail: "Not what a browser gives.".into(),
        };
        errors.push(field);
    });
    let Ok(browser) = browser else { return Err(Problem::fields(errors)) };
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let id = Uuid::now_v7();
    let (lookup, sealed) = (pushes::lookup(&app, &browser), pushes::seal(&app, id, &browser)?);
    let most = app.config.notices.max_browsers.into();
    let mut db = app.connection().await?;
    let storing = async {
        let tx = db.transaction().await?;
        table::put(&tx, id, user, &lookup, &sealed, &name, most).await?;
        let all = table::list(&tx, user).await?;
        tx.commit().await?;
        Ok::<_, Error>(all)
    };
    let made = storing.await?.into_iter().find(|b| b.id == id).ok_or(Code::Internal)?;
    Ok(HttpResponse::Created().json(SubscribedBrowser::from(made)))
}

/// What was sent as a browser, at an address that may be asked.
fn browser(app: &App, body: &Subscription) -> Result<Browser, InvalidBrowser> {
    let browser = Browser::new(body.endpoint.expose(), body.keys.p256dh.expose(), body.keys.auth.expose())?;
    let url: outbound::Url = browser.endpoint().parse().map_err(|_| InvalidBrowser::Endpoint)?;
    app.outbound.check(&url).map_err(|_| InvalidBrowser::Endpoint)?;
    Ok(browser)
}

/// What became of a test.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TestedBrowsers)]
pub struct Tested {
    /// Browsers whose push service took it.
    told: usize,
    /// Browsers that were no more, and are forgotten.
    gone: usize,
    /// Those whose push service did not take it.
    failed: usize,
}

/// Sends a push to each of one's browsers, to see that it works.
#[utoipa::path(post, path = "/api/streams/me/notices/browsers/test", security(("bearer" = [])), responses(
    (status = 200, body = Tested), (status = 429, description = "`rate_limited`"), (status = 404, description = "`push_off`")
))]
pub async fn test(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    if app.vapid.is_none() {
        return Err(Code::PushOff.into());
    }
    app.limits.browsers(&app.redis, who.0.sub).await?;
    let done = pushes::test(&app, who.0.sub).await?;
    Ok(HttpResponse::Ok().json(Tested { told: done.told, gone: done.gone, failed: done.failed }))
}

/// Forgets one of one's browsers.
#[utoipa::path(delete, path = "/api/streams/me/notices/browsers/{id}", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 204), (status = 404, description = "`browser_not_found`")
))]
pub async fn remove(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = path.parse().map_err(|_| Code::BrowserNotFound)?;
    let db = app.connection().await?;
    if !table::remove(&db, who.0.sub, id).await? {
        return Err(Code::BrowserNotFound.into());
    }
    Ok(HttpResponse::NoContent().finish())
}
