//! The HLS origin over HTTP: routes, CORS on every answer, the public `/health`.
//!
//! It decides nothing about media: `hls` does; it holds requests, within bounds, and turns outcomes into statuses. Bodies are the
//! windows' own bytes, never copied here.

mod body;
mod disk;
mod hold;
mod media;
mod multivariant;
mod range;

use crate::node::Node;
use actix_web::{
    App, Error, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderValue},
    },
    middleware::{Next, from_fn},
    web,
};
use nix::sys::socket::{setsockopt, sockopt::TcpUserTimeout};
use std::{io, net::TcpListener, sync::Arc};
use streamly_http::{Limits, defaults, health, request_id};
use streamly_lifecycle::Shutdown;

/// Serves until the stop.
pub(crate) async fn serve(node: Arc<Node>, listener: TcpListener, shutdown: Shutdown) -> io::Result<()> {
    let limits = Limits { workers: node.config.http_workers, ..Limits::default() };
    // Accepted sockets inherit it: a peer that takes nothing for so long is cut off by the kernel (tcp(7)).
    let stall = u32::try_from(node.config.stall_timeout.get().as_millis()).unwrap_or(u32::MAX);
    setsockopt(&listener, TcpUserTimeout, &stall)?;
    let readiness = web::Data::new(node.readiness.clone());
    let node = web::Data::from(node);
    streamly_http::serve(listener, limits, shutdown, move || {
        let get = |path: &str| web::resource(path.to_owned());
        App::new()
            .wrap(from_fn(cors))
            .wrap(from_fn(request_id))
            .app_data(readiness.clone())
            .app_data(node.clone())
            .route("/health", web::get().to(health))
            .service(
                get("/live/b/{broadcast}/{rendition}/index.m3u8")
                    .route(web::get().to(media::playlist))
                    .route(web::head().to(media::playlist)),
            )
            .service(
                get("/live/b/{broadcast}/{rendition}/iframes.m3u8")
                    .route(web::get().to(media::iframes))
                    .route(web::head().to(media::iframes)),
            )
            .service(
                get("/live/b/{broadcast}/{rendition}/{name}")
                    .route(web::get().to(media::resource))
                    .route(web::head().to(media::resource)),
            )
            .service(
                get("/live/{username}/index.m3u8")
                    .route(web::get().to(multivariant::playlist))
                    .route(web::head().to(multivariant::playlist)),
            )
            .configure(defaults)
    })
    .await
}

/// Any page may play: without these headers on an error too, a browser reports CORS instead of the error.
async fn cors<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
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
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Length, Content-Range, Date, ETag, X-Request-Id"),
    );
    Ok(response)
}
