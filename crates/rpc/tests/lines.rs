//! Which connection a call goes over: one for many calls, another one once that is old or brings no answer.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use streamly_auth::{SigningKey, service::Peers};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_rpc::{Identity, Peer, PeerConfig, Server};
use tokio::net::TcpStream;
use tonic::Status;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// What leads connections: it counts them, passes on what comes by them, and says nothing on the first `mute` of them.
struct Front {
    at: SocketAddr,
    count: Arc<AtomicUsize>,
}

impl Front {
    async fn of(server: SocketAddr, mute: usize) -> Self {
        let front = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (at, count) = (front.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let seen = count.clone();
        tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut client, _)) = front.accept().await {
                if seen.fetch_add(1, Relaxed) < mute {
                    silent.push(client);
                    continue;
                }
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(server).await.unwrap();
                    // Ends with either side.
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { at, count }
    }

    fn peer(&self, deadline: Duration) -> Peer {
        let config = PeerConfig {
            deadline: streamly_config::Duration(deadline),
            attempts: 4,
            ..PeerConfig::at(format!("http://{}", self.at))
        };
        Peer::new(config, "user", Identity::new("chat", SigningKey::generate().unwrap())).unwrap()
    }
}

/// A server whose health anybody may ask for.
fn serve(shutdown: &Shutdown) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let server = Server::new(Peers::new("user", []), &[], Readiness::new());
    tokio::spawn(server.serve(listener, shutdown.clone()));
    at
}

async fn ask(peer: &Peer) -> Result<(), Status> {
    let check = peer.call(|t| async move { HealthClient::new(t).check(HealthCheckRequest::default()).await });
    check.await.map(drop)
}

#[tokio::test]
async fn calls_share_a_connection_while_it_is_young_and_the_next_ones_have_another() {
    let shutdown = Shutdown::new();
    let front = Front::of(serve(&shutdown), 0).await;
    let peer = front.peer(Duration::from_secs(10));
    for _ in 0..3 {
        ask(&peer).await.unwrap();
    }
    assert_eq!(front.count.load(Relaxed), 1);
    // Each is old at once.
    let peer = peer.with_life(Duration::ZERO);
    for _ in 0..3 {
        ask(&peer).await.unwrap();
    }
    assert_eq!(front.count.load(Relaxed), 4);
    shutdown.start();
}

#[tokio::test]
async fn a_connection_that_brings_no_answer_is_left_for_another_with_the_next_attempt() {
    let shutdown = Shutdown::new();
    let front = Front::of(serve(&shutdown), 1).await;
    // Longer than connections are apart that are made for that.
    let peer = front.peer(Duration::from_millis(1_100));
    ask(&peer).await.unwrap();
    assert!(front.count.load(Relaxed) > 1);
    shutdown.start();
}

#[tokio::test]
async fn a_connection_outlives_the_runtime_of_who_asked_first() {
    let shutdown = Shutdown::new();
    let front = Front::of(serve(&shutdown), 0).await;
    // Old at once: it is made anew for whoever asks, here a thread of an HTTP server's, say, that ends.
    let peer = front.peer(Duration::from_secs(10)).with_life(Duration::ZERO);
    let passing = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _within = runtime.enter();
        peer.streaming()
    });
    let transport = passing.join().unwrap();
    HealthClient::new(transport).check(HealthCheckRequest::default()).await.unwrap();
    shutdown.start();
}
