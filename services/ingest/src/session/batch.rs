//! Reading a publisher's socket in batches: one wake-up a picture instead of one a packet.
//!
//! The kernel is told (SO_RCVLOWAT, socket(7)) to report the socket readable only once the rest of a begun message is there, or [`BATCH_BYTES`]
//! between messages. What is less than that is read after [`BATCH_TIME`], so nothing waits longer. A close or an error is reported at
//! once. Where the option is refused, every packet wakes as usual.

use std::{io, os::fd::AsRawFd, time::Duration};

use nix::{
    errno::Errno,
    setsockopt_impl, sockopt_impl,
    sys::socket::{MsgFlags, SetSockOpt, recv},
};
use tokio::net::TcpStream;

/// Between messages: more than a frame of sound, less than nearly every picture.
const BATCH_BYTES: usize = 2 << 10;
/// Longest time that media lies in the socket.
pub(super) const BATCH_TIME: Duration = Duration::from_millis(50);

sockopt_impl!(
    /// Bytes from which on a socket counts as readable.
    RcvLowat,
    SetOnly,
    libc::SOL_SOCKET,
    libc::SO_RCVLOWAT,
    usize
);

/// What the kernel was told last.
pub(super) struct Reads {
    told: usize,
    /// Largest batch: the size of the buffer it is read into.
    most: usize,
}

impl Reads {
    pub(super) fn new(most: usize) -> Self {
        Self { told: 1, most }
    }

    /// Waits for `missing` bytes of a begun message from now on; 0: between messages.
    pub(super) fn expect(&mut self, socket: &TcpStream, missing: usize) {
        self.tell(socket, if missing == 0 { BATCH_BYTES } else { missing });
    }

    /// Waits for any byte from now on.
    pub(super) fn expect_any(&mut self, socket: &TcpStream) {
        self.tell(socket, 1);
    }

    fn tell(&mut self, socket: &TcpStream, bytes: usize) {
        let bytes = bytes.min(self.most);
        // Refused: packets wake as they come, which is only dearer.
        if bytes != self.told && RcvLowat.set(socket, &bytes).is_ok() {
            self.told = bytes;
        }
    }
}

/// Reads what is there, however little; `None` if that is nothing. Errors: the socket's.
pub(super) fn read_now(socket: &TcpStream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
        Ok(count) => Ok(Some(count)),
        Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        time::timeout,
    };

    const SOON: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_secs(10);

    /// Our end and the publisher's. One byte has gone through: a fresh socket's first read does not wait for the kernel's word.
    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut publisher = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        publisher.set_nodelay(true).unwrap();
        let mut ours = listener.accept().await.unwrap().0;
        publisher.write_all(&[0]).await.unwrap();
        assert_eq!(ours.read(&mut [0; 8]).await.unwrap(), 1);
        (ours, publisher)
    }

    /// Waits until so many bytes lie in the socket.
    async fn arrived(ours: &TcpStream, wanted: usize) {
        let mut bytes = vec![0; wanted];
        while recv(ours.as_raw_fd(), &mut bytes, MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT) != Ok(wanted) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn less_than_a_batch_wakes_nobody_and_is_there_for_who_looks() {
        let (mut ours, mut publisher) = pair().await;
        let mut reads = Reads::new(32 << 10);
        reads.expect(&ours, 0);
        publisher.write_all(&[1; BATCH_BYTES - 1]).await.unwrap();
        arrived(&ours, BATCH_BYTES - 1).await;
        let mut buffer = vec![0; 32 << 10];
        assert!(timeout(SOON, ours.read(&mut buffer)).await.is_err(), "woken by less than a batch");
        assert_eq!(read_now(&ours, &mut buffer).unwrap(), Some(BATCH_BYTES - 1));
        assert_eq!(read_now(&ours, &mut buffer).unwrap(), None);
        publisher.write_all(&[1; BATCH_BYTES]).await.unwrap();
        assert_eq!(timeout(LONG, ours.read(&mut buffer)).await.unwrap().unwrap(), BATCH_BYTES);
    }

    #[tokio::test]
    async fn the_rest_of_a_message_wakes_when_it_is_whole() {
        let (mut ours, mut publisher) = pair().await;
        let mut reads = Reads::new(32 << 10);
        reads.expect(&ours, 10_000);
        publisher.write_all(&[1; 9_999]).await.unwrap();
        arrived(&ours, 9_999).await;
        let mut buffer = vec![0; 32 << 10];
        assert!(timeout(SOON, ours.read(&mut buffer)).await.is_err(), "woken before the end of the message");
        publisher.write_all(&[1]).await.unwrap();
        assert_eq!(timeout(LONG, ours.read(&mut buffer)).await.unwrap().unwrap(), 10_000);
    }

    #[tokio::test]
    async fn what_lies_there_wakes_as_soon_as_any_byte_is_enough() {
        let (mut ours, mut publisher) = pair().await;
        let mut reads = Reads::new(32 << 10);
        reads.expect(&ours, 0);
        publisher.write_all(&[1; 5]).await.unwrap();
        arrived(&ours, 5).await;
        reads.expect_any(&ours);
        let mut buffer = vec![0; 32 << 10];
        assert_eq!(timeout(LONG, ours.read(&mut buffer)).await.unwrap().unwrap(), 5);
    }

    #[tokio::test]
    async fn a_close_wakes_at_once() {
        let (mut ours, publisher) = pair().await;
        let mut reads = Reads::new(32 << 10);
        reads.expect(&ours, 20_000);
        drop(publisher);
        assert_eq!(timeout(LONG, ours.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
    }
}
