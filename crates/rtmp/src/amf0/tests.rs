//! AMF0: what publishers send, and what they must not.

use proptest::prelude::*;

use super::*;
use crate::wire::{array, null, number, object, string};

fn nested(depth: usize) -> Vec<u8> {
    [[3, 0, 1, b'a'].repeat(depth), null()].concat()
}

#[test]
fn values_keep_their_order_and_duplicates() {
    let body =
        [string("connect"), number(1.0), object(&[("b", null()), ("a", number(2.0)), ("b", vec![1, 1])])];
    let values = decode(body.concat().into()).unwrap();
    assert_eq!(values[0].as_str(), Some("connect"));
    let Value::Object(properties) = &values[2] else { panic!() };
    assert_eq!(properties.iter().map(|(name, _)| name.as_ref()).collect::<Vec<_>>(), [b"b", b"a", b"b"]);
    assert_eq!(values[2].property("a").and_then(Value::as_number), Some(2.0));
}

#[test]
fn an_ecma_array_ends_at_its_end_marker_whatever_it_announces() {
    for count in [0_u32, 1, u32::MAX] {
        let body = [&[8], count.to_be_bytes().as_slice(), &object(&[("width", number(640.0))])[1..]].concat();
        let values = decode(body.into()).unwrap();
        assert_eq!(values[0].property("width").and_then(Value::as_number), Some(640.0));
    }
}

#[test]
fn rarer_markers_are_read() {
    let date = [&[11], 5.0_f64.to_be_bytes().as_slice(), &[0, 0]].concat();
    let long = [&[12, 0, 0, 0, 2], b"hi".as_slice()].concat();
    let typed = [&[16, 0, 1, b'C'], &object(&[])[1..]].concat();
    let values = decode([date, long, typed, vec![6, 13]].concat().into()).unwrap();
    let expected =
        [Value::Number(5.0), Value::String("hi".into()), Value::Object(vec![]), Value::Null, Value::Null];
    assert_eq!(values, expected);
}

#[test]
fn nesting_is_bounded_before_the_stack_is() {
    assert_eq!(decode(nested(MAX_DEPTH + 1).into()), Err(Error::TooDeep));
    assert_eq!(decode(nested(16_000).into()), Err(Error::TooDeep));
    assert_eq!(decode([10, 0, 0, 0, 1].repeat(10_000).into()), Err(Error::TooDeep));
    // One less is deep enough to be read, were it whole.
    assert_eq!(decode(nested(MAX_DEPTH).into()), Err(Error::Truncated));
}

#[test]
fn announced_counts_take_no_memory() {
    assert_eq!(decode(array(u32::MAX, &[null()]).into()), Err(Error::Truncated));
    let many = vec![null(); MAX_VALUES + 1];
    assert_eq!(decode(array(many.len() as u32, &many).into()), Err(Error::TooManyValues));
    assert_eq!(decode(many.concat().into()), Err(Error::TooManyValues));
    assert_eq!(decode(vec![12, 0xff, 0xff, 0xff, 0xff, b'x'].into()), Err(Error::Truncated));
}

#[test]
fn references_amf3_and_broken_objects_are_refused() {
    for marker in [4, 7, 9, 14, 17, 18, 255] {
        assert_eq!(decode(vec![marker, 0, 0].into()), Err(Error::Marker(marker)));
    }
    assert_eq!(decode(vec![3, 0, 0, 5].into()), Err(Error::ObjectEnd));
}

#[test]
fn every_cut_of_a_value_is_an_error_and_no_panic() {
    let whole = object(&[("a", string("text")), ("b", array(2, &[number(1.0), null()]))]);
    for len in 1..whole.len() {
        assert_eq!(decode(whole[..len].to_vec().into()).unwrap_err(), Error::Truncated, "{len}");
    }
    assert!(decode(Bytes::new()).unwrap().is_empty());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = decode(body.into());
    }

    #[test]
    fn bytes_that_look_like_amf_never_panic(
        body in proptest::collection::vec(prop_oneof![0..18_u8, Just(0), Just(3), Just(8), Just(10)], 0..2000),
    ) {
        let _ = decode(body.into());
    }
}
