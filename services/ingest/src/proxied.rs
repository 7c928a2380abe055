//! The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt, "The PROXY protocol"): whose connection it is that a balancer passes on.
//!
//! Only [`RtmpConfig::proxies`](crate::config::RtmpConfig::proxies) are read so, and have to begin so: the specification forbids to guess, for
//! whoever may say an address may be anybody. The header is read to its last byte and no further; RTMP or TLS comes behind it.
//! The texts are `ppp`'s to understand; checksums and other extensions are skipped.

use ppp::{v1, v2};
use std::{io, net::SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes that are read first: shorter than the shortest header of either version (`PROXY UNKNOWN` and a line's end, 15).
const START: usize = 12;
/// What version 2 begins with.
const SIGNATURE: &[u8; START] = b"\r\n\r\n\0\r\nQUIT\n";
/// The fixed part of version 2; its last two bytes are the length of the rest.
const FIXED: usize = 16;
/// Version and command of version 2 by which a balancer speaks for itself; family and addresses are to be ignored then.
const LOCAL: u8 = 0x20;
/// The same of version 1.
const UNKNOWN: &[u8] = b"PROXY UNKNOWN";
/// Longest line of version 1, its end included.
const LONGEST_LINE: usize = 107;
/// Longest rest of version 2 that is taken: addresses of up to 216 bytes and what balancers add, a certificate's names at most.
const LONGEST_REST: usize = 4096;

/// Why a connection of a balancer cannot be passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The socket failed, or ended within the header.
    #[error("the connection ended within its PROXY header: {0}")]
    Socket(#[from] io::Error),
    /// It ended, or was reset, before a byte: a balancer that tries whether the port is open.
    #[error("the connection brought nothing")]
    Nothing,
    /// It begins with something else.
    #[error("the connection does not begin with a PROXY header")]
    Missing,
    /// A line that is none of version 1. The parser's words, which hold bytes of the peer's, are the source's.
    #[error("the PROXY header of version 1 is broken")]
    First(#[source] v1::BinaryParseError),
    /// It begins like version 2.
    #[error("the PROXY header of version 2 is broken")]
    Second(#[source] v2::ParseError),
    /// More than [`LONGEST_LINE`] or [`LONGEST_REST`].
    #[error("the PROXY header is too long")]
    TooLong,
}

/// Reads the header. Who is connected: the client whom it names; none where the balancer speaks for itself (`LOCAL`, `UNKNOWN`) or for what
/// has no address.
///
/// # Errors
/// [`Error`]; the connection is good for nothing then. There is no time limit here.
pub(crate) async fn client(socket: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, Error> {
    let mut header = Vec::with_capacity(FIXED + 64);
    let mut first = [0; START];
    let Ok(1..) = socket.read(&mut first[..1]).await else { return Err(Error::Nothing) };
    socket.read_exact(&mut first[1..]).await?;
    header.extend_from_slice(&first);
    if first == *SIGNATURE {
        return of_second(socket, header).await;
    }
    if first.starts_with(v1::PROTOCOL_PREFIX.as_bytes()) {
        return of_first(socket, header).await;
    }
    Err(Error::Missing)
}

/// Version 1: a line of text. Byte by byte, for what follows is not ours; a header is in the kernel at once.
async fn of_first(
    socket: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> Result<Option<SocketAddr>, Error> {
    while !header.ends_with(b"\n") {
        if header.len() == LONGEST_LINE {
            return Err(Error::TooLong);
        }
        header.push(socket.read_u8().await?);
    }
    // Whatever stands behind it, up to the end of the line, is to be ignored.
    let rest = header.strip_prefix(UNKNOWN);
    if rest.is_some_and(|rest| rest.ends_with(b"\r\n") && matches!(rest[0], b' ' | b'\r')) {
        return Ok(None);
    }
    let header = v1::Header::try_from(header.as_slice()).map_err(Error::First)?;
    Ok(match header.addresses {
        v1::Addresses::Unknown => None,
        v1::Addresses::Tcp4(ip) => Some((ip.source_address, ip.source_port).into()),
        v1::Addresses::Tcp6(ip) => Some((ip.source_address, ip.source_port).into()),
    })
}

/// Version 2: a fixed part and so many bytes more.
async fn of_second(
    socket: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> Result<Option<SocketAddr>, Error> {
    header.resize(FIXED, 0);
    socket.read_exact(&mut header[START..]).await?;
    let rest = usize::from(u16::from_be_bytes([header[FIXED - 2], header[FIXED - 1]]));
    if rest > LONGEST_REST {
        return Err(Error::TooLong);
    }
    header.resize(FIXED + rest, 0);
    socket.read_exact(&mut header[FIXED..]).await?;
    if header[START] == LOCAL {
        return Ok(None);
    }
    let header = v2::Header::try_from(header.as_slice()).map_err(Error::Second)?;
    Ok(match header.addresses {
        v2::Addresses::IPv4(ip) => Some((ip.source_address, ip.source_port).into()),
        v2::Addresses::IPv6(ip) => Some((ip.source_address, ip.source_port).into()),
        v2::Addresses::Unspecified | v2::Addresses::Unix(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of these bytes, and how many of them are left.
    async fn read(bytes: &[u8]) -> (Result<Option<SocketAddr>, Error>, usize) {
        let mut rest = bytes;
        let read = client(&mut rest).await;
        (read, rest.len())
    }

    fn second(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([command, family]);
        bytes.extend((rest.len() as u16).to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    #[tokio::test]
    async fn the_client_is_read_and_what_follows_is_left() {
        let v4 = [203, 0, 113, 9, 10, 0, 0, 1, 0x30, 0x39, 0x07, 0x8f];
        let mut v6 = [0; 36];
        v6[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        v6[15] = 7;
        v6[32..34].copy_from_slice(&4000u16.to_be_bytes());
        // An extension as a balancer adds it: type 4 (nothing), 3 bytes.
        let extended = [v4.as_slice(), &[4, 0, 3, 0, 0, 0]].concat();
        for (header, client) in [
            (b"PROXY TCP4 203.0.113.9 10.0.0.1 12345 1935\r\n".to_vec(), Some("203.0.113.9:12345")),
            (b"PROXY TCP6 2001:db8::7 2001:db8::1 4000 1935\r\n".to_vec(), Some("[2001:db8::7]:4000")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".to_vec(), None),
            (b"PROXY UNKNOWN a b c d e \xff\r\n".to_vec(), None),
            (
                b"PROXY TCP6 ::ffff:203.0.113.9 ::ffff:10.0.0.1 9 1935\r\n".to_vec(),
                Some("[::ffff:203.0.113.9]:9"),
            ),
            (second(0x21, 0x11, &v4), Some("203.0.113.9:12345")),
            (second(0x21, 0x11, &extended), Some("203.0.113.9:12345")),
            (second(0x21, 0x21, &v6), Some("[2001:db8::7]:4000")),
            (second(0x20, 0x00, &[]), None),
            (second(0x20, 0x11, &v4), None),
            (second(0x20, 0x11, &[]), None),
            (second(0x20, 0x77, &[1]), None),
            (second(0x21, 0x31, &[b'x'; 216]), None),
        ] {
            let shown = String::from_utf8_lossy(&header).into_owned();
            let (read, left) = read(&[header.as_slice(), b"\x03rtmp"].concat()).await;
            assert_eq!(read.unwrap(), client.map(|at| at.parse().unwrap()), "{shown}");
            assert_eq!(left, 5, "{shown}");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_or_half_of_one_is_refused() {
        let long = format!("PROXY TCP4 {}\r\n", "1".repeat(200));
        type Is = fn(&Error) -> bool;
        let cases: [(Vec<u8>, Is); 13] = [
            (Vec::new(), |e| matches!(e, Error::Nothing)),
            (b"\x03".to_vec(), |e| matches!(e, Error::Socket(_))),
            (b"\x03\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(), |e| matches!(e, Error::Missing)),
            (b"GET / HTTP/1.1\r\n\r\n".to_vec(), |e| matches!(e, Error::Missing)),
            (b"PROXY TCP4 203.0.113.9 10.0.".to_vec(), |e| matches!(e, Error::Socket(_))),
            (b"PROXY TCP4 203.0.113.999 10.0.0.1 1 2\r\n".to_vec(), |e| matches!(e, Error::First(_))),
            (b"PROXY TCP4 203.0.113.9 10.0.0.1 1 99999\r\n".to_vec(), |e| matches!(e, Error::First(_))),
            (b"PROXY UNKNOWN\r \n".to_vec(), |e| matches!(e, Error::First(_))),
            (b"PROXY UNKNOWNS 1\r\n".to_vec(), |e| matches!(e, Error::First(_))),
            (long.into_bytes(), |e| matches!(e, Error::TooLong)),
            (second(0x21, 0x11, &[1, 2, 3]), |e| matches!(e, Error::Second(_))),
            (second(0x22, 0x11, &[0; 12]), |e| matches!(e, Error::Second(_))),
            (second(0x21, 0x11, &[0; 5000]), |e| matches!(e, Error::TooLong)),
        ];
        for (bytes, is) in cases {
            let (read, _) = read(&bytes).await;
            let error = read.expect_err(&String::from_utf8_lossy(&bytes));
            assert!(is(&error), "{error} of {:?}", String::from_utf8_lossy(&bytes));
        }
        let cut = second(0x21, 0x11, &[0; 12]);
        for length in 1..cut.len() {
            assert!(matches!(read(&cut[..length]).await.0, Err(Error::Socket(_))), "{length} bytes");
        }
    }
}
