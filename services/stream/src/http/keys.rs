//! Stream keys of one's own channel. A key is in an answer only at creation, rotation and reveal; others' keys do not exist.

use super::{recent, text};
use crate::{
    app::App,
    channel,
    error::Error,
    key::StreamKey,
    revocation,
    store::{channels, channels::Channel, keys, keys::Key},
    view,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use streamly_domain::KeyId;
use streamly_http::{Authenticated, Problem};
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Longest name.
const MAX_NAME: usize = 50;
/// Longest overlap of a rotation: a week.
const MAX_OVERLAP_S: u64 = 7 * 24 * 3600;

/// A new key.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewKey {
    /// 1 to 50 characters.
    name: String,
    /// From then on it opens no new publish; none: never. RFC 3339, in the future.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>)]
    expires_at: Option<OffsetDateTime>,
}
/// What to change of a key; fields left out stay.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct KeyEdit {
    /// 1 to 50 characters.
    name: Option<String>,
    /// From then on it opens no new publish, a running one goes on; null: it has no end. RFC 3339; in the past: at once.
    #[serde(default, deserialize_with = "end")]
    #[schema(value_type = Option<String>)]
    expires_at: Option<Option<OffsetDateTime>>,
}

/// Tells null from what is not there.
fn end<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Option<OffsetDateTime>>, D::Error> {
    time::serde::rfc3339::option::deserialize(d).map(Some)
}
/// How to rotate.
#[derive(Default, Deserialize, utoipa::ToSchema)]
pub struct Rotation {
    /// Seconds for which the old key still opens new publishes; 0 by default, at most a week.
    #[serde(default)]
    overlap_s: u64,
}

/// A key in the clear, with where it goes.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ShownKey {
    #[schema(value_type = String)]
    id: KeyId,
    name: String,
    key: String,
    rtmp_url: String,
    /// The same server by RTMPS, where it takes that.
    #[serde(skip_serializing_if = "Option::is_none")]
    rtmps_url: Option<String>,
    stream_url: String,
    playback_url: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}
/// A key without its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ListedKey {
    #[schema(value_type = String)]
    id: KeyId,
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
    encoder: String,
    remote_addr: String,
    /// From then on it opens no new publish.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// Until then the key before the last rotation still opens too.
    #[serde(with = "time::serde::rfc3339::option")]
    overlap_until: Option<OffsetDateTime>,
}

impl From<Key> for ListedKey {
    fn from(k: Key) -> Self {
        Self {
            id: k.id,
            name: k.name,
            created_at: k.created_at,
            last_used_at: k.last_used_at,
            encoder: k.encoder,
            remote_addr: k.remote_addr,
            expires_at: k.expires_at,
            overlap_until: k.overlap_until,
        }
    }
}
/// All keys.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyList {
    items: Vec<ListedKey>,
}

fn shown(app: &App, channel: &Channel, key: Key, secret: &StreamKey) -> ShownKey {
    let trimmed = |url: &str| url.trim_end_matches('/').to_owned();
    let rtmp_url = trimmed(&app.config.rtmp_public_url);
    ShownKey {
        id: key.id,
        name: key.name,
        key: secret.expose().to_owned(),
        stream_url: format!("{rtmp_url}/{}", secret.expose()),
        rtmp_url,
        rtmps_url: app.config.rtmps_public_url.as_deref().map(trimmed),
        playback_url: view::playback_url(&app.config.public_url, &channel.username),
        created_at: key.created_at,
        expires_at: key.expires_at,
    }
}

fn secret_answer(mut response: actix_web::HttpResponseBuilder, key: ShownKey) -> HttpResponse {
    response.insert_header((header::CACHE_CONTROL, "no-store")).json(key)
}

async fn add_secret(
    app: &App,
    db: &impl streamly_postgres::GenericClient,
    key: KeyId,
) -> Result<StreamKey, Error> {
    let (secret, row) = (StreamKey::generate(), Uuid::now_v7());
    keys::add_secret(db, row, key, &app.vault.lookup(&secret), &app.vault.seal(row, &secret)?).await?;
    Ok(secret)
}

/// Makes a key, soon after a sign-in: it is shown.
#[utoipa::path(post, path = "/api/streams/keys", security(("bearer" = [])), request_body = NewKey, responses(
    (status = 201, body = ShownKey), (status = 403, description = "`reauth_required`"), (status = 409, description = "`too_many_keys`")
))]
pub async fn create(
    app: web::Data<App>,
    who: Authenticated,
    body: web::Json<NewKey>,
) -> Result<HttpResponse, Problem> {
    recent(&app, &who)?;
    let mut errors = Vec::new();
    let name = text("name", &body.name, 1, MAX_NAME, &mut errors);
    if body.expires_at.is_some_and(|at| at <= OffsetDateTime::now_utc()) {
        let detail = "The end of a new key lies in the future.".to_owned();
        errors.push(FieldError { field: "expires_at".into(), code: "invalid", detail });
    }
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    app.limits.keys(&app.redis, who.0.sub).await?;
    let channel = channel::own(&app, &who.0).await?;
    let made = async {
        let mut db = app.db.get().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, channel.id).await?;
        if keys::list(&tx, channel.id).await?.len() >= app.config.max_keys as usize {
            return Err(Error::Told(Code::TooManyKeys));
        }
        let key = keys::insert(&tx, channel.id, &name, body.expires_at).await?;
        let secret = add_secret(&app, &tx, key.id).await?;
        tx.commit().await?;
        Ok(shown(&app, &channel, key, &secret))
    };
    Ok(secret_answer(HttpResponse::Created(), made.await?))
}

/// The keys, without their secrets.
#[utoipa::path(get, path = "/api/streams/keys", security(("bearer" = [])), responses((status = 200, body = KeyList)))]
pub async fn list(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let channel = channel::own(&app, &who.0).await?;
    let db = app.db.get().await.map_err(Error::from)?;
    let items = keys::list(&db, channel.id).await?;
    Ok(HttpResponse::Ok().json(KeyList { items: items.into_iter().map(ListedKey::from).collect() }))
}

/// Changes name and end of a key.
#[utoipa::path(patch, path = "/api/streams/keys/{id}", security(("bearer" = [])), params(("id" = String, Path)), request_body = KeyEdit, responses((status = 200, body = ListedKey)))]
pub async fn edit(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    body: web::Json<KeyEdit>,
) -> Result<HttpResponse, Problem> {
    let mut errors = Vec::new();
    let name = body.name.as_deref().map(|name| text("name", name, 1, MAX_NAME, &mut errors));
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    app.limits.edits(&app.redis, who.0.sub).await?;
    let channel = channel::own(&app, &who.0).await?;
    let edited = async {
        let id = key_id(&path)?;
        let mut db = app.db.get().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, channel.id).await?;
        keys::edit(&tx, channel.id, id, name.as_deref(), body.expires_at).await?;
        let key = keys::find(&tx, channel.id, id).await?.ok_or(Code::KeyNotFound)?;
        tx.commit().await?;
        Ok::<_, Error>(ListedKey::from(key))
    };
    Ok(HttpResponse::Ok().json(edited.await?))
}

fn key_id(path: &str) -> Result<KeyId, Error> {
    Ok(path.parse().map_err(|_| Code::KeyNotFound)?)
}

/// Shows a key again, soon after a sign-in.
#[utoipa::path(post, path = "/api/streams/keys/{id}/reveal", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, body = ShownKey), (status = 403, description = "`reauth_required`"), (status = 404, description = "`key_not_found`")
))]
pub async fn reveal(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    recent(&app, &who)?;
    app.limits.keys(&app.redis, who.0.sub).await?;
    let channel = channel::own(&app, &who.0).await?;
    let found = async {
        let (id, db) = (key_id(&path)?, app.db.get().await?);
        let key = keys::find(&db, channel.id, id).await?.ok_or(Code::KeyNotFound)?;
        let (row, sealed) = keys::current_secret(&db, id).await?.ok_or(Code::KeyNotFound)?;
        let secret = app.vault.open(row, &sealed)?;
        Ok::<_, Error>(shown(&app, &channel, key, &secret))
    };
    let answer = found.await?;
    tracing::info!(key = %answer.id, channel = %channel.id, "a stream key was shown to its owner");
    Ok(secret_answer(HttpResponse::Ok(), answer))
}

/// Replaces a key's secret, soon after a sign-in: the next one is shown. A running broadcast goes on.
#[utoipa::path(post, path = "/api/streams/keys/{id}/rotate", security(("bearer" = [])), params(("id" = String, Path)), request_body = Rotation, responses(
    (status = 200, body = ShownKey), (status = 403, description = "`reauth_required`"), (status = 404, description = "`key_not_found`")
))]
pub async fn rotate(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    recent(&app, &who)?;
    let overlap_s = overlap(&request, body).await?;
    if overlap_s > MAX_OVERLAP_S {
        let detail = format!("At most {MAX_OVERLAP_S} seconds.");
        let wrong = FieldError { field: "overlap_s".into(), code: "invalid", detail };
        return Err(Problem::fields(vec![wrong]).into());
    }
    app.limits.keys(&app.redis, who.0.sub).await.map_err(Problem::from)?;
    let channel = channel::own(&app, &who.0).await.map_err(Problem::from)?;
    let rotated = async {
        let id = key_id(&path)?;
        let mut db = app.db.get().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, channel.id).await?;
        let key = keys::find(&tx, channel.id, id).await?.ok_or(Code::KeyNotFound)?;
        keys::retire(&tx, id, Duration::from_secs(overlap_s)).await?;
        let secret = add_secret(&app, &tx, id).await?;
        tx.commit().await?;
        Ok::<_, Error>(shown(&app, &channel, key, &secret))
    };
    Ok(secret_answer(HttpResponse::Ok(), rotated.await.map_err(Problem::from)?))
}

/// The overlap that a body asks for; no body is none. A body that does not read must not pass for that: the old key would be lost.
async fn overlap(request: &HttpRequest, body: web::Payload) -> Result<u64, actix_web::Error> {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH).map(|v| v.as_bytes());
    if length.is_none_or(|l| l == b"0") && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(0);
    }
    let rotation = web::Json::<Rotation>::from_request(request, &mut body.into_inner()).await?;
    Ok(rotation.overlap_s)
}

/// Revokes a key; a live session of it ends within a second. One that is revoked already is fine too.
#[utoipa::path(delete, path = "/api/streams/keys/{id}", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 204)))]
pub async fn delete(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let channel = channel::own(&app, &who.0).await?;
    revocation::one(&app, channel.id, key_id(&path)?).await?;
    Ok(HttpResponse::NoContent().finish())
}
