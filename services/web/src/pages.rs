//! The pages of the browser app: which addresses are one, and what their HTML says before the app runs (`head`), with 404 for those of
//! channels and categories that do not exist and for addresses that are none.
//!
//! One `index.html` for all of them; it comes with an ETag of what was put into it and is asked for again each time. A page waits
//! [`WAIT`] for what it is about and then goes without: the app asks for itself. Only the page that others may frame waits longer, for
//! who they are, and is for nobody while that cannot be found out.

use crate::{
    address,
    assets::Assets,
    cards::{Cards, Channel, Known, Subject},
    config::Config,
    head::{self, Head},
    headers::Ancestors,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use streamly_domain::Username;
use streamly_http::Holder;

/// Longest wait for what a page is about.
const WAIT: Duration = Duration::from_millis(300);
/// The same, for who may frame a player.
const WAIT_FRAMED: Duration = Duration::from_secs(3);
/// Longest slug of a category.
const MAX_SLUG: usize = 60;
/// The app's addresses as its router has them (`app/src/routes.tsx`), a test says; a segment that begins with a colon is any.
const PATHS: [&str; 30] = [
    "/",
    "/login",
    "/register",
    "/dashboard",
    "/dashboard/channel",
    "/dashboard/broadcasts",
    "/dashboard/broadcasts/:id",
    "/dashboard/webhooks",
    "/browse",
    "/category/:slug",
    "/guide/obs",
    "/moderation/:username",
    "/verify-email",
    "/forgot-password",
    "/reset-password",
    "/settings/account",
    "/settings/notices",
    "/first-admin",
    "/admin/categories",
    "/restore-account",
    "/admin",
    "/admin/mails",
    "/account/reports",
    "/staff/reports",
    "/:username",
    "/embed/:username",
    "/popout/:username/chat",
    "/popout/:username/player",
    "/overlay/:username/chat",
    "*",
];

/// What an address shows.
#[derive(Debug, PartialEq, Eq)]
enum Page {
    Home,
    Browse,
    /// How to set up OBS.
    Guide,
    Category(String),
    Channel(Username),
    /// The player for other sites' frames.
    Embed(Username),
    /// Of a channel, but nothing to be found.
    Of(Username),
    /// Of the app, and for nobody to find.
    Private,
    Missing,
}

/// The page at an address of which [`is_page`](crate::assets) is true. The router does not look at case, nor at a slash at the end.
fn page_of(path: &str) -> Page {
    let path = path.trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let known = PATHS.into_iter().find(|known| *known != "*" && leads_to(known, &segments));
    let named = |name: &str, page: fn(Username) -> Page| Username::parse(name).map_or(Page::Missing, page);
    match (known, segments.as_slice()) {
        (Some("/"), _) => Page::Home,
        (Some("/browse"), _) => Page::Browse,
        (Some("/guide/obs"), _) => Page::Guide,
        (Some("/category/:slug"), [_, slug]) => {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            match slug.len() <= MAX_SLUG && slug.bytes().all(plain) {
                true => Page::Category(slug.to_ascii_lowercase()),
                false => Page::Missing,
            }
        }
        (Some("/:username"), [name]) => named(name, Page::Channel),
        (Some("/embed/:username"), [_, name]) => named(name, Page::Embed),
        (Some(known), [_, name, ..]) if known.contains("/:username") => named(name, Page::Of),
        (Some(_), _) => Page::Private,
        (None, _) => Page::Missing,
    }
}

/// Whether one of the router's addresses has these segments.
fn leads_to(known: &str, segments: &[&str]) -> bool {
    let known: Vec<&str> = known.split('/').filter(|s| !s.is_empty()).collect();
    let is = |(known, said): (&&str, &&str)| match known.starts_with(':') {
        true => !said.is_empty(),
        false => known.eq_ignore_ascii_case(said),
    };
    known.len() == segments.len() && known.iter().zip(segments).all(is)
}

/// What of a page is written before the app runs.
struct Written {
    status: StatusCode,
    head: Head,
    /// Who may frame it, besides whom the platform lets.
    framed: Option<Framed>,
    /// Whether it is a window or a frame of its own, without the bar of the others.
    bare: bool,
}

/// Who may frame a player's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Framed {
    Everybody,
    Sites(Vec<String>),
    Nobody,
}

impl Framed {
    pub(crate) fn of(channel: &Channel) -> Self {
        match channel.embedding.as_str() {
            "everywhere" => Self::Everybody,
            "sites" => {
                let sites: Vec<_> = channel.embed_sites.iter().filter(|s| is_source(s)).cloned().collect();
                if sites.is_empty() { Self::Nobody } else { Self::Sites(sites) }
            }
            _ => Self::Nobody,
        }
    }
    /// As the sources of `frame-ancestors`: none stands for those of the platform.
    fn sources(&self) -> Option<String> {
        match self {
            Self::Everybody => None,
            Self::Sites(sites) => Some(sites.join(" ")),
            Self::Nobody => Some("'none'".into()),
        }
    }
}

/// Whether it is a site and nothing but one (CSP3 §2.3.1, host-source with its scheme). stream lets in nothing else; what is in a header is
/// looked at again all the same.
fn is_source(site: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.:*".contains(&b);
    ["https://", "http://"].iter().any(|scheme| {
        site.strip_prefix(scheme).is_some_and(|host| !host.is_empty() && host.bytes().all(plain))
    })
}

fn found(head: Head) -> Written {
    Written { status: StatusCode::OK, head, framed: None, bare: false }
}

fn missing() -> Written {
    Written { status: StatusCode::NOT_FOUND, head: Head::hidden("Not found"), framed: None, bare: false }
}

/// `GET` of a page.
pub(crate) async fn page(
    request: &HttpRequest,
    assets: &Assets,
    config: &Config,
    cards: &Arc<Cards>,
) -> HttpResponse {
    let who = Holder::from(address::of(request, config));
    let written = match page_of(request.path()) {
        Page::Home => found(Head::home()),
        Page::Browse => found(Head::browse()),
        Page::Guide => found(Head::guide()),
        Page::Private => found(Head::hidden("")),
        Page::Missing => missing(),
        Page::Category(slug) => match cards.of(Subject::Category(slug), who, WAIT).await.as_deref() {
            Some(Known::Category(category)) => found(Head::category(category)),
            Some(_) => missing(),
            None => found(Head::default()),
        },
        Page::Channel(name) => match channel(cards, &name, who, WAIT).await.as_deref() {
            Some(Known::Channel(channel)) => {
                found(Head { asks: asked(request.path()), ..Head::channel(channel) })
            }
            Some(_) => missing(),
            None => found(Head::default()),
        },
        Page::Of(name) => Written {
            bare: is_bare(request.path()),
            ..match channel(cards, &name, who, WAIT).await.as_deref() {
                Some(Known::Channel(channel)) => found(Head::hidden(&channel.display_name)),
                Some(_) => missing(),
                None => found(Head::hidden("")),
            }
        },
        Page::Embed(name) => {
            let mut written = embed(channel(cards, &name, who, WAIT_FRAMED).await.as_deref());
            if written.status == StatusCode::OK {
                written.head.asks = asked(request.path());
            }
            written
        }
    };
    answer(request, assets, config, written)
}

/// What the app asks for first at a channel's address, with the name as it is written there (`app/src/main.tsx`).
fn asked(path: &str) -> Option<String> {
    let name = path.strip_prefix("/embed/").unwrap_or_else(|| path.trim_start_matches('/'));
    let name = name.trim_end_matches('/');
    Username::parse(name).is_ok().then(|| format!("/api/streams/{name}"))
}

/// A player's or a chat's own window, or what OBS lays over a picture.
fn is_bare(path: &str) -> bool {
    let first = path.split('/').nth(1).unwrap_or_default();
    ["popout", "overlay"].iter().any(|bare| first.eq_ignore_ascii_case(bare))
}

async fn channel(cards: &Arc<Cards>, name: &Username, who: Holder, wait: Duration) -> Option<Arc<Known>> {
    cards.of(Subject::Channel(name.as_str().to_owned()), who, wait).await
}

fn embed(known: Option<&Known>) -> Written {
    match known {
        Some(Known::Channel(channel)) => {
            // The channel's page is the one to be found.
            let head = Head { hidden: true, ..Head::channel(channel) };
            Written { framed: Some(Framed::of(channel)), bare: true, ..found(head) }
        }
        // A frame that says so is better than one that is refused.
        Some(_) => Written { framed: Some(Framed::Everybody), bare: true, ..missing() },
        None => Written {
            status: StatusCode::SERVICE_UNAVAILABLE,
            head: Head::hidden(""),
            framed: Some(Framed::Nobody),
            bare: true,
        },
    }
}

fn answer(request: &HttpRequest, assets: &Assets, config: &Config, written: Written) -> HttpResponse {
    let Written { status, head, framed, bare } = written;
    let mut said = head.html(config.base());
    if let Some(origin) = config.sockets() {
        said.push_str(&head::sockets(&origin));
    }
    let Some(index) = Assets::index() else {
        return HttpResponse::build(status)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("text/html; charset=utf-8")
            .body(head::put(crate::assets::MISSING, &said));
    };
    let mut html = head::put(&index, &said);
    if bare {
        html = head::without_bar(&html);
    }
    let ancestors = framed.as_ref().map(Framed::sources);
    // A browser keeps the headers that came with the page it has: another policy is another page.
    let mut hash = Sha256::new();
    hash.update(html.as_bytes());
    hash.update(format!("{ancestors:?}"));
    let mut response = assets.page(request, status, html, hash.finalize().into());
    if let Some(sources) = ancestors {
        response.extensions_mut().insert(Ancestors(sources));
    }
    response
}

/// `GET /.well-known/change-password` (W3C, A Well-Known URL for Changing Passwords).
pub(crate) async fn change_password() -> HttpResponse {
    HttpResponse::Found()
        .insert_header((header::LOCATION, "/settings/account"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .finish()
}

/// The name that a page's address is about, if that is a channel.
pub(crate) fn channel_at(path: &str) -> Option<Username> {
    match page_of(path) {
        Page::Channel(name) | Page::Embed(name) => Some(name),
        _ => None,
    }
}

/// What handlers of pages need.
pub(crate) type About = web::Data<Arc<Cards>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_are_those_of_the_app_s_router() {
        let source = include_str!("../app/src/routes.tsx");
        let mut routed: Vec<&str> =
            source.split("path=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
        let mut known = PATHS.to_vec();
        routed.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, routed);
    }

    #[test]
    fn the_app_asks_for_a_channel_as_its_address_is_written() {
        for (path, asks) in [
            ("/Maya", Some("/api/streams/Maya")),
            ("/maya/", Some("/api/streams/maya")),
            ("/embed/maya", Some("/api/streams/maya")),
            ("/embed", Some("/api/streams/embed")),
            ("/Embed/maya", None),
            ("/a%20b", None),
        ] {
            assert_eq!(asked(path).as_deref(), asks, "{path}");
        }
        let calls = include_str!("../app/src/api/calls.ts");
        assert!(calls.contains("`/api/streams/${encodeURIComponent(username)}`"));
    }

    #[test]
    fn an_address_is_a_page_a_channel_or_nothing() {
        let name = |n: &str| Username::parse(n).unwrap();
        for (path, page) in [
            ("/", Page::Home),
            ("/browse", Page::Browse),
            ("/Browse/", Page::Browse),
            ("/guide/obs", Page::Guide),
            ("/guide", Page::Channel(name("guide"))),
            ("/category/just-chatting", Page::Category("just-chatting".into())),
            ("/category/Art", Page::Category("art".into())),
            ("/category/a%20b", Page::Missing),
            ("/category", Page::Channel(name("category"))),
            ("/Maya", Page::Channel(name("maya"))),
            ("/maya/", Page::Channel(name("maya"))),
            ("/embed/maya", Page::Embed(name("maya"))),
            ("/popout/maya/chat", Page::Of(name("maya"))),
            ("/popout/maya/player", Page::Of(name("maya"))),
            ("/moderation/maya", Page::Of(name("maya"))),
            ("/login", Page::Private),
            ("/dashboard/broadcasts/7", Page::Private),
            ("/ab", Page::Missing),
            ("/not a name", Page::Missing),
            ("/embed", Page::Channel(name("embed"))),
            ("/embed/x", Page::Missing),
            ("/maya/nothing", Page::Missing),
            ("/dashboard/broadcasts/", Page::Private),
            ("/dashboard//broadcasts", Page::Missing),
            ("/nothing/at/all", Page::Missing),
        ] {
            assert_eq!(page_of(path), page, "{path}");
        }
    }

    #[test]
    fn who_may_frame_is_what_the_owner_said_and_nobody_when_it_is_not_understood() {
        let channel = |embedding: &str, sites: &[&str]| Channel {
            embedding: embedding.into(),
            embed_sites: sites.iter().map(|s| (*s).to_owned()).collect(),
            ..Channel::default()
        };
        let sources = |embedding: &str, sites: &[&str]| Framed::of(&channel(embedding, sites)).sources();
        assert_eq!(sources("everywhere", &["https://a.org"]), None);
        assert_eq!(
            sources("sites", &["https://a.org", "https://b.org"]).unwrap(),
            "https://a.org https://b.org"
        );
        for said in ["nowhere", "", "friends"] {
            assert_eq!(sources(said, &["https://a.org"]).unwrap(), "'none'", "{said}");
        }
        assert_eq!(sources("sites", &[]).unwrap(), "'none'");
        // What is no site is none, and takes the others' place from nobody.
        for wrong in [
            "https://a.org; script-src *",
            "*",
            "'self'",
            "javascript:x",
            "https://",
            "https://a.org\r\nx: y",
            "https://a b",
        ] {
            assert_eq!(sources("sites", &[wrong]).unwrap(), "'none'", "{wrong}");
            assert_eq!(
                sources("sites", &[wrong, "https://*.b.org:8443"]).unwrap(),
                "https://*.b.org:8443",
                "{wrong}"
            );
        }
        assert_eq!(embed(None).framed, Some(Framed::Nobody));
    }
}
