//! [`crate::serve`] by TLS: HTTP/2 to who asks for it in the handshake (ALPN), HTTP/1.1 to all others, by the same app.
//!
//! Not by actix-web's own listener: there a connection is looked at after its handshake, so that who never ends one counts nowhere, and
//! HTTP/2 has no bound of its streams (ADR 0053). Here the look comes first, what it holds is held to the connection's end, and the handshake
//! has a deadline. HTTP/1.1 is actix-http's; HTTP/2 is read in `streams` and `exchange`. Accepting, workers and the drain are actix-server's.

mod exchange;
mod streams;

use crate::{
    AppFactory, Limits,
    heads::Heads,
    server::{builder, http1, until_stop},
};
use actix_http::{Protocol, Request, Response};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, boxed, fn_factory, fn_service, map_config,
};
use actix_web::{
    App,
    body::{BoxBody, MessageBody},
    dev::{AppConfig, ServiceResponse},
};
use rustls::ServerConfig;
use std::{
    any::Any,
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    time::Duration,
};
use streamly_lifecycle::{CancellationToken, Shutdown};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// HTTP/2 as ALPN names it (RFC 9113, 3.2).
const H2: &[u8] = b"h2";
/// The same of HTTP/1.1 (RFC 7301, 6).
const HTTP_1_1: &[u8] = b"http/1.1";

/// What a listener by TLS has besides [`Limits`].
#[derive(Debug, Clone)]
pub struct Secure {
    /// Certificate and versions; its protocols (ALPN) are set here.
    pub tls: ServerConfig,
    /// Longest time of a TLS handshake. Without it who never ends one keeps a connection.
    pub handshake_timeout: Duration,
    /// Requests under way at once on one connection by HTTP/2, at least 1. Without it one connection could have any number of them.
    pub max_streams: u32,
}

/// What a connection holds from before its handshake until it ends, of whatever its service counts connections by.
pub trait Seat {
    /// A place for one request more, free again when it is dropped; none: there is none. Asked for each request by HTTP/2 that is under way
    /// beside another one of its connection, so that requests of one connection count as those of several do. One without a place is refused,
    /// and its client may ask again.
    fn more(&self) -> Option<Box<dyn Any>>;
}

/// Serves until the stop, then drains. `admit` sees every connection before a byte of it is read and gives what it holds; none: it is closed
/// without an answer.
///
/// # Errors
/// If the workers cannot be started.
pub async fn serve_secure<F, T, B>(
    listener: TcpListener,
    secure: Secure,
    limits: Limits,
    shutdown: Shutdown,
    admit: impl Fn(&TcpStream) -> Option<Box<dyn Seat>> + Send + Sync + 'static,
    app: F,
) -> io::Result<()>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: AppFactory<B>,
    B: MessageBody + 'static,
{
    let Secure { mut tls, handshake_timeout, max_streams } = secure;
    tls.alpn_protocols = vec![H2.to_vec(), HTTP_1_1.to_vec()];
    let (acceptor, admit) = (TlsAcceptor::from(Arc::new(tls)), Arc::new(admit));
    let (told, stop) = (limits.clone(), shutdown.clone());
    let server = builder(&limits)
        .listen("secure", listener, move || {
            let (app, limits, stop) = (app.clone(), told.clone(), stop.clone());
            let (acceptor, admit) = (acceptor.clone(), admit.clone());
            fn_factory(move || {
                let http1 =
                    http1::<Heads<TlsStream<TcpStream>>, F, T, B>(&app, &limits, &stop).new_service(());
                let http2 = http2::<F, T, B>(&app).new_service(());
                // A child: waiting for it takes no lock that other workers want.
                let (limits, stop) = (limits.clone(), stop.token().child_token());
                let (acceptor, admit) = (acceptor.clone(), admit.clone());
                async move {
                    let (http1, http2, limits) = (http1.await?, Rc::new(http2.await?), Rc::new(limits));
                    let door = Door { acceptor, handshake_timeout, max_streams, limits, stop, http1, http2 };
                    let door = Rc::new(door);
                    Ok::<_, ()>(fn_service(move |socket: TcpStream| {
                        let (door, admit) = (door.clone(), admit.clone());
                        async move {
                            if let Some(seat) = admit(&socket) {
                                door.serve(socket, &*seat).await;
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

type Http1 = boxed::BoxService<
    (Heads<TlsStream<TcpStream>>, Protocol, Option<SocketAddr>),
    (),
    actix_http::error::DispatchError,
>;
/// The app to a request, however it came. An error is an answer too.
type Http2 = boxed::BoxService<Request, Response<BoxBody>, Response<BoxBody>>;
type Http2Factory = boxed::BoxServiceFactory<(), Request, Response<BoxBody>, Response<BoxBody>, ()>;

/// What all connections of a worker share.
struct Door {
    acceptor: TlsAcceptor,
    handshake_timeout: Duration,
    max_streams: u32,
    limits: Rc<Limits>,
    stop: CancellationToken,
    http1: Http1,
    http2: Rc<Http2>,
}

impl Door {
    async fn serve(&self, socket: TcpStream, seat: &dyn Seat) {
        let peer = socket.peer_addr().ok();
        let _ = socket.set_nodelay(true);
        let handshake = timeout(self.handshake_timeout, self.acceptor.accept(socket));
        let stream = tokio::select! {
            accepted = handshake => match accepted {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => return tracing::debug!("a TLS handshake took too long"),
            },
            () = self.stop.cancelled() => return,
        };
        // Boxed: a connection pays for the size of its own protocol alone.
        if stream.get_ref().1.alpn_protocol() == Some(H2) {
            let Self { max_streams, limits, stop, http2, .. } = self;
            Box::pin(streams::serve(stream, peer, seat, http2, limits, *max_streams, stop)).await;
            return;
        }
        let stream = Heads::new(stream, &self.limits);
        if let Err(error) = Box::pin(self.http1.call((stream, Protocol::Http1, peer))).await {
            tracing::debug!(%error, "a connection by TLS broke");
        }
    }
}

fn http2<F, T, B>(app: &F) -> Http2Factory
where
    F: Fn() -> App<T>,
    T: AppFactory<B>,
    B: MessageBody + 'static,
{
    let app = app()
        .into_factory()
        .map(|answer: ServiceResponse<B>| Response::<B>::from(answer).map_into_boxed_body())
        .map_err(Response::<BoxBody>::from);
    boxed::factory(map_config(app, |()| AppConfig::default()))
}
