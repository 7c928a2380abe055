//! The public listener: serves the app until the stop, and bounds the connections of one address.
//!
//! The bound is what only a public listener needs. A connection beyond the bound is closed at
//! once and nothing that came with it is carried out; `streamly_web_connections_refused_total` counts them. Proxies of ours are not counted: they
//! bring everybody.

use crate::{address, config::Config};
use actix_web::{
    App,
    body::MessageBody,
    dev::{Extensions, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt::net::TcpStream,
};
use parking_lot::Mutex;
use std::{
    any::Any,
    collections::HashMap,
    io,
    net::{IpAddr, Shutdown as Half, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::{AppFactory, Holder, Limits};
use streamly_lifecycle::Shutdown;

/// A refused address is logged at most this often.
const LOG: Duration = Duration::from_secs(60);
/// Whoever is late with a body is told so at `upload_timeout`, and cut off no sooner than so much later.
const TOLD: Duration = Duration::from_secs(10);

/// Serves until the stop, then drains.
pub(crate) async fn serve<F, T, B>(
    listener: TcpListener,
    config: Arc<Config>,
    shutdown: Shutdown,
    app: F,
) -> io::Result<()>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: AppFactory<B>,
    B: MessageBody + 'static,
{
    let connections = Connections::new(config.max_connections_per_address);
    let (workers, max_connections) = (config.workers(), config.max_connections);
    let usual = Limits::default();
    let body_timeout = usual.body_timeout.max(config.upload_timeout.get().saturating_add(TOLD));
    let limits = Limits { workers, max_connections, body_timeout, ..usual };
    let admit = move |socket: &dyn Any, held: &mut Extensions| admit(&connections, &config, socket, held);
    streamly_http::serve_admitted(listener, limits, shutdown, admit, app).await
}

/// Takes a place for the connection, kept with it until it ends, or closes it.
fn admit(connections: &Connections, config: &Config, socket: &dyn Any, held: &mut Extensions) {
    let Some(socket) = socket.downcast_ref::<TcpStream>() else { return };
    let Ok(peer) = socket.peer_addr() else { return };
    if address::is_proxy(peer.ip(), config) {
        return;
    }
    match connections.take(peer.ip()) {
        Some(place) => drop(held.insert(place)),
        None => {
            metrics::counter!("streamly_web_connections_refused_total").increment(1);
            // Nothing can be answered any more; what came with the connection may still be read, and [`admitted`] drops it.
            held.insert(Refused);
            let _ = socket2::SockRef::from(socket).shutdown(Half::Both);
        }
    }
}

/// A connection beyond the bound.
struct Refused;

/// The outermost middleware: a request that came with a refused connection is not carried out.
pub(crate) async fn admitted<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if request.conn_data::<Refused>().is_some() {
        return Err(actix_web::error::ErrorServiceUnavailable("too many connections"));
    }
    next.call(request).await
}

/// Open connections by who holds them.
struct Connections {
    max: usize,
    open: Arc<Mutex<HashMap<Holder, usize>>>,
    logged: Mutex<Option<Instant>>,
}

/// One connection's place; free again when it is dropped.
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
        Self { max, open: Arc::default(), logged: Mutex::default() }
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
        let (mut logged, now) = (self.logged.lock(), Instant::now());
        if logged.is_none_or(|at| now.duration_since(at) >= LOG) {
            *logged = Some(now);
            tracing::warn!(
                %address,
                "an address (of IPv6: a /56) has max_connections_per_address connections; more are closed. A proxy belongs into trusted_proxies"
            );
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Connections;
    use std::net::IpAddr;

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
    fn one_customer_s_ipv6_networks_share_their_places() {
        let connections = Connections::new(2);
        let take = |text: &str| connections.take(text.parse().unwrap());
        let places = [take("2001:db8:0:1::1"), take("2001:db8:0:2::1")];
        assert!(places.iter().all(Option::is_some) && take("2001:db8:0:3::1").is_none());
        assert!(take("2001:db8:0:100::1").is_some());
    }
}
