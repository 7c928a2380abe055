//! A TCP balancer: each new connection goes to the next instance that takes some, in turn, as a Kubernetes Service leads it.
//!
//! It knows nothing of what is said. A connection stays where it is until one of its ends closes it; one that finds no instance, or one
//! whose instance refuses it, is closed at once and tried nowhere else. Dropping the balancer closes all of them.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// After an accept error, such as too many open files: others will end.
const ERROR_PAUSE: Duration = Duration::from_millis(50);

/// Whether an instance is led to.
#[derive(Debug, Default)]
pub(super) struct Standing {
    ready: AtomicBool,
    leaves: AtomicBool,
}

impl Standing {
    /// What its readiness says.
    pub(super) fn ready(&self, is_ready: bool) {
        self.ready.store(is_ready, Relaxed);
    }

    /// Whether it is about to be stopped: then nobody is led there, whatever its readiness says.
    pub(super) fn leaves(&self, leaves: bool) {
        self.leaves.store(leaves, Relaxed);
    }

    pub(super) fn takes(&self) -> bool {
        self.ready.load(Relaxed) && !self.leaves.load(Relaxed)
    }
}

/// A listener of one instance.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) address: SocketAddr,
    pub(super) standing: Arc<Standing>,
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Balancer {
    pub(super) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Balancer {
    /// Listens on a free port of loopback, for these places.
    pub(super) async fn open(places: Vec<Place>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, accepting: tokio::spawn(accept(listener, places)) })
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, places: Vec<Place>) {
    let (mut carried, mut turn) = (JoinSet::new(), 0);
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                if let Some(at) = next(&places, turn) {
                    turn = at + 1;
                    carried.spawn(carry(client, places[at].address));
                }
            }
            Err(_) => tokio::time::sleep(ERROR_PAUSE).await,
        }
        while carried.try_join_next().is_some() {}
    }
}

/// The first place that takes somebody, from `turn` on.
fn next(places: &[Place], turn: usize) -> Option<usize> {
    (0..places.len()).map(|step| (turn + step) % places.len()).find(|at| places[*at].standing.takes())
}

/// Until both sides have closed, or one is broken.
async fn carry(mut client: TcpStream, to: SocketAddr) {
    let Ok(mut instance) = TcpStream::connect(to).await else { return };
    let _ = (client.set_nodelay(true), instance.set_nodelay(true));
    let _ = copy_bidirectional(&mut client, &mut instance).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Two places; what is said to each is answered by its letter.
    async fn two() -> (Balancer, [Arc<Standing>; 2], JoinSet<()>) {
        let (mut places, mut serving) = (Vec::new(), JoinSet::new());
        for letter in [b'a', b'b'] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let place = Place { address: listener.local_addr().unwrap(), standing: Arc::default() };
            place.standing.ready(true);
            places.push(place);
            serving.spawn(async move {
                let mut open = JoinSet::new();
                while let Ok((mut socket, _)) = listener.accept().await {
                    open.spawn(async move {
                        while socket.read_u8().await.is_ok() {
                            socket.write_u8(letter).await.unwrap();
                        }
                    });
                }
            });
        }
        let standings = [places[0].standing.clone(), places[1].standing.clone()];
        (Balancer::open(places).await.unwrap(), standings, serving)
    }

    async fn ask(socket: &mut TcpStream) -> Option<u8> {
        socket.write_u8(b'?').await.ok()?;
        socket.read_u8().await.ok()
    }

    #[tokio::test]
    async fn connections_go_to_whoever_takes_some_and_stay_there() {
        let (balancer, [first, second], _serving) = two().await;
        let connect = || async { TcpStream::connect(balancer.address).await.unwrap() };
        let (mut a, mut b) = (connect().await, connect().await);
        let mut told = [ask(&mut a).await, ask(&mut b).await];
        told.sort();
        assert_eq!(told, [Some(b'a'), Some(b'b')], "in turn");
        first.leaves(true);
        assert_eq!([ask(&mut connect().await).await, ask(&mut connect().await).await], [Some(b'b'); 2]);
        assert!(ask(&mut a).await.is_some() && ask(&mut b).await.is_some(), "who was there stays");
        second.ready(false);
        assert_eq!(ask(&mut connect().await).await, None, "nobody takes it");
        first.leaves(false);
        assert_eq!(ask(&mut connect().await).await, Some(b'a'));
    }

    #[tokio::test]
    async fn its_end_closes_what_it_carries() {
        let (balancer, _standings, _serving) = two().await;
        let mut socket = TcpStream::connect(balancer.address).await.unwrap();
        assert!(ask(&mut socket).await.is_some());
        drop(balancer);
        assert!(socket.read_u8().await.is_err());
    }
}
