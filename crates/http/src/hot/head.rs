//! Reading a request's head, as far as the hot path has anything to do with it.
//!
//! Strict rather than complete: whatever is not a plain GET or HEAD without a body, or a POST with one Content-Length of digits alone, is
//! [`Read::Other`], and somebody else's to judge. The end of a head is httparse's, which actix-http uses too, and of such a length there are no
//! two readings: nobody can disagree about where a request ends.

use crate::{Wants, encoding::names_gzip, request_id, wants::bearer};
use httparse::Status;
use std::{mem::MaybeUninit, net::SocketAddr};

/// Longest head that is read here, bytes, and most that is read ahead; longer heads are actix-http's. No setting: nobody is refused by it
/// (ADR 0019). Without it connections that send ahead take the memory.
pub(super) const HEAD_MAX: usize = 8 << 10;
/// Longest head that is waited for, bytes: what actix-http reads of one before it refuses it (its `MAX_BUFFER_SIZE`).
pub(super) const LONG_MAX: usize = 128 << 10;
/// Most fields of a head that is answered here; heads with more are actix-http's. Browsers send some 15.
const FIELDS_MAX: usize = 48;
/// Most digits of the length of a body that is read here; with its head it has at most [`HEAD_MAX`] bytes.
const DIGITS_MAX: usize = 4;

/// A request for the hot path.
#[derive(Debug)]
pub struct Request<'a> {
    /// HEAD: the answer is without its body.
    pub is_head: bool,
    /// What came with a POST, whole; none: it is another method.
    pub body: Option<&'a [u8]>,
    /// As it was sent, of `a-z A-Z 0-9 - . _ /` alone.
    pub path: &'a str,
    /// Behind the `?`, as it was sent; empty without one.
    pub query: &'a str,
    /// What kind of answer it wants.
    pub wants: Wants<'a>,
    /// Who is at the other end of the connection.
    pub peer: Option<SocketAddr>,
    /// The lines of X-Forwarded-For, as they were sent.
    pub forwarded_for: Vec<&'a [u8]>,
    /// The id that a proxy of ours gave it.
    pub(super) id: Option<&'a str>,
    /// HTTP/1.0.
    pub(super) is_old: bool,
    /// The connection stays open after the answer.
    pub(super) stays: bool,
}

/// What the bytes are that have come.
#[derive(Debug)]
pub(super) enum Read<'a> {
    /// The beginning of a head.
    Part,
    /// The same of one that is not for the hot path, or one that is whole: it has too many fields.
    Long,
    /// A POST whose body has not come yet; its path.
    Body(&'a str),
    /// A request, and the length of its head and body.
    Whole(Request<'a>, usize),
    /// Not for the hot path.
    Other,
}

/// Reads a head from the beginning of the bytes.
pub(super) fn read(bytes: &[u8]) -> Read<'_> {
    if bytes.is_empty() {
        return Read::Part;
    }
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut parsed = httparse::Request::new(&mut []);
    let length = match parsed.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Read::Part,
        Err(httparse::Error::TooManyHeaders) => return Read::Long,
        Err(_) => return Read::Other,
    };
    let Some((mut request, posted)) = request(&parsed).filter(|_| ends_by_crlf(&bytes[..length])) else {
        return Read::Other;
    };
    let Some(size) = posted else { return Read::Whole(request, length) };
    let end = length + size;
    if end > HEAD_MAX {
        return Read::Other;
    }
    match bytes.get(length..end) {
        Some(body) => {
            request.body = Some(body);
            Read::Whole(request, end)
        }
        None => Read::Body(request.path),
    }
}

/// The request, and the length of the body that is behind it.
fn request<'a>(parsed: &httparse::Request<'_, 'a>) -> Option<(Request<'a>, Option<usize>)> {
    let (is_head, is_post) = match parsed.method? {
        "GET" => (false, false),
        "HEAD" => (true, false),
        "POST" => (false, true),
        _ => return None,
    };
    let (path, query) = parsed.path.map(|target| target.split_once('?').unwrap_or((target, "")))?;
    if !path.starts_with('/') || !all(path, &OF_PATH) || !all(query, &OF_QUERY) {
        return None;
    }
    let is_old = parsed.version? == 0;
    let mut request = Request {
        is_head,
        body: None,
        path,
        query,
        wants: Wants::default(),
        peer: None,
        forwarded_for: Vec::new(),
        id: None,
        is_old,
        stays: !is_old,
    };
    request.wants.head_alone = is_head;
    let (mut hosts, mut connections, mut lengths, mut size) = (0, 0, 0, None);
    let (mut id, mut range, mut grant) = (None, None, None);
    for field in parsed.headers.iter() {
        match known(field.name)? {
            Field::Host => hosts += 1,
            Field::Connection => {
                connections += 1;
                request.stays = stays(text(field.value)?)?;
            }
            Field::ContentLength => {
                lengths += 1;
                size = Some(digits(field.value)?);
            }
            Field::ContentEncoding if is_post => return None,
            Field::AcceptEncoding => request.wants.gzip |= text(field.value).is_some_and(names_gzip),
            Field::IfNoneMatch => request.wants.known.extend(text(field.value)),
            Field::Range => _ = range.get_or_insert(text(field.value)),
            Field::RequestId => _ = id.get_or_insert(text(field.value)),
            Field::ForwardedFor => request.forwarded_for.push(field.value),
            Field::Authorization => _ = grant.get_or_insert(text(field.value)),
            Field::ContentEncoding | Field::Any => {}
        }
    }
    request.wants.range = range.flatten().filter(|_| !is_head && !is_post);
    request.wants.bearer = grant.flatten().and_then(bearer);
    request.id = id.flatten().filter(|id| request_id::is_plain(id));
    // RFC 9112, 3.2.
    let named = hosts == 1 || (is_old && hosts == 0);
    let framed = if is_post { lengths == 1 && !is_old } else { lengths == 0 };
    (named && framed && connections < 2).then_some((request, size))
}

enum Field {
    Host,
    Connection,
    ContentLength,
    ContentEncoding,
    AcceptEncoding,
    IfNoneMatch,
    Range,
    RequestId,
    ForwardedFor,
    Authorization,
    /// Whatever else: it changes nothing.
    Any,
}

/// `None`: it frames a body in another way than by its length, or asks for what is not done here.
fn known(name: &str) -> Option<Field> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    Some(match name.len() {
        4 if is("host") => Field::Host,
        5 if is("range") => Field::Range,
        6 if is("expect") => return None,
        7 if is("upgrade") => return None,
        10 if is("connection") => Field::Connection,
        12 if is("x-request-id") => Field::RequestId,
        13 if is("if-none-match") => Field::IfNoneMatch,
        13 if is("authorization") => Field::Authorization,
        14 if is("content-length") => Field::ContentLength,
        15 if is("accept-encoding") => Field::AcceptEncoding,
        15 if is("x-forwarded-for") => Field::ForwardedFor,
        16 if is("content-encoding") => Field::ContentEncoding,
        17 if is("transfer-encoding") => return None,
        _ => Field::Any,
    })
}

/// Whether the connection stays; `None` for options that mean more than that.
fn stays(options: &str) -> Option<bool> {
    let options = options.trim();
    if options.eq_ignore_ascii_case("keep-alive") {
        Some(true)
    } else if options.eq_ignore_ascii_case("close") {
        Some(false)
    } else {
        None
    }
}

/// A length that everybody reads alike.
fn digits(value: &[u8]) -> Option<usize> {
    let is_plain = (1..=DIGITS_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| is_plain)?.parse().ok()
}

/// A value, if it is plain text: what `HeaderValue::to_str` takes.
fn text(value: &[u8]) -> Option<&str> {
    let plain = value.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    std::str::from_utf8(value).ok().filter(|_| plain)
}

/// Whether they are all of these.
fn all(text: &str, of: &[bool; 256]) -> bool {
    text.bytes().all(|byte| of[usize::from(byte)])
}

/// [`is_plain`] and [`is_query`] by byte: each byte of each request is asked for.
static OF_PATH: [bool; 256] = by_byte(false);
static OF_QUERY: [bool; 256] = by_byte(true);

const fn by_byte(of_query: bool) -> [bool; 256] {
    let (mut of, mut byte) = ([false; 256], 0);
    while byte < of.len() {
        of[byte] = if of_query { is_query(byte as u8) } else { is_plain(byte as u8) };
        byte += 1;
    }
    of
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_')
}

/// Of RFC 3986's characters of a query, those that nobody changes on the way.
const fn is_query(byte: u8) -> bool {
    is_plain(byte) || matches!(byte, b'=' | b'&' | b'%' | b'+' | b',' | b':' | b'~' | b'*' | b'!')
}

/// Whether a head ends in these bytes, at the latest: behind an empty line.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|two| two == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

/// httparse takes lines that end by LF alone; here they are odd. Without a way out in the middle, so that it is done for many bytes at once.
fn ends_by_crlf(head: &[u8]) -> bool {
    let two = head.iter().zip(head.get(1..).unwrap_or_default());
    let is_odd = two.fold(false, |odd, (before, byte)| odd | ((*byte == b'\n') & (*before != b'\r')));
    !is_odd && head.first() != Some(&b'\n')
}

#[cfg(test)]
mod tests;
