//! Commands as real publishers word them, and as no one should.

use super::*;
use crate::wire::{array, command, null, number, object, string};

fn parsed(body: Vec<u8>) -> Result<Command, Error> {
    parse(20, body.into())
}

#[test]
fn the_query_is_split_off_the_application_name() {
    let facts = object(&[
        ("app", string("live/?authmod=adobe&user=a")),
        ("tcUrl", string("rtmp://host/live")),
        ("flashVer", string("FMLE/3.0")),
        ("supportsGoAway", vec![1, 1]),
        ("fourCcList", array(2, &[string("hvc1"), string("av01")])),
    ]);
    let Command::Connect { transaction, connect } = parsed(command("connect", 1.0, &[facts])).unwrap() else {
        panic!()
    };
    assert_eq!(transaction, 1.0);
    assert_eq!((connect.app.as_str(), connect.query.as_str()), ("live", "authmod=adobe&user=a"));
    assert_eq!(connect.four_cc_list, ["hvc1", "av01"]);
    assert!(connect.supports_go_away);
    let shown = format!("{connect:?}");
    assert!(!shown.contains("authmod") && !shown.contains("rtmp://"));
}

#[test]
fn codecs_are_read_from_the_list_and_from_the_maps_each_once() {
    let map = |names: &[&str]| object(&names.iter().map(|name| (*name, number(4.0))).collect::<Vec<_>>());
    let named = |properties: &[(&str, Vec<u8>)]| {
        let facts = object(&[&[("app", string("live"))], properties].concat());
        let Command::Connect { connect, .. } = parsed(command("connect", 1.0, &[facts])).unwrap() else {
            panic!()
        };
        (connect.enhanced, connect.four_cc_list)
    };
    assert_eq!(named(&[]), (false, vec![]));
    assert_eq!(named(&[("capsEx", number(1.0))]), (true, vec![]));
    let (enhanced, all) = named(&[
        ("videoFourCcInfoMap", map(&["av01", "*"])),
        ("fourCcList", array(2, &[string("avc1"), string("av01")])),
        ("audioFourCcInfoMap", map(&["Opus"])),
    ]);
    assert!(enhanced);
    assert_eq!(all, ["avc1", "av01", "*", "Opus"]);
    let many: Vec<_> = (0..100).map(|n| string(format!("{n:04}"))).collect();
    assert_eq!(named(&[("fourCcList", array(100, &many))]).1.len(), MAX_FOUR_CCS);
    assert_eq!(named(&[("fourCcList", string("avc1"))]), (true, vec![]));
}

#[test]
fn connect_without_an_application_is_refused() {
    for rest in [vec![], vec![null()], vec![object(&[])], vec![object(&[("app", number(1.0))])]] {
        assert!(matches!(parsed(command("connect", 1.0, &rest)), Err(Error::Arguments("connect"))));
    }
    let long = object(&[("app", string(vec![b'a'; MAX_APP_LEN + 1]))]);
    assert!(parsed(command("connect", 1.0, &[long])).is_err());
}

#[test]
fn the_encoders_name_is_cut_and_cleaned() {
    let said = format!("OBS\0\u{1b}[2J\n{}", "\u{1f980}".repeat(15_000));
    let facts = object(&[("app", string("live")), ("flashVer", string(said.as_bytes()))]);
    let Command::Connect { connect, .. } = parsed(command("connect", 1.0, &[facts])).unwrap() else {
        panic!()
    };
    assert_eq!(connect.flash_ver, format!("OBS[2J{}", "\u{1f980}".repeat(194)));
}

#[test]
fn a_publish_may_lack_type_and_name() {
    let publish = |rest: &[Vec<u8>]| parsed(command("publish", 0.0, rest));
    let key = Bytes::from_static(b"k");
    let with = |key: &Bytes, live| Command::Publish { key: key.clone(), live };
    assert_eq!(publish(&[null(), string("k"), string("live")]).unwrap(), with(&key, true));
    assert_eq!(publish(&[null(), string("k")]).unwrap(), with(&key, true));
    assert_eq!(publish(&[null(), string("k"), string("record")]).unwrap(), with(&key, false));
    assert_eq!(publish(&[null()]).unwrap(), with(&Bytes::new(), true));
    assert!(publish(&[null(), number(1.0)]).is_err());
}

#[test]
fn a_stream_is_deleted_by_number_or_by_name() {
    let delete = |argument| parsed(command("deleteStream", 0.0, &[null(), argument])).unwrap();
    assert_eq!(delete(number(1.0)), Command::DeleteStream(Some(1)));
    for odd in [string("key"), null(), number(-1.0), number(f64::NAN), number(1e300)] {
        assert_eq!(delete(odd), Command::DeleteStream(None));
    }
}

#[test]
fn commands_with_too_few_values_are_errors() {
    assert!(matches!(parsed(Vec::new()), Err(Error::Arguments("name"))));
    assert!(matches!(parsed(number(1.0)), Err(Error::Arguments("name"))));
    assert!(matches!(parsed(string("createStream")), Err(Error::Arguments("createStream"))));
    assert_eq!(parsed(string("_checkbw")).unwrap(), Command::Ignored);
}

#[test]
fn the_amf3_envelope_is_opened() {
    let body = command("closeStream", 0.0, &[null()]);
    assert_eq!(parse(17, [vec![0], body.clone()].concat().into()).unwrap(), Command::CloseStream);
    assert_eq!(parse(17, body.into()).unwrap(), Command::CloseStream);
    assert!(parse(17, Bytes::from_static(&[0])).is_err());
    assert!(parse(17, Bytes::from_static(&[0, 17, 6])).is_err());
}
