//! A TCP proxy that is as far away, as unsteady, as narrow and as lossy as a viewer's link: between a browser and the platform.
//!
//! [`crate::toxic`] breaks connections; here they stay whole and take their time. Each direction has a queue: a chunk is read as soon as it
//! comes, told when it is due, and written then, so delay costs no throughput. Nothing overtakes what was sent before it on the same connection, as in TCP.
//! What is lost is sent again by TCP, which who reads sees as a pause of what is behind it: that is what a loss is here.

use anyhow::{Context, Result, ensure};
use std::{
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::Instant,
};

/// Bytes read at once.
const CHUNK: usize = 16 << 10;
/// Chunks on their way in one direction of one connection; who sends waits behind them, as behind a full window (4 MiB).
const WINDOW: usize = 256;
/// Bytes of a TCP segment on Ethernet.
const SEGMENT: usize = 1448;
/// Of lost segments each so many-th is not noticed by what comes behind it, but by the retransmission timer only …
const TIMED_OUT: u64 = 8;
/// … whose least value is this (Linux' `TCP_RTO_MIN`; RFC 6298 asks for more).
const RTO_MIN: Duration = Duration::from_millis(200);

/// What a link is like. Default: nothing but the proxy itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conditions {
    /// Time of one direction; the round trip is twice that.
    pub delay: Duration,
    /// Each chunk's time differs by up to this, evenly, to both sides. At most `delay`.
    pub jitter: Duration,
    /// Bits a second of the way to the client, all connections together; 0: no bound.
    pub rate: u64,
    /// Share of segments that are lost, 0 to 1, both ways.
    pub loss: f64,
}

impl FromStr for Conditions {
    type Err = anyhow::Error;

    /// `delay=20 jitter=7.5 rate=1500 loss=0.01`: milliseconds, kbit/s, a share; each may be left out. Errors: anything else.
    fn from_str(text: &str) -> Result<Self> {
        let mut conditions = Self::default();
        for word in text.split_whitespace() {
            let (name, value) = word.split_once('=').with_context(|| format!("{word}: not name=value"))?;
            let value: f64 = value.parse().with_context(|| format!("{word}: no number"))?;
            ensure!(value.is_finite() && value >= 0.0, "{word}: below zero");
            match name {
                "delay" => conditions.delay = Duration::from_secs_f64(value / 1000.0),
                "jitter" => conditions.jitter = Duration::from_secs_f64(value / 1000.0),
                "rate" => conditions.rate = (value * 1000.0) as u64,
                "loss" => conditions.loss = value,
                _ => anyhow::bail!("{name}: neither delay, jitter, rate nor loss"),
            }
        }
        ensure!(conditions.jitter <= conditions.delay, "jitter is more than delay");
        ensure!(conditions.loss <= 1.0, "loss is more than everything");
        Ok(conditions)
    }
}

/// A running proxy in the tokio runtime it was started in; ends with it or on drop.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    conditions: watch::Sender<Conditions>,
    task: JoinHandle<()>,
}

impl Link {
    /// To a TCP address, on a port of its own of 127.0.0.1. `seed`: of what is thrown for jitter and losses.
    pub async fn start(to: SocketAddr, conditions: Conditions, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (conditions, seen) = watch::channel(conditions);
        let road = Arc::new(Road::new(seen, seed));
        let task = tokio::spawn(accept(listener, to, road));
        Ok(Self { address, conditions, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, also of open connections; what is on its way arrives as it would have.
    pub fn become_as(&self, conditions: Conditions) {
        self.conditions.send_replace(conditions);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What connections share.
#[derive(Debug)]
struct Road {
    conditions: watch::Receiver<Conditions>,
    began: Instant,
    /// When the way to the client is free again, microseconds since `began`.
    free: AtomicU64,
    /// State of xorshift64*.
    dice: AtomicU64,
}

impl Road {
    fn new(conditions: watch::Receiver<Conditions>, seed: u64) -> Self {
        Self { conditions, began: Instant::now(), free: AtomicU64::new(0), dice: AtomicU64::new(seed | 1) }
    }

    /// 0 to 1.
    fn throw(&self) -> f64 {
        let mut x = self.dice.load(Ordering::Relaxed);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.dice.store(x, Ordering::Relaxed);
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// How long so many bytes need from now on.
    fn takes(&self, bytes: usize, to_client: bool) -> Duration {
        let Conditions { delay, jitter, rate, loss } = *self.conditions.borrow();
        let mut time = delay.as_secs_f64() + jitter.as_secs_f64() * (2.0 * self.throw() - 1.0);
        if to_client && rate > 0 {
            let now = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
            let needs = (bytes as u64 * 8).saturating_mul(1_000_000) / rate;
            let mut done = now;
            let _ = self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| {
                done = free.max(now) + needs;
                Some(done)
            });
            time += (done - now) as f64 / 1e6;
        }
        if loss > 0.0 {
            for _ in 0..bytes.div_ceil(SEGMENT) {
                if self.throw() < loss {
                    time += self.repeated(delay);
                }
            }
        }
        Duration::from_secs_f64(time.max(0.0))
    }

    /// Seconds until a lost segment has come after all: a round trip after what is behind it, or the timer and then its way.
    fn repeated(&self, delay: Duration) -> f64 {
        let round_trip = 2.0 * delay.as_secs_f64();
        if self.throw() < 1.0 / TIMED_OUT as f64 { RTO_MIN.as_secs_f64() + round_trip } else { round_trip }
    }
}

async fn accept(listener: TcpListener, to: SocketAddr, road: Arc<Road>) {
    // Those that are open end with it.
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(RTO_MIN).await;
            continue;
        };
        let road = road.clone();
        open.spawn(async move {
            // The handshake of TCP, which the client believes to be done: a round trip.
            tokio::time::sleep(road.takes(0, false) + road.takes(0, true)).await;
            let Ok(server) = TcpStream::connect(to).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            tokio::join!(
                pass(from_client, to_server, &road, false),
                pass(from_server, to_client, &road, true)
            );
        });
    }
}

/// One direction, until its end has been passed on, too.
async fn pass(from: OwnedReadHalf, to: OwnedWriteHalf, road: &Road, to_client: bool) {
    let (sent, due) = mpsc::channel(WINDOW);
    tokio::join!(leave(from, sent, road, to_client), arrive(to, due));
}

async fn leave(
    mut from: OwnedReadHalf,
    sent: mpsc::Sender<(Instant, Vec<u8>)>,
    road: &Road,
    to_client: bool,
) {
    let mut chunk = vec![0; CHUNK];
    let mut last = Instant::now();
    loop {
        // An error is an end, too: the other side then sees one.
        let read = from.read(&mut chunk).await.unwrap_or(0);
        last = last.max(Instant::now() + road.takes(read, to_client));
        if read == 0 {
            // The end takes its time, too.
            let _ = sent.send((last, Vec::new())).await;
            return;
        }
        if sent.send((last, chunk[..read].to_vec())).await.is_err() {
            return;
        }
    }
}

async fn arrive(mut to: OwnedWriteHalf, mut due: mpsc::Receiver<(Instant, Vec<u8>)>) {
    while let Some((at, bytes)) = due.recv().await {
        tokio::time::sleep_until(at).await;
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
