//! Channels, and one's own channel.

use super::{settings, settings::Settings, text};
use crate::{
    app::App,
    bus, channel,
    embedding::{self, Embedding, Framing},
    error::Error,
    names::Asker,
    playback, profile as rules,
    profile::{Link, Panel},
    search,
    store::{
        broadcasts, categories, channels, pictures as pictures_table, profile, refusals, refusals::Refusal,
        watching,
    },
    view::{self, Stream, health::Seen},
    visibility::{self, Visibility},
    webhooks,
};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use streamly_config::Secret;
use streamly_domain::{ChannelId, UserId};
use streamly_http::{Authenticated, MaybeAuthenticated, Problem};
use streamly_status::{Code, FieldError};
use time::OffsetDateTime;

const MAX_TITLE: usize = 140;
const MAX_CATEGORY: usize = 60;
const MAX_TAGS: usize = 10;
const MAX_TAG: usize = 25;
/// Refusals shown to the owner.
const REFUSALS: i64 = 10;

/// The channel as that person, or a stranger, may see it: with a playback token where one is needed and they may have it.
async fn seen(app: &App, channel: &channels::Channel, user: Option<UserId>) -> Result<Stream, Error> {
    let open = {
        let db = app.db.get().await?;
        broadcasts::open_of(&db, channel.id).await?
    };
    let open = visibility::on_air_for(app, open, user).await;
    let test = open.as_ref().is_some_and(|b| b.test);
    let open = open.as_ref();
    // Whether somebody may watch need not be known to say what everybody may know.
    let may = test || visibility::may_watch(app, channel, user).await.unwrap_or(false);
    if !may {
        let stream = view::for_strangers(&app.config.public_url, channel, open);
        return Ok(Stream { may_watch: Some(false), ..stream });
    }
    let issued = playback::issue(app, channel, user, playback::Proof::default(), test).await?;
    let may_see = visibility::may_see(app, channel, user).await;
    Ok(view::for_viewer(channel, open, issued.playback_url, may_see))
}

/// One channel.
#[utoipa::path(get, path = "/api/streams/{username}", security((), ("bearer" = [])), params(("username" = String, Path)), responses((status = 200, body = Stream)))]
pub async fn get(
    app: web::Data<App>,
    who: MaybeAuthenticated,
    path: web::Path<String>,
    from: Asker,
) -> Result<HttpResponse, Problem> {
    let channel = channel::by_name(&app, &path, from).await?;
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
    #[serde(flatten)]
    framing: Framing,
    /// The newest refusals since the channel was last live, newest first.
    refusals: Vec<Refusal>,
    /// What arrived last, and what is made of it; null if nothing lately. As the `health` events have it.
    #[schema(value_type = Option<Seen>)]
    health: Option<serde_json::Value>,
}

/// One's own channel.
#[utoipa::path(get, path = "/api/streams/me", security(("bearer" = [])), responses((status = 200, body = Mine)))]
pub async fn me(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let channel = channel::own(&app, &who.0).await?;
    let stream = seen(&app, &channel, Some(who.0.sub)).await?;
    let db = app.db.get().await.map_err(Error::from)?;
    let refusals = refusals::latest(&db, channel.id, REFUSALS).await?;
    let framing = profile::find(&db, channel.id).await?.ok_or(Code::ChannelNotFound)?.framing;
    drop(db);
    // Without Redis the rest still counts.
    let health = bus::health(&app.redis, channel.id).await.unwrap_or_default();
    let settings = Settings::of(&app.config, &channel);
    Ok(HttpResponse::Ok().json(Mine { stream, settings, framing, refusals, health }))
}

/// What the owner changes; fields left out stay.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Edit {
    /// At most 140 characters.
    title: Option<String>,
    /// A category's slug or name, or another text of at most 60 characters.
    category: Option<String>,
    /// At most 10, of 1 to 25 characters; two that differ in case alone are one.
    tags: Option<Vec<String>>,
    /// BCP 47, one of a list; empty: none.
    language: Option<String>,
    /// For adults.
    mature: Option<bool>,
    /// At most 500 characters, plain, with line breaks.
    bio: Option<String>,
    /// At most 5.
    links: Option<Vec<Link>>,
    /// At most 10.
    panels: Option<Vec<Panel>>,
    /// Seconds, 0 to 1800, for which a broadcast waits for its lost encoder; 0: it ends at once.
    reconnect_grace_s: Option<i64>,
    /// Renditions made beside the source, such as `["720p", "480p"]`; none: what the server makes for everybody. From the next
    /// broadcast on.
    ladder: Option<Vec<String>>,
    /// Whether others see the channel's past broadcasts.
    show_broadcasts: Option<bool>,
    /// Whether the next broadcast is a test, which only the owner, moderators and the platform's staff see. It is fixed at a broadcast's start.
    test_mode: Option<bool>,
    /// Whose pages may have the channel's player in a frame: `everywhere`, `sites` (those of `embed_sites`) or `nowhere`.
    embedding: Option<String>,
    /// At most 20, such as `example.org` (by https), `*.example.org` or `http://localhost:8080`. They count with `sites`, which needs one.
    embed_sites: Option<Vec<String>>,
    /// `public`, `unlisted`, `followers`, `password` or `private` (by secret link). Another one than before ends what others were let in by.
    visibility: Option<String>,
    /// The channel's password, of 4 to 128 characters, for `password`. It is not shown again.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
}

/// Whether all pictures of the panels are the channel's own. Errors: those that are not, as if there were none of that name.
async fn own_pictures(
    db: &impl streamly_postgres::GenericClient,
    own: ChannelId,
    panels: &[Panel],
) -> Result<(), Error> {
    let wanted: Vec<String> = panels.iter().map(|p| p.picture.clone()).filter(|p| !p.is_empty()).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let found = pictures_table::own(db, own, &wanted).await?;
    let is_own = |panel: &Panel| panel.picture.is_empty() || found.iter().any(|f| f.file == panel.picture);
    let foreign = panels.iter().enumerate().filter(|(_, panel)| !is_own(panel));
    let errors: Vec<FieldError> = foreign
        .map(|(n, _)| FieldError {
            field: format!("panels.{n}.picture"),
            code: "invalid",
            detail: "Upload it for a panel first.".into(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Fields(errors)) }
}

/// One's own channel with its settings.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Edited {
    #[serde(flatten)]
    stream: Stream,
    #[serde(flatten)]
    settings: Settings,
    #[serde(flatten)]
    framing: Framing,
}

/// Changes one's own channel.
#[utoipa::path(patch, path = "/api/streams/me", security(("bearer" = [])), request_body = Edit, responses((status = 200, body = Edited)))]
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
            if !kept.iter().any(|k| search::tag_key(k) == search::tag_key(&tag)) {
                kept.push(tag);
            }
        }
        kept
    });
    let tag_keys: Option<Vec<String>> =
        tags.as_ref().map(|tags| tags.iter().map(|tag| search::tag_key(tag)).collect());
    let language = body.language.as_deref().map(|l| rules::language(l, &mut errors));
    let bio = body.bio.as_deref().map(|b| rules::lines("bio", b, rules::MAX_BIO, &mut errors));
    let links = body.links.as_deref().map(|all| rules::links(all, &mut errors));
    let panels = body.panels.as_deref().map(|all| rules::panels(all, &mut errors));
    let reconnect_grace_s = body.reconnect_grace_s.map(|s| settings::grace(s, &mut errors));
    let ladder = body.ladder.as_ref().map(|names| settings::ladder(names, &mut errors));
    let embedding = body.embedding.as_deref().and_then(|e| embedding::kind(e, &mut errors));
    let embed_sites = body.embed_sites.as_deref().map(|all| embedding::sites(all, &mut errors));
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
        if body.test_mode == Some(true) && !before.test_mode {
            let open = broadcasts::open_of(&tx, own.id).await?;
            if open.is_some_and(|b| b.is_real()) {
                return Err(Code::AlreadyLive.into());
            }
        }
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
        if let Some(panels) = &panels {
            own_pictures(&tx, own.id, panels).await?;
        }
        let meant = match category.as_deref().filter(|c| !c.is_empty()) {
            Some(text) => categories::meant(&tx, text).await?,
            None => None,
        };
        let about = profile::Edit {
            category_id: category.as_ref().map(|_| meant.as_ref().map(|c| c.id)),
            tag_keys: tag_keys.as_deref(),
            language: language.as_deref(),
            mature: body.mature,
            bio: bio.as_deref(),
            links: links.as_deref(),
            panels: panels.as_deref(),
            embedding,
            embed_sites: embed_sites.as_deref(),
        };
        profile::edit(&tx, own.id, &about).await?;
        let framing = profile::find(&tx, own.id).await?.ok_or(Code::ChannelNotFound)?.framing;
        if framing.embedding == Embedding::Sites && framing.embed_sites.is_empty() {
            let detail = "Name a site.".to_owned();
            return Err(Error::Fields(vec![FieldError {
                field: "embed_sites".into(),
                code: "required",
                detail,
            }]));
        }
        let edit = channels::Edit {
            title: title.as_deref(),
            category: meant.as_ref().map(|c| c.name.as_str()).or(category.as_deref()),
            tags: tags.as_deref(),
            reconnect_grace_s,
            ladder: ladder.as_deref(),
            show_broadcasts: body.show_broadcasts,
            test_mode: body.test_mode,
        };
        channels::edit(&tx, own.id, &edit).await?;
        let channel = channels::find(&tx, channels::By::Id(own.id)).await?.ok_or(Code::ChannelNotFound)?;
        channels::refresh_search(&tx, &channel).await?;
        channel::announce_update(&app, &tx, own.id).await?;
        if let Some(data) = webhooks::event::changes(&before, &channel) {
            let now = OffsetDateTime::now_utc();
            webhooks::note(&app, &tx, &channel, webhooks::event::Kind::Updated, now, &data).await?;
        }
        tx.commit().await?;
        app.committed.notify_one();
        drop(db);
        if watching {
            bus::watching_changed(&app, own.id).await;
        }
        Ok::<_, Error>((channel, framing))
    };
    let (channel, framing) = edited.await?;
    let (stream, settings) =
        (seen(&app, &channel, Some(who.0.sub)).await?, Settings::of(&app.config, &channel));
    Ok(HttpResponse::Ok().json(Edited { stream, settings, framing }))
}

/// Makes one's own test a broadcast for everybody, from now on: it goes on without a break, and is as one that began now. Test mode is off
/// afterwards.
#[utoipa::path(post, path = "/api/streams/me/go-live", security(("bearer" = [])), responses(
    (status = 200, body = Edited), (status = 409, description = "`no_test`")
))]
pub async fn go_live(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    app.limits.edits(&app.redis, who.0.sub).await?;
    let own = channel::own(&app, &who.0).await?;
    if own.suspended {
        return Err(Code::Forbidden.into());
    }
    channel::go_live(&app, own.id).await?;
    let channel = channel::own(&app, &who.0).await?;
    let stream = seen(&app, &channel, Some(who.0.sub)).await?;
    let db = app.connection().await?;
    let framing = profile::find(&db, channel.id).await?.ok_or(Code::ChannelNotFound)?.framing;
    let settings = Settings::of(&app.config, &channel);
    Ok(HttpResponse::Ok().json(Edited { stream, settings, framing }))
}

/// Ends one's own broadcast; nothing is fine too.
#[utoipa::path(post, path = "/api/streams/me/end", security(("bearer" = [])), responses((status = 204)))]
pub async fn end(app: web::Data<App>, who: Authenticated) -> Result<HttpResponse, Problem> {
    let own = channel::own(&app, &who.0).await?;
    channel::end_any(&app, own.id, "owner_ended").await?;
    Ok(HttpResponse::NoContent().finish())
}
