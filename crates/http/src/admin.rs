//! The admin listener, on loopback unless configured: `/health` (each dependency), `/health/live`, `/health/ready`, `/metrics`.

use crate::{Limits, defaults, request_id, serve};
use actix_web::{App, HttpResponse, middleware::from_fn, web};
use serde_json::json;
use std::{io, net::TcpListener};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_telemetry::Metrics;

/// Serves it until the stop.
pub async fn serve_admin(
    listener: TcpListener,
    readiness: Readiness,
    metrics: Metrics,
    shutdown: Shutdown,
) -> io::Result<()> {
    let (readiness, metrics) = (web::Data::new(readiness), web::Data::new(metrics));
    serve(listener, Limits { workers: 1, max_connections: 256, ..Limits::default() }, shutdown, move || {
        App::new()
            .wrap(from_fn(request_id))
            .app_data(readiness.clone())
            .app_data(metrics.clone())
            .route("/health", web::get().to(report))
            .route("/health/live", web::get().to(live))
            .route("/health/ready", web::get().to(crate::health))
            .route("/metrics", web::get().to(render))
            .configure(defaults)
    })
    .await
}

async fn report(readiness: web::Data<Readiness>) -> HttpResponse {
    let (checks, draining) = readiness.snapshot();
    let ready = readiness.is_ready();
    let status = match (ready, readiness.is_degraded()) {
        (true, false) => "ok",
        (true, true) => "degraded",
        (false, _) => "unavailable",
    };
    let body = json!({"status": status, "draining": draining, "dependencies": checks});
    if ready { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

async fn render(metrics: web::Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.render())
}
