//! Whole conversations: what publishers do, what hostile peers do, and any split of either.

use proptest::prelude::*;

use super::*;
use crate::StreamKey;
use crate::wire::{
    array, basic_header, command, connect, full_header, handshake, message, null, number, object, opening,
    publish, send, string,
};

const KEY: &str = "sk_live_key";

fn events(connection: &mut Connection) -> Vec<Event> {
    std::iter::from_fn(|| connection.poll_event()).collect()
}

fn output(connection: &mut Connection) -> Vec<u8> {
    std::iter::from_fn(|| connection.poll_output()).flatten().collect()
}

/// The answers after S0, S1, S2 as messages.
fn answers(bytes: &[u8]) -> Vec<Message> {
    let (mut dechunker, mut messages) = (Dechunker::new(&Limits::default()), Vec::new());
    let mut rest = bytes;
    while let Some(message) = dechunker.read(&mut rest).unwrap() {
        if message.type_id == 1 {
            dechunker.set_chunk_size(4096).unwrap();
        }
        messages.push(message);
    }
    messages
}

/// The command name, and for a status its level and code.
fn words(message: &Message) -> Vec<String> {
    let values = amf0::decode(message.body.clone()).unwrap();
    let status = values.last().unwrap();
    let word = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    [word(values.first()), word(status.property("level")), word(status.property("code"))]
        .into_iter()
        .flatten()
        .collect()
}

fn open() -> Connection {
    let mut connection = Connection::new(Limits::default());
    connection.handle_input(&opening()).unwrap();
    assert!(matches!(events(&mut connection)[..], [Event::Connected(_)]));
    output(&mut connection);
    connection
}

fn live() -> Connection {
    let mut connection = open();
    connection.handle_input(&publish(KEY)).unwrap();
    assert!(matches!(events(&mut connection)[..], [Event::PublishRequested { .. }]));
    connection.accept_publish().unwrap();
    output(&mut connection);
    connection
}

fn audio(time: u32, body: &[u8]) -> Vec<u8> {
    message(4, time, 8, 1, body, 128)
}

#[test]
fn connect_create_and_publish_are_answered_in_order() {
    let mut connection = Connection::new(Limits::default());
    connection.handle_input(&handshake()).unwrap();
    assert_eq!(output(&mut connection).len(), 1 + 2 * 1536);
    connection.handle_input(&opening()[handshake().len()..]).unwrap();
    connection.handle_input(&publish(KEY)).unwrap();
    let said = answers(&output(&mut connection));
    assert_eq!(said.iter().map(|m| m.type_id).collect::<Vec<_>>(), [1, 5, 4, 6, 20, 20]);
    assert_eq!(words(&said[4]), ["_result", "status", "NetConnection.Connect.Success"]);
    assert_eq!(amf0::decode(said[5].body.clone()).unwrap()[3], Value::Number(1.0));
    assert_eq!(
        events(&mut connection)[1],
        Event::PublishRequested { key: StreamKey::parse(KEY.as_bytes()).unwrap(), live: true }
    );
    connection.accept_publish().unwrap();
    let bytes = output(&mut connection);
    assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "the key is not echoed");
    let mut rest = bytes.as_slice();
    let mut dechunker = Dechunker::new(&Limits::default());
    dechunker.set_chunk_size(4096).unwrap();
    assert_eq!(dechunker.read(&mut rest).unwrap().unwrap().type_id, 4);
    let started = dechunker.read(&mut rest).unwrap().unwrap();
    assert_eq!(words(&started), ["onStatus", "status", "NetStream.Publish.Start"]);
    assert_eq!(started.stream_id, 1);
}

/// The objects of the answer to a `connect` with these properties, and what the session was told.
fn connected(properties: &[(&str, Vec<u8>)]) -> (Vec<Value>, crate::Connect) {
    let facts = object(&[&[("app", string("live"))], properties].concat());
    let mut connection = Connection::new(Limits::default());
    connection.handle_input(&handshake()).unwrap();
    output(&mut connection);
    connection.handle_input(&send(0, &command("connect", 1.0, &[facts]))).unwrap();
    let said = answers(&output(&mut connection));
    let values = amf0::decode(said[4].body.clone()).unwrap();
    assert_eq!(words(&said[4]), ["_result", "status", "NetConnection.Connect.Success"]);
    let Some(Event::Connected(connect)) = connection.poll_event() else { panic!() };
    (values.into_iter().filter(|value| matches!(value, Value::Object(_))).collect(), connect)
}

#[test]
fn who_names_codecs_is_told_which_are_taken() {
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    let any = array(1, &[string("*")]);
    let map = object(&[("hvc1", number(4.0))]);
    for asked in [("fourCcList", any), ("videoFourCcInfoMap", map), ("capsEx", number(1.0))] {
        let (objects, connect) = connected(&[asked]);
        assert!(connect.enhanced);
        assert_eq!(objects.len(), 2);
        for object in objects {
            let Some(Value::Array(list)) = object.property("fourCcList") else { panic!("{object:?}") };
            let list: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            assert_eq!(list, ["avc1", "hvc1", "av01", "Opus", "mp4a"]);
            for (name, four_ccs) in
                [("videoFourCcInfoMap", crate::FOUR_CCS.video), ("audioFourCcInfoMap", crate::FOUR_CCS.audio)]
            {
                let Some(Value::Object(map)) = object.property(name) else { panic!("{object:?}") };
                let mut named: Vec<_> = map.iter().map(|(name, _)| text(name)).collect();
                let mut taken = four_ccs.to_vec();
                named.sort();
                taken.sort_unstable();
                assert_eq!(named, taken);
                assert!(map.iter().all(|(_, flags)| *flags == Value::Number(4.0)));
            }
        }
    }
}

#[test]
fn who_names_none_is_answered_as_ever_and_whether_it_goes_away_is_told() {
    let names = |object: &Value| {
        let Value::Object(all) = object else { panic!() };
        let mut names: Vec<_> =
            all.iter().map(|(name, _)| String::from_utf8(name.to_vec()).unwrap()).collect();
        names.sort();
        names
    };
    let (objects, connect) = connected(&[("supportsGoAway", vec![1, 1])]);
    assert!(connect.supports_go_away && !connect.enhanced);
    assert_eq!(names(&objects[0]), ["capabilities", "fmsVer"]);
    assert_eq!(names(&objects[1]), ["code", "description", "level", "objectEncoding"]);
    assert!(!connected(&[("fourCcList", array(0, &[]))]).1.supports_go_away);
}

#[test]
fn a_refusal_is_a_bad_name_status_and_never_an_error_answer() {
    let mut connection = open();
    connection.handle_input(&[publish("wrong"), audio(0, b"early")].concat()).unwrap();
    events(&mut connection);
    connection.reject_publish(&"x".repeat(100_000)).unwrap();
    let mut dechunker = Dechunker::new(&Limits::default());
    dechunker.set_chunk_size(4096).unwrap();
    let bytes = output(&mut connection);
    let refusal = dechunker.read(&mut bytes.as_slice()).unwrap().unwrap();
    assert_eq!(words(&refusal), ["onStatus", "error", "NetStream.Publish.BadName"]);
    connection.handle_input(&[audio(0, b"late"), vec![0xff; 1000]].concat()).unwrap();
    assert!(events(&mut connection).is_empty());
    assert!(matches!(connection.accept_publish(), Err(Error::NoPublishPending)));
    let flood = vec![0; 1 << 20];
    assert!(matches!(connection.handle_input(&flood), Err(Error::TooMuchAfterRefusal)));
}

#[test]
fn media_sent_before_the_answer_waits_for_it_within_a_bound() {
    let mut connection = open();
    connection.handle_input(&[publish(KEY), audio(5, b"header"), audio(6, b"frame")].concat()).unwrap();
    assert_eq!(events(&mut connection).len(), 1);
    connection.accept_publish().unwrap();
    let expected = [(5, "header"), (6, "frame")]
        .map(|(timestamp, data)| Event::Audio { timestamp, data: Bytes::from(data) });
    assert_eq!(events(&mut connection), expected);

    let mut connection = open();
    connection.handle_input(&publish(KEY)).unwrap();
    let result = (0..100).try_for_each(|_| {
        assert!(connection.buffered_bytes() <= 300 << 10);
        connection.handle_input(&[0; 4096])
    });
    assert!(matches!(result, Err(Error::TooMuchUnauthorized)));
    assert!(connection.buffered_bytes() < 1000);
}

#[test]
fn media_without_a_publish_is_dropped_within_a_bound() {
    let mut connection = open();
    let frame = audio(0, &[1; 4000]);
    let result = (0..100).try_for_each(|_| connection.handle_input(&frame));
    assert!(matches!(result, Err(Error::TooMuchUnauthorized)));
    assert!(events(&mut connection).is_empty());
    assert!(matches!(connection.handle_input(b"more"), Err(Error::Closed)));
}

#[test]
fn a_publish_ends_once_however_it_is_said() {
    let end = |name: &str, rest: &[Vec<u8>]| send(0, &command(name, 0.0, rest));
    let unpublish = end("FCUnpublish", &[null(), string(KEY)]);
    let by_number = end("deleteStream", &[null(), number(1.0)]);
    let by_name = end("deleteStream", &[null(), string(KEY)]);
    let close = send(1, &command("closeStream", 0.0, &[null()]));
    for ways in [
        vec![unpublish.clone(), by_number.clone()],
        vec![by_name.clone()],
        vec![by_number.clone(), by_number.clone()],
        vec![close.clone(), by_number.clone()],
        vec![unpublish, close, by_name],
    ] {
        let mut connection = live();
        connection.handle_input(&[ways.concat(), audio(9, b"after")].concat()).unwrap();
        assert_eq!(events(&mut connection), [Event::PublishEnded]);
    }
    let mut connection = live();
    connection.handle_input(&end("deleteStream", &[null(), number(7.0)])).unwrap();
    assert!(events(&mut connection).is_empty(), "another stream's end is not ours");
}

#[test]
fn a_publish_may_follow_a_closed_one() {
    let mut connection = live();
    let close = send(1, &command("closeStream", 0.0, &[null()]));
    for _ in 0..3 {
        connection.handle_input(&[close.clone(), publish(KEY)].concat()).unwrap();
        assert!(matches!(events(&mut connection)[..], [Event::PublishEnded, Event::PublishRequested { .. }]));
        connection.accept_publish().unwrap();
        assert!(!output(&mut connection).is_empty());
    }
    connection.handle_input(&audio(1, b"again")).unwrap();
    assert_eq!(events(&mut connection).len(), 1);
}

#[test]
fn an_empty_key_is_asked_for_like_any_other_and_an_impossible_one_refused() {
    let mut connection = open();
    connection.handle_input(&publish("")).unwrap();
    assert!(matches!(&events(&mut connection)[..], [Event::PublishRequested { key, .. }] if key.is_empty()));
    for key in [b"good\0x".to_vec(), vec![b'k'; 201], vec![0xff, 0xfe]] {
        let mut connection = open();
        assert!(matches!(connection.handle_input(&publish(&key)), Err(Error::StreamKey(_))));
        assert!(events(&mut connection).is_empty());
        let bytes = output(&mut connection);
        assert!(bytes.windows(7).any(|window| window == b"BadName"));
    }
}

#[test]
fn play_is_refused_with_a_status() {
    let mut connection = open();
    let play = send(1, &command("play", 0.0, &[null(), string("someone")]));
    assert!(matches!(connection.handle_input(&play), Err(Error::PlayRefused)));
    let bytes = output(&mut connection);
    assert!(bytes.windows(14).any(|window| window == b"StreamNotFound"));
}

#[test]
fn commands_out_of_order_end_the_connection() {
    let create = send(0, &command("createStream", 2.0, &[null()]));
    for wrong in [create, publish(KEY)] {
        let mut connection = Connection::new(Limits::default());
        let result = connection.handle_input(&[handshake(), wrong].concat());
        assert!(matches!(result, Err(Error::OutOfOrder(_))));
    }
    assert!(matches!(open().handle_input(&connect()), Err(Error::OutOfOrder("connect"))));
    assert!(matches!(live().handle_input(&publish(KEY)), Err(Error::OutOfOrder("publish"))));
    let elsewhere = send(9, &command("publish", 3.0, &[null(), string(KEY)]));
    assert!(matches!(open().handle_input(&elsewhere), Err(Error::OutOfOrder("publish"))));
}

#[test]
fn message_streams_are_bounded() {
    let mut connection = open();
    let create = send(0, &command("createStream", 2.0, &[null()]));
    let result = (0..20).try_for_each(|_| connection.handle_input(&create));
    assert!(matches!(result, Err(Error::TooManyStreams)));
}

#[test]
fn what_killed_rml_rtmp_is_an_error_or_nothing() {
    let empty = full_header(3, 0, 0, 20, 0);
    assert!(open().handle_input(&empty).is_err());
    for values in [string("connect"), [string("x"), number(1.0)].concat(), number(1.0)] {
        let _ = open().handle_input(&send(0, &values));
        let _ = Connection::new(Limits::default()).handle_input(&[handshake(), send(0, &values)].concat());
    }
    for data in
        [string("@setDataFrame"), [string("@setDataFrame"), string("onMetaData")].concat(), Vec::new()]
    {
        let mut connection = live();
        connection.handle_input(&message(4, 0, 18, 1, &data, 128)).unwrap();
        assert!(events(&mut connection).is_empty());
    }
    let nested = [string("connect"), number(1.0), [3, 0, 1, b'a'].repeat(15_000)].concat();
    let result = Connection::new(Limits::default())
        .handle_input(&[handshake(), message(3, 0, 20, 0, &nested, 128)].concat());
    assert!(matches!(result, Err(Error::Amf0(amf0::Error::TooDeep))));
    let mut connection = live();
    let deep = [string("onMetaData"), [3, 0, 1, b'a'].repeat(15_000)].concat();
    connection.handle_input(&message(4, 0, 18, 1, &deep, 128)).unwrap();
    connection
        .handle_input(&[basic_header(2, 4), vec![0xff; 3], 5_u32.to_be_bytes().to_vec()].concat())
        .unwrap();
}

#[test]
fn short_control_messages_are_errors() {
    for type_id in 1..=6 {
        let result = live().handle_input(&message(2, 0, type_id, 0, &[0], 128));
        assert!(matches!(result, Err(Error::ControlTooShort { len: 1, .. })), "{type_id}");
    }
    assert!(live().handle_input(&message(2, 0, 4, 0, &[0, 6, 1], 128)).is_err());
    assert!(matches!(
        live().handle_input(&message(2, 0, 1, 0, &[0; 4], 128)),
        Err(Error::Chunk(crate::chunk::Error::ChunkSize(0)))
    ));
}

#[test]
fn pings_are_answered_and_a_peer_that_never_reads_is_closed() {
    let mut connection = live();
    let ping = message(2, 0, 4, 0, &[0, 6, 1, 2, 3, 4], 128);
    connection.handle_input(&ping).unwrap();
    assert!(output(&mut connection).ends_with(&[0, 7, 1, 2, 3, 4]));
    let result = (0..100).try_for_each(|_| connection.handle_input(&ping.repeat(1000)));
    assert!(matches!(result, Err(Error::OutputNotRead)));
}

#[test]
fn all_bytes_received_are_acknowledged() {
    let mut connection = live();
    let window = message(2, 0, 5, 0, &100_000_u32.to_be_bytes(), 128);
    connection.handle_input(&window).unwrap();
    let mut acknowledged = Vec::new();
    for _ in 0..30 {
        connection.handle_input(&audio(0, &[1; 10_000])).unwrap();
        events(&mut connection);
        let bytes = output(&mut connection);
        if !bytes.is_empty() {
            assert_eq!(bytes[7], 3);
            acknowledged.push(u32::from_be_bytes(bytes[12..].try_into().unwrap()));
        }
    }
    assert!(acknowledged.len() >= 2 && acknowledged[0] > 100_000);
    assert_eq!(u64::from(*acknowledged.last().unwrap()), connection.acknowledged);
    // A window of one byte does not make us answer every byte.
    connection.handle_input(&message(2, 0, 5, 0, &[0, 0, 0, 1], 128)).unwrap();
    connection.handle_input(&audio(0, b"x")).unwrap();
    assert!(output(&mut connection).is_empty());
}

#[test]
fn an_aggregate_is_split_into_its_parts() {
    let mut connection = live();
    let mut body = Vec::new();
    for (type_id, time, data) in [(8_u8, 70_u8, b"aa"), (9, 90, b"vv")] {
        body.extend([type_id, 0, 0, 2, 0, 0, time, 0, 0, 0, 0, data[0], data[1], 0, 0, 0, 13]);
    }
    connection.handle_input(&message(4, 1000, 22, 1, &body, 128)).unwrap();
    let expected = [
        Event::Audio { timestamp: 1000, data: Bytes::from("aa") },
        Event::Video { timestamp: 1020, data: Bytes::from("vv") },
    ];
    assert_eq!(events(&mut connection), expected);
}

#[test]
fn an_abort_drops_the_half_message() {
    let mut connection = live();
    let half = [full_header(6, 0, 500, 9, 1), vec![1; 128]].concat();
    let abort = message(2, 0, 2, 0, &[0, 0, 0, 6], 128);
    connection.handle_input(&[half, abort, message(6, 3, 9, 1, b"whole", 128)].concat()).unwrap();
    assert_eq!(events(&mut connection), [Event::Video { timestamp: 3, data: Bytes::from("whole") }]);
}

#[test]
fn the_amf3_envelope_is_accepted_for_commands_and_metadata() {
    let enveloped = |type_id, body: Vec<u8>| message(3, 0, type_id, 0, &[vec![0], body].concat(), 128);
    let facts = object(&[("app", string("live")), ("objectEncoding", number(3.0))]);
    let mut connection = Connection::new(Limits::default());
    let open = enveloped(17, command("connect", 1.0, &[facts]));
    connection.handle_input(&[handshake(), open].concat()).unwrap();
    assert_eq!(events(&mut connection).len(), 1);
    let mut connection = live();
    let metadata = [string("onMetaData"), object(&[("width", number(640.0))])].concat();
    connection.handle_input(&enveloped(15, metadata)).unwrap();
    let [Event::Metadata(metadata)] = &events(&mut connection)[..] else { panic!() };
    assert_eq!(metadata.width, Some(640));
}

#[test]
fn a_request_to_reconnect_is_one_byte_of_type_0x20() {
    let mut connection = Connection::new(Limits::default());
    connection.request_reconnect();
    assert!(connection.poll_output().is_none());
    let mut connection = live();
    connection.request_reconnect();
    assert_eq!(output(&mut connection), [2, 0, 0, 0, 0, 0, 1, 0x20, 0, 0, 0, 0, 0]);
}

#[test]
fn events_left_unpolled_are_bounded() {
    let mut connection = live();
    let flood: Vec<u8> = std::iter::repeat_n(audio(0, b"x"), 5000).flatten().collect();
    let result = (0..100).try_for_each(|_| {
        assert!(connection.buffered_bytes() <= 17 << 20);
        connection.handle_input(&flood)
    });
    assert!(matches!(result, Err(Error::EventsNotPolled)));
}

/// A publisher's whole life: what comes before the answer, and behind it.
fn life() -> (Vec<u8>, Vec<u8>) {
    let metadata =
        [string("@setDataFrame"), string("onMetaData"), object(&[("width", number(1280.0))])].concat();
    let before = [
        handshake(),
        message(2, 0, 1, 0, &4096_u32.to_be_bytes(), 128),
        opening()[handshake().len()..].to_vec(),
        publish(KEY),
    ];
    let behind = [
        message(4, 0, 18, 1, &metadata, 4096),
        message(4, 0, 8, 1, b"\xaf\x00\x11\x90", 4096),
        message(4, 0x0100_0000, 9, 1, &[0x17; 10_000], 4096),
        vec![0x44, 0, 0, 20, 0, 0, 2, 8, b'b', b'b', 0xc4, b'c', b'c'],
        send(0, &command("FCUnpublish", 6.0, &[null(), string(KEY)])),
        send(0, &command("deleteStream", 7.0, &[null(), number(1.0)])),
    ];
    (before.concat(), behind.concat())
}

/// Feeds bytes in parts and accepts each publish at once.
fn run(connection: &mut Connection, bytes: &[u8], splits: &[usize]) -> Result<Vec<Event>, Error> {
    let (mut rest, mut seen) = (bytes, Vec::new());
    for split in splits.iter().cycle() {
        let (part, later) = rest.split_at((*split).min(rest.len()));
        connection.handle_input(part)?;
        while let Some(event) = connection.poll_event() {
            if matches!(event, Event::PublishRequested { .. }) {
                connection.accept_publish()?;
            }
            seen.push(event);
        }
        while connection.poll_output().is_some() {}
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    Ok(seen)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_gives_the_same_events(splits in proptest::collection::vec(1..3000_usize, 1..30)) {
        let (before, behind) = life();
        let whole = [before, behind].concat();
        let expected = run(&mut Connection::new(Limits::default()), &whole, &[whole.len()]).unwrap();
        prop_assert_eq!(expected.len(), 8);
        let mut connection = Connection::new(Limits::default());
        let seen = run(&mut connection, &whole, &splits).unwrap();
        prop_assert_eq!(seen, expected);
        prop_assert_eq!(connection.buffered_bytes(), 0);
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_memory_is_bounded(
        bytes in proptest::collection::vec(any::<u8>(), 0..4000),
        start in 0..3_usize,
        split in 1..500_usize,
    ) {
        let mut connection = match start {
            0 => Connection::new(Limits::default()),
            1 => open(),
            _ => live(),
        };
        let _ = run(&mut connection, &bytes, &[split]);
        prop_assert!(connection.buffered_bytes() <= (8 << 20) + (1 << 20));
    }

    #[test]
    fn a_life_with_damaged_bytes_never_panics(
        damage in proptest::collection::vec((0..20_000_usize, any::<u8>()), 1..8),
    ) {
        let (before, behind) = life();
        let mut whole = [before, behind].concat();
        for (at, byte) in damage {
            let at = at % whole.len();
            whole[at] = byte;
        }
        let _ = run(&mut Connection::new(Limits::default()), &whole, &[1500]);
    }
}
