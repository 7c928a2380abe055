//! Markers of a channel's broadcasts, for its owner and moderators. `me` stands for one's own channel. Strangers are told what they are told of a
//! channel that there is not: nothing.

use super::text;
use crate::{
    app::App,
    channel,
    error::Error,
    names::Asker,
    people,
    store::{
        broadcasts::{self, Broadcast},
        channels::{self, Channel},
        markers::{self as table, Marker},
    },
    visibility,
};
use actix_web::{HttpResponse, http::header, web};
use serde::{Deserialize, Serialize};
use streamly_auth::access::Claims;
use streamly_domain::{BroadcastId, UserId};
use streamly_http::{Authenticated, Problem};
use streamly_status::Code;
use time::OffsetDateTime;
use uuid::Uuid;

/// A marker.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Marker)]
pub struct Shown {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Milliseconds since the broadcast began.
    offset_ms: u64,
    label: String,
    #[schema(value_type = String)]
    made_by: UserId,
    /// The name of who made it; null: the account is gone, or names are not known at the moment.
    made_by_name: Option<String>,
}

/// Markers in their order in the broadcast.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MarkerList {
    items: Vec<Shown>,
}

/// Which broadcast's.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MarkerQuery {
    /// Left out: of the one on air.
    #[param(value_type = Option<String>)]
    broadcast_id: Option<BroadcastId>,
}

/// A marker to be set.
#[derive(Default, Deserialize, utoipa::ToSchema)]
pub struct NewMarker {
    /// At most 140 characters.
    #[serde(default)]
    label: String,
    /// How far behind the broadcast's present it is meant, such as a viewer's delay; at most two hours.
    #[serde(default)]
    behind_ms: u64,
}

/// Another label.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct MarkerEdit {
    /// At most 140 characters.
    label: String,
}

/// The channel, if the caller is of its team. Errors: `channel_not_found` of what is hidden from them, else `forbidden`.
async fn for_team(app: &App, name: &str, claims: &Claims, from: Asker) -> Result<Channel, Error> {
    if name == "me" {
        return channel::own(app, claims).await;
    }
    let channel = visibility::told(app, name, Some(claims.sub), from).await?;
    if visibility::on_team(app, channel.id, Some(claims.sub)).await? {
        return Ok(channel);
    }
    Err(Code::Forbidden.into())
}

/// As they are shown, with the names of who made them; without those while they cannot be asked for.
pub(super) async fn shown(app: &App, markers: Vec<Marker>) -> Vec<Shown> {
    let mut ids: Vec<UserId> = markers.iter().map(|m| m.made_by).collect();
    ids.sort_unstable();
    ids.dedup();
    let users = people::by_ids(app, &ids).await.unwrap_or_default();
    let one = |m: Marker| Shown {
        id: m.id,
        at: m.at,
        offset_ms: u64::try_from((m.at - m.live_at).whole_milliseconds()).unwrap_or_default(),
        label: m.label,
        made_by: m.made_by,
        made_by_name: users.get(&m.made_by).map(|user| user.username.clone()),
    };
    markers.into_iter().map(one).collect()
}

async fn only(app: &App, marker: Marker) -> Result<Shown, Error> {
    shown(app, vec![marker]).await.pop().ok_or(Code::MarkerNotFound.into())
}

fn label(app: &App, text_of: &str) -> Result<String, Problem> {
    let mut errors = Vec::new();
    let most = usize::try_from(app.config.markers.label).unwrap_or(usize::MAX);
    let label = text("label", text_of, 0, most, &mut errors);
    if errors.is_empty() { Ok(label) } else { Err(Problem::fields(errors)) }
}

/// Markers of a broadcast, by default of the one on air; none while nothing is.
#[utoipa::path(get, path = "/api/streams/{username}/markers", security(("bearer" = [])), params(("username" = String, Path, description = "`me`: one's own channel"), MarkerQuery), responses(
    (status = 200, body = MarkerList), (status = 403, description = "`forbidden`"), (status = 404, description = "`channel_not_found`")
))]
pub async fn list(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    query: web::Query<MarkerQuery>,
    from: Asker,
) -> Result<HttpResponse, Problem> {
    let channel = for_team(&app, &path, &who.0, from).await?;
    let db = app.connection().await?;
    let broadcast = match query.broadcast_id {
        Some(id) => Some(id),
        None => broadcasts::open_of(&db, channel.id).await?.map(|open| open.id),
    };
    let found = match broadcast {
        Some(id) => table::of(&db, channel.id, id).await?,
        None => Vec::new(),
    };
    drop(db);
    let items = shown(&app, found).await;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(MarkerList { items }))
}

/// Sets a marker in what is on air, also in a test.
#[utoipa::path(post, path = "/api/streams/{username}/markers", security(("bearer" = [])), params(("username" = String, Path, description = "`me`: one's own channel")), request_body = NewMarker, responses(
    (status = 201, body = Shown), (status = 403, description = "`forbidden`"), (status = 404, description = "`channel_offline`, `channel_not_found`"),
    (status = 409, description = "`too_many_markers`"), (status = 422, description = "`validation_failed`")
))]
pub async fn create(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<String>,
    body: web::Json<NewMarker>,
) -> Result<HttpResponse, Problem> {
    let label = label(&app, &body.label)?;
    app.limits.markers(&app.redis, who.0.sub).await?;
    let channel = for_team(&app, &path, &who.0, Asker::Free).await?;
    let behind = std::time::Duration::from_millis(body.behind_ms).min(app.config.markers.max_behind.get());
    let made = async {
        let mut db = app.connection().await?;
        let tx = db.transaction().await?;
        // One at a time: of two that are set at once only one is the last that there is room for.
        channels::lock(&tx, channel.id).await?.ok_or(Code::ChannelNotFound)?;
        let open = broadcasts::open_of(&tx, channel.id).await?;
        let open = open.filter(Broadcast::is_watchable).ok_or(Code::ChannelOffline)?;
        if table::count(&tx, open.id).await? >= app.config.markers.per_broadcast.into() {
            return Err(Error::from(Code::TooManyMarkers));
        }
        let made = table::insert(&tx, open.id, behind.as_secs_f64(), &label, who.0.sub).await?;
        tx.commit().await?;
        made.ok_or(Error::from(Code::ChannelOffline))
    };
    let made = made.await?;
    Ok(HttpResponse::Created().json(only(&app, made).await?))
}

/// Gives a marker another label.
#[utoipa::path(patch, path = "/api/streams/{username}/markers/{id}", security(("bearer" = [])), params(("username" = String, Path), ("id" = Uuid, Path)), request_body = MarkerEdit, responses(
    (status = 200, body = Shown), (status = 403, description = "`forbidden`"), (status = 404, description = "`marker_not_found`, `channel_not_found`"),
    (status = 422, description = "`validation_failed`")
))]
pub async fn edit(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<(String, String)>,
    body: web::Json<MarkerEdit>,
) -> Result<HttpResponse, Problem> {
    let label = label(&app, &body.label)?;
    app.limits.markers(&app.redis, who.0.sub).await?;
    let channel = for_team(&app, &path.0, &who.0, Asker::Free).await?;
    let db = app.connection().await?;
    let renamed = table::rename(&db, channel.id, id(&path.1)?, &label).await?.ok_or(Code::MarkerNotFound)?;
    drop(db);
    Ok(HttpResponse::Ok().json(only(&app, renamed).await?))
}

/// Removes a marker.
#[utoipa::path(delete, path = "/api/streams/{username}/markers/{id}", security(("bearer" = [])), params(("username" = String, Path), ("id" = Uuid, Path)), responses(
    (status = 204), (status = 403, description = "`forbidden`"), (status = 404, description = "`marker_not_found`, `channel_not_found`")
))]
pub async fn delete(
    app: web::Data<App>,
    who: Authenticated,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    app.limits.markers(&app.redis, who.0.sub).await?;
    let channel = for_team(&app, &path.0, &who.0, Asker::Free).await?;
    let removed = table::remove(&app.connection().await?, channel.id, id(&path.1)?).await?;
    if removed { Ok(HttpResponse::NoContent().finish()) } else { Err(Code::MarkerNotFound.into()) }
}

fn id(text: &str) -> Result<Uuid, Error> {
    Ok(text.parse().map_err(|_| Code::MarkerNotFound)?)
}
