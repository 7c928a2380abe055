//! Every rule of the framing by hand, any split of the bytes by chance, and tungstenite's client as a second opinion.

use super::*;
use proptest::prelude::*;
use std::io::Cursor;
use tokio_tungstenite::tungstenite::{
    Message, WebSocket,
    protocol::{CloseFrame, Role},
};

const MAX: usize = 1_000;

/// A client's frame: first byte, payload, masked.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(0x80 | n as u8),
        n @ 126..=0xFFFF => {
            out.push(0x80 | 126);
            out.extend((n as u16).to_be_bytes());
        }
        n => {
            out.push(0x80 | 127);
            out.extend((n as u64).to_be_bytes());
        }
    }
    let mask = [0x11, 0xA2, 0x33, 0xF4];
    out.extend(mask);
    out.extend(payload.iter().enumerate().map(|(n, b)| b ^ mask[n % 4]));
    out
}

/// Reads it in pieces of these lengths, over and over; all events, and how it ended.
fn read(bytes: &[u8], pieces: &[usize]) -> (Vec<Event>, Option<Violation>) {
    let (mut incoming, mut events) = (Incoming::new(MAX), Vec::new());
    let (mut rest, mut sizes) = (bytes, pieces.iter().cycle());
    while !rest.is_empty() {
        let (mut piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        rest = after;
        loop {
            match incoming.feed(piece) {
                Ok((taken, event)) => {
                    piece = &piece[taken..];
                    let nothing = event.is_none();
                    events.extend(event);
                    if nothing {
                        assert!(piece.is_empty(), "bytes were left without an event");
                        break;
                    }
                }
                Err(e) => return (events, Some(e)),
            }
        }
    }
    (events, None)
}

fn whole(bytes: &[u8]) -> (Vec<Event>, Option<Violation>) {
    read(bytes, &[usize::MAX])
}

fn text(t: &str) -> Event {
    Event::Text(t.to_owned())
}

#[test]
fn messages_are_read_whole_with_control_frames_between_their_fragments() {
    let mut bytes = frame(0x01, b"he");
    bytes.extend(frame(0x89, b"are you there"));
    bytes.extend(frame(0x00, b"l"));
    bytes.extend(frame(0x8A, b""));
    bytes.extend(frame(0x80, b"lo"));
    bytes.extend(frame(0x82, &[1, 2, 3]));
    bytes.extend(frame(0x81, b""));
    bytes.extend(frame(0x88, &[0x0F, 0xA0, b'b', b'y', b'e']));
    let all = vec![
        Event::Fragment,
        Event::Ping(b"are you there".to_vec()),
        Event::Fragment,
        Event::Pong,
        text("hello"),
        Event::Binary,
        text(""),
        Event::Close(Some(4000)),
    ];
    assert_eq!(whole(&bytes), (all.clone(), None));
    assert_eq!(read(&bytes, &[1]), (all, None));
}

#[test]
fn each_breach_of_the_framing_is_named() {
    use Violation as V;
    let two = |a: Vec<u8>, b: Vec<u8>| [a, b].concat();
    for (bytes, violation) in [
        (frame(0xC1, b"compressed"), V::ReservedBit),
        (frame(0xA1, b""), V::ReservedBit),
        (frame(0x91, b""), V::ReservedBit),
        (frame(0x83, b""), V::ReservedOpcode),
        (frame(0x8B, b""), V::ReservedOpcode),
        (vec![0x81, 0x02, b'h', b'i'], V::NotMasked),
        (vec![0x81, 0xFE, 0x00, 0x7D, 0, 0, 0, 0], V::Length),
        (vec![0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], V::Length),
        (vec![0x81, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], V::Length),
        (frame(0x09, b""), V::Control),
        (frame(0x08, b""), V::Control),
        (frame(0x89, &[0; 126]), V::Control),
        (frame(0x80, b"of nothing"), V::Fragments),
        (two(frame(0x01, b"a"), frame(0x81, b"b")), V::Fragments),
        (two(frame(0x01, b"a"), frame(0x82, b"b")), V::Fragments),
        (two(frame(0x81, b"a"), frame(0x80, b"after the end")), V::Fragments),
        (frame(0x88, &[3]), V::Close),
        (frame(0x88, &[0x03, 0xED]), V::Close),
        (frame(0x88, &[0x03, 0xEE]), V::Close),
        (frame(0x88, &[0x03, 0xEC]), V::Close),
        (frame(0x88, &[0x03, 0xF7]), V::Close),
        (frame(0x88, &[0x00, 0x00]), V::Close),
        (frame(0x88, &[0x13, 0x88]), V::Close),
        (frame(0x88, &[0x03, 0xE8, 0xFF]), V::NotText),
        (frame(0x81, &[b'a', 0xFF]), V::NotText),
        (two(frame(0x01, &[0xE2, 0x82]), frame(0x80, b"x")), V::NotText),
        (frame(0x81, &[b'x'; MAX + 1]), V::TooLarge { max: MAX }),
        (two(frame(0x01, &[b'x'; MAX]), frame(0x80, b"x")), V::TooLarge { max: MAX }),
        (
            vec![0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],
            V::TooLarge { max: MAX },
        ),
    ] {
        assert_eq!(whole(&bytes).1, Some(violation), "{bytes:x?}");
        assert_eq!(read(&bytes, &[1]).1, Some(violation), "{bytes:x?} byte by byte");
    }
}

#[test]
fn what_is_allowed_is_taken() {
    // A letter in two fragments; a message as long as may be; each length of a length; an empty close.
    let euro = "€".as_bytes();
    let split = [frame(0x01, &euro[..2]), frame(0x80, &euro[2..])].concat();
    assert_eq!(whole(&split), (vec![Event::Fragment, text("€")], None));
    for length in [0, 125, 126, MAX] {
        let message = "x".repeat(length);
        assert_eq!(whole(&frame(0x81, message.as_bytes())), (vec![text(&message)], None), "{length}");
    }
    assert_eq!(whole(&frame(0x88, b"")), (vec![Event::Close(None)], None));
    assert_eq!(whole(&frame(0x89, &[7; 125])), (vec![Event::Ping(vec![7; 125])], None));
    for code in [1000u16, 1003, 1007, 1014, 3000, 4999] {
        assert_eq!(whole(&frame(0x88, &code.to_be_bytes())), (vec![Event::Close(Some(code))], None));
    }
    let mut long = Incoming::new(1 << 20);
    let message = "y".repeat(70_000);
    let bytes = frame(0x81, message.as_bytes());
    assert_eq!(long.feed(&bytes), Ok((bytes.len(), Some(text(&message)))));
}

#[test]
fn a_reader_between_messages_holds_no_buffer() {
    let mut incoming = Incoming::new(MAX);
    incoming.feed(&frame(0x81, &[b'x'; 900])).unwrap();
    incoming.feed(&frame(0x89, &[1; 100])).unwrap();
    assert_eq!((incoming.text.capacity(), incoming.control.capacity()), (0, 0));
    assert!(size_of::<Incoming>() <= 136, "{}", size_of::<Incoming>());
}

/// What a tungstenite client writes for these messages.
fn by_tungstenite(messages: &[Message]) -> Vec<u8> {
    let mut client = WebSocket::from_raw_socket(Cursor::new(Vec::new()), Role::Client, None);
    for message in messages {
        client.write(message.clone()).unwrap();
    }
    client.flush().unwrap();
    client.into_inner().into_inner()
}

fn as_event(message: &Message) -> Event {
    match message {
        Message::Text(t) => text(t),
        Message::Binary(_) => Event::Binary,
        Message::Ping(p) => Event::Ping(p.to_vec()),
        Message::Close(c) => Event::Close(c.as_ref().map(|c| c.code.into())),
        _ => Event::Pong,
    }
}

fn any_message() -> impl Strategy<Value = Message> {
    let bytes = |max| prop::collection::vec(any::<u8>(), 0..max);
    prop_oneof![
        ".{0,200}".prop_map(Message::text),
        bytes(300usize).prop_map(Message::binary),
        bytes(126usize).prop_map(|b| Message::Ping(b.into())),
        bytes(126usize).prop_map(|b| Message::Pong(b.into())),
    ]
}

proptest! {
    #[test]
    fn any_split_of_what_tungstenite_sends_gives_the_messages_it_was_asked_to_send(
        mut messages in prop::collection::vec(any_message(), 0..12),
        pieces in prop::collection::vec(1usize..400, 1..8),
    ) {
        messages.push(Message::Close(Some(CloseFrame { code: 4000.into(), reason: "bye".into() })));
        let expected: Vec<Event> = messages.iter().map(as_event).collect();
        prop_assert_eq!(read(&by_tungstenite(&messages), &pieces), (expected, None));
    }

    #[test]
    fn any_split_of_any_fragments_gives_the_same_events(
        parts in prop::collection::vec((".{0,40}", any::<bool>(), any::<bool>()), 1..10),
        pieces in prop::collection::vec(1usize..60, 1..6),
    ) {
        let (mut bytes, mut expected, mut message, mut open) = (Vec::new(), Vec::new(), String::new(), false);
        for (part, is_last, with_ping) in &parts {
            let opcode = if open { 0x00 } else { 0x01 };
            bytes.extend(frame(opcode | u8::from(*is_last) << 7, part.as_bytes()));
            message.push_str(part);
            open = !is_last;
            expected.push(if *is_last { Event::Text(std::mem::take(&mut message)) } else { Event::Fragment });
            if *with_ping {
                bytes.extend(frame(0x89, b"p"));
                expected.push(Event::Ping(b"p".to_vec()));
            }
        }
        prop_assert_eq!(read(&bytes, &pieces), (expected, None));
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_never_hold_more_than_a_message(
        bytes in prop::collection::vec(any::<u8>(), 0..3_000),
        start in prop::sample::select(vec![0x81u8, 0x01, 0x89, 0x88, 0x02]),
        pieces in prop::collection::vec(1usize..200, 1..4),
    ) {
        let _ = read(&bytes, &pieces);
        let mut bytes = [frame(start, b"ab"), bytes].concat();
        bytes[1] |= 0x80;
        let (events, _) = read(&bytes, &pieces);
        for event in events {
            if let Event::Text(t) = event {
                prop_assert!(t.len() <= MAX);
            }
        }
    }
}
