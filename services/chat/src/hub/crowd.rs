//! The sockets of one room, in rows: the first is served by the room itself, each further one by a task of its own, so that a large room
//! is given to by all processors and none of them is taken for long.
//!
//! Rows keep the order: what was given before a socket came in is not for it, what is given after is. A row that is behind holds the room
//! up when its queue is full; then what is said meanwhile is given out together.

use super::batch::Batch;
use crate::socket::Socket;
use bytes::Bytes;
use std::{collections::HashMap, sync::Arc};
use streamly_lifecycle::Tasks;
use tokio::sync::mpsc;

/// Sockets of one row.
const ROW: usize = 1_024;
/// Sockets that are given to before others may run: some 600 µs.
const STRETCH: usize = 128;
/// What may wait for a row.
const WAITING: usize = 16;

/// A line of sockets.
#[derive(Debug, Default)]
struct Row(Vec<(u64, Arc<Socket>)>);

impl Row {
    async fn give(&self, batch: &Batch) {
        for (n, stretch) in self.0.chunks(STRETCH).enumerate() {
            if n > 0 {
                tokio::task::yield_now().await;
            }
            stretch.iter().for_each(|(_, socket)| socket.deliver(batch));
        }
    }

    fn leave(&mut self, socket: u64) {
        if let Some(at) = self.0.iter().position(|(id, _)| *id == socket) {
            self.0.swap_remove(at);
        }
        if self.0.capacity() > 64 && self.0.len() < self.0.capacity() / 4 {
            self.0.shrink_to(self.0.len() * 2);
        }
    }
}

/// What a further row is told.
enum Tell {
    Enter(Arc<Socket>),
    Leave(u64),
    Give(Arc<Batch>),
    Send(Arc<Socket>, Bytes),
}

async fn serve(mut told: mpsc::Receiver<Tell>) {
    let mut row = Row::default();
    while let Some(tell) = told.recv().await {
        match tell {
            Tell::Enter(socket) => row.0.push((socket.id, socket)),
            Tell::Leave(socket) => row.leave(socket),
            Tell::Give(batch) => row.give(&batch).await,
            Tell::Send(socket, frame) => socket.send_frame(&frame),
        }
    }
}

/// A row, as the room sees it.
struct Further {
    count: usize,
    tell: mpsc::Sender<Tell>,
}

/// A socket's place: the first row is 0.
struct Seat {
    socket: Arc<Socket>,
    row: usize,
}

/// All sockets of a room.
pub(super) struct Crowd {
    seats: HashMap<u64, Seat>,
    first: Row,
    further: Vec<Further>,
    /// Sockets of one row.
    row: usize,
    tasks: Tasks,
}

impl Crowd {
    /// Nobody. Further rows run as `tasks`, until the crowd is dropped.
    pub(super) fn new(tasks: Tasks) -> Self {
        Self::with_rows_of(ROW, tasks)
    }

    fn with_rows_of(row: usize, tasks: Tasks) -> Self {
        Self { seats: HashMap::new(), first: Row::default(), further: Vec::new(), row, tasks }
    }

    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// The one of that id.
    pub(super) fn get(&self, socket: u64) -> Option<&Arc<Socket>> {
        self.seats.get(&socket).map(|s| &s.socket)
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Socket>> {
        self.seats.values().map(|s| &s.socket)
    }

    /// A socket comes in; one that is here already stays where it is.
    pub(super) async fn enter(&mut self, socket: Arc<Socket>) {
        if self.seats.contains_key(&socket.id) {
            return;
        }
        let row = self.row_with_room();
        self.seats.insert(socket.id, Seat { socket: socket.clone(), row });
        match row.checked_sub(1).and_then(|n| self.further.get_mut(n)) {
            None => self.first.0.push((socket.id, socket)),
            Some(further) => {
                further.count += 1;
                let _ = further.tell.send(Tell::Enter(socket)).await;
            }
        }
    }

    fn row_with_room(&mut self) -> usize {
        if self.first.0.len() < self.row {
            return 0;
        }
        if let Some(n) = self.further.iter().position(|f| f.count < self.row) {
            return n + 1;
        }
        let (tell, told) = mpsc::channel(WAITING);
        self.tasks.spawn("row", serve(told));
        self.further.push(Further { count: 0, tell });
        self.further.len()
    }

    /// A socket goes.
    pub(super) async fn leave(&mut self, socket: u64) {
        let Some(seat) = self.seats.remove(&socket) else { return };
        match seat.row.checked_sub(1).and_then(|n| self.further.get_mut(n)) {
            None => self.first.leave(socket),
            Some(further) => {
                further.count -= 1;
                let _ = further.tell.send(Tell::Leave(socket)).await;
            }
        }
    }

    /// Sends it to one of them behind what it was given before; at once to one that is not here.
    pub(super) async fn send(&self, socket: &Arc<Socket>, frame: &Bytes) {
        let row = self.seats.get(&socket.id).and_then(|seat| self.further.get(seat.row.checked_sub(1)?));
        match row {
            None => socket.send_frame(frame),
            Some(further) => {
                let _ = further.tell.send(Tell::Send(socket.clone(), frame.clone())).await;
            }
        }
    }

    /// Gives it to all of them. Waits for no socket, for a row that is far behind only.
    pub(super) async fn give(&self, batch: Batch) {
        if self.further.is_empty() {
            return self.first.give(&batch).await;
        }
        let batch = Arc::new(batch);
        for further in self.further.iter().filter(|f| f.count > 0) {
            let _ = further.tell.send(Tell::Give(batch.clone())).await;
        }
        self.first.give(&batch).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;
    use tokio::{
        io::AsyncReadExt,
        net::{TcpListener, TcpStream},
    };

    async fn pair(listener: &TcpListener, id: u64) -> (Arc<Socket>, TcpStream) {
        let at = listener.local_addr().unwrap();
        let (client, served) = tokio::join!(TcpStream::connect(at), listener.accept());
        (Arc::new(Socket::new(id, served.unwrap().0, &Limits::default())), client.unwrap())
    }

    async fn give(crowd: &Crowd, text: &str) {
        let mut batch = Batch::default();
        batch.push(text);
        crowd.give(batch.seal()).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_is_in_when_something_is_given_gets_it_in_any_row() {
        let (tasks, listener) = (Tasks::new(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let mut crowd = Crowd::with_rows_of(3, tasks.clone());
        let (mut sockets, mut clients) = (Vec::new(), Vec::new());
        for id in 0..10 {
            let (socket, client) = pair(&listener, id).await;
            sockets.push(socket);
            clients.push(client);
        }
        // Everybody hears what is given from their coming to their going.
        let mut expected = vec![String::new(); 10];
        for turn in 0..40usize {
            let (coming, letter) = (turn % 10, char::from(b'a' + (turn % 26) as u8));
            if turn < 10 || turn % 3 == 0 {
                crowd.enter(sockets[coming].clone()).await;
            } else if turn % 3 == 1 {
                crowd.leave(coming as u64).await;
            }
            give(&crowd, &letter.to_string()).await;
            for socket in crowd.iter() {
                expected[socket.id as usize].push(letter);
            }
        }
        assert!(crowd.further.len() >= 2 && expected.iter().any(|e| e.len() < 30), "{expected:?}");
        // Rows end with the crowd, when they have given all.
        drop((crowd, sockets));
        assert!(tasks.join(std::time::Duration::from_secs(20)).await);
        for (client, expected) in clients.iter_mut().zip(expected) {
            let mut got = Vec::new();
            client.read_to_end(&mut got).await.unwrap();
            let letters: Vec<u8> = got.iter().copied().filter(u8::is_ascii_lowercase).collect();
            assert_eq!(String::from_utf8(letters).unwrap(), expected);
        }
    }
}
