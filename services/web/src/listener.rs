//! The public listeners, plain and by TLS: serve the app until the stop, and bound what one address has under way at both together.
//!
//! The bound is what only a public listener needs. A connection has a place, by TLS from before its handshake; by HTTP/2 each request that is
//! under way beside another one of its connection has one more, so that an address has no more under way by HTTP/2 than by HTTP/1.1. A
//! connection beyond the bound is closed at once and nothing that came with it is carried out; a request is refused, and its client may ask
//! again. `streamly_web_connections_refused_total` and `streamly_web_requests_refused_total` count them. Proxies of ours are not counted:
//! they bring everybody; their requests are in the bound of all alone.

use crate::{address, config::Config};
use actix_web::{App, body::MessageBody, dev::Extensions, rt::net::TcpStream};
use parking_lot::Mutex;
use rustls::ServerConfig;
use std::{
    any::Any,
    collections::HashMap,
    io,
    net::{IpAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::{AppFactory, Holder, Hot, Limits, Seat, Secure};
use streamly_lifecycle::Shutdown;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is refused is logged at most this often, each kind of it.
const LOG: Duration = Duration::from_secs(60);
/// Whoever is late with a body is told so at `upload_timeout`, and cut off no sooner than so much later.
const TOLD: Duration = Duration::from_secs(10);

/// Serves until the stop, then drains: what is for the hot path by it, all else by the app.
pub(crate) async fn serve<H, F, T, B>(
    listener: TcpListener,
    entrance: Arc<Entrance>,
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
    let limits = entrance.limits();
    let admit = move |socket: &TcpStream, held: &mut Extensions| {
        let Some(guest) = entrance.admit(socket) else { return false };
        held.insert(guest);
        true
    };
    streamly_http::serve_hot_admitted(listener, limits, shutdown, hot, admit, app).await
}

/// The same by TLS with these settings.
pub(crate) async fn serve_secure<F, T, B>(
    listener: TcpListener,
    tls: ServerConfig,
    entrance: Arc<Entrance>,
    shutdown: Shutdown,
    app: F,
) -> io::Result<()>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: AppFactory<B>,
    B: MessageBody + 'static,
{
    let (limits, https) = (entrance.limits(), &entrance.config.https);
    let (handshake_timeout, max_streams) = (https.handshake_timeout.get(), https.max_streams);
    let secure = Secure { tls, handshake_timeout, max_streams };
    let admit = move |socket: &TcpStream| {
        let guest = entrance.admit(socket)?;
        Some(Box::new(guest) as Box<dyn Seat>)
    };
    streamly_http::serve_secure(listener, secure, limits, shutdown, admit, app).await
}

/// What both listeners share: who may come in.
pub(crate) struct Entrance {
    config: Arc<Config>,
    connections: Connections,
    /// For requests by HTTP/2 beside the first of their connections, of everybody.
    requests: Arc<Semaphore>,
    full: Seldom,
}

impl Entrance {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        let connections = Connections::new(config.max_connections_per_address);
        let most = config.max_connections.saturating_mul(config.workers()).min(Semaphore::MAX_PERMITS);
        let requests = Arc::new(Semaphore::new(most));
        Self { config, connections, requests, full: Seldom::default() }
    }

    fn limits(&self) -> Limits {
        let usual = self.config.limits();
        let body_timeout = usual.body_timeout.max(self.config.upload_timeout.get().saturating_add(TOLD));
        Limits { body_timeout, ..usual }
    }

    /// Takes a place for the connection, kept with it until it ends; none: it is not served.
    fn admit(self: &Arc<Self>, socket: &TcpStream) -> Option<Guest> {
        let peer = socket.peer_addr().ok().map(|peer| peer.ip());
        let address = peer.filter(|peer| !address::is_proxy(*peer, &self.config));
        let Some(place) = self.place(address) else {
            metrics::counter!("streamly_web_connections_refused_total").increment(1);
            return None;
        };
        Some(Guest { entrance: self.clone(), address, _place: place })
    }

    /// None: there is none; none inside: none is needed.
    fn place(&self, address: Option<IpAddr>) -> Option<Option<Place>> {
        match address {
            Some(address) => self.connections.take(address).map(Some),
            None => Some(None),
        }
    }

    /// For a request by HTTP/2 beside another one of its connection.
    fn more(&self, address: Option<IpAddr>) -> Option<(OwnedSemaphorePermit, Option<Place>)> {
        match self.requests.clone().try_acquire_owned() {
            Ok(permit) => Some((permit, self.place(address)?)),
            Err(_) => {
                if self.full.is_due() {
                    tracing::warn!(
                        "as many requests by HTTP/2 are under way beside others of their connections as there may be connections \
                         (max_connections of each worker); more are refused"
                    );
                }
                None
            }
        }
    }
}

/// A connection that was let in.
struct Guest {
    entrance: Arc<Entrance>,
    /// Whom its places count for; none: nobody, as of a proxy of ours.
    address: Option<IpAddr>,
    _place: Option<Place>,
}

impl Seat for Guest {
    fn more(&self) -> Option<Box<dyn Any>> {
        let more = self.entrance.more(self.address);
        if more.is_none() {
            metrics::counter!("streamly_web_requests_refused_total").increment(1);
        }
        Some(Box::new(more?))
    }
}

/// Tells something at most once in [`LOG`].
#[derive(Default)]
pub(crate) struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Whether it is to be told now.
    pub(crate) fn is_due(&self) -> bool {
        let (mut told, now) = (self.0.lock(), Instant::now());
        let is_due = told.is_none_or(|at| now.duration_since(at) >= LOG);
        if is_due {
            *told = Some(now);
        }
        is_due
    }
}

/// Places taken, by who holds them.
struct Connections {
    max: usize,
    open: Arc<Mutex<HashMap<Holder, usize>>>,
    full: Seldom,
}

/// One place, of a connection or a request; free again when it is dropped.
struct Place {
    holder: Holder,
    open: Arc<Mutex<HashMap<Holder, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        if let Some(n) = open.get_mut(&self.holder) {
            *n -= 1;
            if *n == 0 {
                open.remove(&self.holder);
            }
        }
    }
}

impl Connections {
    fn new(max: usize) -> Self {
        Self { max, open: Arc::default(), full: Seldom::default() }
    }

    fn take(&self, address: IpAddr) -> Option<Place> {
        let holder = Holder::from(address);
        let mut open = self.open.lock();
        let n = open.entry(holder).or_default();
        if *n < self.max {
            *n += 1;
            return Some(Place { holder, open: self.open.clone() });
        }
        drop(open);
        if self.full.is_due() {
            tracing::warn!(
                %address,
                "an address (of IPv6: a /56) has max_connections_per_address connections and requests by HTTP/2 beside the first of each; more are \
                 refused. A proxy belongs into trusted_proxies"
            );
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Connections, Entrance};
    use crate::config::Config;
    use std::{net::IpAddr, sync::Arc};

    #[test]
    fn each_address_has_its_own_places_and_they_come_back() {
        let (connections, a) = (Connections::new(2), IpAddr::from([192, 0, 2, 1]));
        let places: Vec<_> = (0..2).map(|_| connections.take(a)).collect();
        assert!(places.iter().all(Option::is_some) && connections.take(a).is_none());
        let other = connections.take(IpAddr::from([192, 0, 2, 2]));
        assert!(other.is_some());
        drop(places);
        assert!(connections.take(a).is_some());
        drop(other);
        assert!(connections.open.lock().is_empty());
    }

    #[test]
    fn requests_beside_another_share_the_places_of_connections_and_have_a_bound_of_all() {
        let config =
            Config { max_connections: 2, workers: 2, max_connections_per_address: 3, ..Config::default() };
        let entrance = Entrance::new(Arc::new(config));
        let [a, b] = [1, 2].map(|n| Some(IpAddr::from([192, 0, 2, n])));
        let connection = entrance.place(a).unwrap();
        let requests: Vec<_> = (0..2).map(|_| entrance.more(a)).collect();
        assert!(requests.iter().all(Option::is_some));
        assert!(entrance.more(a).is_none() && entrance.place(a).is_none(), "an address has three places");
        let others: Vec<_> = [b, None].map(|address| entrance.more(address)).into();
        assert!(others.iter().all(Option::is_some), "what was refused took nothing of the others");
        assert!(entrance.more(b).is_none() && entrance.more(None).is_none(), "all together have four");
        assert!(entrance.place(b).is_some(), "which connections do not share");
        drop(requests);
        assert!(entrance.more(a).is_some() && entrance.more(None).is_some());
        drop((connection, others));
        assert!(entrance.connections.open.lock().is_empty());
        assert_eq!(entrance.requests.available_permits(), 4);
    }

    #[test]
    fn one_customer_s_ipv6_networks_share_their_places() {
        let connections = Connections::new(2);
        let take = |text: &str| connections.take(text.parse().unwrap());
        let places = [take("2001:db8:0:1::1"), take("2001:db8:0:2::1")];
        assert!(places.iter().all(Option::is_some) && take("2001:db8:0:3::1").is_none());
        assert!(take("2001:db8:0:100::1").is_some());
    }
}
