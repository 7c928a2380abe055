//! What a link to a channel shows of it elsewhere: for pages' heads (`web` puts it there), for sites that show links, for the dialog that
//! shares one.
//!
//! The same for everybody who asks, and never more than a stranger sees on the channel's page. Of a private channel that is its name; of one
//! whose owner is suspended too.

use crate::{
    app::App,
    channel,
    embedding::{Embedding, Framing},
    names::Asker,
    pictures::url,
    store::{broadcasts, profile},
    view,
    visibility::Visibility,
};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use streamly_http::Problem;
use streamly_status::Code;

/// What a link to a channel shows.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub struct Card {
    username: String,
    display_name: String,
    /// Whether search engines may keep the page.
    listed: bool,
    /// Whether anybody may watch.
    open: bool,
    /// Whether it is on air, as far as strangers know.
    live: bool,
    title: String,
    category: String,
    bio: String,
    /// What is on air, as a small JPEG on the web origin; null: nothing, or not for everybody to see, as with mature channels.
    still_url: Option<String>,
    /// On the web origin.
    banner_url: Option<String>,
    /// On the web origin.
    avatar_url: Option<String>,
    #[serde(flatten)]
    framing: Framing,
}

/// What a link to a channel shows.
#[utoipa::path(get, path = "/api/streams/{username}/card", params(("username" = String, Path)), responses(
    (status = 200, body = Card), (status = 404, description = "`channel_not_found`")
))]
pub async fn card(
    app: web::Data<App>,
    path: web::Path<String>,
    from: Asker,
) -> Result<HttpResponse, Problem> {
    let channel = channel::by_name(&app, &path, from).await?;
    let db = app.connection().await?;
    let found = profile::find(&db, channel.id).await?.ok_or(Code::ChannelNotFound)?;
    let name = Card {
        username: channel.username.clone(),
        display_name: channel.display_name.clone(),
        ..Card::default()
    };
    if channel.suspended {
        let framing = Framing { embedding: Embedding::Nowhere, ..Framing::default() };
        return Ok(HttpResponse::Ok().json(Card { framing, ..name }));
    }
    if !channel.visibility.is_known() {
        return Ok(HttpResponse::Ok().json(Card { framing: found.framing, ..name }));
    }
    let on_air = broadcasts::open_of(&db, channel.id).await?;
    drop(db);
    let on_air = on_air.filter(|b| b.is_watchable() && b.is_real());
    let still = on_air.as_ref().filter(|_| channel.visibility.is_open() && !channel.mature);
    let card = Card {
        listed: channel.visibility == Visibility::Public,
        open: channel.visibility.is_open(),
        live: on_air.is_some(),
        still_url: still.and_then(|b| view::still_url("", b.id, b.shown_still())),
        title: channel.title,
        category: channel.category,
        bio: found.bio,
        banner_url: found.banner.as_deref().map(url),
        avatar_url: found.avatar.as_deref().map(url),
        framing: found.framing,
        ..name
    };
    Ok(HttpResponse::Ok().json(card))
}
