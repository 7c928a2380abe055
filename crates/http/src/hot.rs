//! The hot path: plain GET and HEAD requests for what a service gives out a thousand times a second, and the small POSTs of those who get it,
//! answered without actix-web, on the same listener, workers and connections.
//!
//! A connection is read here first. What is simple and taken by the service's [`Hot`] is answered here: bodies go out as they lie in
//! memory, by one vectored write, or from a file by sendfile(2). At the first request that is anything else (another path or method, a
//! longer body, odd framing, a head that is malformed or long) the connection goes to actix-web for good, with every byte that was read. So
//! nothing is refused here but a head that takes too long: there is one place that judges bad requests, and it is actix-http. A service's
//! clients lose what the hot path is for with their first request that it does not take: it should take all that they usually ask for.
//!
//! Accepting, workers, limits and the drain are actix-server's.

mod answer;
mod clock;
mod connection;
mod head;
mod ids;
mod patience;
mod send;

pub use answer::{Answer, Body, FileRange};
pub(crate) use clock::unix_millis;
pub use head::Request;
pub(crate) use ids::new_id;

use crate::{
    AppFactory, Limits, Replay, Result,
    heads::Heads,
    paced::Paced,
    server::{builder, http1, until_stop},
};
use actix_http::Protocol;
use actix_service::{Service, ServiceFactory, fn_factory, fn_service};
use actix_web::{App, body::MessageBody, dev::Extensions};
use connection::Front;
use std::{cell::Cell, future::Future, io, net::TcpListener, rc::Rc, sync::Arc};
use streamly_lifecycle::Shutdown;
use tokio::net::TcpStream;

/// What a service answers on the hot path. One for each worker: clones share what they have to.
pub trait Hot: Clone + Send + 'static {
    /// What a path stands for.
    type Route<'p>;

    /// What the connections of one worker have in common. It is made on the worker's thread and stays there, so it needs no locks.
    type Worker: Default + 'static;

    /// What is remembered of one connection from a request to the next.
    type Memory: Default + 'static;

    /// What the path stands for, if it is answered here; it is as it was sent, of `a-z A-Z 0-9 - . _ /` alone.
    fn route<'p>(&self, path: &'p str) -> Option<Self::Route<'p>>;

    /// The same of the path of a POST. What it answers has a small body ([`Request::body`]): longer ones are actix-web's, and such as do not
    /// come in time.
    fn posted<'p>(&self, _path: &'p str) -> Option<Self::Route<'p>> {
        None
    }

    /// Header lines of every answer, each with its CRLF.
    fn always(&self) -> &str;

    /// A connection asked for what is not for here, and goes to actix-web.
    fn leaves(&self) {}

    /// An answer with that status is sent now.
    fn answered(&self, _status: u16) {}

    /// The answer. It may take its time: it is dropped when the client goes.
    fn answer(
        &self,
        route: Self::Route<'_>,
        request: &Request<'_>,
        worker: &Self::Worker,
        memory: &mut Self::Memory,
    ) -> impl Future<Output = Result<Answer>>;
}

/// [`crate::serve`], with a hot path in front of the app.
///
/// # Errors
/// If the workers cannot be started.
pub async fn serve_hot<H, F, T, B>(
    listener: TcpListener,
    limits: Limits,
    shutdown: Shutdown,
    hot: H,
    app: F,
) -> io::Result<()>
where
    H: Hot,
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: AppFactory<B>,
    B: MessageBody + 'static,
{
    serve_hot_admitted(listener, limits, shutdown, hot, |_, _| true, app).await
}

/// [`serve_hot`], with a look at every connection before a byte of it is read: `admit` says whether it is served, and what it puts into the
/// extensions is kept until the connection ends, whoever answers on it. One that is not served is closed without an answer.
///
/// # Errors
/// If the workers cannot be started.
pub async fn serve_hot_admitted<H, F, T, B>(
    listener: TcpListener,
    limits: Limits,
    shutdown: Shutdown,
    hot: H,
    admit: impl Fn(&TcpStream, &mut Extensions) -> bool + Send + Sync + 'static,
    app: F,
) -> io::Result<()>
where
    H: Hot,
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: AppFactory<B>,
    B: MessageBody + 'static,
{
    let (told, stop, admit) = (limits.clone(), shutdown.clone(), Arc::new(admit));
    let server = builder(&limits)
        .listen("hot", listener, move || {
            let (hot, app, limits, stop) = (hot.clone(), app.clone(), told.clone(), stop.clone());
            let admit = admit.clone();
            fn_factory(move || {
                let admit = admit.clone();
                let rest = http1::<Heads<Replay<Paced>>, F, T, B>(&app, &limits, &stop).new_service(());
                // A child: waiting for it takes no lock that other workers want.
                let front = Front {
                    hot: hot.clone(),
                    worker: H::Worker::default(),
                    head: Cell::default(),
                    limits: limits.clone(),
                    stop: stop.token().child_token(),
                };
                async move {
                    let (front, rest) = (Rc::new(front), Rc::new(rest.await?));
                    Ok::<_, ()>(fn_service(move |stream: TcpStream| {
                        let (front, rest, admit) = (front.clone(), rest.clone(), admit.clone());
                        async move {
                            let mut held = Extensions::new();
                            if !admit(&stream, &mut held) {
                                return Ok::<_, ()>(());
                            }
                            let peer = stream.peer_addr().ok();
                            if let Some(replay) = connection::serve(stream, peer, &front).await {
                                let replay = Heads::new(replay, &front.limits);
                                // Boxed: few connections get here, and all of them pay for its size.
                                let _ = Box::pin(rest.call((replay, Protocol::Http1, peer))).await;
                            }
                            drop(held);
                            Ok(())
                        }
                    }))
                }
            })
        })?
        .run();
    until_stop(server, shutdown).await
}
