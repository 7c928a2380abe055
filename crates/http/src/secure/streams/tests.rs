//! One connection over a pipe that holds little, whose client reads only while it wants something: places of requests, slow readers, the
//! stop, and who makes us answer without reading.

use super::*;
use actix_http::{Request, Response};
use actix_service::{boxed, fn_service};
use actix_web::{body::BoxBody, http::StatusCode};
use bytes::Bytes;
use futures_util::FutureExt;
use h2::{
    RecvStream,
    client::{Connection, ResponseFuture, SendRequest},
};
use std::{cell::Cell, future::pending, time::Duration};
use tokio::{
    io::{AsyncWriteExt, DuplexStream, duplex},
    task::{JoinHandle, LocalSet, spawn_local},
    time::{sleep, timeout},
};

/// What happens at all happens by then.
const SOON: Duration = Duration::from_secs(10);
/// Bytes that the pipe holds in each direction.
const PIPE: usize = 1 << 10;

/// So many places, some of them taken.
#[derive(Clone)]
struct Row {
    taken: Rc<Cell<usize>>,
    most: usize,
}

struct Taken(Rc<Cell<usize>>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Seat for Row {
    fn more(&self) -> Option<Box<dyn Any>> {
        if self.taken.get() == self.most {
            return None;
        }
        self.taken.set(self.taken.get() + 1);
        Some(Box::new(Taken(self.taken.clone())))
    }
}

/// `/held` is never answered, `/7` by seven bytes.
fn app() -> Rc<Http2> {
    let app: Http2 = boxed::service(fn_service::<_, _, _, _, _, ()>(|request: Request| async move {
        let path = request.path();
        if path == "/held" {
            pending::<()>().await;
        }
        let body = Bytes::from(vec![b'x'; path[1..].parse().unwrap()]);
        Ok::<_, Response<BoxBody>>(Response::with_body(StatusCode::OK, body).map_into_boxed_body())
    }));
    Rc::new(app)
}

/// The server's side, which runs by itself.
struct Served {
    row: Row,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Served {
    fn start(places: usize, limits: Limits) -> (Self, DuplexStream) {
        let (ours, theirs) = duplex(PIPE);
        let row = Row { taken: Rc::default(), most: places };
        let (seat, stop) = (row.clone(), CancellationToken::new());
        let stopped = stop.clone();
        let serving = spawn_local(async move {
            serve(theirs, None, &seat, &app(), &Rc::new(limits), 128, &stopped).await;
        });
        (Self { row, stop, serving }, ours)
    }

    async fn ended(&mut self) {
        timeout(SOON, &mut self.serving).await.expect("it ends").unwrap();
    }

    /// Waits for that many places to be taken, whatever the client does.
    async fn taken(&self, n: usize) {
        let wait = async {
            while self.row.taken.get() != n {
                yield_now().await;
            }
        };
        timeout(SOON, wait).await.unwrap_or_else(|_| panic!("{} taken, not {n}", self.row.taken.get()));
    }
}

/// The client's side, which reads and writes only while [`Client::drive`] waits for something.
struct Client {
    requests: SendRequest<Bytes>,
    connection: Connection<DuplexStream, Bytes>,
    is_over: bool,
}

impl Client {
    /// Its windows never keep anything back.
    async fn new(pipe: DuplexStream) -> Self {
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(1 << 20).initial_connection_window_size(1 << 22);
        let (requests, connection) = builder.handshake::<_, Bytes>(pipe).await.unwrap();
        Self { requests, connection, is_over: false }
    }

    async fn drive<T>(&mut self, what: impl Future<Output = T>) -> T {
        let both = async {
            let mut what = pin!(what);
            tokio::select! {
                biased;
                done = &mut what => done,
                _ = &mut self.connection, if !self.is_over => {
                    self.is_over = true;
                    what.await
                }
            }
        };
        timeout(SOON, both).await.expect("it happens")
    }

    fn ask(&mut self, path: &str) -> ResponseFuture {
        let request = http::Request::get(format!("https://localhost{path}")).body(()).unwrap();
        self.requests.send_request(request, true).unwrap().0
    }

    /// Asks, and reads until the answer begins.
    async fn head(&mut self, path: &str) -> Result<RecvStream, h2::Error> {
        let answer = self.ask(path);
        self.drive(answer).await.map(http::Response::into_body)
    }
}

/// The bytes of what is left of it.
async fn whole(mut body: RecvStream) -> Result<usize, h2::Error> {
    let mut all = 0;
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        all += chunk.len();
    }
    Ok(all)
}

async fn local<T>(test: impl Future<Output = T>) -> T {
    LocalSet::new().run_until(test).await
}

#[tokio::test]
async fn requests_under_way_beside_another_take_a_place_each_and_give_it_back() {
    local(async {
        let (mut served, pipe) = Served::start(2, Limits::default());
        let mut client = Client::new(pipe).await;
        let mut held: Vec<_> = ["/held", "/held", "/held"].map(|path| client.ask(path)).into();
        let refused = client.head("/7").await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::REFUSED_STREAM), "{refused}");
        assert_eq!(served.row.taken.get(), 2);
        // The first, which came when none was needed: now one fewer is.
        drop(held.remove(0));
        client.drive(served.taken(1)).await;
        assert_eq!(whole_of(&mut client, "/7").await.unwrap(), 7, "beside two");
        served.taken(1).await;
        drop(held);
        client.drive(served.taken(0)).await;
        assert_eq!(whole_of(&mut client, "/0").await.unwrap(), 0);
        drop(client);
        served.ended().await;
    })
    .await;
}

async fn whole_of(client: &mut Client, path: &str) -> Result<usize, h2::Error> {
    let body = client.head(path).await?;
    client.drive(whole(body)).await
}

#[tokio::test]
async fn requests_one_after_the_other_need_no_place_but_the_connection_s() {
    local(async {
        let (_served, pipe) = Served::start(0, Limits::default());
        let mut client = Client::new(pipe).await;
        for _ in 0..5 {
            assert_eq!(whole_of(&mut client, "/30000").await.unwrap(), 30_000);
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_said_and_has_not_left_keeps_its_place() {
    local(async {
        let (served, pipe) = Served::start(1, Limits::default());
        let mut client = Client::new(pipe).await;
        let _held = client.ask("/held");
        // More than the pipe holds, less than is kept for it: the app is done with it at once.
        let large = client.head("/30000").await.unwrap();
        for _ in 0..100 {
            yield_now().await;
        }
        assert_eq!(served.row.taken.get(), 1);
        let refused = client.head("/7").await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::REFUSED_STREAM), "{refused}");
        assert_eq!(client.drive(whole(large)).await.unwrap(), 30_000);
        served.taken(0).await;
        assert_eq!(whole_of(&mut client, "/7").await.unwrap(), 7);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_stays_in_the_socket_is_reset_and_its_place_is_free() {
    local(async {
        let limits = Limits { stall_timeout: Duration::from_millis(200), ..Limits::default() };
        let (served, pipe) = Served::start(1, limits);
        let mut client = Client::new(pipe).await;
        let _held = client.ask("/held");
        let large = client.head("/30000").await.unwrap();
        served.taken(1).await;
        served.taken(0).await;
        let broken = client.drive(whole(large)).await.unwrap_err();
        assert_eq!(broken.reason(), Some(Reason::CANCEL), "{broken}");
        assert_eq!(whole_of(&mut client, "/7").await.unwrap(), 7, "the others go on");
    })
    .await;
}

#[tokio::test]
async fn the_stop_lets_slow_readers_have_their_answers_and_ends_the_connection() {
    local(async {
        let limits = Limits { drain: Duration::from_secs(60), ..Limits::default() };
        let (mut served, pipe) = Served::start(1, limits);
        let mut client = Client::new(pipe).await;
        let large = client.head("/30000").await.unwrap();
        served.stop.cancel();
        // As slow as that: an idle connection would have been ended.
        sleep(DISCONNECT + Duration::from_millis(300)).await;
        assert_eq!(client.drive(whole(large)).await.unwrap(), 30_000);
        client.drive(served.ended()).await;
    })
    .await;
}

#[tokio::test]
async fn a_request_that_was_on_its_way_at_the_stop_is_answered_whole() {
    local(async {
        let limits = Limits { drain: Duration::from_secs(60), ..Limits::default() };
        let (mut served, pipe) = Served::start(1, limits);
        let mut client = Client::new(pipe).await;
        assert_eq!(whole_of(&mut client, "/7").await.unwrap(), 7);
        let late = client.ask("/30000");
        assert!((&mut client.connection).now_or_never().is_none(), "it is sent, and nobody has read it");
        served.stop.cancel();
        let late = client.drive(late).await.unwrap().into_body();
        sleep(DISCONNECT + Duration::from_millis(300)).await;
        assert_eq!(client.drive(whole(late)).await.unwrap(), 30_000);
        client.drive(served.ended()).await;
    })
    .await;
}

#[tokio::test]
async fn who_takes_nothing_is_cut_off_at_the_end_of_the_drain_and_not_before() {
    local(async {
        let drain = Duration::from_millis(400);
        let (mut served, pipe) = Served::start(1, Limits { drain, ..Limits::default() });
        let mut client = Client::new(pipe).await;
        let large = client.head("/30000").await.unwrap();
        let since = Instant::now();
        served.stop.cancel();
        served.ended().await;
        assert!(since.elapsed() >= drain, "after {:?}", since.elapsed());
        assert!(client.drive(whole(large)).await.is_err(), "a part is not taken for the whole");
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_stop_whether_or_not_its_client_answers() {
    local(async {
        for answers in [true, false] {
            let limits = Limits { drain: Duration::from_secs(60), ..Limits::default() };
            let (mut served, pipe) = Served::start(1, limits);
            let mut client = Client::new(pipe).await;
            assert_eq!(whole_of(&mut client, "/7").await.unwrap(), 7);
            served.stop.cancel();
            if answers {
                client.drive(served.ended()).await;
            } else {
                served.ended().await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_makes_us_answer_without_reading_is_not_read_either_and_is_ended() {
    // RFC 9113, 6.5 and 6.7: each of both kinds is answered.
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    for frame in [&settings[..], &ping] {
        local(async {
            let limits = Limits { head_timeout: Duration::from_millis(500), ..Limits::default() };
            let (mut served, mut pipe) = Served::start(1, limits);
            pipe.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
            pipe.write_all(&settings).await.unwrap();
            let flood = frame.repeat(50_000);
            let (mut at, mut waited) = (0, 0);
            while waited < 100 {
                match pipe.write(&flood[at..]).now_or_never() {
                    Some(n) => (at, waited) = (at + n.unwrap(), 0),
                    None => waited += 1,
                }
                assert!(at < flood.len(), "it reads on and on");
                yield_now().await;
            }
            served.ended().await;
        })
        .await;
    }
}
