//! Watching a channel that is not open to everybody: playback tokens, and the owner's secret link. Tokens and links are secrets: they are
//! in answers that nobody keeps, and in no log.

use super::caller;
use crate::{
    app::App,
    bus, channel,
    error::Error,
    key::StreamKey,
    playback::{self, Proof},
    store::{broadcasts, channels, watching},
    view::{self, Stream},
    visibility,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use streamly_config::Secret;
use streamly_http::{Authenticated, MaybeAuthenticated, Problem};
use streamly_status::Code;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a viewer shows; a signed-in one for whom the channel is shows nothing.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[schema(as = WatchProof)]
pub struct Shown {
    /// The channel's password.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    password: Option<Secret>,
    /// What stands behind `#` in the channel's secret link.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    link: Option<Secret>,
    /// The token before, to be followed by another one; it may have ended for as long as it was good.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    token: Option<Secret>,
}

/// The right to watch for a while.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Granted {
    /// Null: the channel is open, and needs none.
    token: Option<String>,
    /// Seconds; ask for the next one in time, with this one.
    expires_in: u64,
    /// The multivariant playlist, with the token.
    playback_url: String,
    /// The channel as who may watch it sees it.
    stream: Stream,
}

/// A playback token, or the next one.
#[utoipa::path(post, path = "/api/streams/{username}/playback-token", security((), ("bearer" = [])), params(("username" = String, Path)), request_body = Shown, responses(
    (status = 200, body = Granted), (status = 403, description = "`playback_denied`"), (status = 404, description = "`channel_not_found`"),
    (status = 429, description = "`rate_limited`: too many passwords")
))]
pub async fn token(
    app: web::Data<App>,
    who: MaybeAuthenticated,
    path: web::Path<String>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let shown = shown(&request, body).await?;
    let from = caller::of(&app, &request);
    let channel = channel::by_name(&app, &path, from.into()).await.map_err(Problem::from)?;
    let user = who.0.map(|claims| claims.sub);
    let proof = Proof { password: shown.password, link: shown.link, token: shown.token, from };
    let granted = async {
        let db = app.connection().await?;
        let open = broadcasts::open_of(&db, channel.id).await?;
        drop(db);
        let test = open.as_ref().is_some_and(|b| b.test);
        let issued = playback::issue(&app, &channel, user, proof, test).await?;
        let open = visibility::on_air_for(&app, open, user).await;
        let stream =
            view::for_viewer(&channel, open.as_ref(), issued.playback_url.clone(), !channel.suspended);
        let token = issued.token.map(|token| token.expose().to_owned());
        Ok::<_, Error>(Granted {
            token,
            expires_in: issued.expires_in,
            playback_url: issued.playback_url,
            stream,
        })
    };
    let granted = granted.await.map_err(Problem::from)?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(granted))
}

/// The body; none shows nothing.
async fn shown(request: &HttpRequest, body: web::Payload) -> Result<Shown, actix_web::Error> {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH).map(|v| v.as_bytes());
    if length.is_none_or(|l| l == b"0") && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(Shown::default());
    }
    Ok(web::Json::<Shown>::from_request(request, &mut body.into_inner()).await?.into_inner())
}

/// The public keys of playback tokens, for edges.
pub async fn keys(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "max-age=60")).json(app.tokens.jwks())
}

/// A channel's secret link.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WatchLink {
    /// For whom it is for; the secret stands behind `#`, where no server sees it.
    url: String,
    #[serde(with = "time::serde::rfc3339")]
    made_at: OffsetDateTime,
}

fn told(app: &App, channel: &channels::Channel, secret: &StreamKey, made_at: OffsetDateTime) -> WatchLink {
    let origin = app.config.public_url.trim_end_matches('/');
    WatchLink { url: format!("{origin}/{}#{}", channel.username, secret.expose()), made_at }
}

fn link_answer(mut response: actix_web::HttpResponseBuilder, link: WatchLink) -> HttpResponse {
    response.insert_header((header::CACHE_CONTROL, "no-store")).json(link)
}

/// One's own secret link.
#[utoipa::path(get, path = "/api/streams/me/watch-link", security(("bearer" = [])), responses(
    (status = 200, body = WatchLink), (status = 404, description = "`watch_link_not_found`")
))]
pub async fn link(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let channel = channel::own(&app, &who.0).await?;
    let found = async {
        let db = app.connection().await?;
        let link = watching::link(&db, channel.id).await?.ok_or(Code::WatchLinkNotFound)?;
        let secret = app.vault.open(link.id, &link.sealed)?;
        Ok::<_, Error>(told(&app, &channel, &secret, link.made_at))
    };
    Ok(link_answer(HttpResponse::Ok(), found.await?))
}

/// Makes a secret link; the one before ends, and with it whoever watches by it.
#[utoipa::path(post, path = "/api/streams/me/watch-link", security(("bearer" = [])), responses((status = 201, body = WatchLink)))]
pub async fn make_link(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    app.limits.keys(&app.redis, who.0.sub).await?;
    let channel = channel::own(&app, &who.0).await?;
    let made = async {
        let (secret, id) = (StreamKey::link(), Uuid::now_v7());
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, channel.id).await?;
        watching::put_link(&tx, channel.id, id, &app.vault.lookup(&secret), &app.vault.seal(id, &secret)?)
            .await?;
        watching::void(&tx, channel.id).await?;
        channel::announce_update(&app, &tx, channel.id).await?;
        tx.commit().await?;
        app.committed.notify_one();
        drop(db);
        bus::watching_changed(&app, channel.id).await;
        Ok::<_, Error>(told(&app, &channel, &secret, OffsetDateTime::now_utc()))
    };
    Ok(link_answer(HttpResponse::Created(), made.await?))
}

/// Ends one's own secret link, and whoever watches by it; none is fine too.
#[utoipa::path(delete, path = "/api/streams/me/watch-link", security(("bearer" = [])), responses((status = 204)))]
pub async fn end_link(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    app.limits.edits(&app.redis, who.0.sub).await?;
    let channel = channel::own(&app, &who.0).await?;
    let ended = async {
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        channels::lock(&tx, channel.id).await?;
        if !watching::remove_link(&tx, channel.id).await? {
            return Ok(());
        }
        watching::void(&tx, channel.id).await?;
        channel::announce_update(&app, &tx, channel.id).await?;
        tx.commit().await?;
        app.committed.notify_one();
        drop(db);
        bus::watching_changed(&app, channel.id).await;
        Ok::<_, Error>(())
    };
    ended.await?;
    Ok(HttpResponse::NoContent().finish())
}
