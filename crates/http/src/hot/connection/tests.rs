//! What a connection may make its server hold.

use super::*;
use crate::{Answer, Body, Request, Result};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use tokio::{sync::Notify, task::yield_now};

const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n";
/// Requests that are answered; each of them is held while more come.
const ANSWERED: usize = 100;

/// Holds every request for some turns, and the last one for good.
#[derive(Clone, Default)]
struct Holding {
    answered: Arc<AtomicUsize>,
    enough: Arc<Notify>,
}

impl Hot for Holding {
    type Route<'p> = ();
    type Worker = ();
    type Memory = ();

    fn route(&self, _: &str) -> Option<()> {
        Some(())
    }

    fn always(&self) -> &str {
        ""
    }

    async fn answer(&self, (): Self::Route<'_>, _: &Request<'_>, (): &(), (): &mut ()) -> Result<Answer> {
        for _ in 0..20 {
            yield_now().await;
        }
        if self.answered.fetch_add(1, Relaxed) == ANSWERED {
            self.enough.notify_one();
            future::pending::<()>().await;
        }
        Ok(Answer::new(200, Body::Empty))
    }
}

#[tokio::test]
async fn what_is_sent_ahead_is_bounded_however_many_held_requests_it_is() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = Paced::new(stream, Pace { stall: Duration::from_secs(30), rate: 1 });
    let (mut answers, mut requests_out) = client.into_split();
    let writing = tokio::spawn(async move { requests_out.write_all(&REQUEST.repeat(40 * ANSWERED)).await });
    let reading = tokio::spawn(async move { tokio::io::copy(&mut answers, &mut tokio::io::sink()).await });
    let hot = Holding::default();
    let (limits, stop) = (Limits::default(), CancellationToken::new());
    let front = Front { hot: hot.clone(), worker: (), head: Cell::default(), limits, stop };
    let mut read = Vec::new();
    tokio::select! {
        _ = requests(&mut stream, None, &mut read, &front) => panic!("the connection goes on"),
        () = hot.enough.notified() => {}
    }
    assert!(read.len() <= HEAD_MAX, "{} bytes are held", read.len());
    assert!(read.len() > REQUEST.len(), "nothing was sent ahead");
    writing.abort();
    reading.abort();
}
