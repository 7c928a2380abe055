//! Runs an actix app on a bound listener until the stop, with time-outs that a slow peer cannot extend for ever.

use crate::heads::Heads;
use actix_http::{HttpService, Protocol, error::DispatchError};
use actix_server::{Server, ServerBuilder};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactoryExt, boxed, fn_factory, fn_service, map_config,
};
use actix_web::{
    App, HttpResponse,
    body::MessageBody,
    dev::{AppConfig, ServiceFactory, ServiceRequest, ServiceResponse},
    web,
};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    time::Duration,
};
use streamly_lifecycle::{Readiness, Shutdown};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// Longest wait for a client to close its side.
pub(crate) const DISCONNECT: Duration = Duration::from_secs(1);

/// Limits of a public listener.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Threads that serve.
    pub workers: usize,
    /// Longest time for a request's head to arrive.
    pub head_timeout: Duration,
    /// Longest time for a request's body to arrive, from the end of its head. Without it a byte now and then keeps a connection for as long
    /// as the client likes.
    pub body_timeout: Duration,
    /// Idle keep-alive.
    pub keep_alive: Duration,
    /// Longest wait for running requests at the stop.
    pub drain: Duration,
    /// Open connections per worker.
    pub max_connections: usize,
    /// Behind a hot path ([`crate::serve_hot`]): how far a client may be behind `min_send_rate`. By HTTP/2 ([`crate::serve_secure`]): how long
    /// it may take nothing of an answer.
    pub stall_timeout: Duration,
    /// Behind a hot path: bytes a second that a client has to take of what it is sent, in the long run. One that takes less is cut off. Without it
    /// a byte now and then keeps an answer for as long as the client likes.
    pub min_send_rate: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            workers: 1,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(60),
            keep_alive: Duration::from_secs(75),
            drain: Duration::from_secs(2),
            max_connections: 25_000,
            stall_timeout: Duration::from_secs(30),
            min_send_rate: 16 << 10,
        }
    }
}

/// What builds an `App`'s service: the bounds that actix-web asks of it, said once. `B`: the body of its answers.
pub trait AppFactory<B>:
    ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<B>,
        Error = actix_web::Error,
        InitError = (),
    > + 'static
{
}

impl<B, T> AppFactory<B> for T where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static
{
}

/// A server with these limits, which runs until it is told to stop.
pub(crate) fn builder(limits: &Limits) -> ServerBuilder {
    Server::build()
        .workers(limits.workers)
        .max_concurrent_connections(limits.max_connections)
        .shutdown_timeout(limits.drain.as_secs().max(1))
        .disable_signals()
}

/// Runs it until the stop, then drains.
pub(crate) async fn until_stop(server: Server, shutdown: Shutdown) -> io::Result<()> {
    let handle = server.handle();
    let stop = async move {
        shutdown.started().await;
        handle.stop(true).await;
    };
    let (done, ()) = tokio::join!(server, stop);
    done
}

/// Serves until the stop, then drains. `app` builds one `App` per worker; wrap it with [`crate::request_id`] and configure it with
/// [`crate::defaults`].
pub async fn serve<F, T, B>(
    listener: TcpListener,
    limits: Limits,
    shutdown: Shutdown,
    app: F,
) -> io::Result<()>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: AppFactory<B>,
    B: MessageBody + 'static,
{
    let (told, stop) = (limits.clone(), shutdown.clone());
    let server = builder(&limits)
        .listen("http", listener, move || {
            let (app, limits, stop) = (app.clone(), told.clone(), stop.clone());
            fn_factory(move || {
                let http = http1::<Heads<TcpStream>, F, T, B>(&app, &limits, &stop).new_service(());
                let limits = limits.clone();
                async move {
                    let http = Rc::new(http.await?);
                    Ok::<_, ()>(fn_service(move |stream: TcpStream| {
                        let (http, peer) = (http.clone(), stream.peer_addr().ok());
                        let _ = stream.set_nodelay(true);
                        let stream = Heads::new(stream, &limits);
                        async move {
                            if let Err(error) = http.call((stream, Protocol::Http1, peer)).await {
                                tracing::debug!(%error, "a connection broke");
                            }
                            Ok::<_, ()>(())
                        }
                    }))
                }
            })
        })?
        .run();
    until_stop(server, shutdown).await
}

/// actix-web behind a stream of whatever kind, by HTTP/1.1.
pub(crate) type Http1<S> =
    boxed::BoxServiceFactory<(), (S, Protocol, Option<SocketAddr>), (), DispatchError, ()>;

/// Set up as `actix_web::HttpServer` does. The stream is best one whose requests have a time ([`Heads`]).
pub(crate) fn http1<S, F, T, B>(app: &F, limits: &Limits, stop: &Shutdown) -> Http1<S>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    F: Fn() -> App<T>,
    T: AppFactory<B>,
    B: MessageBody + 'static,
{
    let stop = stop.clone();
    let app = app().into_factory().map_err(|error: actix_web::Error| error.error_response());
    let service = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stop = stop.clone();
            async move { stop.started().await }
        })
        .keep_alive(limits.keep_alive)
        .client_request_timeout(limits.head_timeout)
        .client_disconnect_timeout(DISCONNECT)
        .finish(map_config(app, |()| AppConfig::default()));
    boxed::factory(service)
}

/// `GET /health` of a public listener: 200 `{"status":"ok"}` or 503. Needs `web::Data<Readiness>`.
pub async fn health(readiness: web::Data<Readiness>) -> HttpResponse {
    if readiness.is_ready() {
        HttpResponse::Ok().json(serde_json::json!({"status": "ok"}))
    } else {
        HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "unavailable"}))
    }
}
