//! A server with a hot path and one without, which answer alike, and a client that reads what they say.

use actix_web::{App, HttpRequest, HttpResponse, middleware::from_fn, web};
use bytes::Bytes;
use std::{
    io::{Read, Write},
    net::{Shutdown as Side, SocketAddr, TcpStream},
    os::unix::fs::FileExt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use streamly_http::{
    Answer, Body, FileRange, Hot, Limits, Problem, Request, Result, Wants, bind, defaults, request_id, serve,
    serve_hot,
};
use streamly_lifecycle::Shutdown;
use streamly_status::Code;
use tokio::sync::watch;

pub const BIG: usize = 3 << 20;

/// What both servers answer.
#[derive(Clone)]
pub struct Things {
    file: Arc<std::fs::File>,
    /// Requests that are held.
    pub held: Arc<AtomicUsize>,
    /// True: they are answered.
    pub released: Arc<watch::Sender<bool>>,
}

struct Holds(Arc<AtomicUsize>);

impl Drop for Holds {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

pub fn byte(at: usize) -> u8 {
    (at * 7 + at / 251) as u8
}

impl Things {
    fn new() -> Self {
        let file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..BIG).map(byte).collect();
        file.write_all_at(&bytes, 0).unwrap();
        Self { file: Arc::new(file), held: Arc::default(), released: Arc::new(watch::Sender::new(false)) }
    }

    /// What was posted.
    fn echo(body: &[u8]) -> Answer {
        Answer::new(200, Body::Bytes(Bytes::copy_from_slice(body))).with("content-type", "text/plain")
    }

    async fn answer(&self, name: &str, wants: &Wants<'_>) -> Result<Answer> {
        let all: Bytes = (0..3000).map(byte).collect();
        let range = |length, in_memory| {
            Body::File(FileRange { file: self.file.clone(), first: 5, length, in_memory })
        };
        let answer = match name {
            "text" if wants.knows("\"t\"") => Answer::new(304, Body::Empty),
            "text" if wants.gzip(all.len()) => {
                Answer::new(200, Body::Bytes(all)).with("content-encoding", "gzip")
            }
            "text" => Answer::new(200, Body::Bytes(all)),
            "range" => {
                Answer::new(206, Body::Empty).with("content-range", wants.range().unwrap_or("-").to_owned())
            }
            "pieces" => Answer::new(200, Body::Pieces((0..100).map(|at| all.slice(at..at * 29)).collect())),
            "much" => Answer::new(200, Body::Pieces(vec![Bytes::from(vec![7; 1 << 10]); BIG >> 10])),
            "memory" => Answer::new(200, range(BIG as u64 - 5, true)),
            "disk" => Answer::new(200, range(BIG as u64 - 5, false)),
            "nothing" => Answer::new(200, range(0, true)),
            "held" => {
                self.held.fetch_add(1, SeqCst);
                let _holds = Holds(self.held.clone());
                let _ = self.released.subscribe().wait_for(|released| *released).await;
                Answer::new(200, Body::Bytes(all))
            }
            "away" => return Err(Problem::new(Code::PlaylistTimeout).retry_after(Duration::from_secs(1))),
            _ => return Err(Problem::new(Code::NotFound).detail("There is no such thing.")),
        };
        Ok(answer.with("content-type", "text/plain").with("etag", "\"t\""))
    }
}

impl Hot for Things {
    type Route<'p> = &'p str;
    type Worker = ();
    type Memory = ();

    fn always(&self) -> &str {
        ""
    }

    fn posted<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix("/posted/").filter(|name| !name.is_empty() && !name.contains('/'))
    }

    fn route<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix("/hot/").filter(|name| !name.is_empty() && !name.contains('/'))
    }

    async fn answer(
        &self,
        name: Self::Route<'_>,
        request: &Request<'_>,
        (): &(),
        (): &mut (),
    ) -> Result<Answer> {
        let answer = match request.body {
            Some(body) => Self::echo(body),
            None => Things::answer(self, name, &request.wants).await?,
        };
        Ok(answer.with("x-way", "hot"))
    }
}

async fn rest(
    things: web::Data<Things>,
    name: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Ok(things.answer(&name, &Wants::of(&request)).await?.with("x-way", "rest").into())
}

async fn posted(body: web::Bytes) -> HttpResponse {
    Things::echo(&body).with("x-way", "rest").into()
}

pub struct Server {
    pub address: SocketAddr,
    pub things: Things,
    pub stop: Shutdown,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub fn start(hot: bool, limits: Limits) -> Self {
        let listener = bind("test", ([127, 0, 0, 1], 0).into()).unwrap();
        let (address, things, stop) = (listener.local_addr().unwrap(), Things::new(), Shutdown::new());
        let (shared, stopped) = (things.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let data = web::Data::new(shared.clone());
            let app = move || {
                App::new()
                    .wrap(from_fn(request_id))
                    .app_data(data.clone())
                    .service(
                        web::resource("/hot/{name}").route(web::get().to(rest)).route(web::head().to(rest)),
                    )
                    .route("/posted/{name}", web::post().to(posted))
                    .configure(defaults)
            };
            let served = async {
                if hot {
                    serve_hot(listener, limits, stopped, shared, app).await
                } else {
                    serve(listener, limits, stopped, app).await
                }
            };
            runtime.block_on(served).unwrap();
        });
        Self { address, things, stop, thread: Some(thread) }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    /// So many answers to these bytes from a client who could say more, or those until the server closes.
    pub fn say_on(&self, pieces: &[&[u8]], count: usize) -> Vec<Said> {
        let mut stream = self.connect();
        for piece in pieces {
            stream.write_all(piece).unwrap();
        }
        let (mut bytes, mut more) = (Vec::new(), [0; 64 << 10]);
        loop {
            let said = Said::all(&bytes);
            let whole = |said: &Said| said.fields.contains(&format!("content-length: {}", said.body.len()));
            if said.len() == count && said.last().is_some_and(whole) {
                return said;
            }
            match stream.read(&mut more).unwrap() {
                0 => return said,
                read => bytes.extend_from_slice(&more[..read]),
            }
        }
    }

    /// All that is said to these bytes, after which nothing comes any more, until the server closes.
    pub fn say(&self, pieces: &[&[u8]]) -> Vec<Said> {
        let mut stream = self.connect();
        for piece in pieces {
            // It may have closed already.
            let _ = stream.write_all(piece);
        }
        let _ = stream.shutdown(Side::Write);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Said::all(&bytes)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.start();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// An answer, without what differs from one to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub line: String,
    /// Sorted.
    pub fields: Vec<String>,
    pub body: Vec<u8>,
    pub way: String,
    pub id: String,
}

impl Said {
    /// The connection ends with it.
    pub fn is_last(&self) -> bool {
        let says = |option: &str| self.fields.iter().any(|field| *field == format!("connection: {option}"));
        says("close") || (self.line.starts_with("HTTP/1.0") && !says("keep-alive"))
    }

    /// Reads answers one after the other; those to HEAD are told by `x` in their place: nobody asks for it here.
    pub fn all(mut bytes: &[u8]) -> Vec<Self> {
        let mut all = Vec::new();
        while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            bytes = &bytes[end + 4..];
            let mut lines = head.split("\r\n").map(str::to_owned);
            let line = lines.next().unwrap();
            let mut fields: Vec<String> = lines.collect();
            fields.sort();
            let mut take = |name: &str| {
                let at = fields.iter().position(|field| field.starts_with(name));
                at.map(|at| fields.remove(at)[name.len()..].to_owned()).unwrap_or_default()
            };
            let (way, id, date) = (take("x-way: "), take("x-request-id: "), take("date: "));
            assert!(date.ends_with(" GMT") || line.contains("408"), "{head}");
            let length = fields.iter().find_map(|field| field.strip_prefix("content-length: "));
            let mut length: usize = length.map_or(0, |length| length.parse().unwrap());
            // An answer to HEAD, if the next one or the end stands where its body would.
            if bytes.starts_with(b"HTTP/1.") || bytes.is_empty() {
                length = 0;
            }
            let (body, rest) = bytes.split_at(length.min(bytes.len()));
            let mut body = body.to_vec();
            if let Ok(text) = std::str::from_utf8(&body)
                && text.contains(&id)
                && !id.is_empty()
            {
                body = text.replace(&id, "ID").into_bytes();
            }
            bytes = rest;
            all.push(Self { line, fields, body, way, id });
        }
        all
    }
}
