//! A raw RTMP publisher for tests: sends an FLV's tags byte for byte, the way OBS puts them on the wire.
//!
//! Written apart from the server's own code, so that the two do not share mistakes. The order is OBS 29's: plain
//! handshake, SetChunkSize before `connect`, releaseStream/FCPublish/createStream in one segment, `publish` on chunk
//! stream 4, then metadata, audio and video all on chunk stream 4 with header forms 0 to 3 by what changed; FCUnpublish,
//! deleteStream and FIN at the end. What the server sends is read in the background; dropping the publisher closes.

mod moving;
mod options;
mod socket;
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use crate::flv::{Kind, Tag};
pub use moving::Moving;
pub use options::{Options, Pace, Refused, Status};
pub use socket::raw_tls;
use socket::{Reading, Writing};
use wire::{Amf, ChunkWriter, Message, Reader, command};

/// How long [`Publisher::connect`] waits for each answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long [`Publisher::stop`] and [`Publisher::cut`] wait for the server to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Messages of the server kept unread; later ones are dropped.
const INBOX: usize = 64;
/// Chunk size of OBS.
const CHUNK_SIZE: usize = 4096;
/// Chunk streams of commands, and of everything on the publish, as OBS uses them.
const COMMANDS: u8 = 3;
const MEDIA: u8 = 4;
/// What a loop adds after its last tag, in milliseconds: one frame at 30 fps.
const LOOP_GAP: u32 = 33;

/// What the server said, as far as a publisher cares.
enum Said {
    /// `_result` or `_error` to a transaction.
    Answer { ok: bool, transaction: f64, values: Vec<Amf> },
    /// `onStatus`.
    Status(Status),
    /// Message type 0x20.
    GoAway,
}

/// A publish that the server has accepted.
pub struct Publisher {
    socket: Writing,
    chunks: ChunkWriter,
    inbox: mpsc::Receiver<Said>,
    reader: ReadTask,
    options: Options,
    stream_id: u32,
    /// Added to timestamps by the loops so far.
    looped: u32,
    clock: Option<Clock>,
}

/// Paces by the time that has passed in the tags, over any wrap.
struct Clock {
    started: Instant,
    last: u32,
    passed: i64,
}

impl Publisher {
    /// Connects and publishes, up to NetStream.Publish.Start.
    ///
    /// # Errors
    /// [`Refused`], with the server's status if it sent one.
    pub async fn connect(server: SocketAddr, options: Options) -> Result<Self, Refused> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (mut read_half, mut socket) = match &options.tls {
            Some(certificate) => socket::tls(stream, certificate).await?,
            None => socket::plain(stream),
        };
        handshake(&mut read_half, &mut socket).await?;
        let (sender, inbox) = mpsc::channel(INBOX);
        let reader = ReadTask(tokio::spawn(read_all(read_half, sender)));
        let mut publisher = Self {
            socket,
            chunks: ChunkWriter::new(),
            inbox,
            reader,
            options,
            stream_id: 0,
            looped: 0,
            clock: None,
        };
        publisher.start(server).await?;
        Ok(publisher)
    }

    async fn start(&mut self, server: SocketAddr) -> Result<(), Refused> {
        let key = Amf::text(&self.options.key);
        let mut bytes = self.chunks.set_chunk_size(CHUNK_SIZE);
        let scheme = if self.options.tls.is_some() { "rtmps" } else { "rtmp" };
        let url = format!("{scheme}://{server}/{}", self.options.app);
        let connect = Amf::Object(vec![
            ("app".into(), Amf::text(&self.options.app)),
            ("type".into(), Amf::text("nonprivate")),
            ("supportsGoAway".into(), Amf::Boolean(true)),
            ("flashVer".into(), Amf::text("FMLE/3.0 (compatible; FMSc/1.0)")),
            ("swfUrl".into(), Amf::text(&url)),
            ("tcUrl".into(), Amf::text(&url)),
        ]);
        bytes.extend(self.command(COMMANDS, 0, "connect", 1.0, &[connect]));
        self.socket.write_all(&bytes).await?;
        self.answer(1.0).await?;

        let mut bytes = self.command(COMMANDS, 0, "releaseStream", 2.0, &[Amf::Null, key.clone()]);
        bytes.extend(self.command(COMMANDS, 0, "FCPublish", 3.0, &[Amf::Null, key.clone()]));
        bytes.extend(self.command(COMMANDS, 0, "createStream", 4.0, &[Amf::Null]));
        self.socket.write_all(&bytes).await?;
        let values = self.answer(4.0).await?;
        self.stream_id = match values.last() {
            Some(Amf::Number(id)) => *id as u32,
            _ => return Err(Refused::Closed),
        };

        let arguments = [Amf::Null, key, Amf::text("live")];
        let bytes = self.command(MEDIA, self.stream_id, "publish", 5.0, &arguments);
        self.socket.write_all(&bytes).await?;
        loop {
            match self.heard().await? {
                Said::Status(status) if status.code == "NetStream.Publish.Start" => return Ok(()),
                Said::Status(status) if status.level == "error" => return Err(Refused::Status(status)),
                _ => {}
            }
        }
    }

    /// Sends all tags, as often and at the pace the options say.
    ///
    /// # Errors
    /// When the socket fails, for example because the server closed.
    pub async fn send(&mut self, tags: &[Tag]) -> std::io::Result<()> {
        let span = span(tags);
        for _ in 0..self.options.loops {
            for tag in tags {
                self.send_tag(tag).await?;
            }
            self.looped = self.looped.wrapping_add(span);
        }
        Ok(())
    }

    /// Sends one tag when its time has come, with the options' offset.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn send_tag(&mut self, tag: &Tag) -> std::io::Result<()> {
        let timestamp = tag.timestamp.wrapping_add(self.options.offset).wrapping_add(self.looped);
        if let Pace::Speed(speed) = self.options.pace {
            let clock = self.clock.get_or_insert_with(|| Clock {
                started: Instant::now(),
                last: timestamp,
                passed: 0,
            });
            clock.passed += i64::from(timestamp.wrapping_sub(clock.last) as i32);
            clock.last = timestamp;
            let due = Duration::from_secs_f64((clock.passed.max(0) as f64) / 1000.0 / speed);
            sleep_until(clock.started + due).await;
        }
        let bytes = self.encoded(tag, timestamp);
        self.socket.write_all(&bytes).await
    }

    /// Sends tags at once, in one write, their timestamps later by `later` milliseconds. Pace, offset and loops of the options do not
    /// count: for whoever paces many publishers.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn send_together(&mut self, tags: &[Tag], later: u32) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        for tag in tags {
            bytes.extend(self.encoded(tag, tag.timestamp.wrapping_add(later)));
        }
        self.socket.write_all(&bytes).await
    }

    fn encoded(&mut self, tag: &Tag, timestamp: u32) -> Vec<u8> {
        match tag.kind {
            Kind::Audio => self.chunks.write(MEDIA, 8, self.stream_id, timestamp, &tag.data),
            Kind::Video => self.chunks.write(MEDIA, 9, self.stream_id, timestamp, &tag.data),
            Kind::Script => {
                let mut body = Amf::text("@setDataFrame").encoded();
                body.extend_from_slice(&tag.data);
                self.chunks.write(MEDIA, 18, self.stream_id, timestamp, &body)
            }
        }
    }

    /// The next tag is due at once, and those after it count from there: whoever waited does not send the rest in a burst.
    pub fn restart_clock(&mut self) {
        self.clock = None;
    }

    /// The next `onStatus`; `None` once the server has closed.
    pub async fn status(&mut self) -> Option<Status> {
        loop {
            match self.inbox.recv().await? {
                Said::Status(status) => return Some(status),
                Said::Answer { .. } | Said::GoAway => {}
            }
        }
    }

    /// Waits until the server asks to connect again (message type 0x20); false if it closes before.
    pub async fn asked_to_reconnect(&mut self) -> bool {
        loop {
            match self.inbox.recv().await {
                Some(Said::GoAway) => return true,
                Some(_) => {}
                None => return false,
            }
        }
    }

    /// Waits until the server closes.
    pub async fn closed(&mut self) {
        while self.inbox.recv().await.is_some() {}
    }

    /// Stops as OBS does: FCUnpublish, deleteStream, FIN.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn stop(mut self) -> std::io::Result<()> {
        let key = Amf::text(&self.options.key);
        let id = Amf::Number(f64::from(self.stream_id));
        let mut bytes = self.command(COMMANDS, 0, "FCUnpublish", 6.0, &[Amf::Null, key]);
        bytes.extend(self.command(COMMANDS, 0, "deleteStream", 7.0, &[Amf::Null, id]));
        self.socket.write_all(&bytes).await?;
        self.cut().await
    }

    /// Cuts the connection with FIN and no word, as a crash of the publisher does, and waits up to 5 s for the server
    /// to close too.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn cut(mut self) -> std::io::Result<()> {
        self.socket.shutdown().await?;
        // Closing at once with answers unread would be a reset, which may overtake what was sent.
        let _ = timeout(CLOSE_TIMEOUT, self.closed()).await;
        Ok(())
    }

    /// Cuts the connection with RST; one by TLS with neither word nor goodbye.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn reset(mut self) -> std::io::Result<()> {
        if let Writing::Plain(socket) = &self.socket {
            socket2::SockRef::from(socket.as_ref()).set_linger(Some(Duration::ZERO))?;
        }
        // Only when the reader's half is gone does dropping the other close the socket.
        self.reader.stop().await;
        if let Writing::Plain(socket) = self.socket {
            socket.forget();
        }
        Ok(())
    }

    /// Keeps the connection open and silent for as long as the returned value lives, reading nothing: a publisher
    /// whose network is gone.
    pub async fn hold(mut self) -> Held {
        self.reader.stop().await;
        Held { _socket: self.socket }
    }

    fn command(&mut self, csid: u8, stream_id: u32, name: &str, transaction: f64, rest: &[Amf]) -> Vec<u8> {
        self.chunks.write(csid, 20, stream_id, 0, &command(name, transaction, rest))
    }

    async fn heard(&mut self) -> Result<Said, Refused> {
        match timeout(ANSWER_TIMEOUT, self.inbox.recv()).await {
            Ok(Some(said)) => Ok(said),
            Ok(None) => Err(Refused::Closed),
            Err(_) => Err(Refused::TimedOut),
        }
    }

    async fn answer(&mut self, to: f64) -> Result<Vec<Amf>, Refused> {
        loop {
            match self.heard().await? {
                Said::Answer { ok: true, transaction, values } if transaction == to => return Ok(values),
                Said::Answer { ok: false, transaction, values } if transaction == to => {
                    return Err(Refused::Status(values.iter().map(status).next_back().unwrap_or_default()));
                }
                Said::Status(status) if status.level == "error" => return Err(Refused::Status(status)),
                _ => {}
            }
        }
    }
}

/// A socket kept open and silent; see [`Publisher::hold`].
pub struct Held {
    _socket: Writing,
}

/// The task that reads; ends with the publisher.
struct ReadTask(JoinHandle<()>);

impl ReadTask {
    async fn stop(&mut self) {
        self.0.abort();
        let _ = (&mut self.0).await;
    }
}

impl Drop for ReadTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How much one round of the tags adds to the timestamps of the next, in milliseconds.
fn span(tags: &[Tag]) -> u32 {
    let Some(first) = tags.first() else { return 0 };
    let last = tags.iter().map(|tag| tag.timestamp.wrapping_sub(first.timestamp) as i32).max().unwrap_or(0);
    last.max(0) as u32 + LOOP_GAP
}

async fn handshake(reading: &mut Reading, writing: &mut Writing) -> Result<(), Refused> {
    let mut hello = vec![3];
    hello.extend((0..1536u32).map(|i| if i < 8 { 0 } else { (i * 31 % 251) as u8 }));
    writing.write_all(&hello).await?;
    let mut answer = vec![0; 1 + 2 * 1536];
    match timeout(ANSWER_TIMEOUT, reading.read_exact(&mut answer)).await {
        Ok(read) => read.map_err(|_| Refused::Closed)?,
        Err(_) => return Err(Refused::TimedOut),
    };
    writing.write_all(&answer[1..1537]).await?;
    Ok(())
}

async fn read_all(mut socket: Reading, inbox: mpsc::Sender<Said>) {
    let mut reader = Reader::new();
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count @ 1..) = socket.read(&mut buffer).await {
        for message in reader.push(&buffer[..count]) {
            if let Some(said) = understand(&message) {
                // A test that does not read must not stop the reading.
                let _ = inbox.try_send(said);
            }
        }
    }
}

fn understand(message: &Message) -> Option<Said> {
    match message.type_id {
        0x20 => Some(Said::GoAway),
        20 => {
            let mut values = Amf::decode(&message.body)?.into_iter();
            let (Some(Amf::String(name)), Some(Amf::Number(transaction))) = (values.next(), values.next())
            else {
                return None;
            };
            let values: Vec<_> = values.collect();
            match name.as_str() {
                "onStatus" => values.iter().map(status).next_back().map(Said::Status),
                "_result" | "_error" => Some(Said::Answer { ok: name == "_result", transaction, values }),
                _ => None,
            }
        }
        _ => None,
    }
}

fn status(value: &Amf) -> Status {
    let text = |name: &str| value.property(name).unwrap_or_default().to_owned();
    Status { level: text("level"), code: text("code"), description: text("description") }
}
