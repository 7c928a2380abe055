//! What a channel says about itself, for its page.

use crate::{
    app::App,
    names::Asker,
    pictures::url,
    profile::Link,
    store::{pictures as table, profile},
    visibility,
};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use std::collections::HashMap;
use streamly_http::{MaybeAuthenticated, Problem};
use streamly_status::Code;

/// A panel with its picture.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ShownPanel {
    title: String,
    text: String,
    /// Where it leads: https, or empty.
    url: String,
    /// Its picture's id, for whoever edits it; empty: none.
    picture: String,
    /// Where the picture is, on the web origin.
    picture_url: Option<String>,
    /// Pixels.
    width: Option<u32>,
    /// Pixels.
    height: Option<u32>,
}

/// What a channel says about itself.
#[derive(Serialize, utoipa::ToSchema)]
pub struct About {
    /// Plain, with line breaks.
    bio: String,
    links: Vec<Link>,
    panels: Vec<ShownPanel>,
    avatar_url: Option<String>,
    banner_url: Option<String>,
}

/// Bio, links and panels of a channel.
#[utoipa::path(get, path = "/api/streams/{username}/about", security((), ("bearer" = [])), params(("username" = String, Path)), responses(
    (status = 200, body = About), (status = 404, description = "`channel_not_found`")
))]
pub async fn about(
    app: web::Data<App>,
    who: MaybeAuthenticated,
    path: web::Path<String>,
    from: Asker,
) -> Result<HttpResponse, Problem> {
    let channel = visibility::told(&app, &path, who.0.map(|claims| claims.sub), from).await?;
    let db = app.connection().await?;
    let found = profile::find(&db, channel.id).await?.ok_or(Code::ChannelNotFound)?;
    let files: Vec<String> =
        found.panels.iter().map(|p| p.picture.clone()).filter(|p| !p.is_empty()).collect();
    let own = if files.is_empty() { Vec::new() } else { table::own(&db, channel.id, &files).await? };
    drop(db);
    let own: HashMap<&str, &table::Stored> = own.iter().map(|p| (p.file.as_str(), p)).collect();
    let panels = found.panels.iter().map(|panel| {
        let picture = own.get(panel.picture.as_str());
        ShownPanel {
            title: panel.title.clone(),
            text: panel.text.clone(),
            url: panel.url.clone(),
            picture: panel.picture.clone(),
            picture_url: picture.map(|p| url(&p.file)),
            width: picture.map(|p| p.width),
            height: picture.map(|p| p.height),
        }
    });
    let about = About {
        panels: panels.collect(),
        avatar_url: found.avatar.as_deref().map(url),
        banner_url: found.banner.as_deref().map(url),
        bio: found.bio,
        links: found.links,
    };
    Ok(HttpResponse::Ok().json(about))
}
