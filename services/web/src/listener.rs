//! The public listener: serves the app until the stop, and bounds the connections of one address.
//!
//! The bound is what only a public listener needs. A connection beyond the bound is closed at
//! once and nothing that came with it is carried out; `streamly_web_connections_refused_total` counts them. Proxies of ours are not counted: they
//! bring everybody.

use crate::{address, config::Config};
use actix_web::{App, body::MessageBody, dev::Extensions, rt::net::TcpStream};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_http::{AppFactory, Holder, Hot, Limits};
use streamly_lifecycle::Shutdown;

/// A refused address is logged at most this often.
const LOG: Duration = Duration::from_secs(60);

/// Serves until the stop, then drains: what is for the hot path by it, all else by the app.
pub(crate) async fn serve<H, F, T, B>(
    listener: TcpListener,
    config: Arc<Config>,
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
    let connections = Connections::new(config.max_connections_per_address);
    let limits = Limits {
        workers: config.workers(),
        max_connections: config.max_connections,
        stall_timeout: config.stall_timeout.get(),
        min_send_rate: config.min_send_rate.bytes(),
        ..Limits::default()
    };
    let admit = move |socket: &TcpStream, held: &mut Extensions| admit(&connections, &config, socket, held);
    streamly_http::serve_hot_admitted(listener, limits, shutdown, hot, admit, app).await
}

/// Takes a place for the connection, kept with it until it ends; `false`: there is none, and it is not served.
fn admit(connections: &Connections, config: &Config, socket: &TcpStream, held: &mut Extensions) -> bool {
    let Ok(peer) = socket.peer_addr() else { return true };
    if address::is_proxy(peer.ip(), config) {
        return true;
    }
    match connections.take(peer.ip()) {
        Some(place) => {
            held.insert(place);
            true
        }
        None => {
            metrics::counter!("streamly_web_connections_refused_total").increment(1);
            false
        }
    }
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
