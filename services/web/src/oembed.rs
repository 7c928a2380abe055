//! `GET /oembed`: what a site needs to show a channel's player instead of a link to it (oembed.com, version 1.0).
//!
//! JSON alone: `format=xml` is 501, which the specification allows. It tells no more than the channel's page does: of channels that are not
//! for everybody nothing (401), of those that do not exist 404. Where the owner lets no page frame the player it is a plain link.

use crate::{
    address,
    cards::{Channel, Known, Subject},
    config::Config,
    head::{self, Escaped, Head, Picture},
    pages::{self, Framed},
};
use actix_web::{HttpRequest, HttpResponse, ResponseError, http::header, web};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use streamly_http::{Holder, Problem};
use streamly_status::{Code, FieldError};

/// Longest wait for what is known of the channel.
const WAIT: Duration = Duration::from_secs(3);
/// The player's size where nobody asks for a smaller one, pixels.
const SIZE: (u32, u32) = (640, 360);
/// Seconds for which a site may keep the answer.
const CACHE_AGE: u32 = 300;
/// What the frame may do; the player asks for no more.
const ALLOW: &str = "autoplay; fullscreen; picture-in-picture";

/// What is asked.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    url: Option<String>,
    maxwidth: Option<String>,
    maxheight: Option<String>,
    format: Option<String>,
}

/// The handler.
pub(crate) async fn oembed(
    request: HttpRequest,
    config: web::Data<Config>,
    cards: pages::About,
    asked: Result<web::Query<Asked>, actix_web::Error>,
) -> HttpResponse {
    let answer = async {
        let asked = asked.map_err(|_| Problem::new(Code::MalformedRequest))?.into_inner();
        if asked.format.as_deref().is_some_and(|format| format != "json") {
            // The specification's own status, for which there is no code.
            return Ok(HttpResponse::NotImplemented()
                .content_type("text/plain; charset=utf-8")
                .body("Only format=json.\n"));
        }
        let wanted = wanted(&asked)?;
        let name =
            channel_of(asked.url.as_deref().unwrap_or_default(), config.base()).ok_or(Code::NotFound)?;
        let who = Holder::from(address::of(&request, &config));
        match cards.of(Subject::Channel(name), who, WAIT).await.as_deref() {
            Some(Known::Channel(channel)) if channel.open => Ok(HttpResponse::Ok()
                .insert_header((header::CACHE_CONTROL, format!("public, max-age={CACHE_AGE}")))
                .json(told(channel, config.base(), wanted))),
            Some(Known::Channel(_)) => {
                Err(Problem::new(Code::Unauthenticated).detail("This channel is not for everybody."))
            }
            Some(_) => Err(Code::ChannelNotFound.into()),
            None => Err(Problem::new(Code::Unavailable).retry_after(Duration::from_secs(1))),
        }
    };
    let mut response = answer.await.unwrap_or_else(|problem: Problem| problem.error_response());
    // Editors ask from their own pages; there is nothing here that depends on who asks.
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, header::HeaderValue::from_static("*"));
    response
}

/// The largest size that is wanted. Errors: one that is no number of pixels.
fn wanted(asked: &Asked) -> Result<(u32, u32), Problem> {
    let mut errors = Vec::new();
    let mut size = |field: &str, said: &Option<String>| match said.as_deref().map(str::parse::<u32>) {
        None => u32::MAX,
        Some(Ok(pixels)) if pixels > 0 => pixels,
        Some(_) => {
            errors.push(FieldError {
                field: field.into(),
                code: "invalid",
                detail: "A number of pixels.".into(),
            });
            u32::MAX
        }
    };
    let wanted = (size("maxwidth", &asked.maxwidth), size("maxheight", &asked.maxheight));
    if asked.url.as_deref().unwrap_or_default().is_empty() {
        errors.push(FieldError {
            field: "url".into(),
            code: "required",
            detail: "The address of a channel.".into(),
        });
    }
    if errors.is_empty() { Ok(wanted) } else { Err(Problem::fields(errors)) }
}

/// The user name that an address of this platform is about.
fn channel_of(url: &str, base: &str) -> Option<String> {
    let (url, base) = (reqwest::Url::parse(url).ok()?, reqwest::Url::parse(base).ok()?);
    let is_ours =
        url.host_str() == base.host_str() && url.port_or_known_default() == base.port_or_known_default();
    // A link that was written with the other scheme leads here too.
    let is_ours =
        is_ours || url.host_str() == base.host_str() && url.port().is_none() && base.port().is_none();
    (is_ours && matches!(url.scheme(), "http" | "https"))
        .then(|| pages::channel_at(url.path()))
        .flatten()
        .map(|name| name.as_str().to_owned())
}

/// The answer, within the wanted size, as wide as it is high by 16 to 9.
fn told(channel: &Channel, base: &str, (max_width, max_height): (u32, u32)) -> Value {
    let Channel { username, display_name, .. } = channel;
    let Head { link_title, picture, .. } = Head::channel(channel);
    let mut told = json!({
        "version": "1.0",
        "type": "link",
        "title": link_title,
        "author_name": display_name,
        "author_url": format!("{base}/{username}"),
        "provider_name": head::SITE,
        "provider_url": base,
        "cache_age": CACHE_AGE,
    });
    // With one come its sizes: only the platform's own is known, and one larger than wanted is not to be told of.
    if picture == Picture::Own && max_width >= 1200 && max_height >= 630 {
        told["thumbnail_url"] = json!(format!("{base}{}", head::PICTURE));
        (told["thumbnail_width"], told["thumbnail_height"]) = (json!(1200), json!(630));
    }
    if Framed::of(channel) != Framed::Nobody {
        let width = SIZE.0.min(max_width).min(max_height.saturating_mul(16) / 9).max(1);
        let height = (width * 9 / 16).max(1);
        let src = format!("{base}/embed/{username}");
        told["type"] = json!("video");
        (told["width"], told["height"]) = (json!(width), json!(height));
        told["html"] = json!(format!(
            "<iframe src=\"{}\" width=\"{width}\" height=\"{height}\" title=\"{}\" allow=\"{ALLOW}\" style=\"border:0\"></iframe>",
            Escaped(&src),
            Escaped(&link_title)
        ));
    }
    told
}

/// What the API's document says of it.
pub(crate) fn document() -> Value {
    let text = |name: &str, about: &str, required: bool| json!({"name": name, "in": "query", "required": required, "description": about, "schema": {"type": "string"}});
    let pixels = |name: &str| json!({"name": name, "in": "query", "description": "Pixels.", "schema": {"type": "integer", "minimum": 1}});
    let problem = |about: &str| json!({"description": about, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}});
    json!({"/oembed": {"get": {
        "tags": ["web"],
        "operationId": "oembed",
        "summary": "The player of a channel for another page (oembed.com).",
        "parameters": [
            text("url", "The address of a channel's page here.", true),
            pixels("maxwidth"),
            pixels("maxheight"),
            text("format", "`json`; nothing else is made.", false),
        ],
        "responses": {
            "200": {
                "description": "`video` with the frame's HTML; `link` where the channel's owner lets no page have it.",
                "content": {"application/json": {"schema": {"type": "object", "required": ["version", "type"], "properties": {
                    "version": {"type": "string"}, "type": {"type": "string", "enum": ["video", "link"]}, "title": {"type": "string"},
                    "author_name": {"type": "string"}, "author_url": {"type": "string"}, "provider_name": {"type": "string"},
                    "provider_url": {"type": "string"}, "cache_age": {"type": "integer"}, "html": {"type": "string"},
                    "width": {"type": "integer"}, "height": {"type": "integer"}, "thumbnail_url": {"type": "string"},
                    "thumbnail_width": {"type": "integer"}, "thumbnail_height": {"type": "integer"},
                }}}},
            },
            "400": problem("`malformed_request`"),
            "401": problem("`unauthenticated`: the channel is not for everybody."),
            "404": problem("`not_found`, `channel_not_found`"),
            "422": problem("`validation_failed`"),
            "501": {"description": "Another format than JSON."},
            "503": problem("`unavailable`"),
        },
    }}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_channels_here_are_meant() {
        for (url, name) in [
            ("https://tv.example/maya", Some("maya")),
            ("https://TV.example/Maya/?x#y", Some("maya")),
            ("http://tv.example/embed/maya", Some("maya")),
            ("https://tv.example:8443/maya", None),
            ("https://tv.example@evil.example/maya", None),
            ("https://evil.example/maya", None),
            ("ftp://tv.example/maya", None),
            ("https://tv.example/", None),
            ("https://tv.example/category/art", None),
            ("https://tv.example/maya/x", None),
            ("/maya", None),
            ("", None),
        ] {
            assert_eq!(channel_of(url, "https://tv.example").as_deref(), name, "{url}");
        }
        assert_eq!(
            channel_of("http://localhost:3100/maya", "http://localhost:3100").as_deref(),
            Some("maya")
        );
        assert_eq!(channel_of("http://localhost/maya", "http://localhost:3100"), None);
    }

    #[test]
    fn a_player_fits_into_what_is_wanted_and_a_name_stays_a_text() {
        let channel = Channel {
            username: "maya".into(),
            display_name: "Maya".into(),
            open: true,
            title: "\"><script>".into(),
            embedding: "everywhere".into(),
            ..Channel::default()
        };
        let size = |max| {
            let told = told(&channel, "https://tv.example", max);
            (told["width"].as_u64().unwrap(), told["height"].as_u64().unwrap())
        };
        assert_eq!(size((u32::MAX, u32::MAX)), (640, 360));
        assert_eq!(size((320, 1000)), (320, 180));
        assert_eq!(size((1000, 90)), (160, 90));
        assert_eq!(size((1, 1)), (1, 1));
        let video = told(&channel, "https://tv.example", (u32::MAX, u32::MAX));
        let html = video["html"].as_str().unwrap();
        assert!(
            html.starts_with("<iframe src=\"https://tv.example/embed/maya\" width=\"640\"")
                && !html.contains("<script"),
            "{html}"
        );
        let link = told(
            &Channel { embedding: "nowhere".into(), ..channel },
            "https://tv.example",
            (u32::MAX, u32::MAX),
        );
        assert_eq!((&link["type"], link.get("html")), (&json!("link"), None));
    }
}
