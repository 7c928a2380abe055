//! The HLS origin over HTTP: routes, CORS on every answer, the public `/health`.
//!
//! It decides nothing about media: `hls` does; it holds requests, within bounds, and turns outcomes into statuses. Bodies are the
//! windows' own bytes, never copied here. What viewers ask for all the time, the hot path answers (ADR 0019); everything else, and the same
//! files where a request is not a simple one, actix-web.

mod disk;
mod hold;
mod hot;
mod media;
mod multivariant;
mod range;
mod routes;
mod stills;
mod watching;

use crate::node::Node;
use actix_web::{App, middleware::from_fn, web};
use nix::sys::socket::{setsockopt, sockopt::TcpUserTimeout};
use std::{io, net::TcpListener, sync::Arc};
use streamly_http::{Calls, Limits, defaults, health, request_id};
use streamly_lifecycle::Shutdown;

/// Serves until the stop.
pub(crate) async fn serve(node: Arc<Node>, listener: TcpListener, shutdown: Shutdown) -> io::Result<()> {
    let limits = Limits {
        workers: node.config.http_workers,
        stall_timeout: node.config.stall_timeout.get(),
        min_send_rate: node.config.min_send_rate.bytes(),
        ..node.config.requests.limits()
    };
    // Accepted sockets inherit it: a peer that takes nothing for so long is cut off by the kernel (tcp(7)).
    let stall = u32::try_from(node.config.stall_timeout.get().as_millis()).unwrap_or(u32::MAX);
    setsockopt(&listener, TcpUserTimeout, &stall)?;
    let readiness = web::Data::new(node.readiness.clone());
    let calls = web::Data::new(Calls::of(node.readiness.service()));
    let origin = hot::Origin(node.clone());
    let node = web::Data::from(node);
    streamly_http::serve_hot(listener, limits, shutdown, origin, move || {
        App::new()
            .wrap(from_fn(routes::cors))
            .wrap(from_fn(request_id))
            .app_data(readiness.clone())
            .app_data(node.clone())
            .app_data(calls.clone())
            .route("/health", web::get().to(health))
            .configure(routes::live)
            .configure(defaults)
    })
    .await
}
