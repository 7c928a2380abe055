//! The same answers where actix-web gets the request: what the hot path leaves to it.

use super::{hot::ALWAYS, media, multivariant};
use crate::node::Node;
use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::{Data, Path, ServiceConfig, get, head, resource},
};
use streamly_http::{Result, Wants};

/// The playlists of a channel and the media files of a rendition.
pub(super) fn live(config: &mut ServiceConfig) {
    config
        .service(
            resource("/live/{username}/index.m3u8")
                .route(get().to(multivariant))
                .route(head().to(multivariant)),
        )
        .service(
            resource("/live/b/{broadcast}/{rendition}/index.m3u8")
                .route(get().to(playlist))
                .route(head().to(playlist)),
        )
        .service(
            resource("/live/b/{broadcast}/{rendition}/iframes.m3u8")
                .route(get().to(iframes))
                .route(head().to(iframes)),
        )
        .service(
            resource("/live/b/{broadcast}/{rendition}/{name}").route(get().to(file)).route(head().to(file)),
        );
}

async fn multivariant(
    node: Data<Node>,
    username: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Ok(multivariant::playlist(&node, &username, request.query_string(), &Wants::of(&request)).await?.into())
}

async fn playlist(
    node: Data<Node>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (place, wants) = ((path.0.as_str(), path.1.as_str()), Wants::of(&request));
    Ok(media::playlist(&node, place, request.query_string(), &wants).await?.into())
}

async fn iframes(
    node: Data<Node>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let place = (path.0.as_str(), path.1.as_str());
    Ok(media::iframes(&node, place, request.query_string(), &Wants::of(&request)).await?.into())
}

async fn file(
    node: Data<Node>,
    path: Path<(String, String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let place = (path.0.as_str(), path.1.as_str());
    Ok(media::resource(&node, place, (&path.2, request.query_string()), &Wants::of(&request), false)
        .await?
        .into())
}

/// Any page may play: without these headers on an error too, a browser reports CORS instead of the error.
pub(super) async fn cors<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let mut response = if request.method() == Method::OPTIONS {
        let preflight = HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "Range, Authorization"))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
            .finish();
        request.into_response(preflight).map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(response)
}
