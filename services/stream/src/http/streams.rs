//! The directory, channels, and one's own channel.

use super::{cursor, settings, settings::Settings, text};
use crate::{
    app::App,
    bus, channel,
    error::Error,
    playback,
    store::{broadcasts, channels, directory, refusals, refusals::Refusal, watching},
    view::{self, Stream, health::Seen},
    visibility::{self, Visibility},
};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use streamly_config::Secret;
use streamly_domain::UserId;
use streamly_http::{Authenticated, MaybeAuthenticated, Problem};
use streamly_status::{Code, FieldError};

/// Channels of a page, by default and at most.
const PAGE: u32 = 30;
const MAX_PAGE: u32 = 100;
/// Longest search text.
const MAX_QUERY: usize = 100;
const MAX_TITLE: usize = 140;
const MAX_CATEGORY: usize = 60;
const MAX_TAGS: usize = 10;
const MAX_TAG: usize = 25;
/// Refusals shown to the owner.
const REFUSALS: i64 = 10;

/// What to list.
#[derive(Deserialize, utoipa::IntoParams)]
pub struct ListQuery {
    /// Only channels that can be watched now.
    #[serde(default)]
    live: bool,
    /// Text in name, title or category.
    q: Option<String>,
    /// One category.
    category: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Items of a page, 1 to 100.
    limit: Option<u32>,
}
/// A page of the directory.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Page {
    items: Vec<Stream>,
    next_cursor: Option<String>,
}

/// Channels, most watched first.
#[utoipa::path(get, path = "/api/streams", params(ListQuery), responses((status = 200, body = Page)))]
pub async fn list(app: web::Data<App>, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let after = match query.cursor.as_deref().filter(|c| !c.is_empty()) {
        Some(text) => Some(cursor::parse(text).ok_or(Code::InvalidCursor)?),
        None => None,
    };
    let mut errors = Vec::new();
    let q = query.q.as_deref().map(|q| text("q", q, 0, MAX_QUERY, &mut errors)).filter(|q| !q.is_empty());
    let category = query.category.as_deref().map(|c| text("category", c, 0, MAX_QUERY, &mut errors));
    let category = category.filter(|c| !c.is_empty());
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE) as usize;
    let db = app.db.get().await.map_err(Error::from)?;
    let asked = directory::Query {
        live: query.live,
        q: q.as_deref(),
        category: category.as_deref(),
        after,
        limit: limit as i64 + 1,
    };
    let mut rows = directory::page(&db, &asked).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(channel, open)| {
        cursor::encode(open.as_ref().map_or(0, |b| b.viewers.cast_signed()), channel.id.0)
    });
    let items = rows.iter().map(|(c, open)| view::stream(&app.config.public_url, c, open.as_ref())).collect();
    Ok(HttpResponse::Ok().json(Page { items, next_cursor }))
}

/// The channel as that person, or a stranger, may see it: with a playback token where one is needed and they may have it.
async fn seen(app: &App, channel: &channels::Channel, user: Option<UserId>) -> Result<Stream, Error> {
    let open = {
        let db = app.db.get().await?;
        broadcasts::open_of(&db, channel.id).await?
    };
    let open = open.as_ref();
    // Whether somebody may watch need not be known to say what everybody may know.
    let may = visibility::may_watch(app, channel, user).await.unwrap_or(false);
    if !may {
        let stream = view::for_strangers(&app.config.public_url, channel, open);
        return Ok(Stream { may_watch: Some(false), ..stream });
    }
    let issued = playback::issue(app, channel, user, playback::Proof::default()).await?;
    Ok(view::for_viewer(channel, open, issued.playback_url))
}

/// One channel.
#[utoipa::path(get, path = "/api/streams/{username}", params(("username" = String, Path)), responses((status = 200, body = Stream)))]
pub async fn get(
    app: web::Data<App>,
    who: MaybeAuthenticated,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let channel = channel::by_name(&app, &path).await?;
    let user = who.0.map(|claims| claims.sub);
    Ok(HttpResponse::Ok().json(seen(&app, &channel, user).await?))
}

/// One's own channel, with what only its owner sees.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Mine {
    #[serde(flatten)]
    stream: Stream,
    #[serde(flatten)]
    settings: Settings,
    /// The newest refusals since the channel was last live, newest first.
    refusals: Vec<Refusal>,
    /// What arrived last, and what is made of it; null if nothing lately. As the `health` events have it.
    #[schema(value_type = Option<Seen>)]
    health: Option<serde_json::Value>,
}

/// One's own channel.
#[utoipa::path(get, path = "/api/streams/me", responses((status = 200, body = Mine)))]
pub async fn me(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let channel = channel::own(&app, &who.0).await?;
    let stream = seen(&app, &channel, Some(who.0.sub)).await?;
    let db = app.db.get().await.map_err(Error::from)?;
    let refusals = refusals::latest(&db, channel.id, REFUSALS).await?;
    drop(db);
    // Without Redis the rest still counts.
    let health = bus::health(&app.redis, channel.id).await.unwrap_or_default();
    let settings = Settings::of(&app.config, &channel);
    Ok(HttpResponse::Ok().json(Mine { stream, settings, refusals, health }))
}

/// What the owner changes; fields left out stay.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Edit {
    /// At most 140 characters.
    title: Option<String>,
    /// At most 60 characters.
    category: Option<String>,
    /// At most 10, of 1 to 25 characters.
    tags: Option<Vec<String>>,
    /// Seconds, 0 to 1800, for which a broadcast waits for its lost encoder; 0: it ends at once.
    reconnect_grace_s: Option<i64>,
    /// Renditions made beside the source, such as `["720p", "480p"]`; none: what the server makes for everybody. From the next
    /// broadcast on.
    ladder: Option<Vec<String>>,
    /// `public`, `unlisted`, `followers`, `password` or `private` (by secret link). Another one than before ends what others were let in by.
    visibility: Option<String>,
    /// The channel's password, of 4 to 128 characters, for `password`. It is not shown again.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
}

/// One's own channel with its settings.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Edited {
    #[serde(flatten)]
    stream: Stream,
    #[serde(flatten)]
    settings: Settings,
}

/// Changes one's own channel.
#[utoipa::path(patch, path = "/api/streams/me", request_body = Edit, responses((status = 200, body = Edited)))]
pub async fn edit(
    app: web::Data<App>,
    who: Authenticated,
    body: web::Json<Edit>,
) -> Result<HttpResponse, Problem> {
    let mut errors = Vec::new();
    let title = body.title.as_deref().map(|t| text("title", t, 0, MAX_TITLE, &mut errors));
    let category = body.category.as_deref().map(|c| text("category", c, 0, MAX_CATEGORY, &mut errors));
    let tags = body.tags.as_ref().map(|tags| {
        if tags.len() > MAX_TAGS {
            let detail = format!("At most {MAX_TAGS} tags.");
            errors.push(FieldError { field: "tags".into(), code: "too_long", detail });
            return Vec::new();
        }
        let mut kept: Vec<String> = Vec::new();
        for tag in tags {
            let tag = text("tags", tag, 1, MAX_TAG, &mut errors);
            if !kept.contains(&tag) {
                kept.push(tag);
            }
        }
        kept
    });
    let reconnect_grace_s = body.reconnect_grace_s.map(|s| settings::grace(s, &mut errors));
    let ladder = body.ladder.as_ref().map(|names| settings::ladder(names, &mut errors));
    let visibility = body.visibility.as_deref().and_then(|v| settings::visibility(v, &mut errors));
    if let Some(password) = &body.password {
        settings::password(password, &mut errors);
    }
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    app.limits.edits(&app.redis, who.0.sub).await?;
    let own = channel::own(&app, &who.0).await?;
    let password = match body.password.clone() {
        Some(password) => Some(app.tokens.hash(password).await?),
        None => None,
    };
    let edited = async {
        let mut db = app.db.get().await?;
        let tx = db.transaction().await?;
        let before = channels::lock(&tx, own.id).await?.ok_or(Code::ChannelNotFound)?;
        let visibility = visibility.filter(|v| *v != before.visibility);
        if visibility == Some(Visibility::Password)
            && password.is_none()
            && watching::password(&tx, own.id).await?.is_none()
        {
            let detail = "A channel with a password needs one.".to_owned();
            return Err(Error::Fields(vec![FieldError {
                field: "password".into(),
                code: "required",
                detail,
            }]));
        }
        let watching = visibility.is_some() || password.is_some();
        if watching {
            watching::set(&tx, own.id, visibility, password.as_deref()).await?;
        }
        let edit = channels::Edit {
            title: title.as_deref(),
            category: category.as_deref(),
            tags: tags.as_deref(),
            reconnect_grace_s,
            ladder: ladder.as_deref(),
        };
        channels::edit(&tx, own.id, &edit).await?;
        channel::announce_update(&app, &tx, own.id).await?;
        let channel = channels::find(&tx, channels::By::Id(own.id)).await?.ok_or(Code::ChannelNotFound)?;
        tx.commit().await?;
        app.committed.notify_one();
        drop(db);
        if watching {
            bus::watching_changed(&app, own.id).await;
        }
        Ok::<_, Error>(channel)
    };
    let channel = edited.await?;
    let (stream, settings) =
        (seen(&app, &channel, Some(who.0.sub)).await?, Settings::of(&app.config, &channel));
    Ok(HttpResponse::Ok().json(Edited { stream, settings }))
}

/// Ends one's own broadcast; nothing is fine too.
#[utoipa::path(post, path = "/api/streams/me/end", responses((status = 204)))]
pub async fn end(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let own = channel::own(&app, &who.0).await?;
    channel::end_any(&app, own.id, "owner_ended").await?;
    Ok(HttpResponse::NoContent().finish())
}
